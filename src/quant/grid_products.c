/* SPDX-License-Identifier: MIT
 *
 * Levels of a layer whose inputs are known. What counts is not what weights move but what that
 * makes of the outputs: e^T P e for the errors e of a row, P the mean of x x^T over what the row
 * reads. With P = U^T U that is a sum of squares, the k-th of them
 *
 *   U_kk^2 (e_k + sum over j > k of U_kj e_j / U_kk)^2
 *
 * so weights are chosen from the last to the first, each where it takes up the errors of those
 * before it as well as it can [OBS, Hassibi 1993; Babai's nearest plane, as in GPTQ, Frantar 2023].
 * Weights that are zero take up nothing, so each row that has some has a factor of its own. Those
 * with the largest inputs come first, while most are left to take up their errors.
 */
#include "grid_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAMPING 0.01 /* of the mean square of the inputs: samples are few */
#define N_LOOKED_AT 16u /* rows, for a mean over them                     */
#define FULL_SHARE 16u  /* a row with fewer zeros than one in so many     */

/* Of the weights of a row that are not zero, or of all places. */
typedef struct factor {
    uint32_t n;
    uint32_t *places; /* (n) columns, ascending by their inputs' squares */
    float *u;         /* (n, n), the upper half */
} factor;

static void factor_clear(factor *f)
{
    dc_release(f->places);
    dc_release(f->u);
}

typedef struct place {
    float square;
    uint32_t col;
} place;

static int by_square(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->square < y->square || x->square > y->square)
        return x->square < y->square ? -1 : 1;
    return x->col < y->col ? -1 : 1;
}

static dc_status find_places(factor *out, const float *means, uint32_t n, const float *row)
{
    place *list = dc_grow(NULL, n, sizeof *list);
    if (list == NULL)
        return DC_ENOMEM;
    out->n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (row == NULL || row[i] != 0.0f)
            list[out->n++] = (place){ means[(uint64_t)i * n + i], i };
    qsort(list, out->n, sizeof *list, by_square);
    out->places = dc_grow(NULL, DC_MAX(out->n, 1u), sizeof *out->places);
    for (uint32_t i = 0; out->places != NULL && i < out->n; i++)
        out->places[i] = list[i].col;
    dc_release(list);
    return out->places != NULL ? DC_OK : DC_ENOMEM;
}

/* In place, row by row, what is left of the matrix behind each. */
static void decompose(float *u, uint64_t n, float least)
{
    for (uint64_t k = 0; k < n; k++) {
        float *row = u + k * n;
        const float scale = 1 / sqrtf(fmaxf(row[k], least));
        for (uint64_t j = k; j < n; j++)
            row[j] *= scale;
        row[k] = fmaxf(row[k], 1 / scale);
        for (uint64_t i = k + 1; i < n; i++) {
            float *to = u + i * n;
            const float by = row[i];
            for (uint64_t j = i; j < n && by != 0.0f; j++)
                to[j] -= by * row[j];
        }
    }
}

static dc_status factor_make(factor *out, const float *means, uint32_t n, const float *row)
{
    double sum = 0;
    *out = (factor){ 0 };
    DC_TRY(find_places(out, means, n, row));
    const uint64_t m = out->n;
    out->u = dc_grow(NULL, DC_MAX(m * m, 1u), sizeof *out->u);
    if (out->u == NULL)
        return DC_ENOMEM;
    for (uint64_t i = 0; i < m; i++)
        sum += (double)means[(uint64_t)out->places[i] * n + out->places[i]];
    const float more = m > 0 ? (float)(DAMPING * sum / (double)m) : 0;
    for (uint64_t i = 0; i < m; i++) {
        for (uint64_t j = i; j < m; j++)
            out->u[i * m + j] = means[(uint64_t)out->places[i] * n + out->places[j]];
        out->u[i * m + i] += more;
    }
    decompose(out->u, m, fmaxf(more / 4, 1e-30f));
    return DC_OK;
}

/* Of rows with hardly a zero: one factor does for all of them, and zeros just take up nothing. */
static bool is_full(const float *row, uint32_t n)
{
    uint32_t n_zero = 0;
    for (uint32_t i = 0; i < n; i++)
        n_zero += row[i] == 0.0f;
    return n_zero <= n / FULL_SHARE;
}

static const float *means_of(const dc_products *p, uint32_t n_rows, uint32_t row)
{
    const uint32_t group = row / DC_MAX(n_rows / p->n_groups, 1u);
    return p->means + (uint64_t)group * p->n * p->n;
}

/* Sum of the squares of the factor's diagonal; *n of them. */
static dc_status sum_squares(double *sum, double *n, const float *means, uint32_t n_cols,
                             const float *row)
{
    factor f;
    const dc_status status = factor_make(&f, means, n_cols, row);
    *sum = *n = 0;
    for (uint64_t k = 0; status == DC_OK && k < f.n; k++, ++*n)
        *sum += (double)f.u[k * f.n + k] * (double)f.u[k * f.n + k];
    factor_clear(&f);
    return status;
}

dc_status dc_products_weight(double *out, const dc_products *p, const float *values,
                             uint32_t n_rows)
{
    const uint32_t n_looked = DC_MIN(n_rows, N_LOOKED_AT);
    double sum = 0, n = 0, row_sum = 0, row_n = 0;
    const float *last_full = NULL;
    for (uint32_t i = 0; i < n_looked; i++) {
        const uint32_t row = (uint32_t)((uint64_t)i * n_rows / n_looked);
        const float *weights = values + (uint64_t)row * p->n, *means = means_of(p, n_rows, row);
        const bool has_all = is_full(weights, p->n);
        if (!has_all || means != last_full)
            DC_TRY(sum_squares(&row_sum, &row_n, means, p->n, has_all ? NULL : weights));
        last_full = has_all ? means : NULL;
        sum += row_sum;
        n += row_n;
    }
    *out = n > 0 ? sum / n : 0;
    return DC_OK;
}

/* ---- levels ---------------------------------------------------------------------------------- */

typedef struct job {
    const dc_choosing *c;
    factor *full; /* (n_groups): of all places; n 0: no row uses it */
} job;

static dc_status make_full(void *payload, uint64_t group)
{
    const job *j = payload;
    const dc_products *p = j->c->grid->products;
    const uint32_t n_rows = j->c->rate->shape.n_rows / p->n_groups;
    const float *values = j->c->values + group * n_rows * p->n;
    uint32_t n_full = 0;
    for (uint32_t row = 0; row < n_rows; row++)
        n_full += is_full(values + (uint64_t)row * p->n, p->n);
    if (n_full < 2)
        return DC_OK;
    return factor_make(&j->full[group], p->means + group * p->n * p->n, p->n, NULL);
}

static void choose_levels(int16_t *levels, float *errors, const dc_choosing *c, const factor *f,
                          const float *values, const dc_prices *prices)
{
    const double step = (double)c->grid->step;
    for (uint64_t k = f->n; k-- > 0;) {
        const float *u = f->u + k * f->n;
        const uint32_t col = f->places[k];
        double sum = 0;
        for (uint64_t j = k + 1; j < f->n; j++)
            sum += (double)u[j] * (double)errors[j];
        const double at = (double)values[col] + sum / (double)u[k];
        errors[k] = 0;
        if (values[col] == 0.0f)
            continue;
        const double weight = step * step * (double)u[k] * (double)u[k];
        const int16_t size = dc_best_size(prices, col, fabs(at) / step, weight);
        levels[col] = (int16_t)(at < 0 ? -size : size);
        errors[k] = (float)((double)values[col] - levels[col] * step);
    }
}

static dc_status choose_row(void *payload, uint64_t row)
{
    const job *j = payload;
    const dc_choosing *c = j->c;
    const dc_products *p = c->grid->products;
    const uint32_t n = p->n, n_rows = c->rate->shape.n_rows;
    const float *values = c->values + row * n;
    const factor *full = &j->full[row / DC_MAX(n_rows / p->n_groups, 1u)];
    factor own = { 0 };
    float *bits = dc_grow(NULL, 3 * (uint64_t)n, sizeof *bits);
    dc_status status = bits != NULL ? DC_OK : DC_ENOMEM;
    const bool is_own = full->n == 0 || !is_full(values, n);
    if (status == DC_OK && is_own)
        status = factor_make(&own, means_of(p, n_rows, (uint32_t)row), n, values);
    if (status == DC_OK) {
        dc_rate_row(c->rate, (uint32_t)row, bits, bits + n);
        const dc_prices prices = { c->grid->lambda, c->rate, bits, bits + n };
        memset(c->levels + row * n, 0, n * sizeof *c->levels);
        choose_levels(c->levels + row * n, bits + 2 * (uint64_t)n, c, is_own ? &own : full, values,
                      &prices);
    }
    factor_clear(&own);
    dc_release(bits);
    return status;
}

dc_status dc_products_choose(const dc_choosing *c)
{
    dc_arena arena = { 0 };
    const uint32_t n_groups = c->grid->products->n_groups;
    job j = { c, dc_arena_take(&arena, n_groups, sizeof *j.full) };
    dc_status status = arena.status;
    if (status == DC_OK)
        status = dc_pool_run(n_groups, make_full, &j);
    if (status == DC_OK)
        status = dc_pool_run(c->rate->shape.n_rows, choose_row, &j);
    for (uint32_t i = 0; j.full != NULL && i < n_groups; i++)
        factor_clear(&j.full[i]);
    dc_arena_clear(&arena);
    return status;
}
