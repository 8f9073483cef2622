/* SPDX-License-Identifier: MIT
 *
 * What the pipeline's files share: the training loop of all stages that train, and the checkpoints.
 */
#ifndef DCOMP_PIPELINE_RUN_INTERNAL_H
#define DCOMP_PIPELINE_RUN_INTERNAL_H

#include "dcomp/pipeline.h"

struct dc_run {
    dc_run_settings settings;
    dc_arena *arena;
    dc_model *model;         /* owned */
    const dc_datasets *data; /* NULL: none, or not yet                                        */
    const char *data_text;   /* what names the data, for the checkpoints' keys; or NULL       */
    dc_write_settings write;
    bool is_inner;           /* this recipe is a part of something larger: its steps are details */
    const char *curve_folder; /* where states of the walk are kept; NULL: they are not        */
    const char *description; /* what run it is, as JSON; NULL: nothing says so                */
    bool is_locked;          /* the work folder is this run's                                 */
    int lock;
    bool has_states;         /* it held some before                                           */
    bool is_known;           /* and a description, which was the same                         */
    bool has_looked;         /* a recipe of this run has looked for states                    */
    uint64_t data_key;       /* of some samples; 0: not yet looked at                         */
    uint64_t key;            /* of the state that the current step leads to                   */
    uint32_t step;
};

/* ---- fit.c: training with a validation part ------------------------------------------------- */

typedef struct fit_settings {
    dc_train_settings train;
    dc_augment_settings augment;
    bool takes_last;   /* keep the last epoch's weights, not the best one's             */
    uint32_t patience; /* stop after so many epochs without a better one; 0: never      */
    double ema;        /* decay of the weights' average that is handed on; NaN: not given */
    double l1;         /* of the sum of |w|, in the loss                                */
    const dc_train_hook *more; /* a hook of the stage's own, or NULL                    */
    dc_exchange *exchange;     /* the run's, or NULL                                    */
    uint64_t max_bytes; /* a larger file is not kept as the best; 0: of any size        */
    uint32_t n_unjudged; /* epochs before that are not kept either                      */
} fit_settings;

extern const dc_field fit_fields[]; /* last, patience, ema, l1 */
fit_settings fit_defaults(void);
/* The stage parts that every training stage has, when fit_settings stands at `offset`. */
#define FIT_PARTS(offset)                                                  \
    { dc_train_fields, (offset) + offsetof(fit_settings, train) },         \
        { dc_augment_fields, (offset) + offsetof(fit_settings, augment) }, \
    {                                                                      \
        fit_fields, (offset)                                               \
    }

/* Trains run->model for settings->train.n_epochs. `is_fresh`: the weights at the start are no
 * candidate for the best ones (just drawn, or just pruned). Writes checkpoints. */
DC_MUST_USE dc_status fit_model(dc_run *run, const fit_settings *settings, bool is_fresh);

/* Where a stage is that trains several times (phases), each some epochs. */
typedef struct fit_progress {
    uint32_t phase, n_phases; /* 1 .. n_phases */
} fit_progress;

/* What phases of one stage have in common, made by the first; { 0 } before. Their settings differ
 * in nothing that a trainer is compiled for, and not in their samples and hooks. */
typedef struct fit_tools {
    dc_source *augmented; /* borrows run->data->train; NULL: nothing is augmented */
    dc_trainer *trainer;
    dc_arena arena; /* of hooks, as long as the trainer */
    dc_arena kept;  /* of answers */
    dc_answers answers;
    bool is_lost; /* loss or weights were no longer finite: the model is as before that epoch */
} fit_tools;

/* One phase, as fit_model. It begins with the model as it is, optimizer and schedule anew. */
DC_MUST_USE dc_status fit_phase(fit_tools *tools, dc_run *run, const fit_settings *settings,
                                const fit_progress *progress, bool is_fresh);
/* When the model's shapes have changed. */
void fit_tools_reset(fit_tools *tools);
/* At the end. */
void fit_tools_clear(fit_tools *tools);

/* What fit_model would refuse whatever the weights are. */
DC_MUST_USE dc_status fit_check(const fit_settings *settings, const dc_datasets *data);
/* What fit_model will do. */
dc_amount fit_amount(const dc_run *run, const fit_settings *settings, bool is_fresh);

/* ---- fit_hooks.c: what is hung on a step of training ---------------------------------------- */

/* Whether the settings ask for this hook; then `*out` is it, its state from the arena. */
typedef bool fit_hook_maker(dc_train_hook *out, const fit_settings *settings, dc_arena *arena);
fit_hook_maker hook_l1_make, hook_ema_make;
/* All that the settings ask for; from the arena. */
DC_MUST_USE dc_status fit_hooks(dc_train_hooks *out, const fit_settings *settings, dc_arena *arena);

/* ---- spans.c: loops of hooks over all parameters -------------------------------------------- */

/* Elements from .. end - 1 of one array. */
typedef void span_fn(const void *payload, uint32_t array, uint64_t from, uint64_t end);
/* All elements of arrays of these sizes, each once, on all cores. */
void each_span(const uint64_t *sizes, uint32_t n_arrays, span_fn *each, const void *payload);

/* ---- squares.c: mean squares of gradients ---------------------------------------------------- */

typedef struct gradient_squares {
    dc_arena arena; /* of `values` */
    const float *const *values; /* (n_params), row-major, of weights; NULL: none yet */
    const dc_trained *trained; /* the rest is the hook's while a trainer lives */
    uint32_t n_params;
    float **stored;
    uint64_t *sizes;
} gradient_squares;
/* Follows training. */
dc_train_hook squares_hook(gradient_squares *s);
/* `values` become those of the training so far, while its trainer lives. */
DC_MUST_USE dc_status squares_take(gradient_squares *s);
/* Of the model as it is, over the first samples of the training part, by their labels or by labels
 * drawn from what the model says. */
DC_MUST_USE dc_status squares_estimate(gradient_squares *s, const dc_run *run, bool by_own_labels);
dc_amount squares_amount(const dc_run *run); /* of that */
void squares_clear(gradient_squares *s);

/* ---- amount.c ------------------------------------------------------------------------------- */

/* a + n * b */
dc_amount amount_add(dc_amount a, double n, dc_amount b);
/* What validating the model once is; nothing when there are no labels to do it by. */
dc_amount amount_of_validation(const dc_run *run);
dc_amount amount_of_step(const dc_run *run, const dc_step *step);
dc_amount amount_of_recipe(const dc_run *run, const dc_recipe *recipe);
/* In samples run: the unit that progress counts. */
double amount_work(const dc_run *run, dc_amount amount);
/* Multiplications of one sample forward. */
double amount_products(const dc_model *model);
/* Whether samples have labels, of their own or a teacher's. */
bool amount_is_labelled(const dc_run *run, const dc_source *source);

/* ---- forecast.c ----------------------------------------------------------------------------- */

/* A phase a step, at the end of those there are. */
void forecast_add_steps(dc_forecast *out, const dc_run *run, const dc_recipe *recipe);
/* Measures run->model on a few batches of the training part and fills the times and the memory of a
 * forecast whose phases and amounts are there. */
DC_MUST_USE dc_status forecast_measure(dc_forecast *out, const dc_run *run, uint32_t batch_size);
/* Whether measuring would not be worth its time. */
bool forecast_is_short(const dc_forecast *forecast, const dc_run *run);

extern const dc_field codebook_fields[]; /* codebook: a uint32_t, dc_number */
/* After training: shared values, and with them biases and other small parameters, to `number`. A
 * model in which nothing is shared stays as it is. */
DC_MUST_USE dc_status fit_round(dc_run *run, dc_number number);

/* ---- recipe.c ------------------------------------------------------------------------------- */

/* "step 2 (prune)" for messages; the stage's name alone when the recipe has but one. */
const char *recipe_where(const dc_recipe *recipe, uint32_t index, dc_arena *arena);
/* The seed of every step whose own is not in `json`, which the recipe was parsed from. */
void recipe_set_seed(const dc_recipe *recipe, const dc_json *json, uint64_t seed);
/* As dc_step_text, but only what differs from the defaults, and the seed of training: for the
 * model's history, where every byte counts. */
const char *step_changes(const dc_step *step, dc_arena *arena);

/* ---- run_data.c ----------------------------------------------------------------------------- */

/* As dc_run_set_data says. */
DC_MUST_USE dc_status run_data_name_classes(dc_model *model, const dc_datasets *sets);

/* ---- run.c, work_folder.c ------------------------------------------------------------------- */

/* As dc_run_open says; `model` is what the run begins with. */
DC_MUST_USE dc_status work_folder_take(dc_run *run, const dc_model *model);
void work_folder_let_go(dc_run *run);

/* Of the graph, its weights and their marks. */
uint64_t run_hash_model(uint64_t key, const dc_model *model);
/* What a run was asked for, beside another's; from the arena. NULL: it is the same. */
DC_MUST_USE dc_status work_folder_differ(const char **out, const char *was, const char *now,
                                         dc_arena *arena);
/* A model on the validation part. */
DC_MUST_USE dc_status run_score(dc_score *out, const dc_run *run, const dc_model *model);
/* What the validation part is judged by: "top-1 98.56 %", "1.9345 bits a character". */
#define RUN_SCORE_BYTES 64
const char *run_score_text(char out[RUN_SCORE_BYTES], const dc_run *run, const dc_score *score);
/* Of a text it is the loss: the most likely symbol says little about the others' chances. */
bool run_is_better(const dc_run *run, const dc_score *a, const dc_score *b);
/* A line for people, where somebody listens. */
void run_report(const dc_run *run, bool is_detail, const char *text);
/* Once a run, when its data are open: adds some of the samples to what describes it. */
DC_MUST_USE dc_status work_folder_see_samples(dc_run *run);
/* A resumed run whose folder held states, of which none fits: an error, unless they are its own and
 * damaged. */
DC_MUST_USE dc_status work_folder_check_found(dc_run *run, bool found);
/* Before a state is written: the folder and its description are there. */
DC_MUST_USE dc_status work_folder_note(const dc_run *run);

/* ---- ranks.c: what ranks that train together have from rank 0 -------------------------------- */

/* All of these do nothing where there is one rank. */
bool ranks_is_first(const dc_run *run);
/* DC_EINPUT on all ranks, naming the first that was asked for something else than rank 0. */
DC_MUST_USE dc_status ranks_compare(const dc_run *run);
/* `data` becomes rank 0's. */
DC_MUST_USE dc_status ranks_share(const dc_run *run, void *data, uint64_t n);
/* run->model becomes rank 0's, with all that a file holds. */
DC_MUST_USE dc_status ranks_share_model(dc_run *run);
/* Its values alone; the trainer follows with what is not trained. */
DC_MUST_USE dc_status ranks_share_values(const dc_run *run, dc_trainer *trainer);
/* Loss and errors of an epoch become those of all ranks. */
DC_MUST_USE dc_status ranks_add_stats(const dc_run *run, dc_epoch_stats *stats);

/* ---- checkpoint.c --------------------------------------------------------------------------- */

/* State inside a training stage after an epoch. */
typedef struct epoch_state {
    uint32_t phase, epoch, epochs_since_best;
    dc_score best;
    bool has_best;
    dc_model *model; /* weights now; owned by the taker */
    dc_model *best_model;
    dc_file_view file; /* holds the trainer's state; */
    dc_writer shared;  /* or this does, of a rank that got it from rank 0 */
    dc_reader trainer;
} epoch_state;

DC_MUST_USE dc_status checkpoint_put_epoch(const dc_run *run, const epoch_state *state,
                                           dc_trainer *trainer);
/* A resumed run that was killed inside this step: run->model becomes what it was then and *phase
 * where it was. *found is false otherwise. */
DC_MUST_USE dc_status checkpoint_take_model(bool *found, uint32_t *phase, dc_run *run);
/* Takes the state of this step if there is one (out->model is NULL otherwise). */
DC_MUST_USE dc_status checkpoint_get_epoch(epoch_state *out, const dc_run *run);
void checkpoint_close_epoch(epoch_state *state);

/* A state that cannot be read now may be whole: it is not thrown away. */
bool is_of_machine(dc_status status);

DC_MUST_USE dc_status checkpoint_put_stage(const dc_run *run, const char *stage);
/* Replaces run->model by what the step left, if that is there; *found says so. */
DC_MUST_USE dc_status checkpoint_get_stage(bool *found, dc_run *run, const char *stage);
void checkpoint_drop_epoch(const dc_run *run);
/* Whether the work folder has the state of an epoch of the step that run->key leads to. */
DC_MUST_USE dc_status checkpoint_has_epoch(bool *found, const dc_run *run);
/* Whether the folder holds states. */
DC_MUST_USE dc_status checkpoint_has_any(bool *found, const char *folder);
DC_MUST_USE dc_status checkpoint_remove_states(const char *folder);
/* Removes what this file makes, and the folder if nothing else is in it. */
void checkpoint_remove_all(const char *folder);

/* ---- compress.c ----------------------------------------------------------------------------- */

/* Bytes: a file that is to have fewer goes without names and history, and has steps of a byte. */
#define SMALL_FILE 16384u

/* Bytes of the model as a coded file. */
DC_MUST_USE dc_status compress_size(uint64_t *bytes, const dc_run *run, const dc_model *model,
                                    bool is_stripped);

/* ---- curve.c -------------------------------------------------------------------------------- */

/* run->curve_folder is made, and states in it that are not this run's are refused or removed. */
DC_MUST_USE dc_status curve_begin(const dc_run *run, bool may_replace);
/* The model is a state on the curve: a file, where a folder is named. */
DC_MUST_USE dc_status curve_keep(const dc_run *run, const dc_model *model);
/* All states, the smallest first, measured; from the arena. */
DC_MUST_USE dc_status curve_take(dc_curve_state **out, uint32_t *n_out, const dc_run *run,
                                 dc_arena *arena);

/* ---- compress_self.c ------------------------------------------------------------------------ */

/* The chain of a network that is its own teacher, when no recipe is given. Leaves the best model in
 * run->model. */
DC_MUST_USE dc_status compress_self(dc_run *run, const dc_compress_settings *settings,
                                    const dc_score *dense);
/* Of all it does, at most. */
dc_amount compress_self_amount(const dc_run *run);

/* ---- layer_products.c ----------------------------------------------------------------------- */

/* What the layers of `model` (dense weights) read, by parameter: of weights of convolutions and
 * linear layers whose rows are not too long; n is 0 for others. From the arena. */
DC_MUST_USE dc_status layer_products_gather(dc_products **out, const dc_model *model,
                                            const dc_source *samples, dc_arena *arena);

/* ---- compress_rate.c ------------------------------------------------------------------------ */

/* The same of one that learns labels, or another teacher. */
DC_MUST_USE dc_status compress_rate(dc_run *run, const dc_compress_settings *settings,
                                    const dc_score *dense);
DC_MUST_USE dc_status compress_rate_forecast(dc_forecast *out, uint32_t *batch_size, dc_run *run,
                                             const dc_compress_settings *settings);

/* ---- compress_blind.c ----------------------------------------------------------------------- */

#define BLIND_WORK 20.0 /* units of the whole, where writing the file is one */
/* The chain without data, of a model with weights. Leaves the small one in run->model. DC_EINPUT
 * for weights that are no numbers. */
DC_MUST_USE dc_status compress_blind(dc_blind_result *out, dc_run *run,
                                     const dc_compress_settings *settings);

/* ---- eval.c: the accuracy loop -------------------------------------------------------------- */

/* On an engine that is opened. */
DC_MUST_USE dc_status eval_run(dc_eval_result *out, const dc_model *model, const dc_source *source,
                               const dc_eval_settings *settings, const dc_engine *engine,
                               void *opened);

/* Opens settings->engine for a source, calls `run` with what was opened, and closes it; progress is
 * that of `label` where the engine reports it itself. */
typedef dc_status eval_opened_fn(void *payload, void *opened);
DC_MUST_USE dc_status eval_on_engine(const char *label, const dc_model *model,
                                     const dc_source *source, const dc_eval_settings *settings,
                                     eval_opened_fn *run, void *payload);

/* ---- comparison.c --------------------------------------------------------------------------- */

/* Of numbers that come one by one. */
typedef struct moments {
    uint64_t n;
    double mean, squares; /* of what they differ from it */
} moments;
void moments_add(moments *m, double value);
/* Their mean. */
dc_measure moments_measure(const moments *m);
/* Percent. */
dc_measure share_measure(uint64_t n_right, uint64_t n_all);
/* Points that are gained, on the same samples. */
dc_measure gain_measure(uint64_t n_gained, uint64_t n_lost, uint64_t n_all);
/* KL(y, z) of two answers, as a model of that end gives them [nats]. */
double divergence_of(const dc_head *head, const float *y, const float *z);

/* Answers of a reference y and of a network z. */
typedef struct comparison {
    moments divergence, loss;
    uint64_t n_agreed, n_labelled, n_gained, n_lost;
} comparison;
void comparison_add(comparison *c, const dc_head *head, const float *y, const float *z);
void comparison_add_labelled(comparison *c, dc_verdict reference, dc_verdict own);
dc_comparison comparison_result(const comparison *c);

/* ---- predictions.c -------------------------------------------------------------------------- */

/* A CSV file of what a model thinks of each sample. */
typedef struct predictions {
    dc_output *output; /* NULL: no file was asked for */
    const dc_source *source;
    dc_head head;    /* what the outputs are  */
    uint32_t n_best; /* best classes a line   */
} predictions;

/* `path` may be NULL. */
DC_MUST_USE dc_status predictions_open(predictions *out, const char *path, bool may_replace,
                                       const dc_model *model, const dc_source *source);
/* The classes that the outputs y of an answer make most probable, the first first, and their
 * probabilities; `label` as in dc_classes_best. False, and nothing is written, where an output is
 * not finite. */
bool predictions_best(uint32_t *classes, double *probabilities, uint32_t n_best,
                      const dc_head *head, const float *y, int32_t label);
/* One sample with outputs y. `label` is -1 when there is none. */
void predictions_put(predictions *p, uint64_t index, int32_t label, const float *y);
DC_MUST_USE dc_status predictions_commit(predictions *p);
void predictions_discard(predictions *p); /* what was not committed */

#endif
