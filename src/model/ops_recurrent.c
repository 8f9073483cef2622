/* SPDX-License-Identifier: MIT
 *
 * Sequences. A value over time is (T, C): T steps of C numbers. What a recurrent layer makes of its
 * inputs alone is a linear layer with "axis" 1 before it; here is what comes back from the step
 * before (nn/op_recurrent.c has the equations). Its weights are recurrent ones, G gates by what a
 * step says.
 */
#include "op_rows.h"

#define N_LSTM_GATES 4u
#define N_GRU_GATES 3u

/* A batch norm, a pool or a recurrent layer has no curve that stands for itself alone. */
static dc_status check_curve(const dc_node *node, dc_attr attr)
{
    const dc_op_kind *kind = dc_op_kind_of(dc_node_whole(node, attr));
    if (kind != NULL && kind->curve != NULL)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'%s' is %u, which is the number of no curve (docs/ops.md)",
                   dc_attr_name(attr), (unsigned)dc_node_whole(node, attr));
}

/* (T, G cells) in, and the number of cells. */
static dc_status need_gates(uint32_t *n_cells, const dc_shape *in, uint32_t n_gates)
{
    DC_TRY(dc_need_dims(in, 2));
    *n_cells = in->dims[1] / n_gates;
    if (in->dims[1] % n_gates == 0)
        return DC_OK;
    return dc_fail(DC_EINPUT, "%u values a step are not those of %u gates", (unsigned)in->dims[1],
                   (unsigned)n_gates);
}

static dc_status need_state(const dc_shape *const *inputs, const dc_node *node, uint32_t which,
                            uint32_t n)
{
    if (which >= node->n_inputs || dc_shape_count(inputs[which]) == n)
        return DC_OK;
    return dc_fail(DC_EINPUT, "its first state has %llu values, must have %u",
                   (unsigned long long)dc_shape_count(inputs[which]), (unsigned)n);
}

static dc_status lstm_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t n_cells = 0;
    const uint32_t n_projected = dc_node_whole(node, DC_ATTR_N_OUTPUTS);
    DC_TRY(need_gates(&n_cells, inputs[0], N_LSTM_GATES));
    DC_TRY(check_curve(node, DC_ATTR_GATE_CURVE));
    DC_TRY(check_curve(node, DC_ATTR_CELL_CURVE));
    DC_TRY(check_curve(node, DC_ATTR_OUTPUT_CURVE));
    const uint32_t n_said = n_projected > 0 ? n_projected : n_cells;
    DC_TRY(need_state(inputs, node, 1, n_said));
    DC_TRY(need_state(inputs, node, 2, n_cells));
    param_shapes[0] = dc_shape_of(2, N_LSTM_GATES * n_cells, n_said, 0, 0);
    if (dc_node_whole(node, DC_ATTR_PEEPHOLES))
        param_shapes[1] = dc_shape_of(2, 3, n_cells, 0, 0);
    if (n_projected > 0)
        param_shapes[2] = dc_shape_of(2, n_projected, n_cells, 0, 0);
    const uint32_t n_shown = dc_node_whole(node, DC_ATTR_CELLS) ? n_cells : 0;
    node->shape = dc_shape_of(2, inputs[0]->dims[0], n_said + n_shown, 0, 0);
    return DC_OK;
}

#define CURVE(name, number, curve) DC_WHOLE(name, number, curve, 0, 255)
#define CURVES(number) CURVE(GATE_CURVE, number, DC_OP_SIGMOID), \
                       CURVE(CELL_CURVE, (number) + 1, DC_OP_TANH)
#define OF_CURVES                                                                              \
    DC_REAL(SLOPE, 7, 0.2, DC_TINY, DC_LARGE), DC_REAL(CLIP, 8, 0, 0, DC_LARGE),               \
        DC_REAL(ALPHA, 9, 0, -DC_LARGE, DC_LARGE)

static const dc_role lstm_params[] = { DC_ROLE_WEIGHT, DC_ROLE_PEEPHOLE, DC_ROLE_PROJECTION };
static const dc_attr_rule lstm_attrs[] = {
    DC_WHOLE(N_OUTPUTS, 0, 0, 0, DC_MAX_WIDTH), DC_SWITCH(REVERSE, 1, 0),
    DC_SWITCH(PEEPHOLES, 2, 0), DC_REAL(FORGET_BIAS, 3, 0, -DC_LARGE, DC_LARGE), CURVES(4),
    CURVE(OUTPUT_CURVE, 6, DC_OP_TANH), OF_CURVES, DC_SWITCH(INPUT_FORGET, 10, 0),
    DC_SWITCH(CELLS, 11, 0)
};

/* Of a layer without initial states of its own, that does not come from the end. */
static bool carries(const dc_node *node)
{
    return node->n_inputs == 1 && dc_node_whole(node, DC_ATTR_REVERSE) == 0;
}

static uint32_t said_carried(const dc_model *model, const dc_node *node)
{
    (void)model;
    return carries(node) ? node->shape.dims[1] : 0;
}

/* What it said, and its cells. */
static uint32_t lstm_carried(const dc_model *model, const dc_node *node)
{
    const uint32_t n_cells = model->nodes[node->inputs[0]].shape.dims[1] / N_LSTM_GATES;
    const bool shows_cells = dc_node_whole(node, DC_ATTR_CELLS) != 0;
    return carries(node) ? node->shape.dims[1] + (shows_cells ? 0 : n_cells) : 0;
}

const dc_op_kind dc_op_kind_lstm = { .op = DC_OP_LSTM, .name = "lstm", .min_inputs = 1,
                                     .max_inputs = 3, DC_PARAMS(lstm_params), DC_ATTRS(lstm_attrs),
                                     .infer = lstm_infer, .n_carried = lstm_carried,
                                     .traits = DC_OVER_STEPS,
                                     .n_gates = N_LSTM_GATES, .n_first_gates = N_LSTM_GATES };

static dc_status gru_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t n_cells = 0;
    DC_TRY(need_gates(&n_cells, inputs[0], N_GRU_GATES));
    DC_TRY(check_curve(node, DC_ATTR_GATE_CURVE));
    DC_TRY(check_curve(node, DC_ATTR_CELL_CURVE));
    DC_TRY(need_state(inputs, node, 1, n_cells));
    param_shapes[0] = dc_shape_of(2, N_GRU_GATES * n_cells, n_cells, 0, 0);
    if (dc_node_whole(node, DC_ATTR_RESET_AFTER))
        param_shapes[1] = dc_shape_of(1, n_cells, 0, 0, 0);
    node->shape = dc_shape_of(2, inputs[0]->dims[0], n_cells, 0, 0);
    return DC_OK;
}

static const dc_role gru_params[] = { DC_ROLE_WEIGHT, DC_ROLE_BIAS };
static const dc_attr_rule gru_attrs[] = { DC_SWITCH(REVERSE, 1, 0), DC_SWITCH(RESET_AFTER, 2, 1),
                                          CURVES(4), OF_CURVES };

const dc_op_kind dc_op_kind_gru = { .op = DC_OP_GRU, .name = "gru", .min_inputs = 1,
                                    .max_inputs = 2, DC_PARAMS(gru_params), DC_ATTRS(gru_attrs),
                                    .infer = gru_infer, .n_carried = said_carried,
                                    .traits = DC_OVER_STEPS,
                                    .n_gates = N_GRU_GATES, .n_first_gates = 2 };

static dc_status rnn_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t n_cells = 0;
    DC_TRY(need_gates(&n_cells, inputs[0], 1));
    DC_TRY(check_curve(node, DC_ATTR_CELL_CURVE));
    DC_TRY(need_state(inputs, node, 1, n_cells));
    param_shapes[0] = dc_shape_of(2, n_cells, n_cells, 0, 0);
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_role rnn_params[] = { DC_ROLE_WEIGHT };
static const dc_attr_rule rnn_attrs[] = { DC_SWITCH(REVERSE, 1, 0),
                                          CURVE(CELL_CURVE, 5, DC_OP_TANH), OF_CURVES };

const dc_op_kind dc_op_kind_rnn = { .op = DC_OP_RNN, .name = "rnn", .min_inputs = 1,
                                    .max_inputs = 2, DC_PARAMS(rnn_params), DC_ATTRS(rnn_attrs),
                                    .infer = rnn_infer, .n_carried = said_carried,
                                    .traits = DC_OVER_STEPS, .n_gates = 1, .n_first_gates = 1 };

/* ---- from symbols to vectors, and from steps to one ------------------------------------------ */

static dc_status embedding_infer(dc_node *node, dc_shape *param_shapes,
                                 const dc_shape *const *inputs)
{
    const uint32_t n_outputs = dc_node_whole(node, DC_ATTR_N_OUTPUTS);
    if (inputs[0]->n_dims == DC_MAX_DIMS)
        return dc_fail(DC_EINPUT, "its input has %u dims, there is no place for one more",
                       DC_MAX_DIMS);
    node->shape = *inputs[0];
    node->shape.dims[node->shape.n_dims++] = n_outputs;
    param_shapes[0] = dc_shape_of(2, dc_node_whole(node, DC_ATTR_N_SYMBOLS), n_outputs, 0, 0);
    return DC_OK;
}

static const dc_attr_rule embedding_attrs[] = { DC_WHOLE(N_OUTPUTS, 0, 0, 1, DC_MAX_WIDTH),
                                                DC_WHOLE(N_SYMBOLS, 1, 256, 1, DC_MAX_WIDTH) };

const dc_op_kind dc_op_kind_embedding = { .op = DC_OP_EMBEDDING, .name = "embedding",
                                          DC_ONE_INPUT, DC_PARAMS(rnn_params),
                                          DC_ATTRS(embedding_attrs), .infer = embedding_infer };

static dc_status one_step_infer(dc_node *node, dc_shape *param_shapes,
                                const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dc_need_dims(inputs[0], 2));
    node->shape = dc_shape_of(1, inputs[0]->dims[1], 0, 0, 0);
    return DC_OK;
}

const dc_op_kind dc_op_kind_last = { .op = DC_OP_LAST, .name = "last", DC_ONE_INPUT,
                                     .infer = one_step_infer,
                                     .traits = DC_OVER_STEPS | DC_SELECTS };
const dc_op_kind dc_op_kind_step_mean = { .op = DC_OP_STEP_MEAN, .name = "step_mean",
                                          DC_ONE_INPUT, .infer = one_step_infer,
                                          .traits = DC_OVER_STEPS };
