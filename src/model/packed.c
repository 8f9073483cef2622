/* SPDX-License-Identifier: MIT
 *
 * The compressed layer: its invariants, and the way back to weights [DC 2, 3; EIE III]. Positions
 * are running sums of gap + 1. To unpack on all cores, each part of the entries is summed first,
 * then scatters from its own start. A dense column-major layer goes through small transposed tiles,
 * so that no cache line is fetched twice.
 */
#include "array_chunks.h"

#include <math.h>
#include <string.h>

static dc_status check_codebook(const dc_packed *packed)
{
    if (packed->n_codebook < 1 || packed->n_codebook > DC_MAX_CODEBOOK || packed->codebook == NULL)
        return dc_fail(DC_ECORRUPT, "codebook of %u values", (unsigned)packed->n_codebook);
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        if (!isfinite(packed->codebook[i]))
            return dc_fail(DC_ECORRUPT, "codebook value %u is not finite", (unsigned)i);
    return DC_OK;
}

static dc_status check_codes(const dc_packed *packed)
{
    const uint8_t *codes = packed->codes;
    uint8_t highest = 0;
    for (uint64_t e = 0; e < packed->n_entries; e++)
        highest = DC_MAX(highest, codes[e]);
    if (packed->n_entries > 0 && highest >= packed->n_codebook)
        return dc_fail(DC_ECORRUPT, "code %u in a codebook of %u", highest,
                       (unsigned)packed->n_codebook);
    return DC_OK;
}

static dc_status check_n_nonzero(const dc_packed *packed, uint64_t n_nonzero)
{
    if (n_nonzero == packed->n_nonzero)
        return DC_OK;
    return dc_fail(DC_ECORRUPT, "%llu weights are not zero, its count says %llu",
                   (unsigned long long)n_nonzero, (unsigned long long)packed->n_nonzero);
}

static dc_status check_dense(const dc_packed *packed, uint64_t n_values)
{
    if (packed->gap_bits != 0 || packed->gaps != NULL)
        return dc_fail(DC_ECORRUPT, "a dense layer has gaps");
    if (packed->n_entries != n_values)
        return dc_fail(DC_ECORRUPT, "%llu codes for %llu weights",
                       (unsigned long long)packed->n_entries, (unsigned long long)n_values);
    DC_TRY(check_codes(packed));
    uint64_t n_nonzero = 0;
    bool is_nonzero[DC_MAX_CODEBOOK];
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        is_nonzero[i] = packed->codebook[i] != 0.0f;
    for (uint64_t e = 0; e < packed->n_entries; e++)
        n_nonzero += is_nonzero[packed->codes[e]];
    return check_n_nonzero(packed, n_nonzero);
}

typedef struct entry_sums {
    uint8_t highest_gap;
    uint32_t gaps, n_zero_codes, n_wrong; /* of at most SUMMED entries: no sum passes 32 bits */
} entry_sums;

#define SUMMED (UINT64_C(1) << 20)

/* Small sums, so that many entries are looked at in one instruction. */
static entry_sums sum_entries(const uint8_t *codes, const uint8_t *gaps, uint32_t n,
                              uint8_t filler_gap)
{
    entry_sums s = { 0 };
    for (uint32_t e = 0; e < n; e++) {
        s.highest_gap = DC_MAX(s.highest_gap, gaps[e]);
        s.gaps += gaps[e];
    }
    for (uint32_t e = 0; e < n; e++) {
        s.n_zero_codes += codes[e] == 0;
        s.n_wrong += (codes[e] == 0) & (gaps[e] != filler_gap);
    }
    return s;
}

static dc_status check_sparse(const dc_packed *packed, uint64_t n_values)
{
    if (packed->gap_bits < DC_MIN_GAP_BITS || packed->gap_bits > DC_MAX_GAP_BITS)
        return dc_fail(DC_ECORRUPT, "gaps of %u bits", packed->gap_bits);
    if (packed->codebook[0] != 0.0f || signbit(packed->codebook[0]))
        return dc_fail(DC_ECORRUPT, "a sparse layer's codebook starts with %g, not zero",
                       (double)packed->codebook[0]);
    if (packed->n_entries > n_values)
        return dc_fail(DC_ECORRUPT, "%llu entries for %llu weights",
                       (unsigned long long)packed->n_entries, (unsigned long long)n_values);
    if (packed->n_entries > 0 && packed->gaps == NULL)
        return dc_fail(DC_ECORRUPT, "a sparse layer has no gaps");
    DC_TRY(check_codes(packed));
    const unsigned filler_gap = (1u << packed->gap_bits) - 1;
    unsigned highest = 0;
    uint64_t n_passed = packed->n_entries, n_zero_codes = 0, n_wrong = 0;
    for (uint64_t e = 0; e < packed->n_entries; e += SUMMED) {
        const uint32_t n = (uint32_t)DC_MIN(packed->n_entries - e, SUMMED);
        const entry_sums s =
            sum_entries(packed->codes + e, packed->gaps + e, n, (uint8_t)filler_gap);
        highest = DC_MAX(highest, s.highest_gap);
        n_passed += s.gaps;
        n_zero_codes += s.n_zero_codes;
        n_wrong += s.n_wrong;
    }
    if (highest > filler_gap)
        return dc_fail(DC_ECORRUPT, "gap %u in %u bits", highest, packed->gap_bits);
    if (n_wrong > 0)
        return dc_fail(DC_ECORRUPT, "code 0 stands %llu times where no filler is",
                       (unsigned long long)n_wrong);
    if (n_passed > n_values)
        return dc_fail(DC_ECORRUPT, "last position is %llu of %llu weights",
                       (unsigned long long)n_passed, (unsigned long long)n_values);
    return check_n_nonzero(packed, packed->n_entries - n_zero_codes);
}

dc_status dc_packed_check(const dc_packed *packed)
{
    const uint64_t n_values = (uint64_t)packed->n_rows * packed->n_cols;
    if (n_values > DC_MAX_TENSOR_VALUES)
        return dc_fail(DC_ELIMIT, "a matrix of %ux%u is too large", (unsigned)packed->n_rows,
                       (unsigned)packed->n_cols);
    DC_TRY(check_codebook(packed));
    if (packed->n_entries > 0 && packed->codes == NULL)
        return dc_fail(DC_ECORRUPT, "a layer has no codes");
    return packed->is_dense ? check_dense(packed, n_values) : check_sparse(packed, n_values);
}

typedef struct unpack_job {
    float *values;
    const dc_packed *packed;
    uint64_t n_values;
    uint32_t n_chunks;
    uint64_t starts[MAX_CHUNKS + 1]; /* position behind the last entry of the part before */
} unpack_job;

static void dense_task(void *payload, uint64_t index)
{
    const unpack_job *job = payload;
    const dc_packed *packed = job->packed;
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    for (uint64_t i = dc_part_start(job->n_values, index, job->n_chunks); i < end; i++)
        job->values[i] = packed->codebook[packed->codes[i]];
}

/* One band of TILE columns, tile by tile from the top. */
static void dense_band_task(void *payload, uint64_t index)
{
    const unpack_job *job = payload;
    const dc_packed *packed = job->packed;
    const uint32_t n_rows = packed->n_rows, n_cols = packed->n_cols;
    const uint32_t first_col = (uint32_t)index * TILE;
    const uint32_t width = DC_MIN(TILE, n_cols - first_col);
    uint8_t tile[TILE][TILE]; /* [col][row] */
    for (uint32_t row = 0; row < n_rows; row += DC_MIN(TILE, n_rows - row)) {
        const uint32_t height = DC_MIN(TILE, n_rows - row);
        for (uint32_t c = 0; c < width; c++)
            memcpy(tile[c], &packed->codes[(uint64_t)(first_col + c) * n_rows + row], height);
        for (uint32_t r = 0; r < height; r++)
            for (uint32_t c = 0; c < width; c++)
                job->values[(uint64_t)(row + r) * n_cols + first_col + c] =
                    packed->codebook[tile[c][r]];
    }
}

static void clear_task(void *payload, uint64_t index)
{
    const unpack_job *job = payload;
    const uint64_t start = dc_part_start(job->n_values, index, job->n_chunks);
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    memset(job->values + start, 0, (end - start) * sizeof *job->values);
}

static void sum_task(void *payload, uint64_t index)
{
    unpack_job *job = payload;
    const uint64_t start = dc_part_start(job->packed->n_entries, index, job->n_chunks);
    const uint64_t end = dc_part_start(job->packed->n_entries, index + 1, job->n_chunks);
    uint64_t sum = end - start;
    for (uint64_t e = start; e < end; e++)
        sum += job->packed->gaps[e];
    job->starts[index + 1] = sum;
}

static void scatter_task(void *payload, uint64_t index)
{
    const unpack_job *job = payload;
    const dc_packed *packed = job->packed;
    const uint64_t end = dc_part_start(packed->n_entries, index + 1, job->n_chunks);
    uint64_t e = dc_part_start(packed->n_entries, index, job->n_chunks);
    uint64_t position = job->starts[index];
    if (!packed->is_column_major) {
        for (; e < end; e++) {
            position += packed->gaps[e];
            job->values[position++] = packed->codebook[packed->codes[e]];
        }
        return;
    }
    uint64_t col = position / packed->n_rows, row = position % packed->n_rows;
    for (; e < end; e++) {
        for (row += packed->gaps[e]; row >= packed->n_rows; row -= packed->n_rows)
            col++;
        job->values[row * packed->n_cols + col] = packed->codebook[packed->codes[e]];
        row++;
    }
}

static void unpack_sparse(unpack_job *job)
{
    dc_pool_each(job->n_chunks, clear_task, job);
    if (job->packed->n_entries == 0)
        return;
    job->n_chunks = chunk_count(job->packed->n_entries);
    dc_pool_each(job->n_chunks, sum_task, job);
    for (uint32_t i = 0; i < job->n_chunks; i++)
        job->starts[i + 1] += job->starts[i];
    dc_pool_each(job->n_chunks, scatter_task, job);
}

void dc_unpack(float *values, const dc_packed *packed)
{
    unpack_job job = {.values = values, .packed = packed};
    job.n_values = (uint64_t)packed->n_rows * packed->n_cols;
    job.n_chunks = chunk_count(job.n_values);
    if (!packed->is_dense)
        unpack_sparse(&job);
    else if (packed->is_column_major)
        dc_pool_each(packed->n_cols / TILE + (packed->n_cols % TILE > 0), dense_band_task, &job);
    else
        dc_pool_each(job.n_chunks, dense_task, &job);
}
