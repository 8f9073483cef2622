/* SPDX-License-Identifier: MIT
 *
 * Samples that are picture files: decoded, fitted and kept as bytes when first asked for, so that
 * later epochs only prepare. Each sample has a state that is claimed by the first reader; who
 * comes while it is being filled works on a copy of its own. Sets over CACHE_LIMIT, or a quarter
 * of the memory left, are decoded every time.
 *
 * A file that cannot be read is given the label DC_UNREADABLE and remembered, to be reported. It is
 * tried again whenever it is asked for: that is rare, and cheap.
 */
#include "dataset.h"
#include "picture_faults.h"

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

/* Whether the file is at fault, not the request or the machine. */
static bool is_files_fault(dc_status status)
{
    return status == DC_ECORRUPT || status == DC_EUNSUPPORTED || status == DC_ELIMIT ||
           status == DC_EIO;
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

static dc_status read_files(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    const data_source *d = (const data_source *)source;
    const data_files *files = source->state;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++, x += n_values) {
        DC_TRY(data_check_index(source, indices[i]));
        const dc_status status = read_file(x, d, indices[i]);
        const bool is_left_out = is_files_fault(status) && files->faults != NULL && labels != NULL;
        if (!is_left_out)
            DC_TRY(status);
        if (is_left_out) {
            picture_faults_note(files->faults, indices[i]);
            memset(x, 0, n_values * sizeof *x);
            labels[i] = DC_UNREADABLE;
        } else if (labels != NULL) {
            labels[i] = files->labels != NULL ? files->labels[indices[i]] : -1;
        }
    }
    return DC_OK;
}

static void warn_of_faults(const dc_source *source)
{
    const data_files *files = source->state;
    if (files->faults != NULL)
        picture_faults_warn(files->faults);
}

static const char *describe_file(const dc_source *source, uint64_t index, dc_arena *arena)
{
    return dc_arena_print(arena, "'%s'", ((const data_files *)source->state)->paths[index]);
}

static void clear_faults(data_source *d)
{
    picture_faults_free(((data_files *)d->source.state)->faults);
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

dc_status data_source_over_files(data_source *d, const dc_data_request *request)
{
    data_files *files = d->source.state;
    if (!data_takes_pictures(&d->input))
        return dc_fail(DC_EINPUT, "the model takes %s and no pictures",
                       dc_shape_text(&d->input.shape, &d->arena));
    DC_TRY(check_names(d, files));
    make_cache(d, files);
    d->clear = clear_faults;
    if (!request->is_strict) {
        files->faults = picture_faults_new(d->source.n_samples);
        if (files->faults == NULL)
            return dc_fail(DC_ENOMEM, "no memory for a list of pictures");
    }
    for (uint64_t i = 0; files->labels != NULL && i < files->n_files; i++)
        d->source.n_classes = DC_MAX(d->source.n_classes, (uint32_t)files->labels[i] + 1);
    d->source.is_labelled = files->labels != NULL;
    d->source.is_slow = true;
    d->source.read = read_files;
    d->source.warn_unread = warn_of_faults;
    d->source.describe = describe_file;
    d->picture = picture_of;
    d->paths = files->paths;
    return d->arena.status;
}
