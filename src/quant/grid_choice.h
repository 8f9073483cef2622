/* SPDX-License-Identifier: MIT
 *
 * Inside quant: a parameter on its way to a grid.
 */
#ifndef DCOMP_QUANT_GRID_CHOICE_H
#define DCOMP_QUANT_GRID_CHOICE_H

#include "dcomp/entropy.h"
#include "dcomp/quant.h"

/* What levels cost and how far they may be from values. */
typedef struct dc_choosing {
    const dc_grid *grid;
    const dc_rate *rate;
    const float *values; /* (n_rows, n_cols)                                          */
    int16_t *levels;     /* in: of the pass before; out                               */
} dc_choosing;

/* What levels of a row cost. */
typedef struct dc_prices {
    double lambda;
    const dc_rate *rate;
    const float *zero_bits, *one_bits; /* by column */
} dc_prices;

/* The best size of one value, |value| = size * step; an error of a step's square costs `weight`. */
int16_t dc_best_size(const dc_prices *prices, uint32_t col, double size, double weight);
/* Levels that have the least error in the outputs + lambda * bits, nearly. */
DC_MUST_USE dc_status dc_products_choose(const dc_choosing *c);
/* Levels of the 8-state machine that have the least error + lambda * bits, block by block. */
DC_MUST_USE dc_status dc_trellis_search(const dc_choosing *c);

/* The step of a small parameter that nobody has measured: 10 bits over 8 times the spread of the
 * middle half of its values; 0: it has none. */
DC_MUST_USE dc_status dc_spread_step(double *step, const dc_param *param);

/* The weights that the settings' rules match, each layer to a grid of its own. Adds to *stats. */
DC_MUST_USE dc_status dc_grids_round(dc_quantize_stats *stats, dc_model *model,
                                     const dc_quantize_settings *settings);

#endif
