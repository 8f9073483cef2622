/* SPDX-License-Identifier: MIT
 *
 * Sorted values and their moments. Sums in double are kept before every 32nd value and completed
 * by a short walk, which costs 3/4 of a byte a value instead of 24. They are added up part by part
 * and the parts' totals in order, so that every machine and number of jobs gets the same bits.
 * While sorting, 8 bytes a value are in use; afterwards about 5.
 */
#include "kmeans.h"

typedef struct moment_work {
    dc_sorted *sorted;
    uint64_t n_blocks;
    dc_moment totals[DC_N_PARTS];
} moment_work;

typedef struct copy_work {
    float *to;
    const float *from;
    uint64_t n;
} copy_work;

static inline void moment_add(dc_moment *m, double value)
{
    m->n += 1;
    m->s1 += value;
    m->s2 += value * value;
}

/* Sums within the part only; its total is kept. */
static dc_status sum_part(void *payload, uint64_t part)
{
    moment_work *work = payload;
    const dc_sorted *s = work->sorted;
    const uint64_t end = dc_part_start(work->n_blocks, part + 1, DC_N_PARTS);
    dc_moment m = { 0 };
    for (uint64_t b = dc_part_start(work->n_blocks, part, DC_N_PARTS); b < end; b++) {
        const uint64_t last = DC_MIN((b + 1) * DC_MOMENT_BLOCK, s->n);
        s->blocks[b] = m;
        for (uint64_t i = b * DC_MOMENT_BLOCK; i < last; i++)
            moment_add(&m, (double)s->values[i] - s->shift);
    }
    work->totals[part] = m;
    return DC_OK;
}

/* `totals` hold what comes before each part by now. */
static dc_status raise_part(void *payload, uint64_t part)
{
    moment_work *work = payload;
    const dc_moment *before = &work->totals[part];
    const uint64_t end = dc_part_start(work->n_blocks, part + 1, DC_N_PARTS);
    for (uint64_t b = dc_part_start(work->n_blocks, part, DC_N_PARTS); b < end; b++) {
        dc_moment *m = &work->sorted->blocks[b];
        m->n += before->n;
        m->s1 += before->s1;
        m->s2 += before->s2;
    }
    return DC_OK;
}

static dc_status build_moments(dc_sorted *s)
{
    moment_work work = { .sorted = s, .n_blocks = s->n / DC_MOMENT_BLOCK + 1 };
    s->shift = s->n > 0 ? (double)s->values[s->n / 2] : 0.0;
    s->blocks = dc_grow(NULL, work.n_blocks, sizeof *s->blocks);
    if (!s->blocks)
        return DC_ENOMEM;
    DC_TRY(dc_pool_run(DC_N_PARTS, sum_part, &work));
    dc_moment before = { 0 };
    for (unsigned part = 0; part < DC_N_PARTS; part++) {
        const dc_moment total = work.totals[part];
        work.totals[part] = before;
        before.n += total.n;
        before.s1 += total.s1;
        before.s2 += total.s2;
    }
    return dc_pool_run(DC_N_PARTS, raise_part, &work);
}

/* Adding zero turns -0.0f into 0.0f. */
static dc_status copy_part(void *payload, uint64_t part)
{
    const copy_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, DC_N_PARTS);
    for (uint64_t i = dc_part_start(work->n, part, DC_N_PARTS); i < end; i++)
        work->to[i] = work->from[i] + 0.0f;
    return DC_OK;
}

/* `to` has room for one more than there are, so that no branch is needed. */
static void copy_nonzero(float *to, const float *from, uint64_t n)
{
    uint64_t n_to = 0;
    for (uint64_t i = 0; i < n; i++) {
        to[n_to] = from[i];
        n_to += from[i] != 0.0f;
    }
}

static uint64_t count_nonzero(const float *values, uint64_t n)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        count += values[i] != 0.0f;
    return count;
}

static dc_status sort_copy(dc_sorted *s, const float *values, uint64_t n, bool skip_zeros)
{
    float *buffers[2] = { dc_grow(NULL, s->n + 1, sizeof(float)), NULL };
    if (buffers[0])
        buffers[1] = dc_grow(NULL, s->n + 1, sizeof(float));
    if (buffers[1]) {
        copy_work work = { .to = buffers[0], .from = values, .n = n };
        if (skip_zeros)
            copy_nonzero(buffers[0], values, n);
        if (skip_zeros || dc_pool_run(DC_N_PARTS, copy_part, &work) == DC_OK)
            s->values = dc_radix_sort(buffers[0], buffers[1], s->n);
    }
    for (unsigned i = 0; i < 2; i++)
        if (buffers[i] != s->values)
            dc_release(buffers[i]);
    return s->values ? DC_OK : DC_ENOMEM;
}

dc_status dc_sorted_init(dc_sorted *out, const float *values, uint64_t n, bool skip_zeros)
{
    dc_sorted s = { .n = skip_zeros ? count_nonzero(values, n) : n };
    dc_status status = sort_copy(&s, values, n, skip_zeros);
    if (status == DC_OK)
        status = build_moments(&s);
    if (status < 0) {
        dc_sorted_clear(&s);
        return status;
    }
    *out = s;
    return DC_OK;
}

void dc_sorted_clear(dc_sorted *sorted)
{
    dc_release(sorted->values);
    dc_release(sorted->blocks);
    *sorted = (dc_sorted){ 0 };
}

dc_moment dc_moment_at(const dc_sorted *sorted, uint64_t position)
{
    const uint64_t block = position / DC_MOMENT_BLOCK;
    dc_moment m = sorted->blocks[block];
    for (uint64_t i = block * DC_MOMENT_BLOCK; i < position; i++)
        moment_add(&m, (double)sorted->values[i] - sorted->shift);
    return m;
}

double dc_moment_cost(const dc_moment *from, const dc_moment *to)
{
    const double n = to->n - from->n, s1 = to->s1 - from->s1;
    if (n <= 1)
        return 0;
    const double cost = to->s2 - from->s2 - s1 * s1 / n;
    return cost > 0 ? cost : 0;
}

uint64_t dc_sorted_after(const dc_sorted *sorted, uint64_t from, double limit)
{
    uint64_t low = from, high = sorted->n;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if ((double)sorted->values[middle] > limit)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint32_t dc_sorted_distinct(float *values, const dc_sorted *sorted, uint32_t limit)
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < sorted->n && count <= limit; count++) {
        if (values && count < limit)
            values[count] = sorted->values[i];
        i = dc_sorted_after(sorted, i, (double)sorted->values[i]);
    }
    return count;
}
