/* SPDX-License-Identifier: MIT
 *
 * Sparse or dense, layer by layer. A sparse product costs what its entries cost, and for
 * convolutions the copies around it; a dense one what its multiplications or, for few samples, its
 * bytes cost. The figures are nanoseconds of one core with AVX-512 (docs/benchmarks.md); on others
 * they are not measured. What is about as fast stays dense.
 */
#include "packing.h"

#include <math.h>

#include "op.h"

#define MOST_STEPPED 4u /* samples of a layer over time: they go one by one */
#define MOST_DENSE 0.7 /* of all: denser weights without few values gain nothing */

typedef struct layer {
    const dc_node *node;
    const dc_param *param;
    bool is_conv, is_stepped, is_behind_relu, may_be_by_columns;
    double n_nonzero, n_weights;
    double n_uses; /* of a weight: samples, vectors or pixels */
} layer;

dc_sparse_window packing_window(const dc_model *model, const dc_node *node)
{
    const uint32_t *in = model->nodes[node->inputs[0]].shape.dims;
    const uint32_t *weights = model->params[dc_node_param(node, 0)].shape.dims;
    return (dc_sparse_window){
        .n_inputs = in[0],
        .in = { in[1], in[2] },
        .out = { node->shape.dims[1], node->shape.dims[2] },
        .kernel = { weights[2], weights[3] },
        .stride = { dc_node_whole(node, DC_ATTR_STRIDE_H), dc_node_whole(node, DC_ATTR_STRIDE_W) },
        .dilation = { dc_node_whole(node, DC_ATTR_DILATION_H),
                      dc_node_whole(node, DC_ATTR_DILATION_W) },
        .pad = { dc_node_whole(node, DC_ATTR_PAD_TOP), dc_node_whole(node, DC_ATTR_PAD_LEFT) },
    };
}

/* ---- which weights have a sparse product ---- */

/* Why an op has none of these weights; NULL: it has one. */
static const char *op_refusal(const dc_model *model, const dc_node *node, const dc_param *param,
                              uint32_t n)
{
    uint32_t which = 0;
    if (node->op == DC_OP_LINEAR)
        return NULL;
    if (node->op == DC_OP_CONV && dc_node_whole(node, DC_ATTR_GROUPS) != 1)
        return "groups";
    if (node->op == DC_OP_CONV) {
        const dc_sparse_window window = packing_window(model, node);
        return dc_sparse_conv_fits(&window) ? NULL : "its window takes too many copies";
    }
    while (&model->params[node->params[which]] != param)
        which++;
    if (!dc_op_takes_sparse(model, node, which))
        return "no sparse product of these weights";
    return n < MOST_STEPPED ? NULL : "over time, and not for a few samples";
}

/* Inputs of which many are 0: of a relu, or of a pool or view of one. */
static bool is_behind_relu(const dc_model *model, const dc_node *node)
{
    const dc_node *from = &model->nodes[node->inputs[0]];
    while (from->op != DC_OP_RELU && from->n_inputs == 1 && from->kind->n_params == 0)
        from = &model->nodes[from->inputs[0]];
    return from->op == DC_OP_RELU;
}

/* By columns, zeros of x are skipped. */
static bool may_be_by_columns(const layer *l)
{
    if (l->is_conv || l->is_stepped || l->n_uses >= 4)
        return false;
    return dc_sparse_expand_pick() != NULL ? dc_sparse_kind(l->param) == DC_SPARSE_NIBBLES
                                           : !dc_kernels_pick()->has_gather;
}

/* Why there is no sparse product of weights; NULL: there is one. */
static const char *layer_of(layer *out, const dc_model *model, const dc_param *param, uint32_t n)
{
    const dc_node *node = &model->nodes[param->node];
    const bool is_conv = node->op == DC_OP_CONV;
    *out = (layer){ .node = node, .param = param, .is_conv = is_conv,
                    .is_stepped = !is_conv && node->op != DC_OP_LINEAR,
                    .n_weights = (double)param->n_values,
                    .n_uses = n * (double)dc_shape_count(&node->shape) / param->shape.dims[0] };
    const char *refusal = op_refusal(model, node, param, n);
    if (refusal != NULL)
        return refusal;
    out->is_behind_relu = is_behind_relu(model, node);
    out->may_be_by_columns = may_be_by_columns(out);
    out->n_nonzero = (double)dc_sparse_count(param);
    const bool gains = out->n_nonzero < MOST_DENSE * out->n_weights || param->is_shared ||
                       param->packed != NULL;
    return gains ? NULL : "70 % or more are not 0, and not shared";
}

/* ---- what it costs ---- */

static double dense_cost(const layer *l)
{
    const double n_products = l->n_weights * l->n_uses;
    if (l->is_conv)
        return n_products / 58;
    const bool is_small = l->n_weights < 3e5; /* it stays in the second cache */
    if (l->is_stepped) /* of a step */
        return (l->n_weights < 1.5e6 ? 0.05 : 0.35) * l->n_weights;
    const double of_weight = is_small ? 0.08 : l->n_uses < 4 || l->n_weights < 4e6 ? 0.35 : 0.8;
    return fmax(n_products / 45, of_weight * l->n_weights);
}

static double conv_cost(const layer *l)
{
    const double n_vectors = ceil(l->n_uses / 16), n_tiles = ceil(l->n_uses / 384);
    const double n_rows = l->param->shape.dims[0], n_inputs = l->param->shape.dims[1];
    const double n_parts = ceil(n_inputs * fmin(l->n_uses, 500) / 8192);
    const double n_copied = l->n_uses * (n_rows + n_inputs);
    return l->n_nonzero * (0.68 * n_vectors + 2 * n_tiles) + 60 * n_rows * n_tiles * n_parts +
           (n_copied > 1e6 ? 1.5 : 0.4) * n_copied;
}

static double columns_cost(const layer *l)
{
    const double n_rows = l->param->shape.dims[0], n_cols = l->n_weights / n_rows;
    const double live = l->is_behind_relu ? 0.45 : 1;
    if (!l->may_be_by_columns)
        return INFINITY;
    return dc_sparse_expand_pick() != NULL
               ? 7 * ceil(n_rows / 64) * n_cols * live * l->n_uses
               : 1.3 * l->n_nonzero * live * l->n_uses;
}

static double rows_cost(const layer *l)
{
    if (l->is_conv)
        return conv_cost(l);
    const double n_rows = l->param->shape.dims[0], n_cols = l->n_weights / n_rows;
    const double n_places = l->n_nonzero * fmax(16 / n_rows, 1); /* of whole slices */
    if (l->is_stepped)
        return 0.4 * n_places;
    if (l->n_uses < 4)
        return 0.4 * n_places * l->n_uses;
    const double n_vectors = ceil(l->n_uses / 16);
    return l->n_nonzero * (1.2 * n_vectors + 1.3) + 0.5 * 16 * n_vectors * (n_rows + n_cols);
}

static double sparse_cost(const layer *l)
{
    return fmin(rows_cost(l), columns_cost(l));
}

/* ---- what is chosen ---- */

static void choose(dc_packing_choice *out, const layer *l, dc_packing packing)
{
    const double margin = dc_pool_jobs() > 1 ? 0.7 : 0.9; /* dense layers share out better */
    const double n_steps = l->is_stepped ? l->node->shape.dims[0] : 1; /* costs are of one */
    const double dense = dense_cost(l), sparse = sparse_cost(l);
    out->dense_seconds = 1e-9 * n_steps * dense;
    out->sparse_seconds = 1e-9 * n_steps * sparse;
    out->is_sparse = packing == DC_PACKING_ALL || sparse < margin * dense;
    out->reason = packing == DC_PACKING_ALL ? "all were asked for"
                  : out->is_sparse          ? "sparse is faster"
                  : sparse < dense          ? "sparse is hardly faster"
                                            : "dense is faster";
}

static dc_packing_choice choice_of(layer *l, const dc_model *model, const dc_param *param,
                                   dc_packing packing, uint32_t n)
{
    dc_packing_choice c = { .dense_seconds = NAN, .sparse_seconds = NAN };
    c.reason = packing == DC_PACKING_NONE ? "the backend has no sparse products"
                                          : layer_of(l, model, param, n);
    if (c.reason == NULL)
        choose(&c, l, packing);
    return c;
}

static dc_status make_one(dc_sparse *out, const layer *l, dc_arena *arena)
{
    const dc_sparse_order order = columns_cost(l) < rows_cost(l) ? DC_SPARSE_BY_COLUMNS
                                                                  : DC_SPARSE_BY_ROWS;
    const dc_status status = dc_sparse_make(out, l->param, order, arena);
    return status == DC_EUNSUPPORTED ? dc_sparse_make(out, l->param, DC_SPARSE_BY_ROWS, arena)
                                     : status;
}

dc_status packing_make(const dc_sparse ***out, dc_packing_choice **choices, const dc_model *model,
                       dc_packing packing, uint32_t n, dc_arena *arena)
{
    *out = dc_arena_take(arena, model->n_params, sizeof **out);
    *choices = dc_arena_take(arena, model->n_params, sizeof **choices);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        layer l = { 0 };
        if (!dc_role_is_weight(model->params[i].role))
            continue;
        (*choices)[i] = choice_of(&l, model, &model->params[i], packing, n);
        if (!(*choices)[i].is_sparse)
            continue;
        dc_sparse *made = dc_arena_take(arena, 1, sizeof *made);
        DC_TRY(arena->status);
        DC_TRY(make_one(made, &l, arena));
        (*out)[i] = made;
    }
    return DC_OK;
}
