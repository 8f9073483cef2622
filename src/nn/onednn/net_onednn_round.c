/* SPDX-License-Identifier: MIT
 *
 * bf16 by rounding in float32: activations, their gradients and the weights that steps compute with
 * have 8 significant bits, as they have in a net of bf16, and all else is as there. A processor
 * without bf16 shows so what training in it would give; it costs time and saves none.
 */
#include "dcomp/kernels.h"
#include "net_onednn.h"

#define CHUNK 65536u /* elements that one task rounds */

typedef struct span {
    const float *from;
    float *to;
    uint64_t n;
} span;

static void round_chunk(void *payload, uint64_t index)
{
    const span *s = payload;
    const uint64_t end = DC_MIN((index + 1) * CHUNK, s->n);
    for (uint64_t i = index * CHUNK; i < end; i++) {
        const uint32_t bits = (uint32_t)dc_bf16_from_f32(s->from[i]) << 16;
        memcpy(&s->to[i], &bits, sizeof bits);
    }
}

static dc_status run_round(dc_onednn_net *net, const dc_onednn_action *action)
{
    const bool is_input = action->from == NULL;
    span s = { .from = is_input ? net->base.x : action->from->data,
               .to = action->to->data,
               .n = dc_dnn_layout_bytes(action->to->layout) / sizeof(float) };
    dc_pool_each((s.n + CHUNK - 1) / CHUNK, round_chunk, &s);
    return DC_OK;
}

void dc_onednn_round(dc_onednn_net *net, dc_onednn_program *program, dc_dnn_memory *memory)
{
    if (net->is_rounding && memory)
        dc_onednn_add(net, program,
                      (dc_onednn_action){ .run = run_round, .to = memory, .from = memory });
}

dc_dnn_memory *dc_onednn_rounded_weights(dc_onednn_net *net, dc_dnn_memory *stored)
{
    if (!net->is_rounding || !stored)
        return stored;
    dc_dnn_memory *rounded = dc_dnn_memory_new(&net->dnn, stored->layout, NULL);
    if (rounded)
        dc_onednn_add(net, &net->forward,
                      (dc_onednn_action){ .run = run_round, .if_changed = true, .to = rounded,
                                          .from = stored });
    return rounded;
}

dc_dnn_memory *dc_onednn_rounded_input(dc_onednn_net *net, dc_dnn_memory *lent)
{
    if (!net->is_rounding || !lent)
        return lent;
    dc_dnn_memory *rounded = dc_dnn_memory_new(&net->dnn, lent->layout, NULL);
    if (rounded)
        dc_onednn_add(net, &net->forward, (dc_onednn_action){ .run = run_round, .to = rounded });
    return rounded;
}
