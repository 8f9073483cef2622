/* SPDX-License-Identifier: MIT
 *
 * The training settings' table: recipe keys, command-line options, help; and their defaults.
 */
#include <math.h>

#include "dcomp/nn.h"

#define AT(member) offsetof(dc_train_settings, member)

const dc_field dc_train_fields[] = {
    { .name = "epochs", .kind = DC_FIELD_U32, .offset = AT(n_epochs), .max = 100000,
      .help = "passes over the training data" },
    { .name = "batch", .kind = DC_FIELD_U32, .offset = AT(batch_size), .unit = "samples", .min = 1,
      .max = 65536, .help = "samples a step" },
    { .name = "lr", .kind = DC_FIELD_NUMBER, .offset = AT(learning_rate), .max = 1000,
      .help = "learning rate" },
    { .name = "momentum", .kind = DC_FIELD_NUMBER, .offset = AT(momentum), .max = 0.9999,
      .help = "momentum; of Adam the first decay rate" },
    { .name = "weight_decay", .kind = DC_FIELD_NUMBER, .offset = AT(weight_decay), .max = 10,
      .help = "L2 regularization of weights; biases have none" },
    { .name = "optimizer", .kind = DC_FIELD_CHOICE, .offset = AT(optimizer),
      .choices = "sgd|nesterov|adam", .help = "update rule" },
    { .name = "schedule", .kind = DC_FIELD_CHOICE, .offset = AT(schedule),
      .choices = "constant|step|cosine", .help = "how the learning rate falls" },
    { .name = "step_epochs", .kind = DC_FIELD_U32, .offset = AT(step_epochs), .unit = "epochs",
      .min = 1, .max = 100000, .help = "with step: epochs between falls" },
    { .name = "step_factor", .kind = DC_FIELD_NUMBER, .offset = AT(step_factor), .max = 1,
      .help = "with step: what is left after a fall" },
    { .name = "final_lr", .kind = DC_FIELD_NUMBER, .offset = AT(final_rate_share), .max = 1,
      .help = "with cosine: share of the rate at the end" },
    { .name = "warmup", .kind = DC_FIELD_NUMBER, .offset = AT(warmup_epochs), .unit = "epochs",
      .max = 100000, .help = "the rate rises from 0 for so long" },
    { .name = "clip", .kind = DC_FIELD_NUMBER, .offset = AT(clip_norm), .max = 1e9,
      .help = "greatest L2 norm of all gradients together; 0: no limit" },
    { .name = "label_smoothing", .kind = DC_FIELD_NUMBER, .offset = AT(label_smoothing), .max = 0.9,
      .help = "share of a label spread over all classes" },
    { .name = "teacher_weight", .kind = DC_FIELD_NUMBER, .offset = AT(teacher_weight), .max = 1,
      .help = "share of the loss that a teacher makes; with a teacher 1 if not given" },
    { .name = "temperature", .kind = DC_FIELD_NUMBER, .offset = AT(teacher_temperature),
      .min = 0.01, .max = 1000, .help = "softening of the teacher's outputs" },
    { .name = "assign", .kind = DC_FIELD_NUMBER, .offset = AT(assign_share), .max = 1000,
      .help = "shared weights may change centroids: their own rate, as a share of the rate" },
    { .name = "dropout", .kind = DC_FIELD_NUMBER, .offset = AT(dropout_share), .max = 1,
      .help = "share of the model's dropout ratios; 0: nothing is dropped" },
    { .name = "lr_scale", .kind = DC_FIELD_RULES, .offset = AT(rate_scale), .max = 1000,
      .help = "factor on the rate by layer; 0 freezes it" },
    { .name = "precision", .kind = DC_FIELD_CHOICE, .offset = AT(precision),
      .choices = "f32|bf16|bf16-rounded",
      .help = "what is computed with; bf16-rounded: float32, rounded to the digits of bf16" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = AT(seed),
      .help = "of order, dropout and augmentation" },
    { 0 },
};

dc_train_settings dc_train_defaults(void)
{
    return (dc_train_settings){
        .n_epochs = 10,
        .batch_size = 64,
        .learning_rate = 0.01,
        .momentum = 0.9,
        .weight_decay = 5e-4,
        .optimizer = DC_OPTIMIZER_SGD,
        .schedule = DC_SCHEDULE_COSINE,
        .step_epochs = 5,
        .step_factor = 0.1,
        .teacher_weight = NAN,
        .teacher_temperature = 2,
        .dropout_share = 1,
        .seed = 1,
    };
}
