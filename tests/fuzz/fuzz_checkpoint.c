/* SPDX-License-Identifier: MIT
 *
 * What an interrupted run left: options, the head of an epoch's file, and as parts the model, the
 * best model, the trainer's state and run.json. Of these a file is made whose lengths, key and
 * checksums are right unless an option says otherwise, and the run is resumed. It goes on and
 * leaves a model of the same graph with weights that are numbers, or is refused.
 *
 * One small net by three recipes, whose real checkpoints are taken at the start: a run that resumes
 * from those must end as the one that was never interrupted.
 */
#include "fuzz_same.h"

#include <math.h>

#include "dcomp/pipeline.h"

#define N_RECIPES 3u
#define HEAD_BYTES 37u  /* phase, epoch, epochs since the best one; a flag; three numbers   */
#define START_BYTES 12u /* magic and key: of an epoch's file, and of the trainer's state    */

enum { /* bits of the first option */
    RECIPE = 3,
    HAS_OTHER_KEY = 4,
    HAS_OTHER_SUM = 8,
    HAS_TRAINER_START = 16, /* it is the part's own        */
    IS_CUT = 32,
    HAS_STAGE = 64,         /* the model part is what the step before left, too */
    HAS_FILES_AS_THEY_ARE = 128
};

static const fuzz_layout layout = {
    .n_options = 1 + HEAD_BYTES,
    .n_parts = 4,
    .mutators = { fuzz_mutate_container, fuzz_mutate_container, NULL, NULL },
};

static const char architecture[] = "{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
                                   "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3},"
                                   "{\"name\":\"r\",\"op\":\"relu\"},"
                                   "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":2}]}";
static const char *const recipes[N_RECIPES] = {
    "{\"stages\":[{\"stage\":\"train\",\"epochs\":2,\"batch\":4}]}",
    "{\"stages\":[{\"stage\":\"prune\",\"density\":0.5},{\"stage\":\"retrain\",\"epochs\":2,"
    "\"batch\":4,\"optimizer\":\"adam\",\"patience\":3}]}",
    "{\"stages\":[{\"stage\":\"quantize\",\"bits\":2},{\"stage\":\"retrain\",\"epochs\":2,"
    "\"batch\":4,\"assign\":0.5,\"last\":true}]}",
};

/* What an uninterrupted run left on its way. */
typedef struct kept {
    char epoch_path[256], stage_path[256]; /* stage_path: "" when the recipe has one step */
    fuzz_part epoch, stage;                /* after the first epoch */
    uint8_t trainer_start[START_BYTES];
    dc_model *end;
} kept;
static kept all[N_RECIPES];

/* ---- a run ---- */

static dc_status read_samples(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint64_t epoch, float *x, int32_t *labels)
{
    (void)source;
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < 4; c++)
            x[4 * i + c] = (float)((indices[i] * (c + 3)) % 7) / 4 - 1;
        if (labels != NULL)
            labels[i] = (int32_t)(indices[i] % 2);
    }
    return DC_OK;
}

static void keep_open(dc_source *source)
{
    (void)source;
}

static const dc_source samples = { .n_samples = 8, .shape = { 1, { 4 } }, .n_classes = 2,
                                   .is_labelled = true, .text = "samples",
                                   .read = read_samples, .close = keep_open };

static dc_json *json_of(const char *text)
{
    dc_json *json = NULL;
    FUZZ_CHECK(dc_json_parse(&json, text, strlen(text), "text") == DC_OK);
    return json;
}

static dc_model *network(void)
{
    dc_model *model = NULL;
    dc_json *json = json_of(architecture);
    FUZZ_CHECK(dc_model_from_arch(&model, json, "net") == DC_OK);
    dc_json_free(json);
    dc_model_init(model, DC_INIT_XAVIER, 1);
    return model;
}

static const char *work_folder(dc_arena *arena)
{
    return dc_arena_print(arena, "%s/work", fuzz_folder());
}

/* Gives the model that recipe `index` ends with, or NULL; owned. */
static dc_model *run_recipe(uint32_t index, bool is_resumed,
                            void (*on_news)(void *payload, bool is_detail, const char *text))
{
    dc_arena arena = { 0 };
    dc_recipe recipe;
    dc_source source = samples;
    const dc_datasets data = { .train = &source, .validation = &source };
    dc_json *json = json_of(recipes[index]);
    dc_model *model = network(), *end = NULL;
    const dc_data_settings described = dc_data_defaults();
    const dc_run_settings settings = { .work_folder = work_folder(&arena), .data = &described,
                                       .recipe = &recipe, .is_resumed = is_resumed,
                                       .may_restart = true, .on_news = on_news,
                                       .checkpoint_seconds = on_news != NULL ? 0 : 1e9 };
    dc_run *run = NULL;
    FUZZ_CHECK(dc_recipe_parse(&recipe, json, "recipe", &arena) == DC_OK);
    dc_json_free(json);
    dc_status status = dc_run_open(&run, &model, &settings, &arena);
    if (status == DC_OK)
        status = dc_run_set_data(run, &data);
    if (status == DC_OK)
        status = dc_run_recipe(run, &recipe);
    FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    if (status == DC_OK)
        FUZZ_CHECK(dc_model_copy(&end, dc_run_model(run)) == DC_OK);
    dc_run_close(run);
    dc_model_free(model);
    dc_arena_clear(&arena);
    return end;
}

/* ---- what it leaves ---- */

static kept *now;

static fuzz_part keep_file(const char *path)
{
    dc_file_view view;
    FUZZ_CHECK(dc_file_open(&view, path, 0) == DC_OK);
    uint8_t *copy = malloc((size_t)view.size);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, view.data, (size_t)view.size);
    const fuzz_part bytes = { copy, (size_t)view.size };
    dc_file_close(&view);
    return bytes;
}

/* After the first epoch its file is there, and that of the step before. */
static void keep_files(void *payload, bool is_detail, const char *text)
{
    dc_arena arena = { 0 };
    const char **names, *folder;
    uint32_t n_names;
    (void)payload;
    (void)is_detail;
    if (strncmp(text, "epoch 1/", 8) != 0)
        return;
    folder = work_folder(&arena);
    FUZZ_CHECK(folder != NULL);
    snprintf(now->epoch_path, sizeof now->epoch_path, "%s/epoch.ckpt", folder);
    now->epoch = keep_file(now->epoch_path);
    FUZZ_CHECK(dc_folder_list(&names, &n_names, folder, false, &arena) == DC_OK);
    for (uint32_t i = 0; i < n_names; i++) {
        if (strncmp(names[i], "01-", 3) != 0)
            continue;
        snprintf(now->stage_path, sizeof now->stage_path, "%s/%s", folder, names[i]);
        now->stage = keep_file(now->stage_path);
    }
    dc_arena_clear(&arena);
}

/* The three parts of an epoch's file. */
static void find_parts(fuzz_part parts[3], const kept *k)
{
    dc_reader r = dc_reader_over(k->epoch.data, k->epoch.n, "kept");
    (void)dc_get_bytes(&r, START_BYTES + HEAD_BYTES);
    for (uint32_t i = 0; i < 3; i++) {
        const uint64_t n = dc_get_u64(&r);
        parts[i] = (fuzz_part){ dc_get_bytes(&r, n), (size_t)n };
    }
    FUZZ_CHECK(r.status == DC_OK && dc_reader_left(&r) == 4);
}

/* An epoch's file of these parts, as the option byte says. */
static void write_epoch(const kept *k, uint8_t option, const uint8_t *head,
                        const fuzz_part parts[3])
{
    dc_writer w;
    dc_writer_init(&w, 1u << 24);
    dc_put_bytes(&w, k->epoch.data, START_BYTES);
    w.data[4] ^= option & HAS_OTHER_KEY ? 1 : 0;
    dc_put_bytes(&w, head, HEAD_BYTES);
    for (uint32_t i = 0; i < 3; i++) {
        dc_put_u64(&w, parts[i].n);
        const uint64_t at = w.size;
        dc_put_bytes(&w, parts[i].data, parts[i].n);
        if (i < 2 && !(option & HAS_FILES_AS_THEY_ARE))
            fuzz_container_repair(w.data + at, parts[i].n);
        if (i == 2 && !(option & HAS_TRAINER_START) && parts[i].n >= START_BYTES)
            memcpy(w.data + at, k->trainer_start, START_BYTES);
    }
    if ((option & IS_CUT) && w.size > 0)
        w.size -= 1 + head[0] % w.size;
    dc_put_u32(&w, dc_crc32(option & HAS_OTHER_SUM ? 1 : 0, w.data, w.size));
    FUZZ_CHECK(dc_file_write(k->epoch_path, w.data, w.size, true) == DC_OK);
    dc_writer_clear(&w);
}

/* What the step before left, if there was one: `model`, or NULL for what it was. */
static void write_stage(const kept *k, const fuzz_part *model)
{
    const fuzz_part *bytes = model != NULL ? model : &k->stage;
    uint8_t *copy = malloc(bytes->n + 1);
    FUZZ_CHECK(copy != NULL);
    if (bytes->n > 0)
        memcpy(copy, bytes->data, bytes->n);
    fuzz_container_repair(copy, bytes->n);
    if (k->stage_path[0] != '\0')
        FUZZ_CHECK(dc_file_write(k->stage_path, copy, bytes->n, true) == DC_OK);
    free(copy);
}

static void make_folder(void)
{
    dc_arena arena = { 0 };
    const char *path = work_folder(&arena);
    FUZZ_CHECK(dc_folder_make(path) == DC_OK);
    fuzz_folder_empty(path);
    dc_arena_clear(&arena);
}

static void keep_all(void)
{
    FUZZ_CHECK(dc_backend_limit("ref") == DC_OK);
    dc_pool_set_jobs(1);
    for (uint32_t i = 0; i < N_RECIPES; i++) {
        fuzz_part parts[3];
        now = &all[i];
        now->end = run_recipe(i, false, keep_files);
        FUZZ_CHECK(now->end != NULL && now->epoch.n > 0);
        find_parts(parts, now);
        memcpy(now->trainer_start, parts[2].data, START_BYTES);
        make_folder();
        write_stage(now, NULL);
        write_epoch(now, 0, now->epoch.data + START_BYTES, parts);
        dc_model *resumed = run_recipe(i, true, NULL);
        FUZZ_CHECK(resumed != NULL);
        fuzz_check_same(now->end, resumed, 0);
        dc_model_free(resumed);
    }
}

/* ---- an input ---- */

static void check_end(const dc_model *model, const dc_model *wanted)
{
    FUZZ_CHECK(model->n_nodes == wanted->n_nodes && model->n_params == wanted->n_params);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        FUZZ_CHECK(param->n_values == wanted->params[i].n_values);
        for (uint64_t j = 0; j < param->n_values; j++)
            FUZZ_CHECK(isfinite(param->values[j]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    if (all[0].end == NULL)
        keep_all();
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    const uint32_t index = (data[0] & RECIPE) % N_RECIPES;
    const kept *k = &all[index];
    make_folder();
    write_stage(k, data[0] & HAS_STAGE ? &parts[0] : NULL);
    write_epoch(k, data[0], data + 1, parts);
    if (parts[3].n > 0)
        fuzz_file("work/run.json", parts[3].data, parts[3].n);
    dc_model *model = run_recipe(index, true, NULL);
    if (model != NULL)
        check_end(model, k->end);
    dc_model_free(model);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
