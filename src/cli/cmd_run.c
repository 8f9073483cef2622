/* SPDX-License-Identifier: MIT
 *
 * run: what a model says of files. One document: of a few files a table each, of many a line each;
 * programs get all of it.
 */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define N_BEST 5u
#define MOST_TABLES 8u /* answers with a table each, if --top is not given */
#define MOST_SHOWN 40u /* outputs of an answer that people see             */

typedef struct run_options {
    cli_common common;
    dc_data_settings data; /* of the files and is_strict alone */
    uint32_t n_best;
    bool wants_numbers;
    bool is_explained;
    uint32_t resize; /* dc_resize; DC_NONE: as the model says */
    uint32_t engine;
    uint32_t n_generated;
    double temperature;
    uint64_t seed;
} run_options;

static const dc_field run_fields[] = {
    { .name = "top", .kind = DC_FIELD_U32, .offset = offsetof(run_options, n_best),
      .unit = "classes", .min = 1, .max = 100000,
      .help = "how many of the most probable ones; of more than 8 samples people see one if this "
              "is not given" },
    { .name = "numbers", .kind = DC_FIELD_BOOL, .offset = offsetof(run_options, wants_numbers),
      .help = "print the outputs themselves, not classes" },
    { .name = "engine", .kind = DC_FIELD_CHOICE, .offset = offsetof(run_options, engine),
      .choices = dc_engine_words, .help = "what runs it, as in 'dcomp eval'" },
    { .name = "explain", .kind = DC_FIELD_BOOL, .offset = offsetof(run_options, is_explained),
      .help = "print what the engine does with each layer, and why, as in 'dcomp eval'" },
    { .name = "resize", .kind = DC_FIELD_CHOICE, .offset = offsetof(run_options, resize),
      .choices = "none|warp|short_side",
      .help = "how pictures become the input's size, if not as the model says" },
    { .name = "strict", .kind = DC_FIELD_BOOL, .offset = offsetof(run_options, data.is_strict),
      .help = "a file in a folder that cannot be read is an error, not left out" },
    { 0 },
};

static const dc_field text_fields[] = {
    { .name = "generate", .kind = DC_FIELD_U32, .offset = offsetof(run_options, n_generated),
      .unit = "symbols", .max = 1000000, .help = "let the text go on for so many" },
    { .name = "temperature", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(run_options, temperature), .max = 1000,
      .help = "below 1 the more probable ones are drawn more often; 0: always the most probable" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = offsetof(run_options, seed),
      .help = "of drawing them" },
    { 0 },
};

/* ---- what is shown --------------------------------------------------------------------------- */

/* A class of an answer, or an output. */
typedef struct answer_row {
    const char *file;
    uint64_t sample; /* of those in the file   */
    uint32_t rank;   /* from 1                 */
    uint32_t number; /* of the class or output */
    const char *name;
    double value;    /* its probability        */
    const char *label, *number_text; /* for people: the file, and which sample of it; the class */
} answer_row;

#define ROW(key, member, type)                                                                \
    { .name = key, .kind = type, .offset = offsetof(answer_row, member)
#define PERCENT .scale = 100, .n_decimals = 2

static const dc_field class_fields[] = { /* of one file */
    ROW("probability", value, DC_FIELD_NUMBER), .title = "%", PERCENT },
    ROW("class", number, DC_FIELD_U32), .title = "class" },
    ROW("name", name, DC_FIELD_TEXT), .title = "name", .may_be_absent = true },
    { 0 },
};

static const dc_field line_fields[] = { /* of many */
    ROW("", label, DC_FIELD_TEXT), .title = "file" },
    ROW("", value, DC_FIELD_NUMBER), .title = "%", PERCENT },
    ROW("", number_text, DC_FIELD_TEXT), .title = ">class" },
    ROW("", name, DC_FIELD_TEXT), .title = "name", .may_be_absent = true },
    { 0 },
};

static const dc_field column_fields[] = {
    ROW("file", file, DC_FIELD_TEXT) },
    ROW("sample", sample, DC_FIELD_U64) },
    ROW("rank", rank, DC_FIELD_U32) },
    ROW("class", number, DC_FIELD_U32) },
    ROW("name", name, DC_FIELD_TEXT), .may_be_absent = true },
    ROW("probability", value, DC_FIELD_NUMBER) },
    { 0 },
};

static const dc_field number_fields[] = {
    ROW("file", file, DC_FIELD_TEXT) },
    ROW("sample", sample, DC_FIELD_U64) },
    ROW("output", number, DC_FIELD_U32) },
    ROW("name", name, DC_FIELD_TEXT), .may_be_absent = true },
    ROW("value", value, DC_FIELD_NUMBER) },
    { 0 },
};

typedef struct shown {
    cli_call *call;
    dc_document *d;
    const dc_model *model;
    const dc_source *source;
    dc_json *answers;
    dc_engine_choices choices;
    bool is_compact; /* people see a line an answer */
    answer_row *rows; /* of all answers, the first of each where it is compact; grows */
    uint64_t n_rows, capacity;
} shown;

static dc_status put_row(shown *s, const answer_row *row)
{
    if (s->n_rows == s->capacity) {
        s->capacity = s->capacity > 0 ? 2 * s->capacity : 64;
        answer_row *grown = dc_grow(s->rows, s->capacity, sizeof *grown);
        if (grown == NULL)
            return DC_ENOMEM;
        s->rows = grown;
    }
    s->rows[s->n_rows++] = *row;
    return DC_OK;
}

/* Names are those of classes, or of a step's. */
static const char *name_of(const shown *s, uint32_t number)
{
    return number < s->model->n_class_names ? s->model->class_names[number] : NULL;
}

static answer_row row_of(const shown *s, const dc_answer *a, const char *label, uint32_t i)
{
    uint64_t n_of_file;
    const uint32_t number = a->n_best > 0 ? a->classes[i] : i;
    return (answer_row){
        .file = dc_data_file(s->source, a->index),
        .sample = dc_data_place(&n_of_file, s->source, a->index),
        .rank = i + 1,
        .number = number,
        .name = name_of(s, number),
        .value = a->n_best > 0 ? a->probabilities[i] : (double)a->y[i],
        .label = label,
    };
}

/* "photo.png", "x.npy[3]"; one line, whatever the name is. */
static const char *label_of(const shown *s, const dc_answer *a)
{
    uint64_t n_of_file;
    dc_arena *arena = &s->call->arena;
    const uint64_t place = dc_data_place(&n_of_file, s->source, a->index);
    const char *file = dc_data_file(s->source, a->index);
    const size_t size = 6 * strlen(file) + 1;
    char *label = dc_arena_take(arena, size, 1);
    if (label == NULL)
        return "";
    dc_text_show(label, size, file, false);
    return n_of_file == 1
               ? label
               : dc_arena_print(arena, "%s[%llu]", label, (unsigned long long)place);
}

/* ---- one answer ------------------------------------------------------------------------------ */

static void add_json(const shown *s, const dc_answer *a)
{
    const answer_row first = row_of(s, a, NULL, 0);
    dc_json *at = dc_json_add_object(s->answers, NULL);
    dc_json_add_text(at, "file", first.file);
    dc_json_add_u64(at, "sample", first.sample);
    dc_json *list = dc_json_add_array(at, a->is_class ? "classes" : "outputs");
    for (uint32_t i = 0; i < a->n_best; i++) {
        const answer_row row = row_of(s, a, NULL, i);
        dc_record_write(dc_json_add_object(list, NULL), &row, class_fields);
    }
    for (uint64_t i = 0; !a->is_class && i < a->n; i++)
        dc_json_add_number(list, NULL, (double)a->y[i]);
    if (a->generated != NULL)
        dc_json_add_text(at, "generated", a->generated);
}

static dc_status add_columns(shown *s, const dc_answer *a)
{
    for (uint32_t i = 0; i < (a->is_class ? a->n_best : a->n); i++) {
        const answer_row row = row_of(s, a, NULL, i);
        DC_TRY(put_row(s, &row));
    }
    return DC_OK;
}

/* Classes under the file's name. */
static dc_status add_table(const shown *s, const dc_answer *a, const char *label)
{
    dc_arena *arena = &s->call->arena;
    answer_row *rows = dc_arena_take(arena, a->n_best, sizeof *rows);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < a->n_best; i++)
        rows[i] = row_of(s, a, label, i);
    dc_document_text(s->d, "%s%s\n", s->d->last != NULL ? "\n" : "", label);
    dc_document_add(s->d, &(dc_section){ .forms = DC_FOR_PEOPLE, .fields = class_fields,
                                         .rows = rows, .row_bytes = sizeof *rows,
                                         .n_rows = a->n_best });
    if (!a->is_finite)
        dc_document_text(s->d, "not finite\n");
    if (a->generated != NULL)
        dc_document_text(s->d, "\n%s\n", a->generated);
    return DC_OK;
}

/* "photo.png  0.25 -1.5 3" */
static void add_numbers(const shown *s, const dc_answer *a, const char *label)
{
    dc_document_text(s->d, "%s ", label);
    for (uint64_t i = 0; i < DC_MIN(a->n, (uint64_t)MOST_SHOWN); i++)
        dc_document_text(s->d, " %.6g", (double)a->y[i]);
    if (a->n > MOST_SHOWN)
        dc_document_text(s->d, " and %llu more", (unsigned long long)(a->n - MOST_SHOWN));
    dc_document_text(s->d, "\n");
}

static dc_status add_line(shown *s, const dc_answer *a, const char *label)
{
    answer_row row = { .label = label, .value = (double)NAN, .name = "not finite" };
    if (a->n_best > 0) {
        row = row_of(s, a, label, 0);
        row.number_text = dc_arena_print(&s->call->arena, "%u", row.number);
    }
    return put_row(s, &row);
}

static dc_status take(void *payload, const dc_answer *a)
{
    shown *s = payload;
    const uint32_t form = dc_renderer_at(s->call->common->format)->form;
    if (form == DC_FOR_JSON)
        add_json(s, a);
    if (form == DC_FOR_CSV)
        return add_columns(s, a);
    if (form != DC_FOR_PEOPLE)
        return s->call->arena.status;
    const char *label = label_of(s, a);
    DC_TRY(s->call->arena.status);
    if (a->is_class)
        return s->is_compact ? add_line(s, a, label) : add_table(s, a, label);
    add_numbers(s, a, label);
    return s->call->arena.status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void add_result(shown *s, const dc_infer_result *r)
{
    char rate[CLI_TEXT_BYTES];
    const cli_call *call = s->call;
    dc_document_add(s->d, &(dc_section){ .forms = DC_FOR_JSON, .fields = dc_infer_result_fields,
                                         .rows = r, .is_record = true });
    dc_input_to_json(dc_json_add_object(s->d->at, "input"), &s->model->input);
    dc_section table = { .title = "answers", .rows = s->rows, .row_bytes = sizeof *s->rows,
                         .n_rows = (uint32_t)s->n_rows };
    table.forms = cli_is_for_people(call) ? DC_FOR_PEOPLE : DC_FOR_CSV;
    table.fields = cli_is_for_people(call) ? line_fields
                   : r->is_classifier      ? column_fields
                                           : number_fields;
    if (s->n_rows > 0 || table.forms == DC_FOR_CSV)
        dc_document_add(s->d, &table);
    if (s->choices.layers != NULL) {
        dc_document_text(s->d, "\n");
        cli_add_choices(s->d, &s->choices);
    }
    if (!call->common->is_verbose)
        return;
    dc_document_text(s->d, "\ninput: %s\n", dc_input_text(&s->model->input, s->d->arena));
    dc_document_text(s->d, "%llu sample%s in %.2f s (%s, %s)\n", (unsigned long long)r->n_samples,
                     dc_plural(r->n_samples), r->seconds,
                     cli_rate_text(rate, r->images_per_second), r->engine);
}

static dc_status run_and_show(shown *s)
{
    const run_options *o = s->call->settings;
    const bool is_short = o->n_best == 1 || (s->source->n_samples > MOST_TABLES &&
                                             !cli_is_given(s->call, "top"));
    const dc_infer_settings settings = {
        .engine = dc_engine_at(o->engine), .n_best = o->n_best, .wants_numbers = o->wants_numbers,
        .n_generated = o->n_generated, .temperature = o->temperature, .seed = o->seed,
        .take = take, .payload = s, .choices = o->is_explained ? &s->choices : NULL,
    };
    dc_infer_result result;
    s->is_compact = is_short && o->n_generated == 0;
    s->d = cli_document(s->call, "run");
    s->answers = dc_json_add_array(s->d->at, "answers");
    DC_TRY(dc_infer(&result, s->model, s->source, &settings));
    if (s->n_rows > UINT32_MAX)
        return dc_fail(DC_ELIMIT, "%llu lines are too many", (unsigned long long)s->n_rows);
    add_result(s, &result);
    return cli_show(s->call);
}

static dc_status run_on(cli_call *call, const dc_model *model)
{
    run_options *o = call->settings;
    dc_source *source;
    o->data.files = (const char *const *)call->args + 1;
    o->data.n_files = call->n_args - 1;
    DC_TRY(dc_data_settings_open(&source, &o->data, DC_SPLIT_TEST, model));
    shown s = { .call = call, .model = model, .source = source,
                .choices = { .arena = &call->arena } };
    const dc_status status = run_and_show(&s);
    dc_release(s.rows);
    dc_source_close(source);
    return status;
}

/* Options that do nothing beside the others. */
static void note_idle(const cli_call *call)
{
    static const char *const of_texts[] = { "temperature", "seed" };
    const run_options *o = call->settings;
    for (size_t i = 0; i < DC_COUNT_OF(of_texts) && o->n_generated == 0; i++)
        if (cli_is_given(call, of_texts[i]))
            cli_note(call, "dcomp: note: without --generate, --%s does nothing", of_texts[i]);
    if (o->wants_numbers && cli_is_given(call, "top"))
        cli_note(call, "dcomp: note: with --numbers, --top does nothing");
}

static dc_status run(cli_call *call)
{
    const run_options *o = call->settings;
    dc_model *model;
    DC_TRY(cli_check_engine(call, o->engine));
    DC_TRY(cli_check_explain(call, o->is_explained, o->engine));
    note_idle(call);
    for (uint32_t i = 0; i < call->n_args; i++)
        if (strcmp(call->args[i], "-") == 0 && isatty(STDIN_FILENO))
            return dc_fail(DC_EINPUT, "'-' is standard input, which is a terminal: nothing comes "
                                      "from there");
    DC_TRY(cli_read_model_for(&model, call, call->args[0], o->engine));
    if (o->resize != DC_NONE)
        model->input.resize = (dc_resize)o->resize;
    const dc_status status = run_on(call, model);
    dc_model_free(model);
    return status;
}

static void set_defaults(void *settings)
{
    uint32_t engine = 0;
    while (dc_engine_at(engine) != dc_engine_named("auto"))
        engine++;
    *(run_options *)settings = (run_options){
        .data = dc_data_defaults(), .engine = engine, .n_best = N_BEST, .resize = DC_NONE,
        .temperature = 1, .seed = 1 };
}

const cli_command cli_run = {
    .name = "run",
    .summary = "what a model file says of pictures, sounds, texts",
    .usage = "MODEL INPUT... [options]",
    .details = "INPUT is a file (a picture, a sound, a text or an array of numbers, whatever the "
               "model takes),\n"
               "a folder of such files, or '-': standard input.",
    .example = "dcomp run squeezenet.dcm photo.jpg holiday/",
    .min_args = 2,
    .max_args = UINT32_MAX,
    .computes_layers = true,
    .settings_bytes = sizeof(run_options),
    .set_defaults = set_defaults,
    .parts = { { "answers", run_fields, 0 },
               { "texts", text_fields, 0 } },
    .run = run,
};
