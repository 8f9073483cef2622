/* SPDX-License-Identifier: MIT
 *
 * What each layer bears: it alone goes to a coarse grid, and the change of the outputs over the
 * error of its weights is its slope.
 */
#include "blind.h"
#include "run_internal.h"

#include <math.h>

#define PROBE_SHARE 0.25 /* of a layer's root mean square, the step that it is measured with */
#define MAX_PROBES 8     /* steps, each twice as large, until one changes anything */
#define MAX_PROBE_PRODUCTS 1e12 /* of all layers that are measured alone */
#define REST_STEP 0.5   /* small parameters are few: a bit more */
#define UNKNOWN_GAIN 4.0  /* change of the outputs, where 1 is the layer's error over its energy and
                             nothing can be measured                                            */

/* Changes the layer alone, as coarsely as is needed to change it at all. */
static dc_status probe(double *gain, const blind_study *b, blind_layer *layer)
{
    double change = 0, step = PROBE_SHARE * sqrt(layer->energy / layer->n_nonzero);
    for (int i = 0; i < MAX_PROBES && !(layer->error > 0); i++, step *= 2)
        DC_TRY(blind_layer_round(b->trial, layer, step, 0));
    if (layer->error > 0)
        DC_TRY(blind_net_change(&change, b->net, b->trial, true));
    *gain = change / layer->error * layer->energy;
    *gain = isnan(*gain) ? UNKNOWN_GAIN : fmax(*gain, BLIND_LEAST_GAIN);
    blind_layer_restore(b->trial, layer);
    blind_rest_restore(b->trial, b->dense);
    return DC_OK;
}

/* How often a layer is measured: all of them, but every second or third of a network that is very
 * large for its number of layers. */
static uint32_t probe_stride(const blind_study *b)
{
    const double n = b->net->n_products * b->net->n_samples * b->n_layers / 2;
    return 1 + (uint32_t)(n / MAX_PROBE_PRODUCTS);
}

dc_status blind_slopes_find(const blind_study *b, bool is_kept)
{
    const uint32_t stride = probe_stride(b);
    double gain = UNKNOWN_GAIN; /* of the layer that was measured last */
    for (uint32_t i = 0; i < b->n_layers; i++)
        blind_layer_restore(b->trial, &b->layers[i]);
    blind_rest_restore(b->trial, b->dense);
    for (uint32_t i = 0; i < b->n_layers; i++) {
        blind_layer *layer = &b->layers[i];
        if (layer->is_kept != is_kept || !(layer->energy > 0))
            continue;
        const unsigned mark = dc_work_enter(1, "layer %u/%u", i + 1, b->n_layers);
        if (i % stride == 0)
            DC_TRY(probe(&gain, b, layer));
        layer->slope = gain / layer->energy;
        dc_work_leave(mark);
    }
    return DC_OK;
}

/* An error of a weight makes one of the layer's outputs, so many times the input's size, and small
 * parameters make such errors themselves; peepholes multiply cells, of which is known that what is
 * said is made of them: they are as weights. Of a node's matrices the first counts. */
static void rest_steps(double *steps, const blind_study *b, const blind_layer *layer,
                       double lambda)
{
    const uint32_t at = layer->dense->node, second = dc_node_param(&b->trial->nodes[at], 1);
    const uint32_t norm = b->net->norms != NULL ? b->net->norms[at] : DC_NONE;
    const double square = blind_net_input_square(b->net, at);
    const double step = REST_STEP * sqrt(lambda * square / (layer->slope * DC_GRID_SLOPE));
    if (layer->param != dc_node_param(&b->trial->nodes[at], 0))
        return;
    if (second != DC_NONE)
        steps[second] = b->trial->params[second].role == DC_ROLE_PEEPHOLE ? step / sqrt(square)
                                                                           : step;
    if (norm == DC_NONE)
        return;
    const dc_node *node = &b->trial->nodes[norm];
    steps[node->params[NORM_MEAN]] = step;
    steps[node->params[NORM_SHIFT]] = steps[node->params[NORM_SCALE]] =
        step * sqrt(blind_norm_square(b->trial, node));
}

void blind_study_steps(double *steps, const blind_study *b, double lambda, bool has_kept)
{
    for (uint32_t i = 0; i < b->trial->n_params; i++)
        steps[i] = 0;
    for (uint32_t i = 0; i < b->n_layers && lambda > 0; i++) {
        const blind_layer *layer = &b->layers[i];
        if (!(layer->energy > 0) || (layer->is_kept && !has_kept))
            continue;
        steps[layer->param] = sqrt(lambda / (layer->slope * DC_GRID_SLOPE));
        rest_steps(steps, b, layer, lambda);
    }
}
