/* SPDX-License-Identifier: MIT
 *
 * What all nets share, whatever computes them: the struct and its parameter table, loading a
 * model's values in the backend's order, rounding to bf16.
 */
#include <string.h>

#include "net.h"

dc_status dc_net_init(dc_net **out, uint64_t net_bytes, const dc_executor *executor,
                      const dc_model *model, const dc_net_settings *settings)
{
    dc_arena arena = { 0 };
    if (settings->output == 0)
        return dc_fail(DC_EINPUT, "a network without layers has nothing to compute");
    DC_TRY(dc_model_check_values(model, model->n_file_bytes));
    dc_net *net = dc_arena_take(&arena, 1, net_bytes);
    dc_net_param *params = dc_arena_take(&arena, model->n_params, sizeof *params);
    double *ratios = dc_arena_take(&arena, model->n_nodes, sizeof *ratios);
    if (arena.status < 0) {
        const dc_status status = arena.status;
        dc_arena_clear(&arena);
        return status;
    }
    for (uint32_t i = 0; i < model->n_nodes; i++)
        ratios[i] = dc_node_number(&model->nodes[i], DC_ATTR_RATIO);
    *net = (dc_net){
        .executor = executor,
        .model = model,
        .settings = *settings,
        .arena = arena,
        .n_carried = dc_model_n_carried(model),
        .n_outputs = (uint32_t)dc_shape_count(&model->nodes[settings->output].shape),
        .params = params,
        .ratios = ratios,
    };
    *out = net;
    return DC_OK;
}

void dc_net_dispose(dc_net *net)
{
    if (!net)
        return;
    dc_arena arena = net->arena; /* net itself lies in it */
    dc_arena_clear(&arena);
}

/* A packed parameter is unpacked on the way. */
static dc_status load_values(dc_net *net, uint32_t index, const dc_param *param)
{
    dc_arena arena = { 0 };
    const float *values = param->values;
    if (values == NULL && param->packed == NULL)
        return dc_fail(DC_EINPUT, "'%s' has no values", param->name);
    if (values == NULL) {
        float *unpacked = dc_arena_take(&arena, param->n_values, sizeof *unpacked);
        DC_TRY(arena.status);
        dc_unpack(unpacked, param->packed);
        values = unpacked;
    }
    const dc_status status = net->executor->load(net, index, net->params[index].w, values);
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_net_load(dc_net *net, const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_net_param *param = &net->params[i];
        if (param->n_stored == 0)
            continue;
        DC_TRY(load_values(net, i, &model->params[i]));
        for (uint64_t e = 0; param->w_bf16 && e < param->n_stored; e++)
            param->w_bf16[e] = dc_bf16_from_f32(param->w[e]);
    }
    net->executor->changed(net);
    return DC_OK;
}
