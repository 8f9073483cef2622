/* SPDX-License-Identifier: MIT
 *
 * Inside prune: singular values, and what factors a layer gets.
 */
#ifndef DCOMP_PRUNE_FACTOR_H
#define DCOMP_PRUNE_FACTOR_H

#include "dcomp/prune.h"

/* W (n_rows, n_cols) = u diag(sigma) vt, with n the lesser of both; sigma falls. All row-major. */
typedef struct dc_svd {
    uint32_t n;
    double *sigma; /* (n)                          */
    double *u;     /* (n_rows, n); NULL: not asked */
    double *vt;    /* (n, n_cols)                  */
} dc_svd;
/* From the arena. DC_EUNSUPPORTED names the package where the build has no LAPACK. */
DC_MUST_USE dc_status dc_svd_make(dc_svd *out, const float *values, uint32_t n_rows,
                                  uint32_t n_cols, bool has_vectors, dc_arena *arena);
DC_MUST_USE dc_status dc_svd_check(void); /* that the build has it */

/* Share of the squares that the first `rank` have, and the least rank that has the share. */
double dc_svd_energy(const dc_svd *svd, uint32_t rank);
uint32_t dc_svd_rank(const dc_svd *svd, double energy);
/* first (rank, n_cols), second (n_rows, rank): their product is the best of that rank. */
void dc_svd_factors(float *first, float *second, const dc_svd *svd, uint32_t n_rows,
                    uint32_t n_cols, uint32_t rank);

/* One of dc_factored, and its place. */
typedef struct dc_factor_plan {
    uint32_t n;
    dc_factored *layers; /* (n) with the ranks that they get */
    uint32_t *nodes;     /* (n) */
} dc_factor_plan;
DC_MUST_USE dc_status dc_factor_plan_make(dc_factor_plan *out, const dc_model *model,
                                          const dc_factor_settings *settings, dc_arena *arena);
static inline bool dc_factored_is_done(const dc_factored *layer)
{
    return layer->reason[0] == '\0';
}

#endif
