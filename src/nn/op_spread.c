/* SPDX-License-Identifier: MIT
 *
 * Norms of parts of a sample. A part is `size` values in a row: with layer_norm and rms_norm all
 * that lie behind a place of the dims before `axis`, with group_norm the channels of a group.
 *   y = scale * h + shift,   h = (x - mean) / sqrt(mean of (x - mean)^2 + epsilon)
 * by the part's own mean, 0 with rms_norm. The parameters are one a value of the part, or one a
 * channel. With g = dy scale, and means over the part:
 *   dx += (g - mean of g - h mean of g h) / sqrt(...), without the mean of g in rms_norm
 *   d_scale = sum of dy h     d_shift = sum of dy,   over all values that share the parameter
 *
 * Sums run in double, in a fixed order; a task is a part, for the parameters a parameter.
 */
#include "op_tools.h"

#include <math.h>

typedef struct spread {
    const dc_op_args *args;
    uint64_t n_parts, size;  /* of the whole batch; values of one */
    uint64_t n_kinds;        /* of parts, one after the other     */
    uint64_t plane;          /* values that share a parameter     */
    double epsilon;
    bool is_centred, has_shift;
    float *means, *factors;  /* (n_parts): the cache, in training */
} spread;

static spread spread_of(const dc_op_args *args)
{
    const dc_node *node = args->node;
    const uint64_t n_values = dc_shape_count(&node->shape);
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS); /* 0: there are none */
    spread s = { .args = args, .n_kinds = 1, .plane = 1, .size = n_values,
                 .epsilon = dc_node_number(node, DC_ATTR_EPSILON),
                 .is_centred = node->op != DC_OP_RMS_NORM,
                 .has_shift = node->kind->n_params > 1, .means = args->cache };
    for (uint32_t i = 0; n_groups == 0 && i < dc_node_whole(node, DC_ATTR_AXIS); i++)
        s.size /= node->shape.dims[i];
    if (n_groups > 0) {
        s.n_kinds = n_groups;
        s.plane = plane_of(&node->shape);
        s.size /= n_groups;
    }
    s.n_parts = args->n * (n_values / s.size);
    s.factors = s.means != NULL ? s.means + s.n_parts : NULL;
    return s;
}

/* The first of the parameters of part `part`. */
static uint64_t first_param(const spread *s, uint64_t part)
{
    return part % s->n_kinds * (s->size / s->plane);
}

static void measure(float *mean, float *factor, const spread *s, const float *x)
{
    double sum = 0, squares = 0;
    for (uint64_t i = 0; s->is_centred && i < s->size; i++)
        sum += (double)x[i];
    const double centre = sum / (double)s->size;
    for (uint64_t i = 0; i < s->size; i++)
        squares += ((double)x[i] - centre) * ((double)x[i] - centre);
    *mean = (float)centre;
    *factor = (float)(1 / sqrt(squares / (double)s->size + s->epsilon));
}

static void part_up(void *payload, uint64_t part)
{
    const spread *s = payload;
    const float *x = s->args->x[0] + part * s->size;
    const float *scale = s->args->p[0] + first_param(s, part);
    const float *shift = s->has_shift ? s->args->p[1] : NULL;
    float *y = s->args->y + part * s->size, mean, factor;
    measure(&mean, &factor, s, x);
    for (uint64_t i = 0; i < s->size; i++)
        y[i] = (x[i] - mean) * factor * scale[i / s->plane];
    if (shift != NULL)
        for (uint64_t i = 0; i < s->size; i++)
            y[i] += shift[first_param(s, part) + i / s->plane];
    if (s->means != NULL) {
        s->means[part] = mean;
        s->factors[part] = factor;
    }
}

static void part_down(void *payload, uint64_t part)
{
    const spread *s = payload;
    const float *x = s->args->x[0] + part * s->size, *dy = s->args->dy + part * s->size;
    const float *scale = s->args->p[0] + first_param(s, part);
    const double mean = (double)s->means[part], factor = (double)s->factors[part];
    float *dx = s->args->dx[0] + part * s->size;
    double level = 0, along = 0;
    for (uint64_t i = 0; i < s->size; i++) {
        const double g = (double)dy[i] * (double)scale[i / s->plane];
        level += g;
        along += g * ((double)x[i] - mean) * factor;
    }
    level = s->is_centred ? level / (double)s->size : 0;
    along /= (double)s->size;
    for (uint64_t i = 0; i < s->size; i++) {
        const double g = (double)dy[i] * (double)scale[i / s->plane];
        dx[i] += (float)(factor * (g - level - ((double)x[i] - mean) * factor * along));
    }
}

static void params_down(void *payload, uint64_t param)
{
    const spread *s = payload;
    const uint64_t n_own = s->size / s->plane, place = param % n_own * s->plane;
    double d_scale = 0, d_shift = 0;
    for (uint64_t part = param / n_own; part < s->n_parts; part += s->n_kinds) {
        const uint64_t start = part * s->size + place;
        const float *x = s->args->x[0] + start, *dy = s->args->dy + start;
        for (uint64_t i = 0; i < s->plane; i++) {
            d_scale += (double)dy[i] * (double)((x[i] - s->means[part]) * s->factors[part]);
            d_shift += (double)dy[i];
        }
    }
    if (s->args->dp[0] != NULL)
        s->args->dp[0][param] = (float)d_scale;
    if (s->has_shift && s->args->dp[1] != NULL)
        s->args->dp[1][param] = (float)d_shift;
}

static uint64_t spread_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n)
{
    (void)x_shapes;
    const dc_op_args args = { .node = node, .n = n };
    return spread_of(&args).n_parts * 2 * sizeof(float);
}

/* x (N,...), scale, shift (a part's values, or C); y (N,...) overwritten; cache: mean and factor of
 * each part, in training. */
static void spread_forward(const dc_op_args *args)
{
    const spread s = spread_of(args);
    dc_op_each(s.n_parts, part_up, &s);
}

/* dy, x (N,...), scale, cache; dx (N,...) accumulated, d_scale, d_shift overwritten. */
static void spread_backward(const dc_op_args *args)
{
    const spread s = spread_of(args);
    if (args->dx[0] != NULL)
        dc_op_each(s.n_parts, part_down, &s);
    if (args->dp[0] != NULL || (s.has_shift && args->dp[1] != NULL))
        dc_op_each(s.n_kinds * (s.size / s.plane), params_down, &s);
}

#define SPREAD(id, name) \
    const dc_op_code dc_op_##name = { id, spread_cache_bytes, spread_forward, spread_backward }
SPREAD(DC_OP_LAYER_NORM, layer_norm);
SPREAD(DC_OP_GROUP_NORM, group_norm);
SPREAD(DC_OP_RMS_NORM, rms_norm);
