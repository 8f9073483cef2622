/* SPDX-License-Identifier: MIT
 *
 * The coders of levels on one core: bench_levels [REPEATS]. Layers like those of VGG-16 and
 * SqueezeNet with random levels; the least user time of the repeats counts. A decision is a bit
 * that is coded with a probability of its own.
 */
#include "dcomp/entropy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 8u /* the largest level */

typedef struct sample {
    const char *name;
    dc_level_shape shape;
    double density;
} sample;

static const sample samples[] = { { "fully connected, 4 %", { 2048, 4096, 1, 1 }, 0.04 },
                                  { "convolution, 35 %", { 256, 256, 3, 3 }, 0.35 },
                                  { "convolution, dense", { 128, 128, 3, 3 }, 1 } };

static void stop(const char *what)
{
    fprintf(stderr, "bench_levels: %s: %s\n", what, dc_message());
    exit(1);
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Returns the number of decisions. */
static uint64_t draw(int16_t *levels, uint64_t n, double density)
{
    dc_rng rng;
    uint64_t n_decisions = n;
    dc_rng_init(&rng, 1, 0);
    for (uint64_t i = 0; i < n; i++) {
        levels[i] = 0;
        if (dc_rng_unit(&rng) >= density)
            continue;
        const uint32_t size = 1 + (uint32_t)(-log(1 - dc_rng_unit(&rng)) * 1.5);
        const int level = (int)DC_MIN(size, MOST);
        levels[i] = (int16_t)(dc_rng_unit(&rng) < 0.5 ? -level : level);
        n_decisions += 1 + DC_MIN((uint32_t)level, MOST - 1);
    }
    return n_decisions;
}

static void time_coder(const dc_level_coder *coder, const sample *kind, int n_repeats)
{
    const dc_level_shape *shape = &kind->shape;
    const uint64_t n = (uint64_t)shape->n_rows * shape->n_inputs * shape->height * shape->width;
    int16_t *levels = dc_grow(NULL, n, sizeof *levels), *decoded = dc_grow(NULL, n, sizeof *levels);
    if (levels == NULL || decoded == NULL)
        stop("memory");
    const uint64_t n_decisions = draw(levels, n, kind->density);
    dc_level_stream s = { .shape = *shape, .levels = levels, .n_above = MOST, .n_below = MOST };
    double encode = INFINITY, decode = INFINITY;
    dc_writer w;
    for (int i = 0; i < n_repeats; i++) {
        dc_writer_init(&w, UINT64_C(1) << 30);
        double start = processor_seconds();
        coder->encode(&w, &s);
        encode = fmin(encode, processor_seconds() - start);
        start = processor_seconds();
        if (w.status != DC_OK || dc_levels_decode(decoded, coder, &s, w.data, w.size) != DC_OK)
            stop(coder->name);
        decode = fmin(decode, processor_seconds() - start);
        if (memcmp(levels, decoded, n * sizeof *levels) != 0)
            stop("other levels");
        if (i + 1 == n_repeats)
            printf("%-4s  %-22s %8.2f bits/weight, decode %5.1f M decisions/s, %5.1f ns/weight, "
                   "encode %5.1f ns/weight\n",
                   coder->name, kind->name, 8.0 * (double)w.size / (double)n,
                   (double)n_decisions / decode / 1e6, decode / (double)n * 1e9,
                   encode / (double)n * 1e9);
        dc_writer_clear(&w);
    }
    dc_release(levels);
    dc_release(decoded);
}

int main(int argc, char **argv)
{
    const int asked = argc > 1 ? atoi(argv[1]) : 3;
    dc_pool_set_jobs(1);
    for (size_t i = 0; i < DC_COUNT_OF(samples); i++)
        for (uint32_t k = 0; dc_level_coder_at(k) != NULL; k++)
            time_coder(dc_level_coder_at(k), &samples[i], asked < 1 ? 1 : asked);
    return 0;
}
