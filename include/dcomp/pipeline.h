/* SPDX-License-Identifier: MIT
 *
 * pipeline: recipes. The room where pruning, sharing, training, data and the file meet.
 *
 * A stage is a row of a table (stages.c): a name, a settings struct with its field table, and a
 * function that changes a model. A recipe is a list of stages with settings, written in JSON
 * (docs/recipes.md):
 *
 *     {"name": "lenet", "stages": [
 *         {"stage": "gradual", "density": {"fc1": 0.02, "*": 0.1}, "epochs": 20},
 *         {"stage": "quantize", "bits": {"conv*": 5, "*": 4}},
 *         {"stage": "retrain", "epochs": 5, "lr": 0.001}]}
 *
 * dc_run_recipe runs the stages in order. After each stage the model is kept in a work folder under
 * a key, hash(input model, data, all stages so far with settings, seed); inside a stage the state
 * of training is kept every checkpoint_seconds, at the end of an epoch. So a run that was killed
 * goes on where it was (dc_run_settings.is_resumed).
 *
 *     DC_TRY(dc_run_open(&run, &model, &(dc_run_settings){ .work_folder = "out.work" }, &arena));
 *     dc_status status = dc_run_set_data(run, &datasets);
 *     if (status == DC_OK)
 *         status = dc_run_recipe(run, &recipe);
 *     ... dc_run_model(run) is the result ...
 *     dc_run_close(run);
 *
 * Honest selection: keep-best, sensitivity and budgets look only at a validation part that is held
 * out of the training split. The test split is read once, at the end, on the file that was written
 * (dc_compress).
 *
 * Threads. A dc_run with its model and datasets belongs to one thread; many runs, evaluations and
 * simulations may be at work at once. Two of them cannot have one work folder, which is refused.
 * Progress of all of them is one sum, and says little then.
 */
#ifndef DCOMP_PIPELINE_H
#define DCOMP_PIPELINE_H

#include "dcomp/accelerator.h"
#include "dcomp/data.h"
#include "dcomp/engine.h"
#include "dcomp/exchange.h"
#include "dcomp/format.h"
#include "dcomp/model.h"
#include "dcomp/nn.h"
#include "dcomp/prune.h"
#include "dcomp/quant.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- data of a run --------------------------------------------------------------------------- */

typedef struct dc_data_settings {
    const char *data;   /* SPEC of data.h, or NULL                                            */
    const char *const *files; /* or given ones (data.h), with no labels and no splits         */
    uint32_t n_files;
    uint32_t split;     /* dc_split, for eval                                                 */
    uint64_t limit;     /* first so many samples; 0: all                                      */
    uint64_t n_holdout; /* validation samples taken out of the training split; 0: a twelfth   */
    uint64_t n_test;    /* test samples of data without a split of their own; 0: a twelfth    */
    const char *teacher; /* whose outputs are learned, as dc_teacher_read says; NULL: nobody's */
    uint64_t data_seed; /* of the drawn digits and of the hold-out's choice                   */
    bool is_strict;     /* a file that cannot be read is an error, not left out               */
    const char *dump_input; /* PNG that shows the first samples as the model sees them, or NULL */
    uint32_t n_dump;        /* how many of them                                               */
    bool may_replace;       /* that PNG, when it exists                                       */
} dc_data_settings;
extern const dc_field dc_data_fields[];    /* all but those of the next two and of no option */
extern const dc_field dc_holdout_fields[]; /* holdout, test: for what trains or validates     */
extern const dc_field dc_teacher_fields[]; /* teacher: for what trains                        */
dc_data_settings dc_data_defaults(void);
/* The teacher of these names, with commas between: "self", a copy of that model, or model files. Of
 * several, at most 16, the logits' mean is the output; their inputs and outputs must have the same
 * shapes. DC_EINPUT, and what reading a model gives. Names in messages are from the arena. Owns:
 * dc_model_free. */
DC_MUST_USE dc_status dc_teacher_read(dc_model **out, const char *names, const dc_model *self,
                                      dc_arena *arena);
/* All that says which samples a run sees, for its checkpoints' keys; from the arena. */
const char *dc_data_text(const dc_data_settings *settings, dc_arena *arena);

/* The samples of a split for a model, whose classes they must be of. Owns: dc_source_close. */
DC_MUST_USE dc_status dc_data_settings_open(dc_source **out, const dc_data_settings *settings,
                                            dc_split split, const dc_model *model);

/* Of the data of settings without a test split: the settings->n_test samples that training with the
 * same number would hold out for the test. Borrows `whole`. DC_EINPUT. Owns: dc_source_close. */
DC_MUST_USE dc_status dc_data_test_part(dc_source **out, const dc_source *whole,
                                        const dc_data_settings *settings);

/* Writes settings->dump_input, if that is asked for, from the first samples of `source`. */
DC_MUST_USE dc_status dc_data_dump(const dc_data_settings *settings, const dc_source *source,
                                   const dc_model *model);

/* The three parts. A data set of a kind without a split is itself divided: a twelfth test, a
 * twelfth validation. All three may be without labels; with a `teacher` (NULL: none) they then
 * get its answers for labels. Shows training samples if asked to. */
typedef struct dc_datasets {
    dc_source *train, *validation, *test;
    bool is_taught;      /* the labels are the teacher's */
    dc_source *owned[8]; /* private */
} dc_datasets;
DC_MUST_USE dc_status dc_datasets_open(dc_datasets *out, const dc_data_settings *settings,
                                       const dc_model *model, const dc_model *teacher);
void dc_datasets_close(dc_datasets *sets);

/* ---- stages ---------------------------------------------------------------------------------- */

typedef struct dc_run dc_run;
typedef struct dc_compress_settings dc_compress_settings;

/* How much work something will be: passes over the training part, samples that are trained on and
 * samples that are only run, each as often as it is. */
typedef struct dc_amount {
    double n_epochs, n_trained, n_run;
} dc_amount;

typedef struct dc_stage {
    const char *name; /* "prune"                                   */
    bool needs_data;
    bool is_about_file; /* leaves the model alone and fills run->write: a resumed run runs it too */
    size_t settings_bytes;
    void (*set_defaults)(void *settings);
    /* Field tables that together describe the settings, each at an offset in them; ends with NULL
     * fields. */
    struct dc_stage_part {
        const dc_field *fields;
        size_t offset;
    } parts[8];
    /* What run would refuse whatever the weights are; `data` may be NULL. NULL: nothing but what
     * the fields and rules say. */
    dc_status (*check)(const void *settings, const dc_model *model, const dc_datasets *data);
    dc_status (*run)(dc_run *run, const void *settings);
    dc_amount (*amount)(const dc_run *run, const void *settings); /* NULL: next to none */
    /* Settings of the same epochs, rates and orders without what the stage is for, to compare it
     * with. NULL: there are none. */
    void (*make_plain)(void *settings);
} dc_stage;

const dc_stage *dc_stage_named(const char *name); /* NULL when there is none */
const dc_stage *dc_stage_at(uint32_t index);      /* NULL past the end        */
/* One table of all the stage's fields; from the arena. */
const dc_field *dc_stage_fields(const dc_stage *stage, dc_arena *arena);

typedef struct dc_step {
    const dc_stage *stage;
    const dc_field *fields; /* dc_stage_fields of the stage */
    void *settings;
} dc_step;

typedef struct dc_recipe {
    const char *name;
    uint64_t seed;
    uint32_t n_steps;
    dc_step *steps;
} dc_recipe;

/* Appends a step with a copy of the stage's settings; `out` begins as { .name, .seed }. From the
 * arena, which the settings' texts and rules are borrowed from too. */
DC_MUST_USE dc_status dc_recipe_add(dc_recipe *out, const dc_stage *stage, const void *settings,
                                    dc_arena *arena);
/* Unknown stages, unknown keys and bad values are DC_EINPUT and name the step. */
DC_MUST_USE dc_status dc_recipe_parse(dc_recipe *out, const dc_json *json, const char *subject,
                                      dc_arena *arena);
/* Checks the recipe against a model before anything runs: patterns match, data (NULL: none) and
 * labels are there if needed, settings do not contradict each other. */
DC_MUST_USE dc_status dc_recipe_check(const dc_recipe *recipe, const dc_model *model,
                                      const dc_datasets *data, dc_arena *arena);
/* Settings of one step as one line of JSON; from the arena. */
const char *dc_step_text(const dc_step *step, dc_arena *arena);

/* What is asked of a run. What is pointed to is borrowed until the run is closed. */
typedef struct dc_run_settings {
    const dc_model *teacher; /* the model as it came, or another one, or NULL                 */
    bool is_taught;          /* training stages without a teacher_weight learn from the
                                teacher's outputs alone, not from labels                      */
    uint32_t batch_size;     /* of evaluations; 0: dc_eval_batch's                            */
    uint64_t seed;
    dc_write_settings write; /* how the result is to be written, unless a stage sets it       */
    const char *work_folder; /* for checkpoints; NULL: none are kept                          */
    bool is_resumed;         /* use what lies in the work folder                              */
    bool may_restart;        /* what an interrupted run left there may be removed             */
    double checkpoint_seconds; /* inside a training stage, at ends of epochs; 0: all of them  */
    /* By these a resumed run is compared with the interrupted one. */
    const dc_data_settings *data; /* where the samples will come from; NULL: nothing is compared */
    const dc_recipe *recipe;      /* its steps, or NULL                                       */
    const dc_compress_settings *compress; /* what is asked of the chain, or NULL              */
    void (*on_folder)(const char *path);  /* the work folder is this run's now; or NULL       */
    /* Ranks that train together, or NULL. All ask for the same, but the work folder is rank 0's
     * alone, and so are news. */
    dc_exchange *exchange;
    /* A line for people, after each epoch (a detail) and each stage; may be NULL. */
    void (*on_news)(void *payload, bool is_detail, const char *text);
    void *payload;
} dc_run_settings;

/* How a run may be interrupted. */
typedef struct dc_resume_settings {
    bool is_resumed, keeps_checkpoints;
    double checkpoint_seconds;
} dc_resume_settings;
extern const dc_field dc_resume_fields[]; /* resume, checkpoint_seconds, keep_checkpoints */
dc_resume_settings dc_resume_defaults(void); /* 20 s */

/* Begins a run on `*model`, which is the run's from then on: *model becomes NULL. Takes the work
 * folder, before anything is computed. DC_EIO when another process has it; DC_EINPUT when it holds
 * states of an interrupted run and the run is neither resumed nor may restart, and when it is
 * resumed and other settings were asked for, which the message names. Nothing is removed then, and
 * the model stays the caller's, as after every failure. Owns: dc_run_close. */
DC_MUST_USE dc_status dc_run_open(dc_run **out, dc_model **model, const dc_run_settings *settings,
                                  dc_arena *arena);
/* The samples of stages that need some; borrowed. A model without class names gets those by whose
 * order the data's classes were numbered, if they were, so that other data are matched by name. */
DC_MUST_USE dc_status dc_run_set_data(dc_run *run, const dc_datasets *data);
/* Runs the steps on the run's model, in order. */
DC_MUST_USE dc_status dc_run_recipe(dc_run *run, const dc_recipe *recipe);
/* The model as it is now. It is changed in place, and replaced by what a checkpoint holds: so
 * ask again after each recipe. */
dc_model *dc_run_model(const dc_run *run);
/* How it is to be written: as the settings have it, or as the encode stage has set it. */
const dc_write_settings *dc_run_write_settings(const dc_run *run);
/* Error of the model as it is on the validation part. */
DC_MUST_USE dc_status dc_run_validate(dc_score *out, dc_run *run);
/* Removes the checkpoints of a run that is complete, and the folder if nothing else is in it. */
void dc_run_clean(const dc_run *run);
/* Frees the model, lets go of the work folder and removes it where it holds no states. NULL is
 * fine. */
void dc_run_close(dc_run *run);
/* "OUT.work", from the arena; NULL where the output is a device and can have none. */
const char *dc_work_folder(const char *output, dc_arena *arena);

/* ---- evaluation ------------------------------------------------------------------------------ */

/* A figure, and within which bounds it would lie on other samples of the kind, 19 times in 20; NaN
 * where it is not known. */
typedef struct dc_measure {
    double mean, low, high;
} dc_measure;

/* A network beside a reference, on the same samples. */
typedef struct dc_comparison {
    bool is_there;
    dc_measure divergence; /* mean of KL(reference, network) of an answer [nats]                */
    dc_measure agreement;  /* percent of the answers that are the reference's                   */
    dc_measure top1_gain;  /* points of top-1 that the network has more; NaN without labels     */
    dc_measure loss_rise;  /* by which its loss is higher; likewise                             */
} dc_comparison;
extern const dc_field dc_comparison_fields[];

typedef struct dc_eval_result {
    uint64_t n_samples; /* that were run                  */
    uint64_t n_skipped; /* that could not be read         */
    uint64_t n_not_finite; /* with outputs that are not finite: never right */
    bool is_labelled;
    double top1, top5; /* percent right          */
    double loss;
    const char *symbol;      /* of a text: "character", "word"; else NULL */
    double bits, perplexity; /* of a symbol, from the loss; NaN: no text  */
    dc_measure top1_bounds, loss_bounds; /* the same two with their bounds */
    double seconds, images_per_second;
    const char *engine;
    dc_comparison against;
} dc_eval_result;
extern const dc_field dc_eval_result_fields[];

typedef struct dc_eval_settings {
    uint32_t batch_size;          /* 0: dc_eval_batch's                                         */
    const dc_engine *engine;      /* NULL: "float"                                              */
    const dc_data_settings *data; /* or NULL: as dc_engine_settings                             */
    const char *dump_path;        /* or NULL: gets the outputs (N, classes) as .npy, NaN where a
                                     sample could not be read; N of at most 32 bits             */
    const char *predictions_path; /* or NULL: gets a CSV line a sample, its five best classes   */
    bool may_replace;             /* either file                                                */
    dc_tally *classes;            /* or NULL: (classes), added to                               */
    const dc_model *against;      /* or NULL: a network of the same input and outputs, run in
                                     float, that the result is compared with                    */
    dc_engine_choices *choices;   /* or NULL: gets those of the engine, where it has any        */
} dc_eval_settings;

/* Samples at a time: 500, but no more than 20 MB of inputs. */
uint32_t dc_eval_batch(const dc_model *model);
/* Runs a model over a source. DC_ECORRUPT when none of its samples can be read, DC_ELIMIT before
 * anything is run when they are too many for dump_path, else as the engine's open. */
DC_MUST_USE dc_status dc_eval_model(dc_eval_result *out, const dc_model *model,
                                    const dc_source *source, const dc_eval_settings *settings);

/* ---- answers --------------------------------------------------------------------------------- */

/* What a network says of one sample. A network that says something at each step of a sequence
 * answers at the last one that counts. */
typedef struct dc_answer {
    uint64_t index;     /* of the sample                                                      */
    const float *y;     /* (n): the outputs of the answer                                     */
    uint64_t n;
    bool is_finite;     /* all of them                                                        */
    bool is_class;      /* the network is a classifier                                        */
    uint32_t n_best;    /* 0: it is none, or an output is not finite                          */
    const uint32_t *classes; /* (n_best), the most probable first                             */
    const double *probabilities;
    const char *generated;   /* of a text: how it may go on; NULL: not asked for, or no text  */
} dc_answer;

typedef struct dc_infer_settings {
    const dc_engine *engine; /* NULL: "float"                                                 */
    uint32_t n_best;         /* classes of an answer, at most as many as there are            */
    bool wants_numbers;      /* outputs, though they may be classes                           */
    uint32_t n_generated;    /* symbols that a text goes on for                               */
    double temperature;      /* they are drawn by p^(1/temperature); 0: the most probable     */
    uint64_t seed;           /* of drawing                                                    */
    dc_engine_choices *choices; /* or NULL: as dc_eval_settings                               */
    /* Is given each answer, in the order of samples; borrowed. */
    dc_status (*take)(void *payload, const dc_answer *answer);
    void *payload;
} dc_infer_settings;

typedef struct dc_infer_result {
    uint64_t n_samples, n_skipped, n_not_finite; /* as dc_eval_result                         */
    bool is_classifier;                          /* answers are classes                       */
    double seconds, images_per_second;
    const char *engine;
} dc_infer_result;
extern const dc_field dc_infer_result_fields[];

/* Runs a model over a source and hands out what it says. What a network carries from step to step
 * is carried through the whole of a text of a source of given files, however long it is; where it
 * carries nothing, or the engine forgets, a text is as many symbols as the model has steps, the
 * last ones. A network is no classifier when no class could be told from its outputs: one number,
 * a map, a softmax over a part of them. DC_ECORRUPT when no sample can be read; DC_EINPUT for
 * n_generated where no text is read. */
DC_MUST_USE dc_status dc_infer(dc_infer_result *out, const dc_model *model,
                               const dc_source *source, const dc_infer_settings *settings);

/* ---- the chain ------------------------------------------------------------------------------- */

struct dc_compress_settings {
    const char *recipe; /* file, or NULL: by defaults                                           */
    double max_drop;    /* points of top-1 that may be lost; below 0: that must be gained; NaN:
                           not given, and then the default chain demands 0.2 where it can measure
                           it, unless max_bytes is given                                        */
    double max_divergence; /* nats from the network that came in, a mean, where that is its own
                              teacher, or with a recipe; NaN: not given                         */
    uint64_t max_bytes; /* 0: not given                                                         */
    double effort;      /* multiplies the default chain's epochs                                */
    bool is_stripped;
    const char *curve;  /* folder that gets the states on the way of the default chain with data, or
                           NULL                                                                 */
    dc_resume_settings resume;
    uint64_t seed;
    void (*on_folder)(const char *path);                              /* as a run's             */
    void (*on_news)(void *payload, bool is_detail, const char *text); /* as a run's             */
    void *payload;
};
/* recipe, max_drop, max_divergence, max_bytes, effort, strip, curve, seed. */
extern const dc_field dc_compress_fields[];
dc_compress_settings dc_compress_defaults(void);

/* What the chain without data did to the outputs on made-up inputs. */
typedef struct dc_blind_result {
    bool is_blind;        /* that chain ran                                                     */
    uint32_t n_inputs;    /* 0: nothing could be measured                                       */
    double output_change; /* root mean square, relative to the outputs' own; or half of it
                             relative to their deviation over the inputs, if that is more; NaN:
                             not known                                                          */
    double output_budget; /* what that may be when no budget of bytes asks for more             */
    double predicted_loss; /* by how much cross-entropy rises on those inputs, by the dense
                             network's own answers; NaN: not known                              */
} dc_blind_result;

#define DC_CURVE_PICTURE "curve.png" /* the caller's, in the folder of the curve */

/* A state of the walk: its file, and how that does on the validation part. */
typedef struct dc_curve_state {
    const char *file;
    uint64_t bytes;
    double error, loss; /* of top-1 [%]; cross-entropy */
} dc_curve_state;

typedef struct dc_compress_result {
    dc_ledger ledger;
    double ratio, seconds;
    bool has_accuracy;
    dc_eval_result before, after; /* test split: the input model, the written file     */
    bool is_taught;               /* the labels were the teacher's: accuracies are agreement   */
    dc_score validation_before, validation_after;
    dc_blind_result blind;
    double max_drop;            /* points that were demanded; NaN: no such demand              */
    double max_divergence;      /* likewise                                                    */
    bool is_within_drop, is_within_divergence, is_within_bytes; /* true where nothing was
                                                                   demanded */
    dc_curve_state *curve;      /* (n_curve), the smallest first; from the arena               */
    uint32_t n_curve;
} dc_compress_result;

/* What a compression will be, at most. */
typedef struct dc_phase {
    const char *stage;
    dc_amount amount;
} dc_phase;
typedef struct dc_forecast {
    uint32_t n_phases;
    dc_phase *phases;
    uint64_t n_train, n_validation, n_test; /* samples; 0: there are none               */
    dc_amount amount;                       /* of the whole, validation and tests too   */
    double seconds;                         /* about; 0: not measured                   */
    double train_per_second, run_per_second; /* samples, as a short trial measured them */
    uint64_t memory_bytes;                  /* about, at its peak                       */
} dc_forecast;

/* Says what dc_compress would do with the same settings and about how long it would take, by trying
 * a few batches; writes nothing. Without data it is stages alone. From the arena. */
DC_MUST_USE dc_status dc_compress_forecast(dc_forecast *out, const char *input,
                                           const dc_data_settings *data,
                                           const dc_compress_settings *settings, dc_arena *arena);
/* "about 11 min", "about 2.5 h"; from the arena. */
const char *dc_forecast_time_text(const dc_forecast *forecast, dc_arena *arena);

/* Compresses the model file `input` into `output`. With a recipe: its stages. Without: by data and
 * budgets (compress_rate.c, compress_self.c). Always leaves the best file it found; the result
 * says which demands it meets. */
DC_MUST_USE dc_status dc_compress(dc_compress_result *out, const char *input, const char *output,
                                  bool may_replace, const dc_data_settings *data,
                                  const dc_compress_settings *settings, dc_arena *arena);

/* ---- speed ----------------------------------------------------------------------------------- */

/* Dense, sparse where that is possible, and sparse where it is expected to be faster. */
#define DC_BENCH_ENGINES 3
extern const char *const dc_bench_engines[DC_BENCH_ENGINES]; /* "float", "packed", "auto" */

typedef struct dc_bench_engine {
    const char *name;
    double open_seconds;          /* from the file to the first answer                        */
    double seconds;               /* of a batch, median                                       */
    double samples_per_second;
    double ratio;                 /* to the first one: above 1 is faster                      */
    uint64_t memory_bytes;        /* model, weights and values, while it is open              */
} dc_bench_engine;
extern const dc_field dc_bench_engine_fields[];

/* Medians of what the forward of a layer took, and of what is done within it. */
typedef struct dc_bench_layer {
    const char *name, *op;
    double density;               /* of its weights, 0 to 1; NaN: it has none                 */
    double seconds[DC_BENCH_ENGINES];
    double ratio;                 /* dense to packed                                          */
    double expected[2];           /* what "auto" goes by: dense and sparse, one core [s]; NaN  */
    bool is_sparse[DC_BENCH_ENGINES];
    const char *chosen;           /* by "auto": "sparse", "dense"; "" where nothing is chosen */
} dc_bench_layer;
extern const dc_field dc_bench_layer_fields[];

/* One sample alone, or a batch in one call. */
typedef struct dc_bench_pace {
    double seconds, per_second;   /* median; samples a second                                 */
    double ratio;                 /* of the first engine's time to its own                    */
} dc_bench_pace;

typedef struct dc_bench_speed {
    uint32_t n_jobs;              /* threads                                                  */
    const char *name;             /* of the engine                                            */
    dc_bench_pace one, batch;
    double peak_bytes;            /* the program before it opens the file, and by how much the
                                     peak of resident memory grows in a copy of it that opens
                                     the file and runs one sample                             */
} dc_bench_speed;
extern const dc_field dc_bench_speed_fields[];
extern const dc_field dc_bench_speed_fields_of_one[]; /* without batches */

typedef struct dc_bench_settings {
    uint32_t batch_size, n_repeats;
    uint64_t seed; /* of the inputs */
} dc_bench_settings;
extern const dc_field dc_bench_fields[]; /* batch, repeats, seed */

typedef struct dc_bench_result {
    uint32_t batch_size, n_repeats, n_jobs;
    uint32_t n_together;          /* samples of a batch that are computed together            */
    double program_bytes;         /* of each peak_bytes, with its libraries                   */
    dc_bench_engine engines[DC_BENCH_ENGINES];
    uint32_t n_speeds;
    dc_bench_speed speeds[2 * DC_BENCH_ENGINES]; /* with one thread; with all, if they are more */
    uint32_t n_layers;
    dc_bench_layer *layers; /* those that took time */
} dc_bench_result;

/* The model file `path` on drawn inputs: each engine reads it by itself, and in each turn all run
 * once, one after the other; in the end with a clock at each layer. engines and layers are those of
 * batches on all threads. Peaks are measured first, as dc_run_apart demands. From the arena. */
DC_MUST_USE dc_status dc_bench_model(dc_bench_result *out, const char *path,
                                     const dc_bench_settings *settings, dc_arena *arena);

/* ---- accelerators ---------------------------------------------------------------------------- */

const dc_accelerator *dc_accelerator_at(uint32_t index); /* NULL after the last; 0 is the default */
const dc_accelerator *dc_accelerator_named(const char *name); /* NULL when there is no such */
extern const char dc_accelerator_words[]; /* "eie|..." in the table's order */

typedef struct dc_simulate_settings {
    const dc_accelerator *accelerator; /* NULL: the default                            */
    const void *machine;      /* its parameters; NULL: their defaults                  */
    dc_data_settings data;    /* samples; or                                           */
    const char *input;        /* a .npy file of samples; neither: one random sample    */
    double act_density;       /* of random inputs; 0: the default                      */
    bool requantizes;         /* layers that share too many values share fewer         */
    bool may_replace;         /* files that exist                                      */
    const char *trace;        /* VCD file of a window of the first sample              */
    uint64_t trace_from_cycle, trace_cycles;
    const char *plot;         /* PNG file: what PEs do over the first sample           */
    const char *sram_folder;  /* memory images of each layer                           */
    uint64_t seed;            /* random inputs and synthetic weights                   */
} dc_simulate_settings;
extern const dc_field dc_simulate_fields[]; /* all but accelerator, machine and data */
dc_simulate_settings dc_simulate_defaults(void);
double dc_simulate_act_density(const dc_simulate_settings *settings);

/* One layer on the machine: sums over all its products of all samples. */
typedef struct dc_simulate_layer {
    const char *name, *kind; /* "linear", "conv" */
    uint32_t n_rows, n_cols, n_parts;
    uint64_t n_weights, n_nonzero;
    dc_fixed_format format;
    dc_machine_layout layout;    /* entries of all parts; what does not fit of the fullest */
    void *counters;              /* as accelerator->counter_fields describes them          */
    dc_machine_figures figures;
    uint64_t n_clamped;          /* inputs that calibration did not foresee */
    uint64_t n_differing;        /* products whose outputs differ from the reference's */
    double output_error;         /* relative root mean square against float; NaN in a network */
} dc_simulate_layer;

typedef struct dc_simulate_result {
    const dc_accelerator *accelerator;
    const void *machine;      /* its parameters */
    dc_machine_facts facts;
    const char *source;       /* what the inputs were */
    const char *host_ops;     /* "pool1 (max_pool), ..." or "" */
    uint64_t n_host_values;   /* that they make for a sample; of a layer over time its gates */
    dc_eval_result eval;      /* accuracy when labelled; n_samples */
    uint32_t n_layers;
    dc_simulate_layer *layers;
    void *counters;           /* of all layers */
    dc_machine_figures figures;
    bool outputs_match;
    uint64_t n_differing;     /* products whose outputs differ from the reference's */
    dc_activity *activity;    /* when a plot was asked for */
} dc_simulate_result;

/* Runs the model file `path` on the machine. Everything in the result is from the arena. */
DC_MUST_USE dc_status dc_simulate_model(dc_simulate_result *out, const char *path,
                                        const dc_simulate_settings *settings, dc_arena *arena);

/* A layer that no file holds. */
typedef struct dc_synthetic_layer {
    const char *name;
    uint32_t n_rows, n_cols;
    double weight_density, act_density;
} dc_synthetic_layer;
/* Runs each layer on each of `n_machines` machines (parameters one behind the other; those of the
 * settings do not matter) with the same seeded weights and inputs; out (n_machines). */
DC_MUST_USE dc_status dc_simulate_synthetic(dc_simulate_result *out, const void *machines,
                                            uint32_t n_machines, const dc_synthetic_layer *layers,
                                            uint32_t n_layers,
                                            const dc_simulate_settings *settings,
                                            dc_arena *arena);
/* A step of a seeded LSTM, pruned for the elements of each machine; as above, but each product of
 * the step is a layer. The accelerator schedules cells. */
DC_MUST_USE dc_status dc_simulate_cell(dc_simulate_result *out, const void *machines,
                                       uint32_t n_machines, const dc_synthetic_cell *spec,
                                       const dc_simulate_settings *settings, dc_arena *arena);
/* One parameter of the machine through several values. */
typedef struct dc_sweep {
    const dc_field *field; /* of the accelerator's config_fields */
    uint32_t n_values;
    const char **values;   /* as text */
    double *numbers;       /* the same: 65536 of "64K", 16 of the word "16" */
    void *machines;        /* parameters, one behind the other */
} dc_sweep;
/* "pes=1..256" (doublings), "precision=8,16,32"; a name may be cut short. The other parameters are
 * those of the settings. DC_EINPUT. */
DC_MUST_USE dc_status dc_sweep_parse(dc_sweep *out, const char *text,
                                     const dc_simulate_settings *settings, dc_arena *arena);
/* The model file, read once, on each machine; out (n_values). A message names the value. */
DC_MUST_USE dc_status dc_sweep_model(dc_simulate_result *out, const dc_sweep *sweep,
                                     const char *path, const dc_simulate_settings *settings,
                                     dc_arena *arena);
/* The layers that were published for the machine, at their densities; from the arena. n_layers is
 * 0 where there are none. */
const dc_synthetic_layer *dc_benchmark_layers(uint32_t *n_layers,
                                              const dc_accelerator *accelerator, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
