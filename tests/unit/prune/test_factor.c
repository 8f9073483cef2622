/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"
#include "factor.h"

/* Tests that need singular values. */
static void need_lapack(void)
{
    if (dc_svd_check() != DC_OK)
        skip();
}

static dc_arena arena;

static float *drawn(uint32_t n, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    float *values = dc_arena_take(&arena, n, sizeof *values);
    for (uint32_t i = 0; i < n; i++)
        values[i] = (float)dc_rng_normal(&rng);
    return values;
}

/* ||W - second first||^2 */
static double error_of(const float *w, uint32_t n_rows, uint32_t n_cols, const float *first,
                       const float *second, uint32_t rank)
{
    double error = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < n_cols; j++) {
            double sum = 0;
            for (uint32_t k = 0; k < rank; k++)
                sum += (double)second[i * rank + k] * (double)first[k * n_cols + j];
            const double miss = (double)w[i * n_cols + j] - sum;
            error += miss * miss;
        }
    return error;
}

static void the_error_of_a_rank_is_the_tail_of_the_singular_values(void **state)
{
    static const uint32_t sizes[][2] = { { 12, 7 }, { 7, 12 }, { 9, 9 }, { 1, 5 }, { 5, 1 } };
    (void)state;
    need_lapack();
    for (uint32_t s = 0; s < DC_COUNT_OF(sizes); s++) {
        const uint32_t n_rows = sizes[s][0], n_cols = sizes[s][1];
        dc_svd svd;
        const float *w = drawn(n_rows * n_cols, 3 + s);
        assert_ok(dc_svd_make(&svd, w, n_rows, n_cols, true, &arena));
        assert_int_equal(svd.n, DC_MIN(n_rows, n_cols));
        double tail = 0, all = 0;
        for (uint32_t rank = svd.n; rank > 0; rank--) {
            float *first = dc_arena_take(&arena, rank * n_cols, sizeof *first);
            float *second = dc_arena_take(&arena, n_rows * rank, sizeof *second);
            dc_svd_factors(first, second, &svd, n_rows, n_cols, rank);
            assert_near(error_of(w, n_rows, n_cols, first, second, rank), tail, 1e-5);
            assert_true(rank == 1 || svd.sigma[rank - 1] <= svd.sigma[rank - 2]);
            tail += svd.sigma[rank - 1] * svd.sigma[rank - 1];
        }
        for (uint32_t i = 0; i < n_rows * n_cols; i++)
            all += (double)w[i] * (double)w[i];
        assert_near(tail, all, 1e-9 * all);
    }
}

static void the_full_rank_gives_the_matrix_back_to_1e_5(void **state)
{
    (void)state;
    need_lapack();
    dc_svd svd;
    const float *w = drawn(30 * 20, 1);
    float *first = drawn(20 * 20, 0), *second = drawn(30 * 20, 0);
    assert_ok(dc_svd_make(&svd, w, 30, 20, true, &arena));
    dc_svd_factors(first, second, &svd, 30, 20, 20);
    assert_true(sqrt(error_of(w, 30, 20, first, second, 20)) < 1e-5);
}

static void both_factors_have_the_same_norm(void **state)
{
    (void)state;
    need_lapack();
    dc_svd svd;
    double norms[2] = { 0, 0 };
    const float *w = drawn(15 * 8, 2);
    float first[4 * 8], second[15 * 4];
    assert_ok(dc_svd_make(&svd, w, 15, 8, true, &arena));
    dc_svd_factors(first, second, &svd, 15, 8, 4);
    for (uint32_t i = 0; i < 4 * 8; i++)
        norms[0] += (double)first[i] * (double)first[i];
    for (uint32_t i = 0; i < 15 * 4; i++)
        norms[1] += (double)second[i] * (double)second[i];
    assert_near(norms[0], norms[1], 1e-4);
}

static void the_least_rank_that_has_the_energy_is_taken(void **state)
{
    double sigma[] = { 3, 2, 1, 1, 0 }; /* squares 9, 4, 1, 1 of 15 */
    const dc_svd svd = { .n = 5, .sigma = sigma };
    (void)state;
    assert_int_equal(dc_svd_rank(&svd, 0.01), 1);
    assert_int_equal(dc_svd_rank(&svd, 9.0 / 15), 1);
    assert_int_equal(dc_svd_rank(&svd, 9.1 / 15), 2);
    assert_int_equal(dc_svd_rank(&svd, 14.0 / 15), 3);
    assert_int_equal(dc_svd_rank(&svd, 1), 4);
    for (uint32_t rank = 1; rank <= 5; rank++)
        assert_true(dc_svd_rank(&svd, dc_svd_energy(&svd, rank)) <= rank);
}

/* A matrix of this rank in the parameter. */
static void make_rank(dc_param *param, uint32_t rank, uint64_t seed)
{
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    const float *a = drawn(n_rows * rank, seed), *b = drawn(rank * n_cols, seed + 1);
    for (uint32_t i = 0; i < n_rows; i++)
        for (uint32_t j = 0; j < n_cols; j++) {
            float sum = 0;
            for (uint32_t k = 0; k < rank; k++)
                sum += a[i * rank + k] * b[k * n_cols + j];
            param->values[i * n_cols + j] = sum;
        }
}

/* 8 channels of 9x9; conv1 (12, 1x1, stride 2, pad 1) relu conv2 (6, 3x3) fc1 (20) relu fc2 (4). */
static dc_model *net_of_low_rank(void)
{
    dc_model *m = net_new(dc_shape_of(3, 8, 9, 9, 0));
    net_add(m, "conv1", DC_OP_CONV, 12, 1, 2, 1);
    net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "conv2", DC_OP_CONV, 6, 3, 1, 0);
    net_add(m, "fc1", DC_OP_LINEAR, 20, 0, 0, 0);
    net_add(m, "relu2", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 4, 0, 0, 0);
    net_fill(m, 5);
    make_rank(dc_model_param(m, "conv1.weight"), 3, 11);
    make_rank(dc_model_param(m, "fc1.weight"), 2, 13);
    make_rank(dc_model_param(m, "fc2.weight"), 2, 15);
    return m;
}

static void a_network_of_low_rank_stays_the_same_function(void **state)
{
    static const dc_rule all = { "*", 1 };
    const dc_factor_settings settings = { .energy = { 1, &all } };
    dc_factored *layers;
    uint32_t n;
    (void)state;
    need_lapack();
    dc_model *before = net_of_low_rank(), *m = net_of_low_rank();
    dc_model_param(m, "fc1.weight")->is_pruned = true;
    dc_model_param(m, "fc1.bias")->is_shared = true;
    assert_ok(dc_model_add_history(m, "train", "{}"));
    const uint64_t n_reference = m->n_reference_values;
    assert_ok(dc_factor(&m, &settings, &layers, &n, &arena));
    assert_same_function(before, m);
    assert_int_equal(n, 4);
    assert_int_equal(layers[0].rank, 3);
    assert_string_equal(layers[1].reason, "has a kernel wider than 1x1");
    assert_int_equal(layers[2].rank, 2);
    assert_true(layers[2].was_pruned);
    assert_false(dc_model_param(m, "fc1.weight")->is_pruned);
    assert_true(dc_model_param(m, "fc1.bias")->is_shared);
    assert_null(dc_model_param(m, "fc1_in.bias"));
    assert_int_equal(m->n_nodes, before->n_nodes + 3);
    assert_string_equal(m->nodes[m->n_nodes - 1].name, "fc2");
    assert_int_equal(m->n_reference_values, n_reference);
    assert_int_equal(m->n_history, 1);
    assert_int_equal(m->nodes[dc_model_node(m, "conv1_in")].shape.dims[1], 6);
    dc_model_free(before);
    dc_model_free(m);
}

static void a_name_that_is_taken_gets_a_number(void **state)
{
    static const dc_rule rank = { "fc1", 1 };
    const dc_factor_settings settings = { .rank = { 1, &rank } };
    dc_factored *layers;
    uint32_t n;
    (void)state;
    need_lapack();
    dc_model *m = net_new(dc_shape_of(1, 9, 0, 0, 0));
    net_add(m, "fc1", DC_OP_LINEAR, 8, 0, 0, 0);
    net_add(m, "fc1_in", DC_OP_LINEAR, 3, 0, 0, 0);
    net_fill(m, 4);
    assert_ok(dc_factor(&m, &settings, &layers, &n, &arena));
    assert_int_equal(n, 1);
    assert_string_equal(m->nodes[1].name, "fc1_in2");
    assert_string_equal(m->nodes[3].name, "fc1_in");
    dc_model_free(m);
}

static void bytes_are_met_and_no_share_more_would_be(void **state)
{
    dc_factored *layers;
    uint32_t n;
    (void)state;
    need_lapack();
    for (uint64_t bytes = 600; bytes < 1500; bytes += 60) {
        const dc_factor_settings settings = { .bytes = bytes };
        dc_model *m = net_mlp(7);
        assert_true(dc_model_n_values(m) * 4 < 1500);
        const uint64_t n_before = dc_model_n_values(m) * 4;
        if (bytes >= n_before) {
            assert_fails(DC_EINPUT, dc_factor(&m, &settings, &layers, &n, &arena));
        } else {
            assert_ok(dc_factor(&m, &settings, &layers, &n, &arena));
            assert_true(dc_model_n_values(m) * 4 <= bytes);
            assert_true(dc_model_n_values(m) * 4 + 22 * 4 > bytes); /* the largest row and column */
        }
        dc_model_free(m);
    }
    const dc_factor_settings few = { .bytes = 100 };
    dc_model *m = net_mlp(7);
    assert_fails(DC_EINPUT, dc_factor(&m, &few, &layers, &n, &arena));
    assert_non_null(strstr(dc_message(), "too few"));
    dc_model_free(m);
}

static void assert_refused(const char *text, dc_factor_settings settings)
{
    dc_model *m = net_of_low_rank();
    assert_fails(DC_EINPUT, dc_factor_check(&settings, m));
    if (strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
    dc_model_free(m);
}

static void contradictions_and_ranks_that_cannot_be_are_refused(void **state)
{
    static const dc_rule five = { "*", 5 }, half = { "fc1", 2.5 }, none = { "fc9", 2 };
    static const dc_rule share = { "fc*", 0.5 }, over = { "fc1", 1.5 }, zero = { "*", 0 };
    (void)state;
    assert_refused("nothing says", (dc_factor_settings){ 0 });
    assert_refused("'fc2', a matrix of 4 x 20, is over 4",
                   (dc_factor_settings){ .rank = { 1, &five } });
    assert_refused("no whole number", (dc_factor_settings){ .rank = { 1, &half } });
    assert_refused("no whole number", (dc_factor_settings){ .rank = { 1, &zero } });
    assert_refused("no layer matches", (dc_factor_settings){ .rank = { 1, &none } });
    assert_refused("outside of (0, 1]", (dc_factor_settings){ .energy = { 1, &over } });
    assert_refused("contradicts",
                   (dc_factor_settings){ .energy = { 1, &share }, .bytes = 1000 });
    static const dc_rule two = { "fc1", 2 };
    assert_refused("both rank and energy for layer 'fc1'",
                   (dc_factor_settings){ .rank = { 1, &two }, .energy = { 1, &share } });
}

static void where_no_layer_gets_smaller_there_is_nothing_to_factor(void **state)
{
    static const dc_rule rank = { "fc2", 4 }, wide = { "conv2", 1 };
    dc_factored *layers;
    uint32_t n;
    (void)state;
    need_lapack();
    dc_model *m = net_of_low_rank(), *same = m;
    const dc_factor_settings settings = { .rank = { 1, &rank } };
    assert_fails(DC_EINPUT, dc_factor(&m, &settings, &layers, &n, &arena));
    assert_non_null(strstr(dc_message(), "'fc2' has no fewer weights with rank 4"));
    const dc_factor_settings other = { .rank = { 1, &wide } };
    assert_fails(DC_EINPUT, dc_factor(&m, &other, &layers, &n, &arena));
    assert_ptr_equal(m, same);
    dc_model_param(m, "fc1.weight")->values[3] = NAN;
    static const dc_rule fc1 = { "fc1", 1 };
    const dc_factor_settings nan = { .rank = { 1, &fc1 } };
    assert_fails(DC_EINPUT, dc_factor(&m, &nan, &layers, &n, &arena));
    assert_non_null(strstr(dc_message(), "NaN"));
    dc_model_free(m);
}

static int clear(void **state)
{
    (void)state;
    dc_arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_error_of_a_rank_is_the_tail_of_the_singular_values, clear),
        cmocka_unit_test_teardown(the_full_rank_gives_the_matrix_back_to_1e_5, clear),
        cmocka_unit_test_teardown(both_factors_have_the_same_norm, clear),
        cmocka_unit_test_teardown(the_least_rank_that_has_the_energy_is_taken, clear),
        cmocka_unit_test_teardown(a_network_of_low_rank_stays_the_same_function, clear),
        cmocka_unit_test_teardown(a_name_that_is_taken_gets_a_number, clear),
        cmocka_unit_test_teardown(bytes_are_met_and_no_share_more_would_be, clear),
        cmocka_unit_test_teardown(contradictions_and_ranks_that_cannot_be_are_refused, clear),
        cmocka_unit_test_teardown(where_no_layer_gets_smaller_there_is_nothing_to_factor, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
