/* SPDX-License-Identifier: MIT
 *
 * Networks on the array, small enough to run in full: architectures of all kinds, shared weights,
 * samples of noise, and what a plan, a walk or a batch makes of them.
 */
#ifndef DCOMP_TESTS_ARRAY_CASE_H
#define DCOMP_TESTS_ARRAY_CASE_H

#include "test.h"

#include "array_net.h"
#include "dcomp/eie.h"
#include "small_run.h"

enum { MAX_VALUES = 2048, N_SAMPLES = 6 };

/* "name":... of a model whose input is `shape`. */
#define NET(shape, layers)                                                                      \
    "{\"name\":\"net\",\"input\":{\"shape\":" shape "},\"layers\":[" layers "]}"
#define LAYER(name, op, more) "{\"name\":\"" name "\",\"op\":\"" op "\"" more "}"
#define CONV(name, more) LAYER(name, "conv", more)
#define FC(name, n) LAYER(name, "linear", ",\"n_outputs\":" n)
#define RELU(name) LAYER(name, "relu", "")
#define FROM(names) ",\"inputs\":[" names "]"

/* ---- models and samples --------------------------------------------------------------------- */

/* Sample i is noise by (seed, i), about half of it zero. */
static inline dc_status noise_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                   uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    (void)labels;
    for (uint32_t i = 0; i < n; i++) {
        dc_rng rng;
        dc_rng_init(&rng, 77, indices[i]);
        for (uint64_t k = 0; k < n_values; k++)
            x[i * n_values + k] =
                dc_rng_below(&rng, 2) == 0 ? (float)dc_rng_normal(&rng) : 0;
    }
    return DC_OK;
}

static inline dc_source noise(const dc_shape *shape)
{
    return (dc_source){ .n_samples = N_SAMPLES, .shape = *shape, .text = "noise",
                        .read = noise_read, .close = counting_close };
}

/* Few shared values a layer, biases that are not zero. */
static inline dc_model *shared_model(const char *architecture, double bits)
{
    dc_model *model = model_of(architecture);
    dc_quantize_settings settings = dc_quantize_defaults();
    const dc_rule rule = { "*", bits };
    dc_rng rng;
    dc_rng_init(&rng, 3, 0);
    dc_model_init(model, DC_INIT_XAVIER, 9);
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t k = 0; k < model->params[i].n_values; k++)
            if (model->params[i].role == DC_ROLE_BIAS || model->params[i].role == DC_ROLE_VALUE)
                model->params[i].values[k] = (float)dc_rng_unit(&rng) - 0.5f;
    settings.bits = (dc_rules){ 1, &rule };
    assert_ok(dc_quantize(model, &settings, NULL));
    return model;
}

typedef struct net_case {
    dc_arena arena;
    dc_model *model;
    dc_source source;
    dc_eie_config machine;
    array_net net;
} net_case;

static inline void case_plan(net_case *c, const char *architecture, const dc_eie_config *config)
{
    dc_pool_set_jobs(1); /* on a busy machine more would only wait for each other */
    memset(c, 0, sizeof *c);
    c->model = shared_model(architecture, 3);
    c->source = noise(&c->model->input.shape);
    c->machine = *config;
    assert_ok(array_net_new(&c->net, c->model, &dc_accelerator_eie, &c->machine, "", &c->arena));
}

static inline void case_begin(net_case *c, const char *architecture, uint32_t precision,
                              bool for_machine)
{
    dc_eie_config config = dc_eie_defaults();
    config.precision = precision;
    config.n_pes = 3;
    case_plan(c, architecture, &config);
    assert_ok(array_net_calibrate(&c->net, &c->source, 64));
    assert_ok(array_net_lay(&c->net, for_machine));
}

static inline void case_end(net_case *c)
{
    dc_arena_clear(&c->arena);
    dc_model_free(c->model);
}

/* All samples of the source at once. */
static inline void read_all(float *x, const dc_source *source)
{
    static const uint64_t indices[N_SAMPLES] = { 0, 1, 2, 3, 4, 5 };
    assert_true(N_SAMPLES * dc_shape_count(&source->shape) <= MAX_VALUES);
    assert_ok(source->read(source, indices, N_SAMPLES, 0, x, NULL));
}

/* Outputs y (N_SAMPLES, classes); sums of all lanes' counters. */
static inline void run_batch(float *y, dc_eie_counters *counters, uint64_t *n_differing,
                             net_case *c, bool has_machine)
{
    static float x[MAX_VALUES];
    array_batch batch;
    read_all(x, &c->source);
    assert_true(N_SAMPLES * dc_model_n_outputs(c->model) <= MAX_VALUES);
    assert_ok(array_batch_open(&batch, &c->net, has_machine, N_SAMPLES, &c->arena));
    const dc_batch samples = { .n = N_SAMPLES, .x = x };
    assert_ok(array_batch_run(&batch, &samples, y));
    *counters = (dc_eie_counters){ 0 };
    *n_differing = 0;
    for (uint32_t l = 0; l < batch.n_lanes; l++)
        for (uint32_t a = 0; a < c->net.n_arrays; a++) {
            dc_counters_add(counters, array_lane_counters(&batch.lanes[l], a),
                            dc_eie_counter_fields);
            *n_differing += batch.lanes[l].n_differing[a];
        }
    array_batch_close(&batch);
}

static inline const array_node *array_of(const net_case *c, const char *node)
{
    const uint32_t index = c->net.array_index[dc_model_node(c->model, node)];
    assert_true(index != DC_NONE);
    return &c->net.arrays[index];
}

static inline node_kind kind_of(const net_case *c, const char *node)
{
    return c->net.kinds[dc_model_node(c->model, node)];
}

/* ---- architectures -------------------------------------------------------------------------- */

static const char plain[] = NET("[2,7,6]",
    CONV("conv", ",\"n_outputs\":5,\"kernel\":3") "," RELU("relu") ","
    LAYER("pool", "max_pool", ",\"kernel\":2") "," FC("fc", "4"));

static const char branches[] = NET("[2,6,6]",
    CONV("conv1", ",\"n_outputs\":4,\"kernel\":3,\"pad\":1") "," RELU("relu1") ","
    CONV("conv2", ",\"n_outputs\":4,\"kernel\":3,\"pad\":1") ","
    LAYER("sum", "add", FROM("\"relu1\",\"conv2\"")) "," RELU("relu2") ","
    CONV("conv3", ",\"n_outputs\":3" FROM("\"conv2\"")) ","
    LAYER("all", "concat", FROM("\"relu2\",\"conv3\"")) ","
    LAYER("norm", "batch_norm", "") "," LAYER("lrn", "lrn", "") ","
    LAYER("mean", "average_pool", ",\"kernel\":2") "," LAYER("drop", "dropout", "") ","
    LAYER("flat", "flatten", "") "," FC("fc", "5") "," LAYER("top", "softmax", ""));

#define DIMS(dims) ",\"dims\":" dims

/* A front of constants, squeeze and excite, shuffled channels. */
static const char gates[] = NET("[2,6,5]",
    LAYER("k", "constant", DIMS("[2,1,1]")) "," LAYER("in", "add", FROM("\"k\",\"input\"")) ","
    CONV("conv1", ",\"n_outputs\":4,\"kernel\":3,\"pad\":1") "," LAYER("clip", "clip", "") ","
    LAYER("mean", "global_average_pool", "") "," LAYER("as1", "reshape", DIMS("[4,1,1]")) ","
    CONV("conv2", ",\"n_outputs\":4") "," LAYER("gate", "hard_sigmoid", "") ","
    LAYER("gated", "mul", FROM("\"clip\",\"gate\"")) ","
    LAYER("groups", "reshape", DIMS("[2,2,6,5]")) ","
    LAYER("turn", "transpose", DIMS("[2,1,3,4]")) ","
    LAYER("shuffled", "reshape", DIMS("[4,6,5]")) ","
    LAYER("half", "slice", ",\"begin\":1,\"size\":3") "," LAYER("wide", "pad", ",\"pad\":1") ","
    CONV("conv3", ",\"n_outputs\":3,\"kernel\":3") "," LAYER("swish", "hard_swish", "") ","
    LAYER("slopes", "prelu", "") "," FC("fc", "5"));

static const char *const all_kinds_of_convolution[] = {
    plain,
    branches,
    gates,
    NET("[3,9,8]", CONV("c", ",\"n_outputs\":4,\"kernel\":[3,2],\"stride\":[2,3],"
                        "\"pad\":[1,0,2,1]")),
    NET("[4,6,6]", CONV("c1", ",\"n_outputs\":6,\"kernel\":3,\"pad\":1,\"groups\":2") ","
        RELU("r") "," CONV("c2", ",\"n_outputs\":3,\"kernel\":2,\"groups\":3") "," FC("fc", "3")),
    NET("[4,5,5]", CONV("depth", ",\"n_outputs\":4,\"kernel\":3,\"groups\":4") "," RELU("r")),
    NET("[2,9,9]", CONV("c", ",\"n_outputs\":3,\"kernel\":[3,2],\"dilation\":[2,3],\"pad\":1")),
    NET("[2,5,5]", CONV("c", ",\"n_outputs\":3,\"kernel\":3,\"bias\":false") ","
        LAYER("g", "global_average_pool", "") ","
        LAYER("fc", "linear", ",\"n_outputs\":3,\"bias\":false")),
    NET("[3,4,4]", FC("fc1", "9") "," RELU("r") "," FC("fc2", "4")), /* flattens a picture */
    NET("[3,4,5]", LAYER("rows", "linear", ",\"n_outputs\":6,\"axis\":2") "," RELU("r") ","
        LAYER("planes", "linear", ",\"n_outputs\":4,\"axis\":1") "," LAYER("curve", "gelu", "") ","
        LAYER("shares", "softmax", ",\"axis\":1") "," FC("fc", "3") ","
        LAYER("logs", "log_softmax", "")), /* several vectors a sample */
    NET("[12]", FC("fc1", "9") "," RELU("r1") "," FC("fc2", "7") "," RELU("r2") "," FC("fc3", "3")),
};

#endif
