/* SPDX-License-Identifier: MIT
 *
 * How fast a model file runs, dense and as it is kept: with one thread and with all, one sample at
 * a time and a batch in one call, and layer by layer. Engines take turns, so that what else the
 * machine does meanwhile slows all of them alike. Peaks of memory are those of processes of their
 * own (dc_run_apart), before this one computes anything.
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

#define SPEED(key, member, type, heading, over, factor, digits)                                   \
    { .name = key, .kind = type, .offset = offsetof(dc_bench_speed, member), .title = heading,    \
      .group = over, .scale = factor, .n_decimals = digits }
#define SPEED_BEGIN                                                                               \
    SPEED("jobs", n_jobs, DC_FIELD_U32, "threads", NULL, 0, 0),                                   \
    SPEED("name", name, DC_FIELD_TEXT, "engine", NULL, 0, 0),                                     \
    SPEED("one_seconds", one.seconds, DC_FIELD_NUMBER, "ms", "one sample", 1e3, 3),               \
    SPEED("one_samples_per_second", one.per_second, DC_FIELD_NUMBER, "samples/s", "one sample",   \
          1, 1),                                                                                  \
    SPEED("one_ratio", one.ratio, DC_FIELD_NUMBER, "ratio", "one sample", 1, 2)
#define SPEED_BATCH                                                                               \
    SPEED("batch_seconds", batch.seconds, DC_FIELD_NUMBER, "ms", "a batch", 1e3, 3),              \
    SPEED("batch_samples_per_second", batch.per_second, DC_FIELD_NUMBER, "samples/s", "a batch",  \
          1, 1),                                                                                  \
    SPEED("batch_ratio", batch.ratio, DC_FIELD_NUMBER, "ratio", "a batch", 1, 2)
#define SPEED_END                                                                                 \
    SPEED("peak_bytes", peak_bytes, DC_FIELD_NUMBER, "peak [MB]", NULL, 1e-6, 1), { 0 }

const dc_field dc_bench_speed_fields[] = { SPEED_BEGIN, SPEED_BATCH, SPEED_END };
const dc_field dc_bench_speed_fields_of_one[] = { SPEED_BEGIN, SPEED_END };

typedef struct bench {
    const dc_bench_settings *settings;
    const char *path;
    uint32_t batch_size; /* of what is timed now: 1, or that of the settings */
    uint32_t n_turns, n_done;
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
    const uint64_t n = b->batch_size * dc_shape_count(&model->nodes[0].shape);
    const uint64_t n_outputs = b->batch_size * (uint64_t)dc_model_n_outputs(model);
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

static dc_status open_engine(bench *b, uint32_t i, dc_bench_engine *out)
{
    const dc_read_mode mode = packings[i] == DC_PACKING_NONE ? DC_READ_DENSE : DC_READ_TO_RUN;
    const uint64_t left = dc_memory_left();
    const double began = dc_clock_seconds();
    DC_TRY(dc_model_read(&b->models[i], b->path, mode, 0, NULL, b->arena));
    if (packings[i] == DC_PACKING_NONE)
        DC_TRY(dc_predictor_new(&b->predictors[i], b->models[i], b->batch_size,
                                DC_PRECISION_F32));
    else
        DC_TRY(dc_predictor_new_packed(&b->predictors[i], b->models[i], b->batch_size,
                                       packings[i]));
    const double opened = dc_clock_seconds() - began;
    const double asked = dc_clock_seconds();
    DC_TRY(dc_predict(b->predictors[i], b->x, b->batch_size, b->y));
    out->name = dc_bench_engines[i];
    out->open_seconds = opened + dc_clock_seconds() - asked;
    out->memory_bytes = left - dc_memory_left();
    return DC_OK;
}

static void close_engines(bench *b)
{
    for (uint32_t i = 0; i < N; i++) {
        dc_predictor_free(b->predictors[i]);
        dc_model_free(b->models[i]);
        b->predictors[i] = NULL;
        b->models[i] = NULL;
    }
}

static void report_turn(bench *b)
{
    dc_progress("bench", ++b->n_done, b->n_turns, NULL);
}

static dc_status take_turns(bench *b)
{
    for (uint32_t turn = 0; turn < b->settings->n_repeats; turn++) {
        for (uint32_t i = 0; i < N; i++) {
            const double began = dc_clock_seconds();
            DC_TRY(dc_predict(b->predictors[i], b->x, b->batch_size, b->y));
            b->times[i][turn] = dc_clock_seconds() - began;
        }
        report_turn(b);
    }
    return DC_OK;
}

static dc_status time_layers(bench *b)
{
    const uint32_t n = b->settings->n_repeats, n_nodes = b->models[0]->n_nodes;
    for (uint32_t i = 0; i < N; i++)
        b->seconds[i] = dc_arena_take(b->arena, (uint64_t)n * n_nodes, sizeof *b->seconds[i]);
    DC_TRY(b->arena->status);
    for (uint32_t turn = 0; turn < n; turn++) {
        for (uint32_t i = 0; i < N; i++)
            DC_TRY(dc_predict_timed(b->predictors[i], b->x, b->batch_size, b->y,
                                    b->seconds[i] + (uint64_t)turn * n_nodes));
        report_turn(b);
    }
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

static void fill_engines(dc_bench_result *out)
{
    for (uint32_t i = 0; i < N; i++) {
        const dc_bench_pace *last = &out->speeds[out->n_speeds - N + i].batch;
        out->engines[i].seconds = last->seconds;
        out->engines[i].samples_per_second = last->per_second;
        out->engines[i].ratio = last->ratio;
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

/* ---- peaks of memory ---- */

/* One that opens the file and runs one sample, in a process that ends then. */
typedef struct alone {
    const bench *whole;
    uint32_t engine;
} alone;

static dc_status begin(bench *b)
{
    dc_model *shape;
    DC_TRY(dc_model_read(&shape, b->path, DC_READ_SHAPE, 0, NULL, b->arena));
    const dc_status status = draw_inputs(b, shape);
    dc_model_free(shape);
    return status;
}

static dc_status open_alone(void *payload, uint64_t index)
{
    const alone *a = payload;
    bench b = { .settings = a->whole->settings, .path = a->whole->path, .batch_size = 1,
                .arena = a->whole->arena };
    dc_bench_engine engine;
    (void)index;
    DC_TRY(begin(&b));
    return open_engine(&b, a->engine, &engine);
}

static dc_status measure_peaks(dc_bench_result *out, const bench *b)
{
    uint64_t grown;
    out->program_bytes = (double)dc_peak_memory_bytes();
    for (uint32_t i = 0; i < out->n_speeds; i++) {
        alone a = { b, i % N };
        dc_pool_set_jobs(out->speeds[i].n_jobs);
        DC_TRY(dc_run_apart(&grown, open_alone, &a));
        out->speeds[i].peak_bytes = out->program_bytes + (double)grown;
    }
    return DC_OK;
}

/* ---- the whole ---- */

static void list_speeds(dc_bench_result *out)
{
    const uint32_t jobs[] = { 1, out->n_jobs };
    out->n_speeds = out->n_jobs > 1 ? 2 * N : N;
    for (uint32_t i = 0; i < out->n_speeds; i++)
        out->speeds[i] = (dc_bench_speed){ .n_jobs = jobs[i / N], .name = dc_bench_engines[i % N] };
}

/* The engines, opened for as many samples and threads as there are now. */
static dc_status time_engines(dc_bench_result *out, bench *b, uint32_t first_speed)
{
    double dense = 0;
    for (uint32_t i = 0; i < N; i++)
        DC_TRY(open_engine(b, i, &out->engines[i]));
    DC_TRY(take_turns(b));
    for (uint32_t i = 0; i < N; i++) {
        dc_bench_speed *speed = &out->speeds[first_speed + i];
        const double seconds = median(b->times[i], b->settings->n_repeats);
        dense = i == 0 ? seconds : dense;
        speed->batch = (dc_bench_pace){ seconds, b->batch_size / seconds, dense / seconds };
        if (b->batch_size == 1)
            speed->one = speed->batch;
    }
    return DC_OK;
}

/* First one sample at a time, then the batch, which is open at the end: its layers are timed. */
static dc_status time_all(dc_bench_result *out, bench *b)
{
    for (uint32_t i = 0; i < N; i++) /* what libraries do once is of no engine */
        DC_TRY(open_engine(b, i, &out->engines[i]));
    for (uint32_t i = 0; i < out->n_speeds; i += N) {
        dc_pool_set_jobs(out->speeds[i].n_jobs);
        for (uint32_t k = out->batch_size > 1 ? 0 : 1; k < 2; k++) {
            close_engines(b);
            b->batch_size = k == 0 ? 1 : out->batch_size;
            DC_TRY(time_engines(out, b, i));
        }
    }
    DC_TRY(time_layers(b));
    out->n_together = dc_predictor_part(b->predictors[0]);
    fill_engines(out);
    return fill_layers(out, b);
}

static dc_status run(dc_bench_result *out, bench *b)
{
    const uint32_t n = b->settings->n_repeats;
    list_speeds(out);
    DC_TRY(measure_peaks(out, b));
    DC_TRY(begin(b));
    for (uint32_t i = 0; i < N; i++)
        b->times[i] = dc_arena_take(b->arena, n, sizeof *b->times[i]);
    DC_TRY(b->arena->status);
    b->n_turns = n * (1 + out->n_speeds / N * (out->batch_size > 1 ? 2 : 1));
    return time_all(out, b);
}

dc_status dc_bench_model(dc_bench_result *out, const char *path, const dc_bench_settings *settings,
                         dc_arena *arena)
{
    const uint32_t n_jobs = dc_pool_jobs();
    bench b = { .settings = settings, .path = path, .batch_size = settings->batch_size,
                .arena = arena };
    *out = (dc_bench_result){ .batch_size = settings->batch_size,
                              .n_repeats = settings->n_repeats, .n_jobs = n_jobs };
    const dc_status status = run(out, &b);
    close_engines(&b);
    dc_pool_set_jobs(n_jobs);
    return status;
}
