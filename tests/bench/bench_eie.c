/* SPDX-License-Identifier: MIT
 *
 * How fast the accelerator is simulated: bench_eie [REPEATS [PES]].
 *
 * The nine layers of the paper, synthetic; each run many times on one thread. Prints PE-cycles per
 * second (cycles x PEs / seconds of the processor, which a busy machine does not stretch), the
 * median of the repeats, and of all layers together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dcomp/eie.h"

#define MAX_REPEATS 101

typedef struct bench {
    dc_arena arena;
    dc_eie_config config;
    dc_csc matrix;
    dc_eie_layer *layer;
    dc_eie_machine *machine;
    int32_t *input, *output;
    dc_eie_counters counters;
} bench;

static void stop(const char *what)
{
    fprintf(stderr, "bench_eie: %s: %s\n", what, dc_message());
    exit(1);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void prepare(bench *b, const dc_published_layer *p, uint64_t seed)
{
    const dc_fixed_format format = { 14, 14, 8 };
    dc_packed packed;
    if (dc_synthetic_weights(&packed, p->n_rows, p->n_cols, p->weight_density, 4, seed, &b->arena) <
        0)
        stop(p->name);
    double *x = dc_arena_take(&b->arena, p->n_cols, sizeof *x);
    b->input = dc_arena_take(&b->arena, p->n_cols, sizeof *b->input);
    b->output = dc_arena_take(&b->arena, p->n_rows, sizeof *b->output);
    if (dc_csc_of(&b->matrix, &packed, 0, p->n_rows, NULL, &b->arena) < 0 ||
        dc_eie_layer_new(&b->layer, &b->matrix, &b->config, p->name, true, &b->arena) < 0 ||
        dc_eie_machine_new(&b->machine, &b->config) < 0)
        stop(p->name);
    dc_eie_layer_set_format(b->layer, &format);
    dc_synthetic_inputs(x, p->n_cols, p->act_density, seed);
    for (uint32_t j = 0; j < p->n_cols; j++)
        b->input[j] = dc_fixed_of(x[j], format.input, 16);
}

static double time_run(bench *b)
{
    const clock_t start = clock();
    b->counters = (dc_eie_counters){ 0 };
    if (dc_eie_machine_run(b->machine, b->layer, b->input, b->output, &b->counters) < 0)
        stop("run");
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    const int asked = argc > 1 ? atoi(argv[1]) : 9;
    const int n_repeats = asked < 1 ? 1 : asked > MAX_REPEATS ? MAX_REPEATS : asked;
    double all_pe_cycles = 0, all_seconds = 0;
    for (uint32_t i = 0; i < dc_eie_published.n_layers; i++) {
        const dc_published_layer *p = &dc_eie_published.layers[i];
        bench b = { .config = dc_eie_defaults() };
        double seconds[MAX_REPEATS];
        b.config.n_pes = argc > 2 ? (uint32_t)atoi(argv[2]) : 64;
        prepare(&b, p, 1 + i);
        for (int r = 0; r < n_repeats; r++)
            seconds[r] = time_run(&b);
        qsort(seconds, (size_t)n_repeats, sizeof *seconds, compare_doubles);
        const double median = seconds[n_repeats / 2];
        const double pe_cycles = (double)b.counters.cycles * b.config.n_pes;
        printf("%-8s  %7.2f ms  %6.1f million PE-cycles/s (best %.1f)\n", p->name, median * 1e3,
               pe_cycles / median / 1e6, pe_cycles / seconds[0] / 1e6);
        all_pe_cycles += pe_cycles;
        all_seconds += median;
        dc_eie_machine_free(b.machine);
        dc_arena_clear(&b.arena);
    }
    printf("all       %7.2f ms  %6.1f million PE-cycles/s\n", all_seconds * 1e3,
           all_pe_cycles / all_seconds / 1e6);
    return 0;
}
