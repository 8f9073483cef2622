/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/nn.h"

/* What sparse layers stand beside, before and behind: norms, curves within them and not, sums,
 * joins, pools, groups, steps, and two readers of one value. */
static const char *const nets[] = {
    "{\"name\":\"plain\",\"input\":{\"shape\":[3,17,14]},\"layers\":["
    "{\"name\":\"a\",\"op\":\"conv\",\"n_outputs\":21,\"kernel\":3,\"pad\":1,\"bias\":false},"
    "{\"name\":\"n\",\"op\":\"batch_norm\"},{\"name\":\"r\",\"op\":\"clip\"},"
    "{\"name\":\"b\",\"op\":\"conv\",\"n_outputs\":18,\"kernel\":[3,2],\"stride\":2,\"pad\":1},"
    "{\"name\":\"s\",\"op\":\"sigmoid\"},"
    "{\"name\":\"p\",\"op\":\"max_pool\",\"kernel\":2,\"stride\":2},"
    "{\"name\":\"f\",\"op\":\"linear\",\"n_outputs\":33},{\"name\":\"c\",\"op\":\"relu\"},"
    "{\"name\":\"l\",\"op\":\"linear\",\"n_outputs\":7}]}",
    "{\"name\":\"joined\",\"input\":{\"shape\":[4,12,12]},\"layers\":["
    "{\"name\":\"a\",\"op\":\"conv\",\"n_outputs\":16,\"kernel\":1},"
    "{\"name\":\"d\",\"op\":\"conv\",\"n_outputs\":16,\"kernel\":3,\"pad\":1,\"groups\":16},"
    "{\"name\":\"dr\",\"op\":\"relu\"},"
    "{\"name\":\"b\",\"op\":\"conv\",\"n_outputs\":16,\"kernel\":1,\"inputs\":[\"dr\"]},"
    "{\"name\":\"s\",\"op\":\"add\",\"inputs\":[\"a\",\"b\"]},"
    "{\"name\":\"sr\",\"op\":\"relu\"},"
    "{\"name\":\"e\",\"op\":\"conv\",\"n_outputs\":5,\"kernel\":3,\"inputs\":[\"sr\"]},"
    "{\"name\":\"g\",\"op\":\"conv\",\"n_outputs\":6,\"kernel\":3,\"inputs\":[\"sr\"]},"
    "{\"name\":\"j\",\"op\":\"concat\",\"inputs\":[\"e\",\"g\"]},"
    "{\"name\":\"h\",\"op\":\"conv\",\"n_outputs\":9,\"kernel\":1,\"stride\":3,\"bias\":false},"
    "{\"name\":\"v\",\"op\":\"global_average_pool\"}]}",
    "{\"name\":\"steps\",\"input\":{\"shape\":[9,6]},\"layers\":["
    "{\"name\":\"a\",\"op\":\"linear\",\"n_outputs\":40,\"axis\":1},"
    "{\"name\":\"l\",\"op\":\"lstm\"},"
    "{\"name\":\"b\",\"op\":\"linear\",\"n_outputs\":5,\"axis\":1}]}",
};

/* Most weights are 0, the others of so many values; 0: all different. */
static void prune(dc_model *model, dc_rng *rng, uint32_t n_values)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        for (uint64_t k = 0; k < param->n_values; k++) {
            float value = (float)dc_rng_normal(rng) * 0.4f;
            if (param->role == DC_ROLE_VARIANCE)
                value = 0.5f + fabsf(value);
            if (param->role == DC_ROLE_WEIGHT && dc_rng_unit(rng) < 0.75)
                value = 0;
            else if (param->role == DC_ROLE_WEIGHT && n_values > 0)
                value = (float)(1 + (int)dc_rng_below(rng, n_values)) / 16 - 0.33f;
            param->values[k] = value;
        }
    }
}

static dc_model *net_of(const char *text)
{
    dc_json *json;
    dc_model *model;
    assert_ok(dc_json_parse(&json, text, strlen(text), "net"));
    assert_ok(dc_model_from_arch(&model, json, "net"));
    dc_json_free(json);
    return model;
}

/* The same with its weights packed. */
static dc_model *packed_of(const dc_model *model)
{
    dc_model *copy;
    assert_ok(dc_model_copy(&copy, model));
    for (uint32_t i = 0; i < copy->n_params; i++) {
        dc_param *param = &copy->params[i];
        uint32_t n_rows, n_cols;
        const bool is_column_major = i % 2 == 1;
        if (param->role != DC_ROLE_WEIGHT)
            continue;
        dc_param_matrix(param, &n_rows, &n_cols);
        dc_packed *packed = dc_arena_take(&copy->arena, 1, sizeof *packed);
        const dc_pack_plan plan = { false, is_column_major, 4 };
        assert_ok(dc_pack(packed, param->values, n_rows, n_cols, &plan, &copy->arena));
        param->values = NULL;
        param->packed = packed;
    }
    return copy;
}

static void compare(const dc_model *dense, const dc_model *model, dc_packing packing, uint32_t n,
                    dc_rng *rng)
{
    dc_predictor *a, *b;
    const uint64_t n_in = n * dc_shape_count(&dense->nodes[0].shape);
    const uint64_t n_out = n * (uint64_t)dc_model_n_outputs(dense);
    float *x = malloc(n_in * sizeof *x), *y = malloc(2 * n_out * sizeof *y);
    for (uint64_t i = 0; i < n_in; i++)
        x[i] = (float)dc_rng_normal(rng);
    assert_ok(dc_predictor_new_on(&a, dense, n, DC_PRECISION_F32, "ref"));
    assert_ok(dc_predictor_new_packed(&b, model, n, packing));
    assert_ok(dc_predict(a, x, n, y));
    for (int turn = 0; turn < 2; turn++) { /* ends are made in the first */
        assert_ok(dc_predict(b, x, n, y + n_out));
        for (uint64_t i = 0; i < n_out; i++)
            assert_near(y[n_out + i], y[i], 2e-5 * (1 + fabs((double)y[i])));
    }
    if (packing == DC_PACKING_ALL) { /* and not because all was dense */
        uint32_t n_sparse = 0;
        for (uint32_t i = 0; i < dense->n_nodes; i++)
            n_sparse += dc_predictor_is_sparse(b, i);
        assert_true(n_sparse >= 2);
    }
    dc_predictor_free(a);
    dc_predictor_free(b);
    free(x);
    free(y);
}

static void sparse_layers_answer_as_dense_ones(void **state)
{
    static const uint32_t batches[] = { 1, 3, 8 };
    dc_predictor *p;
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 9, 0);
    dc_model *first = net_of(nets[0]);
    if (dc_predictor_new_packed(&p, first, 1, DC_PACKING_ALL) == DC_EUNSUPPORTED) {
        dc_model_free(first);
        skip(); /* built without oneDNN */
    }
    dc_predictor_free(p);
    dc_model_free(first);
    for (size_t k = 0; k < DC_COUNT_OF(nets); k++)
        for (size_t i = 0; i < DC_COUNT_OF(batches); i++)
            for (int is_packed = 0; is_packed < 2; is_packed++) {
                dc_model *dense = net_of(nets[k]);
                prune(dense, &rng, is_packed || i == 1 ? 10 : 0);
                dc_model *model = is_packed ? packed_of(dense) : NULL;
                compare(dense, is_packed ? model : dense, DC_PACKING_ALL, batches[i], &rng);
                compare(dense, is_packed ? model : dense, DC_PACKING_AUTO, batches[i], &rng);
                assert_ok(dc_cpu_limit("ref")); /* no gathers: zeros of one sample are skipped */
                compare(dense, is_packed ? model : dense, DC_PACKING_ALL, batches[i], &rng);
                assert_ok(dc_cpu_limit("native"));
                dc_model_free(model);
                dc_model_free(dense);
            }
}

static void times_are_of_layers(void **state)
{
    double seconds[16] = { 0 };
    float x[9 * 6] = { 0 }, y[45];
    dc_predictor *p;
    (void)state;
    dc_model *model = net_of(nets[2]);
    assert_ok(dc_predictor_new(&p, model, 1, DC_PRECISION_F32));
    assert_ok(dc_predict_timed(p, x, 1, y, seconds));
    for (uint32_t i = 1; i < model->n_nodes; i++)
        assert_true(seconds[i] > 0);
    assert_fails(DC_EINPUT, dc_predict_timed(p, x, 2, y, seconds));
    assert_false(dc_predictor_is_sparse(p, 1));
    dc_predictor_free(p);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_layers_answer_as_dense_ones),
        cmocka_unit_test(times_are_of_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
