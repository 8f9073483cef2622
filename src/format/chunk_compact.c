/* SPDX-License-Identifier: MIT
 *
 * The container of version 2, for small files (docs/format.md, section 3.3): no table, one checksum
 * over all, sizes as varints, and GRPH deflated where that is smaller. The checksum is checked
 * first, so what is wrong after it is a fault of who wrote the file.
 */
#include <inttypes.h>
#include <string.h>

#include "chunk.h"
#include "deflate.h"

#define MAJOR 2
#define MAX_MAJOR 9 /* 10 and 13 would be ends of lines */

#define MAGIC_BYTES 4u
#define CRC_BYTES 4u
#define CRC_AT (MAGIC_BYTES + 1)
#define HEAD_IS_DEFLATED 1u
#define HEAD_HAS_FURTHER 2u
#define HEAD_BITS 2u

/* ---- writing ------------------------------------------------------------------------------- */

void dc_compact_put(dc_writer *w, uint64_t graph_bytes, bool is_deflated, bool has_further,
                    uint64_t weights_bytes)
{
    dc_put_chars(w, dc_container_magic);
    dc_put_u8(w, MAJOR);
    dc_put_u32(w, 0);
    dc_put_varint(w, graph_bytes << HEAD_BITS | (is_deflated ? HEAD_IS_DEFLATED : 0) |
                         (has_further ? HEAD_HAS_FURTHER : 0));
    if (has_further)
        dc_put_varint(w, weights_bytes);
}

void dc_compact_seal(dc_writer *w, uint32_t crc)
{
    for (unsigned i = 0; w->status == DC_OK && i < CRC_BYTES; i++)
        w->data[CRC_AT + i] = (uint8_t)(crc >> 8 * i);
}

void dc_compact_put_further(dc_writer *w, uint32_t id, uint64_t size)
{
    dc_put_u32(w, id);
    dc_put_varint(w, size);
}

/* ---- reading ------------------------------------------------------------------------------- */

bool dc_compact_begins(const void *data, uint64_t size)
{
    const uint8_t *bytes = data;
    return size > MAGIC_BYTES && memcmp(bytes, dc_container_magic, MAGIC_BYTES) == 0 &&
           bytes[MAGIC_BYTES] >= MAJOR && bytes[MAGIC_BYTES] <= MAX_MAJOR;
}

static dc_status check_header(dc_container *out, dc_reader *r)
{
    static const uint8_t zeros[CRC_BYTES];
    (void)dc_get_bytes(r, MAGIC_BYTES);
    out->major = dc_get_u8(r);
    if (out->major > MAJOR)
        return dc_reader_fail(r, DC_EUNSUPPORTED, "format version %u is newer than %u", out->major,
                              MAJOR);
    const uint32_t said = dc_get_u32(r);
    DC_TRY(r->status);
    uint32_t crc = dc_crc32(0, r->data, CRC_AT);
    crc = dc_crc32(crc, zeros, CRC_BYTES);
    crc = dc_crc32(crc, r->data + r->pos, r->size - r->pos);
    if (crc != said)
        return dc_reader_fail(r, DC_ECORRUPT, "checksum of the file is wrong");
    return DC_OK;
}

static dc_status add_chunk(dc_container *out, dc_reader *r, uint32_t id, uint64_t size,
                           bool is_deflated)
{
    const dc_chunk chunk = { .id = id, .offset = r->pos, .size = size, .is_deflated = is_deflated };
    (void)dc_get_bytes(r, size);
    DC_TRY(r->status);
    return dc_container_add(out, &chunk, r);
}

static dc_status inflate_graph(dc_container *out, dc_reader *r)
{
    const dc_chunk *graph = &out->chunks[0];
    return dc_fail_as_corrupt(dc_graph_inflate(out->graph, &out->graph_bytes,
                                               DC_MAX_DEFLATED_BYTES, out->data + graph->offset,
                                               graph->size),
                              r);
}

dc_status dc_compact_parse(dc_container *out, dc_reader *r)
{
    DC_TRY(check_header(out, r));
    const uint64_t head = dc_get_varint(r, UINT64_MAX);
    const bool is_deflated = (head & HEAD_IS_DEFLATED) != 0;
    const bool has_further = (head & HEAD_HAS_FURTHER) != 0;
    const uint64_t said = has_further ? dc_get_varint(r, UINT64_MAX) : 0;
    DC_TRY(r->status);
    out->table_bytes = r->pos;
    DC_TRY(add_chunk(out, r, DC_CHUNK_GRAPH, head >> HEAD_BITS, is_deflated));
    if (is_deflated)
        DC_TRY(inflate_graph(out, r));
    DC_TRY(add_chunk(out, r, DC_CHUNK_WEIGHTS, has_further ? said : dc_reader_left(r), false));
    while (dc_reader_left(r) > 0) {
        const uint32_t id = dc_get_u32(r);
        const uint64_t size = dc_get_varint(r, UINT64_MAX);
        DC_TRY(r->status);
        DC_TRY(add_chunk(out, r, id, size, false));
    }
    return DC_OK;
}
