/* SPDX-License-Identifier: MIT
 *
 * npy:X.npy[,Y.npy[,L.npy]]: samples, labels and lengths from NumPy files; npz:FILE, the same as
 * members "x", "y" and "lengths" of one. uint8 pictures (N,C,H,W)
 * or (N,H,W), channels RGB or grey, are pixels like any others: fitted and prepared. float32,
 * float64 and float16 samples are the input as it is, and are read straight from the mapped file;
 * uint8 rows (N,C) are prepared with the first mean and scale. Labels are whole numbers, (N) or one
 * a step (N,T); lengths say how many of the T steps of a sample count.
 */
#include "dataset.h"
#include "npy.h"
#include "zip.h"

#include <inttypes.h>
#include <string.h>

#define MAX_CLASS 999999

/* pixels is first: a state of it is one of data_pixels. */
typedef struct npy_state {
    data_pixels pixels;
    npy_array x;
    int32_t *labels;   /* (N, n_steps) */
} npy_state;

/* ---- labels ---- */

/* A whole number of the array, where one of a sample's n_each stands; those below 0 are huge. */
static uint64_t number_at(const npy_array *y, uint64_t sample, uint64_t which)
{
    const uint32_t n_bytes = y->kind == NPY_I64 ? 8 : y->kind == NPY_I32 ? 4 : 1;
    return dc_le(y->data + npy_place(y, sample, which) * n_bytes, n_bytes);
}

static dc_status check_numbers(const npy_state *s, const npy_array *y, const char *what,
                               const char *path, uint32_t max_dims)
{
    if (y->kind == NPY_F32 || y->kind == NPY_F64 || y->kind == NPY_F16 || y->n_dims == 0 ||
        y->n_dims > max_dims)
        return dc_fail(DC_EINPUT, "%s must be whole numbers (N)%s, unlike those of '%s'", what,
                       max_dims > 1 ? " or (N,T)" : "", path);
    if (y->dims[0] != s->x.dims[0])
        return dc_fail(DC_EINPUT, "%" PRIu64 " %s in '%s' for %" PRIu64 " samples", y->dims[0],
                       what, path, s->x.dims[0]);
    return DC_OK;
}

static dc_status take_labels(npy_state *s, data_source *d, const npy_array *y, const char *path)
{
    const uint64_t n_steps = y->n_dims == 2 ? y->dims[1] : 1;
    DC_TRY(check_numbers(s, y, "labels", path, 2));
    if (n_steps == 0 || n_steps > DC_MAX_STEPS)
        return dc_fail(DC_EINPUT, "%" PRIu64 " labels a sample in '%s'", n_steps, path);
    s->labels = dc_arena_take(&d->arena, y->n_values, sizeof *s->labels);
    DC_TRY(d->arena.status);
    d->source.n_steps = (uint32_t)n_steps;
    for (uint64_t i = 0; i < y->n_values; i++) {
        const uint64_t label = number_at(y, i / n_steps, i % n_steps);
        if (label > MAX_CLASS)
            return dc_fail(DC_ECORRUPT, "the label of sample %" PRIu64 " in '%s' is no class: %lld",
                           i / n_steps, path,
                           y->kind == NPY_I32 ? (long long)(int32_t)(uint32_t)label
                                              : (long long)label);
        s->labels[i] = (int32_t)label;
        d->source.n_classes = DC_MAX(d->source.n_classes, (uint32_t)label + 1);
    }
    return DC_OK;
}

static dc_status take_lengths(npy_state *s, data_source *d, const npy_array *y, const char *path)
{
    const bool is_sequence = d->source.shape.n_dims <= 2; /* of vectors, or of numbers */
    const uint32_t n_steps = d->source.n_steps > 1 || !is_sequence ? d->source.n_steps
                                                                   : d->source.shape.dims[0];
    DC_TRY(check_numbers(s, y, "lengths", path, 1));
    if (n_steps <= 1)
        return dc_fail(DC_EINPUT,
                       "lengths in '%s' for samples of one step (they are of samples (N,T,C), or "
                       "of labels (N,T))",
                       path);
    d->lengths = dc_arena_take(&d->arena, y->n_values, sizeof *d->lengths);
    DC_TRY(d->arena.status);
    for (uint64_t i = 0; i < y->n_values; i++) {
        const uint64_t length = number_at(y, i, 0);
        if (length == 0 || length > n_steps)
            return dc_fail(DC_ECORRUPT, "the length of sample %" PRIu64 " in '%s' is not 1 to %u",
                           i, path, n_steps);
        d->lengths[i] = (uint32_t)length;
    }
    d->source.lengths = data_give_lengths;
    return DC_OK;
}

typedef dc_status take_fn(npy_state *s, data_source *d, const npy_array *y, const char *path);

static dc_status take_bytes(npy_state *s, data_source *d, const uint8_t *bytes, uint64_t n,
                            const char *path, take_fn *take)
{
    npy_array y;
    DC_TRY(npy_parse(&y, bytes, n, path));
    return take(s, d, &y, path);
}

static dc_status read_numbers(npy_state *s, data_source *d, const char *path, take_fn *take)
{
    dc_file_view file;
    DC_TRY(dc_file_open(&file, path, 0));
    const dc_status status = take_bytes(s, d, file.data, file.size, path, take);
    dc_file_close(&file);
    return status;
}

/* ---- samples ---- */

static void give_labels(const data_source *d, const uint64_t *indices, uint32_t n, int32_t *labels)
{
    const npy_state *s = d->source.state;
    const uint64_t n_steps = dc_source_steps(&d->source);
    for (uint64_t i = 0; labels != NULL && i < n * n_steps; i++)
        labels[i] = s->labels != NULL
                        ? s->labels[indices[i / n_steps] * n_steps + i % n_steps]
                        : -1;
}

static dc_status check_range(const data_source *d, uint64_t sample, const float *x)
{
    const npy_array *a = &((const npy_state *)d->source.state)->x;
    dc_arena arena = { 0 };
    if (npy_fits(a, sample, x))
        return DC_OK;
    const dc_status status =
        npy_fail_range(a, sample, x, dc_source_describe(&d->source, sample, &arena));
    dc_arena_clear(&arena);
    return status;
}

static dc_status read_values(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const data_source *d = (const data_source *)source;
    const npy_array *a = &((const npy_state *)source->state)->x;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        DC_TRY(data_check_index(source, indices[i]));
        npy_get_input(x + i * n_values, a, indices[i], &d->input);
        DC_TRY(check_range(d, indices[i], x + i * n_values));
    }
    give_labels(d, indices, n, labels);
    return DC_OK;
}

static dc_status read_pictures(const dc_source *source, const uint64_t *indices, uint32_t n,
                               uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(data_read_pixels(source, indices, n, epoch, x, NULL));
    give_labels((const data_source *)source, indices, n, labels);
    return DC_OK;
}

static dc_status take_pictures(npy_state *s, data_source *d, const char *path)
{
    const npy_array *a = &s->x;
    data_pixels *p = &s->pixels;
    DC_TRY(npy_picture_size(&p->width, &p->height, &p->n_channels, a, path));
    const uint64_t n_bytes = (uint64_t)p->width * p->height * p->n_channels;
    uint8_t *pixels = dc_arena_take(&d->arena, d->source.n_samples, n_bytes);
    DC_TRY(d->arena.status);
    for (uint64_t i = 0; i < d->source.n_samples; i++)
        npy_get_pixels(pixels + i * n_bytes, a, i, p->n_channels);
    p->pixels = pixels;
    DC_TRY(data_source_over_pixels(d));
    d->source.read = read_pictures;
    return DC_OK;
}

static bool is_whole(npy_kind kind)
{
    return kind == NPY_I32 || kind == NPY_I64;
}

/* What names no row of an embedding is looked up as zeros, which few mean. */
static void warn_of_symbols(const npy_array *a, uint32_t n_symbols, const char *path)
{
    const uint32_t n_bytes = a->kind == NPY_I64 ? 8 : 4;
    const uint64_t sign = UINT64_C(1) << (8 * n_bytes - 1); /* those below 0 count from the end */
    uint64_t n_beyond = 0;
    for (uint64_t i = 0; i < a->n_values && n_symbols > 0; i++) {
        const uint64_t value = dc_le(a->data + i * n_bytes, n_bytes);
        n_beyond += value >= n_symbols && value < sign;
    }
    if (n_beyond > 0)
        dc_warn("%" PRIu64 " of %" PRIu64 " symbols of '%s' are beyond the %u rows of the model's "
                "embedding: they are zeros there", n_beyond, a->n_values, path, n_symbols);
}

/* `bytes` stay as long as the source. */
static dc_status take_samples(npy_state *s, data_source *d, const dc_data_request *request,
                              const data_kind *kind, const char *where, const uint8_t *bytes,
                              uint64_t n, const char *path)
{
    DC_TRY(npy_parse(&s->x, bytes, n, path));
    if (s->x.n_dims < 2 || (is_whole(s->x.kind) && s->x.n_dims > 2))
        return dc_fail(DC_EINPUT,
                       "'%s' must hold float or uint8 samples (N,C,H,W), (N,H,W) or (N,C), or "
                       "symbols (N,T)", path);
    data_source_name(d, kind, request, where, s->x.dims[0]);
    if (npy_is_pictures(&s->x))
        return take_pictures(s, d, path);
    if (!npy_is_input(&s->x, &d->source.shape))
        return dc_fail(DC_EINPUT, "the samples of '%s' do not fit the model's input of %s", path,
                       dc_shape_text(&d->source.shape, &d->arena));
    d->source.read = read_values;
    if (is_whole(s->x.kind))
        warn_of_symbols(&s->x, request->n_symbols, path);
    return DC_OK;
}

#define MAX_PARTS 3u /* X, Y, L */

/* The paths of X.npy[,Y.npy[,L.npy]]; NULL where there is none. A comma stands between two names
 * and nowhere else. */
static dc_status part_paths(const char *paths[MAX_PARTS], const char *where, dc_arena *arena)
{
    static const char *const whose[MAX_PARTS] = { "samples", "labels", "lengths" };
    const char *at = where;
    bool is_there = true;
    for (uint32_t i = 0; i < MAX_PARTS; i++) {
        const size_t n = strcspn(at, ",");
        if (is_there && n == 0)
            return dc_fail(DC_EINPUT,
                           "'npy:%s' has no name for the file of %s (npy:X.npy[,Y.npy[,L.npy]])",
                           where, whose[i]);
        paths[i] = is_there ? dc_arena_print(arena, "%.*s", (int)n, at) : NULL;
        is_there = at[n] == ',';
        at += n + is_there;
    }
    if (is_there)
        return dc_fail(DC_EINPUT,
                       "'npy:%s' has commas for more than three files (npy:X.npy[,Y.npy[,L.npy]]; "
                       "no name can have a comma)", where);
    return arena->status;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    npy_state *s = d->source.state;
    const char *paths[MAX_PARTS];
    DC_TRY(part_paths(paths, where, &d->arena));
    DC_TRY(dc_file_open(&d->file, paths[0], 0));
    DC_TRY(take_samples(s, d, request, &data_kind_npy, where, d->file.data, d->file.size,
                        paths[0]));
    if (paths[1] != NULL)
        DC_TRY(read_numbers(s, d, paths[1], take_labels));
    if (paths[2] != NULL)
        DC_TRY(read_numbers(s, d, paths[2], take_lengths));
    d->source.is_labelled = s->labels != NULL;
    return DC_OK;
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    const char *paths[MAX_PARTS];
    DC_TRY(part_paths(paths, where, arena));
    for (uint32_t i = 0; i < MAX_PARTS; i++)
        if (paths[i] != NULL)
            DC_TRY(take(payload, paths[i]));
    return DC_OK;
}

const data_kind data_kind_npy = { "npy", NULL, sizeof(npy_state), fill, name_files };

/* ---- one archive ---- */

/* numpy.savez(FILE, x=..., y=..., lengths=...), or without names in this order. */
static const char *const part_names[] = { "x.npy",     "y.npy",     "lengths.npy",
                                          "arr_0.npy", "arr_1.npy", "arr_2.npy" };
#define N_PART_NAMES DC_COUNT_OF(part_names)

/* A member that nobody asks for would be labels or lengths with a typing error. */
static dc_status check_members(const data_source *d, const char *where, dc_arena *arena)
{
    const char *other;
    DC_TRY(zip_find_other(&other, d->file.data, d->file.size, part_names, N_PART_NAMES, where,
                          arena));
    if (other == NULL)
        return DC_OK;
    const size_t n = strlen(other);
    const bool is_npy = n > 4 && strcmp(other + n - 4, ".npy") == 0;
    return dc_fail(DC_EINPUT, "'%s' has a member '%.*s': known are x, y and lengths, or arr_0, "
                              "arr_1 and arr_2", where, (int)DC_MIN(n - 4 * is_npy, 100u), other);
}

static dc_status find_part(zip_member *out, const data_source *d, uint32_t part, const char *where,
                           dc_arena *arena)
{
    zip_member second;
    const char *name = part_names[part], *place = part_names[MAX_PARTS + part];
    DC_TRY(zip_find(out, d->file.data, d->file.size, name, where, arena));
    DC_TRY(zip_find(&second, d->file.data, d->file.size, place, where, arena));
    if (out->bytes != NULL && second.bytes != NULL)
        return dc_fail(DC_EINPUT, "'%s' has both '%.*s' and '%.*s'", where,
                       (int)strlen(name) - 4, name, (int)strlen(place) - 4, place);
    if (out->bytes == NULL)
        *out = second;
    return DC_OK;
}

static dc_status fill_npz(data_source *d, const dc_data_request *request, const char *where)
{
    npy_state *s = d->source.state;
    static take_fn *const takes[MAX_PARTS] = { NULL, take_labels, take_lengths };
    zip_member part;
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'npz' needs a file (npz:FILE)");
    DC_TRY(dc_file_open(&d->file, where, 0));
    DC_TRY(check_members(d, where, &d->arena));
    DC_TRY(find_part(&part, d, 0, where, &d->arena));
    if (part.bytes == NULL)
        return dc_fail(DC_EINPUT, "'%s' has no samples: no member 'x' or 'arr_0'", where);
    DC_TRY(take_samples(s, d, request, &data_kind_npz, where, part.bytes, part.n, where));
    for (uint32_t i = 1; i < MAX_PARTS; i++) {
        DC_TRY(find_part(&part, d, i, where, &d->arena));
        if (part.bytes != NULL)
            DC_TRY(take_bytes(s, d, part.bytes, part.n, where, takes[i]));
    }
    d->source.is_labelled = s->labels != NULL;
    return DC_OK;
}

static dc_status name_npz(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    (void)arena;
    return take(payload, where);
}

const data_kind data_kind_npz = { "npz", NULL, sizeof(npy_state), fill_npz, name_npz };
