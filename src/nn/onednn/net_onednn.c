/* SPDX-License-Identifier: MIT
 *
 * The oneDNN backend: compiles a model into two programs (net_onednn.h) and runs them.
 *
 * Compiling walks the live nodes up and lets each append its forward, then walks them down for
 * backward. What oneDNN has nothing for is done by the plain ops in between. An activation whose
 * input is a convolution or linear layer that nobody else reads is fused into it, in prediction a
 * batch norm behind a convolution too. Steps allocate nothing.
 *
 * bf16: activations and the weights that steps compute with are bf16; stored weights, gradients of
 * weights, biases, batch statistics and logits stay float32.
 */
#include <math.h>
#include <string.h>

#include "net_onednn.h"

static bool has(dc_precision precision)
{
    return precision != DC_PRECISION_BF16 ||
           (dc_cpu_flags() & (DC_CPU_AVX512_BF16 | DC_CPU_AMX_BF16)) != 0;
}

/* ---- compile ---- */

/* What the plan says of each value; the library may refuse a norm or a curve later. */
static dc_status make_plan(dc_onednn_net *net)
{
    const dc_model *model = net->base.model;
    const dc_net_settings *settings = &net->base.settings;
    const dc_plan_settings wanted = { .output = settings->output,
                                      .is_training = settings->is_training,
                                      .folds_norms = true,
                                      .can_fuse = dc_onednn_curve_fits,
                                      .payload = net };
    DC_TRY(dc_plan_make(&net->plan, model, &wanted, &net->base.arena));
    for (uint32_t i = 0; i < net->plan.n_nodes; i++) {
        const dc_plan_value *planned = &net->plan.values[i];
        const dc_node *node = &model->nodes[i];
        dc_onednn_value *value = &net->values[i];
        value->root = i;
        value->n_dims = node->shape.n_dims + 1;
        value->dims[0] = settings->batch_size;
        for (uint32_t d = 0; d < node->shape.n_dims; d++)
            value->dims[d + 1] = node->shape.dims[d];
        value->needs_gradient = planned->needs_gradient;
        value->norm = planned->norm;
        if (planned->curve != 0)
            value->curve = dc_onednn_curve_of(net, &model->nodes[planned->curve]);
    }
    return net->base.arena.status;
}

/* Blocks of 16 channels waste work on counts that are no multiples of 16: then channels last is
 * better. The measure is the share of multiplications in float32 that blocks would add; the first
 * layer is left out, and one that works on each channel alone has no inputs to waste. */
static bool prefers_channels_last(const dc_model *model)
{
    double real = 0, blocked = 0;
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        if (node->op != DC_OP_CONV || node->inputs[0] == 0)
            continue;
        const dc_param *weights = &model->params[dc_node_param(node, 0)];
        const bool is_depthwise =
            weights->shape.dims[1] == 1 && dc_node_number(node, DC_ATTR_GROUPS) > 1;
        const double k = weights->shape.dims[0], c = is_depthwise ? 16 : weights->shape.dims[1];
        const double n = (double)weights->n_values * node->shape.dims[1] * node->shape.dims[2];
        real += n;
        blocked += n * (ceil(k / 16) * 16 / k) * (ceil(c / 16) * 16 / c);
    }
    return blocked > 1.1 * real;
}

static dc_status status_of(const dc_onednn_net *net)
{
    return net->dnn.status < 0 ? net->dnn.status : net->base.arena.status;
}

static dc_status build_forward(dc_onednn_net *net)
{
    const dc_model *model = net->base.model;
    dc_onednn_value *input = &net->values[0];
    const bool is_either = net->is_channels_last && input->n_dims == 4 && input->dims[1] == 1;
    net->input =
        dc_dnn_memory_lent(&net->dnn, is_either /* one channel is last as well as first */
                                          ? dc_dnn_channels_last(&net->dnn, input->dims, DC_DNN_F32)
                                          : dc_onednn_value_plain(net, input, DC_DNN_F32));
    input->y = dc_onednn_rounded_input(net, net->input);
    const uint32_t output = net->base.settings.output;
    input->n_pending = net->plan.values[0].n_readers;
    for (uint32_t i = 1; i <= output; i++) {
        if (!net->plan.values[i].is_live)
            continue;
        net->built = i;
        const dc_onednn_builder *builder = dc_onednn_builder_of(model->nodes[i].op);
        if (!dc_onednn_sparse_forward(net, i) && (!builder || !builder->forward(net, i)))
            DC_TRY(dc_onednn_plain_forward(net, i));
        if (status_of(net) < 0)
            return dc_fail_within(status_of(net), model->nodes[i].name);
        if (net->values[i].root == i && net->values[output].root != i)
            dc_onednn_round(net, &net->forward, net->values[i].y);
        dc_onednn_reuse_settle(net, i);
    }
    return DC_OK;
}

/* Logits are shown in row-major: the value itself when it is so, else a copy. The same with their
 * gradient. */
static void bind_output(dc_onednn_net *net)
{
    dc_onednn_value *value = &net->values[net->values[net->base.settings.output].root];
    const dc_dnn_layout *plain = dc_onednn_value_plain(net, value, DC_DNN_F32);
    const bool is_plain =
        value->y && value != &net->values[0] && dc_dnn_same(value->y->layout, plain);
    net->output = is_plain ? value->y : dc_dnn_memory_new(&net->dnn, plain, NULL);
    dc_onednn_add_reorder(net, &net->forward, value->y, net->output);
    net->base.logits = net->output ? net->output->data : NULL;
    if (!net->base.settings.is_training)
        return;
    net->d_output = dc_dnn_memory_new(&net->dnn, plain, NULL);
    net->base.d_logits = net->d_output ? net->d_output->data : NULL;
    if (is_plain) {
        value->dy = net->d_output;
        value->has_gradient = true;
    } else if (value->y) {
        dc_dnn_memory *dy = dc_onednn_gradient_begin(net, value, value->y->layout);
        dc_onednn_add_reorder(net, &net->backward, net->d_output, dy);
        dc_onednn_gradient_end(net, value, dy);
    }
}

static dc_status build_backward(dc_onednn_net *net)
{
    const dc_model *model = net->base.model;
    for (uint32_t i = net->base.settings.output; i > 0; i--) {
        const dc_onednn_value *value = &net->values[i];
        if (!net->plan.values[i].is_live || !value->needs_gradient || value->root != i)
            continue;
        if (net->values[net->base.settings.output].root != i)
            dc_onednn_round(net, &net->backward, value->dy);
        if (value->plain)
            dc_onednn_plain_backward(net, i);
        else
            dc_onednn_builder_of(model->nodes[i].op)->backward(net, i);
        if (status_of(net) < 0)
            return dc_fail_within(status_of(net), model->nodes[i].name);
    }
    return DC_OK;
}

static dc_status compile(dc_onednn_net *net)
{
    dc_arena *arena = &net->base.arena;
    DC_TRY(dc_dnn_open(&net->dnn, arena));
    net->type = net->base.settings.precision == DC_PRECISION_BF16 ? DC_DNN_BF16 : DC_DNN_F32;
    net->is_rounding = net->base.settings.precision == DC_PRECISION_BF16_ROUNDED;
    net->values = dc_arena_take(arena, net->base.model->n_nodes, sizeof *net->values);
    net->params = dc_arena_take(arena, net->base.model->n_params, sizeof *net->params);
    DC_TRY(arena->status);
    net->is_channels_last = net->type == DC_DNN_F32 && prefers_channels_last(net->base.model);
    DC_TRY(make_plan(net));
    DC_TRY(dc_onednn_fold_room(net));
    DC_TRY(dc_onednn_sparse_room(net));
    DC_TRY(build_forward(net));
    bind_output(net);
    if (net->base.settings.is_training)
        DC_TRY(build_backward(net));
    return status_of(net);
}

static void net_free(dc_net *base)
{
    if (base)
        dc_dnn_close(&((dc_onednn_net *)base)->dnn);
    dc_net_dispose(base);
}

static dc_status net_compile(dc_net **out, const dc_model *model, const dc_net_settings *settings)
{
    dc_net *net = NULL;
    DC_TRY(dc_executor_check(&dc_executor_onednn, settings->precision));
    DC_TRY(dc_net_init(&net, sizeof(dc_onednn_net), &dc_executor_onednn, model, settings));
    const dc_status status = compile((dc_onednn_net *)net);
    if (status < 0) {
        net_free(net);
        return status;
    }
    *out = net;
    return DC_OK;
}

/* ---- run ---- */

static dc_status run(dc_onednn_net *net, const dc_onednn_program *program)
{
    for (const dc_onednn_action *action = program->first; action; action = action->next)
        if (net->has_changed || !action->if_changed)
            DC_TRY(action->run(net, action));
    return DC_OK;
}

static dc_status run_timed(dc_onednn_net *net, const dc_onednn_program *program)
{
    double *seconds = net->base.seconds;
    for (const dc_onednn_action *action = program->first; action; action = action->next) {
        const double began = dc_clock_seconds();
        if (net->has_changed || !action->if_changed)
            DC_TRY(action->run(net, action));
        seconds[action->of] += dc_clock_seconds() - began;
    }
    return DC_OK;
}

static dc_status net_forward(dc_net *base, uint64_t step)
{
    dc_onednn_net *net = (dc_onednn_net *)base;
    net->step = step;
    dc_dnn_point(&net->dnn, net->input, (void *)(uintptr_t)base->x);
    dc_dnn_point(&net->dnn, net->input_matrix, (void *)(uintptr_t)base->x);
    DC_TRY(base->seconds != NULL ? run_timed(net, &net->forward) : run(net, &net->forward));
    net->has_changed = false;
    return DC_OK;
}

static dc_status net_backward(dc_net *base)
{
    dc_onednn_net *net = (dc_onednn_net *)base;
    return run(net, &net->backward);
}

static void net_changed(dc_net *base)
{
    ((dc_onednn_net *)base)->has_changed = true;
}

/* ---- parameters ---- */

static dc_status net_load(dc_net *base, uint32_t index, float *stored, const float *values)
{
    dc_onednn_net *net = (dc_onednn_net *)base;
    dc_onednn_param *param = &net->params[index];
    if (!param->load) {
        memcpy(stored, values, base->params[index].n_stored * sizeof *stored);
        return DC_OK;
    }
    dc_dnn_point(&net->dnn, param->outside, (void *)(uintptr_t)values);
    dc_dnn_point(&net->dnn, param->inside, stored);
    return dc_dnn_run(&net->dnn, param->load);
}

static dc_status net_store(dc_net *base, uint32_t index, float *values, const float *stored)
{
    dc_onednn_net *net = (dc_onednn_net *)base;
    dc_onednn_param *param = &net->params[index];
    if (!param->store) {
        memcpy(values, stored, base->params[index].n_stored * sizeof *values);
        return DC_OK;
    }
    dc_dnn_point(&net->dnn, param->outside, values);
    dc_dnn_point(&net->dnn, param->inside, (void *)(uintptr_t)stored);
    return dc_dnn_run(&net->dnn, param->store);
}

const dc_executor dc_executor_onednn = {
    .name = "onednn",
    .text = dc_dnn_text,
    .has = has,
    .compile = net_compile,
    .free = net_free,
    .forward = net_forward,
    .backward = net_backward,
    .changed = net_changed,
    .load = net_load,
    .store = net_store,
    .has_siblings = true,
    .has_sparse = true,
};
