/* SPDX-License-Identifier: MIT
 *
 * Loops of hooks over the elements of all parameters, on all cores: the arrays are cut as if they
 * lay end to end, a span a job. No element sees another one, so where the cuts are changes no bit.
 */
#include "run_internal.h"

#define MIN_SPAN 65536u /* elements: fewer are done before another thread is awake */

typedef struct job {
    const uint64_t *sizes;
    uint32_t n_arrays;
    uint64_t n, n_parts;
    span_fn *each;
    const void *payload;
} job;

static void do_part(void *payload, uint64_t index)
{
    const job *j = payload;
    const uint64_t begin = dc_part_start(j->n, index, j->n_parts);
    const uint64_t end = dc_part_start(j->n, index + 1, j->n_parts);
    uint64_t at = 0; /* where the array begins */
    for (uint32_t i = 0; i < j->n_arrays; at += j->sizes[i++]) {
        const uint64_t from = DC_MAX(begin, at), to = DC_MIN(end, at + j->sizes[i]);
        if (from < to)
            j->each(j->payload, i, from - at, to - at);
    }
}

void each_span(const uint64_t *sizes, uint32_t n_arrays, span_fn *each, const void *payload)
{
    job j = { .sizes = sizes, .n_arrays = n_arrays, .each = each, .payload = payload };
    for (uint32_t i = 0; i < n_arrays; i++)
        j.n += sizes[i];
    j.n_parts = DC_MIN((uint64_t)dc_pool_jobs(), j.n / MIN_SPAN + 1);
    dc_pool_each(j.n_parts, do_part, &j);
}
