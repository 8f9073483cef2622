/* SPDX-License-Identifier: MIT
 *
 * A run: the caller's sample into the block of work, node by node, and out again.
 */
#include "rt_block.h"

#include <math.h>

static dc_rt_status call_check(const dc_rt *m, const dc_rt_call *call, dc_rt_fault *fault)
{
    const rt_node *nodes = rt_nodes(m);
    const uint32_t n_in = rt_n_sample(m), n_out = nodes[m->n_nodes - 1].n_values;
    if ((call->x == NULL) == (call->pixels == NULL))
        return rt_refuse(fault, DC_RT_EINPUT, "one of x and pixels is wanted", 0, 0);
    const bool has_steps = m->mode.table->more != NULL && nodes[0].n_dims < 3;
    const uint32_t n_of_step = has_steps ? n_in / nodes[0].dims[0] : n_in;
    if (call->n_x == 0 || call->n_x > n_in || call->n_x % n_of_step != 0)
        return rt_refuse(fault, DC_RT_EINPUT, "wrong number of input values, wanted", 0, n_in);
    if (call->y != NULL && call->n_y != n_out)
        return rt_refuse(fault, DC_RT_EINPUT, "wrong number of output values, wanted", 0, n_out);
    if (call->work == NULL || (uintptr_t)call->work % 8 != 0)
        return rt_refuse(fault, DC_RT_EINPUT, "memory is not at a multiple of 8 bytes", 0, 0);
    if (call->work_bytes < m->work_bytes)
        return rt_refuse(fault, DC_RT_EMEMORY, "a run needs memory, bytes", 0, m->work_bytes);
    return DC_RT_OK;
}

/* ---- the input ------------------------------------------------------------------------------- */

typedef struct sample {
    const dc_rt_call *call;
    const dc_rt *m;
    uint32_t first, plane; /* values before those that are put, and of a channel */
} sample;

static float sample_at(const sample *s, uint32_t j)
{
    j += s->first;
    if (j >= s->call->n_x)
        return 0; /* a step that does not count */
    if (s->call->pixels == NULL)
        return s->call->x[j];
    const uint32_t channel = s->m->n_scaled > 1 ? j / s->plane : 0;
    const uint32_t pair = channel < s->m->n_scaled ? channel : s->m->n_scaled - 1;
    return ((float)s->call->pixels[j] - s->m->mean[pair]) * s->m->scale[pair];
}

RT_OWN void rt_input_put(const dc_rt *m, const dc_rt_call *call, uint32_t first)
{
    const rt_node *input = rt_nodes(m);
    void *work = call->work;
    float most = 0;
    sample s;
    s.call = call;
    s.m = m;
    s.first = first;
    s.plane = input->dims[1] * input->dims[2];
    if (!m->is_integer) {
        for (uint32_t j = 0; j < input->n_values; j++)
            rt_floats(work, input)[j] = sample_at(&s, j);
        return;
    }
    for (uint32_t j = 0; j < input->n_values; j++) {
        const float size = fabsf(sample_at(&s, j));
        most = size > most ? size : most;
    }
    const int exponent = rt_top_of(most) - 15;
    for (uint32_t j = 0; j < input->n_values; j++)
        rt_shorts(work, input)[j] = rt_short_of(sample_at(&s, j), exponent);
    rt_exponents(work)[0] = (int16_t)(most > 0 ? exponent : RT_LOWEST);
}

/* ---- all ------------------------------------------------------------------------------------- */

dc_rt_status dc_rt_run(const dc_rt *model, const dc_rt_call *call, dc_rt_fault *fault)
{
    RT_TRY(call_check(model, call, fault));
    rt_input_put(model, call, 0);
    model->mode.table->run(model, call);
    return DC_RT_OK;
}

const int16_t *dc_rt_scores(int *exponent, const dc_rt *model, const void *work)
{
    const uint32_t last = model->n_nodes - 1;
    if (!model->is_integer)
        return NULL;
    *exponent = ((const int16_t *)work)[last];
    return (const int16_t *)(const void *)((const char *)work + rt_nodes(model)[last].at);
}

uint32_t dc_rt_best(const float *values, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}
