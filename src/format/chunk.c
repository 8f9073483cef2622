/* SPDX-License-Identifier: MIT
 *
 * The container of docs/format.md, section 3. The table is checked completely before anything is
 * looked for in it: ids are letters and differ, offsets begin where the table ends and never fall,
 * the terminating row ends at the size of the file and its CRC covers header and table. So chunks
 * can neither overlap nor leave gaps, and none reaches past the end. Version 2 is read by
 * chunk_compact.c.
 */
#include "chunk.h"

#include <inttypes.h>
#include <string.h>

#include "dcomp/format.h"

const char dc_container_magic[] = "\x89" "dcm";
static const char magic[] = "\x89" "dcm\r\n\x1a\n";
#define MAGIC_BYTES (sizeof magic - 1)

#define MAJOR 1
#define MINOR 1 /* the newest */

#define CRITICAL_BIT 0x20u /* clear: critical */

/* ---- writing ------------------------------------------------------------------------------- */

static void put_row(dc_writer *w, uint32_t id, uint64_t offset, uint32_t crc)
{
    dc_put_u32(w, id);
    dc_put_u64(w, offset);
    dc_put_u32(w, crc);
}

uint8_t dc_container_minor(const dc_chunk *chunks, uint32_t n_chunks)
{
    uint8_t minor = 0;
    for (uint32_t i = 0; i < n_chunks; i++)
        minor = chunks[i].id == DC_CHUNK_ENDS ? 1 : minor;
    return minor;
}

void dc_container_put(dc_writer *w, const dc_chunk *chunks, uint32_t n_chunks)
{
    const uint64_t start = w->size;
    uint64_t offset = DC_HEADER_BYTES + (uint64_t)(n_chunks + 1) * DC_CHUNK_ROW_BYTES;
    dc_put_bytes(w, magic, MAGIC_BYTES);
    dc_put_u8(w, MAJOR);
    dc_put_u8(w, dc_container_minor(chunks, n_chunks));
    for (uint32_t i = 0; i < n_chunks; i++) {
        put_row(w, chunks[i].id, offset, chunks[i].crc);
        offset += chunks[i].size;
    }
    dc_put_u32(w, 0);
    dc_put_u64(w, offset);
    dc_put_u32(w, w->status < 0 ? 0 : dc_crc32(0, w->data + start, w->size - start));
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool begins_with_table(const void *data, uint64_t size)
{
    return size >= MAGIC_BYTES && memcmp(data, magic, MAGIC_BYTES) == 0;
}

bool dc_container_begins(const void *data, uint64_t size)
{
    return begins_with_table(data, size) || dc_compact_begins(data, size);
}

static dc_status fail_magic(dc_reader *r)
{
    if (r->size >= MAGIC_BYTES && memcmp(r->data + 1, magic + 1, 3) == 0)
        return dc_reader_fail(r, DC_ECORRUPT, "damaged magic, as by a transfer in text mode");
    if (r->size > 0 && r->data[0] == '{')
        return dc_reader_fail(r, DC_ECORRUPT, "not a .dcm model but JSON ('dcomp train' makes a "
                              "model of an architecture): wrong magic");
    return dc_reader_fail(r, DC_ECORRUPT, "not a .dcm model ('dcomp import' takes other "
                          "programs' networks): wrong magic");
}

static dc_status check_header(dc_container *out, dc_reader *r)
{
    if (!begins_with_table(r->data, r->size))
        return fail_magic(r);
    (void)dc_get_bytes(r, MAGIC_BYTES);
    out->major = dc_get_u8(r);
    out->minor = dc_get_u8(r);
    DC_TRY(r->status);
    if (out->major > MAJOR)
        return dc_reader_fail(r, DC_EUNSUPPORTED,
                              "format version %u.%u with a table of chunks is newer than %u.%u",
                              out->major, out->minor, MAJOR, MINOR);
    if (out->major < MAJOR)
        return dc_reader_fail(r, DC_ECORRUPT, "there is no format version %u", out->major);
    return DC_OK;
}

static bool is_letter(uint32_t c)
{
    return (c | 0x20u) >= 'a' && (c | 0x20u) <= 'z';
}

dc_status dc_container_add(dc_container *c, const dc_chunk *chunk, dc_reader *r)
{
    dc_chunk added = *chunk;
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t letter = chunk->id >> (8 * i) & 0xffu;
        if (!is_letter(letter))
            return dc_reader_fail(r, DC_ECORRUPT, "chunk id 0x%08" PRIx32 " is not four letters",
                                  chunk->id);
        added.name[i] = (char)letter;
    }
    if (dc_container_find(c, chunk->id) != NULL)
        return dc_reader_fail(r, DC_ECORRUPT, "chunk %s occurs twice", added.name);
    if (c->n_chunks == DC_MAX_CHUNKS)
        return dc_reader_fail(r, DC_ECORRUPT, "more than %u chunks", DC_MAX_CHUNKS);
    c->chunks[c->n_chunks++] = added;
    return DC_OK;
}

/* `last` is the chunk that this row ends, NULL for the first row. */
static dc_status check_offset(dc_chunk *last, dc_reader *r, uint64_t offset, uint64_t expected)
{
    if (offset > r->size)
        return dc_reader_fail(r, DC_ECORRUPT,
                              "offset %" PRIu64 " is past the end of %" PRIu64 " bytes", offset,
                              r->size);
    if (last == NULL)
        return expected == offset ? DC_OK
                                  : dc_reader_fail(r, DC_ECORRUPT,
                                                   "first chunk is at %" PRIu64
                                                   ", the table ends at %" PRIu64,
                                                   offset, expected);
    if (offset < last->offset)
        return dc_reader_fail(r, DC_ECORRUPT, "chunk offsets fall from %" PRIu64 " to %" PRIu64,
                              last->offset, offset);
    last->size = offset - last->offset;
    return DC_OK;
}

/* Rows up to the terminating one, to learn where the table ends. */
static dc_status count_rows(uint32_t *n_rows, dc_reader r)
{
    *n_rows = 0;
    while (dc_get_u32(&r) != 0 && r.status == DC_OK) {
        dc_get_bytes(&r, DC_CHUNK_ROW_BYTES - 4);
        if (++*n_rows > DC_MAX_CHUNKS)
            return dc_reader_fail(&r, DC_ECORRUPT, "more than %u chunks", DC_MAX_CHUNKS);
    }
    return r.status;
}

static dc_status check_end(dc_reader *r, uint64_t offset)
{
    const uint32_t crc = dc_crc32(0, r->data, r->pos);
    if (offset != r->size)
        return dc_reader_fail(r, DC_ECORRUPT,
                              "%" PRIu64 " bytes, the table of chunks says %" PRIu64, r->size,
                              offset);
    if (crc != dc_get_u32(r) && r->status == DC_OK)
        return dc_reader_fail(r, DC_ECORRUPT, "checksum of header and table is wrong");
    return r->status;
}

static dc_status parse_table(dc_container *out, dc_reader *r)
{
    uint32_t n_rows;
    DC_TRY(check_header(out, r));
    DC_TRY(count_rows(&n_rows, *r));
    out->table_bytes = r->pos + (uint64_t)(n_rows + 1) * DC_CHUNK_ROW_BYTES;
    for (uint32_t i = 0; i <= n_rows; i++) {
        dc_chunk chunk = { .id = dc_get_u32(r) };
        chunk.offset = dc_get_u64(r);
        DC_TRY(r->status);
        DC_TRY(check_offset(i > 0 ? &out->chunks[i - 1] : NULL, r, chunk.offset,
                            out->table_bytes));
        if (i == n_rows)
            return check_end(r, chunk.offset);
        DC_TRY(dc_container_add(out, &chunk, r));
        out->chunks[i].crc = dc_get_u32(r);
    }
    return r->status;
}

dc_status dc_container_parse(dc_container *out, const void *data, uint64_t size,
                             const char *subject)
{
    dc_reader r = dc_reader_over(data, size, subject);
    *out = (dc_container){ .data = data, .subject = subject, .size = size };
    return dc_compact_begins(data, size) ? dc_compact_parse(out, &r) : parse_table(out, &r);
}

dc_status dc_container_check_chunks(const dc_container *c)
{
    for (uint32_t i = 0; i < c->n_chunks; i++) {
        const uint32_t id = c->chunks[i].id;
        if ((id & CRITICAL_BIT) == 0 && id != DC_CHUNK_GRAPH && id != DC_CHUNK_WEIGHTS)
            return dc_fail(DC_EUNSUPPORTED, "unknown critical chunk %s in '%s' at byte %" PRIu64,
                           c->chunks[i].name, c->subject, c->chunks[i].offset);
    }
    if (dc_container_find(c, DC_CHUNK_GRAPH) == NULL)
        return dc_fail(DC_ECORRUPT, "chunk GRPH is missing in '%s'", c->subject);
    if (dc_container_find(c, DC_CHUNK_WEIGHTS) == NULL)
        return dc_fail(DC_ECORRUPT, "chunk WGTS is missing in '%s'", c->subject);
    return DC_OK;
}

const dc_chunk *dc_container_find(const dc_container *c, uint32_t id)
{
    for (uint32_t i = 0; i < c->n_chunks; i++)
        if (c->chunks[i].id == id)
            return &c->chunks[i];
    return NULL;
}

dc_reader dc_chunk_reader(const dc_container *c, const dc_chunk *chunk)
{
    dc_reader r = dc_reader_over(c->data + chunk->offset, chunk->size, c->subject);
    if (chunk->is_deflated)
        r = dc_reader_over(c->graph, c->graph_bytes, c->subject);
    r.origin = chunk->offset;
    return r;
}

dc_status dc_chunk_check_crc(const dc_container *c, const dc_chunk *chunk)
{
    if (c->major > MAJOR)
        return DC_OK; /* the file's was checked */
    const uint32_t crc = chunk->size > 0 ? dc_crc32(0, c->data + chunk->offset, chunk->size) : 0;
    if (crc == chunk->crc)
        return DC_OK;
    return dc_fail(DC_ECORRUPT, "chunk %s: checksum is wrong in '%s' at byte %" PRIu64, chunk->name,
                   c->subject, chunk->offset);
}

dc_status dc_reader_end(dc_reader *r, const char *chunk)
{
    if (dc_reader_left(r) > 0)
        return dc_reader_fail(r, DC_ECORRUPT, "chunk %s: %" PRIu64 " bytes left over", chunk,
                              dc_reader_left(r));
    return r->status;
}

dc_status dc_fail_as_corrupt(dc_status code, const dc_reader *r)
{
    if (code != DC_EINPUT && code != DC_ECORRUPT)
        return code;
    return dc_fail(DC_ECORRUPT, "%s in '%s' at byte %" PRIu64, dc_message(), r->subject,
                   r->origin + r->pos);
}
