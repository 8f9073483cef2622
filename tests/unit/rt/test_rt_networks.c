/* SPDX-License-Identifier: MIT
 *
 * Networks by lot, in both modes, against the reference backend.
 */
#include "rt_case.h"
#include "rt_networks.h"
#include "rt_sequences.h"

#define N_NETWORKS 1500u
/* Of the largest output. Errors of 2^-24 and 2^-16 of layers before grow on the way, most where
 * inputs of an add nearly cancel out. */
#define FLOAT_BOUND 1e-4
#define INTEGER_BOUND 0.05
#define USUAL_INTEGER_BOUND 1e-3 /* that 19 of 20 networks keep */

typedef struct tally {
    bool is_seen[DC_N_OPS];
    double worst_float, worst_integer;
    unsigned n_networks, n_rough;
} tally;

static void fill_input(rt_lot *lot, float *x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        x[i] = rt_draw(lot, 4) == 0 ? 0 : (float)dc_rng_normal(&lot->rng);
}

static void compare_one(tally *t, rt_lot *lot, uint64_t seed, const dc_rt_mode *const modes[2])
{
    const bool over_time = modes[0] == &dc_rt_float_recurrent;
    dc_writer file;
    const dc_model *model = lot->model;
    const uint64_t n_x = dc_shape_count(&model->nodes[0].shape);
    const dc_shape *in = &model->nodes[0].shape, *out = &model->nodes[model->n_nodes - 1].shape;
    const uint64_t n_y = dc_shape_count(out);
    const uint32_t n_steps = over_time && seed % 3 == 0 ? 1 + rt_draw(lot, in->dims[0])
                                                        : in->dims[0];
    const uint64_t n_counted = out->n_dims > 1 && over_time ? n_y / out->dims[0] * n_steps : n_y;
    float *x = rt_case_block(n_x * sizeof *x), *y = rt_case_block(n_y * sizeof *y);
    float *wanted = rt_case_block(n_y * sizeof *wanted);
    fill_input(lot, x, n_x);
    for (uint64_t i = 0; lot->is_seen[DC_OP_EMBEDDING] && i < n_x; i++)
        x[i] = (float)rt_draw(lot, 25) - 2; /* symbols, and some that are none */
    rt_case_reference_of(model, x, over_time ? n_steps : 0, wanted);
    float *given = rt_case_block(n_x / in->dims[0] * n_steps * sizeof *given);
    memcpy(given, x, n_x / in->dims[0] * n_steps * sizeof *given);
    rt_case_encode(&file, model);
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        rt_opened o;
        if (modes[is_integer] == NULL)
            continue;
        rt_case_open(&o, file.data, file.size, modes[is_integer]);
        rt_case_run_of(&o, given, n_x / in->dims[0] * n_steps, y);
        const double difference = rt_case_difference(y, wanted, n_counted);
        double *worst = is_integer ? &t->worst_integer : &t->worst_float;
        *worst = fmax(*worst, difference);
        t->n_rough += is_integer && difference > USUAL_INTEGER_BOUND;
        if (!(difference <= (is_integer ? INTEGER_BOUND : FLOAT_BOUND)))
            fail_msg("network %u, %s: %g", (unsigned)seed, is_integer ? "integer" : "float",
                     difference);
        rt_case_close(&o);
    }
    dc_writer_clear(&file);
    free(x), free(y), free(wanted), free(given);
    t->n_networks++;
}

static void networks_answer_as_the_reference_does(void **state)
{
    static const dc_rt_mode *const modes[] = { &dc_rt_float, &dc_rt_integer };
    tally t = { 0 };
    rt_lot lot;
    (void)state;
    for (uint64_t seed = 1; seed <= N_NETWORKS; seed++) {
        dc_model *model = rt_draw_network(&lot, seed, false);
        if (model->n_nodes > 1)
            compare_one(&t, &lot, seed, modes);
        for (uint32_t op = 0; op < DC_N_OPS; op++)
            t.is_seen[op] |= lot.is_seen[op];
        dc_model_free(model);
    }
    printf("%u networks: float within %.2g, integer within %.2g, %u beyond %g\n", t.n_networks,
           t.worst_float, t.worst_integer, t.n_rough, USUAL_INTEGER_BOUND);
    assert_true(t.n_rough * 20 <= t.n_networks);
    for (uint32_t op = 1; op < DC_N_OPS; op++) {
        const bool is_drawn = t.is_seen[op];
        assert_true(is_drawn || (op != DC_OP_CONV && op != DC_OP_MUL && op != DC_OP_RESHAPE));
    }
}

/* Every second network has curves that integers do not have over time; of every third sample not
 * all steps count. */
static void networks_over_time_answer_as_the_reference_does(void **state)
{
    static const dc_rt_mode *const both[] = { &dc_rt_float_recurrent, &dc_rt_integer_recurrent };
    static const dc_rt_mode *const first[] = { &dc_rt_float_recurrent, NULL };
    static const dc_op wanted[] = { DC_OP_LSTM, DC_OP_GRU, DC_OP_RNN, DC_OP_EMBEDDING, DC_OP_LAST,
                                    DC_OP_STEP_MEAN, DC_OP_CONCAT, DC_OP_DROPOUT };
    tally t = { 0 };
    rt_lot lot;
    (void)state;
    for (uint64_t seed = 1; seed <= N_NETWORKS; seed++) {
        const bool is_exact = seed % 2 == 0;
        dc_model *model = rt_draw_sequences(&lot, seed, is_exact);
        compare_one(&t, &lot, seed, is_exact ? both : first);
        for (uint32_t op = 0; op < DC_N_OPS; op++)
            t.is_seen[op] |= lot.is_seen[op];
        dc_model_free(model);
    }
    printf("%u networks over time: float within %.2g, integer within %.2g, %u beyond %g\n",
           t.n_networks, t.worst_float, t.worst_integer, t.n_rough, USUAL_INTEGER_BOUND);
    assert_true(t.n_rough * 10 <= t.n_networks);
    for (size_t i = 0; i < DC_COUNT_OF(wanted); i++)
        assert_true(t.is_seen[wanted[i]]);
}

/* The definition of a layer in integers, written the long way: sums are kept, then cut. */
static void a_layer_is_cut_by_its_largest_sum(void **state)
{
    static const double attrs_of[] = { 3, 1 };
    const float weights[3][2] = { { 1, -0.5f }, { 0.25f, 0.75f }, { -1, 1 } };
    const float x[2] = { 0.3f, 0.7f };
    const uint32_t first = 0;
    const dc_input input = { .shape = dc_shape_of(1, 2, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
    double attrs[DC_N_ATTRS];
    dc_model *model;
    dc_writer file;
    rt_opened o;
    float y[3];
    int exponent;
    (void)state;
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = attrs_of[0];
    attrs[DC_ATTR_BIAS] = 0;
    assert_ok(dc_model_new(&model, "m", &input));
    assert_ok(dc_model_add(model, "fc", DC_OP_LINEAR, &first, 1, attrs, true));
    memcpy(model->params[0].values, weights, sizeof weights);
    rt_case_encode(&file, model);
    rt_case_open(&o, file.data, file.size, &dc_rt_integer);
    rt_case_run(&o, x, y);
    /* 0.7 is below 2^0: inputs are q 2^-15; 1 is below 2^1: weights are q 2^-14. */
    const int64_t q[2] = { (int64_t)(0.3 * 32768 + 0.5), (int64_t)(0.7 * 32768 + 0.5) };
    const int16_t *scores = dc_rt_scores(&exponent, o.model, o.work);
    int64_t sums[3], most = 0;
    for (int k = 0; k < 3; k++) {
        sums[k] = (int64_t)(weights[k][0] * 16384) * q[0] + (int64_t)(weights[k][1] * 16384) * q[1];
        most = DC_MAX(most, sums[k] < 0 ? -sums[k] : sums[k]);
    }
    int shift = 0;
    while (most >> shift > 32767)
        shift++;
    assert_int_equal(exponent, -29 + shift);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(scores[k], sums[k] / (INT64_C(1) << shift));
        assert_true(y[k] == ldexpf(scores[k], exponent));
    }
    assert_int_equal(o.facts.has_integer_scores, 1);
    rt_case_close(&o);
    dc_writer_clear(&file);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_answer_as_the_reference_does),
        cmocka_unit_test(networks_over_time_answer_as_the_reference_does),
        cmocka_unit_test(a_layer_is_cut_by_its_largest_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
