/* SPDX-License-Identifier: MIT
 *
 * Inside interop: one of our nodes on its way to ONNX, and what the files that write them share.
 */
#ifndef DCOMP_INTEROP_ONNX_EMISSION_H
#define DCOMP_INTEROP_ONNX_EMISSION_H

#include "onnx/onnx_twins.h"
#include "onnx_emit.h"

typedef struct emission {
    onnx_emitter *e;
    uint32_t index;
    const dc_node *node;
    const char *out; /* name of the result      */
    const char *in;  /* of the first input, "" if there is none */
    uint32_t n_sides; /* of a window: 1 of a sequence, else 2 */
} emission;

/* What an op's result has to do with the dims of its inputs. */
typedef enum onnx_dims_use {
    ONNX_OF_DIMS,   /* it wants the node's own                                          */
    ONNX_OF_VALUES, /* it takes the values in any dims                                  */
    ONNX_OF_EACH,   /* it treats all places of a channel alike, in the dims that come   */
    ONNX_OF_WINDOWS /* so it does with windows                                          */
} onnx_dims_use;

/* onnx_emit_ops.c */
onnx_dims_use onnx_uses_dims(const dc_node *node);
/* Input `i` in the form that the op wants; the first call may put a Reshape. */
const char *onnx_operand(const emission *m, uint32_t i);

static inline int64_t whole(const emission *m, dc_attr attr)
{
    return (int64_t)dc_node_number(m->node, attr);
}

static inline const dc_shape *input_shape(const emission *m, uint32_t i)
{
    return &m->e->model->nodes[m->node->inputs[i]].shape;
}

static inline const char *helper(const emission *m, const char *suffix)
{
    return onnx_helper(m->e, m->index, suffix);
}

static inline void param_input(const emission *m, uint32_t i)
{
    const uint32_t param = dc_node_param(m->node, i);
    if (param != DC_NONE)
        onnx_input(m->e, onnx_param_name(m->e, &m->e->model->params[param]));
}

/* onnx_emit_vectors.c; the first writes linear layers of several vectors a sample */
typedef void onnx_emit(const emission *m);
onnx_emit onnx_emit_vectors, onnx_emit_softmax, onnx_emit_log_softmax, onnx_emit_gelu;
/* onnx_emit_norm.c */
onnx_emit onnx_emit_batch_norm, onnx_emit_layer_norm, onnx_emit_group_norm, onnx_emit_rms_norm;
/* onnx_emit_reduce.c */
onnx_emit onnx_emit_reduce_max, onnx_emit_reduce_min, onnx_emit_reduce_sum, onnx_emit_reduce_mean,
    onnx_emit_reduce_prod, onnx_emit_arg_max, onnx_emit_arg_min;
/* onnx_emit_recurrent.c */
onnx_emit onnx_emit_lstm, onnx_emit_gru, onnx_emit_rnn, onnx_emit_embedding, onnx_emit_last,
    onnx_emit_step_mean;
/* Why ONNX cannot say what this node does, as of some layers over time; NULL: it can. */
const char *onnx_no_form(const dc_model *model, uint32_t index, dc_arena *arena);
/* What reads an LSTM's last cells, or what it says beside them: whether it has been written. */
bool onnx_emit_of_cells(const emission *m);
/* onnx_emit_ops.c: gives a node's value a batch if it has none. */
void onnx_give_batch(onnx_emitter *e, uint32_t index);
/* Whether node `index` is a linear layer whose weights a layer over time takes as its own. */
bool onnx_is_within(const dc_model *model, uint32_t index);
/* onnx_emit_resize.c */
onnx_emit onnx_emit_resize;
/* onnx_emit_twin.c */
void onnx_emit_twin(const emission *m, const onnx_twin *twin);

#endif
