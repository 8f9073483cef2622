/* SPDX-License-Identifier: MIT
 *
 * What brings values to a common scale: batch norm, local response norm, norms of parts of a
 * sample (nn/op_spread.c), softmax.
 */
#include "op_rows.h"

#include <math.h>

static dc_status norm_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    DC_TRY(dc_need_channels(inputs[0]));
    for (uint32_t i = 0; i < 4; i++)
        param_shapes[i] = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    return dc_infer_same(node, param_shapes, inputs);
}

static double norm_constant(const dc_model *model, const dc_node *node, uint32_t channel,
                            double value)
{
    double p[4]; /* scale, shift, mean, variance */
    for (uint32_t i = 0; i < DC_COUNT_OF(p); i++)
        p[i] = dc_channel_param(model, node, i, channel);
    return p[0] * (value - p[2]) / sqrt(p[3] + dc_node_number(node, DC_ATTR_EPSILON)) + p[1];
}

static const dc_role norm_params[] = { DC_ROLE_SCALE, DC_ROLE_SHIFT, DC_ROLE_MEAN,
                                       DC_ROLE_VARIANCE };
static const dc_attr_rule norm_attrs[] = { DC_REAL(EPSILON, 19, 1e-5, DC_TINY, DC_LARGE),
                                           DC_REAL(MOMENTUM, 20, 0.1, 0, 1) };

const dc_op_kind dc_op_kind_batch_norm = {
    .op = DC_OP_BATCH_NORM, .name = "batch_norm", DC_ONE_INPUT, DC_PARAMS(norm_params),
    DC_ATTRS(norm_attrs), .infer = norm_infer, .constant = norm_constant,
    .traits = DC_MIXES_SAMPLES
};

static dc_status lrn_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    DC_TRY(dc_need_dims(inputs[0], 3));
    const uint32_t size = dc_node_whole(node, DC_ATTR_SIZE);
    if (size % 2 == 0)
        return dc_fail(DC_EINPUT, "'size' is %u, must be odd", (unsigned)size);
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_attr_rule lrn_attrs[] = { DC_WHOLE(SIZE, 15, 5, 1, DC_MAX_WIDTH),
                                          DC_REAL(ALPHA, 16, 1e-4, 0, DC_LARGE),
                                          DC_REAL(BETA, 17, 0.75, 0, DC_LARGE),
                                          DC_REAL(K, 18, 1, DC_TINY, DC_LARGE) };

const dc_op_kind dc_op_kind_lrn = { .op = DC_OP_LRN, .name = "lrn", DC_ONE_INPUT,
                                    DC_ATTRS(lrn_attrs), .infer = lrn_infer };

static dc_status layer_norm_infer(dc_node *node, dc_shape *param_shapes,
                                  const dc_shape *const *inputs)
{
    uint32_t axis = 0;
    DC_TRY(dc_need_axis(&axis, node, inputs[0]));
    dc_shape part = { .n_dims = inputs[0]->n_dims - axis };
    for (uint32_t i = 0; i < part.n_dims; i++)
        part.dims[i] = inputs[0]->dims[axis + i];
    param_shapes[0] = part;
    if (node->kind->n_params > 1 && dc_node_whole(node, DC_ATTR_BIAS))
        param_shapes[1] = part;
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_role part_params[] = { DC_ROLE_SCALE, DC_ROLE_SHIFT };
static const dc_attr_rule layer_norm_attrs[] = {
    DC_WHOLE(AXIS, 0, 0, 0, DC_MAX_DIMS - 1), DC_REAL(EPSILON, 1, 1e-5, 0, DC_LARGE),
    DC_SWITCH(BIAS, 2, 1)
};

const dc_op_kind dc_op_kind_layer_norm = {
    .op = DC_OP_LAYER_NORM, .name = "layer_norm", DC_ONE_INPUT, DC_PARAMS(part_params),
    DC_ATTRS(layer_norm_attrs), .infer = layer_norm_infer
};

static const dc_role rms_params[] = { DC_ROLE_SCALE };
static const dc_attr_rule rms_norm_attrs[] = { DC_WHOLE(AXIS, 0, 0, 0, DC_MAX_DIMS - 1),
                                               DC_REAL(EPSILON, 1, 1e-5, 0, DC_LARGE) };

const dc_op_kind dc_op_kind_rms_norm = {
    .op = DC_OP_RMS_NORM, .name = "rms_norm", DC_ONE_INPUT, DC_PARAMS(rms_params),
    DC_ATTRS(rms_norm_attrs), .infer = layer_norm_infer
};

static dc_status group_norm_infer(dc_node *node, dc_shape *param_shapes,
                                  const dc_shape *const *inputs)
{
    const uint32_t n_channels = inputs[0]->dims[0];
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    if (n_channels % n_groups != 0)
        return dc_fail(DC_EINPUT, "%u groups do not divide %u channels", (unsigned)n_groups,
                       (unsigned)n_channels);
    param_shapes[0] = param_shapes[1] = dc_shape_of(1, n_channels, 0, 0, 0);
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_attr_rule group_norm_attrs[] = { DC_WHOLE(GROUPS, 0, 1, 1, DC_MAX_WIDTH),
                                                 DC_REAL(EPSILON, 1, 1e-5, 0, DC_LARGE) };

const dc_op_kind dc_op_kind_group_norm = {
    .op = DC_OP_GROUP_NORM, .name = "group_norm", DC_ONE_INPUT, DC_PARAMS(part_params),
    DC_ATTRS(group_norm_attrs), .infer = group_norm_infer
};

static dc_status softmax_infer(dc_node *node, dc_shape *param_shapes,
                               const dc_shape *const *inputs)
{
    uint32_t axis = 0;
    if (inputs[0]->n_dims > 3)
        return dc_fail(DC_EINPUT, "needs an input of 1 to 3 dims, has one of %u",
                       (unsigned)inputs[0]->n_dims);
    DC_TRY(dc_need_axis(&axis, node, inputs[0]));
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_attr_rule softmax_attrs[] = { DC_AXIS_ROW };

const dc_op_kind dc_op_kind_softmax = { .op = DC_OP_SOFTMAX, .name = "softmax", DC_ONE_INPUT,
                                        DC_ATTRS(softmax_attrs), .infer = softmax_infer,
                                        .traits = DC_SOFTMAX | DC_PROBABILITIES };
const dc_op_kind dc_op_kind_log_softmax = { .op = DC_OP_LOG_SOFTMAX, .name = "log_softmax",
                                            DC_ONE_INPUT, DC_ATTRS(softmax_attrs),
                                            .infer = softmax_infer, .traits = DC_SOFTMAX };
