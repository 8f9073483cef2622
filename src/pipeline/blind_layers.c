/* SPDX-License-Identifier: MIT
 *
 * What compression without data does to a copy of the dense network, layer by layer, and how it
 * takes it back. A layer goes to the trellis; its step follows from one price of a bit for all
 * layers (docs/rate.md) and from its slope: how far outputs move for an error of its weights. What
 * no step can do for, because single weights are so much larger than the others, shares 256 values.
 */
#include "blind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUTLIERS 0.02   /* share of what is not zero that energies are measured without */
#define N_SHARED 255u   /* values, and zero */
#define MAX_ITERATIONS 100u

/* ---- study ----------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double blind_inner_energy(double *n_nonzero, float *sizes, const float *values, uint64_t n_values)
{
    const uint64_t n = DC_MIN(n_values, BLIND_SAMPLE);
    const double weight = (double)n_values / (double)n;
    double energy = 0;
    uint64_t n_zero = 0;
    dc_rng rng;
    dc_rng_init(&rng, 1, n_values);
    for (uint64_t i = 0; i < n; i++)
        sizes[i] = fabsf(values[n == n_values ? i : dc_rng_below(&rng, n_values)]);
    qsort(sizes, n, sizeof *sizes, by_size);
    while (n_zero < n && sizes[n_zero] == 0.0f)
        n_zero++;
    const uint64_t n_outer = (uint64_t)ceil(OUTLIERS * (double)(n - n_zero));
    for (uint64_t i = n_zero; i + n_outer < n; i++)
        energy += (double)sizes[i] * (double)sizes[i];
    *n_nonzero = weight * (double)(n - n_zero);
    return energy * weight;
}

/* Who shared a layer, or put it on a grid, may have judged the result by data. */
static bool is_made(const dc_param *param)
{
    float step;
    return param->is_shared || dc_grid_find(&step, param->values, param->n_values);
}

static void study_layer(void *payload, uint64_t index)
{
    blind_layer *layer = (blind_layer *)payload + index;
    const dc_param *dense = layer->dense;
    float sizes[BLIND_SAMPLE];
    layer->energy = blind_inner_energy(&layer->n_nonzero, sizes, dense->values, dense->n_values);
    layer->is_kept = !(layer->energy > 0) || is_made(dense);
}

dc_status blind_layers_study(blind_layer **out, uint32_t *n_out, const dc_model *dense,
                             dc_arena *arena)
{
    uint32_t n = 0;
    blind_layer *layers = dc_arena_take(arena, dense->n_params, sizeof *layers);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < dense->n_params; i++)
        if (dc_role_is_weight(dense->params[i].role))
            layers[n++] = (blind_layer){ .dense = &dense->params[i],
                                         .param = i,
                                         .name = dense->nodes[dense->params[i].node].name };
    dc_pool_each(n, study_layer, layers);
    *out = layers;
    *n_out = n;
    return DC_OK;
}

/* ---- weights --------------------------------------------------------------------------------- */

static void restore(dc_param *param, const dc_param *dense)
{
    memcpy(param->values, dense->values, dense->n_values * sizeof *dense->values);
    param->is_pruned = dense->is_pruned;
    param->is_shared = dense->is_shared;
}

dc_status blind_share(dc_param *param)
{
    float centroids[N_SHARED];
    dc_kmeans_stats stats;
    DC_TRY(dc_kmeans(centroids, N_SHARED, param->values, param->n_values,
                     DC_CENTROIDS_NEAR_OPTIMAL, MAX_ITERATIONS, 1, &stats));
    dc_kmeans_apply(param->values, param->n_values, centroids, stats.n_centroids, true);
    param->is_shared = dc_param_can_share(param);
    return DC_OK;
}

dc_status blind_layer_round(dc_model *trial, blind_layer *layer, double step, double lambda)
{
    dc_param *param = &trial->params[layer->param];
    const dc_geometry g = dc_param_geometry(trial, param);
    const double wanted = DC_TRELLIS_SHARE * step;
    dc_grid grid = { .shape = { g.n_rows, g.n_inputs, g.height, g.width },
                     .is_trellis = true,
                     .lambda = lambda };
    dc_grid_stats stats;
    restore(param, layer->dense);
    grid.step = dc_grid_near(wanted, param->values, param->n_values);
    if (!(grid.step > 0))
        DC_TRY(blind_share(param));
    else
        DC_TRY(dc_grid_round(&stats, param->values, &grid));
    param->is_shared = dc_param_can_share(param);
    layer->error = dc_sum_squared_error(param->values, layer->dense->values, param->n_values);
    return DC_OK;
}

void blind_layer_restore(dc_model *trial, blind_layer *layer)
{
    restore(&trial->params[layer->param], layer->dense);
    layer->error = 0;
}

/* ---- all but weights ------------------------------------------------------------------------- */

void blind_rest_restore(dc_model *trial, const dc_model *dense)
{
    for (uint32_t i = 0; i < trial->n_params; i++)
        if (!dc_role_is_weight(trial->params[i].role))
            restore(&trial->params[i], &dense->params[i]);
}

dc_status blind_rest_halve(dc_model *trial)
{
    for (uint32_t i = 0; i < trial->n_params; i++) {
        dc_param *param = &trial->params[i];
        float step;
        if (!dc_role_is_weight(param->role) && !dc_grid_find(&step, param->values, param->n_values))
            DC_TRY(dc_quantize_small(param, 0));
    }
    return DC_OK;
}

double blind_norm_square(const dc_model *model, const dc_node *norm)
{
    const dc_param *scale = &model->params[norm->params[NORM_SCALE]];
    const dc_param *variance = &model->params[norm->params[NORM_VARIANCE]];
    const double epsilon = dc_node_number(norm, DC_ATTR_EPSILON);
    double sum = 0;
    for (uint64_t i = 0; i < scale->n_values; i++)
        sum += (double)scale->values[i] * (double)scale->values[i] /
               ((double)variance->values[i] + epsilon);
    return sum / (double)scale->n_values;
}
