/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "small_run.h"

#define N_SAMPLES 3u

static void outputs(float *y, const dc_model *model)
{
    dc_predictor *predictor = NULL;
    float x[N_SAMPLES * 4];
    for (uint32_t i = 0; i < N_SAMPLES * 4; i++)
        x[i] = (float)(i % 5) - 1.5f;
    assert_ok(dc_predictor_new(&predictor, model, N_SAMPLES, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, x, N_SAMPLES, y));
    dc_predictor_free(predictor);
}

/* The folder of a test, and names of teachers in it. */
static char folder[64], names[400];

static const char *in_folder(const char *name)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static dc_model *written(const char *name, uint32_t n_classes, uint64_t seed, dc_arena *arena)
{
    const dc_write_settings write = { .level = DC_LEVEL_PLAIN };
    dc_model *model = two_layers(n_classes);
    dc_model_init(model, DC_INIT_XAVIER, seed);
    assert_ok(dc_model_write(in_folder(name), model, &write, true, NULL, arena));
    return model;
}

static void several_say_the_mean_of_what_each_says(void **state)
{
    dc_arena arena = { 0 };
    new_folder(folder, sizeof folder);
    dc_model *self = two_layers(3), *joined = NULL;
    dc_model *a = written("a.dcm", 3, 7, &arena), *b = written("b.dcm", 3, 8, &arena);
    float of_self[N_SAMPLES * 3], of_a[N_SAMPLES * 3], of_b[N_SAMPLES * 3], of_all[N_SAMPLES * 3];
    (void)state;
    snprintf(names, sizeof names, "%s/a.dcm,self,%s/b.dcm", folder, folder);
    assert_ok(dc_teacher_read(&joined, names, self, &arena));
    assert_int_equal(dc_model_n_classes(joined), 3);
    outputs(of_self, self);
    outputs(of_a, a);
    outputs(of_b, b);
    outputs(of_all, joined);
    for (uint32_t i = 0; i < N_SAMPLES * 3; i++)
        assert_near(of_all[i], (of_self[i] + of_a[i] + of_b[i]) / 3, 1e-5);
    dc_model_free(joined);
    dc_model_free(self);
    dc_model_free(a);
    dc_model_free(b);
    dc_arena_clear(&arena);
    remove(in_folder("a.dcm"));
    remove(in_folder("b.dcm"));
    rmdir(folder);
}

static void what_follows_the_logits_follows_their_mean(void **state)
{
    dc_arena arena = { 0 };
    dc_model *self = model_of("{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
                              "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":1},"
                              "{\"name\":\"out\",\"op\":\"sigmoid\"}]}");
    dc_model *joined = NULL;
    float one[N_SAMPLES], both[N_SAMPLES];
    (void)state;
    dc_model_init(self, DC_INIT_XAVIER, 3);
    assert_ok(dc_teacher_read(&joined, "self,self", self, &arena));
    assert_int_equal(dc_model_n_classes(joined), 2);
    outputs(one, self);
    outputs(both, joined);
    for (uint32_t i = 0; i < N_SAMPLES; i++)
        assert_near(both[i], one[i], 1e-6);
    dc_model_free(joined);
    dc_model_free(self);
    dc_arena_clear(&arena);
}

static void what_cannot_teach_is_refused(void **state)
{
    dc_arena arena = { 0 };
    dc_model *self = two_layers(3), *out = NULL;
    char many[200] = "self";
    (void)state;
    new_folder(folder, sizeof folder);
    dc_model_free(written("other.dcm", 4, 1, &arena));
    snprintf(names, sizeof names, "self,%s/other.dcm", folder);
    assert_fails(DC_EINPUT, dc_teacher_read(&out, names, self, &arena));
    assert_non_null(strstr(dc_message(), "'net'"));
    assert_fails(DC_EINPUT, dc_teacher_read(&out, "self,", self, &arena));
    assert_non_null(strstr(dc_message(), "empty"));
    assert_fails(DC_EIO, dc_teacher_read(&out, "self,none.dcm", self, &arena));
    assert_non_null(strstr(dc_message(), "none.dcm"));
    for (int i = 0; i < 16; i++)
        strcat(many, ",self");
    assert_fails(DC_EINPUT, dc_teacher_read(&out, many, self, &arena));
    assert_non_null(strstr(dc_message(), "more than 16"));
    assert_null(out);
    dc_model_free(self);
    dc_arena_clear(&arena);
    remove(in_folder("other.dcm"));
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_say_the_mean_of_what_each_says),
        cmocka_unit_test(what_follows_the_logits_follows_their_mean),
        cmocka_unit_test(what_cannot_teach_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
