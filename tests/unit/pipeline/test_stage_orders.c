/* SPDX-License-Identifier: MIT
 *
 * Stages in every order. A network of all kinds of parameters is taken through orders of stages and
 * of ways through a file; whatever comes out must be sound to verify, keep what its marks promise,
 * and be taken by every stage.
 */
#include "test.h"

#include "dcomp/interop.h"
#include "small_run.h"

/* Convolutions plain, grouped and between batch norms, PReLU, a residual, a constant, two heads put
 * together; and conv2, whose dead filters have constants to fold into shared biases. */
static const char net_text[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[2,8,8]},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":8,\"kernel\":3},"
    "{\"name\":\"bn1\",\"op\":\"batch_norm\"},"
    "{\"name\":\"act1\",\"op\":\"prelu\"},"
    "{\"name\":\"deep\",\"op\":\"conv\",\"n_outputs\":8,\"kernel\":3,\"pad\":1,\"groups\":8},"
    "{\"name\":\"half\",\"op\":\"constant\",\"dims\":[8]},"
    "{\"name\":\"back\",\"op\":\"add\",\"inputs\":[\"deep\",\"act1\"]},"
    "{\"name\":\"conv2\",\"op\":\"conv\",\"n_outputs\":40,\"kernel\":3},"
    "{\"name\":\"relu2\",\"op\":\"relu\"},"
    "{\"name\":\"pool2\",\"op\":\"average_pool\",\"kernel\":2,\"stride\":2},"
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":300},"
    "{\"name\":\"relu3\",\"op\":\"relu\"},"
    "{\"name\":\"drop3\",\"op\":\"dropout\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":8},"
    "{\"name\":\"more\",\"op\":\"mul\",\"inputs\":[\"fc2\",\"half\"]},"
    "{\"name\":\"fc3\",\"op\":\"linear\",\"n_outputs\":3,\"inputs\":[\"relu3\"]},"
    "{\"name\":\"both\",\"op\":\"concat\",\"inputs\":[\"more\",\"fc3\"]},"
    "{\"name\":\"fc4\",\"op\":\"linear\",\"n_outputs\":4}]}";

static const char *const steps[] = {
    "{\"stage\":\"prune\",\"density\":{\"conv2\":0.02,\"*\":0.7}}",
    "{\"stage\":\"prune\",\"density\":0.9995}",
    "{\"stage\":\"prune\",\"global_density\":0.4}",
    "{\"stage\":\"gradual\",\"density\":0.5,\"steps\":2,\"epochs\":1}",
    "{\"stage\":\"retrain\",\"epochs\":1}",
    "{\"stage\":\"retrain\",\"epochs\":1,\"assign\":4,\"optimizer\":\"adam\",\"last\":true}",
    "{\"stage\":\"quantize\",\"bits\":4,\"bias_bits\":3}",
    "{\"stage\":\"quantize\",\"bits\":8,\"bias_bits\":8,\"init\":\"linear\"}",
    "{\"stage\":\"quantize\",\"bits\":{\"conv2\":2},\"codebook\":\"f32\",\"biases\":\"f32\"}",
};
#define N_STEPS DC_COUNT_OF(steps)
/* Ways through a file, after the steps. */
enum { DECODED = N_STEPS, CODED, STRIPPED, SAFETENSORS, ONNX, N_WAYS };

typedef struct walk {
    char folder[64];
    dc_arena arena;
    dc_source source;
    dc_datasets data;
} walk;

static dc_status seeded_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        dc_rng rng;
        dc_rng_init(&rng, indices[i], 5);
        for (uint32_t c = 0; c < 128; c++)
            x[128 * i + c] = (float)dc_rng_normal(&rng);
        if (labels != NULL)
            labels[i] = (int32_t)(indices[i] % source->n_classes);
    }
    return DC_OK;
}

static void begin(walk *w)
{
    memset(w, 0, sizeof *w);
    new_folder(w->folder, sizeof w->folder);
    w->source = counting_samples(24, 4);
    w->source.shape = dc_shape_of(3, 2, 8, 8, 0);
    w->source.read = seeded_read;
    w->data = (dc_datasets){ .train = &w->source, .validation = &w->source, .test = &w->source };
}

static dc_model *first_model(void)
{
    dc_model *model = model_of(net_text);
    dc_model_init(model, DC_INIT_HE, 3);
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        dc_rng rng;
        dc_rng_init(&rng, 9, i);
        for (uint64_t j = 0; j < param->n_values && param->role != DC_ROLE_WEIGHT; j++)
            param->values[j] = (float)(0.3 + 0.1 * dc_rng_normal(&rng));
    }
    return model;
}

static void run_step(dc_model **model, walk *w, const char *step)
{
    char text[300];
    dc_recipe recipe;
    const dc_run_settings settings = { .seed = 1 };
    dc_run *run;
    snprintf(text, sizeof text, "{\"name\":\"walk\",\"stages\":[%s]}", step);
    dc_json *json = json_of(text);
    assert_ok(dc_recipe_parse(&recipe, json, "walk", &w->arena));
    assert_ok(dc_run_open(&run, model, &settings, &w->arena));
    assert_ok(dc_run_set_data(run, &w->data));
    assert_ok(dc_run_recipe(run, &recipe));
    assert_ok(dc_model_copy(model, dc_run_model(run)));
    dc_run_close(run);
    dc_json_free(json);
}

static void through_foreign(dc_model **model, walk *w, const char *ending)
{
    const char *path = dc_arena_print(&w->arena, "%s/net.%s", w->folder, ending);
    const char *arch = dc_arena_print(&w->arena, "%s/net.json", w->folder);
    dc_model *back = NULL;
    assert_ok(dc_export(path, *model, true));
    if (strcmp(ending, "onnx") != 0) {
        dc_json *json = NULL;
        assert_ok(dc_export(arch, *model, true));
        assert_ok(dc_json_read(&json, arch));
        assert_ok(dc_model_from_arch(&back, json, arch));
        dc_json_free(json);
        unlink(arch);
    }
    assert_ok(dc_import(&back, path));
    unlink(path);
    dc_model_free(*model);
    *model = back;
}

/* Writes the model, has it verified, and reads it back. */
static void through_file(dc_model **model, walk *w, const dc_write_settings *settings)
{
    const char *path = dc_arena_print(&w->arena, "%s/net.dcm", w->folder);
    dc_finding *findings;
    uint32_t n;
    dc_model *back = NULL;
    assert_ok(dc_model_write(path, *model, settings, true, NULL, &w->arena));
    assert_ok(dc_verify(&findings, &n, path, &w->arena));
    if (n > 0)
        fail_msg("%s", findings[0].text);
    assert_ok(dc_model_read(&back, path, DC_READ_DENSE, 0, NULL, &w->arena));
    for (uint32_t i = 0; i < back->n_params; i++) {
        const dc_param *a = &(*model)->params[i], *b = &back->params[i];
        assert_ok(dc_param_check(b));
        assert_int_equal(a->is_shared, b->is_shared);
        assert_int_equal(a->is_pruned, b->is_pruned);
        for (uint64_t j = 0; j < a->n_values; j++)
            assert_true(a->values[j] == b->values[j]);
    }
    unlink(path);
    dc_model_free(*model);
    *model = back;
}

/* Zeros that are marked stay, by layer; a layer may only become smaller. */
static void count_zeros(uint64_t *out, const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        out[i] = model->params[i].is_pruned ? dc_param_n_nonzero(&model->params[i]) : UINT64_MAX;
}

static void take(dc_model **model, walk *w, uint32_t way)
{
    const dc_write_settings plain = { .level = DC_LEVEL_PLAIN },
                            dense = { .level = DC_LEVEL_DENSE },
                            coded = { .level = DC_LEVEL_CODED },
                            stripped = { .level = DC_LEVEL_CODED, .is_stripped = true };
    uint64_t before[64], after[64];
    assert_true((*model)->n_params <= 64);
    count_zeros(before, *model);
    if (way < N_STEPS)
        run_step(model, w, steps[way]);
    else if (way == SAFETENSORS || way == ONNX)
        through_foreign(model, w, way == ONNX ? "onnx" : "safetensors");
    through_file(model, w,
                 way == DECODED    ? &dense
                 : way == CODED    ? &coded
                 : way == STRIPPED ? &stripped
                                   : &plain);
    count_zeros(after, *model);
    for (uint32_t i = 0; i < (*model)->n_params && way != ONNX; i++)
        assert_true(after[i] <= before[i]);
    dc_arena_clear(&w->arena);
    w->arena = (dc_arena){ 0 };
}

static void each_way_takes_what_each_other_leaves(void **state)
{
    (void)state;
    walk w;
    begin(&w);
    for (uint32_t a = 0; a < N_WAYS; a++) {
        dc_model *first = first_model();
        take(&first, &w, a);
        for (uint32_t b = 0; b < N_WAYS; b++) {
            dc_model *second = NULL;
            assert_ok(dc_model_copy(&second, first));
            take(&second, &w, b);
            dc_model_free(second);
        }
        dc_model_free(first);
    }
    assert_int_equal(rmdir(w.folder), 0);
}

/* Long ways at random; the seed of one that fails is its number. */
static void long_ways_end_in_sound_models(void **state)
{
    (void)state;
    walk w;
    begin(&w);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        dc_model *model = first_model();
        dc_rng rng;
        dc_rng_init(&rng, seed, 2);
        for (uint32_t i = 0; i < 7; i++)
            take(&model, &w, (uint32_t)dc_rng_below(&rng, N_WAYS));
        dc_model_free(model);
    }
    assert_int_equal(rmdir(w.folder), 0);
}

/* A layer of nothing but zeros: one that training has not begun with is pruned when it has values,
 * one that is pruned stays as it is. */
static void a_layer_of_zeros_is_taken_by_every_way(void **state)
{
    (void)state;
    walk w;
    begin(&w);
    for (int is_pruned = 0; is_pruned < 2; is_pruned++)
        for (uint32_t way = 0; way < N_WAYS; way++) {
            dc_model *model = first_model();
            dc_param *weight = dc_model_param(model, "fc4.weight");
            memset(weight->values, 0, weight->n_values * sizeof *weight->values);
            weight->is_pruned = is_pruned;
            take(&model, &w, way);
            weight = &model->params[model->n_params - 2];
            const bool trains = way < N_STEPS && strstr(steps[way], "epochs") != NULL;
            assert_int_equal(dc_param_n_nonzero(weight) > 0, trains && !is_pruned);
            if (way < N_STEPS && strstr(steps[way], "gradual") != NULL && !is_pruned) {
                assert_true(weight->is_pruned);
                assert_int_equal(dc_param_n_nonzero(weight), weight->n_values / 2);
            } else if (trains || way < 3) {
                assert_int_equal(weight->is_pruned, is_pruned);
            }
            dc_model_free(model);
        }
    rmdir(w.folder);
    dc_arena_clear(&w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_takes_what_each_other_leaves),
        cmocka_unit_test(long_ways_end_in_sound_models),
        cmocka_unit_test(a_layer_of_zeros_is_taken_by_every_way),
    };
    dc_pool_set_jobs(1); /* small networks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
