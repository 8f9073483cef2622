/* SPDX-License-Identifier: MIT
 *
 * The training settings' table: recipe keys, command-line options, help; and their defaults.
 */
#include <math.h>

#include "dcomp/nn.h"

#define AT(member) offsetof(dc_train_settings, member)

const dc_field dc_train_fields[] = {
    { "epochs", DC_FIELD_U32, AT(n_epochs), NULL, 0, 100000, NULL, "passes over the training data",
      0 },
    { "batch", DC_FIELD_U32, AT(batch_size), "samples", 1, 65536, NULL, "samples a step", 0 },
    { "lr", DC_FIELD_NUMBER, AT(learning_rate), NULL, 0, 1000, NULL, "learning rate", 0 },
    { "momentum", DC_FIELD_NUMBER, AT(momentum), NULL, 0, 0.9999, NULL,
      "momentum; of Adam the first decay rate", 0 },
    { "weight_decay", DC_FIELD_NUMBER, AT(weight_decay), NULL, 0, 10, NULL,
      "L2 regularization of weights; biases have none", 0 },
    { "optimizer", DC_FIELD_CHOICE, AT(optimizer), NULL, 0, 0, "sgd|nesterov|adam", "update rule",
      0 },
    { "schedule", DC_FIELD_CHOICE, AT(schedule), NULL, 0, 0, "constant|step|cosine",
      "how the learning rate falls", 0 },
    { "step_epochs", DC_FIELD_U32, AT(step_epochs), "epochs", 1, 100000, NULL,
      "with step: epochs between falls", 0 },
    { "step_factor", DC_FIELD_NUMBER, AT(step_factor), NULL, 0, 1, NULL,
      "with step: what is left after a fall", 0 },
    { "final_lr", DC_FIELD_NUMBER, AT(final_rate_share), NULL, 0, 1, NULL,
      "with cosine: share of the rate at the end", 0 },
    { "warmup", DC_FIELD_NUMBER, AT(warmup_epochs), "epochs", 0, 100000, NULL,
      "the rate rises from 0 for so long", 0 },
    { "clip", DC_FIELD_NUMBER, AT(clip_norm), NULL, 0, 1e9, NULL,
      "greatest L2 norm of all gradients together; 0: no limit", 0 },
    { "label_smoothing", DC_FIELD_NUMBER, AT(label_smoothing), NULL, 0, 0.9, NULL,
      "share of a label spread over all classes", 0 },
    { "teacher_weight", DC_FIELD_NUMBER, AT(teacher_weight), NULL, 0, 1, NULL,
      "share of the loss that a teacher makes; with a teacher 1 if not given", 0 },
    { "temperature", DC_FIELD_NUMBER, AT(teacher_temperature), NULL, 0.01, 1000, NULL,
      "softening of the teacher's outputs", 0 },
    { "assign", DC_FIELD_NUMBER, AT(assign_share), NULL, 0, 1000, NULL,
      "shared weights may change centroids: their own rate, as a share of the rate", 0 },
    { "dropout", DC_FIELD_NUMBER, AT(dropout_share), NULL, 0, 1, NULL,
      "share of the model's dropout ratios; 0: nothing is dropped", 0 },
    { "lr_scale", DC_FIELD_RULES, AT(rate_scale), NULL, 0, 1000, NULL,
      "factor on the rate by layer; 0 freezes it", 0 },
    { "precision", DC_FIELD_CHOICE, AT(precision), NULL, 0, 0, "f32|bf16", "what is computed with",
      0 },
    { "seed", DC_FIELD_U64, AT(seed), NULL, 0, 0, NULL, "of order, dropout and augmentation", 0 },
    { .name = NULL },
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
