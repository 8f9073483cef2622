/* SPDX-License-Identifier: MIT
 *
 * NumPy's .npy, versions 1 to 3: 0x93 "NUMPY", major, minor, the header's length (u16, from
 * version 2 on u32), the header as a Python dictionary of three known keys in any order, then the
 * values. The dictionary is walked token by token; nothing but literals is understood.
 */
#include "npy.h"
#include "dcomp/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define N_MAGIC 6u
#define ALIGNMENT 64u

static const struct {
    const char *descr;
    npy_kind kind;
    uint32_t n_bytes;
} kinds[] = {
    { "<f4", NPY_F32, 4 }, { "<f8", NPY_F64, 8 }, { "<f2", NPY_F16, 2 },
    { "|u1", NPY_U8, 1 },  { "<i4", NPY_I32, 4 }, { "<i8", NPY_I64, 8 }
};

static uint32_t bytes_of(npy_kind kind)
{
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].n_bytes;
    return 1;
}

/* The dictionary's text: [at, end). */
typedef struct scan {
    const char *at, *end;
    const char *subject;
} scan;

static void skip_space(scan *s)
{
    while (s->at < s->end && strchr(" \t\n", *s->at) != NULL && *s->at != '\0')
        s->at++;
}

/* Whether `text` comes next; it is then behind us. */
static bool take(scan *s, const char *text)
{
    skip_space(s);
    const size_t n = strlen(text);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, text, n) != 0)
        return false;
    s->at += n;
    return true;
}

/* Whether `character` comes next; it stays. */
static bool comes(scan *s, char character)
{
    skip_space(s);
    return s->at < s->end && *s->at == character;
}

static dc_status fail(const scan *s, const char *what)
{
    return dc_fail(DC_ECORRUPT, "%s in the header of '%s'", what, s->subject);
}

static dc_status scan_quoted(scan *s, char *out, size_t capacity)
{
    skip_space(s);
    const char quote = s->at < s->end ? *s->at : '\0';
    if (quote != '\'' && quote != '"')
        return fail(s, "a quoted word is missing");
    s->at++;
    size_t n = 0;
    for (; s->at < s->end && *s->at != quote; s->at++) {
        if (n + 1 == capacity)
            return dc_fail(DC_EUNSUPPORTED, "'%s' is no simple array", s->subject);
        out[n++] = *s->at;
    }
    if (s->at == s->end)
        return fail(s, "a quote without an end");
    s->at++;
    out[n] = '\0';
    return DC_OK;
}

static dc_status scan_dim(scan *s, uint64_t *out)
{
    skip_space(s);
    if (s->at == s->end || *s->at < '0' || *s->at > '9')
        return fail(s, "a dimension is missing");
    uint64_t value = 0;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
        if (value > UINT64_MAX / 10 - 1)
            return fail(s, "a dimension too large");
        value = value * 10 + (uint64_t)(*s->at - '0');
    }
    *out = value;
    return DC_OK;
}

static dc_status scan_shape(scan *s, npy_array *a)
{
    if (!take(s, "("))
        return fail(s, "a shape is missing");
    while (!take(s, ")")) {
        if (a->n_dims == NPY_MAX_DIMS)
            return dc_fail(DC_EUNSUPPORTED, "'%s' has more than %u dimensions", s->subject,
                           NPY_MAX_DIMS);
        DC_TRY(scan_dim(s, &a->dims[a->n_dims++]));
        if (!take(s, ",") && !comes(s, ')'))
            return fail(s, "a shape without an end");
    }
    return DC_OK;
}

static dc_status scan_type(scan *s, npy_array *a)
{
    char descr[16];
    DC_TRY(scan_quoted(s, descr, sizeof descr));
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].descr, descr) == 0) {
            a->kind = kinds[i].kind;
            return DC_OK;
        }
    return dc_fail(DC_EUNSUPPORTED,
                   "values of type '%s' in '%s' (there are <f4, <f8, <f2, |u1, <i4, <i8)",
                   descr, s->subject);
}

static dc_status scan_order(scan *s, npy_array *a)
{
    a->is_fortran = take(s, "True");
    return a->is_fortran || take(s, "False") ? DC_OK : fail(s, "a strange fortran_order");
}

static dc_status scan_header(npy_array *a, scan *s)
{
    unsigned seen = 0;
    if (!take(s, "{"))
        return fail(s, "no dictionary");
    while (!take(s, "}")) {
        char key[16];
        DC_TRY(scan_quoted(s, key, sizeof key));
        const unsigned bit = strcmp(key, "descr") == 0           ? 1u
                             : strcmp(key, "fortran_order") == 0 ? 2u
                             : strcmp(key, "shape") == 0         ? 4u
                                                                 : 0u;
        if (bit == 0 || (seen & bit) != 0 || !take(s, ":"))
            return fail(s, "a strange key");
        DC_TRY(bit == 1 ? scan_type(s, a) : bit == 2 ? scan_order(s, a) : scan_shape(s, a));
        seen |= bit;
        if (!take(s, ",") && !comes(s, '}'))
            return fail(s, "a dictionary without an end");
    }
    return seen == 7 ? DC_OK : fail(s, "a key is missing");
}

static dc_status count_values(npy_array *a, uint64_t n_bytes, const char *subject)
{
    const uint64_t n_values = n_bytes / bytes_of(a->kind);
    a->n_values = 1;
    for (uint32_t i = 0; i < a->n_dims; i++) {
        if (a->dims[i] == 0)
            return dc_fail(DC_ECORRUPT, "'%s' is empty: dimension %u is 0", subject, i);
        if (a->n_values > n_values / a->dims[i])
            return dc_fail(DC_ECORRUPT, "the shape does not fit the %" PRIu64 " bytes of '%s'",
                           n_bytes, subject);
        a->n_values *= a->dims[i];
    }
    if (a->n_values * bytes_of(a->kind) != n_bytes)
        return dc_fail(DC_ECORRUPT, "the shape does not fill the %" PRIu64 " bytes of '%s'",
                       n_bytes, subject);
    return DC_OK;
}

dc_status npy_parse(npy_array *out, const uint8_t *data, uint64_t n, const char *subject)
{
    npy_array a = { 0 };
    dc_reader r = dc_reader_over(data, n, subject);
    const uint8_t *magic = dc_get_bytes(&r, N_MAGIC);
    if (magic == NULL || memcmp(magic, MAGIC, N_MAGIC) != 0)
        return dc_fail(DC_ECORRUPT, "'%s' is not a NumPy file", subject);
    const unsigned major = dc_get_u8(&r);
    dc_get_u8(&r);
    if (r.status >= 0 && (major < 1 || major > 3))
        return dc_fail(DC_EUNSUPPORTED, "'%s' is of NumPy format %u", subject, major);
    const uint32_t n_header = major == 1 ? dc_get_u16(&r) : dc_get_u32(&r);
    const char *text = (const char *)dc_get_bytes(&r, n_header);
    DC_TRY(r.status);
    scan s = { text, text + n_header, subject };
    DC_TRY(scan_header(&a, &s));
    DC_TRY(count_values(&a, dc_reader_left(&r), subject));
    a.data = data + r.pos;
    *out = a;
    return DC_OK;
}

/* ---- values ---- */

static inline uint64_t place_of(const npy_array *a, uint64_t sample, uint64_t index)
{
    uint64_t place = 0, step = a->n_values;
    if (!a->is_fortran)
        return sample * (a->n_values / a->dims[0]) + index;
    for (uint32_t i = a->n_dims; i-- > 1;) {
        step /= a->dims[i];
        place += index % a->dims[i] * step;
        index /= a->dims[i];
    }
    return sample + place;
}

uint64_t npy_place(const npy_array *a, uint64_t sample, uint64_t index)
{
    return place_of(a, sample, index);
}

static inline float single_at(const uint8_t *data, uint64_t place)
{
    const uint32_t bits = (uint32_t)dc_le(data + 4 * place, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double whole_double_at(const uint8_t *data, uint64_t place)
{
    const uint64_t bits = dc_le(data + 8 * place, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float double_at(const uint8_t *data, uint64_t place)
{
    return (float)whole_double_at(data, place);
}

static inline float half_at(const uint8_t *data, uint64_t place)
{
    return dc_f32_from_f16((uint16_t)dc_le(data + 2 * place, 2));
}

static inline float byte_at(const uint8_t *data, uint64_t place)
{
    return (float)data[place];
}

static inline float int_at(const uint8_t *data, uint64_t place)
{
    return (float)(int32_t)(uint32_t)dc_le(data + 4 * place, 4);
}

static inline float long_at(const uint8_t *data, uint64_t place)
{
    return (float)(int64_t)dc_le(data + 8 * place, 8);
}

/* A loop for each kind: this is how fast samples come. */
#define EACH(value_at)                     \
    for (uint64_t i = 0; i < n; i++)       \
        x[i] = value_at(a->data, place_of(a, sample, i))

void npy_get_sample(float *x, const npy_array *a, uint64_t sample)
{
    const uint64_t n = a->n_values / a->dims[0];
    if (a->kind == NPY_F32)
        EACH(single_at);
    else if (a->kind == NPY_F64)
        EACH(double_at);
    else if (a->kind == NPY_F16)
        EACH(half_at);
    else if (a->kind == NPY_I32)
        EACH(int_at);
    else if (a->kind == NPY_I64)
        EACH(long_at);
    else
        EACH(byte_at);
}

double npy_double(const npy_array *a, uint64_t sample, uint64_t index)
{
    return whole_double_at(a->data, place_of(a, sample, index));
}

/* ---- writing ---- */

/* "(3, 4)", "(3,)", "()" */
static void shape_text(char *out, size_t capacity, const dc_shape *shape)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < shape->n_dims && n < capacity; i++)
        n += (size_t)snprintf(out + n, capacity - n, i == 0 ? "%" PRIu32 : ", %" PRIu32,
                              shape->dims[i]);
    if (shape->n_dims == 1 && n < capacity)
        snprintf(out + n, capacity - n, ",");
}

static void put_header(dc_writer *w, const dc_shape *shape)
{
    char dims[64], text[192];
    shape_text(dims, sizeof dims, shape);
    const int n = snprintf(text, sizeof text,
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims);
    const uint32_t n_text = (uint32_t)n, before = N_MAGIC + 4;
    const uint32_t n_pad = ALIGNMENT - (before + n_text + 1) % ALIGNMENT;
    dc_put_bytes(w, MAGIC, N_MAGIC);
    dc_put_u8(w, 1);
    dc_put_u8(w, 0);
    dc_put_u16(w, (uint16_t)(n_text + n_pad + 1));
    dc_put_bytes(w, text, n_text);
    for (uint32_t i = 0; i < n_pad; i++)
        dc_put_u8(w, ' ');
    dc_put_u8(w, '\n');
}

dc_status dc_npy_write(const char *path, const float *values, const dc_shape *shape,
                       bool may_replace)
{
    const uint64_t n_values = dc_shape_count(shape);
    if (n_values == 0)
        return dc_fail(DC_EINPUT, "nothing to write to '%s'", path);
    dc_writer w;
    dc_writer_init(&w, n_values * sizeof *values + 4 * ALIGNMENT);
    put_header(&w, shape);
    dc_put_f32s(&w, values, n_values);
    dc_status status = w.status;
    if (status >= 0)
        status = dc_file_write(path, w.data, w.size, may_replace);
    dc_writer_clear(&w);
    return status;
}
