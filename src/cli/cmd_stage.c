/* SPDX-License-Identifier: MIT
 *
 * train, prune, gradual, retrain, quantize: one stage on one file. The options are the stage's own
 * field tables; the work is a recipe of one step, so checkpoints and --resume come with it.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

typedef struct stage_options {
    cli_common common;
    cli_output output;
    dc_data_settings data;
    dc_resume_settings resume;
} stage_options;

/* ---- results -------------------------------------------------------------------------------- */

typedef struct stage_result {
    dc_ledger ledger;
    dc_score score; /* on the validation part */
    bool is_scored, is_taught;
    const char *symbol; /* of a text; else NULL */
    uint32_t n_sharing; /* of quantize: what was asked for and made, by parameter */
    dc_sharing *sharing;
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
    cli_add_written(d, o->output.path, &result->ledger, "");
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

static dc_status finish(cli_call *call, const stage_work *work)
{
    const stage_options *o = call->settings;
    const dc_datasets *sets = &work->sets;
    const dc_write_settings write = { .level = DC_LEVEL_PLAIN };
    stage_result result = { 0 };
    result.is_scored = sets->validation != NULL && sets->validation->is_labelled;
    DC_TRY(dc_model_write(o->output.path, dc_run_model(work->run), &write, o->output.may_replace,
                          &result.ledger, &call->arena));
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

/* Before the data are opened and a teacher is asked about all of them. */
static dc_status open_run(stage_work *work, cli_call *call)
{
    const stage_options *o = call->settings;
    dc_run_settings settings = { .teacher = work->teacher, .is_taught = work->teacher != NULL,
                                 .on_news = cli_hear_news, .payload = call };
    if (o->data.data != NULL) {
        settings.data = &o->data;
        settings.recipe = &work->recipe;
        settings.work_folder = dc_work_folder(o->output.path, &call->arena);
        settings.is_resumed = o->resume.is_resumed;
        settings.may_restart = o->output.may_replace;
        settings.checkpoint_seconds = o->resume.checkpoint_seconds;
        settings.on_folder = cli_set_work_folder;
        DC_TRY(call->arena.status);
    }
    return dc_run_open(&work->run, &work->model, &settings, &call->arena);
}

static dc_status run_on(stage_work *work, cli_call *call, const dc_stage *stage)
{
    const stage_options *o = call->settings;
    if (strcmp(stage->name, "train") == 0)
        DC_TRY(cli_read_arch(&work->model, call->args[0], "'dcomp retrain' trains it"));
    else
        DC_TRY(cli_read_model(&work->model, call, call->args[0]));
    work->recipe = (dc_recipe){ .name = stage->name, .seed = 1 };
    DC_TRY(dc_recipe_add(&work->recipe, stage, cli_more_settings(call), &call->arena));
    if (o->data.teacher != NULL)
        DC_TRY(dc_teacher_read(&work->teacher, o->data.teacher, work->model, &call->arena));
    DC_TRY(open_run(work, call));
    if (o->data.data != NULL) {
        DC_TRY(dc_datasets_open(&work->sets, &o->data, dc_run_model(work->run), work->teacher));
        DC_TRY(dc_run_set_data(work->run, &work->sets));
    }
    DC_TRY(dc_run_recipe(work->run, &work->recipe));
    return finish(call, work);
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
    const dc_status status = run_on(&work, call, stage);
    dc_run_close(work.run);
    dc_datasets_close(&work.sets);
    dc_model_free(work.teacher);
    dc_model_free(work.model);
    return status;
}

static void set_defaults(void *settings)
{
    *(stage_options *)settings =
        (stage_options){ .data = dc_data_defaults(), .resume = dc_resume_defaults() };
}

#define STAGE_COMMAND(stage_name, text, words, line)                                               \
    {                                                                                              \
        .name = stage_name, .summary = text, .usage = words, .min_args = 1, .max_args = 1,         \
        .computes_layers = true, .example = line,                                                  \
        .settings_bytes = sizeof(stage_options), .set_defaults = set_defaults,                     \
        .stage = stage_name,                                                                       \
        .parts = { { "data", dc_data_fields, offsetof(stage_options, data) },                      \
                   { NULL, dc_holdout_fields, offsetof(stage_options, data) },                     \
                   { NULL, dc_teacher_fields, offsetof(stage_options, data) },                     \
                   { "output", cli_output_fields, offsetof(stage_options, output) },               \
                   { NULL, dc_resume_fields, offsetof(stage_options, resume) } },                  \
        .run = run_stage,                                                                          \
    }

const cli_command cli_train =
    STAGE_COMMAND("train", "train an architecture from scratch",
                  "ARCH.json --data SPEC -o MODEL [options]",
                  "dcomp train lenet-5.json --data idx:mnist -o lenet.bin --epochs 20 --shift 2");
const cli_command cli_prune =
    STAGE_COMMAND("prune", "set the smallest weights to zero",
                  "MODEL -o OUT --density RULES [options]",
                  "dcomp prune lenet.bin -o pruned.bin --density conv*=0.5,fc1=0.08,0.2");
const cli_command cli_gradual = STAGE_COMMAND(
    "gradual", "prune and retrain in turns", "MODEL --data SPEC -o OUT --density RULES [options]",
    "dcomp gradual lenet.bin --data idx:mnist -o pruned.bin --density conv*=0.5,0.08");
const cli_command cli_retrain =
    STAGE_COMMAND("retrain", "train what survives", "MODEL --data SPEC -o OUT [options]",
                  "dcomp retrain shared.bin --data idx:mnist -o small.bin --epochs 5 --lr 0.0005");
const cli_command cli_rate =
    STAGE_COMMAND("rate", "train by the price of bits, down to so many bytes",
                  "MODEL --data SPEC -o OUT --bytes N [options]",
                  "dcomp rate lenet.bin --data idx:mnist -o small.bin --bytes 2400 --teacher self");
const cli_command cli_quantize =
    STAGE_COMMAND("quantize", "few values: shared by k-means, or on grids",
                  "MODEL -o OUT --bits RULES [options]",
                  "dcomp quantize pruned.bin -o shared.bin --bits conv*=8,fc*=5");
