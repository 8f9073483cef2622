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
 * Sums run in double, in a fixed order; a task is a part, for the parameters one or LANES of them.
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

/* Inlined for planes of one value, so that they are no loop of their own. */
static inline void up(const spread *s, uint64_t part, uint64_t plane)
{
    const float *x = s->args->x[0] + part * s->size;
    const float *scale = s->args->p[0] + first_param(s, part);
    const float *shift = s->has_shift ? s->args->p[1] + first_param(s, part) : NULL;
    float *y = s->args->y + part * s->size, mean, factor;
    measure(&mean, &factor, s, x);
    for (uint64_t k = 0, i = 0; i < s->size; k++)
        for (const uint64_t end = i + plane; i < end; i++)
            y[i] = (x[i] - mean) * factor * scale[k];
    for (uint64_t k = 0, i = 0; shift != NULL && i < s->size; k++)
        for (const uint64_t end = i + plane; i < end; i++)
            y[i] += shift[k];
    if (s->means != NULL) {
        s->means[part] = mean;
        s->factors[part] = factor;
    }
}

static void part_up(void *payload, uint64_t part)
{
    const spread *s = payload;
    if (s->plane == 1)
        up(s, part, 1);
    else
        up(s, part, s->plane);
}

static inline void down(const spread *s, uint64_t part, uint64_t plane)
{
    const float *x = s->args->x[0] + part * s->size, *dy = s->args->dy + part * s->size;
    const float *scale = s->args->p[0] + first_param(s, part);
    const double mean = (double)s->means[part], factor = (double)s->factors[part];
    float *dx = s->args->dx[0] + part * s->size;
    double level = 0, along = 0;
    for (uint64_t k = 0, i = 0; i < s->size; k++)
        for (const uint64_t end = i + plane; i < end; i++) {
            const double g = (double)dy[i] * (double)scale[k];
            level += g;
            along += g * ((double)x[i] - mean) * factor;
        }
    level = s->is_centred ? level / (double)s->size : 0;
    along /= (double)s->size;
    for (uint64_t k = 0, i = 0; i < s->size; k++)
        for (const uint64_t end = i + plane; i < end; i++) {
            const double g = (double)dy[i] * (double)scale[k];
            dx[i] += (float)(factor * (g - level - ((double)x[i] - mean) * factor * along));
        }
}

static void part_down(void *payload, uint64_t part)
{
    const spread *s = payload;
    if (s->plane == 1)
        down(s, part, 1);
    else
        down(s, part, s->plane);
}

#define LANES 16u /* parameters of one value a part that are gone through together */

static uint64_t lanes_of(const spread *s)
{
    return s->plane == 1 ? LANES : 1;
}

/* How many tasks a part's parameters are. */
static uint64_t n_blocks(const spread *s)
{
    return (s->size / s->plane + lanes_of(s) - 1) / lanes_of(s);
}

/* Sums for `n` parameters, from `first` of kind `kind` on. */
static inline void sum_params(double *d_scale, double *d_shift, const spread *s, uint64_t kind,
                              uint64_t first, uint64_t n, uint64_t plane)
{
    for (uint64_t part = kind; part < s->n_parts; part += s->n_kinds) {
        const uint64_t start = part * s->size + first * plane;
        const float *x = s->args->x[0] + start, *dy = s->args->dy + start;
        const float mean = s->means[part], factor = s->factors[part];
        for (uint64_t k = 0, i = 0; k < n; k++)
            for (const uint64_t end = i + plane; i < end; i++) {
                d_scale[k] += (double)dy[i] * (double)((x[i] - mean) * factor);
                d_shift[k] += (double)dy[i];
            }
    }
}

static void params_down(void *payload, uint64_t index)
{
    const spread *s = payload;
    const uint64_t n_own = s->size / s->plane, kind = index / n_blocks(s);
    const uint64_t first = index % n_blocks(s) * lanes_of(s);
    const uint64_t n = DC_MIN(lanes_of(s), n_own - first);
    double d_scale[LANES] = { 0 }, d_shift[LANES] = { 0 };
    if (s->plane == 1)
        sum_params(d_scale, d_shift, s, kind, first, n, 1);
    else
        sum_params(d_scale, d_shift, s, kind, first, n, s->plane);
    for (uint64_t k = 0; k < n; k++) {
        if (s->args->dp[0] != NULL)
            s->args->dp[0][kind * n_own + first + k] = (float)d_scale[k];
        if (s->has_shift && s->args->dp[1] != NULL)
            s->args->dp[1][kind * n_own + first + k] = (float)d_shift[k];
    }
}

static uint64_t spread_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes,
                                   uint32_t n, bool is_training)
{
    (void)x_shapes;
    const dc_op_args args = { .node = node, .n = n };
    return is_training ? spread_of(&args).n_parts * 2 * sizeof(float) : 0;
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
        dc_op_each(s.n_kinds * n_blocks(&s), params_down, &s);
}

#define SPREAD(id, name) \
    const dc_op_code dc_op_##name = { id, spread_cache_bytes, spread_forward, spread_backward }
SPREAD(DC_OP_LAYER_NORM, layer_norm);
SPREAD(DC_OP_GROUP_NORM, group_norm);
SPREAD(DC_OP_RMS_NORM, rms_norm);
