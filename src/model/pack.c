/* SPDX-License-Identifier: MIT
 *
 * Weights -> dc_packed [DC 2, 3; EIE III]. First every weight becomes a code, in stream order (a
 * column-major stream is written through small transposed tiles); a dense layer is then done. In a
 * sparse one, z zeros before a weight become z >> b fillers, each 2^b positions long, and a gap of
 * z mod 2^b. So the number of entries is known from a first walk, and parts of the stream can be
 * walked and written at once: each needs to know only where the last weight before it stands.
 */
#include "array_chunks.h"
#include "nonzero_runs.h"
#include "value_hash.h"

#include <math.h>
#include <string.h>

typedef struct band_job {
    uint8_t *codes;
    const float *values;
    uint32_t n_rows, n_cols;
    value_hash hash;
} band_job;

/* One band of TILE columns, tile by tile from the top. */
static void band_task(void *payload, uint64_t index)
{
    const band_job *job = payload;
    const uint32_t n_rows = job->n_rows, n_cols = job->n_cols;
    const uint32_t first_col = (uint32_t)index * TILE;
    const uint32_t width = DC_MIN(TILE, n_cols - first_col);
    uint8_t tile[TILE][TILE]; /* [col][row] */
    for (uint32_t row = 0; row < n_rows; row += DC_MIN(TILE, n_rows - row)) {
        const uint32_t height = DC_MIN(TILE, n_rows - row);
        for (uint32_t r = 0; r < height; r++) {
            const float *values = job->values + (uint64_t)(row + r) * n_cols + first_col;
            for (uint32_t c = 0; c < width; c++)
                tile[c][r] = hash_code(&job->hash, values[c]);
        }
        for (uint32_t c = 0; c < width; c++)
            memcpy(&job->codes[(uint64_t)(first_col + c) * n_rows + row], tile[c], height);
    }
}

/* The codes of all weights in stream order. */
static void stream_codes(uint8_t *codes, const dc_packed *packed, const float *values)
{
    const uint32_t n_rows = packed->n_rows, n_cols = packed->n_cols;
    if (!packed->is_column_major || n_rows == 1 || n_cols == 1) {
        dc_codes_of(codes, values, (uint64_t)n_rows * n_cols, packed->codebook, packed->n_codebook);
        return;
    }
    band_job job = {.codes = codes, .values = values, .n_rows = n_rows, .n_cols = n_cols};
    hash_codebook(&job.hash, packed->codebook, packed->n_codebook);
    dc_pool_each(n_cols / TILE + (n_cols % TILE > 0), band_task, &job);
}

typedef struct walk_job {
    const uint8_t *stream; /* a code for each position, 0 for zero */
    uint64_t n_values;
    uint32_t n_chunks;
    dc_packed *packed;
    uint64_t next[MAX_CHUNKS + 1];    /* position behind the last weight before the part */
    uint64_t entry[MAX_CHUNKS + 1];   /* where the part's entries start                 */
    uint64_t nonzero[MAX_CHUNKS + 1]; /* weights in the part before                     */
} walk_job;

/* Position behind the part's last weight, 0 when it has none. */
static void last_task(void *payload, uint64_t index)
{
    walk_job *job = payload;
    const uint64_t start = dc_part_start(job->n_values, index, job->n_chunks);
    uint64_t next = dc_part_start(job->n_values, index + 1, job->n_chunks);
    while (next > start && job->stream[next - 1] == 0)
        next--;
    job->next[index + 1] = next > start ? next : 0;
}

static void count_task(void *payload, uint64_t index)
{
    walk_job *job = payload;
    const unsigned gap_bits = job->packed->gap_bits;
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    uint64_t next = job->next[index], n_fillers = 0, n_nonzero = 0;
    uint16_t found[RUN];
    for (uint64_t at = dc_part_start(job->n_values, index, job->n_chunks); at < end; at += RUN) {
        const uint32_t n = nonzero_codes(found, job->stream + at, (uint32_t)DC_MIN(end - at, RUN));
        for (uint32_t i = 0; i < n; i++) {
            n_fillers += (at + found[i] - next) >> gap_bits;
            next = at + found[i] + 1;
        }
        n_nonzero += n;
    }
    job->nonzero[index + 1] = n_nonzero;
    job->entry[index + 1] = n_nonzero + n_fillers;
}

static void write_task(void *payload, uint64_t index)
{
    const walk_job *job = payload;
    const unsigned gap_bits = job->packed->gap_bits;
    const uint8_t filler_gap = (uint8_t)((1u << gap_bits) - 1);
    uint8_t *codes = job->packed->codes + job->entry[index];
    uint8_t *gaps = job->packed->gaps + job->entry[index];
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    uint64_t next = job->next[index];
    uint16_t found[RUN];
    for (uint64_t at = dc_part_start(job->n_values, index, job->n_chunks); at < end; at += RUN) {
        const uint32_t n = nonzero_codes(found, job->stream + at, (uint32_t)DC_MIN(end - at, RUN));
        for (uint32_t i = 0; i < n; i++) {
            uint64_t gap = at + found[i] - next;
            for (; gap > filler_gap; gap -= filler_gap + 1u) {
                *codes++ = 0;
                *gaps++ = filler_gap;
            }
            *codes++ = job->stream[at + found[i]];
            *gaps++ = (uint8_t)gap;
            next = at + found[i] + 1;
        }
    }
}

static dc_status pack_entries(dc_packed *packed, const uint8_t *stream, uint64_t n_values,
                              dc_arena *arena)
{
    walk_job job = {.stream = stream, .n_values = n_values, .packed = packed};
    job.n_chunks = chunk_count(n_values);
    dc_pool_each(job.n_chunks, last_task, &job);
    for (uint32_t i = 0; i < job.n_chunks; i++)
        job.next[i + 1] = DC_MAX(job.next[i + 1], job.next[i]);
    dc_pool_each(job.n_chunks, count_task, &job);
    for (uint32_t i = 0; i < job.n_chunks; i++) {
        job.entry[i + 1] += job.entry[i];
        job.nonzero[i + 1] += job.nonzero[i];
    }
    packed->n_entries = job.entry[job.n_chunks];
    packed->n_nonzero = job.nonzero[job.n_chunks];
    packed->codes = dc_arena_take(arena, packed->n_entries, sizeof *packed->codes);
    packed->gaps = dc_arena_take(arena, packed->n_entries, sizeof *packed->gaps);
    DC_TRY(arena->status);
    dc_pool_each(job.n_chunks, write_task, &job);
    return DC_OK;
}

static dc_status pack_sparse(dc_packed *packed, const float *values, uint64_t n_values,
                             dc_arena *arena)
{
    uint8_t *stream = dc_grow(NULL, n_values + 1, sizeof *stream);
    if (stream == NULL)
        return DC_ENOMEM;
    stream_codes(stream, packed, values);
    const dc_status status = pack_entries(packed, stream, n_values, arena);
    dc_release(stream);
    return status;
}

static dc_status pack_dense(dc_packed *packed, const float *values, uint64_t n_values,
                            dc_arena *arena)
{
    packed->n_entries = n_values;
    packed->codes = dc_arena_take(arena, n_values, sizeof *packed->codes);
    DC_TRY(arena->status);
    stream_codes(packed->codes, packed, values);
    uint32_t zero = 0;
    while (zero < packed->n_codebook && packed->codebook[zero] != 0.0f)
        zero++;
    for (uint64_t i = 0; i < n_values; i++)
        packed->n_nonzero += packed->codes[i] != zero;
    return DC_OK;
}

static dc_status find_codebook(dc_packed *packed, const float *values, uint64_t n_values,
                               dc_arena *arena)
{
    packed->codebook = dc_arena_take(arena, DC_MAX_CODEBOOK, sizeof *packed->codebook);
    DC_TRY(arena->status);
    if (!dc_codebook_find(packed->codebook, &packed->n_codebook, values, n_values,
                          DC_MAX_CODEBOOK, !packed->is_dense || n_values == 0))
        return dc_fail(DC_EINPUT, "more than %u distinct values%s", DC_MAX_CODEBOOK,
                       packed->is_dense ? "" : ", zero among them");
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        if (!isfinite(packed->codebook[i]))
            return dc_fail(DC_EINPUT, "a weight is not finite");
    return DC_OK;
}

dc_status dc_pack(dc_packed *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                  const dc_pack_plan *plan, dc_arena *arena)
{
    const uint64_t n_values = (uint64_t)n_rows * n_cols;
    if (n_values > DC_MAX_TENSOR_VALUES)
        return dc_fail(DC_ELIMIT, "a matrix of %ux%u is too large", (unsigned)n_rows,
                       (unsigned)n_cols);
    if (!plan->is_dense && (plan->gap_bits < DC_MIN_GAP_BITS || plan->gap_bits > DC_MAX_GAP_BITS))
        return dc_fail(DC_EINPUT, "gaps of %u bits", plan->gap_bits);
    dc_packed packed = {.n_rows = n_rows, .n_cols = n_cols};
    packed.is_column_major = plan->is_column_major;
    packed.is_dense = plan->is_dense;
    packed.gap_bits = plan->is_dense ? 0 : plan->gap_bits;
    DC_TRY(find_codebook(&packed, values, n_values, arena));
    if (plan->is_dense)
        DC_TRY(pack_dense(&packed, values, n_values, arena));
    else
        DC_TRY(pack_sparse(&packed, values, n_values, arena));
    *out = packed;
    return DC_OK;
}
