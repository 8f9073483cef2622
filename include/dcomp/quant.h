/* SPDX-License-Identifier: MIT
 *
 * quant: fewer values, shared or on a grid.
 *
 * Sharing. A layer's weights become at most 2^bits distinct values by one-dimensional k-means
 * [DC 3], and its parameter is marked is_shared; the training loop then moves the values, never the
 * assignment. In a pruned layer the value zero is one of the 2^bits, is kept exactly, and takes no
 * part in the clustering; so it is, for now, in another layer of which at least one weight in
 * 2^bits is zero, but training may move it there. A layer that has no more distinct values than fit
 * is kept exactly as it is.
 *
 * k-means sorts once; sums run in a fixed order over prefix sums, so that an iteration costs O(k
 * log n) and every machine and number of jobs gives the same bits. The optimal mode is exact:
 * dynamic programming over the sorted values, whose cost is concave Monge [Wang and Song 2011;
 * Gronlund et al. 2017].
 *
 * Grids (docs/rate.md). A layer's weights become whole multiples of one step, plain or as the
 * machine of the trellis has them, chosen by what they cost in a file beside how far they move.
 * Zeros stay zeros. The parameter is marked is_shared where it has no more than 256 values.
 *
 * Threads. Functions that take a model that is not const change it: it then belongs to one thread.
 * Different models and arrays may be clustered at once.
 */
#ifndef DCOMP_QUANT_H
#define DCOMP_QUANT_H

#include "dcomp/entropy.h"
#include "dcomp/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where Lloyd starts; the last two start from a search: the best clustering there is, or one
 * nearly as good in a tenth of the time. */
typedef enum dc_centroid_init {
    DC_CENTROIDS_LINEAR, DC_CENTROIDS_DENSITY, DC_CENTROIDS_RANDOM, DC_CENTROIDS_OPTIMAL,
    DC_CENTROIDS_NEAR_OPTIMAL
} dc_centroid_init;

/* What numbers of a parameter are stored as. Auto: float16 where none of them moves by more than
 * 1 % of itself or of its distance from the others, else float32 for all (src/quant/round.c). */
typedef enum dc_number { DC_NUMBER_F32, DC_NUMBER_F16, DC_NUMBER_AUTO } dc_number;

/* How a layer's weights become few: they share values, or they lie on a grid, plain or of the
 * trellis (dc_trellis_levels). */
typedef enum dc_quantize_method {
    DC_QUANTIZE_KMEANS, DC_QUANTIZE_GRID, DC_QUANTIZE_TRELLIS
} dc_quantize_method;

#define DC_MAX_GRID_BITS 14

typedef struct dc_quantize_settings {
    uint32_t method;        /* dc_quantize_method                                              */
    dc_rules bits;          /* by layer, 1..8 whole ones; of grids 0..14, parts of one as well */
    double lambda;          /* of grids: squared error that a bit is worth, in squares of the
                               layer's step; 0: plain rounding                                */
    bool by_squares;        /* grids: layers share the bits out by `squares`                   */
    uint32_t init;          /* dc_centroid_init                                                */
    uint32_t max_iterations;
    uint32_t codebook;      /* dc_number: what centroids are rounded to                        */
    uint32_t biases;        /* dc_number: what biases and other small parameters are rounded to */
    uint32_t bias_bits;     /* 0: not shared; else biases of a layer share 2^bits values       */
    uint64_t seed;          /* random                                                          */
    const float *const *squares; /* (n_params) of gradients, of weights: by_squares needs them */
} dc_quantize_settings;

/* method, bits, lambda, fisher, init, max_iterations, codebook, biases, bias_bits, seed. */
extern const dc_field dc_quantize_fields[];
/* kmeans, 5 bits, 0.1155, near_optimal, 100, auto, auto, 0 */
dc_quantize_settings dc_quantize_defaults(void);

typedef struct dc_quantize_stats {
    uint32_t n_layers, n_kept; /* kept: few enough values already */
    double wcss;               /* sum over layers                 */
} dc_quantize_stats;

/* Checks all settings that dc_quantize refuses for any weights: DC_EINPUT. */
DC_MUST_USE dc_status dc_quantize_check(const dc_quantize_settings *settings,
                                        const dc_model *model);
/* Weights in place: shared, or on grids. A layer that no rule matches is left alone; a pattern that
 * matches nothing or a NaN weight is DC_EINPUT with its name. Warns of a parameter that came out
 * with fewer values than were asked for, though it had more, and of numbers that float16 moves on
 * request. */
DC_MUST_USE dc_status dc_quantize(dc_model *model, const dc_quantize_settings *settings,
                                  dc_quantize_stats *stats);

/* A bias, shift, mean or scale to a grid of this step, about. Other small parameters, all of them
 * where `step` is 0, and where one step cannot do for all values: to float16, where that keeps what
 * they say. */
DC_MUST_USE dc_status dc_quantize_small(dc_param *param, double step);

/* Rounds trained centroids and biases to the number types in the settings. Zero stays zero,
 * and no non-zero value becomes zero. */
DC_MUST_USE dc_status dc_quantize_round(dc_model *model, const dc_quantize_settings *settings);

/* How many values a parameter was asked to share, and how many it has. */
typedef struct dc_sharing {
    const char *name; /* borrowed from the model */
    uint32_t n_asked, n_made;
} dc_sharing;
/* One for each parameter that the settings share, from a model that they were applied to. `*out` is
 * from the arena. */
DC_MUST_USE dc_status dc_quantize_sharing(dc_sharing **out, uint32_t *n_out, const dc_model *model,
                                          const dc_quantize_settings *settings, dc_arena *arena);

/* ---- grids by themselves --------------------------------------------------------------------- */

/* What the weights of a layer read, over places in samples: for an error e of a row, a mean square
 * of e^T P e in its outputs, P the mean of x x^T. */
typedef struct dc_products {
    uint32_t n_groups; /* of rows, one after another, each with inputs of its own */
    uint32_t n;        /* weights of a row                                        */
    float *means;      /* (n_groups, n, n), symmetric                             */
    double weight;     /* dc_products_weight's                                    */
} dc_products;

/* How the values of a parameter go to a grid: levels are chosen so that (value - level * step)^2 +
 * lambda * bits is least, summed over all; or, where it is known what they read, the mean square of
 * the outputs' errors, of all rows together, + lambda * bits. */
typedef struct dc_grid {
    dc_level_shape shape;
    float step;              /* what a file can have: dc_grid_near                           */
    bool is_trellis;         /* levels of the 8-state machine (dc_trellis_levels)            */
    double lambda;           /* error that a bit is worth; 0: nothing                        */
    const dc_products *products; /* NULL: not known; not for the trellis                    */
} dc_grid;

typedef struct dc_grid_stats {
    double bits;  /* of the levels, about (dc_rate_bits)      */
    double error; /* sum of squared differences               */
} dc_grid_stats;

/* The values, finite, become values of the grid; zeros stay zeros. Steps are at least what
 * dc_grid_near gives, or large values come out smaller. The same for any number of jobs. */
DC_MUST_USE dc_status dc_grid_round(dc_grid_stats *stats, float *values, const dc_grid *grid);
/* What the square of a weight's error is in the outputs, the mean over weights that are not zero,
 * where later weights take up the errors of earlier ones. */
DC_MUST_USE dc_status dc_products_weight(double *out, const dc_products *products,
                                         const float *values, uint32_t n_rows);
/* Weights whose errors count so much that a grid of this step is right for them go to it, or to the
 * trellis of that error where nothing is known of what they read; levels are chosen by the price
 * of a bit that belongs to the step. DC_EUNSUPPORTED for those that no such
 * step does for (dc_grid_near). */
DC_MUST_USE dc_status dc_grid_fit(dc_param *param, const dc_model *model, double step,
                                  const dc_products *products);
/* The step that a file can have nearest to `wanted`, no smaller than these values allow; 0 where
 * that is not within a factor of two: single values are too large beside it. */
float dc_grid_near(double wanted, const float *values, uint64_t n);
/* What a bit of a fine grid is worth, in squares of its step: what its error step^2 / 12 falls by
 * for one. So a step fits a lambda that is so many of its squares. */
#define DC_GRID_SLOPE 0.11552453009332421 /* ln 2 / 6 */
/* The trellis whose error is that of a grid of step 1 has this step. */
#define DC_TRELLIS_SHARE 0.59

/* ---- one-dimensional k-means by itself ------------------------------------------------------- */

typedef struct dc_kmeans_stats {
    uint32_t n_centroids;  /* distinct ones: k, or as many as there are distinct values */
    uint32_t n_iterations;
    double wcss;           /* within-cluster sum of squares [value^2]                   */
} dc_kmeans_stats;

/* Ascending centroids of `n` finite values; `centroids` has room for k (1..256). `values` is not
 * changed. Working memory about 8n bytes from the heap. */
DC_MUST_USE dc_status dc_kmeans(float *centroids, uint32_t k, const float *values, uint64_t n,
                                dc_centroid_init init, uint32_t max_iterations, uint64_t seed,
                                dc_kmeans_stats *stats);
/* Each value becomes its nearest centroid (ties: the smaller), in place. Zeros stay when
 * keep_zero. */
void dc_kmeans_apply(float *values, uint64_t n, const float *centroids, uint32_t n_centroids,
                     bool keep_zero);
/* Exact sum of squared differences of two arrays. */
double dc_sum_squared_error(const float *a, const float *b, uint64_t n);

/* ---- trained centroids ----------------------------------------------------------------------- */

/* Trains what is shared: the gradient of a centroid is the sum over its cluster [DC 3.3]; where
 * weights may change centroids, each belongs to the one that is nearest to its latent value. */
extern const dc_train_hook dc_centroid_hook;

/* ---- trained ternary weights ----------------------------------------------------------------- */

/* Weights are -W_n, 0 or W_p of their layer [TTQ]. Each has a latent value, which starts as the
 * weight over the layer's largest and is what the optimizer moves, by the gradient at the ternary
 * weight times W_p, 1 or W_n; those whose latent value is no further from zero than the layer's
 * threshold are zero. W_p and W_n are trained, too, by Adam at the rate of the weights times their
 * own size. The payload is the caller's. */
typedef struct dc_ternary {
    dc_rules threshold; /* by layer: share of the largest latent value, or ... */
    dc_rules sparsity;  /* ... share of the weights that are zero. No rule: not ternary */
    struct dc_ternary_part *parts; /* private, as what follows */
    uint32_t n_parts;
    uint64_t n_moves;
} dc_ternary;
dc_train_hook dc_ternary_hook(dc_ternary *ternary);

/* ---- trained levels (docs/rate.md) ----------------------------------------------------------- */

/* Trains parameters as whole multiples (levels) of a step, which is trained too, by
 *     loss + lambda * bits
 * where bits are what dc_rate says that the levels cost. While the target falls, lambda follows it
 * and weights may become zero and come back; when settling, lambda stays as it is, zeros are
 * frozen, and where there are more bits than the target, the weights go that are worth the least
 * for a bit. */
typedef struct dc_rate_train_settings {
    double to_bytes;             /* of the file: the target falls to it from what there is, by an
                                    equal share a step                                           */
    uint64_t n_ramp_steps;       /* ... so many; 0: the goal holds from the first step on        */
    bool goes_on;                /* with the ramp of the training before                         */
    bool is_settling;
    double lambda;               /* where it begins, and stays when settling; 0: where it was    */
    double max_lambda;
    double step_rate;            /* of the logarithm of the steps, as a share of the rate        */
    uint32_t step_bits;          /* of dc_grid_step: 4 or 8                                      */
    uint32_t max_level;          /* no level is larger; 0: DC_MAX_LEVEL                          */
    uint32_t look_steps;         /* so often prices are learned and the budget is looked at      */
    double overhead_bytes;       /* what the file has besides levels, until it is measured       */
    /* Bytes of the model as a file, asked after each epoch to learn the overhead; or NULL. */
    dc_status (*measure)(void *payload, uint64_t *bytes, const dc_model *model);
    void *payload;
} dc_rate_train_settings;
dc_rate_train_settings dc_rate_train_defaults(void);

/* Of all training with these hooks, one after another; belongs to one trainer at a time. Owns. */
typedef struct dc_rate_train dc_rate_train;
DC_MUST_USE dc_status dc_rate_train_new(dc_rate_train **out);
void dc_rate_train_free(dc_rate_train *train); /* NULL is fine */
/* For the next training. */
void dc_rate_train_set(dc_rate_train *train, const dc_rate_train_settings *settings);
/* Parameters that are on a grid of few levels begin with it, others with a step of half their root
 * mean square. Frozen parameters (rate_scale 0) and zeros (is_pruned) stay as they are. Shared
 * parameters are not for it. */
dc_train_hook dc_rate_train_hook(dc_rate_train *train);
/* Where it is. */
typedef struct dc_rate_train_state {
    double lambda;
    double bytes, target_bytes; /* of the file, about */
    uint64_t n_nonzero;
} dc_rate_train_state;
dc_rate_train_state dc_rate_train_at(const dc_rate_train *train);

#ifdef __cplusplus
}
#endif
#endif
