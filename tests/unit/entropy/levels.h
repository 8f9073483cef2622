/* SPDX-License-Identifier: MIT
 *
 * Random layers of levels for the tests of this room, and what every coder of levels must do.
 */
#ifndef DCOMP_TESTS_ENTROPY_LEVELS_H
#define DCOMP_TESTS_ENTROPY_LEVELS_H

#include "dcomp/entropy.h"
#include "streams.h"

typedef enum layer_kind {
    LAYER_GRID,      /* small levels of either sign      */
    LAYER_WIDE_GRID, /* up to some thousands             */
    LAYER_ABOVE,     /* none below 0                     */
    LAYER_CODEBOOK,  /* few sizes from a table           */
    LAYER_BOOK_WIDE, /* many                             */
    LAYER_TRELLIS,   /* small levels, with their machine */
    N_LAYER_KINDS
} layer_kind;

typedef struct layer {
    dc_level_stream stream;
    int16_t *levels;
    uint16_t *sizes[2];
    uint64_t n;
} layer;

static inline layer new_layer(dc_level_shape shape)
{
    layer l = { .stream = { .shape = shape } };
    l.n = (uint64_t)shape.n_rows * shape.n_inputs * shape.height * shape.width;
    l.levels = calloc(l.n, sizeof *l.levels);
    assert_non_null(l.levels);
    l.stream.levels = l.levels;
    return l;
}

/* Bounds from the levels, and sizes if wanted. */
static inline void finish_layer(layer *l, bool has_sizes)
{
    uint32_t most[2] = { 0, 0 };
    for (uint64_t i = 0; i < l->n; i++) {
        const bool is_below = l->levels[i] < 0;
        most[is_below] = DC_MAX(most[is_below], (uint32_t)abs(l->levels[i]));
    }
    l->stream.n_above = most[0];
    l->stream.n_below = most[1];
    for (int side = 0; side < 2 && has_sizes; side++) {
        l->sizes[side] = calloc(most[side] + 1, sizeof(uint16_t));
        assert_non_null(l->sizes[side]);
        for (uint32_t k = 1; k <= most[side]; k++)
            l->sizes[side][k] = (uint16_t)(200 + 3895 * k / most[side]);
        l->stream.sizes[side] = l->sizes[side];
    }
}

static inline void free_layer(layer *l)
{
    free(l->levels);
    free(l->sizes[0]);
    free(l->sizes[1]);
}

static inline layer draw_layer(dc_level_shape shape, double density, layer_kind kind, uint64_t seed,
                               uint64_t stream)
{
    static const double means[N_LAYER_KINDS] = { 1.2, 300, 2, 3, 30, 1.5 };
    layer l = new_layer(shape);
    dc_rng rng;
    dc_rng_init(&rng, seed, stream);
    for (uint64_t i = 0; i < l.n; i++) {
        if (dc_rng_unit(&rng) >= density)
            continue;
        const int size = 1 + (int)(-log(1 - dc_rng_unit(&rng)) * means[kind]);
        const bool is_below = kind != LAYER_ABOVE && dc_rng_unit(&rng) < 0.5;
        l.levels[i] = (int16_t)(is_below ? -DC_MIN(size, 32767) : DC_MIN(size, 32767));
    }
    finish_layer(&l, kind == LAYER_CODEBOOK || kind == LAYER_BOOK_WIDE);
    l.stream.is_trellis = kind == LAYER_TRELLIS;
    return l;
}

/* Of levels that know nothing of each other. */
static inline double layer_entropy_bits(const layer *l)
{
    static uint64_t counts[65536];
    double bits = 0;
    memset(counts, 0, sizeof counts);
    for (uint64_t i = 0; i < l->n; i++)
        counts[l->levels[i] + 32768]++;
    for (size_t i = 0; i < 65536; i++)
        if (counts[i] > 0)
            bits -= (double)counts[i] * log2((double)counts[i] / (double)l->n);
    return bits;
}

/* From a block of exactly the size to a block of exactly the levels. */
static inline void check_level_decode(const dc_level_coder *coder, const dc_level_stream *s,
                                      const uint8_t *data, uint64_t size)
{
    const uint64_t n =
        (uint64_t)s->shape.n_rows * s->shape.n_inputs * s->shape.height * s->shape.width;
    dc_level_stream shape = *s;
    uint8_t *copy = exact_copy(data, size);
    int16_t *out = malloc(n * sizeof *out);
    assert_non_null(out);
    shape.levels = NULL;
    assert_ok(dc_levels_decode(out, coder, &shape, copy, size));
    assert_memory_equal(out, s->levels, n * sizeof *out);
    free(out);
    free(copy);
}

static inline void check_level_round_trip(const dc_level_coder *coder, const dc_level_stream *s)
{
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 30);
    dc_put_u8(&w, 42); /* what was written before stays */
    coder->encode(&w, s);
    assert_ok(w.status);
    assert_int_equal(w.data[0], 42);
    assert_int_equal(coder->bytes(s, UINT64_MAX), w.size - 1);
    check_level_decode(coder, s, w.data + 1, w.size - 1);
    dc_writer_clear(&w);
}

#endif
