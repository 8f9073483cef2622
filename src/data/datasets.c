/* SPDX-License-Identifier: MIT
 *
 * The table of kinds of datasets, and SPEC -> kind -> source. A new kind is a file and a line here.
 */
#include "dataset.h"

#include <inttypes.h>
#include <string.h>

static const data_kind *const kinds[] = { &data_kind_idx, &data_kind_folder, &data_kind_images,
                                          &data_kind_digits, &data_kind_npy,   &data_kind_npz,
                                          &data_kind_speech,
                                          &data_kind_text,   &data_kind_words };

const char *dc_data_kinds(void)
{
    return "idx:DIR, folder:DIR, images:DIR, digits[:N], npy:X.npy[,Y.npy[,L.npy]], npz:FILE, "
           "speech:DIR, text:FILE[,TEST], words:FILE[,TEST]";
}

static const data_kind *find_kind(const char *spec, const char **where)
{
    const size_t n = strcspn(spec, ":");
    *where = spec[n] == ':' ? spec + n + 1 : spec + n;
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++)
        if (strlen(kinds[i]->name) == n && strncmp(kinds[i]->name, spec, n) == 0)
            return kinds[i];
    return NULL;
}

static dc_status fail_kind(const char *spec)
{
    dc_hint hint = dc_hint_for(spec);
    hint.n_word = strcspn(spec, ":");
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++)
        dc_hint_offer(&hint, kinds[i]->name);
    return dc_fail(DC_EINPUT, "unknown kind of data '%s'%s (there are %s)", spec,
                   dc_hint_text(&hint), dc_data_kinds());
}

bool data_is_split(const char *where)
{
    (void)where;
    return true;
}

bool dc_data_has_split(const char *spec)
{
    const char *where;
    const data_kind *kind = find_kind(spec, &where);
    return kind != NULL && kind->has_split != NULL && kind->has_split(where);
}

dc_status dc_data_files(const char *spec, dc_file_fn *take, void *payload)
{
    const char *where;
    const data_kind *kind = find_kind(spec, &where);
    dc_arena arena = { 0 };
    dc_status status = DC_OK;
    if (kind != NULL && kind->files != NULL && where[0] != '\0')
        status = kind->files(where, take, payload, &arena);
    dc_arena_clear(&arena);
    return status;
}

dc_status data_take_files(const char *path, bool (*is_wanted)(const char *name), dc_file_fn *take,
                          void *payload, dc_arena *arena)
{
    const char **names;
    uint32_t n = 0;
    if (dc_folder_list(&names, &n, path, false, arena) < 0)
        return arena->status;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_wanted(names[i]))
            continue;
        const char *file = dc_arena_print(arena, "%s/%s", path, names[i]);
        DC_TRY(arena->status);
        DC_TRY(take(payload, file));
    }
    return DC_OK;
}

static void close_source(dc_source *source)
{
    data_source *d = (data_source *)source;
    if (d->clear != NULL)
        d->clear(d);
    dc_file_close(&d->file);
    dc_arena arena = d->arena;
    dc_arena_clear(&arena);
}

static dc_status new_source(data_source **out, const data_kind *kind, const dc_input *input)
{
    dc_arena arena = { 0 };
    data_source *d = dc_arena_take(&arena, 1, sizeof *d);
    void *state = dc_arena_take(&arena, 1, kind->state_bytes);
    if (arena.status < 0) {
        const dc_status status = arena.status;
        dc_arena_clear(&arena);
        return status;
    }
    d->arena = arena;
    d->input = *input;
    d->source.shape = input->shape;
    d->source.state = state;
    d->source.close = close_source;
    *out = d;
    return DC_OK;
}

dc_status dc_data_request_open(dc_source **out, const dc_data_request *request)
{
    const char *where = "";
    const data_kind *kind =
        request->files != NULL ? &data_kind_given : find_kind(request->spec, &where);
    data_source *d;
    if (kind == NULL)
        return fail_kind(request->spec);
    DC_TRY(new_source(&d, kind, request->input));
    dc_status status = kind->fill(d, request, where);
    if (status >= 0)
        status = d->arena.status;
    if (status >= 0)
        status = dc_source_check(&d->source);
    if (status < 0) {
        close_source(&d->source);
        return status;
    }
    *out = &d->source;
    return DC_OK;
}

dc_status dc_data_open(dc_source **out, const char *spec, dc_split split, const dc_input *input,
                       uint64_t limit, uint64_t seed)
{
    const dc_data_request request = {
        .spec = spec, .split = split, .input = input, .limit = limit, .seed = seed
    };
    return dc_data_request_open(out, &request);
}

void data_source_name(data_source *d, const data_kind *kind, const dc_data_request *request,
                      const char *where, uint64_t n_samples)
{
    const bool has_split = kind->has_split != NULL && kind->has_split(where);
    const char *split = !has_split                          ? ""
                        : request->split == DC_SPLIT_TRAIN ? "train, "
                                                           : "test, ";
    if (request->limit > 0)
        n_samples = DC_MIN(n_samples, request->limit);
    d->source.n_samples = n_samples;
    d->source.text = dc_arena_print(&d->arena, "%s%s%s (%s%" PRIu64 " sample%s)", kind->name,
                                    where[0] != '\0' ? ":" : "", where, split, n_samples,
                                    dc_plural(n_samples));
}

void data_give_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                       uint32_t *lengths)
{
    for (uint32_t i = 0; i < n; i++)
        lengths[i] = ((const data_source *)source)->lengths[indices[i]];
}

dc_status data_check_index(const dc_source *source, uint64_t index)
{
    if (index >= source->n_samples)
        return dc_fail(DC_EINPUT, "sample %" PRIu64 " of %" PRIu64, index, source->n_samples);
    return DC_OK;
}

/* ---- to look at ---- */

/* The prepared sample of a source that is not ours (a part, an augmented one): the range of its
 * values is stretched to 0..255. */
static dc_status stretched(dc_image *out, const dc_source *source, uint64_t index, dc_arena *arena)
{
    const dc_shape *shape = &source->shape;
    const uint64_t n_values = dc_shape_count(shape);
    if (shape->n_dims != 3 || (shape->dims[0] != 1 && shape->dims[0] != 3))
        return dc_fail(DC_EUNSUPPORTED, "samples of '%s' are no pictures", source->text);
    float *x = dc_arena_take(arena, n_values, sizeof *x);
    uint8_t *pixels = dc_arena_take(arena, n_values, 1);
    DC_TRY(arena->status);
    DC_TRY(source->read(source, &index, 1, 0, x, NULL));
    float low = x[0], high = x[0];
    for (uint64_t i = 0; i < n_values; i++) {
        low = DC_MIN(low, x[i]);
        high = DC_MAX(high, x[i]);
    }
    const float factor = high > low ? 255.0f / (high - low) : 0.0f;
    const uint64_t n_pixels = n_values / shape->dims[0];
    for (uint64_t i = 0; i < n_values; i++) {
        const uint64_t at = i % n_pixels * shape->dims[0] + i / n_pixels;
        const float value = (x[i] - low) * factor + 0.5f;
        pixels[at] = value > 0.0f ? (uint8_t)DC_MIN(value, 255.0f) : 0; /* NaN is black */
    }
    *out = (dc_image){ shape->dims[2], shape->dims[1], shape->dims[0], pixels };
    return DC_OK;
}

/* Our own source, if it has such a sample. */
static const data_source *ours(const dc_source *source, uint64_t index)
{
    const bool is_ours = source->close == close_source && index < source->n_samples;
    return is_ours ? (const data_source *)source : NULL;
}

const char *dc_data_file(const dc_source *source, uint64_t index)
{
    const data_source *d = ours(source, index);
    return d != NULL && d->paths != NULL ? d->paths[index] : NULL;
}

dc_status dc_data_symbols(dc_symbols *out, const dc_source *source, uint64_t index,
                          dc_arena *arena)
{
    const data_source *d = ours(source, index);
    *out = (dc_symbols){ 0 };
    return d != NULL && d->symbols != NULL ? d->symbols(out, d, index, arena) : DC_OK;
}

uint64_t dc_data_place(uint64_t *n_of_file, const dc_source *source, uint64_t index)
{
    const data_source *d = ours(source, index);
    *n_of_file = 1;
    return d != NULL && d->place != NULL ? d->place(n_of_file, d, index) : 0;
}

dc_status dc_data_picture(dc_image *out, const dc_source *source, uint64_t index, dc_arena *arena)
{
    DC_TRY(data_check_index(source, index));
    if (source->close == close_source && ((const data_source *)source)->picture != NULL)
        return ((const data_source *)source)->picture(out, (const data_source *)source, index,
                                                      arena);
    return stretched(out, source, index, arena);
}
