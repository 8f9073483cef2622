/* SPDX-License-Identifier: MIT
 *
 * The three parts of a run's data. The validation part is drawn from the training split by a seeded
 * permutation; what is left is trained on; the test split stays untouched until the end. Samples
 * without labels get those of a teacher, when there is one, before they are shared out.
 */
#include "run_internal.h"

#include <math.h>

const dc_field dc_data_fields[] = {
    { .name = "data", .kind = DC_FIELD_SPEC, .offset = offsetof(dc_data_settings, data),
      .help = "samples: idx:DIR, folder:DIR, images:DIR, digits[:N], npy:X.npy[,Y.npy[,L.npy]], "
              "npz:FILE, speech:DIR, text:FILE[,TEST], words:FILE[,TEST]" },
    { .name = "limit", .kind = DC_FIELD_U64, .offset = offsetof(dc_data_settings, limit),
      .unit = "samples", .min = 1, .max = INFINITY, .help = "use the first so many, not all" },
    { .name = "strict", .kind = DC_FIELD_BOOL, .offset = offsetof(dc_data_settings, is_strict),
      .help = "a file of samples that cannot be read is an error, not left out" },
    { .name = "dump_input", .kind = DC_FIELD_OUTPUT,
      .offset = offsetof(dc_data_settings, dump_input), .choices = "png",
      .help = "first write this PNG of samples as the model sees them" },
    { .name = "dump_input_n", .kind = DC_FIELD_U32, .offset = offsetof(dc_data_settings, n_dump),
      .unit = "samples", .min = 1, .max = 4096, .help = "how many of them" },
    { .name = "data_seed", .kind = DC_FIELD_U64, .offset = offsetof(dc_data_settings, data_seed),
      .help = "of drawn digits and of the hold-out's choice" },
    { 0 },
};

const dc_field dc_holdout_fields[] = {
    { .name = "holdout", .kind = DC_FIELD_U64, .offset = offsetof(dc_data_settings, n_holdout),
      .unit = "samples", .min = 1, .max = INFINITY,
      .help = "validation samples kept out of training, if not a twelfth" },
    { .name = "test", .kind = DC_FIELD_U64, .offset = offsetof(dc_data_settings, n_test),
      .unit = "samples", .min = 1, .max = INFINITY,
      .help = "test samples, where the data have no test split, if not a twelfth" },
    { 0 },
};

const dc_field dc_teacher_fields[] = {
    { .name = "teacher", .kind = DC_FIELD_INPUT, .offset = offsetof(dc_data_settings, teacher),
      .choices = "self", .is_list = true,
      .help = "learn from the outputs of 'self', the model as it comes in, or of a model file, or "
              "of several (A,B): their mean" },
    { 0 },
};

#define ASK_BATCH 64u
#define HOLDOUT_SHARE 12 /* one in so many */

dc_data_settings dc_data_defaults(void)
{
    return (dc_data_settings){ .split = DC_SPLIT_TEST, .data_seed = 1, .n_dump = 16 };
}

const char *dc_data_text(const dc_data_settings *settings, dc_arena *arena)
{
    return dc_arena_print(
        arena, "%s %llu %llu %llu %llu %s", settings->data, (unsigned long long)settings->limit,
        (unsigned long long)settings->n_holdout, (unsigned long long)settings->n_test,
        (unsigned long long)settings->data_seed, settings->teacher ? settings->teacher : "");
}

dc_status dc_data_settings_open(dc_source **out, const dc_data_settings *settings, dc_split split,
                                const dc_model *model)
{
    const uint32_t n_classes = dc_model_n_classes(model);
    const dc_data_request request = {
        .spec = settings->data,
        .files = settings->files,
        .n_files = settings->n_files,
        .split = split,
        .input = &model->input,
        .limit = settings->limit,
        .seed = settings->data_seed,
        .n_classes = n_classes > 1 ? n_classes : 0, /* of one there is none to tell apart */
        .n_symbols = dc_model_n_symbols(model),
        .n_class_names = model->n_class_names,
        .class_names = model->class_names,
        .is_strict = settings->is_strict,
    };
    return dc_data_request_open(out, &request);
}

dc_status dc_data_test_part(dc_source **out, const dc_source *whole,
                            const dc_data_settings *settings)
{
    const uint64_t n = whole->n_samples, n_test = settings->n_test;
    if (dc_data_has_split(settings->data))
        return dc_fail(DC_EINPUT, "'test' is for data without a test split");
    if (n_test > n)
        return dc_fail(DC_EINPUT, "'test' of %llu samples: there %s %llu",
                       (unsigned long long)n_test, n == 1 ? "is" : "are", (unsigned long long)n);
    return dc_source_part(out, whole, n - n_test, n_test,
                          whole->is_stream ? 0 : settings->data_seed + 1);
}

dc_status dc_data_dump(const dc_data_settings *settings, const dc_source *source,
                       const dc_model *model)
{
    if (settings->dump_input == NULL)
        return DC_OK;
    return dc_data_sheet_write(settings->dump_input, source, &model->input, settings->n_dump,
                               settings->may_replace);
}

static dc_status own(dc_datasets *sets, dc_source *source)
{
    for (size_t i = 0; i < DC_COUNT_OF(sets->owned); i++)
        if (sets->owned[i] == NULL) {
            sets->owned[i] = source;
            return DC_OK;
        }
    dc_source_close(source);
    return dc_fail(DC_ELIMIT, "too many parts of a data set");
}

static dc_status part(dc_source **out, dc_datasets *sets, const dc_source *whole, uint64_t first,
                      uint64_t n, uint64_t seed)
{
    DC_TRY(dc_source_part(out, whole, first, n, seed));
    return own(sets, *out);
}

/* How many samples the validation part and, without a split of its own, the test part take. */
static dc_status share_out(uint64_t *n_held, uint64_t *n_test, uint64_t n,
                           const dc_data_settings *settings, bool has_split)
{
    const uint64_t share = n / HOLDOUT_SHARE;
    *n_held = settings->n_holdout > 0 ? settings->n_holdout : share;
    *n_test = has_split ? 0 : settings->n_test > 0 ? settings->n_test : share;
    if (has_split && settings->n_test > 0)
        return dc_fail(DC_EINPUT, "'test' is for data without a test split");
    if (*n_held == 0 || (!has_split && *n_test == 0))
        return dc_fail(DC_EINPUT,
                       "%llu sample%s too few: a twelfth of them is held out (%s how many)",
                       (unsigned long long)n, n == 1 ? " is" : "s are",
                       has_split ? "--holdout says" : "--holdout and --test say");
    if (*n_test >= n)
        return dc_fail(DC_EINPUT, "'test' of %llu leaves nothing to train on: there %s %llu "
                                  "sample%s",
                       (unsigned long long)*n_test, n == 1 ? "is" : "are", (unsigned long long)n,
                       dc_plural(n));
    if (*n_held >= n || *n_held + *n_test >= n)
        return dc_fail(DC_EINPUT,
                       "'holdout' of %llu leaves nothing to train on: there %s %llu "
                       "sample%s%s",
                       (unsigned long long)*n_held, n == 1 ? "is" : "are", (unsigned long long)n,
                       dc_plural(n),
                       *n_test > 0 ? ", some of them for the test" : "");
    return DC_OK;
}

/* A split of the data, with the teacher's labels where it has none of its own. */
static dc_status open_split(dc_source **out, dc_datasets *sets, const dc_data_settings *settings,
                            dc_split split, const dc_model *model, const dc_model *teacher)
{
    DC_TRY(dc_data_settings_open(out, settings, split, model));
    DC_TRY(own(sets, *out));
    if ((*out)->is_labelled || teacher == NULL)
        return DC_OK;
    sets->is_taught = true;
    DC_TRY(dc_source_taught(out, *out, teacher, ASK_BATCH));
    return own(sets, *out);
}

static dc_status open_parts(dc_datasets *sets, const dc_data_settings *settings,
                            const dc_model *model, const dc_model *teacher)
{
    dc_source *whole;
    DC_TRY(open_split(&whole, sets, settings, DC_SPLIT_TRAIN, model, teacher));
    const uint64_t seed = whole->is_stream ? 0 : settings->data_seed + 1; /* 0: in their order */
    const uint64_t n = whole->n_samples;
    const bool has_split = dc_data_has_split(settings->data);
    uint64_t n_held, n_test;
    DC_TRY(share_out(&n_held, &n_test, n, settings, has_split));
    DC_TRY(part(&sets->train, sets, whole, 0, n - n_held - n_test, seed));
    DC_TRY(part(&sets->validation, sets, whole, n - n_held - n_test, n_held, seed));
    if (!has_split)
        return part(&sets->test, sets, whole, n - n_test, n_test, seed);
    return open_split(&sets->test, sets, settings, DC_SPLIT_TEST, model, teacher);
}

dc_status dc_datasets_open(dc_datasets *out, const dc_data_settings *settings,
                           const dc_model *model, const dc_model *teacher)
{
    *out = (dc_datasets){ 0 };
    if (settings->data == NULL)
        return dc_fail(DC_EINPUT, "data are needed (--data %s)", dc_data_kinds());
    dc_status status = open_parts(out, settings, model, teacher);
    if (status == DC_OK)
        status = dc_data_dump(settings, out->train, model);
    if (status < 0)
        dc_datasets_close(out);
    return status;
}

void dc_datasets_close(dc_datasets *sets)
{
    for (size_t i = DC_COUNT_OF(sets->owned); i > 0; i--)
        dc_source_close(sets->owned[i - 1]);
    *sets = (dc_datasets){ 0 };
}

dc_status run_data_name_classes(dc_model *model, const dc_datasets *sets)
{
    const dc_source *source = sets->train;
    const uint32_t n_outputs = dc_model_n_outputs(model) / dc_source_steps(source);
    if (model->n_class_names > 0 || source->class_names == NULL || source->n_classes > n_outputs)
        return DC_OK;
    const char **names = dc_arena_take(&model->arena, n_outputs, sizeof *names);
    DC_TRY(model->arena.status);
    for (uint32_t i = 0; i < n_outputs; i++) {
        const char *name = i < source->n_classes ? source->class_names[i] : "";
        DC_TRY(dc_class_name_check(name, i));
        names[i] = dc_arena_text(&model->arena, name);
    }
    DC_TRY(model->arena.status);
    model->class_names = names;
    model->n_class_names = n_outputs;
    return DC_OK;
}
