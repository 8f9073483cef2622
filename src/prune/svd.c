/* SPDX-License-Identifier: MIT
 *
 * Singular values by LAPACK's dgesdd, in double precision. Its matrices are column-major: what it
 * is given as n_cols by n_rows is our matrix turned, and so what it calls left is our right, and
 * both come out in our order. Signs are chosen (the greatest entry of each right vector is
 * positive), so that two libraries agree but for last bits.
 */
#include "factor.h"

#include <math.h>

#define ENERGY_SLACK 1e-12 /* rounding of the sum */

#ifdef DCOMP_HAS_LAPACK

/* Fortran's own symbol; lengths of texts come last and by value. */
void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s,
             double *u, const int *ldu, double *vt, const int *ldvt, double *work,
             const int *lwork, int *iwork, int *info, size_t n_jobz);

dc_status dc_svd_check(void)
{
    return DC_OK;
}

static dc_status decompose(dc_svd *out, double *turned, uint32_t n_rows, uint32_t n_cols,
                           bool has_vectors, dc_arena *scratch)
{
    const int m = (int)n_cols, n = (int)n_rows, k = (int)out->n;
    const char *job = has_vectors ? "S" : "N";
    double n_work = 0, unused[1];
    int lwork = -1, info = 0;
    int *iwork = dc_arena_take(scratch, 8 * (uint64_t)out->n, sizeof *iwork);
    double *u = has_vectors ? out->vt : unused, *vt = has_vectors ? out->u : unused;
    DC_TRY(scratch->status);
    dgesdd_(job, &m, &n, turned, &m, out->sigma, u, &m, vt, &k, &n_work, &lwork, iwork, &info, 1);
    if (info != 0 || !(n_work < INT32_MAX))
        return dc_fail(DC_ELIMIT, "a matrix of %u x %u is too large for LAPACK", n_rows, n_cols);
    lwork = (int)n_work;
    double *work = dc_arena_take(scratch, (uint64_t)lwork, sizeof *work);
    DC_TRY(scratch->status);
    dgesdd_(job, &m, &n, turned, &m, out->sigma, u, &m, vt, &k, work, &lwork, iwork, &info, 1);
    if (info != 0)
        return dc_fail(DC_EUNSUPPORTED, "singular values of a matrix of %u x %u do not converge",
                       n_rows, n_cols);
    return DC_OK;
}

static void choose_signs(dc_svd *svd, uint32_t n_rows, uint32_t n_cols)
{
    for (uint32_t j = 0; j < svd->n; j++) {
        double *right = svd->vt + (uint64_t)j * n_cols, greatest = 0;
        for (uint32_t c = 0; c < n_cols; c++)
            greatest = fabs(right[c]) > fabs(greatest) ? right[c] : greatest;
        if (greatest >= 0)
            continue;
        for (uint32_t c = 0; c < n_cols; c++)
            right[c] = -right[c];
        for (uint32_t r = 0; r < n_rows; r++)
            svd->u[(uint64_t)r * svd->n + j] *= -1;
    }
}

dc_status dc_svd_make(dc_svd *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                      bool has_vectors, dc_arena *arena)
{
    dc_arena scratch = { 0 };
    const uint64_t n_values = (uint64_t)n_rows * n_cols;
    dc_svd svd = { .n = DC_MIN(n_rows, n_cols) };
    if (n_rows > INT32_MAX || n_cols > INT32_MAX)
        return dc_fail(DC_ELIMIT, "a matrix of %u x %u is too large for LAPACK", n_rows, n_cols);
    svd.sigma = dc_arena_take(arena, svd.n, sizeof *svd.sigma);
    if (has_vectors) {
        svd.u = dc_arena_take(arena, (uint64_t)n_rows * svd.n, sizeof *svd.u);
        svd.vt = dc_arena_take(arena, (uint64_t)svd.n * n_cols, sizeof *svd.vt);
    }
    DC_TRY(arena->status);
    double *turned = dc_arena_take(&scratch, n_values, sizeof *turned);
    for (uint64_t i = 0; turned != NULL && i < n_values; i++)
        turned[i] = (double)values[i];
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = decompose(&svd, turned, n_rows, n_cols, has_vectors, &scratch);
    dc_arena_clear(&scratch);
    DC_TRY(status);
    if (has_vectors)
        choose_signs(&svd, n_rows, n_cols);
    *out = svd;
    return DC_OK;
}

#else

dc_status dc_svd_check(void)
{
    return dc_fail(DC_EUNSUPPORTED, "built without LAPACK, which makes singular values (Debian: "
                                    "liblapack-dev; then build again)");
}

dc_status dc_svd_make(dc_svd *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                      bool has_vectors, dc_arena *arena)
{
    (void)out, (void)values, (void)n_rows, (void)n_cols, (void)has_vectors, (void)arena;
    return dc_svd_check();
}

#endif

static double squares(const dc_svd *svd, uint32_t from, uint32_t end)
{
    double sum = 0;
    for (uint32_t j = end; j > from; j--) /* the smallest first */
        sum += svd->sigma[j - 1] * svd->sigma[j - 1];
    return sum;
}

double dc_svd_energy(const dc_svd *svd, uint32_t rank)
{
    const double all = squares(svd, 0, svd->n);
    return all > 0 ? 1 - squares(svd, rank, svd->n) / all : 1;
}

uint32_t dc_svd_rank(const dc_svd *svd, double energy)
{
    const double lost = (1 - energy + ENERGY_SLACK) * squares(svd, 0, svd->n);
    double sum = 0;
    uint32_t rank = svd->n;
    while (rank > 1 && sum + svd->sigma[rank - 1] * svd->sigma[rank - 1] <= lost) {
        rank--;
        sum += svd->sigma[rank] * svd->sigma[rank];
    }
    return rank;
}

void dc_svd_factors(float *first, float *second, const dc_svd *svd, uint32_t n_rows,
                    uint32_t n_cols, uint32_t rank)
{
    for (uint32_t j = 0; j < rank; j++) {
        const double root = sqrt(svd->sigma[j]);
        for (uint32_t c = 0; c < n_cols; c++)
            first[(uint64_t)j * n_cols + c] = (float)(root * svd->vt[(uint64_t)j * n_cols + c]);
        for (uint32_t r = 0; r < n_rows; r++)
            second[(uint64_t)r * rank + j] = (float)(root * svd->u[(uint64_t)r * svd->n + j]);
    }
}
