/* SPDX-License-Identifier: MIT
 *
 * Layers that no file holds: seeded weights and inputs of stated densities, among them the nine of
 * the paper [EIE table III], on one machine or on several, with the same weights and inputs for
 * all. Layers are independent and run on all cores.
 */
#include "simulate_internal.h"

#include <math.h>
#include <string.h>

typedef struct synthetic_job {
    uint32_t n_machines;
    const dc_synthetic_layer *layers;
    const dc_simulate_settings *settings;
    dc_simulate_result *results; /* (n_machines), which know their machines */
    pace pace;                   /* each layer once made, and on each machine laid out and run */
} synthetic_job;

/* One layer: what does not depend on the machine. */
typedef struct synthetic {
    const dc_synthetic_layer *spec;
    dc_packed packed;
    dc_csc matrix;
    double *x, *y; /* in float */
    double largest_sum;
    dc_arena *arena;
    pace *pace;
} synthetic;

static uint64_t entries_of(const dc_synthetic_layer *spec)
{
    return (uint64_t)(spec->weight_density * spec->n_rows * spec->n_cols);
}

static dc_status make_layer(synthetic *s, const dc_synthetic_layer *spec, uint32_t code_bits,
                            uint64_t seed, dc_arena *arena)
{
    s->spec = spec;
    s->arena = arena;
    DC_TRY(dc_synthetic_weights(&s->packed, spec->n_rows, spec->n_cols, spec->weight_density,
                                code_bits, seed, arena));
    const float *bias = dc_arena_take(arena, spec->n_rows, sizeof *bias); /* zeros, as the paper */
    s->x = dc_arena_take(arena, spec->n_cols, sizeof *s->x);
    s->y = dc_arena_take(arena, spec->n_rows, sizeof *s->y);
    DC_TRY(arena->status);
    DC_TRY(dc_csc_of(&s->matrix, &s->packed, 0, spec->n_rows, bias, arena));
    dc_synthetic_inputs(s->x, spec->n_cols, spec->act_density, seed);
    s->largest_sum = dc_csc_apply(s->y, &s->matrix, s->x);
    pace_add(s->pace, entries_of(spec), spec->name);
    return DC_OK;
}

static double output_error(const synthetic *s, const int32_t *output, int32_t fraction)
{
    double wrong = 0, whole = 0;
    for (uint32_t i = 0; i < s->spec->n_rows; i++) {
        const double exact = DC_MAX(s->y[i], 0);
        const double difference = dc_fixed_value(output[i], fraction) - exact;
        wrong += difference * difference;
        whole += exact * exact;
    }
    return whole > 0 ? sqrt(wrong / whole) : 0;
}

/* Run and oracle on the machine of `result`, into its layer `index`. */
static dc_status fill_layer(const dc_simulate_result *result, uint64_t index, const synthetic *s,
                            const dc_simulate_settings *settings, dc_arena *scratch)
{
    const dc_accelerator *accelerator = result->accelerator;
    const void *config = result->machine;
    const uint32_t n_bits = result->facts.n_bits;
    dc_simulate_layer *out = &result->layers[index];
    dc_product product = { .name = s->spec->name, .packed = &s->packed, .matrix = &s->matrix,
                           .has_relu = true,
                           .format = dc_fixed_format_choose(1, result->facts.weight_bits, 1,
                                                             s->largest_sum, n_bits) };
    void *layer, *oracle, *machine;
    int32_t *input = dc_arena_take(scratch, s->spec->n_cols, sizeof *input);
    int32_t *output = dc_arena_take(scratch, s->spec->n_rows, sizeof *output);
    int32_t *expected = dc_arena_take(scratch, s->spec->n_rows, sizeof *expected);
    DC_TRY(scratch->status);
    dc_fixed_format_settle(&product.format, n_bits);
    for (uint32_t j = 0; j < s->spec->n_cols; j++)
        input[j] = dc_fixed_of(s->x[j], product.format.input, n_bits);
    DC_TRY(accelerator->lay(&layer, &out->layout, &product, config, scratch));
    DC_TRY(accelerator->oracle(&oracle, &product, config, scratch));
    pace_add(s->pace, entries_of(s->spec), s->spec->name);
    pace_product pace_of = { .pace = s->pace, .n = entries_of(s->spec), .what = s->spec->name };
    DC_TRY(accelerator->open(&machine, config, pace_product_report, &pace_of));
    const dc_status status = accelerator->run(machine, layer, input, output, out->counters);
    accelerator->close(machine);
    DC_TRY(status);
    accelerator->ask(oracle, input, expected);
    accelerator->figures(&out->figures, out->counters, config);
    out->n_differing = memcmp(output, expected, s->spec->n_rows * sizeof *output) != 0;
    out->format = product.format;
    out->output_error = output_error(s, output, product.format.output);
    if (settings->sram_folder == NULL)
        return DC_OK;
    return simulate_emit(settings, layer, s->spec->name, input, expected, out->figures.cycles);
}

static dc_status run_layer(synthetic_job *job, uint64_t index, const synthetic *s)
{
    for (uint32_t m = 0; m < job->n_machines; m++) {
        dc_arena scratch = { 0 };
        dc_simulate_layer *out = &job->results[m].layers[index];
        *out = (dc_simulate_layer){ .name = s->spec->name,
                                    .kind = "linear",
                                    .n_rows = s->spec->n_rows,
                                    .n_cols = s->spec->n_cols,
                                    .n_parts = 1,
                                    .n_weights = (uint64_t)s->spec->n_rows * s->spec->n_cols,
                                    .n_nonzero = s->packed.n_nonzero,
                                    .counters = out->counters };
        const dc_status status = fill_layer(&job->results[m], index, s, job->settings, &scratch);
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    return DC_OK;
}

static dc_status layer_task(void *payload, uint64_t index)
{
    synthetic_job *job = payload;
    const dc_synthetic_layer *spec = &job->layers[index];
    dc_arena arena = { 0 };
    synthetic s = { .pace = &job->pace };
    uint32_t code_bits = UINT32_MAX; /* that every machine can name */
    for (uint32_t m = 0; m < job->n_machines; m++)
        code_bits = DC_MIN(code_bits, job->results[m].facts.code_bits);
    dc_status status = make_layer(&s, spec, code_bits, job->settings->seed + index, &arena);
    if (status == DC_OK)
        status = run_layer(job, index, &s);
    dc_arena_clear(&arena);
    return status;
}

dc_status simulate_begin_synthetic(dc_simulate_result *out, const dc_simulate_settings *settings,
                                   const void *machine, uint32_t n_layers, dc_arena *arena)
{
    const dc_accelerator *accelerator = settings->accelerator;
    DC_TRY(accelerator->check(machine));
    *out = (dc_simulate_result){
        .source = dc_arena_print(arena, "seeded random weights and inputs, seed %llu",
                                 (unsigned long long)settings->seed),
        .host_ops = "",
        .eval = { .n_samples = 1, .top1 = (double)NAN, .top5 = (double)NAN, .loss = (double)NAN },
    };
    DC_TRY(simulate_begin(out, accelerator, machine, n_layers, arena));
    for (uint32_t i = 0; i < n_layers; i++)
        out->layers[i].counters = dc_arena_take(arena, accelerator->counters_bytes, 1);
    return arena->status;
}

dc_status dc_simulate_synthetic(dc_simulate_result *out, const void *machines, uint32_t n_machines,
                                const dc_synthetic_layer *layers, uint32_t n_layers,
                                const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_simulate_settings whole;
    DC_TRY(simulate_complete(&whole, settings, arena));
    DC_TRY(simulate_check_watchers(&whole));
    synthetic_job job = { .n_machines = n_machines, .layers = layers, .settings = &whole,
                          .results = out };
    for (uint32_t m = 0; m < n_machines; m++)
        DC_TRY(simulate_begin_synthetic(&out[m], &whole,
                                        (const char *)machines +
                                            m * whole.accelerator->config_bytes,
                                        n_layers, arena));
    for (uint32_t i = 0; i < n_layers; i++)
        job.pace.n_all += (1 + 2 * (uint64_t)n_machines) * entries_of(&layers[i]);
    const unsigned mark = dc_work_enter(1, "simulate");
    const dc_status status = dc_pool_run(n_layers, layer_task, &job);
    dc_work_leave(mark);
    DC_TRY(status);
    for (uint32_t m = 0; m < n_machines; m++)
        DC_TRY(simulate_sum(&out[m], arena));
    return arena->status;
}

const dc_synthetic_layer *dc_benchmark_layers(uint32_t *n_layers,
                                              const dc_accelerator *accelerator, dc_arena *arena)
{
    const dc_published *published = accelerator->published;
    const uint32_t n = published != NULL ? published->n_layers : 0;
    dc_synthetic_layer *layers = dc_arena_take(arena, n, sizeof *layers);
    for (uint32_t i = 0; layers != NULL && i < n; i++) {
        const dc_published_layer *p = &published->layers[i];
        layers[i] = (dc_synthetic_layer){ p->name, p->n_rows, p->n_cols, p->weight_density,
                                          p->act_density };
    }
    *n_layers = layers != NULL ? n : 0;
    return layers;
}
