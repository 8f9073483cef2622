/* SPDX-License-Identifier: MIT
 *
 * nn: forward, backward, training.
 *
 * Every op is a row of a table (ops.c), in a file of its family, with a forward and a backward in
 * plain C: the reference backend, which is the definition and the oracle. The oneDNN backend
 * replaces the steps it has primitives for, and layers over time by kernels, fuses what can be
 * fused, and keeps weights and activations in the layouts the library prefers, so that a training
 * step reorders no more than it must. Which backend runs is chosen once: DCOMP_BACKEND=ref|onednn,
 * else the best there is. When only the reference is there, a warning says so once.
 *
 * A dc_trainer copies a model's weights to its own layouts, trains there, and copies them back with
 * dc_trainer_sync. Pruned weights stay exactly zero [DC 2]; shared weights are trained through
 * their centroids by a hook [DC 3.3], and may move to another centroid (assign_share). What else
 * a step may do (penalties, masks, averages) is a hook from outside: train.h.
 * Values of `constant` nodes stay as they are unless rate_scale says otherwise. A dc_predictor runs
 * forward only.
 *
 * The loss is that of the network's end (dc_model_head), the mean over the batch: softmax cross-
 * entropy on the logits before a final softmax, or on the outputs when they are scores; for sigmoid
 * outputs the sum over them of the binary cross-entropy against 1 for the sample's class and 0 for
 * the others. Views and dropout behind the softmax or sigmoid change nothing. With a teacher it is
 * (1 - a) CE(labels) + a T^2 KL(teacher's softened outputs), for sigmoids the sum of their KL. Of
 * samples with a label at each step it is the mean over the steps that count, and the outputs are
 * (steps, classes). An end without a sensible loss (dc_head_check) is DC_EUNSUPPORTED where labels
 * count.
 *
 * Threads. A trainer and a predictor belong to one thread at a time; many of them may be at work at
 * once, also on one model (a trainer: as its teacher), while none changes it. dc_trainer_sync,
 * dc_trainer_restore and dc_model_init change a model. dc_backend_limit holds for the process.
 *
 * Training is reproducible for the same machine, seed and number of jobs.
 */
#ifndef DCOMP_NN_H
#define DCOMP_NN_H

#include "dcomp/source.h"
#include "dcomp/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dc_precision {
    DC_PRECISION_F32,
    DC_PRECISION_BF16,        /* weights that are trained, and their gradients, stay float32 */
    DC_PRECISION_BF16_ROUNDED /* the same by rounding in float32, on any processor           */
} dc_precision;

/* "onednn 2.6.3" or "reference"; what a new trainer or predictor will run on. */
const char *dc_backend_text(void);
/* DC_EUNSUPPORTED when it cannot compute so: bf16 needs oneDNN and a CPU that has it,
 * by rounding oneDNN alone. */
DC_MUST_USE dc_status dc_backend_check(dc_precision precision);
/* "ref", "onednn" or "auto", as DCOMP_BACKEND. DC_EINPUT for another word, DC_EUNSUPPORTED when
 * absent. */
DC_MUST_USE dc_status dc_backend_limit(const char *name);

/* Initial weights: Glorot (Xavier) uniform as Caffe's, He normal, biases 0, batch norm 1 and 0. */
typedef enum dc_init { DC_INIT_XAVIER, DC_INIT_HE } dc_init;
void dc_model_init(dc_model *model, dc_init init, uint64_t seed);

/* ---- training -------------------------------------------------------------------------------- */

typedef enum dc_optimizer {
    DC_OPTIMIZER_SGD,
    DC_OPTIMIZER_NESTEROV,
    DC_OPTIMIZER_ADAM
} dc_optimizer;
typedef enum dc_schedule { DC_SCHEDULE_CONSTANT, DC_SCHEDULE_STEP, DC_SCHEDULE_COSINE } dc_schedule;

/* A teacher's outputs, kept for samples that are the same again every n_epochs. */
typedef struct dc_answers {
    uint64_t n_samples;
    uint32_t n_epochs, n_outputs;
    float *outputs;    /* (n_epochs, n_samples, n_outputs) */
    uint8_t *is_known; /* (n_epochs, n_samples)            */
} dc_answers;

typedef struct dc_train_settings {
    uint32_t n_epochs, batch_size;
    double learning_rate, momentum, weight_decay; /* weight decay on weights only, not biases  */
    uint32_t optimizer;   /* dc_optimizer                                                   */
    uint32_t schedule;    /* dc_schedule                                                    */
    uint32_t step_epochs; /* step: every so many epochs the rate is multiplied by ...       */
    double step_factor;
    double final_rate_share; /* cosine ends at this share of the rate                          */
    double warmup_epochs;    /* linear from 0                                                  */
    double clip_norm;        /* gradients' global L2 norm at most this; 0: no clipping         */
    double label_smoothing;
    double teacher_weight, teacher_temperature; /* a and T above; a is 0 where not given: NaN  */
    double assign_share;  /* rate at which shared weights move alone, as a share of the rate;
                             0: each stays with its centroid                                   */
    double dropout_share; /* of the model's dropout ratios; 0: nothing is dropped              */
    dc_rules rate_scale; /* a factor on the rate by layer; 0 freezes it                    */
    uint32_t precision;  /* dc_precision                                                   */
    uint64_t seed;
    dc_answers *answers; /* borrowed: filled, and used instead of the teacher; or NULL         */
    /* When several ranks train together: batch_size is that of all, and this one reads its part of
     * it. A hook must add up gradients. n_ranks 0 is 1. */
    uint32_t rank, n_ranks;
} dc_train_settings;

/* Names, ranges and help of all of them; names are epochs, batch, lr, momentum, weight_decay,
 * optimizer, schedule, step_epochs, step_factor, final_lr, warmup, clip, label_smoothing,
 * teacher_weight, temperature, assign, dropout, lr_scale, precision, seed. */
extern const dc_field dc_train_fields[];
/* SGD, momentum 0.9, rate 0.01, weight decay 5e-4, batch 64, 10 epochs, cosine. */
dc_train_settings dc_train_defaults(void);

typedef struct dc_trainer dc_trainer;

/* Compiles the training graph for `model` (borrowed until free; its weights are read now). `hooks`
 * is NULL, or a list that is borrowed too, with its payloads; a model with shared parameters needs
 * one that trains them. `teacher` is NULL or a dense model with the same input and outputs.
 * DC_EUNSUPPORTED names the node that has no backward, or bf16 where there is none. Owns. */
DC_MUST_USE dc_status dc_trainer_new(dc_trainer **out, dc_model *model, const dc_source *source,
                                     const dc_train_settings *settings, const dc_train_hooks *hooks,
                                     const dc_model *teacher);
/* What dc_trainer_new would make of the model as it is now, with these settings, bit for bit, but
 * nothing is compiled again: weights, zeros and centroids are read anew, the optimizer and hooks
 * begin, steps and epochs are 0. So training goes on in turns with something done to the model in
 * between. DC_EINPUT when the number of values, the batch size, the precision or whether a teacher
 * counts is another. */
DC_MUST_USE dc_status dc_trainer_renew(dc_trainer *trainer, const dc_train_settings *settings);
void dc_trainer_free(dc_trainer *trainer); /* NULL is fine; the model keeps its last sync */

typedef struct dc_epoch_stats {
    uint32_t epoch;       /* 1-based: how many have been done       */
    uint64_t n_answers;   /* labels that were learned, of this rank */
    double loss;          /* mean over the epoch's samples          */
    double train_error;   /* share of wrong top-1, as trained [0..1] */
    double learning_rate; /* at the end                              */
    double seconds, images_per_second;
} dc_epoch_stats;

/* One pass over the source, in an order seeded by (seed, epoch). Reports dc_progress. DC_EDIVERGED
 * when the loss or a weight is no longer finite; the model then keeps its last sync. */
DC_MUST_USE dc_status dc_trainer_epoch(dc_epoch_stats *out, dc_trainer *trainer);
uint32_t dc_trainer_epochs_done(const dc_trainer *trainer);
/* Weights back to the model's row-major arrays. Shared ones are exactly their centroids, pruned
 * ones exactly 0.0f. DC_EDIVERGED names one that is not finite; the model is then as it was. */
DC_MUST_USE dc_status dc_trainer_sync(dc_trainer *trainer);
/* What is kept but not trained (batch norm's running statistics) becomes the model's: that of the
 * rank that the others follow. */
DC_MUST_USE dc_status dc_trainer_follow(dc_trainer *trainer);
/* Weights, optimizer state, epoch and the states of hooks, for a checkpoint; restore demands the
 * same model, settings, hooks and backend layouts (DC_ECORRUPT otherwise; it names the hook whose
 * state does not fit), and training then goes on as if never interrupted. */
void dc_trainer_save(dc_writer *w, dc_trainer *trainer);
DC_MUST_USE dc_status dc_trainer_restore(dc_trainer *trainer, dc_reader *r);

/* ---- prediction ------------------------------------------------------------------------------ */

typedef struct dc_predictor dc_predictor;

/* Compiles `model` (borrowed while in use; weights are copied to the backend's layouts now) for
 * batches of up to `batch_size`. Dropout does nothing, batch norm uses its running state. Owns. */
DC_MUST_USE dc_status dc_predictor_new(dc_predictor **out, const dc_model *model,
                                       uint32_t batch_size, dc_precision precision);
/* On the backend of this name instead of the one that dc_backend_limit chose; NULL: on that.
 * DC_EUNSUPPORTED when it is not built in. */
DC_MUST_USE dc_status dc_predictor_new_on(dc_predictor **out, const dc_model *model,
                                          uint32_t batch_size, dc_precision precision,
                                          const char *backend);
/* With weights of convolutions (of one group) and linear layers multiplied as they are kept, sparse
 * and as codes: of all such layers that are sparse or shared, or of those alone where that is
 * expected to be faster. The others, and all else, run on oneDNN. `model` may have been read
 * packed. Values of weights are read now alone: dc_predictor_reload does not read them again. The
 * reference backend has no sparse products: DC_EUNSUPPORTED, but for DC_PACKING_AUTO. Owns. */
typedef enum dc_packing { DC_PACKING_NONE, DC_PACKING_ALL, DC_PACKING_AUTO } dc_packing;
DC_MUST_USE dc_status dc_predictor_new_packed(dc_predictor **out, const dc_model *model,
                                              uint32_t batch_size, dc_packing packing);
/* x (n,C,H,W) to y (n, n_outputs); n <= batch_size. */
DC_MUST_USE dc_status dc_predict(dc_predictor *predictor, const float *x, uint32_t n, float *y);
/* The same, of samples whose steps need not all count (target.lengths; its classes are not
 * read). */
DC_MUST_USE dc_status dc_predict_batch(dc_predictor *predictor, const dc_batch *batch, float *y);
/* The same on one net, a part of the batch after the other; what the forward of each node took is
 * added to seconds (n_nodes). Of what is done within another node, that one has the time. */
DC_MUST_USE dc_status dc_predict_timed(dc_predictor *predictor, const float *x, uint32_t n,
                                       float *y, double *seconds);
/* Samples that are computed together: a batch is computed in parts of so many, one core each. A
 * batch that is no larger is computed as it is, by all cores. */
uint32_t dc_predictor_part(const dc_predictor *predictor);

/* What a predictor of dc_predictor_new_packed does with the weights of one parameter, and why. */
typedef struct dc_packing_choice {
    bool is_sparse;
    double dense_seconds, sparse_seconds; /* expected for the whole batch on one core, which is what
                                             DC_PACKING_AUTO goes by; NaN: there is no sparse
                                             product of them                                   */
    const char *reason; /* "dense is faster", "groups", ...; a constant                          */
} dc_packing_choice;
/* False where nobody chose: of a parameter that is no weights, and of other predictors. */
bool dc_predictor_choice(dc_packing_choice *out, const dc_predictor *predictor, uint32_t param);
/* The same of the first weights of node `index`: whether they are multiplied sparse, and the times
 * that are expected; false where there is no sparse product of them. */
bool dc_predictor_is_sparse(const dc_predictor *predictor, uint32_t node);
bool dc_predictor_expected(double *dense, double *sparse, const dc_predictor *predictor,
                           uint32_t node);
/* Take the model's present weights. */
DC_MUST_USE dc_status dc_predictor_reload(dc_predictor *predictor);
void dc_predictor_free(dc_predictor *predictor);

/* The value y (n, shape) of one node from its inputs' values x, (n, shape) each, by the op's plain
 * C reference; lengths (n) say how many of a sample's steps count, NULL: all. For those who walk
 * the graph in arithmetic of their own. The same bits for any n and number of jobs.
 * DC_EUNSUPPORTED when the op is not there, DC_EINPUT when its weights are packed. */
DC_MUST_USE dc_status dc_node_forward(const dc_model *model, uint32_t node, uint32_t n,
                                      const uint32_t *lengths, const float *const *x, float *y);

/* The same for one sample of a layer over time whose products somebody else makes: y (n_rows) +=
 * rows first_row .. of the op's parameter `param`, times x (n_cols), or zeros where it is NULL. The
 * payload remembers what failed. `length` 0: all steps count. */
typedef struct dc_step_products {
    void *payload;
    void (*add)(void *payload, float *y, uint32_t param, uint32_t first_row, uint32_t n_rows,
                const float *x, uint32_t n_cols);
} dc_step_products;
DC_MUST_USE dc_status dc_node_forward_with(const dc_model *model, uint32_t node, uint32_t length,
                                           const float *const *x, float *y,
                                           const dc_step_products *products);

/* The samples of `base` (borrowed, must live longer), each labelled with the class whose output is
 * the teacher's greatest: one pass over them now. DC_EINPUT when the shapes differ, DC_ECORRUPT
 * when an output is not a number. Owns: dc_source_close. */
DC_MUST_USE dc_status dc_source_taught(dc_source **out, const dc_source *base,
                                       const dc_model *teacher, uint32_t batch_size);
/* The same, but labels are drawn by the teacher's own probabilities. */
DC_MUST_USE dc_status dc_source_drawn(dc_source **out, const dc_source *base,
                                      const dc_model *teacher, uint32_t batch_size, uint64_t seed);

/* Loss and errors of `model` over all of a labelled source; the same batch size gives the same
 * bits. */
DC_MUST_USE dc_status dc_evaluate(dc_score *out, const dc_model *model, const dc_source *source,
                                  uint32_t batch_size, dc_precision precision);

#ifdef __cplusplus
}
#endif
#endif
