/* SPDX-License-Identifier: MIT */
#include "array_case.h"

static void predict(float *y, net_case *c)
{
    static float x[MAX_VALUES];
    dc_predictor *predictor;
    read_all(x, &c->source);
    assert_ok(dc_predictor_new(&predictor, c->model, N_SAMPLES, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, x, N_SAMPLES, y));
    dc_predictor_free(predictor);
}

static void assert_close(const float *y, const float *wanted, uint32_t n, double tolerance)
{
    double largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = DC_MAX(largest, fabs((double)wanted[i]));
    assert_true(largest > 0);
    for (uint32_t i = 0; i < n; i++)
        assert_near(y[i], wanted[i], tolerance * largest);
}

static void assert_predicts(uint32_t precision, double tolerance)
{
    static float y[MAX_VALUES], wanted[MAX_VALUES];
    for (size_t i = 0; i < DC_COUNT_OF(all_kinds_of_convolution); i++) {
        net_case c;
        dc_eie_counters counters;
        uint64_t n_differing;
        case_begin(&c, all_kinds_of_convolution[i], precision, false);
        run_batch(y, &counters, &n_differing, &c, false);
        predict(wanted, &c);
        assert_close(y, wanted, N_SAMPLES * dc_model_n_outputs(c.model), tolerance);
        case_end(&c);
    }
}

static void in_32_bits_a_walk_is_what_is_predicted(void **state)
{
    (void)state;
    assert_predicts(DC_EIE_32, 1e-5);
}

static void in_16_bits_a_walk_is_near_what_is_predicted(void **state)
{
    (void)state;
    assert_predicts(DC_EIE_16, 4e-3);
}

/* What an engine is asked for; it answers with the number of the call. */
typedef struct asked {
    uint32_t n_calls, n_good; /* fails after so many */
    int32_t inputs[32][8];
} asked;

static dc_status note_call(void *payload, const array_node *array, uint32_t part,
                           const int32_t *input, int32_t *output)
{
    asked *a = payload;
    const dc_csc *m = &array->parts[part].matrix;
    if (a->n_calls == a->n_good)
        return dc_fail(DC_ESTALL, "the engine has had enough");
    memcpy(a->inputs[a->n_calls], input, m->n_cols * sizeof *input);
    for (uint32_t i = 0; i < m->n_rows; i++)
        output[i] = (int32_t)(10 * a->n_calls + i);
    a->n_calls++;
    return DC_OK;
}

/* A 3 x 3 picture 1..9, windows of 2 x 2, a step of 2, a row of zeros above and one at the left. */
static dc_status walk_a_picture(asked *a, float *y)
{
    static const float picture[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    dc_arena arena = { 0 };
    array_net net;
    array_walk walk;
    const dc_eie_config config = dc_eie_defaults();
    const array_engine engine = { a, note_call, NULL };
    dc_model *model = model_of(NET("[1,3,3]", CONV("c", ",\"n_outputs\":2,\"kernel\":2,"
                                                   "\"stride\":2,\"pad\":[1,1,0,0]")));
    assert_ok(array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_ok(array_walk_init(&walk, &net, &engine, &arena)); /* formats without fractions */
    const dc_status status = array_walk_run(&walk, picture, y);
    dc_model_free(model);
    dc_arena_clear(&arena);
    return status;
}

static void patches_are_gathered_with_zeros_outside(void **state)
{
    (void)state;
    static const int32_t patches[][4] = {
        { 0, 0, 0, 1 }, { 0, 0, 2, 3 }, { 0, 4, 0, 7 }, { 5, 6, 8, 9 }
    };
    asked a = { .n_good = 4 };
    float y[8];
    assert_ok(walk_a_picture(&a, y));
    assert_int_equal(a.n_calls, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_memory_equal(a.inputs[i], patches[i], sizeof patches[i]);
    const float wanted[] = { 0, 10, 20, 30, 1, 11, 21, 31 }; /* a plane an output */
    assert_memory_equal(y, wanted, sizeof wanted);
}

static void an_engine_that_fails_ends_the_walk(void **state)
{
    (void)state;
    asked a = { .n_good = 2 };
    float y[8];
    assert_fails(DC_ESTALL, walk_a_picture(&a, y));
    assert_string_equal(dc_message(), "the engine has had enough");
    assert_int_equal(a.n_calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_32_bits_a_walk_is_what_is_predicted),
        cmocka_unit_test(in_16_bits_a_walk_is_near_what_is_predicted),
        cmocka_unit_test(patches_are_gathered_with_zeros_outside),
        cmocka_unit_test(an_engine_that_fails_ends_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
