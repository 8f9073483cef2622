/* SPDX-License-Identifier: MIT
 *
 * WGTS (docs/format.md, section 5): rows say how parameters are stored, bodies hold their bits.
 * Everything that a walk relies on is proved here, by one walk over all entries: that bits and
 * numbers lie within the body, that codes are of the codebook and positions of the matrix. Only
 * codebooks are taken out of the file, as floats, or as integers of 15 bits and a sign with one
 * exponent where they are weights in integer mode.
 */
#include "rt_walk.h"

#include <math.h>

/* ---- numbers --------------------------------------------------------------------------------- */

RT_OWN float rt_half(uint32_t bits)
{
    const uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31u;
    const uint32_t mantissa = bits & 1023u;
    float value = (float)mantissa * 5.9604644775390625e-8f; /* 2^-24: below the least exponent */
    uint32_t out;
    memcpy(&out, &value, sizeof out);
    if (exponent == 31)
        out = 0x7f800000u;
    else if (exponent > 0)
        out = (exponent + 112) << 23 | mantissa << 13;
    out |= sign;
    memcpy(&value, &out, sizeof value);
    return value;
}

RT_OWN float rt_scaled(float x, int exponent)
{
    return ldexpf(x, exponent);
}

RT_OWN int rt_top_of(float x)
{
    int top = -126;
    if (x != 0)
        (void)frexpf(x, &top);
    return top;
}

RT_OWN int16_t rt_short_of(float x, int exponent)
{
    const float y = ldexpf(x, -exponent);
    if (!(y > -32767.0f)) /* a NaN, too */
        return -32767;
    if (y >= 32767.0f)
        return 32767;
    return (int16_t)(y < 0 ? y - 0.5f : y + 0.5f);
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct weight_row {
    uint32_t encoding, gap_bits, n_codebook;
    bool is_half, is_column_major;
    uint64_t n_entries, codes_bytes, gaps_bytes;
} weight_row;

static dc_rt_status row_coders_get(weight_row *row, rt_cursor *c, uint32_t i, dc_rt_fault *fault)
{
    const uint32_t coders = rt_get_u8(c), codes = coders & 7u, gaps = coders >> 4 & 7u;
    row->is_column_major = (coders & 8u) != 0;
    if (codes != 0 || gaps != 0)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "codes or gaps have another coder than raw", i,
                         codes != 0 ? codes : gaps);
    if ((coders & 0x80u) != 0)
        return rt_refuse(fault, row->encoding == RT_SPARSE ? DC_RT_ECORRUPT : DC_RT_EUNSUPPORTED,
                         "a codebook is coded", i, 0);
    return DC_RT_OK;
}

static dc_rt_status row_get(weight_row *row, rt_cursor *c, uint32_t i, dc_rt_fault *fault)
{
    const uint32_t kind = rt_get_u8(c), high = kind >> 5;
    memset(row, 0, sizeof *row);
    row->encoding = kind & 3u;
    row->is_half = (kind & 4u) != 0;
    const bool has_codes = row->encoding >= RT_SHARED;
    const bool has_gaps = row->encoding == RT_SPARSE || row->encoding == RT_PACKED;
    row->gap_bits = has_gaps ? high + 1 : 0;
    if (row->encoding == RT_DENSE && high != 0)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "a layer is coded as levels, by coder", i,
                         high);
    if ((row->encoding == RT_SHARED && high != 0) || (has_gaps && high == 0))
        return rt_refuse(fault, DC_RT_ECORRUPT, "the weights are malformed", i, high);
    if (row->encoding != RT_DENSE)
        RT_TRY(row_coders_get(row, c, i, fault));
    if (has_codes)
        row->n_codebook = rt_get_u8(c) + 1;
    if (has_gaps)
        row->n_entries = rt_get_varint(c, UINT32_MAX);
    if (has_codes)
        row->codes_bytes = rt_get_varint(c, UINT32_MAX);
    if (has_gaps)
        row->gaps_bytes = rt_get_varint(c, UINT32_MAX);
    if (c->is_bad)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the weights are malformed", i, 0);
    return DC_RT_OK;
}

/* Of weights of a matrix: integers in integer mode. */
static bool is_integer_param(const dc_rt *m, const rt_node *node, uint32_t param)
{
    return m->is_integer && (param == node->param ? node->op != RT_OP_BATCH_NORM
                                                  : node->op == RT_OP_LSTM);
}

static uint32_t table_bytes_of(uint32_t n_codebook, bool is_integer)
{
    return (uint32_t)(n_codebook * (is_integer ? sizeof(int16_t) : sizeof(float)) + 3) & ~3u;
}

RT_OWN dc_rt_status rt_tables_scan(dc_rt *m, rt_cursor *rows, const rt_node *node, uint32_t i,
                                   dc_rt_fault *fault)
{
    weight_row row;
    for (uint32_t p = node->param; p < m->n_params; p++) {
        RT_TRY(row_get(&row, rows, i, fault));
        m->tables += table_bytes_of(row.n_codebook, is_integer_param(m, node, p));
    }
    return DC_RT_OK;
}

/* ---- streams --------------------------------------------------------------------------------- */

/* The width of symbols of a raw stream that takes exactly these bytes, or 9. */
static uint32_t stream_width(uint64_t n, uint64_t n_bytes)
{
    if (n == 0)
        return n_bytes == 0 ? 0 : 9;
    const uint64_t width = n_bytes >= n ? 8 : 8 * n_bytes / n;
    return (n * width + 7) / 8 == n_bytes ? (uint32_t)width : 9;
}

static bool is_padding_zero(const uint8_t *data, uint64_t n, uint32_t width, uint32_t n_bytes)
{
    const uint32_t n_last = (uint32_t)(n * width % 8);
    return n_bytes == 0 || n_last == 0 || data[n_bytes - 1] >> n_last == 0;
}

/* Finds numbers, codes and gaps of p in the body that begins at c, and moves c behind it. */
static dc_rt_status body_find(const dc_rt *m, rt_param *p, const weight_row *row, rt_cursor *c,
                              uint32_t i, dc_rt_fault *fault)
{
    const uint64_t n_values = (uint64_t)p->n_rows * p->n_cols;
    const bool has_gaps = row->gap_bits > 0, has_codes = row->n_codebook > 0;
    const uint64_t n_entries = has_gaps ? row->n_entries : n_values;
    const uint64_t n_numbers = !has_codes ? n_entries
                                          : row->n_codebook - (has_gaps ? 1u : 0u);
    const uint64_t number_bytes = n_numbers * (row->is_half ? 2u : 4u);
    const uint64_t body_bytes = number_bytes + row->codes_bytes + row->gaps_bytes;
    if (body_bytes > c->end - c->at || n_entries > n_values)
        return rt_refuse(fault, DC_RT_ECORRUPT, "a body is larger than the chunk", i, 0);
    const uint32_t code_width = has_codes ? stream_width(n_entries, row->codes_bytes) : 0;
    const uint32_t gap_width = has_gaps ? stream_width(n_entries, row->gaps_bytes) : 0;
    /* A sparse body has its numbers behind the gaps, a coded one its codebook in front. */
    const uint64_t in_front = has_codes ? number_bytes : 0;
    p->codes = c->at + (uint32_t)in_front;
    p->gaps = p->codes + (uint32_t)row->codes_bytes;
    p->numbers = has_codes ? c->at : p->gaps + (uint32_t)row->gaps_bytes;
    p->n_entries = (uint32_t)n_entries;
    p->encoding = (uint8_t)row->encoding;
    p->is_half = row->is_half;
    p->is_column_major = row->is_column_major;
    p->gap_bits = (uint8_t)row->gap_bits;
    p->n_table = (uint16_t)row->n_codebook;
    p->code_width = (uint8_t)code_width;
    p->gap_width = (uint8_t)gap_width;
    if (code_width > 8 || gap_width > 8 ||
        !is_padding_zero(m->file.data + p->codes, n_entries, code_width,
                         (uint32_t)row->codes_bytes) ||
        !is_padding_zero(m->file.data + p->gaps, n_entries, gap_width, (uint32_t)row->gaps_bytes))
        return rt_refuse(fault, DC_RT_ECORRUPT, "a stream is no whole number of bits a symbol", i,
                         0);
    c->at += (uint32_t)body_bytes;
    return DC_RT_OK;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* Notes how large numbers are; false of one that is not finite. */
static bool note_number(rt_param *p, float number)
{
    const int top = rt_top_of(number);
    if (!(number - number == 0)) /* infinite or NaN */
        return false;
    p->top = (int16_t)(top > p->top ? top : p->top);
    return true;
}

static dc_rt_status book_fill(dc_rt *m, rt_param *p, uint32_t i, dc_rt_fault *fault)
{
    void *table = (char *)m + p->table;
    const uint32_t first = p->encoding == RT_PACKED ? 1 : 0;
    rt_walk w = rt_walk_over(m, p);
    w.numbers = m->file.data + p->numbers;
    for (uint32_t k = first; k < p->n_table; k++)
        if (!note_number(p, rt_walk_number(&w)))
            return rt_refuse(fault, DC_RT_ECORRUPT, "a number is infinite or none", i, k);
    w.numbers = m->file.data + p->numbers;
    for (uint32_t k = 0; k < p->n_table; k++) {
        const float number = k < first ? 0 : rt_walk_number(&w);
        if (p->is_integer)
            ((int16_t *)table)[k] = rt_short_of(number, p->top - 15);
        else
            ((float *)table)[k] = number;
    }
    return DC_RT_OK;
}

/* One walk over all entries. Of codes it looks at the code, else at the number. */
static dc_rt_status entries_check(const dc_rt *m, rt_param *p, uint32_t i, dc_rt_fault *fault)
{
    const uint64_t n_values = (uint64_t)p->n_rows * p->n_cols;
    const uint32_t filler_gap = ((uint32_t)1 << p->gap_bits) - 1;
    const bool has_gaps = p->gap_bits > 0;
    uint64_t next = 0; /* position behind the last entry */
    rt_walk w = rt_walk_over(m, p);
    for (uint32_t e = 0; e < p->n_entries; e++) {
        const uint32_t gap = rt_bits_take(&w.gaps), code = rt_bits_take(&w.codes);
        const float number = p->n_table > 0 ? 1 : rt_walk_number(&w);
        const bool is_filler = p->n_table > 0 ? code == 0 : number == 0;
        if (p->n_table > 0 && code >= p->n_table)
            return rt_refuse(fault, DC_RT_ECORRUPT, "a code is outside the codebook", i, e);
        if (!note_number(p, p->n_table > 0 ? 0 : number))
            return rt_refuse(fault, DC_RT_ECORRUPT, "a number is infinite or none", i, e);
        if (has_gaps && (gap > filler_gap || next + gap >= n_values))
            return rt_refuse(fault, DC_RT_ECORRUPT, "a position is outside the matrix", i, e);
        if (has_gaps && is_filler && gap != filler_gap)
            return rt_refuse(fault, DC_RT_ECORRUPT, "an entry is zero but no filler", i, e);
        next += gap + 1;
    }
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_steps_add(dc_rt *m, uint32_t n, uint32_t i, dc_rt_fault *fault)
{
    const uint64_t all = (uint64_t)m->n_steps + n;
    if (all > 65536 + 64 * (uint64_t)m->file_bytes || all > UINT32_MAX)
        return rt_refuse(fault, DC_RT_ELIMIT, "the file has few bytes for so many values", i, n);
    m->n_steps = (uint32_t)all;
    return DC_RT_OK;
}

static dc_rt_status param_fill(dc_rt *m, const rt_node *node, uint32_t i, uint32_t index,
                               rt_cursor *rows, rt_cursor *bodies, dc_rt_fault *fault)
{
    rt_param *p = &rt_params_to_fill(m)[index];
    weight_row row;
    RT_TRY(row_get(&row, rows, i, fault));
    p->table = m->bytes;
    p->is_integer = is_integer_param(m, node, index);
    p->top = -126;
    m->bytes += table_bytes_of(row.n_codebook, p->is_integer);
    RT_TRY(body_find(m, p, &row, bodies, i, fault));
    RT_TRY(rt_steps_add(m, p->n_entries, i, fault));
    RT_TRY(book_fill(m, p, i, fault));
    return entries_check(m, p, i, fault);
}

RT_OWN dc_rt_status rt_weights_fill(dc_rt *m, dc_rt_fault *fault)
{
    const rt_node *nodes = rt_nodes(m);
    rt_cursor rows = rt_cursor_over(m->file.data, m->weights, m->weights_end), bodies;
    weight_row row;
    for (uint32_t p = 0; p < m->n_params; p++)
        RT_TRY(row_get(&row, &rows, 0, fault));
    bodies = rows;
    rows.at = m->weights;
    m->bytes = m->tables;
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        const uint32_t end = i + 1 < m->n_nodes ? nodes[i + 1].param : m->n_params;
        for (uint32_t p = nodes[i].param; p < end; p++)
            RT_TRY(param_fill(m, &nodes[i], i, p, &rows, &bodies, fault));
    }
    if (bodies.at != bodies.end)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the weights are malformed", 0,
                         bodies.end - bodies.at);
    return DC_RT_OK;
}
