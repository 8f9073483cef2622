/* SPDX-License-Identifier: MIT
 *
 * Samples that are picture files: decoded, fitted and kept as bytes when first asked for, so that
 * later epochs only prepare. Each sample has a state that is claimed by the first reader; who
 * comes while it is being filled works on a copy of its own. Sets over CACHE_LIMIT, or a quarter
 * of the memory left, are decoded every time.
 */
#include "dataset.h"

#include <stdatomic.h>
#include <string.h>

#define CACHE_LIMIT_BYTES (UINT64_C(1) << 30)

enum { SLOT_EMPTY, SLOT_FILLING, SLOT_COLOUR, SLOT_GREY };

typedef struct data_file_cache {
    uint64_t slot_bytes;
    uint8_t *slots;
    atomic_uchar *states; /* SLOT_ */
} data_file_cache;

static dc_image image_in_slot(const data_source *d, const data_file_cache *cache, uint64_t index,
                              unsigned state)
{
    return (dc_image){ d->input.shape.dims[2], d->input.shape.dims[1], state == SLOT_GREY ? 1 : 3,
                       cache->slots + index * cache->slot_bytes };
}

static dc_status decode(dc_image *out, const data_source *d, const char *path, dc_arena *arena)
{
    dc_image raw;
    DC_TRY(data_read_picture(&raw, path, arena));
    return dc_fail_within(data_fit(out, &raw, &d->input, arena), path);
}

/* The cached picture, or one decoded to `arena`, then cached unless somebody else is at it. */
static dc_status fetch(dc_image *out, const data_source *d, uint64_t index, dc_arena *arena)
{
    const data_files *files = d->source.state;
    const data_file_cache *cache = files->cache;
    if (cache == NULL)
        return decode(out, d, files->paths[index], arena);
    const unsigned state = atomic_load_explicit(&cache->states[index], memory_order_acquire);
    if (state == SLOT_COLOUR || state == SLOT_GREY) {
        *out = image_in_slot(d, cache, index, state);
        return DC_OK;
    }
    DC_TRY(decode(out, d, files->paths[index], arena));
    unsigned char expected = SLOT_EMPTY;
    if (atomic_compare_exchange_strong(&cache->states[index], &expected, SLOT_FILLING)) {
        const unsigned char filled = out->n_channels == 1 ? SLOT_GREY : SLOT_COLOUR;
        memcpy(cache->slots + index * cache->slot_bytes, out->pixels,
               (size_t)out->width * out->height * out->n_channels);
        atomic_store_explicit(&cache->states[index], filled, memory_order_release);
    }
    return DC_OK;
}

static dc_status read_file(float *x, const data_source *d, uint64_t index)
{
    dc_arena arena = { 0 };
    dc_image image;
    const dc_status status = fetch(&image, d, index, &arena);
    if (status >= 0)
        data_prepare(x, &image, &d->input);
    dc_arena_clear(&arena);
    return status;
}

static dc_status picture_of(dc_image *out, const data_source *d, uint64_t index, dc_arena *arena)
{
    return data_read_picture(out, ((const data_files *)d->source.state)->paths[index], arena);
}

static void make_cache(data_source *d, data_files *files)
{
    const uint64_t n = d->source.n_samples;
    const uint64_t slot_bytes = UINT64_C(3) * d->input.shape.dims[1] * d->input.shape.dims[2];
    if (slot_bytes > DC_MIN(CACHE_LIMIT_BYTES, dc_memory_left() / 4) / n)
        return;
    files->cache = dc_arena_take(&d->arena, 1, sizeof *files->cache);
    uint8_t *slots = dc_arena_take(&d->arena, n, slot_bytes);
    atomic_uchar *states = dc_arena_take(&d->arena, n, sizeof *states);
    if (d->arena.status >= 0)
        *files->cache = (data_file_cache){ slot_bytes, slots, states };
}

static dc_status check_names(const data_source *d, const data_files *files)
{
    for (uint64_t i = 0; i < d->source.n_samples; i++)
        DC_TRY(data_check_picture_name(files->paths[i]));
    return DC_OK;
}

dc_status data_source_over_pictures(data_source *d, const dc_data_request *request)
{
    data_files *files = d->source.state;
    if (!data_takes_pictures(&d->input))
        return dc_fail(DC_EINPUT, "the model takes %s and no pictures",
                       dc_shape_text(&d->input.shape, &d->arena));
    DC_TRY(check_names(d, files));
    make_cache(d, files);
    files->read = read_file;
    d->picture = picture_of;
    return data_source_over_files(d, request);
}
