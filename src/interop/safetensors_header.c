/* SPDX-License-Identifier: MIT
 *
 * The header of a safetensors file, read with distrust: its length is bounded before it is parsed,
 * each tensor's bytes must be its shape's, and all of them together must be the data, without holes
 * or overlaps. Tensors are sorted, so that a header of many is no harder than one of few.
 */
#include "safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HEADER_BYTES (UINT64_C(16) << 20) /* as a tree it takes some forty times more */
#define MAX_OFFSET 9007199254740992.0         /* 2^53: JSON's numbers are doubles */

static const st_type types[] = {
    { "F32", 4, true, false, INTEROP_F32 },     { "F64", 8, true, false, INTEROP_F64 },
    { "F16", 2, true, false, INTEROP_F16 },     { "BF16", 2, true, false, INTEROP_BF16 },
    { "I64", 8, false, true, INTEROP_F32 },     { "I32", 4, false, true, INTEROP_F32 },
    { "I16", 2, false, true, INTEROP_F32 },     { "I8", 1, false, true, INTEROP_F32 },
    { "U64", 8, false, true, INTEROP_F32 },     { "U32", 4, false, true, INTEROP_F32 },
    { "U16", 2, false, true, INTEROP_F32 },     { "U8", 1, false, true, INTEROP_F32 },
    { "BOOL", 1, false, true, INTEROP_F32 },    { "F8_E4M3", 1, false, false, INTEROP_F32 },
    { "F8_E5M2", 1, false, false, INTEROP_F32 }
};

bool st_is_head(const uint8_t *head, uint64_t n)
{
    dc_reader r = dc_reader_over(head, n, NULL);
    const uint64_t n_header = dc_get_u64(&r);
    return dc_get_u8(&r) == '{' && r.status == DC_OK && n_header <= (UINT64_C(1) << 32);
}

void st_header_clear(st_header *header)
{
    dc_json_free(header->json);
    header->json = NULL;
}

static bool get_whole(uint64_t *out, const dc_json *json)
{
    const double value = dc_json_number(json);
    *out = 0;
    if (dc_json_kind_of(json) != DC_JSON_NUMBER || !(value >= 0 && value <= MAX_OFFSET))
        return false;
    *out = (uint64_t)value;
    return (double)*out >= value;
}

/* ---- one tensor ---- */

static dc_status read_type(st_tensor *t, const dc_json *json)
{
    if (dc_json_kind_of(json) != DC_JSON_TEXT)
        return dc_fail(DC_ECORRUPT, "no 'dtype'");
    for (size_t i = 0; i < DC_COUNT_OF(types); i++)
        if (strcmp(types[i].name, dc_json_text(json)) == 0)
            t->type = &types[i];
    if (t->type == NULL)
        return dc_fail(DC_EUNSUPPORTED, "its number type is %.40s", dc_json_text(json));
    return DC_OK;
}

static dc_status read_shape(st_tensor *t, const dc_json *json)
{
    if (dc_json_kind_of(json) != DC_JSON_ARRAY)
        return dc_fail(DC_ECORRUPT, "no 'shape'");
    t->shape = json;
    t->n_values = 1;
    bool is_empty = false, is_huge = false;
    for (const dc_json *dim = dc_json_at(json, 0); dim != NULL; dim = dc_json_next(dim)) {
        uint64_t value;
        if (!get_whole(&value, dim))
            return dc_fail(DC_ECORRUPT, "a dim of its shape is no size");
        is_empty = is_empty || value == 0;
        is_huge = is_huge || (value > 0 && t->n_values > UINT64_MAX / 16 / value);
        if (!is_huge && value > 0)
            t->n_values *= value;
    }
    if (is_empty)
        t->n_values = 0;
    else if (is_huge)
        return dc_fail(DC_ECORRUPT, "its shape is too large");
    return DC_OK;
}

static dc_status read_offsets(st_tensor *t, const dc_json *json, uint64_t n_data)
{
    if (dc_json_size(json) != 2 || !get_whole(&t->begin, dc_json_at(json, 0)) ||
        !get_whole(&t->end, dc_json_at(json, 1)) || t->begin > t->end)
        return dc_fail(DC_ECORRUPT, "no 'data_offsets'");
    if (t->end > n_data)
        return dc_fail(DC_ECORRUPT, "it ends at byte %" PRIu64 " of %" PRIu64, t->end, n_data);
    if (t->end - t->begin != t->n_values * t->type->n_bytes)
        return dc_fail(DC_ECORRUPT, "it has %" PRIu64 " bytes for %" PRIu64 " numbers of %s",
                       t->end - t->begin, t->n_values, t->type->name);
    return DC_OK;
}

static dc_status read_tensor(st_tensor *out, const dc_json *json, uint64_t n_data)
{
    st_tensor t = { .name = dc_json_key(json) };
    if (dc_json_kind_of(json) != DC_JSON_OBJECT || dc_json_size(json) != 3)
        return dc_fail(DC_ECORRUPT, "it is not described by dtype, shape and data_offsets");
    DC_TRY(read_type(&t, dc_json_get(json, "dtype")));
    DC_TRY(read_shape(&t, dc_json_get(json, "shape")));
    DC_TRY(read_offsets(&t, dc_json_get(json, "data_offsets"), n_data));
    *out = t;
    return DC_OK;
}

/* ---- all of them ---- */

static int compare_places(const void *a, const void *b)
{
    const st_tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const st_tensor *)a)->name, ((const st_tensor *)b)->name);
}

static dc_status check_places(st_header *h, uint64_t n_data, const char *path)
{
    uint64_t at = 0;
    qsort(h->tensors, h->n_tensors, sizeof *h->tensors, compare_places);
    for (uint32_t i = 0; i < h->n_tensors; i++) {
        if (h->tensors[i].begin != at)
            return dc_fail(DC_ECORRUPT,
                           "tensor '%.80s' begins at byte %" PRIu64 " of the data "
                           "of '%s' and not at %" PRIu64,
                           h->tensors[i].name, h->tensors[i].begin, path, at);
        at = h->tensors[i].end;
    }
    if (at != n_data)
        return dc_fail(DC_ECORRUPT, "'%s' has %" PRIu64 " bytes of data, its tensors %" PRIu64,
                       path, n_data, at);
    return DC_OK;
}

static dc_status read_tensors(st_header *h, uint64_t n_data, const char *path, dc_arena *arena)
{
    if (dc_json_kind_of(h->json) != DC_JSON_OBJECT)
        return dc_fail(DC_ECORRUPT, "the header of '%s' is no object", path);
    h->tensors = dc_arena_take(arena, dc_json_size(h->json), sizeof *h->tensors);
    DC_TRY(arena->status);
    for (const dc_json *member = dc_json_at(h->json, 0); member != NULL;
         member = dc_json_next(member)) {
        if (strcmp(dc_json_key(member), "__metadata__") == 0)
            continue;
        const dc_status status = read_tensor(&h->tensors[h->n_tensors], member, n_data);
        if (status < 0)
            return dc_fail_within(dc_fail_within(status, dc_json_key(member)), path);
        h->n_tensors++;
    }
    DC_TRY(check_places(h, n_data, path));
    qsort(h->tensors, h->n_tensors, sizeof *h->tensors, compare_names);
    return DC_OK;
}

dc_status st_header_read(st_header *out, const dc_file_view *file, const char *path,
                         dc_arena *arena)
{
    st_header h = { 0 };
    dc_reader r = dc_reader_over(file->data, file->size, path);
    h.n_bytes = dc_get_u64(&r);
    if (r.status == DC_OK && h.n_bytes > MAX_HEADER_BYTES && h.n_bytes <= dc_reader_left(&r))
        return dc_fail(DC_ELIMIT, "the header of '%s' has %" PRIu64 " bytes, %" PRIu64 " at most",
                       path, h.n_bytes, MAX_HEADER_BYTES);
    const char *text = (const char *)dc_get_bytes(&r, h.n_bytes);
    DC_TRY(r.status);
    h.data = file->data + r.pos;
    DC_TRY(dc_json_parse(&h.json, text, h.n_bytes, path));
    const dc_status status = read_tensors(&h, dc_reader_left(&r), path, arena);
    if (status < 0) {
        st_header_clear(&h);
        return status;
    }
    *out = h;
    return DC_OK;
}

/* ---- questions ---- */

st_tensor *st_find(const st_header *header, const char *name)
{
    const st_tensor key = { .name = name };
    return bsearch(&key, header->tensors, header->n_tensors, sizeof key, compare_names);
}

const char *st_shape_text(const st_tensor *tensor, dc_arena *arena)
{
    const char *text = NULL;
    uint32_t n_dims = 0;
    for (const dc_json *dim = dc_json_at(tensor->shape, 0); dim != NULL; dim = dc_json_next(dim)) {
        if (n_dims++ == 8)
            return dc_arena_print(arena, "%sx...", text);
        const char *before = text != NULL ? dc_arena_print(arena, "%sx", text) : "";
        text = dc_arena_print(arena, "%s%.0f", before, dc_json_number(dim));
    }
    return text != NULL ? text : "a single number";
}

bool st_has_shape(const st_tensor *tensor, const dc_shape *shape)
{
    if (dc_json_size(tensor->shape) != shape->n_dims)
        return false;
    const dc_json *dim = dc_json_at(tensor->shape, 0);
    for (uint32_t i = 0; i < shape->n_dims; i++, dim = dc_json_next(dim))
        if (dc_json_number(dim) != shape->dims[i])
            return false;
    return true;
}
