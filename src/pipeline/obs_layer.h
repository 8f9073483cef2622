/* SPDX-License-Identifier: MIT
 *
 * One layer that is pruned by what it reads (dc_obs): sums over places in samples, its constant,
 * and how strongly its weights are held where samples are few. Some samples are kept apart for
 * that: weights are fitted to the others and judged by them.
 *
 * A bias takes up what is the same everywhere. Where a layer has none and batch norm follows, its
 * mean does, and what an output's error counts is what batch norm makes of it.
 */
#ifndef DCOMP_PIPELINE_OBS_LAYER_H
#define DCOMP_PIPELINE_OBS_LAYER_H

#include "dcomp/prune.h"
#include "layer_places.h"

/* Of some samples: sums, then means, of what is left beside a constant where the layer has one. */
typedef struct obs_sums {
    double n_places;
    uint64_t n_values; /* of all arrays, which stand one after another */
    double *products, *targets, *squares; /* (n_all, n), (n_rows, n), (n_rows), as in dc_obs */
    double *reads, *said;                 /* (n_all), (n_rows)                               */
} obs_sums;

typedef struct obs_layer {
    const dc_node *node;
    uint32_t at; /* its index */
    dc_obs obs;  /* of all samples, when they have been added */
    layer_places places;
    uint64_t n_all;    /* values of a place   */
    uint64_t n_looked; /* places of a sample  */
    uint64_t n_fitted; /* samples, the first of all; those behind them are the judges */
    uint64_t n_rows_of; /* of a group */
    bool has_constant, is_known; /* the second: all it read were numbers */
    float *x, *y;              /* of a chunk: (places, n_all), (places, n_rows) */
    float *products, *targets; /* sums of a chunk                               */
    obs_sums fitted, judges, all;
    double *constants; /* (n_rows) of the batch norm as it came, or NULL      */
    double *low, *high; /* (n_rows): beyond them an output makes no difference; NULL: none */
    bool is_bending;     /* samples come once more (obs_layer_bend_begin)           */
    float *turned, *says; /* weights by columns, then constants; (places, n_rows)   */
    dc_arena arena;
} obs_layer;

#define OBS_CHUNK 4u /* samples that are added at once, at most */

/* Whether `param` is the matrix of a layer like that, at a node up to `last`. */
bool obs_layer_knows(const dc_model *model, const dc_param *param, uint32_t last);
/* The layer of `param`, which it knows, before any of n_samples. */
DC_MUST_USE dc_status obs_layer_open(obs_layer *layer, const dc_model *model,
                                     const dc_param *param, uint64_t n_samples);
void obs_layer_close(obs_layer *layer);
/* Samples `first` .. first + n - 1: x what the layer's input is, y what it is to say. */
DC_MUST_USE dc_status obs_layer_add(obs_layer *layer, const float *x, const float *y,
                                    uint64_t first, uint32_t n);
/* All samples are there; `values` are the weights before anything goes. */
DC_MUST_USE dc_status obs_layer_end(obs_layer *layer, const float *values);
/* Where the activation behind a layer is flat, all that it says there is as good. After this,
 * samples are added once more: by `values`, which it has been fitted to, what it is to say there
 * becomes what it says already, or where the flat part begins. For a layer that has `low`. */
DC_MUST_USE dc_status obs_layer_bend_begin(obs_layer *layer, const float *values);
void obs_layer_bend_end(obs_layer *layer);
/* What is left of the weights of `param` is fitted, and its constant. */
DC_MUST_USE dc_status obs_layer_fit(obs_layer *layer, dc_model *model, dc_param *param);
/* The mean square of what its outputs say wrong, and of what they are to say. */
double obs_layer_error(double *square, const obs_layer *layer, const float *values);

#endif
