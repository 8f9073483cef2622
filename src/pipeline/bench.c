/* SPDX-License-Identifier: MIT
 *
 * How fast a model file runs, dense and as it is kept. Engines take turns, so that what else the
 * machine does meanwhile slows all of them alike.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/format.h"
#include "dcomp/nn.h"
#include "dcomp/pipeline.h"

#define N DC_BENCH_ENGINES

const char *const dc_bench_engines[N] = { "float", "packed", "auto" };
static const dc_packing packings[N] = { DC_PACKING_NONE, DC_PACKING_ALL, DC_PACKING_AUTO };

const dc_field dc_bench_fields[] = {
    { .name = "batch", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_settings, batch_size),
      .min = 1, .max = 65536, .unit = "samples", .help = "at a time" },
    { .name = "repeats", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_settings, n_repeats),
      .min = 1, .max = 10000, .help = "turns, of which the medians are shown" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = offsetof(dc_bench_settings, seed),
      .max = INFINITY, .help = "of the inputs" },
    { 0 },
};

#define ENGINE(member, type, heading, factor, digits)                                             \
    { .name = #member, .kind = type, .offset = offsetof(dc_bench_engine, member),                 \
      .title = heading, .scale = factor, .n_decimals = digits }

const dc_field dc_bench_engine_fields[] = {
    ENGINE(name, DC_FIELD_TEXT, "engine", 0, 0),
    ENGINE(open_seconds, DC_FIELD_NUMBER, "open [ms]", 1e3, 1),
    ENGINE(seconds, DC_FIELD_NUMBER, "batch [ms]", 1e3, 3),
    ENGINE(samples_per_second, DC_FIELD_NUMBER, "samples/s", 1, 1),
    ENGINE(ratio, DC_FIELD_NUMBER, "ratio", 1, 2),
    ENGINE(memory_bytes, DC_FIELD_U64, "bytes", 0, 0),
    { 0 },
};

#define LAYER(key, member, type, heading, factor, digits)                                         \
    { .name = key, .kind = type, .offset = offsetof(dc_bench_layer, member), .title = heading,    \
      .scale = factor, .n_decimals = digits }

const dc_field dc_bench_layer_fields[] = {
    LAYER("name", name, DC_FIELD_TEXT, "layer", 0, 0),
    LAYER("op", op, DC_FIELD_TEXT, "op", 0, 0),
    LAYER("density", density, DC_FIELD_NUMBER, "density %", 100, 1),
    LAYER("float_seconds", seconds[0], DC_FIELD_NUMBER, "float [ms]", 1e3, 3),
    LAYER("packed_seconds", seconds[1], DC_FIELD_NUMBER, "packed [ms]", 1e3, 3),
    LAYER("auto_seconds", seconds[2], DC_FIELD_NUMBER, "auto [ms]", 1e3, 3),
    LAYER("expected_float_seconds", expected[0], DC_FIELD_NUMBER, "expected [ms]", 1e3, 3),
    LAYER("expected_packed_seconds", expected[1], DC_FIELD_NUMBER, "sparse [ms]", 1e3, 3),
    LAYER("ratio", ratio, DC_FIELD_NUMBER, "ratio", 1, 2),
    LAYER("chosen", chosen, DC_FIELD_TEXT, "auto takes", 0, 0),
    { 0 },
};

typedef struct bench {
    const dc_bench_settings *settings;
    dc_model *models[N];
    dc_predictor *predictors[N];
    float *x, *y;
    double *times[N];   /* (repeats)          */
    double *seconds[N]; /* (repeats, n_nodes) */
    dc_arena *arena;
} bench;

/* Numbers, or symbols where the input is looked up in a table. */
static dc_status draw_inputs(bench *b, const dc_model *model)
{
    const uint32_t n_symbols = dc_model_n_symbols(model);
    const uint64_t n = b->settings->batch_size * dc_shape_count(&model->nodes[0].shape);
    const uint64_t n_outputs = b->settings->batch_size * (uint64_t)dc_model_n_outputs(model);
    dc_rng rng;
    b->x = dc_arena_take(b->arena, n, sizeof *b->x);
    b->y = dc_arena_take(b->arena, n_outputs, sizeof *b->y);
    DC_TRY(b->arena->status);
    dc_rng_init(&rng, b->settings->seed, 0);
    for (uint64_t i = 0; i < n; i++)
        b->x[i] = n_symbols > 0 ? (float)dc_rng_below(&rng, n_symbols)
                                : (float)dc_rng_normal(&rng);
    return DC_OK;
}

static dc_status open_engine(bench *b, uint32_t i, const char *path, dc_bench_engine *out)
{
    const dc_read_mode mode = packings[i] == DC_PACKING_NONE ? DC_READ_DENSE : DC_READ_PACKED;
    const uint64_t left = dc_memory_left();
    const double began = dc_clock_seconds();
    DC_TRY(dc_model_read(&b->models[i], path, mode, 0, NULL, b->arena));
    if (packings[i] == DC_PACKING_NONE)
        DC_TRY(dc_predictor_new(&b->predictors[i], b->models[i], b->settings->batch_size,
                                DC_PRECISION_F32));
    else
        DC_TRY(dc_predictor_new_packed(&b->predictors[i], b->models[i], b->settings->batch_size,
                                       packings[i]));
    const double opened = dc_clock_seconds() - began;
    const double asked = dc_clock_seconds();
    DC_TRY(dc_predict(b->predictors[i], b->x, b->settings->batch_size, b->y));
    out->name = dc_bench_engines[i];
    out->open_seconds = opened + dc_clock_seconds() - asked;
    out->memory_bytes = left - dc_memory_left();
    return DC_OK;
}

static void close_engine(bench *b, uint32_t i)
{
    dc_predictor_free(b->predictors[i]);
    dc_model_free(b->models[i]);
    b->predictors[i] = NULL;
    b->models[i] = NULL;
}

static dc_status take_turns(bench *b)
{
    const uint32_t n = b->settings->n_repeats, n_nodes = b->models[0]->n_nodes;
    for (uint32_t i = 0; i < N; i++) {
        b->times[i] = dc_arena_take(b->arena, n, sizeof *b->times[i]);
        b->seconds[i] = dc_arena_take(b->arena, (uint64_t)n * n_nodes, sizeof *b->seconds[i]);
    }
    DC_TRY(b->arena->status);
    for (uint32_t turn = 0; turn < 2 * n; turn++) {
        dc_progress("bench", turn, 2 * (uint64_t)n, NULL);
        for (uint32_t i = 0; i < N; i++) {
            const double began = dc_clock_seconds();
            if (turn < n) {
                DC_TRY(dc_predict(b->predictors[i], b->x, b->settings->batch_size, b->y));
                b->times[i][turn] = dc_clock_seconds() - began;
            } else
                DC_TRY(dc_predict_timed(b->predictors[i], b->x, b->settings->batch_size, b->y,
                                        b->seconds[i] + (uint64_t)(turn - n) * n_nodes));
        }
    }
    dc_progress("bench", 2 * (uint64_t)n, 2 * (uint64_t)n, NULL);
    return DC_OK;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
    qsort(values, n, sizeof *values, by_size);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* ---- results ---- */

static void fill_engines(dc_bench_result *out, const bench *b)
{
    for (uint32_t i = 0; i < N; i++) {
        dc_bench_engine *e = &out->engines[i];
        e->seconds = median(b->times[i], b->settings->n_repeats);
        e->samples_per_second = b->settings->batch_size / e->seconds;
        e->ratio = out->engines[0].seconds / e->seconds;
    }
}

static double density_of(const dc_model *model, const dc_node *node)
{
    if (node->kind->n_params == 0 || dc_node_param(node, 0) == DC_NONE)
        return NAN;
    const dc_param *param = &model->params[dc_node_param(node, 0)];
    return dc_role_is_weight(param->role)
               ? (double)dc_param_n_nonzero(param) / (double)param->n_values
               : NAN;
}

static dc_bench_layer layer_of(const bench *b, uint32_t node, double *scratch)
{
    const dc_model *model = b->models[0]; /* the dense one */
    const dc_node *of = &model->nodes[node];
    dc_bench_layer l = { .name = of->name, .op = of->kind->name, .chosen = "",
                         .density = density_of(model, of) };
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t turn = 0; turn < b->settings->n_repeats; turn++)
            scratch[turn] = b->seconds[i][(uint64_t)turn * model->n_nodes + node];
        l.seconds[i] = median(scratch, b->settings->n_repeats);
        l.is_sparse[i] = dc_predictor_is_sparse(b->predictors[i], node);
    }
    l.ratio = l.seconds[0] / l.seconds[1];
    if (!dc_predictor_expected(&l.expected[0], &l.expected[1], b->predictors[2], node))
        l.expected[0] = l.expected[1] = NAN;
    if (l.is_sparse[1])
        l.chosen = l.is_sparse[2] ? "sparse" : "dense";
    return l;
}

static dc_status fill_layers(dc_bench_result *out, const bench *b)
{
    const dc_model *model = b->models[0];
    double *scratch = dc_arena_take(b->arena, b->settings->n_repeats, sizeof *scratch);
    out->layers = dc_arena_take(b->arena, model->n_nodes, sizeof *out->layers);
    DC_TRY(b->arena->status);
    for (uint32_t node = 1; node < model->n_nodes; node++) {
        const dc_bench_layer l = layer_of(b, node, scratch);
        if (l.seconds[0] > 0 || l.seconds[1] > 0) {
            out->layers[out->n_layers] = l;
            out->layers[out->n_layers].name = dc_arena_text(b->arena, l.name);
            out->n_layers++;
        }
    }
    return b->arena->status;
}

static dc_status run(dc_bench_result *out, bench *b, const char *path)
{
    dc_model *shape;
    DC_TRY(dc_model_read(&shape, path, DC_READ_SHAPE, 0, NULL, b->arena));
    const dc_status status = draw_inputs(b, shape);
    dc_model_free(shape);
    DC_TRY(status);
    for (uint32_t i = 0; i < 2 * N; i++) { /* twice: what libraries do once is of no engine */
        if (i >= N)
            close_engine(b, i - N);
        DC_TRY(open_engine(b, i % N, path, &out->engines[i % N]));
    }
    DC_TRY(take_turns(b));
    fill_engines(out, b);
    return fill_layers(out, b);
}

dc_status dc_bench_model(dc_bench_result *out, const char *path, const dc_bench_settings *settings,
                         dc_arena *arena)
{
    bench b = { .settings = settings, .arena = arena };
    *out = (dc_bench_result){ .batch_size = settings->batch_size,
                              .n_repeats = settings->n_repeats, .n_jobs = dc_pool_jobs() };
    const dc_status status = run(out, &b, path);
    for (uint32_t i = 0; i < N; i++)
        close_engine(&b, i);
    return status;
}
