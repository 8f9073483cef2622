/* SPDX-License-Identifier: MIT
 *
 * Parameters in training. A pruned one has tags in stored order, and the optimizer freezes what has
 * tag 0 [DC 2]. A shared one is trained through its centroids theta, an array of the optimizer with
 * a state of its own; a hook makes d_theta of dw and w of theta [DC 3.3]. Weight decay acts on a
 * centroid as on one weight. With assign_share, a shared weight also has a latent value that is
 * trained as if it stood alone, by the gradient at its centroid.
 *
 * Dropout is rescaled for pruned layers: ratio x sqrt(connections left / connections) of the layer
 * that feeds it [NIPS15 3.2].
 */
#include <math.h>
#include <string.h>

#include "train.h"

static bool is_trainable(const dc_net *net, uint32_t param)
{
    return net->params[param].n_stored > 0 && net->params[param].dw != NULL;
}

/* Tags of row-major values, as floats, to stored order; padding gets 0. */
static dc_status load_tags(dc_trainer *trainer, uint32_t index, dc_arena *scratch)
{
    const dc_param *param = &trainer->model->params[index];
    const dc_net_param *stored = &trainer->net->params[index];
    dc_trained_param *trained = &trainer->trained.params[index];
    float theta[DC_MAX_CODEBOOK];
    uint16_t *tags = dc_arena_take(scratch, param->n_values, sizeof *tags);
    float *wide = dc_arena_take(scratch, param->n_values, sizeof *wide);
    float *moved = dc_arena_take(scratch, stored->n_stored, sizeof *moved);
    trained->tags = dc_arena_take(&trainer->state, stored->n_stored, sizeof *trained->tags);
    DC_TRY(scratch->status);
    DC_TRY(trainer->state.status);
    DC_TRY(dc_param_tags(tags, theta, &trained->n_theta, param));
    for (uint64_t i = 0; i < param->n_values; i++)
        wide[i] = tags[i];
    DC_TRY(trainer->net->executor->load(trainer->net, index, moved, wide));
    for (uint64_t i = 0; i < stored->n_stored; i++)
        trained->tags[i] = (uint16_t)moved[i];
    if (!param->is_shared)
        return DC_OK;
    trained->theta = dc_arena_take(&trainer->state, DC_MAX_CODEBOOK, sizeof(float));
    trained->d_theta = dc_arena_take(&trainer->state, DC_MAX_CODEBOOK, sizeof(float));
    DC_TRY(trainer->state.status);
    memcpy(trained->theta, theta, trained->n_theta * sizeof *theta);
    return DC_OK;
}

/* An array of the optimizer; returns its number. */
static uint32_t add_array(dc_trainer *trainer, dc_optim_array array)
{
    array.first = dc_arena_take(&trainer->state, array.n, sizeof(float));
    if (trainer->settings.optimizer == DC_OPTIMIZER_ADAM)
        array.second = dc_arena_take(&trainer->state, array.n, sizeof(float));
    trainer->optim.arrays[trainer->optim.n_arrays] = array;
    return trainer->optim.n_arrays++;
}

static double rate_scale_of(const dc_trainer *trainer, const dc_param *param)
{
    double scale = param->role == DC_ROLE_VALUE ? 0 : 1; /* constants are fixed by default */
    dc_rules_find(&scale, &trainer->settings.rate_scale, trainer->model->nodes[param->node].name);
    return scale;
}

static bool trains_shared(const dc_train_hooks *hooks)
{
    bool found = false;
    for (uint32_t i = 0; i < hooks->n; i++)
        found |= hooks->list[i].trains_shared;
    return found;
}

static bool hook_updates(const dc_train_hooks *hooks)
{
    bool found = false;
    for (uint32_t i = 0; i < hooks->n; i++)
        found |= hooks->list[i].updates;
    return found;
}

static bool has_momentum(const dc_train_hooks *hooks)
{
    bool found = false;
    for (uint32_t i = 0; i < hooks->n; i++)
        found |= hooks->list[i].has_momentum;
    return found;
}

static dc_status make_array(dc_trainer *trainer, uint32_t index)
{
    const dc_param *param = &trainer->model->params[index];
    const dc_net_param *stored = &trainer->net->params[index];
    const bool is_shared = param->is_shared;
    dc_train_place *place = &trainer->places[index];
    dc_trained_param *trained = &trainer->trained.params[index];
    *trained = (dc_trained_param){ .n = stored->n_stored, .w = stored->w, .dw = stored->dw };
    if (param->is_pruned || is_shared) {
        dc_arena scratch = { 0 };
        const dc_status status = load_tags(trainer, index, &scratch);
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    if (is_shared && !trains_shared(&trainer->hooks))
        return dc_fail(DC_EINPUT, "'%s' is shared, but nothing that trains centroids was given",
                       param->name);
    const bool is_left = !is_shared && hook_updates(&trainer->hooks);
    const double decay = dc_role_is_weight(param->role) ? trainer->settings.weight_decay : 0;
    const dc_optim_array array = {
        .n = is_left     ? 0
             : is_shared ? DC_MAX_CODEBOOK /* unused centroids stay 0 */
                         : stored->n_stored,
        .w = is_shared ? trained->theta : stored->w,
        .w_bf16 = is_shared ? NULL : stored->w_bf16,
        .dw = is_shared ? trained->d_theta : stored->dw,
        .tags = is_shared ? NULL : trained->tags,
        .decay = has_momentum(&trainer->hooks) ? 0 : decay,
        .rate_scale = rate_scale_of(trainer, param),
    };
    trained->rate_scale = array.rate_scale;
    trained->decay = decay;
    place->array = add_array(trainer, array);
    trained->second = is_left ? NULL : trainer->optim.arrays[place->array].second;
    if (!is_shared || trainer->settings.assign_share == 0)
        return trainer->state.status;
    trained->latent = dc_arena_take(&trainer->state, stored->n_stored, sizeof(float));
    place->latent_array =
        add_array(trainer, (dc_optim_array){
                               .n = stored->n_stored,
                               .w = trained->latent,
                               .dw = stored->dw,
                               .tags = trained->tags,
                               .rate_scale = array.rate_scale * trainer->settings.assign_share,
                           });
    return trainer->state.status;
}

static dc_status load(const dc_trained *trained, uint32_t param, float *stored,
                      const float *values)
{
    dc_net *net = trained->net;
    return net->executor->load(net, param, stored, values);
}

static dc_status store(const dc_trained *trained, uint32_t param, float *values,
                       const float *stored)
{
    dc_net *net = trained->net;
    return net->executor->store(net, param, values, stored);
}

static dc_train_rule rule_of(const dc_train_settings *settings)
{
    return (dc_train_rule){ .is_adam = settings->optimizer == DC_OPTIMIZER_ADAM,
                            .is_nesterov = settings->optimizer == DC_OPTIMIZER_NESTEROV,
                            .momentum = settings->momentum,
                            .clip_norm = settings->clip_norm };
}

dc_status dc_trained_make(dc_trainer *trainer)
{
    const uint32_t n_params = trainer->model->n_params;
    const bool is_hooks = has_momentum(&trainer->hooks);
    dc_trained *trained = &trainer->trained;
    dc_arena_clear(&trainer->state);
    *trained = (dc_trained){
        .model = trainer->model,
        .teacher = trainer->teacher_model,
        .rule = rule_of(&trainer->settings),
        .n_params = n_params,
        .params = dc_arena_take(&trainer->state, n_params, sizeof *trained->params),
        .arena = &trainer->state,
        .net = trainer->net,
        .load = load,
        .store = store,
    };
    trainer->places = dc_arena_take(&trainer->state, n_params, sizeof *trainer->places);
    trainer->optim = (dc_optim){
        .kind = trainer->settings.optimizer,
        .momentum = is_hooks ? 0 : trainer->settings.momentum,
        .clip_norm = is_hooks ? 0 : trainer->settings.clip_norm,
        .arrays = dc_arena_take(&trainer->state, 2 * (uint64_t)n_params, sizeof(dc_optim_array)),
    };
    DC_TRY(trainer->state.status);
    for (uint32_t i = 0; i < n_params; i++)
        if (is_trainable(trainer->net, i))
            DC_TRY(make_array(trainer, i));
    DC_TRY(dc_optim_prepare(&trainer->optim, &trainer->state));
    for (uint32_t i = 0; i < trainer->hooks.n; i++) {
        const dc_train_hook *hook = &trainer->hooks.list[i];
        if (hook->begin)
            DC_TRY(hook->begin(hook->payload, trained));
    }
    return trainer->state.status;
}

/* ---- hooks ---- */

dc_status dc_trained_after_backward(dc_trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->hooks.n; i++) {
        const dc_train_hook *hook = &trainer->hooks.list[i];
        if (hook->after_backward)
            DC_TRY(hook->after_backward(hook->payload, &trainer->trained));
    }
    return DC_OK;
}

/* Rounded copies of weights follow those that a hook has changed. */
static void round_changed(dc_trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->trained.n_params; i++) {
        const dc_net_param *stored = &trainer->net->params[i];
        bool *is_changed = &trainer->trained.params[i].is_changed;
        for (uint64_t e = 0; *is_changed && stored->w_bf16 && e < stored->n_stored; e++)
            stored->w_bf16[e] = dc_bf16_from_f32(stored->w[e]);
        *is_changed = false;
    }
}

dc_status dc_trained_after_update(dc_trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->hooks.n; i++) {
        const dc_train_hook *hook = &trainer->hooks.list[i];
        if (hook->after_update)
            DC_TRY(hook->after_update(hook->payload, &trainer->trained));
    }
    round_changed(trainer);
    return DC_OK;
}

dc_status dc_trained_after_epoch(dc_trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->hooks.n; i++) {
        const dc_train_hook *hook = &trainer->hooks.list[i];
        if (hook->after_epoch)
            DC_TRY(hook->after_epoch(hook->payload, &trainer->trained));
    }
    round_changed(trainer);
    trainer->net->executor->changed(trainer->net);
    return DC_OK;
}

const float *dc_trained_given(const dc_trainer *trainer, uint32_t param)
{
    const float *given = NULL;
    for (uint32_t i = 0; i < trainer->hooks.n; i++) {
        const dc_train_hook *hook = &trainer->hooks.list[i];
        if (hook->gives && trainer->trained.params[param].n > 0)
            given = hook->gives(hook->payload, &trainer->trained, param);
    }
    return given ? given : trainer->net->params[param].w;
}

/* The layer whose outputs reach `node` through ops that keep units apart; DC_NONE: there is none.
 */
static uint32_t feeding_layer(const dc_model *model, uint32_t node)
{
    while (node != 0 && model->nodes[node].n_inputs == 1) {
        node = model->nodes[node].inputs[0];
        if ((model->nodes[node].kind->traits & DC_MATRIX) != 0)
            return node;
    }
    return DC_NONE;
}

void dc_train_dropout(double *ratios, const dc_model *model, double share)
{
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        if (model->nodes[i].op != DC_OP_DROPOUT)
            continue;
        ratios[i] = share * dc_node_number(&model->nodes[i], DC_ATTR_RATIO);
        const uint32_t layer = feeding_layer(model, i);
        if (layer == DC_NONE)
            continue;
        const dc_param *weights = &model->params[dc_node_param(&model->nodes[layer], 0)];
        if (weights->is_pruned && weights->n_values > 0)
            ratios[i] *= sqrt((double)dc_param_n_nonzero(weights) / (double)weights->n_values);
    }
}
