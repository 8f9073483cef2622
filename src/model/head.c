/* SPDX-License-Identifier: MIT
 *
 * What a network's outputs are, seen from its end: views and what else hands its only input's
 * values on in their order are looked through, dropout too, until a softmax, a sigmoid or any
 * other op stands there. So is what leaves probabilities as they are (relu), or keeps them off 0
 * and 1 by a little, as Keras does before its log (clip). What a log_softmax makes are scores, and
 * those before it do as well.
 */
#include <float.h>
#include <math.h>
#include <stdatomic.h>

#include "dcomp/model.h"

/* Dims of 1 may go anywhere without moving a value. */
static bool keeps_order(const dc_node *node, const dc_shape *input)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < node->shape.n_dims; i++) {
        const uint32_t dim = dc_node_whole(node, DC_ATTR_DIM_0 + i);
        if (dim == 0 || dim > input->n_dims || input->dims[dim - 1] == 1)
            continue;
        if (dim < before)
            return false;
        before = dim;
    }
    return true;
}

/* Whether the node's values are those of its only input, in prediction. */
static bool is_view(const dc_model *model, const dc_node *node)
{
    if (node->n_inputs != 1)
        return false;
    const dc_shape *input = &model->nodes[node->inputs[0]].shape;
    const uint32_t traits = node->kind->traits;
    if (node->op == DC_OP_TRANSPOSE)
        return keeps_order(node, input);
    if ((traits & DC_POOL) != 0)
        return dc_node_whole(node, DC_ATTR_KERNEL_H) == 1 &&
               dc_node_whole(node, DC_ATTR_KERNEL_W) == 1 && dc_shape_equal(&node->shape, input);
    if ((traits & DC_VIEW_OF_ALL) != 0)
        return dc_shape_count(&node->shape) == dc_shape_count(input) &&
               !(dc_node_number(node, DC_ATTR_STEP) < 0);
    return (traits & DC_VIEW) != 0;
}

#define MOST_CLIPPED 0.01 /* of either end of 0 .. 1 */

/* Whether probabilities are still what they were, or nearly. */
static bool keeps_probabilities(const dc_node *node)
{
    const double low = MOST_CLIPPED, high = 1 - MOST_CLIPPED;
    if ((node->kind->traits & DC_KEEPS_POSITIVE) != 0)
        return true;
    return node->kind->curve != NULL && !(node->kind->curve(low, node->attrs) != low) &&
           !(node->kind->curve(high, node->attrs) != high);
}

static bool gives_probabilities(const dc_node *node)
{
    return (node->kind->traits & DC_PROBABILITIES) != 0;
}

/* The node whose values `node` has. */
static uint32_t behind_views(const dc_model *model, uint32_t node)
{
    while (is_view(model, &model->nodes[node]))
        node = model->nodes[node].inputs[0];
    uint32_t end = node;
    while (is_view(model, &model->nodes[end]) || keeps_probabilities(&model->nodes[end]))
        end = model->nodes[end].inputs[0];
    return gives_probabilities(&model->nodes[end]) ? end : node;
}

static bool is_softmax(const dc_node *node)
{
    return (node->kind->traits & DC_SOFTMAX) != 0;
}

/* Whether a softmax is over all outputs of a step; steps come first. */
static bool is_over_all(const dc_node *node, uint32_t n_steps)
{
    const uint32_t axis = (uint32_t)dc_node_whole(node, DC_ATTR_AXIS);
    return (n_steps == 1 || axis > 0) &&
           (uint64_t)node->shape.dims[axis] * n_steps == dc_shape_count(&node->shape);
}

/* A softmax of a softmax is trained as one: through both, gradients are too flat to learn by. */
static uint32_t before_softmax(const dc_model *model, uint32_t node)
{
    uint32_t logits;
    do {
        logits = model->nodes[node].inputs[0];
        node = behind_views(model, logits);
    } while (is_softmax(&model->nodes[node]) && is_over_all(&model->nodes[node], 1));
    return logits;
}

dc_head dc_model_head(const dc_model *model)
{
    const uint32_t last = model->n_nodes - 1, end = behind_views(model, last);
    const dc_node *node = &model->nodes[end];
    const uint32_t n_outputs = (uint32_t)dc_shape_count(&node->shape);
    dc_head head = { .node = end,
                     .logits = last,
                     .n_steps = 1,
                     .n_outputs = n_outputs,
                     .n_classes = n_outputs };
    if (is_softmax(node)) {
        head.kind = node->op == DC_OP_SOFTMAX ? DC_HEAD_SOFTMAX : DC_HEAD_SCORES;
        head.logits = before_softmax(model, end);
    } else if (node->op == DC_OP_SIGMOID) {
        head.kind = DC_HEAD_SIGMOID;
        head.logits = node->inputs[0];
        head.n_classes = n_outputs == 1 ? 2 : n_outputs;
    }
    return head;
}

/* An activation as the last op is rather a mistake. */
static bool bends_scores(const dc_node *node)
{
    return (node->kind->traits & DC_ACTIVATION) != 0;
}

/* The softmax or sigmoid whose probabilities the scores are made of, value by value; NULL: none. */
static const dc_node *probabilities_in(const dc_model *model, uint32_t at)
{
    const dc_node *node = &model->nodes[at];
    while (node->kind->combine != NULL || bends_scores(node)) {
        uint32_t i = 0;
        while (i + 1 < node->n_inputs && model->nodes[node->inputs[i]].op == DC_OP_CONSTANT)
            i++;
        node = &model->nodes[behind_views(model, node->inputs[i])];
    }
    const uint64_t n = dc_shape_count(&model->nodes[at].shape);
    return gives_probabilities(node) && dc_shape_count(&node->shape) == n ? node : NULL;
}

static void warn_of_scores(const dc_head *head, const dc_model *model)
{
    static atomic_flag has_warned = ATOMIC_FLAG_INIT;
    const dc_node *node = &model->nodes[head->node];
    const dc_node *behind = probabilities_in(model, head->node);
    if (head->kind != DC_HEAD_SCORES || (behind == NULL && !bends_scores(node)) ||
        atomic_flag_test_and_set(&has_warned))
        return;
    const char *op = node->kind->name;
    if (behind != NULL)
        dc_warn("the last op is '%s' (%s), behind '%s' (%s): probabilities are taken as scores "
                "before a softmax", node->name, op, behind->name, behind->kind->name);
    else
        dc_warn("the last op is '%s' (%s): its outputs are taken as scores before a softmax",
                node->name, op);
}

/* Of one label a sample, all outputs are classes, even where they look like steps of some. */
static void warn_of_steps(const dc_head *head, const dc_model *model)
{
    static atomic_flag has_warned = ATOMIC_FLAG_INIT;
    const dc_node *node = &model->nodes[head->node];
    const uint32_t n_steps = node->shape.dims[0], n_each = head->n_outputs / n_steps;
    if (head->n_steps > 1 || n_steps == 1 || n_each == 1 || atomic_flag_test_and_set(&has_warned))
        return;
    dc_warn("a sample has one label: the %u x %u outputs of '%s' are %u classes (with labels "
            "(N,%u) they are %u steps of %u)", n_steps, n_each, node->name, head->n_outputs,
            n_steps, n_steps, n_each);
}

/* A softmax over the outputs of a step, where samples have one label. */
static dc_status fail_part(const dc_head *head, const dc_node *node)
{
    const uint32_t n_steps = node->shape.dims[0];
    const char *name = node->name, *op = node->kind->name;
    const uint32_t n_each = node->shape.dims[dc_node_whole(node, DC_ATTR_AXIS)];
    if (head->n_steps == 1 && is_over_all(node, n_steps))
        return dc_fail(DC_EUNSUPPORTED,
                       "'%s' (%s) is over %u of the %u outputs at a time: a sample has no one "
                       "class there (with labels (N,%u) each step has one)", name, op, n_each,
                       head->n_outputs, n_steps);
    return dc_fail(DC_EUNSUPPORTED,
                   "'%s' (%s) is over %u of the %u outputs at a time: a sample has no one class "
                   "there", name, op, n_each, head->n_outputs);
}

dc_status dc_head_check(const dc_head *head, const dc_model *model)
{
    const dc_node *node = &model->nodes[head->node];
    if (is_softmax(node) && !is_over_all(node, head->n_steps))
        return fail_part(head, node);
    if (head->n_classes < 2)
        return dc_fail(DC_EUNSUPPORTED,
                       "'%s' (%s) gives one output: classes need two outputs or more, or a sigmoid "
                       "as the last op", node->name, node->kind->name);
    warn_of_scores(head, model);
    warn_of_steps(head, model);
    return DC_OK;
}

static bool has_steps(const dc_node *node, uint32_t n_steps)
{
    return node->shape.n_dims > 1 && node->shape.dims[0] == n_steps;
}

static dc_status fail_steps(const dc_node *node, uint32_t n_steps)
{
    if (node->shape.n_dims == 1)
        return dc_fail(DC_EINPUT,
                       "samples have %u labels each, but '%s' has no steps: labels must be (N), or "
                       "its outputs (%u, classes)", n_steps, node->name, n_steps);
    return dc_fail(DC_EINPUT,
                   "samples have %u labels each, but '%s' has %u steps: labels must be (N,%u)",
                   n_steps, node->name, node->shape.dims[0], node->shape.dims[0]);
}

dc_status dc_model_head_of(dc_head *out, const dc_model *model, uint32_t n_steps)
{
    dc_head head = dc_model_head(model);
    if (n_steps > 1) {
        const dc_node *node = &model->nodes[head.node];
        if (!has_steps(node, n_steps))
            return fail_steps(node, n_steps);
        if (!has_steps(&model->nodes[head.logits], n_steps))
            return fail_steps(&model->nodes[head.logits], n_steps);
        head.n_steps = n_steps;
        head.n_outputs /= n_steps;
        head.n_classes = head.kind == DC_HEAD_SIGMOID && head.n_outputs == 1 ? 2 : head.n_outputs;
    }
    *out = head;
    return dc_head_check(out, model);
}

const float *dc_head_scores(const dc_head *head, const float *y, float pair[2])
{
    if (head->n_classes == head->n_outputs)
        return y;
    pair[0] = 1 - y[0];
    pair[1] = y[0];
    return pair;
}

/* -log, where a probability of 0 may be as much as `least`, too small for float32. */
static double cost_of(double probability, double least)
{
    return isnan(probability) ? (double)NAN : -log(DC_MAX(probability, least));
}

static double sigmoid_cost(const dc_head *head, const float *y, uint32_t label)
{
    double sum = 0;
    for (uint32_t k = 0; k < head->n_outputs; k++) {
        const bool is_it = head->n_outputs == 1 ? label == 1 : label == k;
        sum += is_it ? cost_of((double)y[k], (double)FLT_MIN)
                     : cost_of(1 - (double)y[k], (double)FLT_EPSILON / 4);
    }
    return sum;
}

double dc_softmax_sum(float *top, const float *y, uint32_t n)
{
    double sum = 0;
    *top = y[0];
    for (uint32_t c = 1; c < n; c++)
        *top = DC_MAX(*top, y[c]);
    for (uint32_t c = 0; c < n; c++)
        sum += exp((double)(y[c] - *top));
    return sum;
}

double dc_head_loss(const dc_head *head, const float *y, uint32_t label)
{
    float top;
    if (head->kind == DC_HEAD_SIGMOID)
        return sigmoid_cost(head, y, label);
    if (head->kind == DC_HEAD_SOFTMAX)
        return cost_of((double)y[label], (double)FLT_MIN);
    const double sum = dc_softmax_sum(&top, y, head->n_outputs);
    return log(sum) - (double)(y[label] - top);
}
