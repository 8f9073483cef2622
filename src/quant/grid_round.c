/* SPDX-License-Identifier: MIT
 *
 * Values to levels of a grid so that error + lambda * bits is least [rate-distortion optimized
 * quantization]: each value looks at the levels on both sides of it and at zero. What a level costs
 * follows from how often levels occur (dc_rate), and that from what was chosen, so a few passes go
 * from plain rounding on, which is the first guess. Zeros stay zeros; nearly everything that falls
 * to zero otherwise is what pruning would have taken, but here it is worth it.
 *
 * Rows are independent of each other, given the prices. Sums run in one fixed order, so that
 * results are the same on every machine.
 */
#include "grid_choice.h"

#include <math.h>
#include <stdlib.h>

#define N_PASSES 3

/* ---- a row ----------------------------------------------------------------------------------- */

int16_t dc_best_size(const dc_prices *p, uint32_t col, double size, double weight)
{
    const int16_t nearest = (int16_t)fmin(floor(size + 0.5), DC_MAX_LEVEL);
    double least = weight * size * size + p->lambda * (double)p->zero_bits[col];
    int16_t best = 0;
    for (int16_t k = nearest; k > 0 && k >= nearest - 1; k--) {
        const double off = size - k;
        const double bits = (double)p->one_bits[col] + (double)dc_rate_more(p->rate, (uint32_t)k);
        const double cost = weight * off * off + p->lambda * bits;
        if (cost < least || (cost <= least && best == 0)) {
            least = cost;
            best = k;
        }
    }
    return best;
}

static dc_status choose_row(void *payload, uint64_t row)
{
    const dc_choosing *c = payload;
    const dc_grid *grid = c->grid;
    const uint32_t n = c->rate->n_cols;
    const double step = (double)grid->step, square = step * step;
    const float *values = c->values + row * n;
    int16_t *levels = c->levels + row * n;
    float *bits = dc_grow(NULL, 2 * (uint64_t)n, sizeof *bits);
    if (bits == NULL)
        return DC_ENOMEM;
    dc_rate_row(c->rate, (uint32_t)row, bits, bits + n);
    const dc_prices p = { grid->lambda, c->rate, bits, bits + n };
    for (uint32_t i = 0; i < n; i++) {
        const int16_t size = values[i] == 0.0f
                                 ? 0
                                 : dc_best_size(&p, i, fabs((double)values[i]) / step, square);
        levels[i] = (int16_t)(values[i] < 0 ? -size : size);
    }
    dc_release(bits);
    return DC_OK;
}

float dc_grid_near(double wanted, const float *values, uint64_t n)
{
    float most = 0;
    for (uint64_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(values[i]));
    const double least = (double)most / (DC_MAX_LEVEL - 1) * (1 + 1.0 / 128); /* rounding up */
    const double step = (double)dc_grid_step(fmax(wanted, least), 8);
    return step >= least && step >= wanted / 2 && step <= 2 * wanted ? (float)step : 0;
}

/* ---- a parameter ----------------------------------------------------------------------------- */

/* Plain rounding; of the trellis, to its grids of twice the step. */
static void guess(const dc_choosing *c)
{
    const double step = (c->grid->is_trellis ? 2 : 1) * (double)c->grid->step;
    const uint64_t n = (uint64_t)c->rate->shape.n_rows * c->rate->n_cols;
    for (uint64_t i = 0; i < n; i++) {
        const double size = fmin(floor(fabs((double)c->values[i]) / step + 0.5), DC_MAX_LEVEL);
        c->levels[i] = (int16_t)(c->values[i] < 0 ? -size : size);
    }
}

static dc_status choose(const dc_choosing *c, dc_rate *rate)
{
    guess(c);
    if (!c->grid->is_trellis && c->grid->products == NULL && !(c->grid->lambda > 0))
        return DC_OK;
    for (int pass = 0; pass < N_PASSES; pass++) {
        dc_rate_learn(rate, c->levels);
        if (c->grid->is_trellis)
            DC_TRY(dc_trellis_search(c));
        else if (c->grid->products != NULL)
            DC_TRY(dc_products_choose(c));
        else
            DC_TRY(dc_pool_run(rate->shape.n_rows, choose_row, (void *)(uintptr_t)c));
    }
    return DC_OK;
}

/* Values become what levels are worth; the sum of squares of what they moved. */
static double expand(float *values, const dc_choosing *c)
{
    const uint64_t n = (uint64_t)c->rate->shape.n_rows * c->rate->n_cols;
    double error = 0;
    uint32_t state = 0;
    for (uint64_t i = 0; i < n; i++) {
        const int32_t level = c->levels[i];
        const int32_t worth = c->grid->is_trellis ? dc_trellis_worth(state, level) : level;
        const float value = (float)worth * c->grid->step;
        const double off = (double)value - (double)values[i];
        error += off * off;
        values[i] = value;
        state = dc_trellis_next[state][level & 1];
    }
    return error;
}

static dc_status round_values(float *values, const dc_grid *grid, dc_grid_stats *stats,
                              dc_arena *arena)
{
    const dc_level_shape shape = { grid->shape.n_rows, grid->shape.n_inputs, grid->shape.height,
                                   grid->shape.width };
    dc_rate rate;
    DC_TRY(dc_rate_init(&rate, &shape, arena));
    const uint64_t n = (uint64_t)shape.n_rows * rate.n_cols;
    const dc_choosing c = { grid, &rate, values, dc_arena_take(arena, n, sizeof(int16_t)) };
    DC_TRY(arena->status);
    DC_TRY(choose(&c, &rate));
    dc_rate_learn(&rate, c.levels);
    stats->bits = dc_rate_bits(&rate, c.levels);
    stats->error = expand(values, &c);
    return DC_OK;
}

dc_status dc_grid_round(dc_grid_stats *stats, float *values, const dc_grid *grid)
{
    dc_arena arena = { 0 };
    const dc_status status = round_values(values, grid, stats, &arena);
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_grid_fit(dc_param *param, const dc_model *model, double step,
                      const dc_products *products)
{
    const dc_geometry g = dc_param_geometry(model, param);
    dc_grid grid = { .shape = { g.n_rows, g.n_inputs, g.height, g.width }, .products = products };
    dc_grid_stats stats;
    grid.is_trellis = products == NULL;
    grid.lambda = DC_GRID_SLOPE * step * step * (products != NULL ? products->weight : 1);
    grid.step = dc_grid_near(grid.is_trellis ? DC_TRELLIS_SHARE * step : step, param->values,
                             param->n_values);
    if (!(grid.step > 0))
        return dc_fail(DC_EUNSUPPORTED, "no step does for all values of '%s'", param->name);
    DC_TRY(dc_grid_round(&stats, param->values, &grid));
    param->is_shared = dc_param_can_share(param);
    return DC_OK;
}
