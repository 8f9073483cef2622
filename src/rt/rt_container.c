/* SPDX-License-Identifier: MIT
 *
 * Bytes of the file, and its container (docs/format.md, section 3) of either version: where graph
 * and weights lie. Everything that is used stands under a checksum that is checked here.
 */
#include "rt_internal.h"

RT_OWN dc_rt_status rt_refuse(dc_rt_fault *fault, dc_rt_status status, const char *text,
                              uint32_t node, uint32_t number)
{
    if (fault != NULL) {
        fault->text = text;
        fault->node = node;
        fault->number = number;
    }
    return status;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

RT_OWN rt_cursor rt_cursor_over(const uint8_t *data, uint32_t at, uint32_t end)
{
    rt_cursor c;
    c.data = data;
    c.at = at;
    c.end = end;
    c.is_bad = false;
    return c;
}

RT_OWN uint32_t rt_get_u8(rt_cursor *c)
{
    if (c->at >= c->end) {
        c->is_bad = true;
        return 0;
    }
    return c->data[c->at++];
}

RT_OWN uint32_t rt_get_u32(rt_cursor *c)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= rt_get_u8(c) << 8 * i;
    return value;
}

RT_OWN uint64_t rt_get_varint(rt_cursor *c, uint64_t most)
{
    uint64_t value = 0;
    uint32_t byte = 0x80;
    for (unsigned shift = 0; byte >= 0x80 && !c->is_bad; shift += 7) {
        byte = rt_get_u8(c);
        if (shift == 63 && byte > 1)
            c->is_bad = true; /* 2^64 or more, or longer than 10 bytes */
        if (shift > 0 && byte == 0)
            c->is_bad = true; /* not the shortest form */
        value |= (uint64_t)(byte & 0x7f) << (shift & 63);
    }
    if (c->is_bad || value > most) {
        c->is_bad = true;
        return 0;
    }
    return value;
}

RT_OWN float rt_get_f32(rt_cursor *c)
{
    const uint32_t bits = rt_get_u32(c);
    float value;
    memcpy(&value, &bits, sizeof value);
    if ((bits >> 23 & 0xff) == 0xff) {
        c->is_bad = true;
        return 0;
    }
    return value;
}

/* ---- checksums ------------------------------------------------------------------------------- */

/* Of bytes at .. end-1, going on from `crc`; half a byte a step, so the table is small. */
static uint32_t crc_on(uint32_t crc, const uint8_t *data, uint32_t at, uint32_t end)
{
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
        0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
        0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    crc = ~crc;
    for (; at < end; at++) {
        crc ^= data[at];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* ---- version 1 ------------------------------------------------------------------------------- */

#define GRAPH_ID 0x48505247u   /* "GRPH" */
#define WEIGHTS_ID 0x53544757u /* "WGTS" */
#define ROWS_AT 10u
#define ROW_BYTES 16u
#define MAX_CHUNKS 64u

typedef struct chunk_row {
    uint32_t id, at, crc;
} chunk_row;

static chunk_row chunk_row_at(const dc_rt *m, uint32_t index)
{
    rt_cursor c = rt_cursor_over(m->file.data, ROWS_AT + index * ROW_BYTES, m->file_bytes);
    chunk_row row;
    row.id = rt_get_u32(&c);
    row.at = rt_get_u32(&c);
    if (rt_get_u32(&c) != 0 || c.is_bad)
        row.at = UINT32_MAX; /* 4 GiB, or beyond the file */
    row.crc = rt_get_u32(&c);
    return row;
}

static bool is_chunk_id(uint32_t id)
{
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t letter = (id >> 8 * i & 0xff) | 0x20u;
        if (letter < 'a' || letter > 'z')
            return false;
    }
    return true;
}

/* Critical ones have an upper-case letter first. */
static dc_rt_status chunk_id_check(uint32_t id, dc_rt_fault *fault)
{
    if (!is_chunk_id(id))
        return rt_refuse(fault, DC_RT_ECORRUPT, "chunk id is not four letters", 0, id);
    if ((id & 0x20u) == 0 && id != GRAPH_ID && id != WEIGHTS_ID)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "critical chunk is not known", 0, id);
    return DC_RT_OK;
}

static dc_rt_status chunk_take(dc_rt *m, uint32_t id, uint32_t at, uint32_t end,
                               dc_rt_fault *fault)
{
    uint32_t *from = id == GRAPH_ID ? &m->graph : &m->weights;
    uint32_t *to = id == GRAPH_ID ? &m->graph_end : &m->weights_end;
    RT_TRY(chunk_id_check(id, fault));
    if (id != GRAPH_ID && id != WEIGHTS_ID)
        return DC_RT_OK; /* ancillary: not for us */
    if (*from != 0)
        return rt_refuse(fault, DC_RT_ECORRUPT, "a chunk occurs twice", 0, id);
    *from = at;
    *to = end;
    return DC_RT_OK;
}

static dc_rt_status table_check(dc_rt *m, dc_rt_fault *fault)
{
    uint32_t n = 0, last;
    while (n <= MAX_CHUNKS && chunk_row_at(m, n).id != 0)
        n++;
    const uint32_t end = ROWS_AT + (n + 1) * ROW_BYTES;
    if (n > MAX_CHUNKS || end > m->file_bytes)
        return rt_refuse(fault, DC_RT_ECORRUPT, "table of chunks has no end", 0, 0);
    if (crc_on(0, m->file.data, 0, end - 4) != chunk_row_at(m, n).crc)
        return rt_refuse(fault, DC_RT_ECORRUPT, "checksum of header and table is wrong", 0, 0);
    last = end;
    for (uint32_t i = 0; i < n; i++) {
        const chunk_row row = chunk_row_at(m, i);
        const uint32_t next = chunk_row_at(m, i + 1).at;
        if (row.at != last || next < row.at || next > m->file_bytes)
            return rt_refuse(fault, DC_RT_ECORRUPT, "chunk lies outside the file", 0, row.id);
        last = next;
        RT_TRY(chunk_take(m, row.id, row.at, next, fault));
        if ((row.id == GRAPH_ID || row.id == WEIGHTS_ID) &&
            crc_on(0, m->file.data, row.at, next) != row.crc)
            return rt_refuse(fault, DC_RT_ECORRUPT, "checksum of a chunk is wrong", 0, row.id);
    }
    if (last != m->file_bytes)
        return rt_refuse(fault, DC_RT_ECORRUPT, "table of chunks says another size", 0, last);
    return DC_RT_OK;
}

/* ---- version 2 ------------------------------------------------------------------------------- */

#define CRC_AT 5u
#define COMPACT_AT 9u

static dc_rt_status compact_check(dc_rt *m, dc_rt_fault *fault)
{
    static const uint8_t zeros[4] = { 0, 0, 0, 0 };
    rt_cursor c = rt_cursor_over(m->file.data, CRC_AT, m->file_bytes);
    const uint32_t said = rt_get_u32(&c);
    uint32_t crc = crc_on(0, m->file.data, 0, CRC_AT);
    crc = crc_on(crc, zeros, 0, 4);
    if (c.is_bad || crc_on(crc, m->file.data, COMPACT_AT, m->file_bytes) != said)
        return rt_refuse(fault, DC_RT_ECORRUPT, "checksum of the file is wrong", 0, 0);
    const uint64_t head = rt_get_varint(&c, UINT64_MAX);
    const uint64_t weights = (head & 2) != 0 ? rt_get_varint(&c, UINT32_MAX) : UINT64_MAX;
    if ((head & 1) != 0)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "the graph is deflated", 0, 0);
    if (c.is_bad || head >> 2 > c.end - c.at)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the graph is larger than the file", 0, 0);
    m->graph = c.at;
    m->graph_end = m->weights = c.at + (uint32_t)(head >> 2);
    m->weights_end = m->file_bytes;
    if ((head & 2) == 0)
        return DC_RT_OK;
    if (weights > m->file_bytes - m->weights)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the weights are larger than the file", 0, 0);
    m->weights_end = c.at = m->weights + (uint32_t)weights;
    while (c.at < c.end) {
        const uint32_t id = rt_get_u32(&c);
        const uint32_t size = (uint32_t)rt_get_varint(&c, UINT32_MAX);
        if (c.is_bad || size > c.end - c.at)
            return rt_refuse(fault, DC_RT_ECORRUPT, "chunk lies outside the file", 0, id);
        RT_TRY(chunk_take(m, id, c.at, c.at + size, fault));
        c.at += size;
    }
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_container_check(dc_rt *m, dc_rt_fault *fault)
{
    static const uint8_t magic[10] = { 0x89, 'd', 'c', 'm', '\r', '\n', 0x1a, '\n', 1, 0 };
    const uint8_t *data = m->file.data;
    if (m->file_bytes < sizeof magic || memcmp(data, magic, 4) != 0)
        return rt_refuse(fault, DC_RT_ECORRUPT, "not a .dcm model", 0, 0);
    if (data[4] >= 3 && data[4] <= 9)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "the format's version is newer", 0, data[4]);
    if (data[4] == 2)
        return compact_check(m, fault);
    if (memcmp(data, magic, 8) != 0)
        return rt_refuse(fault, DC_RT_ECORRUPT, "damaged magic, as by a transfer as text", 0, 0);
    if (data[8] != 1)
        return rt_refuse(fault, data[8] == 0 ? DC_RT_ECORRUPT : DC_RT_EUNSUPPORTED,
                         "the format's version is another", 0, data[8]);
    RT_TRY(table_check(m, fault));
    if (m->graph == 0 || m->weights == 0)
        return rt_refuse(fault, DC_RT_ECORRUPT, "chunk GRPH or WGTS is missing", 0, 0);
    return DC_RT_OK;
}
