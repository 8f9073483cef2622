/* SPDX-License-Identifier: MIT
 *
 * Inside quant: sorted values with sums that can be asked for at any position, and the searches
 * over them.
 *
 * A cluster of one-dimensional k-means is a run of the sorted values, so a clustering is a list of
 * positions. A position is the number of values before it (0..n); the moments at two positions
 * give mean and cost of the run between them in O(1).
 */
#ifndef DCOMP_QUANT_KMEANS_H
#define DCOMP_QUANT_KMEANS_H

#include <float.h>
#include <math.h>

#include "dcomp/quant.h"

/* Work is cut in this many parts whatever the number of jobs, so that sums are the same for any. */
#define DC_N_PARTS 64u
#define DC_MAX_CENTROIDS 256u
#define DC_MOMENT_STEP 32u /* values between two stored sums */

/* From the middle to a position: the sum and the sum of squares of (value - shift), negative on its
 * left. What counts are differences of two. */
typedef struct dc_sums {
    double s1, s2;
} dc_sums;

typedef struct dc_sorted {
    float *values; /* ascending; owned              */
    uint64_t n;
    double shift;    /* the median, so that sums are small          */
    uint64_t middle; /* position where sums begin                   */
    dc_sums *sums;   /* at middle - n_left * DC_MOMENT_STEP, and on */
    uint64_t n_left;
} dc_sorted;

/* What is known of a position. */
typedef struct dc_moment {
    double n, s1, s2;  /* how many values are before it, and its sums */
    float left, right; /* the values beside it; at an end the same    */
} dc_moment;

/* Owns: dc_sorted_clear. Finite values; zeros are left out when `skip_zeros`. -0.0f counts as 0.0f.
 */
DC_MUST_USE dc_status dc_sorted_init(dc_sorted *out, const float *values, uint64_t n,
                                     bool skip_zeros);
void dc_sorted_clear(dc_sorted *sorted);
dc_moment dc_moment_at(const dc_sorted *sorted, uint64_t position);
/* What rounding can make of the cost of equal values, however large these are. */
static inline double dc_moment_noise(const dc_moment *from, const dc_moment *to)
{
    return 8 * DBL_EPSILON * (fabs(from->s2) + fabs(to->s2));
}

/* Sum of squared differences from the mean of the run between two positions; 0 when it is empty. A
 * run whose cost is lost in rounding costs what its first and last value alone do. */
static inline double dc_moment_cost(const dc_moment *from, const dc_moment *to)
{
    const double n = to->n - from->n, s1 = to->s1 - from->s1;
    if (n <= 1)
        return 0;
    const double cost = to->s2 - from->s2 - s1 * s1 / n;
    if (cost > dc_moment_noise(from, to))
        return cost;
    const double width = (double)to->left - (double)from->right;
    return width * width / 2;
}

/* The first position in `from`..n whose value is greater than `limit`. */
uint64_t dc_sorted_after(const dc_sorted *sorted, uint64_t from, double limit);
/* Distinct values, at most `limit` + 1 are counted; the first ones go to `values` unless it is
 * NULL. */
uint32_t dc_sorted_distinct(float *values, const dc_sorted *sorted, uint32_t limit);

/* Sorts by value; no NaN. The result is in one of the two buffers of n floats, which is returned;
 * NULL when memory is out. */
float *dc_radix_sort(float *values, float *scratch, uint64_t n);

void dc_centroid_start(double *centroids, uint32_t k, const dc_sorted *sorted,
                       dc_centroid_init init, uint64_t seed);
/* The bounds (k + 1) of the clusters of ascending centroids. A value half way belongs to the
 * smaller one. */
void dc_positions_of(uint64_t *positions, const double *centroids, uint32_t k,
                     const dc_sorted *sorted);
/* Mean of the run between two positions; of equal values it is that value, without rounding. */
double dc_mean_of(const dc_moment *from, const dc_moment *to, const dc_sorted *sorted);
/* Moves ascending centroids until no value changes its cluster; for each cluster that is left with
 * nothing, the one with the greatest error is cut in two. `positions` (k + 1) becomes the clusters'
 * bounds. Needs more than k distinct values. Returns the number of iterations. */
uint32_t dc_lloyd(double *centroids, uint64_t *positions, uint32_t k, const dc_sorted *sorted,
                  uint32_t max_iterations);
/* Mean of each run; the centroid of an empty one is left as it is. */
void dc_means_of(double *centroids, const uint64_t *positions, uint32_t k, const dc_sorted *sorted);
double dc_positions_cost(const dc_sorted *sorted, const uint64_t *positions, uint32_t k);
/* The best k runs of all, or when not `is_exact` the best that a coarse search and Lloyd find.
 * Needs more than k distinct values. */
DC_MUST_USE dc_status dc_kmeans_optimal(double *centroids, uint32_t k, const dc_sorted *sorted,
                                        bool is_exact);
/* dc_kmeans on values that are sorted already. */
DC_MUST_USE dc_status dc_kmeans_sorted(float *centroids, uint32_t k, const dc_sorted *sorted,
                                       dc_centroid_init init, uint32_t max_iterations,
                                       uint64_t seed, dc_kmeans_stats *stats);
/* dc_kmeans_apply that returns the sum of squared changes. */
double dc_assign(float *values, uint64_t n, const float *centroids, uint32_t n_centroids,
                 bool keep_zero);
/* The number of the given kind (not auto) nearest to `value`. A non-zero value never becomes zero;
 * one too large for a half stays as it is. */
float dc_round_number(float value, dc_number number);
/* How many of these different, ascending values float16 would move by too much
 * (round.c). */
uint64_t dc_count_moved(const float *values, uint64_t n, bool is_shared);
/* F32 or F16 for such values. Warns where F16 is asked for and moves some. */
dc_number dc_number_for(const float *values, uint64_t n, bool is_shared, dc_number wanted,
                        const char *name);
/* Rounds a whole parameter by value. */
DC_MUST_USE dc_status dc_round_param(dc_param *param, dc_number wanted);
/* Warns where sharing has left little of many rows of a parameter (sharing.c): `before` has its
 * values as they were, `n_shared` how many are shared. */
void dc_sharing_warn_of_lost(const dc_param *param, const float *before, uint32_t n_shared);
/* Distinct values of a parameter, 257 when they are more. */
uint32_t dc_sharing_made(const dc_param *param);
/* Whether a rule of the settings matches a node, and the bits its weights get. */
bool dc_quantize_covers(double *bits, const dc_model *model, const dc_node *node,
                        const dc_quantize_settings *settings);

/* What the hook of shared values does to one parameter (centroid_train.c). Arrays are in the
 * trainer's order of elements. */
/* d_theta[t] = sum of d_w[i] over tags[i] == t + 1. Overwrites. Fixed order of summation. */
DC_MUST_USE dc_status dc_centroid_reduce(float *d_theta, uint32_t n_theta, const float *d_w,
                                         const uint16_t *tags, uint64_t n);
/* w[i] = theta[tags[i] - 1], or 0 where the tag is 0. */
void dc_centroid_expand(float *w, const float *theta, uint32_t n_theta, const uint16_t *tags,
                        uint64_t n);
/* Where a tag is not 0: 1 + the index of the centroid nearest to latent[i]. */
void dc_centroid_assign(uint16_t *tags, const float *latent, uint64_t n, const float *theta,
                        uint32_t n_theta);

#endif
