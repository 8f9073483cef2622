/* SPDX-License-Identifier: MIT
 *
 * How often each gap would occur for every gap width, from one walk over the weights. With z zeros
 * before a weight, width b makes z >> b fillers and a gap of z mod 2^b; for b <= 8 both follow from
 * z mod 256, of which a histogram is kept, and from the sum of z >> 8. Parts are tallied alone and
 * added up; the gaps between them are counted in order at the end. Column-major, a strip of columns
 * is read row by row as it lies in memory, with the first and last weight of each column
 * remembered: gaps inside columns are counted at once, those between columns when the strip is
 * read.
 */
#include "array_chunks.h"
#include "nonzero_runs.h"

#include <stdatomic.h>
#include <string.h>

typedef struct part {
    uint64_t first, next; /* position of the first weight, and behind the last */
    uint64_t n_nonzero;
} part;

typedef struct tally {
    part part;
    uint64_t low[256];    /* gaps by their low 8 bits  */
    uint64_t high;        /* sum of their higher bits  */
} tally;

typedef struct tally_job {
    const float *values;
    uint32_t n_rows, n_cols, n_chunks;
    part parts[MAX_CHUNKS];
    _Atomic uint64_t low[256], high; /* of all parts, without the gaps between them */
} tally_job;

static void note_gap(tally *t, uint64_t gap)
{
    t->low[gap & 255]++;
    t->high += gap >> 8;
}

static void note_weight(tally *t, uint64_t position)
{
    if (t->part.n_nonzero++ == 0)
        t->part.first = position;
    else
        note_gap(t, position - t->part.next);
    t->part.next = position + 1;
}

static void add(tally_job *job, uint64_t index, const tally *t)
{
    job->parts[index] = t->part;
    for (uint32_t g = 0; g < 256; g++)
        if (t->low[g] > 0)
            atomic_fetch_add(&job->low[g], t->low[g]);
    atomic_fetch_add(&job->high, t->high);
}

static void row_task(void *payload, uint64_t index)
{
    tally_job *job = payload;
    const uint64_t n_values = (uint64_t)job->n_rows * job->n_cols;
    const uint64_t end = dc_part_start(n_values, index + 1, job->n_chunks);
    uint16_t found[RUN];
    tally t = {.high = 0};
    for (uint64_t at = dc_part_start(n_values, index, job->n_chunks); at < end; at += RUN) {
        const uint32_t n = nonzero_values(found, job->values + at, (uint32_t)DC_MIN(end - at, RUN));
        for (uint32_t i = 0; i < n; i++)
            note_weight(&t, at + found[i]);
    }
    add(job, index, &t);
}

static void tally_strip(tally *t, const tally_job *job, uint32_t first_col, uint32_t width)
{
    uint32_t first[RUN], next[RUN], count[RUN] = {0};
    uint16_t found[RUN];
    for (uint32_t row = 0; row < job->n_rows; row++) {
        const float *values = job->values + (uint64_t)row * job->n_cols + first_col;
        const uint32_t n = nonzero_values(found, values, width);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t c = found[i];
            if (count[c]++ == 0)
                first[c] = row;
            else
                note_gap(t, row - next[c]);
            next[c] = row + 1;
        }
    }
    for (uint32_t c = 0; c < width; c++) {
        if (count[c] == 0)
            continue;
        const uint64_t top = (uint64_t)(first_col + c) * job->n_rows;
        note_weight(t, top + first[c]);
        t->part.next = top + next[c];
        t->part.n_nonzero += count[c] - 1;
    }
}

static void strip_task(void *payload, uint64_t index)
{
    tally_job *job = payload;
    const uint32_t n_strips = job->n_cols / RUN + (job->n_cols % RUN > 0);
    const uint64_t end = dc_part_start(n_strips, index + 1, job->n_chunks);
    tally t = {.high = 0};
    for (uint64_t s = dc_part_start(n_strips, index, job->n_chunks); s < end; s++) {
        const uint32_t first_col = (uint32_t)s * RUN;
        tally_strip(&t, job, first_col, DC_MIN(RUN, job->n_cols - first_col));
    }
    add(job, index, &t);
}

/* All parts, and the gaps between them. */
static tally join(const tally_job *job)
{
    tally all = {.high = job->high};
    for (uint32_t g = 0; g < 256; g++)
        all.low[g] = job->low[g];
    for (uint32_t i = 0; i < job->n_chunks; i++) {
        const part *p = &job->parts[i];
        if (p->n_nonzero == 0)
            continue;
        note_gap(&all, p->first - all.part.next);
        all.part.next = p->next;
        all.part.n_nonzero += p->n_nonzero;
    }
    return all;
}

void dc_gap_counts_of(dc_gap_counts *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                      bool is_column_major)
{
    tally_job job = {.values = values, .n_rows = n_rows, .n_cols = n_cols};
    const uint32_t n_strips = n_cols / RUN + (n_cols % RUN > 0);
    job.n_chunks = is_column_major ? DC_MAX(1, DC_MIN(n_strips, MAX_CHUNKS))
                                   : chunk_count((uint64_t)n_rows * n_cols);
    dc_pool_each(job.n_chunks, is_column_major ? strip_task : row_task, &job);
    const tally all = join(&job);

    memset(out, 0, sizeof *out);
    out->n_nonzero = all.part.n_nonzero;
    for (unsigned b = DC_MIN_GAP_BITS; b <= DC_MAX_GAP_BITS; b++) {
        const uint32_t mask = (1u << b) - 1;
        out->n_fillers[b] = all.high << (8 - b);
        for (uint32_t g = 0; g < 256; g++) {
            out->counts[b][g & mask] += all.low[g];
            out->n_fillers[b] += all.low[g] * (g >> b);
        }
        out->counts[b][mask] += out->n_fillers[b];
    }
}
