/* SPDX-License-Identifier: MIT
 *
 * Samples by index, and a part of them: indices are mapped through a slice of a seeded permutation
 * and handed on, so that wrappers can be stacked and nothing is copied. With the same seed, parts
 * of one source that do not overlap share no sample.
 */
#include <inttypes.h>
#include <math.h>

#include "dcomp/source.h"

void dc_source_close(dc_source *source)
{
    if (source != NULL)
        source->close(source);
}

const char *dc_source_describe(const dc_source *source, uint64_t index, dc_arena *arena)
{
    if (source->describe != NULL)
        return source->describe(source, index, arena);
    return dc_arena_print(arena, "sample %" PRIu64 " of '%s'", index,
                          source->text ? source->text : "samples");
}

dc_status dc_source_blame(const dc_source *source, uint64_t index, dc_status status)
{
    dc_arena arena = { 0 };
    if (status < 0)
        dc_fail_within(status, dc_source_describe(source, index, &arena));
    dc_arena_clear(&arena);
    return status;
}

static dc_status fail_value(const dc_source *source, uint64_t index, uint64_t place, float value)
{
    dc_arena arena = { 0 };
    const dc_status status = dc_fail(
        DC_ECORRUPT, "value %" PRIu64 " of %s is %s", place,
        dc_source_describe(source, index, &arena), isnan(value) ? "not a number" : "infinite");
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_source_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                         uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    DC_TRY(source->read(source, indices, n, epoch, x, labels));
    const uint64_t bad = dc_find_not_finite(x, n * n_values);
    if (bad == n * n_values)
        return DC_OK;
    return fail_value(source, indices[bad / n_values], bad % n_values, x[bad]);
}

dc_status dc_source_check(const dc_source *source)
{
    if (source->n_samples > 0)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'%s' has no samples", source->text ? source->text : "samples");
}

dc_status dc_source_fail_unread(const dc_source *source)
{
    dc_arena arena = { 0 };
    float *x = dc_arena_take(&arena, dc_shape_count(&source->shape), sizeof *x);
    const uint64_t first = 0;
    dc_status status = arena.status;
    if (status == DC_OK)
        status = dc_source_read(source, &first, 1, 0, x, NULL);
    dc_arena_clear(&arena);
    DC_TRY(dc_fail_within(status, "none of the samples can be read"));
    return dc_fail(DC_ECORRUPT, "none of the samples of '%s' can be read", source->text);
}

typedef struct part {
    dc_source source; /* first */
    dc_arena arena;   /* holds this struct too */
    const dc_source *whole;
    uint64_t first;
    const uint32_t *order; /* NULL: as they are; else all samples of the whole, permuted */
} part;

static uint64_t part_index(const part *p, uint64_t index)
{
    return p->order ? p->order[p->first + index] : p->first + index;
}

static dc_status part_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint64_t epoch, float *x, int32_t *labels)
{
    const part *p = source->state;
    const uint64_t n_values = dc_shape_count(&source->shape), n_steps = dc_source_steps(source);
    uint64_t mapped[256];
    for (uint32_t done = 0; done < n;) {
        const uint32_t n_now = DC_MIN(n - done, (uint32_t)DC_COUNT_OF(mapped));
        for (uint32_t i = 0; i < n_now; i++) {
            const uint64_t index = indices[done + i];
            if (index >= source->n_samples)
                return dc_fail(DC_EINPUT, "sample %" PRIu64 " of %" PRIu64, index,
                               source->n_samples);
            mapped[i] = part_index(p, index);
        }
        DC_TRY(dc_source_read(p->whole, mapped, n_now, epoch, x + done * n_values,
                              labels ? labels + done * n_steps : NULL));
        done += n_now;
    }
    return DC_OK;
}

static void part_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                         uint32_t *lengths)
{
    const part *p = source->state;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t index = part_index(p, indices[i]);
        p->whole->lengths(p->whole, &index, 1, lengths + i);
    }
}

static void part_warn_unread(const dc_source *source)
{
    const part *p = source->state;
    if (p->whole->warn_unread != NULL)
        p->whole->warn_unread(p->whole);
}

static const char *part_describe(const dc_source *source, uint64_t index, dc_arena *arena)
{
    const part *p = source->state;
    return dc_source_describe(p->whole, part_index(p, index), arena);
}

static void part_close(dc_source *source)
{
    dc_arena arena = ((part *)source->state)->arena;
    dc_arena_clear(&arena);
}

static dc_status permute(part *p, uint64_t seed)
{
    const uint32_t n = (uint32_t)p->whole->n_samples;
    uint32_t *order = dc_arena_take(&p->arena, n, sizeof *order);
    DC_TRY(p->arena.status);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    dc_rng_shuffle(&rng, order, n);
    p->order = order;
    return DC_OK;
}

static dc_status part_fill(part *p, uint64_t seed)
{
    const uint64_t first = p->first, n = p->source.n_samples;
    p->source.text = dc_arena_print(&p->arena, "%s [%" PRIu64 "..%" PRIu64 "%s]",
                                    p->whole->text ? p->whole->text : "samples", first, first + n,
                                    seed != 0 ? ", shuffled" : "");
    if (seed != 0)
        DC_TRY(permute(p, seed));
    return p->arena.status;
}

dc_status dc_source_part(dc_source **out, const dc_source *whole, uint64_t first, uint64_t n,
                         uint64_t seed)
{
    if (first > whole->n_samples || n > whole->n_samples - first)
        return dc_fail(DC_EINPUT, "samples %" PRIu64 " and %" PRIu64 " more of only %" PRIu64,
                       first, n, whole->n_samples);
    if (seed != 0 && whole->n_samples > UINT32_MAX)
        return dc_fail(DC_ELIMIT, "%" PRIu64 " samples are too many to shuffle", whole->n_samples);
    dc_arena arena = {0};
    part *p = dc_arena_take(&arena, 1, sizeof *p);
    DC_TRY(arena.status);
    p->arena = arena;
    p->whole = whole;
    p->first = first;
    p->source = (dc_source){.n_samples = n,
                            .shape = whole->shape,
                            .n_classes = whole->n_classes,
                            .class_names = whole->class_names,
                            .is_labelled = whole->is_labelled,
                            .n_steps = whole->n_steps,
                            .is_stream = whole->is_stream && seed == 0,
                            .symbol = whole->symbol,
                            .is_slow = whole->is_slow,
                            .state = p,
                            .read = part_read,
                            .lengths = whole->lengths ? part_lengths : NULL,
                            .warn_unread = part_warn_unread,
                            .describe = part_describe,
                            .close = part_close};
    const dc_status status = part_fill(p, seed);
    if (status < 0) {
        part_close(&p->source);
        return status;
    }
    *out = &p->source;
    return DC_OK;
}
