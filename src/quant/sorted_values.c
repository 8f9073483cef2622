/* SPDX-License-Identifier: MIT
 *
 * Sorted values and their moments. Sums in double are kept for every 32nd position and completed by
 * a short walk, which costs half a byte a value instead of 16. They are added up part by part
 * and the parts' totals in order, so that every machine and number of jobs gets the same bits.
 *
 * Sums begin in the middle and go outwards, to the left with the sign turned: the difference of
 * two of them is still the sum between, but it never holds a value that is further out than the
 * run. So one weight of 1e30 costs the others no digit, whichever side it is on.
 * While sorting, 8 bytes a value are in use; afterwards about 5.
 */
#include "kmeans.h"

/* The sums of one side, numbered outwards from the middle. */
typedef struct moment_work {
    dc_sorted *sorted;
    uint64_t n_sums;
    bool goes_left;
    dc_sums totals[DC_N_PARTS];
} moment_work;

typedef struct copy_work {
    float *to;
    const float *from;
    uint64_t n;
} copy_work;

static inline void add(dc_sums *m, double value)
{
    m->s1 += value;
    m->s2 += value * value;
}

static inline void take(dc_sums *m, double value)
{
    m->s1 -= value;
    m->s2 -= value * value;
}

static double value_at(const dc_sorted *s, uint64_t i)
{
    return (double)s->values[i] - s->shift;
}

static dc_sums *sums_of(const moment_work *work, uint64_t at)
{
    dc_sums *const middle = work->sorted->sums + work->sorted->n_left;
    return work->goes_left ? middle - at : middle + at;
}

/* To the next stored sums of the side, or to the end. */
static void step_out(dc_sums *m, const moment_work *work, uint64_t at)
{
    const dc_sorted *s = work->sorted;
    const uint64_t done = at * DC_MOMENT_STEP;
    if (work->goes_left) {
        const uint64_t from = s->middle - done;
        for (uint64_t i = from; i > (from > DC_MOMENT_STEP ? from - DC_MOMENT_STEP : 0); i--)
            take(m, value_at(s, i - 1));
    } else {
        const uint64_t from = s->middle + done;
        for (uint64_t i = from; i < DC_MIN(from + DC_MOMENT_STEP, s->n); i++)
            add(m, value_at(s, i));
    }
}

/* Sums within the part only; its total is kept. */
static void sum_part(void *payload, uint64_t part)
{
    moment_work *work = payload;
    const uint64_t end = dc_part_start(work->n_sums, part + 1, DC_N_PARTS);
    dc_sums m = { 0 };
    for (uint64_t at = dc_part_start(work->n_sums, part, DC_N_PARTS); at < end; at++) {
        *sums_of(work, at) = m;
        step_out(&m, work, at);
    }
    work->totals[part] = m;
}

/* `totals` hold what comes before each part by now. */
static void raise_part(void *payload, uint64_t part)
{
    moment_work *work = payload;
    const dc_sums *before = &work->totals[part];
    const uint64_t end = dc_part_start(work->n_sums, part + 1, DC_N_PARTS);
    for (uint64_t at = dc_part_start(work->n_sums, part, DC_N_PARTS); at < end; at++) {
        dc_sums *const m = sums_of(work, at);
        m->s1 += before->s1;
        m->s2 += before->s2;
    }
}

static void build_side(dc_sorted *s, uint64_t n_sums, bool goes_left)
{
    moment_work work = { .sorted = s, .n_sums = n_sums, .goes_left = goes_left };
    dc_pool_each(DC_N_PARTS, sum_part, &work);
    dc_sums before = { 0 };
    for (unsigned part = 0; part < DC_N_PARTS; part++) {
        const dc_sums total = work.totals[part];
        work.totals[part] = before;
        before.s1 += total.s1;
        before.s2 += total.s2;
    }
    dc_pool_each(DC_N_PARTS, raise_part, &work);
}

static dc_status build_moments(dc_sorted *s)
{
    s->middle = s->n / 2;
    s->shift = s->n > 0 ? (double)s->values[s->middle] : 0.0;
    s->n_left = s->middle / DC_MOMENT_STEP;
    const uint64_t n_right = (s->n - s->middle) / DC_MOMENT_STEP;
    s->sums = dc_grow(NULL, s->n_left + 1 + n_right, sizeof *s->sums);
    if (!s->sums)
        return DC_ENOMEM;
    build_side(s, s->n_left + 1, true);
    build_side(s, n_right + 1, false);
    return DC_OK;
}

/* Adding zero turns -0.0f into 0.0f. */
static void copy_part(void *payload, uint64_t part)
{
    const copy_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, DC_N_PARTS);
    for (uint64_t i = dc_part_start(work->n, part, DC_N_PARTS); i < end; i++)
        work->to[i] = work->from[i] + 0.0f;
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
        else
            dc_pool_each(DC_N_PARTS, copy_part, &work);
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
    dc_release(sorted->sums);
    *sorted = (dc_sorted){ 0 };
}

/* From the stored sums on the inner side. */
dc_moment dc_moment_at(const dc_sorted *sorted, uint64_t position)
{
    const dc_sums *const middle = sorted->sums + sorted->n_left;
    dc_sums sums;
    if (position < sorted->middle) {
        const uint64_t at = (sorted->middle - position) / DC_MOMENT_STEP;
        sums = *(middle - at);
        for (uint64_t i = sorted->middle - at * DC_MOMENT_STEP; i > position; i--)
            take(&sums, value_at(sorted, i - 1));
    } else {
        const uint64_t at = (position - sorted->middle) / DC_MOMENT_STEP;
        sums = middle[at];
        for (uint64_t i = sorted->middle + at * DC_MOMENT_STEP; i < position; i++)
            add(&sums, value_at(sorted, i));
    }
    return (dc_moment){ .n = (double)position,
                        .s1 = sums.s1,
                        .s2 = sums.s2,
                        .left = sorted->values[position > 0 ? position - 1 : 0],
                        .right = sorted->values[DC_MIN(position, sorted->n - 1)] };
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
