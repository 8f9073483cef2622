/* SPDX-License-Identifier: MIT
 *
 * The cheapest way through the trellis, by Viterbi: of all ways to each of the eight states the
 * best one is kept, value by value, in row-major order. In a state a value looks at the two levels
 * on both sides of it, one of each parity, and at zero. A byte for each value says from which of
 * the two states before it each state is reached best, another byte where zero beat the level;
 * from the end of a block the way back is read from them, and the next block begins in the state
 * where this one ended.
 *
 * Zero is rarer in odd states, whose grid has levels nearer to it; prices of zero and of size 1
 * follow the counts of each kind of states.
 */
#include "grid_choice.h"

#include <math.h>
#include <stdlib.h>

#define BLOCK (UINT64_C(1) << 18) /* values */
#define N_KINDS 2u               /* of states: even, odd */

/* Of each state: its two ways in, each a state before it and the lowest bit of the level. */
static const struct way {
    uint8_t from, bit;
} ways[DC_TRELLIS_STATES][2] = {
    { { 0, 0 }, { 4, 1 } }, { { 2, 0 }, { 6, 1 } }, { { 0, 1 }, { 4, 0 } }, { { 2, 1 }, { 6, 0 } },
    { { 3, 1 }, { 7, 0 } }, { { 1, 1 }, { 5, 0 } }, { { 3, 0 }, { 7, 1 } }, { { 1, 0 }, { 5, 1 } },
};

/* ---- prices ---------------------------------------------------------------------------------- */

/* What prices of a kind of states are beyond those of all: of zero, of size 1, of larger ones. */
typedef struct extra {
    double zero_bits, one_bits, more_bits;
} extra;

/* Bits by which something costs more where it happens `n` times of `n_all` and not `share`. */
static double more_than(double share, double n, double n_all)
{
    return dc_rate_log2(share / ((n + share) / (n_all + 1)));
}

/* From the levels of the pass before. */
static void find_extras(extra extras[N_KINDS], const dc_choosing *c)
{
    const uint64_t n = (uint64_t)c->rate->shape.n_rows * c->rate->n_cols;
    double counts[N_KINDS][3] = { { 0 } }; /* of zeros, of size 1, of larger ones */
    uint32_t state = 0;
    for (uint64_t i = 0; i < n; i++) {
        counts[state & 1][DC_MIN(abs(c->levels[i]), 2)]++;
        state = dc_trellis_next[state][c->levels[i] & 1];
    }
    double shares[3], sum = (double)n + 3;
    for (int k = 0; k < 3; k++)
        shares[k] = (counts[0][k] + counts[1][k] + 1) / sum;
    for (uint32_t kind = 0; kind < N_KINDS; kind++) {
        const double n_all = counts[kind][0] + counts[kind][1] + counts[kind][2];
        extras[kind].zero_bits = more_than(shares[0], counts[kind][0], n_all);
        extras[kind].one_bits = more_than(shares[1], counts[kind][1], n_all);
        extras[kind].more_bits = more_than(shares[2], counts[kind][2], n_all);
    }
}

/* ---- a value --------------------------------------------------------------------------------- */

typedef struct search {
    const dc_choosing *c;
    extra extras[N_KINDS];
    float *bits;            /* (2, n_cols): of a zero, of size 1, in the row                */
    uint64_t row;           /* that `bits` are of; DC_NONE: none yet                        */
    double costs[DC_TRELLIS_STATES]; /* of the best way to each state                       */
    uint8_t *from;          /* (BLOCK) bit s: which of its ways leads to state s            */
    uint8_t *zeros;         /* (BLOCK) bit k: in states of kind k, zero is the even level   */
} search;

/* The level below a value of this size in states of a kind; the one above it is one more. */
static int32_t level_below(double size, uint32_t kind)
{
    return (int32_t)fmin(floor((size + kind) / 2), DC_MAX_LEVEL / 2 - 1);
}

static void enter_row(search *s, uint64_t row)
{
    if (s->row == row)
        return;
    s->row = row;
    dc_rate_row(s->c->rate, (uint32_t)row, s->bits, s->bits + s->c->rate->n_cols);
}

/* costs[kind][bit] of the best level with that lowest bit; the mask of kinds where it is zero. */
static uint8_t price_value(double costs[N_KINDS][2], const search *s, uint64_t i)
{
    const dc_grid *grid = s->c->grid;
    const uint64_t col = i % s->c->rate->n_cols;
    const double step = (double)grid->step;
    const double size = fabs((double)s->c->values[i]) / step, lambda = grid->lambda;
    const double weight = step * step;
    const double one_bits = (double)s->bits[s->c->rate->n_cols + col];
    uint8_t zeros = 0;
    for (uint32_t kind = 0; kind < N_KINDS; kind++) {
        const extra *e = &s->extras[kind];
        const int32_t below = level_below(size, kind);
        const double zero =
            weight * size * size + lambda * ((double)s->bits[col] + e->zero_bits);
        costs[kind][0] = zero;
        costs[kind][1] = INFINITY;
        zeros |= (uint8_t)(1u << kind);
        for (int32_t level = below; level <= below + 1 && size > 0; level++) {
            if (level == 0)
                continue;
            const double off = size - (2 * level - (int32_t)kind);
            const double more =
                level == 1 ? e->one_bits
                           : e->more_bits + (double)dc_rate_more(s->c->rate, (uint32_t)level);
            const double cost = weight * off * off + lambda * (one_bits + more);
            if (cost >= costs[kind][level & 1])
                continue;
            costs[kind][level & 1] = cost;
            if (level % 2 == 0)
                zeros = (uint8_t)(zeros & ~(1u << kind));
        }
    }
    return zeros;
}

static void step_on(search *s, uint64_t i, uint64_t at)
{
    double costs[N_KINDS][2], next[DC_TRELLIS_STATES];
    s->zeros[at] = price_value(costs, s, i);
    s->from[at] = 0;
    for (uint32_t state = 0; state < DC_TRELLIS_STATES; state++) {
        const struct way *w = ways[state];
        const double first = s->costs[w[0].from] + costs[w[0].from & 1][w[0].bit];
        const double second = s->costs[w[1].from] + costs[w[1].from & 1][w[1].bit];
        next[state] = second < first ? second : first;
        s->from[at] |= (uint8_t)((second < first) << state);
    }
    for (uint32_t state = 0; state < DC_TRELLIS_STATES; state++)
        s->costs[state] = next[state];
}

/* ---- a block --------------------------------------------------------------------------------- */

static void stand_in(search *s, uint32_t only)
{
    for (uint32_t state = 0; state < DC_TRELLIS_STATES; state++)
        s->costs[state] = state == only ? 0 : INFINITY;
}

static uint32_t best_state(const search *s)
{
    uint32_t best = 0;
    for (uint32_t state = 1; state < DC_TRELLIS_STATES; state++)
        if (s->costs[state] < s->costs[best])
            best = state;
    return best;
}

/* The level of value i that a way took. */
static int16_t level_on(const search *s, uint64_t i, uint64_t at, struct way way)
{
    const uint32_t kind = way.from & 1;
    if (way.bit == 0 && (s->zeros[at] >> kind & 1) != 0)
        return 0;
    const double value = (double)s->c->values[i];
    int32_t level = level_below(fabs(value) / (double)s->c->grid->step, kind);
    level += (level & 1) != way.bit;
    return (int16_t)(value < 0 ? -level : level);
}

/* Values from .. end - 1; *state: where the way begins, and where it ends. */
static void search_block(search *s, uint32_t *state, uint64_t from, uint64_t end)
{
    stand_in(s, *state);
    for (uint64_t i = from; i < end; i++) {
        enter_row(s, i / s->c->rate->n_cols);
        step_on(s, i, i - from);
    }
    uint32_t at = *state = best_state(s);
    for (uint64_t i = end; i-- > from;) {
        const struct way way = ways[at][s->from[i - from] >> at & 1];
        s->c->levels[i] = level_on(s, i, i - from, way);
        at = way.from;
    }
}

dc_status dc_trellis_search(const dc_choosing *c)
{
    const uint64_t n = (uint64_t)c->rate->shape.n_rows * c->rate->n_cols;
    const uint64_t n_block = DC_MIN(n, BLOCK);
    search s = { .c = c, .row = DC_NONE };
    dc_arena arena = { 0 };
    uint32_t state = 0;
    s.bits = dc_arena_take(&arena, 2 * (uint64_t)c->rate->n_cols, sizeof *s.bits);
    s.from = dc_arena_take(&arena, n_block, 1);
    s.zeros = dc_arena_take(&arena, n_block, 1);
    const dc_status status = arena.status;
    if (status == DC_OK) {
        find_extras(s.extras, c);
        for (uint64_t from = 0; from < n; from += BLOCK)
            search_block(&s, &state, from, DC_MIN(from + BLOCK, n));
    }
    dc_arena_clear(&arena);
    return status;
}
