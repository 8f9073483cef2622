/* SPDX-License-Identifier: MIT
 *
 * Layers over time in float32. What a step said stays in the node's row, where the next step finds
 * it: products with it are made before the row is written again. Gates are made in place of what
 * the inputs alone make of them, where that is an inner row that nobody reads again.
 */
#include "rt_steps.h"

/* A node's part in a step: a row of its input and its own, and what it said before, or NULL. */
typedef struct step_float {
    const dc_rt *m;
    const rt_group *g;
    uint32_t node;
    void *work;
    float *x, *y;
    const float *before;
    float *state;
} step_float;

/* The values of an input besides the first, or NULL. */
static const float *extra_float(const step_float *s, uint32_t which)
{
    return which < rt_n_inputs(s->m, s->node)
               ? rt_floats(s->work, &rt_nodes(s->m)[rt_input_of(s->m, s->node, which)]) : NULL;
}

static bool is_x_inner(const dc_rt *m, uint32_t i)
{
    return rt_nodes(m)[rt_input_of(m, i, 0)].in_group == RT_INNER;
}

/* Floats: gates unless in place, cells, and what a projection is of; of gru what r goes to. */
RT_OWN uint64_t rt_state_float(const dc_rt *m, uint32_t i)
{
    if (!rt_is_cells(rt_nodes(m)[i].op))
        return 0;
    const rt_cells c = rt_cells_of(m, i);
    const uint64_t n_gates = is_x_inner(m, i) ? 0 : c.n_gates;
    const uint64_t n_more = (c.op != RT_OP_RNN ? 1u : 0u) + (c.projection != NULL ? 1u : 0u);
    return (n_gates + n_more) * c.n_cells * sizeof(float);
}

/* The gates, and the state behind them. */
static float *gates_of(step_float *s, const rt_cells *c)
{
    const size_t n = (size_t)c->n_gates * c->n_cells;
    if (is_x_inner(s->m, s->node))
        return s->x;
    float *gates = s->state;
    memcpy(gates, s->x, n * sizeof *gates);
    s->state += n;
    return gates;
}

static float curve_float_at(const rt_cells *c, const rt_curve *curve, float x)
{
    if (c->clip > 0)
        x = x < -c->clip ? -c->clip : x > c->clip ? c->clip : x;
    return rt_curve_at(curve, x);
}

/* gates += peepholes times cells: of o, or of the two others. */
static void peep_float(const dc_rt *m, const rt_cells *c, float *gates, const float *cells,
                       bool is_of_o)
{
    if (c->peephole == NULL)
        return;
    rt_walk w = rt_walk_over(m, c->peephole);
    while (rt_walk_next(&w)) {
        const uint32_t gate = c->peephole->is_column_major ? w.inner : w.outer;
        const uint32_t k = c->peephole->is_column_major ? w.outer : w.inner;
        const float weight = rt_walk_float(&w);
        if ((gate == RT_O_GATE) == is_of_o)
            gates[(size_t)gate * c->n_cells + k] += weight * cells[k];
    }
}

static void lstm_float(step_float *s, const rt_cells *c)
{
    const size_t n = c->n_cells;
    float *gates = gates_of(s, c), *cells = s->state;
    float *held = c->projection != NULL ? cells + n : s->y;
    const float *first = extra_float(s, 2);
    if (s->g->turn == 0)
        for (size_t k = 0; k < n; k++)
            cells[k] = first != NULL ? first[k] : 0;
    if (s->before != NULL)
        rt_product_float(s->m, c->weight, gates, s->before);
    peep_float(s->m, c, gates, cells, false);
    for (size_t k = 0; k < n; k++) {
        const float i = curve_float_at(c, &c->gate, gates[RT_I_GATE * n + k]);
        const float f = c->is_coupled ? 1 - i
                                      : curve_float_at(c, &c->gate, gates[RT_F_GATE * n + k] +
                                                                        c->forget_bias);
        cells[k] = f * cells[k] + i * curve_float_at(c, &c->cell, gates[RT_G_GATE * n + k]);
    }
    peep_float(s->m, c, gates, cells, true);
    for (size_t k = 0; k < n; k++)
        held[k] = curve_float_at(c, &c->gate, gates[RT_O_GATE * n + k]) *
                  curve_float_at(c, &c->output, cells[k]);
    if (c->projection != NULL) {
        memset(s->y, 0, c->n_said * sizeof *s->y);
        rt_product_float(s->m, c->projection, s->y, held);
    }
    if (c->shows_cells)
        memcpy(s->y + c->n_said, cells, n * sizeof *cells);
}

/* y += the rows first .. end - 1 of the weights times x. */
static void rows_float(const dc_rt *m, const rt_param *p, uint32_t first, uint32_t end, float *y,
                       const float *x)
{
    rt_walk w = rt_walk_over(m, p);
    while (rt_walk_next(&w)) {
        const uint32_t row = p->is_column_major ? w.inner : w.outer;
        const uint32_t col = p->is_column_major ? w.outer : w.inner;
        const float weight = rt_walk_float(&w);
        if (row >= first && row < end)
            y[row - first] += weight * x[col];
    }
}

static void gru_float(step_float *s, const rt_cells *c)
{
    const size_t n = c->n_cells;
    float *gates = gates_of(s, c), *inner = s->state, *fresh = gates + RT_N_GATE * n;
    if (s->before != NULL)
        rows_float(s->m, c->weight, 0, RT_N_GATE * c->n_cells, gates, s->before);
    for (size_t k = 0; k < RT_N_GATE * n; k++)
        gates[k] = curve_float_at(c, &c->gate, gates[k]);
    if (c->is_reset_after) {
        rt_series biases = rt_series_over(s->m, c->bias);
        for (size_t k = 0; k < n; k++)
            inner[k] = rt_series_take(&biases);
        if (s->before != NULL)
            rows_float(s->m, c->weight, RT_N_GATE * c->n_cells, UINT32_MAX, inner, s->before);
        for (size_t k = 0; k < n; k++)
            fresh[k] += gates[RT_R_GATE * n + k] * inner[k];
    } else if (s->before != NULL) {
        for (size_t k = 0; k < n; k++)
            inner[k] = gates[RT_R_GATE * n + k] * s->before[k];
        rows_float(s->m, c->weight, RT_N_GATE * c->n_cells, UINT32_MAX, fresh, inner);
    }
    for (size_t k = 0; k < n; k++) {
        const float z = gates[k], old = s->before != NULL ? s->before[k] : 0;
        s->y[k] = (1 - z) * curve_float_at(c, &c->cell, fresh[k]) + z * old;
    }
}

static void rnn_float(step_float *s, const rt_cells *c)
{
    float *gates = gates_of(s, c);
    if (s->before != NULL)
        rt_product_float(s->m, c->weight, gates, s->before);
    for (size_t k = 0; k < c->n_cells; k++)
        s->y[k] = curve_float_at(c, &c->cell, gates[k]);
}

static void cells_float(step_float *s)
{
    const rt_cells c = rt_cells_of(s->m, s->node);
    if (s->g->turn == 0)
        s->before = extra_float(s, 1);
    else if (s->node < s->g->end)
        s->before = s->y;
    else
        s->before = s->g->is_reverse ? s->y + c.n_row : s->y - c.n_row;
    if (c.op == RT_OP_LSTM)
        lstm_float(s, &c);
    else if (c.op == RT_OP_GRU)
        gru_float(s, &c);
    else
        rnn_float(s, &c);
}

/* ---- others ---------------------------------------------------------------------------------- */

static uint32_t symbol_float(float x, uint32_t n)
{
    const int32_t bound = 1 << 29; /* above all numbers of symbols */
    if (!(x > (float)-bound && x < (float)bound))
        return 0;
    const int32_t symbol = (int32_t)x < 0 ? (int32_t)x + (int32_t)n : (int32_t)x;
    return symbol >= 0 && symbol < (int32_t)n ? (uint32_t)symbol : 0;
}

static void embedding_float(const step_float *s)
{
    const rt_node *node = &rt_nodes(s->m)[s->node];
    const rt_param *p = &rt_params(s->m)[node->param];
    for (uint32_t i = 0; i < rt_row_of(node) / p->n_cols; i++) {
        const uint32_t row = symbol_float(s->x[i], p->n_rows);
        float *y = s->y + (size_t)i * p->n_cols;
        rt_walk w = rt_walk_near(s->m, p, row);
        memset(y, 0, p->n_cols * sizeof *y);
        while (rt_walk_next(&w)) {
            const uint32_t at = p->is_column_major ? w.inner : w.outer;
            const float value = rt_walk_float(&w);
            if (at == row)
                y[p->is_column_major ? w.outer : w.inner] = value;
            else if (at > row && !p->is_column_major)
                break;
        }
    }
}

static void one_of_many_float(const step_float *s)
{
    const rt_node *node = &rt_nodes(s->m)[s->node];
    const uint32_t n = node->n_values, n_steps = s->g->n_steps;
    const bool is_last = s->g->turn + 1 == n_steps;
    if (node->op == RT_OP_LAST) {
        if (s->g->step + 1 == n_steps)
            memcpy(s->y, s->x, n * sizeof *s->y);
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        const float sum = (s->g->turn > 0 ? s->y[k] : 0) + s->x[k];
        s->y[k] = is_last ? sum / (float)n_steps : sum;
    }
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void step_of_float(step_float *s)
{
    switch (rt_nodes(s->m)[s->node].op) {
    case RT_OP_LINEAR: rt_linear_float(s->m, s->node, s->y, s->x); break;
    case RT_OP_LSTM:
    case RT_OP_GRU:
    case RT_OP_RNN: cells_float(s); break;
    case RT_OP_EMBEDDING: embedding_float(s); break;
    case RT_OP_LAST:
    case RT_OP_STEP_MEAN: one_of_many_float(s); break;
    default: rt_node_float(s->m, s->node, s->work); break; /* all of it is inner */
    }
}

/* Where the group's end has the row of a step. */
static float *end_row(const rt_group *g, const rt_node *node, void *work)
{
    const size_t n_row = rt_is_one_of_many(node->op) ? 0 : rt_row_of(node);
    return rt_floats(work, node) + g->step * n_row;
}

static void group_step_float(const dc_rt *m, const rt_group *g, const dc_rt_call *call)
{
    const rt_node *nodes = rt_nodes(m), *input = &nodes[g->input];
    const uint32_t n_row = rt_row_of(input);
    step_float s;
    s.m = m, s.g = g, s.work = call->work;
    s.x = rt_floats(call->work, input);
    if (g->is_from_call)
        rt_input_put(m, call, g->step * n_row);
    else
        s.x += (size_t)g->step * n_row;
    for (s.node = g->begin; s.node <= g->end; s.node++) {
        const rt_node *node = &nodes[s.node];
        s.before = NULL;
        s.y = s.node == g->end ? end_row(g, node, call->work) : rt_floats(call->work, node);
        s.state = (float *)(void *)((char *)call->work + node->scratch);
        step_of_float(&s);
        s.x = s.y;
    }
}

RT_OWN void rt_run_float_steps(const dc_rt *m, const dc_rt_call *call)
{
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        if (!rt_nodes(m)[i].in_group) {
            rt_node_float(m, i, call->work);
            continue;
        }
        rt_group g = rt_group_at(m, call, i);
        for (; g.turn < g.n_steps; g.turn++) {
            g.step = g.is_reverse ? g.n_steps - 1 - g.turn : g.turn;
            group_step_float(m, &g, call);
        }
        const rt_node *end = &rt_nodes(m)[g.end];
        const size_t n_said = (size_t)g.n_steps * rt_row_of(end); /* steps behind say 0 */
        for (size_t k = n_said; !rt_is_one_of_many(end->op) && k < end->n_values; k++)
            rt_floats(call->work, end)[k] = 0;
        i = g.end;
    }
    rt_output_float(m, call);
}
