/* SPDX-License-Identifier: MIT
 *
 * Exact one-dimensional k-means [Wang and Song 2011; Gronlund et al. 2017]: clusters are runs of
 * the sorted values, so bounds 1..k-1 are searched, a position each, and the least cost of the
 * first m clusters is a dynamic program over positions. The cost is concave Monge, so the best
 * predecessor never moves back and a row is computed by divide and conquer. Where we differ:
 * positions that cannot be optimal are ruled out first.
 *
 * 1. Refine. Each bound has a window of positions, cut into bins. A cluster between two bins costs
 *    at least what lies between the last position of one and the first of the other; a forward and
 *    a backward program over bins thus bound from below every clustering that has bound m in bin
 *    b. Bins above the cost of the best clustering known (Lloyd from the best path of bins) are
 *    ruled out, the windows shrink, the bins become finer, until single positions are within
 *    reach. Bins are equal parts of the clusters of the best clustering known, the "ruler": few
 *    values in the tails and many in the middle cost about the same.
 * 2. Settle. The same program over single positions in what is left of the windows, exact; the
 *    middle bound first, then each half by itself [Hirschberg 1975], so that two rows at a time
 *    are in memory.
 * Data without any structure to exclude fall back to O(k n log n) time; memory is O(n) always.
 *
 * Near-optimal is one refinement and no settling; but where single positions are within reach at
 * once, in a small layer, there is nothing to refine and settling costs next to nothing.
 */
#include <math.h>
#include <string.h>

#include "kmeans.h"

#define BINS_A_BOUND 1024u /* and MORE_BINS * k: bins of the first refinement, by bound */
#define MORE_BINS 8u
#define VALUES_A_BIN 16u /* at least, in the last one */
#define MIN_BIN 0x1p-40  /* shorter than any value's share of a cluster */

typedef struct window {
    uint64_t low, high; /* positions, both included */
} window;

typedef struct search {
    const dc_sorted *sorted;
    uint32_t k;
    window windows[DC_MAX_CENTROIDS + 1];     /* bound 0 is at 0, bound k at n */
    uint64_t positions[DC_MAX_CENTROIDS + 1]; /* of the best clustering known  */
    double best;                              /* its cost                      */
} search;

/* ---- one row of the dynamic program --------------------------------------------------------- */

/* From the costs of one bound's candidates to those of a neighbouring bound. Forward: `in` stands
 * left of `out`. A crossed pair costs `crossed`: 0 for bins (still a lower bound), infinity for
 * single positions. */
typedef struct row_step {
    dc_moment *in, *out; /* the inner ends: last of the left bin, first of the right one */
    double *in_cost, *out_cost;
    bool is_forward;
    double crossed;
} row_step;

static inline double pair_cost(const dc_moment *left, const dc_moment *right, double crossed)
{
    return right->n < left->n ? crossed : dc_moment_cost(left, right);
}

static uint64_t best_in(const row_step *s, uint64_t out, uint64_t from, uint64_t to)
{
    double best = INFINITY;
    uint64_t best_at = s->is_forward ? from : to;
    for (uint64_t i = from; i <= to; i++) {
        if (s->in_cost[i] >= best)
            continue;
        const double cost =
            s->in_cost[i] + (s->is_forward ? pair_cost(&s->in[i], &s->out[out], s->crossed)
                                           : pair_cost(&s->out[out], &s->in[i], s->crossed));
        if (cost < best) {
            best = cost;
            best_at = i;
        }
    }
    s->out_cost[out] = best;
    return best_at;
}

/* Candidates out_from .. out_to - 1, whose best partner is known to be in in_from .. in_to. */
static void take_step(const row_step *s, uint64_t out_from, uint64_t out_to, uint64_t in_from,
                      uint64_t in_to)
{
    while (out_from < out_to) {
        const uint64_t middle = out_from + (out_to - out_from) / 2;
        const uint64_t at = best_in(s, middle, in_from, in_to);
        take_step(s, out_from, middle, in_from, at);
        out_from = middle + 1;
        in_from = at;
    }
}

/* ---- refine: bins --------------------------------------------------------------------------- */

typedef struct bins {
    const search *search;
    double size;                           /* on the ruler, where a cluster has length 1 */
    uint64_t starts[DC_MAX_CENTROIDS + 1]; /* of each bound's bins in the arrays         */
    uint64_t counts[DC_MAX_CENTROIDS + 1];
    dc_moment *first, *last;
    double *left, *right; /* least cost left and right of a bin */
} bins;

static double ruler_of(const search *s, uint64_t position)
{
    uint32_t m = 0;
    while (m + 1 < s->k && s->positions[m + 1] <= position)
        m++;
    const uint64_t start = s->positions[m], end = s->positions[m + 1];
    return end > start ? m + (double)(position - start) / (double)(end - start) : m;
}

static uint64_t ruler_position(const search *s, double at)
{
    const uint32_t m = DC_MIN((uint32_t)at, s->k - 1);
    const uint64_t start = s->positions[m], end = s->positions[m + 1];
    return start + (uint64_t)((at - m) * (double)(end - start));
}

/* At least as many as fill_bins makes. */
static uint64_t room_of_bound(const search *s, uint32_t m, double size)
{
    const window *w = &s->windows[m];
    const double length = ruler_of(s, w->high) - ruler_of(s, w->low);
    const double n_bins = length / size + 2, n_positions = (double)(w->high - w->low + 1);
    return (uint64_t)DC_MIN(n_bins, n_positions);
}

static uint64_t room_of_all(const search *s, double size)
{
    uint64_t count = 0;
    for (uint32_t m = 0; m <= s->k; m++)
        count += room_of_bound(s, m, size);
    return count;
}

static void fill_bins(void *payload, uint64_t m)
{
    bins *b = payload;
    const search *s = b->search;
    const window *w = &s->windows[m];
    const double from = ruler_of(s, w->low);
    const uint64_t room = room_of_bound(s, (uint32_t)m, b->size);
    uint64_t position = w->low, n = 0, i = b->starts[m];
    for (; position <= w->high; i++) {
        n++;
        const uint64_t wanted = ruler_position(s, from + (double)n * b->size);
        const uint64_t next =
            n == room ? w->high + 1 : DC_MIN(DC_MAX(wanted, position + 1), w->high + 1);
        b->first[i] = dc_moment_at(s->sorted, position);
        b->last[i] = dc_moment_at(s->sorted, next - 1);
        position = next;
    }
    b->counts[m] = n;
}

static void step_bins(const bins *b, uint32_t from, uint32_t to)
{
    const bool is_forward = from < to;
    double *const costs = is_forward ? b->left : b->right;
    const row_step s = {
        .in = (is_forward ? b->last : b->first) + b->starts[from],
        .out = (is_forward ? b->first : b->last) + b->starts[to],
        .in_cost = costs + b->starts[from],
        .out_cost = costs + b->starts[to],
        .is_forward = is_forward,
    };
    take_step(&s, 0, b->counts[to], 0, b->counts[from] - 1);
}

static void sweep_bins(void *payload, uint64_t direction)
{
    const bins *b = payload;
    const uint32_t k = b->search->k;
    if (direction == 0) {
        b->left[0] = 0;
        for (uint32_t m = 1; m <= k; m++)
            step_bins(b, m - 1, m);
    } else {
        b->right[b->starts[k]] = 0;
        for (uint32_t m = k; m > 0; m--)
            step_bins(b, m, m - 1);
    }
}

/* Lloyd from given positions; kept when it is the best so far. */
static void try_positions(search *s, uint64_t *positions)
{
    double centroids[DC_MAX_CENTROIDS];
    for (uint32_t m = 0; m < s->k; m++)
        centroids[m] = (double)s->sorted->values[DC_MIN(positions[m], s->sorted->n - 1)];
    dc_means_of(centroids, positions, s->k, s->sorted);
    dc_lloyd(centroids, positions, s->k, s->sorted, 200);
    const double cost = dc_positions_cost(s->sorted, positions, s->k);
    if (cost < s->best) {
        s->best = cost;
        memcpy(s->positions, positions, sizeof s->positions);
    }
}

static void try_start(search *s, dc_centroid_init init)
{
    double centroids[DC_MAX_CENTROIDS];
    uint64_t positions[DC_MAX_CENTROIDS + 1];
    dc_centroid_start(centroids, s->k, s->sorted, init, 0);
    dc_lloyd(centroids, positions, s->k, s->sorted, 100);
    try_positions(s, positions);
}

static void try_best_path(search *s, const bins *b)
{
    uint64_t positions[DC_MAX_CENTROIDS + 1] = { 0 };
    for (uint32_t m = 1; m < s->k; m++) {
        uint64_t at = b->starts[m];
        for (uint64_t i = at; i < b->starts[m] + b->counts[m]; i++)
            if (b->left[i] + b->right[i] < b->left[at] + b->right[at])
                at = i;
        positions[m] = DC_MAX((uint64_t)b->first[at].n, positions[m - 1]);
    }
    positions[s->k] = s->sorted->n;
    try_positions(s, positions);
}

/* What rounding in the moments can do to the cost of the best clustering. A cluster of equal values
 * costs 0, however large they are. */
static double slack_of(const search *s)
{
    double slack = 1e-9 * s->best;
    for (uint32_t m = 0; m < s->k; m++) {
        const dc_moment from = dc_moment_at(s->sorted, s->positions[m]);
        const dc_moment to = dc_moment_at(s->sorted, s->positions[m + 1]);
        if (dc_moment_cost(&from, &to) > 0)
            slack += 50 * dc_moment_noise(&from, &to);
    }
    return slack;
}

static void shrink_windows(search *s, const bins *b)
{
    const double limit = s->best + slack_of(s);
    for (uint32_t m = 1; m < s->k; m++) {
        uint64_t from = b->starts[m], to = from + b->counts[m];
        while (from < to && b->left[from] + b->right[from] > limit)
            from++;
        while (to > from && b->left[to - 1] + b->right[to - 1] > limit)
            to--;
        if (from == to)
            continue;
        s->windows[m] = (window){ (uint64_t)b->first[from].n, (uint64_t)b->last[to - 1].n };
    }
}

static dc_status refine(search *s, double size)
{
    const uint64_t n = room_of_all(s, size);
    bins b = { .search = s, .size = size };
    for (uint32_t m = 0; m < s->k; m++)
        b.starts[m + 1] = b.starts[m] + room_of_bound(s, m, size);
    dc_moment *const moments = dc_grow(NULL, n, 2 * sizeof *moments);
    double *const costs = moments ? dc_grow(NULL, n, 2 * sizeof *costs) : NULL;
    dc_status status = costs ? DC_OK : DC_ENOMEM;
    if (status == DC_OK) {
        b.first = moments;
        b.last = moments + n;
        b.left = costs;
        b.right = costs + n;
        dc_pool_each(s->k + 1, fill_bins, &b);
        dc_pool_each(2, sweep_bins, &b);
        try_best_path(s, &b);
        shrink_windows(s, &b);
    }
    dc_release(moments);
    dc_release(costs);
    return status;
}

/* The finest bins that fit, again and again while windows shrink enough for finer ones. */
static dc_status refine_within(search *s, uint64_t budget, bool may_repeat)
{
    for (double before = INFINITY; room_of_all(s, MIN_BIN) > budget;) {
        double size = MIN_BIN;
        while (room_of_all(s, size) > budget)
            size *= 2;
        if (size >= before)
            return DC_OK;
        DC_TRY(refine(s, size));
        before = may_repeat ? size : 0;
    }
    return DC_OK;
}

/* ---- settle: single positions --------------------------------------------------------------- */

/* One of the two ways to the middle bound. */
typedef struct way {
    dc_moment *moments[2]; /* of two neighbouring bounds; in the end 0 is the middle's */
    double *costs[2];
    uint64_t n;
} way;

typedef struct settler {
    search *search;
    uint64_t *positions;
    uint32_t from, middle, to; /* bounds: two that are settled, and the one that is searched */
    way ways[2];
} settler;

static dc_moment next_moment(const dc_sorted *sorted, dc_moment m, uint64_t from, uint64_t to)
{
    const uint64_t middle = sorted->middle;
    if (from < middle || (from - middle) / DC_MOMENT_STEP != (to - middle) / DC_MOMENT_STEP)
        return dc_moment_at(sorted, to); /* on the left, values would be taken out of the sums */
    for (uint64_t i = from; i < to; i++) {
        const double value = (double)sorted->values[i] - sorted->shift;
        m.s1 += value;
        m.s2 += value * value;
    }
    m.n = (double)to;
    m.left = sorted->values[to - 1];
    m.right = sorted->values[DC_MIN(to, sorted->n - 1)];
    return m;
}

/* Candidates of bound m between `low` and `high`: both ends of the window, and all positions
 * between that do not part equal values. Returns how many. */
static uint64_t fill_candidates(const search *s, dc_moment *out, uint32_t m, uint64_t low,
                                uint64_t high)
{
    const float *const values = s->sorted->values;
    const uint64_t from = DC_MIN(DC_MAX(s->windows[m].low, low), high);
    const uint64_t to = DC_MIN(DC_MAX(s->windows[m].high, low), high);
    uint64_t n = 0, position = from;
    dc_moment moment = dc_moment_at(s->sorted, from);
    for (;;) {
        out[n++] = moment;
        if (position == to)
            return n;
        uint64_t next = position + 1;
        if (next < to && values[next] <= values[position])
            next = DC_MIN(dc_sorted_after(s->sorted, next, (double)values[position]), to);
        moment = next_moment(s->sorted, moment, position, next);
        position = next;
    }
}

/* Rows from a settled bound to the middle one: 0 from the left, 1 from the right. */
static void settle_way(void *payload, uint64_t direction)
{
    settler *t = payload;
    way *w = &t->ways[direction];
    const uint64_t low = t->positions[t->from], high = t->positions[t->to];
    row_step s = { .is_forward = direction == 0, .crossed = INFINITY };
    w->moments[0][0] = dc_moment_at(t->search->sorted, s.is_forward ? low : high);
    w->costs[0][0] = 0;
    w->n = 1;
    for (uint32_t m = s.is_forward ? t->from : t->to; m != t->middle;) {
        m = s.is_forward ? m + 1 : m - 1;
        s.in = w->moments[0];
        s.in_cost = w->costs[0];
        s.out = w->moments[1];
        s.out_cost = w->costs[1];
        const uint64_t n_out = fill_candidates(t->search, s.out, m, low, high);
        take_step(&s, 0, n_out, 0, w->n - 1);
        *w = (way){ { s.out, s.in }, { s.out_cost, s.in_cost }, n_out };
    }
}

/* Bounds `from` and `to` have their positions; finds those between. */
static void settle(settler *t, uint32_t from, uint32_t to)
{
    if (to - from < 2)
        return;
    const uint32_t middle = from + (to - from) / 2;
    t->from = from;
    t->middle = middle;
    t->to = to;
    dc_pool_each(2, settle_way, t);
    const double *const left = t->ways[0].costs[0], *const right = t->ways[1].costs[0];
    uint64_t best = 0;
    for (uint64_t i = 1; i < t->ways[0].n; i++)
        if (left[i] + right[i] < left[best] + right[best])
            best = i;
    t->positions[middle] = (uint64_t)t->ways[0].moments[0][best].n;
    settle(t, from, middle);
    settle(t, middle, to);
}

static dc_status settle_all(search *s)
{
    uint64_t room = 1, positions[DC_MAX_CENTROIDS + 1] = { 0 };
    for (uint32_t m = 1; m < s->k; m++)
        room = DC_MAX(room, s->windows[m].high - s->windows[m].low + 1);
    positions[s->k] = s->sorted->n;
    settler t = { .search = s, .positions = positions };
    dc_moment *const moments = dc_grow(NULL, room, 4 * sizeof *moments);
    double *const costs = moments ? dc_grow(NULL, room, 4 * sizeof *costs) : NULL;
    dc_status status = costs ? DC_OK : DC_ENOMEM;
    if (status == DC_OK) {
        for (unsigned i = 0; i < 2; i++)
            t.ways[i] = (way){ { moments + 2 * i * room, moments + (2 * i + 1) * room },
                               { costs + 2 * i * room, costs + (2 * i + 1) * room },
                               0 };
        settle(&t, 0, s->k);
        try_positions(s, positions);
    }
    dc_release(moments);
    dc_release(costs);
    return status;
}

dc_status dc_kmeans_optimal(double *centroids, uint32_t k, const dc_sorted *sorted, bool is_exact)
{
    search s = { .sorted = sorted, .k = k, .best = INFINITY };
    for (uint32_t m = 1; m < k; m++)
        s.windows[m] = (window){ m, sorted->n - k + m };
    s.windows[k] = (window){ sorted->n, sorted->n };
    try_start(&s, DC_CENTROIDS_DENSITY);
    try_start(&s, DC_CENTROIDS_LINEAR);
    const uint64_t budget = (uint64_t)k * (BINS_A_BOUND + MORE_BINS * k);
    const bool is_settled = is_exact || room_of_all(&s, MIN_BIN) <= budget;
    DC_TRY(refine_within(&s, budget, is_exact));
    if (is_exact)
        DC_TRY(refine_within(&s, DC_MAX(budget, sorted->n / VALUES_A_BIN), true));
    if (is_settled)
        DC_TRY(settle_all(&s));
    /* Lloyd may leave clusters empty: these have no mean. */
    for (uint32_t m = 0; m < k; m++)
        centroids[m] = (double)sorted->values[DC_MIN(s.positions[m], sorted->n - 1)];
    dc_means_of(centroids, s.positions, k, sorted);
    return DC_OK;
}
