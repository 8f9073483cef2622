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

/* ---- what is chosen, and why ---- */

typedef struct wanted_reason {
    uint32_t net;
    const char *layer;
    dc_packing packing;
    uint32_t n;
    const char *reason;
} wanted_reason;

/* A layer for each refusal, and one that is pruned enough to gain. */
static const char *const reason_nets[] = {
    "{\"name\":\"still\",\"input\":{\"shape\":[4,3,3]},\"layers\":["
    "{\"name\":\"groups\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":1,\"groups\":2},"
    "{\"name\":\"far\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":[1,2],"
    "\"dilation\":[1,600000],\"pad\":[0,300000]},"
    "{\"name\":\"full\",\"op\":\"linear\",\"n_outputs\":30},"
    "{\"name\":\"wide\",\"op\":\"linear\",\"n_outputs\":600},"
    "{\"name\":\"gains\",\"op\":\"linear\",\"n_outputs\":600},"
    "{\"name\":\"small\",\"op\":\"linear\",\"n_outputs\":3}]}",
    "{\"name\":\"over time\",\"input\":{\"shape\":[6,5]},\"layers\":["
    "{\"name\":\"in\",\"op\":\"linear\",\"n_outputs\":32,\"axis\":1},"
    "{\"name\":\"steps\",\"op\":\"lstm\"},"
    "{\"name\":\"more\",\"op\":\"linear\",\"n_outputs\":24,\"axis\":1},"
    "{\"name\":\"gates\",\"op\":\"gru\"}]}",
};

static const wanted_reason wanted_reasons[] = {
    { 0, "groups", DC_PACKING_ALL, 1, "groups" },
    { 0, "far", DC_PACKING_ALL, 1, "its window takes too many copies" },
    { 0, "full", DC_PACKING_ALL, 1, "70 % or more are not 0, and not shared" },
    { 1, "steps", DC_PACKING_ALL, 8, "over time, and not for a few samples" },
    { 1, "steps", DC_PACKING_ALL, 1, "all were asked for" },
    { 1, "gates", DC_PACKING_ALL, 1, "no sparse product of these weights" },
    { 0, "gains", DC_PACKING_ALL, 1, "all were asked for" },
    { 0, "gains", DC_PACKING_AUTO, 1, "sparse is faster" },
    { 0, "small", DC_PACKING_AUTO, 1, "dense is faster" },
};

static void fill_reasons_net(dc_model *model)
{
    dc_rng rng;
    dc_rng_init(&rng, 4, 0);
    prune(model, &rng, 0);
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        const char *layer = model->nodes[param->node].name;
        const bool is_full = strcmp(layer, "full") == 0, is_thin = strcmp(layer, "gains") == 0;
        for (uint64_t k = 0; k < param->n_values; k++)
            if (param->role == DC_ROLE_WEIGHT && (is_full || (is_thin && k % 50 > 0)))
                param->values[k] = is_full ? 0.5f + (float)k : 0;
    }
}

static uint32_t weights_of(const dc_model *model, const char *layer)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (strcmp(model->nodes[model->params[i].node].name, layer) == 0 &&
            model->params[i].role == DC_ROLE_WEIGHT)
            return i;
    fail_msg("no layer '%s'", layer);
    return 0;
}

static void check_reason(const dc_model *model, const wanted_reason *wanted)
{
    const uint32_t param = weights_of(model, wanted->layer), node = model->params[param].node;
    dc_packing_choice c;
    dc_predictor *p;
    double dense, sparse;
    assert_ok(dc_predictor_new_packed(&p, model, wanted->n, wanted->packing));
    assert_true(dc_predictor_choice(&c, p, param));
    if (strcmp(c.reason, wanted->reason) != 0)
        fail_msg("%s of %u: '%s', not '%s'", wanted->layer, wanted->n, c.reason, wanted->reason);
    assert_true(c.is_sparse == dc_predictor_is_sparse(p, node));
    assert_true(isnan(c.dense_seconds) == !dc_predictor_expected(&dense, &sparse, p, node));
    assert_true(!c.is_sparse || !isnan(c.sparse_seconds));
    for (uint32_t i = 0; i < model->n_params; i++) /* biases have none */
        assert_true(dc_predictor_choice(&c, p, i) == dc_role_is_weight(model->params[i].role));
    dc_predictor_free(p);
}

static void choices_say_why(void **state)
{
    dc_packing_choice c;
    dc_predictor *p;
    dc_model *models[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        models[i] = net_of(reason_nets[i]);
        fill_reasons_net(models[i]);
    }
    assert_ok(dc_predictor_new(&p, models[0], 1, DC_PRECISION_F32));
    assert_false(dc_predictor_choice(&c, p, weights_of(models[0], "gains"))); /* nobody chose */
    dc_predictor_free(p);
    for (size_t i = 0; i < DC_COUNT_OF(wanted_reasons); i++)
        if (strncmp(dc_backend_text(), "onednn", 6) == 0)
            check_reason(models[wanted_reasons[i].net], &wanted_reasons[i]);
    assert_ok(dc_backend_limit("ref"));
    check_reason(models[0], &(wanted_reason){ 0, "gains", DC_PACKING_AUTO, 1,
                                              "the backend has no sparse products" });
    assert_ok(dc_backend_limit("auto"));
    dc_model_free(models[0]);
    dc_model_free(models[1]);
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
        cmocka_unit_test(choices_say_why),
        cmocka_unit_test(times_are_of_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
