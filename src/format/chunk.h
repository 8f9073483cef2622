/* SPDX-License-Identifier: MIT
 *
 * The container: header, table of chunks, checksums (docs/format.md, section 3).
 */
#ifndef DCOMP_FORMAT_CHUNK_H
#define DCOMP_FORMAT_CHUNK_H

#include "dcomp/base.h"

#define DC_MAX_CHUNKS 64u
#define DC_CHUNK_ROW_BYTES 16u
#define DC_HEADER_BYTES 10u

#define DC_CHUNK_ID(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define DC_CHUNK_GRAPH DC_CHUNK_ID('G', 'R', 'P', 'H')
#define DC_CHUNK_WEIGHTS DC_CHUNK_ID('W', 'G', 'T', 'S')
#define DC_CHUNK_NAMES DC_CHUNK_ID('n', 'A', 'M', 'E')
#define DC_CHUNK_ENDS DC_CHUNK_ID('e', 'N', 'D', 'S')
#define DC_CHUNK_HISTORY DC_CHUNK_ID('h', 'I', 'S', 'T')

typedef struct dc_chunk {
    uint32_t id, crc;
    uint64_t offset, size;
    char name[5]; /* the id as text */
} dc_chunk;

typedef struct dc_container {
    const uint8_t *data; /* the whole file, borrowed          */
    const char *subject; /* its name for messages, borrowed   */
    uint64_t size;
    uint64_t table_bytes; /* header and table                 */
    uint8_t major, minor;
    uint32_t n_chunks;
    dc_chunk chunks[DC_MAX_CHUNKS];
} dc_container;

extern const char dc_container_magic[]; /* a text */
/* Whether the bytes begin as a container does. */
bool dc_container_begins(const void *data, uint64_t size);
/* Header and table, checked completely; chunks themselves are not looked at. DC_ECORRUPT,
 * DC_EUNSUPPORTED for a newer major version. On failure what was read before stays in *out. */
dc_status dc_container_parse(dc_container *out, const void *data, uint64_t size,
                             const char *subject);
/* DC_EUNSUPPORTED for an unknown critical chunk, DC_ECORRUPT when GRPH or WGTS is missing. */
dc_status dc_container_check_chunks(const dc_container *c);
/* NULL when there is none. */
const dc_chunk *dc_container_find(const dc_container *c, uint32_t id);
/* A reader over a chunk, whose messages count from the start of the file. Does not look at the
 * checksum. */
dc_reader dc_chunk_reader(const dc_container *c, const dc_chunk *chunk);
dc_status dc_chunk_check_crc(const dc_container *c, const dc_chunk *chunk);

/* Nothing of the chunk may be left over. */
dc_status dc_reader_end(dc_reader *r, const char *chunk);
/* The same failure as the file's fault: what is a bad request of a caller is a lie of a file. */
dc_status dc_fail_as_corrupt(dc_status code, const dc_reader *r);

/* Header and table of `n_chunks` chunks; their id, size and crc are set, offsets follow from
 * sizes. */
void dc_container_put(dc_writer *w, const dc_chunk *chunks, uint32_t n_chunks);
/* The least minor version that has all these chunks. */
uint8_t dc_container_minor(const dc_chunk *chunks, uint32_t n_chunks);

#endif
