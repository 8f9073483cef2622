/* SPDX-License-Identifier: MIT
 *
 * Layers over time: lstm [Hochreiter 1997], with peepholes [Gers 2002] and a recurrent projection
 * [Sak 2014], gru [Cho 2014], rnn. x is what the inputs alone make of each gate, biases included
 * (a linear layer before this one), R the weights, h what the step before said:
 *
 *   lstm   i = s(x_i + R_i h + p_i c')        f = s(x_f + R_f h + p_f c' + forget_bias)
 *          g = t(x_g + R_g h)                 c = f c' + i g
 *          o = s(x_o + R_o h + p_o c)         m = o u(c)          said: m, or P m
 *   gru    r = s(x_r + R_r h)                 z = s(x_z + R_z h)
 *          n = t(x_n + r (R_n h + b)), or without reset_after t(x_n + R_n (r h))
 *          said: (1 - z) n + z h
 *   rnn    said: t(x + R h)
 *
 * s, t, u are the curves of gate_curve, cell_curve and output_curve, of values that are cut to
 * -clip .. clip if there is one; with input_forget f is 1 - i. With "cells" c is said behind m or
 * P m. With "reverse" the last step comes first. Of a sample of fewer steps than T those that count
 * are gone through and the others say 0, so nothing of theirs is learned from.
 *
 * A task is a sample, back through time too; then one is a row of weights, summed over samples and
 * steps in their order. What is kept of each step: `pre`, the gates before their curves (back: the
 * gradients of R's products), `gates`, after them (back: the gradients of x), `state`, of lstm c,
 * of gru R_n h + b or r h, and for a projection m and the gradient of what was said.
 */
#include "op_tools.h"

#include <math.h>
#include <string.h>

enum { WEIGHT, PEEPHOLE, PROJECTION };
enum { BIAS = 1 };
enum { Z_GATE, R_GATE, N_GATE };         /* of gru, in ONNX's order  */
enum { I_GATE, O_GATE, F_GATE, G_GATE }; /* of lstm                  */

/* ---- curves ---------------------------------------------------------------------------------- */

typedef struct curve {
    const dc_op_kind *kind;
    double attrs[DC_N_ATTRS]; /* in the order of the record */
    float clip;               /* 0: none */
} curve;

/* The number that this node has for the curve's attribute. */
static double number_of(const dc_op_kind *kind, const dc_attr_rule *rule, const dc_node *node)
{
    const double alpha = dc_node_number(node, DC_ATTR_ALPHA);
    if (rule->attr == DC_ATTR_SLOPE)
        return dc_node_number(node, DC_ATTR_SLOPE);
    const bool is_its_own = alpha < 0 || alpha > 0;
    return is_its_own && kind->n_attrs == 1 && rule->form == DC_ATTR_REAL ? alpha : rule->value;
}

static void curve_of(curve *out, const dc_node *node, dc_attr attr)
{
    out->kind = dc_op_kind_of(dc_node_whole(node, attr));
    out->clip = (float)dc_node_number(node, DC_ATTR_CLIP);
    for (uint32_t i = 0; out->kind != NULL && i < out->kind->n_attrs; i++)
        out->attrs[i] = number_of(out->kind, &out->kind->attrs[i], node);
}

/* x is cut first. */
static void apply(const curve *c, float *y, float *x, uint64_t n)
{
    if (c->clip > 0.0f)
        for (uint64_t i = 0; i < n; i++)
            x[i] = fminf(fmaxf(x[i], -c->clip), c->clip);
    if (c->kind->op == DC_OP_SIGMOID)
        for (uint64_t i = 0; i < n; i++)
            y[i] = 1.0f / (1.0f + expf(-x[i]));
    else if (c->kind->op == DC_OP_TANH)
        for (uint64_t i = 0; i < n; i++)
            y[i] = tanhf(x[i]);
    else
        for (uint64_t i = 0; i < n; i++)
            y[i] = (float)c->kind->curve((double)x[i], c->attrs);
}

static inline float slope(const curve *c, float x, float y)
{
    if (c->clip > 0.0f && fabsf(x) >= c->clip)
        return 0.0f;
    if (c->kind->op == DC_OP_SIGMOID)
        return y * (1.0f - y);
    if (c->kind->op == DC_OP_TANH)
        return 1.0f - y * y;
    return (float)c->kind->slope((double)x, (double)y, c->attrs);
}

/* ---- a layer, and a sample in it ------------------------------------------------------------- */

typedef struct layer {
    const dc_op_args *args;
    dc_op op;
    uint64_t n_steps, n_gates, n_cells, n_said, n_kept; /* steps that are kept */
    uint64_t n_row;                                     /* said, with cells that are shown */
    uint64_t n_of_sample;                               /* of the cache, floats */
    bool is_reverse, is_projected, is_reset_after, is_coupled, shows_cells;
    float forget_bias;
    curve gate, cell, output;
} layer;

static layer layer_of_node(const dc_node *node, const dc_shape *in, bool is_training)
{
    layer l = { .op = node->op, .n_steps = in->dims[0], .n_row = node->shape.dims[1] };
    l.n_gates = node->kind->n_gates;
    l.n_cells = in->dims[1] / l.n_gates;
    l.shows_cells = dc_node_whole(node, DC_ATTR_CELLS) != 0;
    l.n_said = l.n_row - (l.shows_cells ? l.n_cells : 0);
    l.n_kept = is_training ? l.n_steps : 1;
    l.is_projected = l.op == DC_OP_LSTM && dc_node_whole(node, DC_ATTR_N_OUTPUTS) > 0;
    const uint64_t of_projection = l.is_projected ? l.n_cells + l.n_said : 0;
    const uint64_t n_carried = 3 * (l.n_said + l.n_cells); /* from step to step; and at first */
    l.n_of_sample = l.n_kept * ((2 * l.n_gates + 1) * l.n_cells + of_projection) + n_carried;
    return l;
}

static layer layer_of(const dc_op_args *args)
{
    layer l = layer_of_node(args->node, args->x_shapes[0], args->is_training);
    l.args = args;
    l.is_reverse = dc_node_whole(args->node, DC_ATTR_REVERSE) != 0;
    l.is_reset_after = dc_node_whole(args->node, DC_ATTR_RESET_AFTER) != 0;
    l.is_coupled = dc_node_whole(args->node, DC_ATTR_INPUT_FORGET) != 0;
    l.forget_bias = (float)dc_node_number(args->node, DC_ATTR_FORGET_BIAS);
    curve_of(&l.gate, args->node, DC_ATTR_GATE_CURVE);
    curve_of(&l.cell, args->node, DC_ATTR_CELL_CURVE);
    curve_of(&l.output, args->node, DC_ATTR_OUTPUT_CURVE);
    return l;
}

static uint64_t cache_bytes(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n,
                            bool is_training)
{
    return n * layer_of_node(node, x_shapes[0], is_training).n_of_sample * sizeof(float);
}

typedef struct sample {
    float *pre, *gates, *state, *held, *d_said; /* kept, each (n_kept, ...) */
    float *carried; /* dh (said), dc (cells), as much again; what a sample began with */
    const float *x, *h0, *c0;                   /* h0, c0: NULL: zeros */
    float *y;
    uint64_t n, n_steps; /* which one, and how many of its steps count */
} sample;

static sample sample_of(const layer *l, uint64_t n)
{
    const dc_op_args *args = l->args;
    float *at = (float *)args->cache + n * l->n_of_sample;
    sample s = { .n = n, .n_steps = dc_op_length(args, n, l->n_steps) };
    s.pre = at;
    s.gates = s.pre + l->n_kept * l->n_gates * l->n_cells;
    s.state = s.gates + l->n_kept * l->n_gates * l->n_cells;
    s.held = s.state + l->n_kept * l->n_cells;
    s.d_said = s.held + (l->is_projected ? l->n_kept * l->n_cells : 0);
    s.carried = s.d_said + (l->is_projected ? l->n_kept * l->n_said : 0);
    s.x = args->x[0] + n * l->n_steps * l->n_gates * l->n_cells;
    s.y = args->y + n * l->n_steps * l->n_row;
    s.h0 = args->n_inputs > 1 ? args->x[1] + n * l->n_said : NULL;
    s.c0 = args->n_inputs > 2 ? args->x[2] + n * l->n_cells : NULL;
    if (dc_op_goes_on(l->args)) {
        s.h0 = s.carried + 2 * (l->n_said + l->n_cells);
        s.c0 = s.h0 + l->n_said;
    }
    return s;
}

/* Step number `turn` of those that count, as it is gone through. */
static uint64_t step_at(const layer *l, const sample *s, uint64_t turn)
{
    return l->is_reverse ? s->n_steps - 1 - turn : turn;
}

static const float *said_before(const layer *l, const sample *s, uint64_t turn)
{
    return turn > 0 ? s->y + step_at(l, s, turn - 1) * l->n_row : s->h0;
}

static uint64_t kept_at(const layer *l, uint64_t step)
{
    return l->n_kept == 1 ? 0 : step;
}

static const float *cells_before(const layer *l, const sample *s, uint64_t turn)
{
    return turn > 0 ? s->state + kept_at(l, step_at(l, s, turn - 1)) * l->n_cells : s->c0;
}

/* ---- products -------------------------------------------------------------------------------- */

/* y (rows) += rows first_row .. of a parameter (.., cols) times x; NULL is zeros. */
static void add_product(const layer *l, float *y, uint32_t param, uint64_t first_row,
                        uint64_t n_rows, const float *x, uint64_t n_cols)
{
    const dc_step_products *products = l->args->products;
    const float *w = l->args->p[param] + first_row * n_cols;
    if (products != NULL) {
        products->add(products->payload, y, param, (uint32_t)first_row, (uint32_t)n_rows, x,
                      (uint32_t)n_cols);
        return;
    }
    for (uint64_t k = 0; x != NULL && k < n_rows; k++) {
        float lanes[DC_LANES] = { 0 };
        dot_into(lanes, w + k * n_cols, x, n_cols);
        y[k] += lane_sum(lanes);
    }
}

/* x (cols) += W^T y. */
static void add_turned(float *x, const float *w, const float *y, uint64_t n_rows, uint64_t n_cols)
{
    for (uint64_t k = 0; k < n_rows; k++)
        axpy(x, w + k * n_cols, y[k], n_cols);
}

/* ---- forward --------------------------------------------------------------------------------- */

/* A step: its arrays. */
typedef struct moment {
    float *pre, *gates, *state, *held, *said;
    const float *said_before, *cells_before; /* NULL: zeros */
} moment;

static moment moment_at(const layer *l, const sample *s, uint64_t turn)
{
    const uint64_t step = step_at(l, s, turn), kept = kept_at(l, step);
    return (moment){ .pre = s->pre + kept * l->n_gates * l->n_cells,
                     .gates = s->gates + kept * l->n_gates * l->n_cells,
                     .state = s->state + kept * l->n_cells,
                     .held = s->held + (l->is_projected ? kept * l->n_cells : 0),
                     .said = s->y + step * l->n_row,
                     .said_before = said_before(l, s, turn),
                     .cells_before = cells_before(l, s, turn) };
}

static inline float before(const float *values, uint64_t i)
{
    return values != NULL ? values[i] : 0.0f;
}

static void lstm_step(const layer *l, const moment *m)
{
    const uint64_t n = l->n_cells;
    const float *peepholes = l->args->p[PEEPHOLE];
    float *pre = m->pre, *gates = m->gates, *c = m->state;
    add_product(l, pre, WEIGHT, 0, 4 * n, m->said_before, l->n_said);
    for (uint64_t i = 0; i < n; i++) {
        const float cell = before(m->cells_before, i);
        pre[F_GATE * n + i] += l->forget_bias;
        if (peepholes != NULL) {
            pre[I_GATE * n + i] += peepholes[i] * cell;
            pre[F_GATE * n + i] += peepholes[2 * n + i] * cell;
        }
    }
    apply(&l->gate, gates + I_GATE * n, pre + I_GATE * n, n);
    apply(&l->gate, gates + F_GATE * n, pre + F_GATE * n, n);
    for (uint64_t i = 0; l->is_coupled && i < n; i++)
        gates[F_GATE * n + i] = 1.0f - gates[I_GATE * n + i];
    apply(&l->cell, gates + G_GATE * n, pre + G_GATE * n, n);
    for (uint64_t i = 0; i < n; i++) {
        c[i] = gates[F_GATE * n + i] * before(m->cells_before, i) +
               gates[I_GATE * n + i] * gates[G_GATE * n + i];
        if (peepholes != NULL)
            pre[O_GATE * n + i] += peepholes[n + i] * c[i];
    }
    float *held = l->is_projected ? m->held : m->said;
    apply(&l->gate, gates + O_GATE * n, pre + O_GATE * n, n);
    memcpy(held, c, n * sizeof(float));
    apply(&l->output, held, held, n);
    for (uint64_t i = 0; i < n; i++)
        held[i] *= gates[O_GATE * n + i];
    if (l->shows_cells)
        memcpy(m->said + l->n_said, c, n * sizeof(float));
    if (!l->is_projected)
        return;
    memset(m->said, 0, l->n_said * sizeof(float));
    add_product(l, m->said, PROJECTION, 0, l->n_said, held, n);
}

static void gru_step(const layer *l, const moment *m)
{
    const uint64_t n = l->n_cells;
    const float *bias = l->args->p[BIAS];
    float *pre = m->pre, *gates = m->gates, *inner = m->state;
    add_product(l, pre, WEIGHT, 0, 2 * n, m->said_before, n);
    apply(&l->gate, gates, pre, 2 * n);
    if (l->is_reset_after) {
        memcpy(inner, bias, n * sizeof(float));
        add_product(l, inner, WEIGHT, N_GATE * n, n, m->said_before, n);
        for (uint64_t i = 0; i < n; i++)
            pre[N_GATE * n + i] += gates[R_GATE * n + i] * inner[i];
    } else {
        for (uint64_t i = 0; i < n; i++)
            inner[i] = gates[R_GATE * n + i] * before(m->said_before, i);
        add_product(l, pre + N_GATE * n, WEIGHT, N_GATE * n, n, inner, n);
    }
    apply(&l->cell, gates + N_GATE * n, pre + N_GATE * n, n);
    for (uint64_t i = 0; i < n; i++) {
        const float z = gates[Z_GATE * n + i];
        m->said[i] = (1.0f - z) * gates[N_GATE * n + i] + z * before(m->said_before, i);
    }
}

static void rnn_step(const layer *l, const moment *m)
{
    add_product(l, m->pre, WEIGHT, 0, l->n_cells, m->said_before, l->n_cells);
    apply(&l->cell, m->said, m->pre, l->n_cells);
}

static void begin(const layer *l, const sample *s)
{
    const uint64_t n_cells = l->op == DC_OP_LSTM ? l->n_cells : 0;
    memcpy(s->carried + 2 * (l->n_said + l->n_cells), l->args->state + s->n * l->args->state_stride,
           (l->n_said + n_cells) * sizeof(float));
}

static void end(const layer *l, const sample *s)
{
    float *state = l->args->state + s->n * l->args->state_stride;
    memcpy(state, said_before(l, s, s->n_steps), l->n_said * sizeof(float));
    if (l->op == DC_OP_LSTM)
        memcpy(state + l->n_said, cells_before(l, s, s->n_steps), l->n_cells * sizeof(float));
}

static void forward_sample(void *payload, uint64_t n)
{
    const layer l = layer_of(payload);
    const sample s = sample_of(&l, n);
    if (dc_op_goes_on(l.args))
        begin(&l, &s);
    const uint64_t n_x = l.n_gates * l.n_cells;
    for (uint64_t turn = 0; turn < s.n_steps; turn++) {
        const moment m = moment_at(&l, &s, turn);
        memcpy(m.pre, s.x + step_at(&l, &s, turn) * n_x, n_x * sizeof(float));
        if (l.op == DC_OP_LSTM)
            lstm_step(&l, &m);
        else if (l.op == DC_OP_GRU)
            gru_step(&l, &m);
        else
            rnn_step(&l, &m);
    }
    if (dc_op_goes_on(l.args))
        end(&l, &s);
    memset(s.y + s.n_steps * l.n_row, 0, (l.n_steps - s.n_steps) * l.n_row * sizeof(float));
}

/* x (N,T,G cells), weights as the record says; y (N,T,said) overwritten. */
static void forward(const dc_op_args *args)
{
    dc_op_each(args->n, forward_sample, args);
}

/* ---- back through time ----------------------------------------------------------------------- */

/* dh: of what was said, on the way in; on the way out of what was said before. dc likewise. */
static void lstm_back(const layer *l, const moment *m, float *dh, float *dc, float *d_held)
{
    const uint64_t n = l->n_cells;
    const float *peepholes = l->args->p[PEEPHOLE];
    float *pre = m->pre, *gates = m->gates;
    if (l->is_projected) {
        memset(d_held, 0, n * sizeof(float));
        add_turned(d_held, l->args->p[PROJECTION], dh, l->n_said, n);
    } else {
        memcpy(d_held, dh, n * sizeof(float));
    }
    for (uint64_t k = 0; k < n; k++) {
        float *i = &gates[I_GATE * n + k], *f = &gates[F_GATE * n + k];
        float *g = &gates[G_GATE * n + k], *o = &gates[O_GATE * n + k];
        const float cell = before(m->cells_before, k);
        float c = m->state[k], out; /* c is cut to what the curve was given */
        apply(&l->output, &out, &c, 1);
        const float d_o = d_held[k] * out * slope(&l->gate, pre[O_GATE * n + k], *o);
        float d_c = dc[k] + d_held[k] * *o * slope(&l->output, c, out);
        if (peepholes != NULL)
            d_c += peepholes[n + k] * d_o;
        const float d_by_i = l->is_coupled ? d_c * (*g - cell) : d_c * *g;
        const float d_i = d_by_i * slope(&l->gate, pre[I_GATE * n + k], *i);
        const float d_f =
            l->is_coupled ? 0.0f : d_c * cell * slope(&l->gate, pre[F_GATE * n + k], *f);
        const float d_g = d_c * *i * slope(&l->cell, pre[G_GATE * n + k], *g);
        dc[k] = d_c * *f;
        if (peepholes != NULL)
            dc[k] += peepholes[k] * d_i + peepholes[2 * n + k] * d_f;
        *i = d_i, *f = d_f, *g = d_g, *o = d_o;
    }
    memcpy(pre, gates, 4 * n * sizeof(float));
    memset(dh, 0, l->n_said * sizeof(float));
    add_turned(dh, l->args->p[WEIGHT], pre, 4 * n, l->n_said);
}

/* `scratch` (cells): of r h. */
static void gru_back(const layer *l, const moment *m, float *dh, float *scratch)
{
    const uint64_t n = l->n_cells;
    const float *w = l->args->p[WEIGHT];
    float *pre = m->pre, *gates = m->gates;
    for (uint64_t k = 0; k < n; k++) { /* of n's sum */
        const float z = gates[Z_GATE * n + k], value = gates[N_GATE * n + k];
        const float d_n = dh[k] * (1.0f - z) * slope(&l->cell, pre[N_GATE * n + k], value);
        const float d_z = dh[k] * (before(m->said_before, k) - value);
        gates[N_GATE * n + k] = d_n;
        gates[Z_GATE * n + k] = d_z * slope(&l->gate, pre[Z_GATE * n + k], z);
        pre[Z_GATE * n + k] = gates[Z_GATE * n + k];
        pre[N_GATE * n + k] = l->is_reset_after ? d_n * gates[R_GATE * n + k] : d_n;
        dh[k] *= z;
    }
    memset(scratch, 0, n * sizeof(float));
    add_turned(scratch, w + N_GATE * n * n, pre + N_GATE * n, n, n);
    for (uint64_t k = 0; k < n; k++) {
        const float r = gates[R_GATE * n + k], by = before(m->said_before, k);
        const float d_r =
            l->is_reset_after ? gates[N_GATE * n + k] * m->state[k] : scratch[k] * by;
        dh[k] += l->is_reset_after ? scratch[k] : scratch[k] * r;
        gates[R_GATE * n + k] = d_r * slope(&l->gate, pre[R_GATE * n + k], r);
        pre[R_GATE * n + k] = gates[R_GATE * n + k];
    }
    add_turned(dh, w, pre, 2 * n, n);
}

static void rnn_back(const layer *l, const moment *m, float *dh)
{
    const uint64_t n = l->n_cells;
    for (uint64_t k = 0; k < n; k++)
        m->gates[k] = m->pre[k] = dh[k] * slope(&l->cell, m->pre[k], m->said[k]);
    memset(dh, 0, n * sizeof(float));
    add_turned(dh, l->args->p[WEIGHT], m->pre, n, n);
}

static void add_to(float *to, const float *from, uint64_t n)
{
    for (uint64_t i = 0; to != NULL && i < n; i++)
        to[i] += from[i];
}

static void backward_sample(void *payload, uint64_t n)
{
    const dc_op_args *args = payload;
    const layer l = layer_of(args);
    const sample s = sample_of(&l, n);
    const uint64_t n_x = l.n_gates * l.n_cells;
    float *dh = s.carried, *dc = dh + l.n_said, *scratch = dc + l.n_cells;
    memset(dh, 0, (l.n_said + l.n_cells) * sizeof(float));
    for (uint64_t turn = s.n_steps; turn-- > 0;) {
        const moment m = moment_at(&l, &s, turn);
        const uint64_t step = step_at(&l, &s, turn);
        const float *dy = args->dy + (n * l.n_steps + step) * l.n_row;
        add_to(dh, dy, l.n_said);
        if (l.shows_cells)
            add_to(dc, dy + l.n_said, l.n_cells);
        if (l.is_projected)
            memcpy(s.d_said + step * l.n_said, dh, l.n_said * sizeof(float));
        if (l.op == DC_OP_LSTM)
            lstm_back(&l, &m, dh, dc, scratch);
        else if (l.op == DC_OP_GRU)
            gru_back(&l, &m, dh, scratch);
        else
            rnn_back(&l, &m, dh);
        if (args->dx[0] != NULL)
            add_to(args->dx[0] + (n * l.n_steps + step) * n_x, m.gates, n_x);
    }
    if (args->n_inputs > 1 && args->dx[1] != NULL)
        add_to(args->dx[1] + n * l.n_said, dh, l.n_said);
    if (args->n_inputs > 2 && args->dx[2] != NULL)
        add_to(args->dx[2] + n * l.n_cells, dc, l.n_cells);
}

/* Row k of R. */
static void weight_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const layer l = layer_of(args);
    const bool is_reset_first = l.op == DC_OP_GRU && !l.is_reset_after && k / l.n_cells == N_GATE;
    float *dw = args->dp[WEIGHT] + k * l.n_said;
    memset(dw, 0, l.n_said * sizeof *dw);
    for (uint64_t n = 0; n < args->n; n++) {
        const sample s = sample_of(&l, n);
        for (uint64_t turn = 0; turn < s.n_steps; turn++) {
            const moment m = moment_at(&l, &s, turn);
            const float *by = is_reset_first ? m.state : m.said_before;
            if (by != NULL)
                axpy(dw, by, m.pre[k], l.n_said);
        }
    }
}

static void projection_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const layer l = layer_of(args);
    float *dw = args->dp[PROJECTION] + k * l.n_cells;
    memset(dw, 0, l.n_cells * sizeof *dw);
    for (uint64_t n = 0; n < args->n; n++) {
        const sample s = sample_of(&l, n);
        for (uint64_t step = 0; step < s.n_steps; step++)
            axpy(dw, s.held + step * l.n_cells, s.d_said[step * l.n_said + k], l.n_cells);
    }
}

/* Those of cell k. */
static void peepholes_of(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const layer l = layer_of(args);
    const uint64_t n_cells = l.n_cells;
    double sums[3] = { 0 };
    for (uint64_t n = 0; n < args->n; n++) {
        const sample s = sample_of(&l, n);
        for (uint64_t turn = 0; turn < s.n_steps; turn++) {
            const moment m = moment_at(&l, &s, turn);
            const double cell = (double)before(m.cells_before, k);
            sums[0] += (double)m.gates[I_GATE * n_cells + k] * cell;
            sums[1] += (double)m.gates[O_GATE * n_cells + k] * (double)m.state[k];
            sums[2] += (double)m.gates[F_GATE * n_cells + k] * cell;
        }
    }
    for (uint64_t i = 0; i < 3; i++)
        args->dp[PEEPHOLE][i * n_cells + k] = (float)sums[i];
}

static void bias_of(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const layer l = layer_of(args);
    double sum = 0;
    for (uint64_t n = 0; n < args->n; n++) {
        const sample s = sample_of(&l, n);
        for (uint64_t step = 0; step < s.n_steps; step++)
            sum += (double)s.pre[step * 3 * l.n_cells + N_GATE * l.n_cells + k];
    }
    args->dp[BIAS][k] = (float)sum;
}

/* dy (N,T,said, perhaps with cells); dp overwritten, dx accumulated. */
static void backward(const dc_op_args *args)
{
    const layer l = layer_of(args);
    dc_op_each(args->n, backward_sample, args);
    if (args->dp[WEIGHT] != NULL)
        dc_op_each(l.n_gates * l.n_cells, weight_row, args);
    if (l.op == DC_OP_GRU && args->p[BIAS] != NULL && args->dp[BIAS] != NULL)
        dc_op_each(l.n_cells, bias_of, args);
    if (l.op == DC_OP_LSTM && args->p[PEEPHOLE] != NULL && args->dp[PEEPHOLE] != NULL)
        dc_op_each(l.n_cells, peepholes_of, args);
    if (l.is_projected && args->dp[PROJECTION] != NULL)
        dc_op_each(l.n_said, projection_row, args);
}

const dc_op_code dc_op_lstm = { DC_OP_LSTM, cache_bytes, forward, backward };
const dc_op_code dc_op_gru = { DC_OP_GRU, cache_bytes, forward, backward };
const dc_op_code dc_op_rnn = { DC_OP_RNN, cache_bytes, forward, backward };
