/* SPDX-License-Identifier: MIT
 *
 * The container: header, chunks, checksums (docs/format.md, section 3), of version 1, which has a
 * table of chunks, and of version 2, which is compact. Who reads chunks does not see which it is.
 */
#ifndef DCOMP_FORMAT_CHUNK_H
#define DCOMP_FORMAT_CHUNK_H

#include "dcomp/base.h"

#define DC_MAX_CHUNKS 64u
#define DC_CHUNK_ROW_BYTES 16u
#define DC_HEADER_BYTES 10u
#define DC_MAX_DEFLATED_BYTES 8192u /* of GRPH, inflated */

#define DC_CHUNK_ID(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define DC_CHUNK_GRAPH DC_CHUNK_ID('G', 'R', 'P', 'H')
#define DC_CHUNK_WEIGHTS DC_CHUNK_ID('W', 'G', 'T', 'S')
#define DC_CHUNK_NAMES DC_CHUNK_ID('n', 'A', 'M', 'E')
#define DC_CHUNK_ENDS DC_CHUNK_ID('e', 'N', 'D', 'S')
#define DC_CHUNK_HISTORY DC_CHUNK_ID('h', 'I', 'S', 'T')

typedef struct dc_chunk {
    uint32_t id, crc;      /* crc: of version 1               */
    uint64_t offset, size; /* as it is in the file             */
    bool is_deflated;      /* its bytes are container.graph    */
    char name[5];          /* the id as text                   */
} dc_chunk;

typedef struct dc_container {
    const uint8_t *data; /* the whole file, borrowed          */
    const char *subject; /* its name for messages, borrowed   */
    uint64_t size;
    uint64_t table_bytes; /* header and table; version 2: what is before the first chunk */
    uint8_t major, minor;
    uint32_t n_chunks;
    dc_chunk chunks[DC_MAX_CHUNKS];
    uint64_t graph_bytes; /* of a deflated GRPH               */
    uint8_t graph[DC_MAX_DEFLATED_BYTES];
} dc_container;

/* With what files of all versions begin; a text. */
extern const char dc_container_magic[];
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
/* Adds a chunk whose id is checked: four letters that no other has. */
dc_status dc_container_add(dc_container *c, const dc_chunk *chunk, dc_reader *r);

/* ---- version 2 (chunk_compact.c) ------------------------------------------------------------- */

bool dc_compact_begins(const void *data, uint64_t size);
dc_status dc_compact_parse(dc_container *out, dc_reader *r);
/* What is before GRPH, of `graph_bytes`; the checksum is yet to be set. WGTS is the rest of the
 * file, or has `weights_bytes` when there are further chunks. */
void dc_compact_put(dc_writer *w, uint64_t graph_bytes, bool is_deflated, bool has_further,
                    uint64_t weights_bytes);
/* Sets it: the CRC-32 of the whole file as put so far, the checksum 0. */
void dc_compact_seal(dc_writer *w, uint32_t crc);
/* What is before a further chunk. */
void dc_compact_put_further(dc_writer *w, uint32_t id, uint64_t size);

#endif
