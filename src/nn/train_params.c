/* SPDX-License-Identifier: MIT
 *
 * Parameters in training. A pruned one has tags in stored order, and the optimizer freezes what has
 * tag 0 [DC 2]. A shared one is trained through its centroids theta: d_theta is the sum of dw over
 * each cluster [DC 3.3], theta is an array of the optimizer with a state of its own, and w is
 * expanded from it after every step, so that equal weights stay exactly equal. Weight decay acts on
 * a centroid as on one weight.
 *
 * With assign_share, a shared weight also has a latent value that is trained as if it stood alone,
 * by the gradient at its centroid (the straight-through estimator [Bengio 2013]); after every step
 * it belongs to the centroid nearest to that. Latent values begin where the teacher has the weight,
 * if that is in the weight's own cell: then the teacher is what was shared.
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
    dc_trained *trained = &trainer->trained[index];
    float theta[DC_MAX_CODEBOOK];
    uint16_t *tags = dc_arena_take(scratch, param->n_values, sizeof *tags);
    float *wide = dc_arena_take(scratch, param->n_values, sizeof *wide);
    float *moved = dc_arena_take(scratch, stored->n_stored, sizeof *moved);
    trained->tags = dc_arena_take(&trainer->arena, stored->n_stored, sizeof *trained->tags);
    DC_TRY(scratch->status);
    DC_TRY(trainer->arena.status);
    DC_TRY(dc_param_tags(tags, theta, &trained->n_theta, param));
    for (uint64_t i = 0; i < param->n_values; i++)
        wide[i] = tags[i];
    DC_TRY(trainer->net->executor->load(trainer->net, index, moved, wide));
    for (uint64_t i = 0; i < stored->n_stored; i++)
        trained->tags[i] = (uint16_t)moved[i];
    if (!param->is_shared)
        return DC_OK;
    trained->theta = dc_arena_take(&trainer->arena, DC_MAX_CODEBOOK, sizeof(float));
    trained->d_theta = dc_arena_take(&trainer->arena, DC_MAX_CODEBOOK, sizeof(float));
    DC_TRY(trainer->arena.status);
    memcpy(trained->theta, theta, trained->n_theta * sizeof *theta);
    return DC_OK;
}

/* The teacher's values of this parameter, in stored order, or NULL. */
static dc_status load_origin(float **out, dc_trainer *trainer, uint32_t index, dc_arena *scratch)
{
    const dc_param *mine = &trainer->model->params[index];
    const dc_param *theirs =
        trainer->origin ? dc_model_param(trainer->origin, mine->name) : NULL;
    *out = NULL;
    if (!theirs || !theirs->values || !dc_shape_equal(&mine->shape, &theirs->shape))
        return DC_OK;
    float *moved = dc_arena_take(scratch, trainer->net->params[index].n_stored, sizeof *moved);
    DC_TRY(scratch->status);
    *out = moved;
    return trainer->net->executor->load(trainer->net, index, moved, theirs->values);
}

static dc_status make_latent(dc_trainer *trainer, uint32_t index)
{
    const uint64_t n = trainer->net->params[index].n_stored;
    dc_trained *t = &trainer->trained[index];
    dc_arena scratch = { 0 };
    float *origin = NULL;
    t->latent = dc_arena_take(&trainer->arena, n, sizeof *t->latent);
    uint16_t *cells = dc_arena_take(&scratch, n, sizeof *cells);
    dc_status status = t->latent && cells ? DC_OK : DC_ENOMEM;
    if (status == DC_OK)
        status = load_origin(&origin, trainer, index, &scratch);
    if (status == DC_OK) {
        trainer->hooks->expand(t->latent, t->theta, t->n_theta, t->tags, n);
        memcpy(cells, t->tags, n * sizeof *cells);
        if (origin)
            trainer->hooks->assign(cells, origin, n, t->theta, t->n_theta);
        for (uint64_t i = 0; origin && i < n; i++)
            if (cells[i] == t->tags[i] && cells[i] != 0)
                t->latent[i] = origin[i];
    }
    dc_arena_clear(&scratch);
    return status;
}

/* An array of the optimizer; returns its number. */
static uint32_t add_array(dc_trainer *trainer, dc_optim_array array)
{
    array.first = dc_arena_take(&trainer->arena, array.n, sizeof(float));
    if (trainer->settings.optimizer == DC_OPTIMIZER_ADAM)
        array.second = dc_arena_take(&trainer->arena, array.n, sizeof(float));
    trainer->optim.arrays[trainer->optim.n_arrays] = array;
    return trainer->optim.n_arrays++;
}

static double rate_scale_of(const dc_trainer *trainer, const dc_param *param)
{
    double scale = param->role == DC_ROLE_VALUE ? 0 : 1; /* a constant is one, unless told */
    dc_rules_find(&scale, &trainer->settings.rate_scale, trainer->model->nodes[param->node].name);
    return scale;
}

static dc_status make_array(dc_trainer *trainer, uint32_t index)
{
    const dc_param *param = &trainer->model->params[index];
    const dc_net_param *stored = &trainer->net->params[index];
    const bool is_shared = param->is_shared;
    dc_trained *trained = &trainer->trained[index];
    trained->is_used = true;
    if (param->is_pruned || is_shared) {
        dc_arena scratch = { 0 };
        const dc_status status = load_tags(trainer, index, &scratch);
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    if (is_shared && !trainer->hooks)
        return dc_fail(DC_EINPUT, "\"%s\" is shared, but nothing that trains centroids was given",
                       param->name);
    const dc_optim_array array = {
        .n = is_shared ? DC_MAX_CODEBOOK : stored->n_stored, /* unused centroids stay 0 */
        .w = is_shared ? trained->theta : stored->w,
        .w_bf16 = is_shared ? NULL : stored->w_bf16,
        .dw = is_shared ? trained->d_theta : stored->dw,
        .tags = is_shared ? NULL : trained->tags,
        .decay = param->role == DC_ROLE_WEIGHT ? trainer->settings.weight_decay : 0,
        .rate_scale = rate_scale_of(trainer, param),
    };
    trained->array = add_array(trainer, array);
    if (!is_shared || trainer->settings.assign_share == 0)
        return trainer->arena.status;
    DC_TRY(make_latent(trainer, index));
    trained->latent_array =
        add_array(trainer, (dc_optim_array){
                               .n = stored->n_stored,
                               .w = trained->latent,
                               .dw = stored->dw,
                               .tags = trained->tags,
                               .rate_scale = array.rate_scale * trainer->settings.assign_share,
                           });
    return trainer->arena.status;
}

dc_status dc_trained_make(dc_trainer *trainer)
{
    const uint32_t n_params = trainer->model->n_params;
    trainer->trained = dc_arena_take(&trainer->arena, n_params, sizeof *trainer->trained);
    trainer->optim = (dc_optim){
        .kind = trainer->settings.optimizer,
        .momentum = trainer->settings.momentum,
        .clip_norm = trainer->settings.clip_norm,
        .arrays = dc_arena_take(&trainer->arena, 2 * (uint64_t)n_params, sizeof(dc_optim_array)),
    };
    DC_TRY(trainer->arena.status);
    for (uint32_t i = 0; i < n_params; i++)
        if (is_trainable(trainer->net, i))
            DC_TRY(make_array(trainer, i));
    return dc_optim_prepare(&trainer->optim, &trainer->arena);
}

void dc_trained_step(dc_trainer *trainer, double rate)
{
    dc_net *net = trainer->net;
    const uint32_t n_params = trainer->model->n_params;
    for (uint32_t i = 0; i < n_params; i++) {
        const dc_trained *t = &trainer->trained[i];
        if (t->theta)
            trainer->hooks->reduce(t->d_theta, t->n_theta, net->params[i].dw, t->tags,
                                   net->params[i].n_stored);
    }
    dc_optim_step(&trainer->optim, rate);
    for (uint32_t i = 0; i < n_params; i++) {
        const dc_trained *t = &trainer->trained[i];
        const dc_net_param *p = &net->params[i];
        if (!t->theta)
            continue;
        if (t->latent)
            trainer->hooks->assign(t->tags, t->latent, p->n_stored, t->theta, t->n_theta);
        trainer->hooks->expand(p->w, t->theta, t->n_theta, t->tags, p->n_stored);
        for (uint64_t e = 0; p->w_bf16 && e < p->n_stored; e++)
            p->w_bf16[e] = dc_bf16_from_f32(p->w[e]);
    }
    net->executor->changed(net);
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
