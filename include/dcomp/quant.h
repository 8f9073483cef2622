/* SPDX-License-Identifier: MIT
 *
 * quant: weight sharing. A layer's weights become at most 2^bits distinct values by
 * one-dimensional k-means [DC 3], and its parameter is marked is_shared; the training loop then
 * moves the values, never the assignment. In a pruned layer the value zero is one of the 2^bits,
 * is kept exactly, and takes no part in the clustering; so it is, for now, in another layer of
 * which at least one weight in 2^bits is zero, but training may move it there. A layer that has no
 * more distinct values than fit is kept exactly as it is.
 *
 * k-means sorts once; sums run in a fixed order over prefix sums, so that an iteration costs O(k
 * log n) and every machine and number of jobs gives the same bits. The optimal mode is exact:
 * dynamic programming over the sorted values, whose cost is concave Monge [Wang and Song 2011;
 * Gronlund et al. 2017].
 *
 * Threads. Functions that take a model that is not const change it: it then belongs to one thread.
 * Different models and arrays may be clustered at once.
 */
#ifndef DCOMP_QUANT_H
#define DCOMP_QUANT_H

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

typedef struct dc_quantize_settings {
    dc_rules bits;          /* by layer, 1..8                                                  */
    uint32_t init;          /* dc_centroid_init                                                */
    uint32_t max_iterations;
    uint32_t codebook;      /* dc_number: what centroids are rounded to                        */
    uint32_t biases;        /* dc_number: what biases and other small parameters are rounded to */
    uint32_t bias_bits;     /* 0: not shared; else biases of a layer share 2^bits values       */
    uint64_t seed;          /* random                                                          */
} dc_quantize_settings;

/* bits, init, max_iterations, codebook, biases, bias_bits, seed. */
extern const dc_field dc_quantize_fields[];
dc_quantize_settings dc_quantize_defaults(void); /* 5 bits, near_optimal, 100, auto, auto, 0 */

typedef struct dc_quantize_stats {
    uint32_t n_layers, n_kept; /* kept: few enough values already */
    double wcss;               /* sum over layers                 */
} dc_quantize_stats;

/* Checks all settings that dc_quantize refuses for any weights: DC_EINPUT. */
DC_MUST_USE dc_status dc_quantize_check(const dc_quantize_settings *settings,
                                        const dc_model *model);
/* Shares weights in place. A layer that no rule matches is left alone; a pattern that matches
 * nothing or a NaN weight is DC_EINPUT with its name. Warns of a parameter that came out with fewer
 * values than were asked for, though it had more, and of numbers that float16 moves on request. */
DC_MUST_USE dc_status dc_quantize(dc_model *model, const dc_quantize_settings *settings,
                                  dc_quantize_stats *stats);

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

#ifdef __cplusplus
}
#endif
#endif
