/* SPDX-License-Identifier: MIT
 *
 * train, factor, prune, gradual, admm, dsd, retrain, rate, quantize: one stage on one file. The
 * options are the stage's own field tables; the work is a recipe of one step, so checkpoints and
 * --resume come with it. With --compare the stage's plain counterpart runs after it, from the same
 * file.
 */
#include <math.h>
#include <string.h>

#include "cli.h"
#include "dcomp/file.h"

typedef struct stage_options {
    cli_common common;
    cli_output output;
    dc_data_settings data;
    dc_resume_settings resume;
    const char *compare; /* file for the plain counterpart, or NULL */
    dc_exchange_settings exchange;
} stage_options;

static const dc_field compare_fields[] = {
    { .name = "compare", .kind = DC_FIELD_OUTPUT, .offset = offsetof(stage_options, compare),
      .unit = "file",
      .help = "train the same epochs plainly too, write that here, and say what was gained on the "
              "test part" },
    { 0 },
};

/* ---- results -------------------------------------------------------------------------------- */

typedef struct stage_result {
    dc_ledger ledger;
    dc_score score; /* on the validation part */
    bool is_scored, is_taught;
    const char *symbol; /* of a text; else NULL */
    uint32_t n_sharing; /* of quantize: what was asked for and made, by parameter */
    dc_sharing *sharing;
    dc_eval_result compared; /* with the plain counterpart, on the test part */
} stage_result;

static const dc_field sharing_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = offsetof(dc_sharing, name) },
    { .name = "asked", .kind = DC_FIELD_U32, .offset = offsetof(dc_sharing, n_asked) },
    { .name = "made", .kind = DC_FIELD_U32, .offset = offsetof(dc_sharing, n_made) },
    { 0 },
};

/* In all, and where fewer were made than asked for; with -v everywhere. */
static void add_sharing(dc_document *d, const cli_call *call, const stage_result *result)
{
    uint32_t n_asked = 0, n_made = 0;
    if (result->sharing == NULL)
        return;
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "sharing",
                                      .key = "sharing", .fields = sharing_fields,
                                      .rows = result->sharing,
                                      .row_bytes = sizeof *result->sharing,
                                      .n_rows = result->n_sharing });
    for (uint32_t i = 0; i < result->n_sharing; i++) {
        n_asked += result->sharing[i].n_asked;
        n_made += result->sharing[i].n_made;
    }
    if (call->common->is_quiet || result->n_sharing == 0)
        return;
    dc_document_text(d, "shared values: %u asked for, %u made\n", n_asked, n_made);
    for (uint32_t i = 0; i < result->n_sharing; i++) {
        const dc_sharing *s = &result->sharing[i];
        if (s->n_made < s->n_asked || call->common->is_verbose)
            dc_document_text(d, "  %s  %u, %u made\n", s->name, s->n_asked, s->n_made);
    }
}

static void add_score(dc_document *d, const cli_call *call, const stage_result *result)
{
    char loss[CLI_TEXT_BYTES];
    const dc_score *score = &result->score;
    const double top1 = 100 * (1 - score->top1_error);
    dc_json *validation = dc_json_add_object(d->at, "validation");
    dc_json_add_u64(validation, "n_samples", score->n_samples);
    dc_json_add_number(validation, "top1", top1);
    dc_json_add_number(validation, "loss", score->loss);
    if (result->symbol != NULL)
        dc_json_add_number(validation, "bits", score->loss / log(2));
    if (call->common->is_quiet)
        return;
    dc_document_text(d, "validation: %s %.2f %%  loss %s  ",
                     result->is_taught ? "agreement with the teacher" : "top-1", top1,
                     cli_loss_text(loss, score->loss));
    if (result->symbol != NULL)
        dc_document_text(d, "%.4f bits a %s  ", score->loss / log(2), result->symbol);
    dc_document_text(d, "(%llu sample%s held out)\n", (unsigned long long)score->n_samples,
                     dc_plural(score->n_samples));
}

static void add_compared(dc_document *d, const cli_call *call, const dc_eval_result *r)
{
    const char *plain = ((const stage_options *)call->settings)->compare;
    const bool is_shown = !call->common->is_quiet;
    dc_json_add_number(d->at, "test_top1", r->top1);
    if (is_shown)
        dc_document_text(d, "test: top-1 %.2f %% of %llu samples\n", r->top1,
                         (unsigned long long)r->n_samples);
    cli_add_comparison(d, r, plain, is_shown);
}

static dc_status show(cli_call *call, const stage_result *result)
{
    const stage_options *o = call->settings;
    dc_document *d = cli_document(call, call->command->name);
    dc_json_add_text(d->at, "output", o->output.path);
    const dc_field *fields = dc_stage_fields(dc_stage_named(call->command->stage), &call->arena);
    DC_TRY(call->arena.status);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_JSON, .key = "settings", .fields = fields,
                                      .rows = cli_more_settings(call),
                                      .is_record = true });
    cli_add_ledger(d, &result->ledger, call->common->is_verbose && !call->common->is_quiet);
    add_sharing(d, call, result);
    if (result->is_scored)
        add_score(d, call, result);
    cli_add_exchange(d, call->exchange, !call->common->is_quiet);
    cli_add_written(d, o->output.path, &result->ledger, "");
    if (result->compared.against.is_there)
        add_compared(d, call, &result->compared);
    return cli_show(call);
}

/* ---- the run -------------------------------------------------------------------------------- */

/* What it holds. */
typedef struct stage_work {
    dc_model *model;   /* until the run has it          */
    dc_model *teacher; /* NULL where none was asked for */
    dc_recipe recipe;
    dc_datasets sets;
    dc_run *run;
} stage_work;

/* Of a run that is resumed the plain counterpart need not have begun. */
static bool has_begun(const stage_options *o, const char *path, const char *work_folder)
{
    return path != o->compare || (work_folder != NULL && dc_file_exists(work_folder));
}

/* Before the data are opened and a teacher is asked about all of them. */
static dc_status open_run(stage_work *work, cli_call *call, const char *path)
{
    const stage_options *o = call->settings;
    dc_run_settings settings = { .teacher = work->teacher, .is_taught = work->teacher != NULL,
                                 .exchange = call->exchange, .on_news = cli_hear_news,
                                 .payload = call };
    if (o->data.data != NULL) {
        settings.data = &o->data;
        settings.recipe = &work->recipe;
        settings.work_folder = dc_work_folder(path, &call->arena);
        settings.is_resumed = o->resume.is_resumed && has_begun(o, path, settings.work_folder);
        settings.may_restart = o->output.may_replace;
        settings.checkpoint_seconds = o->resume.checkpoint_seconds;
        settings.on_folder = cli_set_work_folder;
        DC_TRY(call->arena.status);
    }
    if (!cli_is_first_rank(call->exchange)) {
        settings.work_folder = NULL;
        settings.on_news = NULL;
    }
    return dc_run_open(&work->run, &work->model, &settings, &call->arena);
}

/* ---- options that do nothing ---- */

static void note_saliency(const cli_call *call, const dc_field *fields)
{
    char word[DC_CHOICE_BYTES];
    const dc_field *saliency = dc_field_find(fields, "saliency");
    if (saliency == NULL || !cli_is_given(call, "saliency_seed"))
        return;
    const char *now = dc_field_choice(word, saliency, cli_more_settings(call));
    if (now == NULL || strcmp(now, "random") != 0)
        cli_note(call, "dcomp: note: without --saliency random, --saliency-seed does nothing");
}

static void note_of_present(const cli_call *call, const dc_model *model)
{
    bool is_any_zero = false;
    if (!cli_is_given(call, "of_present"))
        return;
    for (uint32_t i = 0; i < model->n_params && !is_any_zero; i++)
        is_any_zero = dc_role_is_weight(model->params[i].role) &&
                      dc_param_n_nonzero(&model->params[i]) < model->params[i].n_values;
    if (!cli_is_given(call, "density") && !cli_is_given(call, "global_density") &&
        !cli_is_given(call, "scan_drop"))
        cli_note(call, "dcomp: note: without --density or --global-density, --of-present does "
                       "nothing");
    else if (!is_any_zero)
        cli_note(call, "dcomp: note: no weight is zero: --of-present does nothing");
}

/* Weights that are shared in training go on from what a quantize stage or admm made of them. */
static void note_assign(const cli_call *call, const dc_model *model)
{
    const char *stage = call->command->stage;
    const bool shares = strcmp(stage, "retrain") == 0 || strcmp(stage, "gradual") == 0 ||
                        strcmp(stage, "admm") == 0;
    bool is_any_shared = cli_is_given(call, "bits");
    if (!cli_is_given(call, "assign"))
        return;
    for (uint32_t i = 0; i < model->n_params && !is_any_shared; i++)
        is_any_shared = model->params[i].is_shared;
    if (!shares)
        cli_note(call, "dcomp: note: %s shares no values: --assign does nothing", stage);
    else if (!is_any_shared)
        cli_note(call, "dcomp: note: no layer has shared values: --assign does nothing");
}

static void note_idle(cli_call *call, const dc_model *model)
{
    const dc_field *fields = dc_stage_fields(dc_stage_named(call->command->stage), &call->arena);
    if (fields == NULL || call->arena.status < 0)
        return;
    note_saliency(call, fields);
    note_of_present(call, model);
    note_assign(call, model);
}

/* ---- the work ---- */

/* The stage by these settings, for a file of this name. */
static dc_status run_on(stage_work *work, cli_call *call, const void *settings, const char *path)
{
    const stage_options *o = call->settings;
    const dc_stage *stage = dc_stage_named(call->command->stage);
    if (strcmp(stage->name, "train") == 0)
        DC_TRY(cli_read_arch(&work->model, call->args[0], "'dcomp retrain' trains it"));
    else
        DC_TRY(cli_read_model(&work->model, call, call->args[0]));
    work->recipe = (dc_recipe){ .name = stage->name, .seed = 1 };
    DC_TRY(dc_recipe_add(&work->recipe, stage, settings, &call->arena));
    if (path != o->compare && cli_is_first_rank(call->exchange))
        note_idle(call, work->model);
    if (o->data.teacher != NULL)
        DC_TRY(dc_teacher_read(&work->teacher, o->data.teacher, work->model, &call->arena));
    DC_TRY(open_run(work, call, path));
    if (o->data.data != NULL) {
        DC_TRY(dc_datasets_open(&work->sets, &o->data, dc_run_model(work->run), work->teacher));
        DC_TRY(dc_run_set_data(work->run, &work->sets));
    }
    return dc_run_recipe(work->run, &work->recipe);
}

static void close_work(stage_work *work)
{
    dc_run_close(work->run);
    dc_datasets_close(&work->sets);
    dc_model_free(work->teacher);
    dc_model_free(work->model);
}

static dc_status write_model(dc_ledger *ledger, cli_call *call, const stage_work *work,
                             const char *path)
{
    const stage_options *o = call->settings;
    const dc_write_settings write = { .level = DC_LEVEL_PLAIN };
    return dc_model_write(path, dc_run_model(work->run), &write, o->output.may_replace, ledger,
                          &call->arena);
}

static dc_status run_plain(stage_work *plain, dc_eval_result *out, cli_call *call,
                           const dc_model *model)
{
    const stage_options *o = call->settings;
    const dc_stage *stage = dc_stage_named(call->command->stage);
    dc_ledger ledger;
    void *settings = dc_arena_take(&call->arena, stage->settings_bytes, 1);
    DC_TRY(call->arena.status);
    memcpy(settings, cli_more_settings(call), stage->settings_bytes);
    stage->make_plain(settings);
    DC_TRY(run_on(plain, call, settings, o->compare));
    if (plain->sets.test == NULL || !plain->sets.test->is_labelled)
        return dc_fail(DC_EINPUT, "--compare needs a test part with labels");
    const dc_eval_settings eval = { .against = dc_run_model(plain->run), .data = &o->data };
    DC_TRY(dc_eval_model(out, model, plain->sets.test, &eval));
    DC_TRY(write_model(&ledger, call, plain, o->compare));
    if (!o->resume.keeps_checkpoints)
        dc_run_clean(plain->run);
    return DC_OK;
}

/* The plain counterpart of what made the model; its file is written, and the model is not yet. */
static dc_status compare(dc_eval_result *out, cli_call *call, const dc_model *model)
{
    stage_work plain = { 0 };
    const dc_status status = run_plain(&plain, out, call, model);
    close_work(&plain);
    return status;
}

static dc_status finish(cli_call *call, const stage_work *work)
{
    const stage_options *o = call->settings;
    const dc_datasets *sets = &work->sets;
    stage_result result = { 0 };
    if (!cli_is_first_rank(call->exchange))
        return DC_OK;
    result.is_scored = sets->validation != NULL && sets->validation->is_labelled;
    if (o->compare != NULL)
        DC_TRY(compare(&result.compared, call, dc_run_model(work->run)));
    DC_TRY(write_model(&result.ledger, call, work, o->output.path));
    if (result.is_scored)
        DC_TRY(dc_run_validate(&result.score, work->run));
    result.is_taught = result.is_scored && sets->is_taught;
    result.symbol = result.is_scored && !sets->is_taught ? sets->validation->symbol : NULL;
    if (strcmp(call->command->stage, "quantize") == 0)
        DC_TRY(dc_quantize_sharing(&result.sharing, &result.n_sharing, dc_run_model(work->run),
                                   cli_more_settings(call), &call->arena));
    if (!o->resume.keeps_checkpoints)
        dc_run_clean(work->run);
    return show(call, &result);
}

static dc_status run_stage(cli_call *call)
{
    stage_options *o = call->settings;
    const dc_stage *stage = dc_stage_named(call->command->name);
    stage_work work = { 0 };
    if (o->data.teacher != NULL && o->data.data == NULL)
        return dc_fail(DC_EINPUT, "a teacher needs samples to teach with (--data)");
    if (stage->needs_data && o->data.data == NULL)
        return dc_fail(DC_EINPUT, "'%s' needs data (--data %s)", stage->name, dc_data_kinds());
    DC_TRY(cli_check_dump(&o->data, o->output.may_replace));
    dc_status status = cli_join_ranks(call, &o->exchange);
    if (!cli_is_first_rank(call->exchange))
        o->data.dump_input = NULL;
    if (status == DC_OK)
        status = run_on(&work, call, cli_more_settings(call), o->output.path);
    if (status == DC_OK)
        status = finish(call, &work);
    if (call->exchange != NULL)
        status = dc_peers_end(call->exchange->peers, status);
    close_work(&work);
    return status;
}

static void set_defaults(void *settings)
{
    *(stage_options *)settings = (stage_options){ .data = dc_data_defaults(),
                                                  .resume = dc_resume_defaults(),
                                                  .exchange = dc_exchange_defaults() };
}

/* `more`: parts of this command alone, each with a comma after it. */
#define STAGE_COMMAND(stage_name, text, words, line, more)                                         \
    {                                                                                              \
        .name = stage_name, .summary = text, .usage = words, .min_args = 1, .max_args = 1,         \
        .computes_layers = true, .example = line,                                                  \
        .settings_bytes = sizeof(stage_options), .set_defaults = set_defaults,                     \
        .stage = stage_name,                                                                       \
        .parts = { { "data", dc_data_fields, offsetof(stage_options, data) },                      \
                   { NULL, dc_holdout_fields, offsetof(stage_options, data) },                     \
                   { NULL, dc_teacher_fields, offsetof(stage_options, data) },                     \
                   { "output", cli_output_fields, offsetof(stage_options, output) },               \
                   { NULL, dc_resume_fields, offsetof(stage_options, resume) }, more },            \
        .run = run_stage,                                                                          \
    }
#define COMPARES { NULL, compare_fields, 0 },
#define EXCHANGES { "ranks", dc_exchange_fields, offsetof(stage_options, exchange) },

const cli_command cli_train =
    STAGE_COMMAND("train", "train an architecture from scratch",
                  "ARCH.json --data SPEC -o MODEL [options]",
                  "dcomp train lenet-5.json --data idx:mnist -o lenet.bin --epochs 20 --shift 2",
                  EXCHANGES);
const cli_command cli_factor =
    STAGE_COMMAND("factor", "split layers into two narrow ones, by singular values",
                  "MODEL -o OUT (--rank RULES | --energy RULES | --bytes N) [options]",
                  "dcomp factor lenet.bin -o narrow.bin --rank fc1=40,fc2=20", );
const cli_command cli_prune =
    STAGE_COMMAND("prune", "set the smallest weights to zero",
                  "MODEL -o OUT --density RULES|--global-density X|--merge RULES [options]",
                  "dcomp prune lenet.bin -o pruned.bin --density conv*=0.5,fc1=0.08,0.2", );
const cli_command cli_gradual = STAGE_COMMAND(
    "gradual", "prune and retrain in turns", "MODEL --data SPEC -o OUT --density RULES [options]",
    "dcomp gradual lenet.bin --data idx:mnist -o pruned.bin --density conv*=0.5,0.08", );
const cli_command cli_admm = STAGE_COMMAND(
    "admm", "prune and share by alternating directions",
    "MODEL --data SPEC -o OUT --density RULES|--bits RULES [options]",
    "dcomp admm lenet.bin --data idx:mnist -o pruned.bin --density conv*=0.1,0.01 --rounds 2", );
const cli_command cli_dsd = STAGE_COMMAND(
    "dsd", "train without the smallest weights, then with them again",
    "MODEL --data SPEC -o OUT [options]",
    "dcomp dsd lenet.bin --data idx:mnist -o better.bin --compare plain.bin", COMPARES);
const cli_command cli_retrain = STAGE_COMMAND(
    "retrain", "train what survives", "MODEL --data SPEC -o OUT [options]",
    "dcomp retrain shared.bin --data idx:mnist -o small.bin --epochs 5 --lr 0.0005", EXCHANGES);
const cli_command cli_rate = STAGE_COMMAND(
    "rate", "train by the price of bits, down to so many bytes",
    "MODEL --data SPEC -o OUT --bytes N [options]",
    "dcomp rate lenet.bin --data idx:mnist -o small.bin --bytes 2400 --teacher self", );
const cli_command cli_ternary = STAGE_COMMAND(
    "ternary", "train weights of two values and zero", "MODEL --data SPEC -o OUT [options]",
    "dcomp ternary resnet.bin --data folder:cifar -o ternary.dcm --epochs 30", );
const cli_command cli_quantize =
    STAGE_COMMAND("quantize", "few values: shared by k-means, or on grids",
                  "MODEL -o OUT --bits RULES [options]",
                  "dcomp quantize pruned.bin -o shared.bin --bits conv*=8,fc*=5", );
