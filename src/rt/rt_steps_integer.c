/* SPDX-License-Identifier: MIT
 *
 * Layers over time in integers. A row is int16 with an exponent of its own; sums of products are
 * exact, as in other layers. Behind them numbers have a fixed point: gates are times 2^-24, with
 * sums held within +-128, where curves are flat; cells are times 2^-20 and held within +-2048. What
 * a step says is cut to a row again.
 *
 * The group's end has all steps in one block: rows are brought to the largest exponent of any, and
 * what is there already with them.
 */
#include "rt_fixed.h"
#include "rt_steps.h"

/* A node's part in a step. x and y are rows, y stays from step to step. */
typedef struct step_integer {
    const dc_rt *m;
    const rt_group *g;
    uint32_t node;
    void *work;
    const int16_t *x;
    int16_t *y;
    int exponent;  /* of x */
    char *state;
} step_integer;

static int16_t *own_exponent(const step_integer *s)
{
    return &rt_exponents(s->work)[s->node];
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Sums of a matrix and a row, one after another. */
typedef struct rows_integer {
    rt_walk walk;
    const int16_t *x;
    int64_t *sums; /* all, of weights that come by columns */
    uint32_t row;
    bool is_there, is_by_columns;
} rows_integer;

static rows_integer rows_over(const dc_rt *m, const rt_param *p, const int16_t *x, int64_t *sums)
{
    rows_integer r;
    r.walk = rt_walk_over(m, p);
    r.x = x;
    r.sums = sums;
    r.row = 0;
    r.is_by_columns = p->is_column_major != 0;
    if (r.is_by_columns) {
        memset(sums, 0, p->n_rows * sizeof *sums);
        while (rt_walk_next(&r.walk))
            sums[r.walk.inner] += rt_walk_short(&r.walk) * x[r.walk.outer];
    } else {
        r.is_there = rt_walk_next(&r.walk);
    }
    return r;
}

static int64_t rows_take(rows_integer *r)
{
    const uint32_t row = r->row++;
    int64_t sum = 0;
    if (r->is_by_columns)
        return r->sums[row];
    for (; r->is_there && r->walk.outer == row; r->is_there = rt_walk_next(&r->walk))
        sum += rt_walk_short(&r->walk) * r->x[r->walk.inner];
    return sum;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* Parts of a state, one behind the other, those of the widest numbers first. */
typedef struct parts {
    int64_t *sums;
    int32_t *gates, *cells; /* cells: of gru, what it said           */
    int16_t *said, *held;   /* held: what a projection is of, or r h */
    int16_t *exponent;      /* of what was said                      */
} parts;

static uint32_t n_sums(const rt_param *p)
{
    return p != NULL && p->is_column_major ? p->n_rows : 0;
}

/* Their counts, by size. */
typedef struct part_counts {
    uint64_t n_sums, n_gates, n_cells, n_said, n_held;
} part_counts;

static part_counts counts_of(const rt_cells *c)
{
    const uint32_t of_weight = n_sums(c->weight), of_projection = n_sums(c->projection);
    part_counts n;
    n.n_sums = of_weight > of_projection ? of_weight : of_projection;
    n.n_gates = (uint64_t)c->n_gates * c->n_cells;
    n.n_cells = c->op != RT_OP_RNN ? c->n_cells : 0;
    n.n_said = c->shows_cells ? (uint64_t)c->n_said + 1 : 0; /* else the node's row has it */
    n.n_held = c->projection != NULL || (c->op == RT_OP_GRU && !c->is_reset_after) ? c->n_cells
                                                                                   : 0;
    return n;
}

static parts parts_of(const step_integer *s, const rt_cells *c)
{
    const part_counts n = counts_of(c);
    parts p;
    p.sums = (int64_t *)(void *)s->state;
    p.gates = (int32_t *)(void *)(p.sums + n.n_sums);
    p.cells = p.gates + n.n_gates;
    p.said = (int16_t *)(void *)(p.cells + n.n_cells);
    p.held = p.said + n.n_said;
    p.exponent = p.said + c->n_said;
    if (!c->shows_cells) {
        p.said = s->y;
        p.exponent = own_exponent(s);
    }
    return p;
}

static uint64_t own_bytes(const dc_rt *m, uint32_t i)
{
    const rt_node *node = &rt_nodes(m)[i];
    const rt_param *weight = &rt_params(m)[node->param];
    if (node->op == RT_OP_LINEAR)
        return (weight->is_column_major ? weight->n_rows : 1) * (uint64_t)sizeof(int64_t);
    if (node->op == RT_OP_STEP_MEAN)
        return node->n_values * (uint64_t)sizeof(float);
    if (!rt_is_cells(node->op))
        return 0;
    const rt_cells c = rt_cells_of(m, i);
    const part_counts n = counts_of(&c);
    return n.n_sums * sizeof(int64_t) + (n.n_gates + n.n_cells) * sizeof(int32_t) +
           (n.n_said + n.n_held) * sizeof(int16_t);
}

/* The group's end has a row besides what all steps have. */
RT_OWN uint64_t rt_state_integer(const dc_rt *m, uint32_t i)
{
    const rt_node *node = &rt_nodes(m)[i];
    const bool is_end = node->in_group == RT_END && !rt_is_one_of_many(node->op);
    return own_bytes(m, i) + (is_end ? rt_row_of(node) * (uint64_t)sizeof(int16_t) : 0);
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* Values of an input besides the first, or NULL. */
static const int16_t *extra_integer(const step_integer *s, uint32_t which, int *exponent)
{
    if (which >= rt_n_inputs(s->m, s->node))
        return NULL;
    const uint32_t input = rt_input_of(s->m, s->node, which);
    *exponent = rt_exponents(s->work)[input];
    return rt_shorts(s->work, &rt_nodes(s->m)[input]);
}

/* What was said and held before the first step. */
static void state_begin(const step_integer *s, const rt_cells *c, const parts *p)
{
    int e_said = RT_LOWEST, e_cells = 0;
    const int16_t *said = extra_integer(s, 1, &e_said), *cells = extra_integer(s, 2, &e_cells);
    const bool is_gru = c->op == RT_OP_GRU;
    for (uint32_t k = 0; k < c->n_said; k++)
        p->said[k] = (int16_t)(said != NULL ? said[k] : 0);
    *p->exponent = (int16_t)e_said;
    for (uint32_t k = 0; k < c->n_cells && c->op != RT_OP_RNN; k++) {
        if (is_gru)
            p->cells[k] = rt_held(rt_moved(p->said[k], e_said, -RT_GATE_DIGITS));
        else
            p->cells[k] = cells == NULL ? 0 : rt_held(rt_moved(cells[k], e_cells,
                                                               -RT_CELL_DIGITS));
    }
}

static int32_t curve_of_gate(const rt_cells *c, const rt_curve *curve, int64_t x)
{
    if (c->clip > 0) {
        const int64_t clip = rt_fixed_of(c->clip, -RT_GATE_DIGITS);
        x = x < -clip ? -clip : x > clip ? clip : x;
    }
    return rt_curve_fixed(curve, rt_held(x));
}

static int64_t x_at(const step_integer *s, uint32_t i)
{
    return rt_moved(s->x[i], s->exponent, -RT_GATE_DIGITS);
}

/* gates += peepholes times cells: of o, or of the two others. */
static void peep_integer(const dc_rt *m, const rt_cells *c, const parts *p, bool is_of_o)
{
    if (c->peephole == NULL)
        return;
    rt_walk w = rt_walk_over(m, c->peephole);
    while (rt_walk_next(&w)) {
        const uint32_t gate = c->peephole->is_column_major ? w.inner : w.outer;
        const uint32_t k = c->peephole->is_column_major ? w.outer : w.inner;
        const int64_t product = (int64_t)rt_walk_short(&w) * p->cells[k];
        int32_t *to = &p->gates[(size_t)gate * c->n_cells + k];
        if ((gate == RT_O_GATE) == is_of_o)
            *to = rt_held(*to + rt_moved(product, w.exponent - RT_CELL_DIGITS, -RT_GATE_DIGITS));
    }
}

/* A product of 48 digits is a number of a row. */
static void rows_said(rt_block *b, int16_t *exponent, int up)
{
    const int e = (int)b->shift - up;
    *exponent = (int16_t)(b->seen == 0 ? RT_LOWEST : e);
}

/* Says a projection of what is held. */
static void project_integer(const step_integer *s, const rt_cells *c, const parts *p, int e_held)
{
    rows_integer rows = rows_over(s->m, c->projection, p->held, p->sums);
    rt_block b = rt_block_over(p->said);
    for (uint32_t k = 0; k < c->n_said; k++)
        rt_block_put(&b, rows_take(&rows));
    rows_said(&b, p->exponent, 15 - c->projection->top - e_held);
}

static void lstm_cells(const rt_cells *c, const parts *p)
{
    const size_t n = c->n_cells;
    const int64_t one = (int64_t)1 << RT_GATE_DIGITS;
    for (size_t k = 0; k < n; k++) {
        const int64_t i = curve_of_gate(c, &c->gate, p->gates[RT_I_GATE * n + k]);
        const int64_t f = c->is_coupled ? one - i
                                        : curve_of_gate(c, &c->gate, p->gates[RT_F_GATE * n + k]);
        const int64_t g = curve_of_gate(c, &c->cell, p->gates[RT_G_GATE * n + k]);
        const int64_t sum = f * p->cells[k] + rt_cut(i * g, RT_GATE_DIGITS - RT_CELL_DIGITS);
        p->cells[k] = rt_held(rt_moved(sum, -RT_GATE_DIGITS, 0));
    }
}

static void lstm_says(const rt_cells *c, const parts *p, int16_t *held, int16_t *exponent)
{
    const size_t n = c->n_cells;
    rt_block b = rt_block_over(held);
    for (size_t k = 0; k < n; k++) {
        const int64_t o = curve_of_gate(c, &c->gate, p->gates[RT_O_GATE * n + k]);
        const int64_t cell = (int64_t)p->cells[k] * (1 << (RT_GATE_DIGITS - RT_CELL_DIGITS));
        rt_block_put(&b, o * curve_of_gate(c, &c->output, cell));
    }
    rows_said(&b, exponent, 2 * RT_GATE_DIGITS);
}

/* What is said, and cells: in one row, of 40 digits before it is cut. */
static void cells_show(const step_integer *s, const rt_cells *c, const parts *p)
{
    rt_block b = rt_block_over(s->y);
    for (uint32_t k = 0; k < c->n_said; k++)
        rt_block_put(&b, rt_moved(p->said[k], *p->exponent, -40));
    for (uint32_t k = 0; k < c->n_cells; k++)
        rt_block_put(&b, (int64_t)p->cells[k] * (1 << (40 - RT_CELL_DIGITS)));
    rows_said(&b, own_exponent(s), 40);
}

static void lstm_integer(const step_integer *s, const rt_cells *c, const parts *p)
{
    const int64_t forget = rt_fixed_of(c->forget_bias, -RT_GATE_DIGITS);
    const uint32_t n = c->n_cells;
    rows_integer rows = rows_over(s->m, c->weight, p->said, p->sums);
    int16_t e_held;
    for (uint32_t i = 0; i < 4 * n; i++) {
        const int64_t sum = rt_moved(rows_take(&rows), c->weight->top - 15 + *p->exponent,
                                     -RT_GATE_DIGITS);
        p->gates[i] = rt_held(x_at(s, i) + sum + (i / n == RT_F_GATE ? forget : 0));
    }
    peep_integer(s->m, c, p, false);
    lstm_cells(c, p);
    peep_integer(s->m, c, p, true);
    if (c->projection != NULL) {
        lstm_says(c, p, p->held, &e_held);
        project_integer(s, c, p, e_held);
    } else {
        lstm_says(c, p, p->said, p->exponent);
    }
    if (c->shows_cells)
        cells_show(s, c, p);
}

/* r h, in a row of its own; returns its exponent. */
static int reset_integer(const rt_cells *c, const parts *p)
{
    rt_block b = rt_block_over(p->held);
    int16_t exponent;
    for (uint32_t k = 0; k < c->n_cells; k++)
        rt_block_put(&b, (int64_t)p->gates[RT_R_GATE * c->n_cells + k] * p->cells[k]);
    rows_said(&b, &exponent, 2 * RT_GATE_DIGITS);
    return exponent;
}

static void gru_integer(const step_integer *s, const rt_cells *c, const parts *p)
{
    const uint32_t n = c->n_cells;
    const int e_weight = c->weight->top - 15;
    const int64_t one = (int64_t)1 << RT_GATE_DIGITS, most = (int64_t)1 << 38;
    rows_integer rows = rows_over(s->m, c->weight, p->said, p->sums);
    int e_rows = e_weight + *p->exponent;
    for (uint32_t i = 0; i < 2 * n; i++) {
        const int64_t sum = rt_moved(rows_take(&rows), e_rows, -RT_GATE_DIGITS);
        p->gates[i] = curve_of_gate(c, &c->gate, x_at(s, i) + sum);
    }
    if (!c->is_reset_after) { /* other products of the same rows */
        e_rows = e_weight + reset_integer(c, p);
        rows = rows_over(s->m, c->weight, p->held, p->sums);
        for (uint32_t i = 0; i < 2 * n; i++)
            (void)rows_take(&rows);
    }
    rt_series biases = rt_series_over(s->m, c->bias != NULL ? c->bias : c->weight);
    for (uint32_t k = 0; k < n; k++) {
        int64_t inner = rt_moved(rows_take(&rows), e_rows, -RT_GATE_DIGITS);
        if (c->is_reset_after) {
            inner += rt_fixed_of(rt_series_take(&biases), -RT_GATE_DIGITS);
            inner = inner > most ? most : inner < -most ? -most : inner;
            inner = rt_cut(inner * p->gates[RT_R_GATE * n + k], RT_GATE_DIGITS);
        }
        p->gates[RT_N_GATE * n + k] = curve_of_gate(c, &c->cell, x_at(s, RT_N_GATE * n + k) +
                                                                     inner);
    }
    rt_block b = rt_block_over(p->said);
    for (uint32_t k = 0; k < n; k++) {
        const int64_t z = p->gates[k];
        const int64_t sum = (one - z) * p->gates[RT_N_GATE * n + k] + z * p->cells[k];
        p->cells[k] = rt_held(rt_moved(sum, -RT_GATE_DIGITS, 0));
        rt_block_put(&b, sum);
    }
    rows_said(&b, p->exponent, 2 * RT_GATE_DIGITS);
}

static void rnn_integer(const step_integer *s, const rt_cells *c, const parts *p)
{
    rows_integer rows = rows_over(s->m, c->weight, p->said, p->sums);
    for (uint32_t k = 0; k < c->n_cells; k++) {
        const int64_t sum = rt_moved(rows_take(&rows), c->weight->top - 15 + *p->exponent,
                                     -RT_GATE_DIGITS);
        p->gates[k] = curve_of_gate(c, &c->cell, x_at(s, k) + sum);
    }
    rt_block b = rt_block_over(p->said);
    for (uint32_t k = 0; k < c->n_cells; k++)
        rt_block_put(&b, p->gates[k]);
    rows_said(&b, p->exponent, RT_GATE_DIGITS);
}

static void cells_integer(const step_integer *s)
{
    const rt_cells c = rt_cells_of(s->m, s->node);
    const parts p = parts_of(s, &c);
    if (s->g->turn == 0)
        state_begin(s, &c, &p);
    if (c.op == RT_OP_LSTM)
        lstm_integer(s, &c, &p);
    else if (c.op == RT_OP_GRU)
        gru_integer(s, &c, &p);
    else
        rnn_integer(s, &c, &p);
}

/* ---- others ---------------------------------------------------------------------------------- */

/* That of a whole number that x 2^exponent is cut to. */
static uint32_t symbol_integer(int16_t x, int exponent, uint32_t n)
{
    const int64_t whole = exponent > 15 ? (int64_t)x * 65536
                          : exponent > 0 ? (int64_t)x * (1 << exponent)
                                         : rt_cut(x, exponent < -62 ? 62 : (unsigned)-exponent);
    const int64_t symbol = whole < 0 ? whole + n : whole;
    return symbol >= 0 && symbol < n ? (uint32_t)symbol : 0;
}

static void embedding_integer(const step_integer *s)
{
    const rt_node *node = &rt_nodes(s->m)[s->node];
    const rt_param *p = &rt_params(s->m)[node->param];
    for (uint32_t i = 0; i < rt_row_of(node) / p->n_cols; i++) {
        const uint32_t row = symbol_integer(s->x[i], s->exponent, p->n_rows);
        int16_t *y = s->y + (size_t)i * p->n_cols;
        rt_walk w = rt_walk_near(s->m, p, row);
        memset(y, 0, p->n_cols * sizeof *y);
        while (rt_walk_next(&w)) {
            const uint32_t at = p->is_column_major ? w.inner : w.outer;
            const int16_t value = rt_walk_short(&w);
            if (at == row)
                y[p->is_column_major ? w.outer : w.inner] = value;
            else if (at > row && !p->is_column_major)
                break;
        }
    }
    *own_exponent(s) = (int16_t)(p->top - 15);
}

/* A mean is of sums in float32, each of which is one addition. */
static void mean_integer(const step_integer *s)
{
    float *sums = (float *)(void *)s->state, most = 0;
    const uint32_t n = rt_nodes(s->m)[s->node].n_values, n_steps = s->g->n_steps;
    for (uint32_t k = 0; k < n; k++) {
        const float x = rt_scaled(s->x[k], s->exponent);
        sums[k] = s->g->turn > 0 ? sums[k] + x : x;
    }
    if (s->g->turn + 1 < n_steps)
        return;
    for (uint32_t k = 0; k < n; k++) {
        sums[k] /= (float)n_steps;
        const float size = sums[k] < 0 ? -sums[k] : sums[k];
        most = size > most ? size : most;
    }
    const int exponent = rt_top_of(most) - 15;
    for (uint32_t k = 0; k < n; k++)
        s->y[k] = rt_short_of(sums[k], exponent);
    *own_exponent(s) = (int16_t)(most > 0 ? exponent : RT_LOWEST);
}

static void last_integer(const step_integer *s)
{
    if (s->g->step + 1 < s->g->n_steps)
        return;
    memcpy(s->y, s->x, rt_nodes(s->m)[s->node].n_values * sizeof *s->y);
    *own_exponent(s) = (int16_t)s->exponent;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void step_of_integer(const step_integer *s)
{
    switch (rt_nodes(s->m)[s->node].op) {
    case RT_OP_LINEAR:
        rt_places_integer(s->m, s->node, s->work, s->x, s->y,
                          rt_row_of(&rt_nodes(s->m)[s->node]));
        break;
    case RT_OP_LSTM:
    case RT_OP_GRU:
    case RT_OP_RNN: cells_integer(s); break;
    case RT_OP_EMBEDDING: embedding_integer(s); break;
    case RT_OP_LAST: last_integer(s); break;
    case RT_OP_STEP_MEAN: mean_integer(s); break;
    default: rt_node_integer(s->m, s->node, s->work); break; /* all of it is inner */
    }
}

/* Rows of the group's end: as many as there are, in the order of turns. */
typedef struct all_rows {
    int16_t *q;
    int exponent;
} all_rows;

static void row_append(all_rows *all, const step_integer *s)
{
    const uint32_t n = rt_row_of(&rt_nodes(s->m)[s->node]);
    const size_t n_before = (size_t)s->g->turn * n;
    const int exponent = *own_exponent(s);
    const int more = exponent > all->exponent ? exponent - all->exponent : 0;
    const int less = all->exponent > exponent ? all->exponent - exponent : 0;
    for (size_t i = 0; more > 0 && i < n_before; i++)
        all->q[i] = (int16_t)rt_cut(all->q[i], more < 62 ? (unsigned)more : 62);
    for (size_t i = 0; i < n; i++)
        all->q[n_before + i] = (int16_t)rt_cut(s->y[i], less < 62 ? (unsigned)less : 62);
    all->exponent += more;
}

static void rows_turn(int16_t *q, size_t n_rows, size_t n)
{
    for (size_t a = 0, b = n_rows - 1; a < b; a++, b--)
        for (size_t i = 0; i < n; i++) {
            const int16_t kept = q[a * n + i];
            q[a * n + i] = q[b * n + i];
            q[b * n + i] = kept;
        }
}

static void group_step_integer(const dc_rt *m, const rt_group *g, const dc_rt_call *call,
                               all_rows *all)
{
    const rt_node *nodes = rt_nodes(m), *input = &nodes[g->input];
    const uint32_t n_row = rt_row_of(input);
    step_integer s;
    s.m = m, s.g = g, s.work = call->work;
    s.x = rt_shorts(call->work, input);
    if (g->is_from_call)
        rt_input_put(m, call, g->step * n_row);
    else
        s.x += (size_t)g->step * n_row;
    s.exponent = rt_exponents(call->work)[g->input];
    for (s.node = g->begin; s.node <= g->end; s.node++) {
        const rt_node *node = &nodes[s.node];
        const bool has_row = s.node == g->end && !rt_is_one_of_many(node->op);
        s.state = (char *)call->work + node->scratch;
        s.y = has_row ? (int16_t *)(void *)(s.state + own_bytes(m, s.node))
                      : rt_shorts(call->work, node);
        step_of_integer(&s);
        if (has_row)
            row_append(all, &s);
        s.x = s.y;
        s.exponent = *own_exponent(&s);
    }
}

static void group_integer(const dc_rt *m, rt_group *g, const dc_rt_call *call)
{
    const rt_node *end = &rt_nodes(m)[g->end];
    all_rows all;
    all.q = rt_shorts(call->work, end);
    all.exponent = RT_LOWEST;
    for (; g->turn < g->n_steps; g->turn++) {
        g->step = g->is_reverse ? g->n_steps - 1 - g->turn : g->turn;
        group_step_integer(m, g, call, &all);
    }
    if (rt_is_one_of_many(end->op))
        return;
    if (g->is_reverse)
        rows_turn(all.q, g->n_steps, rt_row_of(end));
    const size_t n_said = (size_t)g->n_steps * rt_row_of(end); /* steps behind say 0 */
    memset(all.q + n_said, 0, (end->n_values - n_said) * sizeof *all.q);
    rt_exponents(call->work)[g->end] = (int16_t)all.exponent;
}

RT_OWN void rt_run_integer_steps(const dc_rt *m, const dc_rt_call *call)
{
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        if (!rt_nodes(m)[i].in_group) {
            rt_node_integer(m, i, call->work);
            continue;
        }
        rt_group g = rt_group_at(m, call, i);
        group_integer(m, &g, call);
        i = g.end;
    }
    rt_output_integer(m, call);
}
