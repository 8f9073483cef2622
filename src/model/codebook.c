/* SPDX-License-Identifier: MIT
 *
 * Values <-> codes of a layer with few distinct values [DC 3]. Each part of the array collects its
 * distinct values in a small hash and gives up at the first one too many, so a layer that is not
 * shared costs next to nothing; the parts' findings are joined and sorted, which makes the result
 * the same for any number of jobs. About a nanosecond a value and core.
 */
#include <stdlib.h>

#include "array_chunks.h"
#include "value_hash.h"

typedef struct distinct {
    uint32_t n; /* max + 1: too many */
    uint32_t bits[DC_MAX_CODEBOOK + 1];
} distinct;

typedef struct find_job {
    const float *values;
    uint64_t n_values;
    uint32_t n_chunks, max;
    distinct found[MAX_CHUNKS];
} find_job;

/* False when `found` has become longer than `max`. */
static bool note(distinct *found, value_hash *hash, uint32_t bits, uint32_t max)
{
    const uint32_t slot = hash_slot(hash, bits);
    if (hash->bits[slot] == bits)
        return true;
    hash->bits[slot] = bits;
    found->bits[found->n++] = bits;
    return found->n <= max;
}

static dc_status find_task(void *payload, uint64_t index)
{
    find_job *job = payload;
    const uint64_t end = chunk_start(job->n_values, job->n_chunks, index + 1);
    const float *values = job->values;
    value_hash hash;
    hash_init(&hash);
    for (uint64_t i = chunk_start(job->n_values, job->n_chunks, index); i < end; i++)
        if (!note(&job->found[index], &hash, bits_of(values[i]), job->max))
            break;
    return DC_OK;
}

/* Ascending by value; patterns that are no number have their place too. */
static int compare_bits(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    x = x & 0x80000000u ? ~x : x | 0x80000000u;
    y = y & 0x80000000u ? ~y : y | 0x80000000u;
    return (x > y) - (x < y);
}

bool dc_codebook_find(float *codebook, uint32_t *n_codebook, const float *values, uint64_t n_values,
                      uint32_t max_codebook, bool zero_first)
{
    find_job job = {.values = values, .n_values = n_values};
    job.n_chunks = chunk_count(n_values);
    job.max = DC_MIN(max_codebook, (uint32_t)DC_MAX_CODEBOOK);
    run_chunks(job.n_chunks, find_task, &job);

    distinct all = {0};
    value_hash hash;
    hash_init(&hash);
    if (zero_first && !note(&all, &hash, 0, job.max))
        return false;
    for (uint32_t c = 0; c < job.n_chunks; c++)
        for (uint32_t i = 0; i < job.found[c].n; i++)
            if (!note(&all, &hash, job.found[c].bits[i], job.max))
                return false;
    const uint32_t n_fixed = zero_first ? 1 : 0;
    qsort(all.bits + n_fixed, all.n - n_fixed, sizeof *all.bits, compare_bits);
    for (uint32_t i = 0; i < all.n; i++)
        codebook[i] = value_of(all.bits[i]);
    *n_codebook = all.n;
    return true;
}

typedef struct code_job {
    uint8_t *codes;
    const float *values;
    uint64_t n_values;
    uint32_t n_chunks;
    value_hash hash;
} code_job;

static dc_status code_task(void *payload, uint64_t index)
{
    const code_job *job = payload;
    const float *values = job->values;
    uint8_t *codes = job->codes;
    const uint64_t end = chunk_start(job->n_values, job->n_chunks, index + 1);
    for (uint64_t i = chunk_start(job->n_values, job->n_chunks, index); i < end; i++)
        codes[i] = hash_code(&job->hash, values[i]);
    return DC_OK;
}

void dc_codes_of(uint8_t *codes, const float *values, uint64_t n_values, const float *codebook,
                 uint32_t n_codebook)
{
    code_job job = {.codes = codes, .values = values, .n_values = n_values};
    job.n_chunks = chunk_count(n_values);
    hash_codebook(&job.hash, codebook, n_codebook);
    run_chunks(job.n_chunks, code_task, &job);
}
