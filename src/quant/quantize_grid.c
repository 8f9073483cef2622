/* SPDX-License-Identifier: MIT
 *
 * A model's weights to grids (docs/rate.md). A layer's step is 8 times the root mean square of its
 * weights that are not zero over 2^bits, which makes about the error that k-means with as many bits
 * does; lambda is in squares of that step. With squares of gradients given, layers share one price
 * in what the loss would notice: steps are in proportion to 1 / sqrt(mean square), and `bits` is
 * what they have on the mean, weight by weight.
 *
 * The trellis has the step that makes the same error, so that the bits are what it saves.
 */
#include "grid_choice.h"
#include "kmeans.h"

#include <math.h>

#define SMALL_BITS 10 /* of biases: below what anybody notices */
#define MIDDLE_HALF 1.35 /* of normal numbers, in root mean squares */
#define SPAN 8.0 /* of weights that are not zero, in root mean squares, over which bits count */

typedef struct layer {
    dc_param *param;
    double bits;
    double step; /* of a plain grid; 0: nothing to do */
    dc_grid_stats stats;
} layer;

typedef struct layers {
    const dc_model *model;
    const dc_quantize_settings *settings;
    layer *list;
    uint32_t n;
} layers;

/* Of values that are not zero; 0: all are. */
static double root_mean_square(const float *values, uint64_t n)
{
    double sum = 0, n_nonzero = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += (double)values[i] * (double)values[i];
        n_nonzero += values[i] != 0.0f;
    }
    return n_nonzero > 0 ? sqrt(sum / n_nonzero) : 0;
}

/* Squares of gradients of a parameter, on the mean; 1 without them. */
static double importance_of(const layers *all, const dc_param *param)
{
    const float *const *squares = all->settings->squares;
    if (squares == NULL)
        return 1;
    const float *values = squares[param - all->model->params];
    double sum = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        sum += (double)values[i];
    return sum / (double)param->n_values;
}

/* Each layer's step by its own bits. */
static void find_steps(layers *all)
{
    for (uint32_t i = 0; i < all->n; i++) {
        layer *l = &all->list[i];
        l->step = SPAN * root_mean_square(l->param->values, l->param->n_values) / exp2(l->bits);
    }
}

/* The same bits on the mean, but steps in proportion to 1 / sqrt(importance). A layer that seems to
 * have no influence at all keeps its own. */
static void share_out(layers *all)
{
    double sum = 0, n_all = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        const layer *l = &all->list[i];
        const double importance = importance_of(all, l->param);
        if (!(l->step > 0 && importance > 0))
            continue;
        const double n = (double)dc_param_n_nonzero(l->param);
        sum += n * log2(l->step * sqrt(importance));
        n_all += n;
    }
    for (uint32_t i = 0; i < all->n; i++) {
        layer *l = &all->list[i];
        const double importance = importance_of(all, l->param);
        if (l->step > 0 && importance > 0)
            l->step = exp2(sum / n_all) / sqrt(importance);
    }
}

static dc_status round_layer(void *payload, uint64_t index)
{
    const layers *all = payload;
    layer *l = &all->list[index];
    const dc_geometry g = dc_param_geometry(all->model, l->param);
    const bool is_trellis = all->settings->method == DC_QUANTIZE_TRELLIS;
    if (!(l->step > 0))
        return DC_OK;
    const float step = dc_grid_near(is_trellis ? DC_TRELLIS_SHARE * l->step : l->step,
                                    l->param->values, l->param->n_values);
    if (!(step > 0))
        return dc_fail(DC_EINPUT, "%s: no step fits %g bits: single weights are too large for it "
                                  "(--method kmeans shares them)",
                       all->model->nodes[l->param->node].name, l->bits);
    const dc_grid grid = { .shape = { g.n_rows, g.n_inputs, g.height, g.width },
                           .step = step,
                           .is_trellis = is_trellis,
                           .lambda = all->settings->lambda * l->step * l->step };
    DC_TRY(dc_fail_within(dc_grid_round(&l->stats, l->param->values, &grid),
                          all->model->nodes[l->param->node].name));
    l->param->is_shared = dc_param_can_share(l->param);
    return DC_OK;
}

static dc_status round_layers(dc_quantize_stats *stats, layers *all)
{
    find_steps(all);
    if (all->settings->squares != NULL)
        share_out(all);
    DC_TRY(dc_pool_run(all->n, round_layer, all));
    for (uint32_t i = 0; i < all->n; i++)
        stats->wcss += all->list[i].stats.error;
    stats->n_layers += all->n;
    return DC_OK;
}

dc_status dc_grids_round(dc_quantize_stats *stats, dc_model *model,
                              const dc_quantize_settings *settings)
{
    dc_arena arena = { 0 };
    layers all = { .model = model, .settings = settings };
    all.list = dc_arena_take(&arena, model->n_params, sizeof *all.list);
    for (uint32_t i = 0; arena.status == DC_OK && i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        layer *l = &all.list[all.n];
        if (dc_role_is_weight(param->role) &&
            dc_quantize_covers(&l->bits, model, &model->nodes[param->node], settings)) {
            l->param = param;
            all.n++;
        }
    }
    const dc_status status = arena.status < 0 ? arena.status : round_layers(stats, &all);
    dc_arena_clear(&arena);
    return status;
}

/* ---- small parameters ------------------------------------------------------------------------ */

/* Of what divides, single values may count most; of what is just there, nobody knows. */
static bool is_linear(dc_role role)
{
    return role == DC_ROLE_BIAS || role == DC_ROLE_SHIFT || role == DC_ROLE_MEAN ||
           role == DC_ROLE_SCALE;
}

dc_status dc_spread_step(double *step, const dc_param *param)
{
    dc_sorted sorted;
    DC_TRY(dc_sorted_init(&sorted, param->values, param->n_values, true));
    const uint64_t n = sorted.n;
    *step = 0;
    if (n > 1)
        *step = ((double)sorted.values[3 * n / 4] - (double)sorted.values[n / 4]) / MIDDLE_HALF *
                SPAN / (1u << SMALL_BITS);
    dc_sorted_clear(&sorted);
    return DC_OK;
}

dc_status dc_quantize_small(dc_param *param, double step)
{
    const dc_grid grid = { .shape = { 1, (uint32_t)param->n_values, 1, 1 },
                           .step = dc_grid_near(step, param->values, param->n_values) };
    dc_grid_stats stats;
    if (!is_linear(param->role) || !(step > 0) || !(grid.step > 0))
        return dc_round_param(param, DC_NUMBER_AUTO);
    return dc_grid_round(&stats, param->values, &grid);
}
