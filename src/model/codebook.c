/* SPDX-License-Identifier: MIT
 *
 * Values <-> codes of a layer with few distinct values [DC 3]. All parts of the array note their
 * values in one small hash, whose slots are filled once and then only read, and give up at the
 * first one too many, so a layer that is not shared costs next to nothing. What is in the hash is
 * sorted at the end, which makes the result the same for any number of jobs. About a nanosecond a
 * value and core.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "array_chunks.h"
#include "value_hash.h"

typedef struct find_job {
    const float *values;
    uint64_t n_values;
    uint32_t n_chunks, max;
    _Atomic uint32_t n_found; /* over max: too many, and by one a thread at most */
    _Atomic uint32_t slots[HASH_SLOTS];
} find_job;

/* False when there are more than `max`. */
static bool note(find_job *job, uint32_t bits)
{
    for (uint32_t slot = hash_start(bits);; slot = (slot + 1) % HASH_SLOTS) {
        uint32_t there = atomic_load_explicit(&job->slots[slot], memory_order_relaxed);
        if (there == HASH_FREE && atomic_compare_exchange_strong(&job->slots[slot], &there, bits))
            return atomic_fetch_add(&job->n_found, 1) < job->max;
        if (there == bits)
            return true;
    }
}

static void find_task(void *payload, uint64_t index)
{
    find_job *job = payload;
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    const float *values = job->values;
    for (uint64_t i = dc_part_start(job->n_values, index, job->n_chunks); i < end; i++)
        if (!note(job, bits_of(values[i])))
            break;
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
    uint32_t found[DC_MAX_CODEBOOK], n = 0;
    job.n_chunks = chunk_count(n_values);
    job.max = DC_MIN(max_codebook, (uint32_t)DC_MAX_CODEBOOK);
    for (uint32_t i = 0; i < HASH_SLOTS; i++)
        atomic_init(&job.slots[i], HASH_FREE);
    if (zero_first && !note(&job, 0))
        return false;
    dc_pool_each(job.n_chunks, find_task, &job);
    if (job.n_found > job.max)
        return false;
    if (zero_first)
        found[n++] = 0;
    for (uint32_t i = 0; i < HASH_SLOTS; i++) {
        const uint32_t bits = job.slots[i];
        if (bits != HASH_FREE && !(zero_first && bits == 0))
            found[n++] = bits;
    }
    const uint32_t n_fixed = zero_first ? 1 : 0;
    qsort(found + n_fixed, n - n_fixed, sizeof *found, compare_bits);
    for (uint32_t i = 0; i < n; i++)
        codebook[i] = value_of(found[i]);
    *n_codebook = n;
    return true;
}

typedef struct code_job {
    uint8_t *codes;
    const float *values;
    uint64_t n_values;
    uint32_t n_chunks;
    value_hash hash;
} code_job;

static void code_task(void *payload, uint64_t index)
{
    const code_job *job = payload;
    const float *values = job->values;
    uint8_t *codes = job->codes;
    const uint64_t end = dc_part_start(job->n_values, index + 1, job->n_chunks);
    for (uint64_t i = dc_part_start(job->n_values, index, job->n_chunks); i < end; i++)
        codes[i] = hash_code(&job->hash, values[i]);
}

void dc_codes_of(uint8_t *codes, const float *values, uint64_t n_values, const float *codebook,
                 uint32_t n_codebook)
{
    code_job job = {.codes = codes, .values = values, .n_values = n_values};
    job.n_chunks = chunk_count(n_values);
    hash_codebook(&job.hash, codebook, n_codebook);
    dc_pool_each(job.n_chunks, code_task, &job);
}
