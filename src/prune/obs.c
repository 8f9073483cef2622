/* SPDX-License-Identifier: MIT
 *
 * Second-order pruning of a layer [OBS; OBC]. A row w of it is to say y where it reads x: with
 * A = mean x x^T and r = mean x y the mean square of what it says wrong is
 *
 *   w^T A w - 2 r^T w + mean y^2
 *
 * so weights that stay are best at A_MM^-1 r_M, over the places M of those weights, and without
 * weight j, the others moved to what is best then, that square rises by w_j^2 / (A_MM^-1)_jj. Each
 * row is taken apart to the end, some weights at a time, and what each of them cost is its score:
 * all rows together then lose those that cost least. What is left is fitted at once.
 *
 * Samples are few, so the layer as it was counts as a few more: A + d I, r + d w.
 */
#include <math.h>
#include <stdlib.h>

#include "dcomp/kernels.h"
#include "least_squares.h"
#include "magnitude.h"

#define STEPS 64u /* a row loses one weight in so many at a time */
#define TILE 32u  /* rows of the inverse that are changed in one go */
#define LEAST 1e-30

/* Of one group: the mean square of its inputs, and what is added to each of them. */
static double damping_of(const dc_obs *o, uint32_t group)
{
    const double *a = o->products + (uint64_t)group * o->n * o->n;
    double sum = 0;
    for (uint64_t i = 0; i < o->n; i++)
        sum += a[i * o->n + i];
    return fmax(o->damping * sum / o->n, LEAST);
}

static uint32_t group_of(const dc_obs *o, uint64_t row)
{
    return (uint32_t)(row / DC_MAX(o->n_rows / o->n_groups, 1u));
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* The weights of a row that are there. */
typedef struct row_work {
    uint32_t n;
    uint32_t *places; /* (n) columns                                        */
    double *a;        /* (n, n) A_MM, damped; its factor; its inverse       */
    double *w;        /* (n) r_M, damped; the fitted weights                */
    double *column;   /* (n)                                                */
    float *inverse;   /* (n, n), the lower half: of what is still there     */
    float *z;         /* (n, n / STEPS + 1), and turned round               */
    float *turned;
    struct cost *costs; /* (n / STEPS + 1) of those that go                  */
    const struct whole *whole; /* what it has in common with others, or NULL */
    dc_arena arena;
} row_work;

/* Of rows that have all their weights. */
typedef struct whole {
    double *factor;  /* (n, n); NULL: hardly a row has */
    float *inverse;
} whole;

typedef struct cost {
    double cost;
    uint32_t at; /* in places */
} cost;

/* A_MM, damped, and its factor. */
static void factor_of(double *out, const dc_obs *o, uint32_t group, const uint32_t *places,
                      uint64_t n)
{
    const double *a = o->products + (uint64_t)group * o->n * o->n;
    const double more = damping_of(o, group);
    for (uint64_t i = 0; i < n; i++) {
        const double *from = a + (uint64_t)places[i] * o->n;
        for (uint64_t j = 0; j <= i; j++)
            out[i * n + j] = from[places[j]];
        out[i * n + i] += more;
    }
    cholesky(out, n, more / 4);
}

/* Finds the weights of a row and fits them. */
static dc_status row_take(row_work *r, const dc_obs *o, const whole *wholes, const float *w,
                          uint64_t row)
{
    const uint32_t group = group_of(o, row);
    const double more = damping_of(o, group);
    r->places = dc_arena_take(&r->arena, o->n, sizeof *r->places);
    DC_TRY(r->arena.status);
    for (uint32_t i = 0; i < o->n; i++)
        if (w[i] != 0.0f)
            r->places[r->n++] = i;
    const uint64_t n = r->n;
    r->a = dc_arena_take(&r->arena, n * n, sizeof *r->a);
    r->w = dc_arena_take(&r->arena, n, sizeof *r->w);
    r->column = dc_arena_take(&r->arena, n, sizeof *r->column);
    DC_TRY(r->arena.status);
    for (uint64_t i = 0; i < n; i++)
        r->w[i] = o->targets[row * o->n + r->places[i]] + more * (double)w[r->places[i]];
    r->whole = wholes != NULL && n == o->n && wholes[group].factor != NULL ? &wholes[group] : NULL;
    if (r->whole == NULL)
        factor_of(r->a, o, group, r->places, n);
    cholesky_solve(r->whole != NULL ? r->whole->factor : r->a, n, r->w);
    return DC_OK;
}

/* ---- what weights cost ----------------------------------------------------------------------- */

static float *entry(const row_work *r, uint64_t i, uint64_t j)
{
    return r->inverse + (i > j ? i * r->n + j : j * r->n + i);
}

static void swap_floats(float *a, float *b)
{
    const float kept = *a;
    *a = *b;
    *b = kept;
}

/* Weights p < q change places. */
static void exchange(row_work *r, uint64_t p, uint64_t q, uint64_t n)
{
    if (p == q)
        return;
    for (uint64_t i = 0; i < n; i++)
        if (i != p && i != q)
            swap_floats(entry(r, p, i), entry(r, q, i));
    swap_floats(entry(r, p, p), entry(r, q, q));
    const uint32_t place = r->places[p];
    const double w = r->w[p];
    r->places[p] = r->places[q];
    r->w[p] = r->w[q];
    r->places[q] = place;
    r->w[q] = w;
}

static bool is_before(cost a, cost b)
{
    return a.cost < b.cost || (!(b.cost < a.cost) && a.at < b.at);
}

static int by_cost(const void *a, const void *b)
{
    return is_before(*(const cost *)a, *(const cost *)b) ? -1 : 1;
}

/* `next` comes into a heap whose first is the last of n, in its place. */
static void replace_last(cost *heap, uint64_t n, cost next)
{
    uint64_t at = 0;
    for (uint64_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_before(heap[child], heap[child + 1]))
            child++;
        if (!is_before(next, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = next;
}

static int by_place(const void *a, const void *b)
{
    const cost *x = a, *y = b;
    return x->at < y->at ? 1 : -1;
}

/* The `n_out` of n that cost least come to the end, and their scores are known. */
static void choose(row_work *r, uint64_t n, uint64_t n_out, float *scores, double scale,
                   double *highest)
{
    for (uint64_t i = 0; i < n_out; i++)
        r->costs[i] = (cost){ INFINITY, UINT32_MAX };
    for (uint64_t i = 0; i < n; i++) {
        const double of_inverse = fmax((double)*entry(r, i, i), LEAST);
        const double wanted = fmin(r->w[i] * r->w[i] / of_inverse, INFINITY); /* never a NaN */
        const cost next = { wanted, (uint32_t)i };
        if (is_before(next, r->costs[0]))
            replace_last(r->costs, n_out, next);
    }
    qsort(r->costs, n_out, sizeof *r->costs, by_cost);
    for (uint64_t i = 0; i < n_out; i++) {
        *highest = fmax(*highest, r->costs[i].cost);
        scores[r->places[r->costs[i].at]] = (float)fmax(*highest * scale, LEAST);
    }
    qsort(r->costs, n_out, sizeof *r->costs, by_place);
    for (uint64_t i = 0; i < n_out; i++)
        exchange(r, r->costs[i].at, n - 1 - i, n);
}

/* The last `n_out` of n go. With V the inverse, S what goes and V_SS = C C^T, Z = V_MS C^-T: what
 * stays has V - Z Z^T, and w - Z C^-1 w_S. */
static void take_out(row_work *r, uint64_t n, uint64_t n_out)
{
    const uint64_t left = n - n_out;
    double *c = r->a; /* no longer needed */
    for (uint64_t i = 0; i < n_out; i++)
        for (uint64_t j = 0; j <= i; j++)
            c[i * n_out + j] = (double)*entry(r, left + i, left + j);
    cholesky(c, n_out, LEAST);
    for (uint64_t t = 0; t < n_out; t++) {
        double w = r->w[left + t];
        float *to = r->turned + t * r->n;
        const float *from = r->inverse + (left + t) * r->n;
        const float scale = (float)(1 / c[t * n_out + t]);
        for (uint64_t i = 0; i < left; i++)
            to[i] = from[i];
        for (uint64_t s = 0; s < t; s++) {
            const float by = (float)c[t * n_out + s], *before = r->turned + s * r->n;
            w -= c[t * n_out + s] * r->column[s];
            for (uint64_t i = 0; i < left; i++)
                to[i] -= by * before[i];
        }
        r->column[t] = w / c[t * n_out + t];
        for (uint64_t i = 0; i < left; i++) {
            to[i] *= scale;
            r->z[i * n_out + t] = -to[i];
            r->w[i] -= (double)to[i] * r->column[t];
        }
    }
    for (uint64_t i = 0; i < left; i += TILE) {
        const uint64_t end = DC_MIN(i + TILE, left);
        const dc_matmul m = { .n_rows = end - i, .n_cols = end, .n_terms = n_out,
                              .a_row = n_out, .a_term = 1, .b_row = r->n, .y_row = r->n,
                              .a = r->z + i * n_out, .b = r->turned,
                              .y = r->inverse + i * r->n };
        dc_kernels_pick()->matmul(&m);
    }
}

static void invert(float *out, double *factor, uint64_t n, double *column)
{
    cholesky_invert(factor, n, column);
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j <= i; j++)
            out[i * n + j] = (float)factor[i * n + j];
}

static dc_status score_taken(row_work *r, float *scores, double scale)
{
    const uint64_t n = r->n, n_most = n / STEPS + 1;
    double highest = 0;
    r->inverse = dc_arena_take(&r->arena, n * n, sizeof *r->inverse);
    r->z = dc_arena_take(&r->arena, n * n_most, sizeof *r->z);
    r->turned = dc_arena_take(&r->arena, n * n_most, sizeof *r->turned);
    r->costs = dc_arena_take(&r->arena, n_most, sizeof *r->costs);
    DC_TRY(r->arena.status);
    if (r->whole != NULL)
        memcpy(r->inverse, r->whole->inverse, n * n * sizeof *r->inverse);
    else
        invert(r->inverse, r->a, n, r->column);
    for (uint64_t left = n; left > 0;) {
        const uint64_t n_out = left / STEPS + 1;
        choose(r, left, n_out, scores, scale, &highest);
        take_out(r, left, n_out);
        left -= n_out;
    }
    return DC_OK;
}

typedef struct layer_work {
    const dc_obs *o;
    const whole *wholes; /* (n_groups), or NULL */
    float *values, *scores;
} layer_work;

static dc_status score_row(void *payload, uint64_t row)
{
    const layer_work *work = payload;
    const dc_obs *o = work->o;
    row_work r = { 0 };
    dc_status status = row_take(&r, o, work->wholes, work->values + row * o->n, row);
    if (status == DC_OK)
        status = score_taken(&r, work->scores + row * o->n, o->weights ? o->weights[row] : 1);
    dc_arena_clear(&r.arena);
    return status;
}

static bool has_all(const float *row, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (row[i] == 0.0f)
            return false;
    return true;
}

static dc_status make_wholes(whole *out, const dc_obs *o, const float *values, dc_arena *arena)
{
    const uint64_t n = o->n, n_rows = o->n_rows / o->n_groups;
    uint32_t *places = dc_arena_take(arena, n, sizeof *places);
    double *spare = dc_arena_take(arena, n * n, sizeof *spare);
    double *column = dc_arena_take(arena, n, sizeof *column);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++)
        places[i] = i;
    for (uint32_t group = 0; group < o->n_groups; group++) {
        uint64_t n_whole = 0;
        for (uint64_t row = group * n_rows; row < (group + 1) * n_rows; row++)
            n_whole += has_all(values + row * n, o->n);
        if (n_whole < 2)
            continue;
        out[group].factor = dc_arena_take(arena, n * n, sizeof(double));
        out[group].inverse = dc_arena_take(arena, n * n, sizeof(float));
        DC_TRY(arena->status);
        factor_of(spare, o, group, places, n);
        memcpy(out[group].factor, spare, n * n * sizeof *spare);
        invert(out[group].inverse, spare, n, column);
    }
    return DC_OK;
}

dc_status dc_obs_score(float *scores, const float *values, const dc_obs *o)
{
    dc_arena arena = { 0 };
    whole *wholes = dc_arena_take(&arena, o->n_groups, sizeof *wholes);
    layer_work work = { o, wholes, (float *)(uintptr_t)values, scores };
    dc_status status = arena.status;
    memset(scores, 0, (uint64_t)o->n_rows * o->n * sizeof *scores);
    if (status == DC_OK)
        status = make_wholes(wholes, o, values, &arena);
    if (status == DC_OK)
        status = dc_pool_run(o->n_rows, score_row, &work);
    dc_arena_clear(&arena);
    return status;
}

/* ---- what stays ------------------------------------------------------------------------------ */

dc_status dc_obs_refit_row(float *w, const dc_obs *o, uint32_t row)
{
    row_work r = { 0 };
    const dc_status status = row_take(&r, o, NULL, w, row);
    for (uint32_t i = 0; status == DC_OK && i < r.n; i++)
        if (isfinite((float)r.w[i]) && (float)r.w[i] != 0.0f)
            w[r.places[i]] = (float)r.w[i];
    dc_arena_clear(&r.arena);
    return status;
}

static dc_status refit_row(void *payload, uint64_t row)
{
    const layer_work *work = payload;
    return dc_obs_refit_row(work->values + row * work->o->n, work->o, (uint32_t)row);
}

dc_status dc_obs_refit(float *values, const dc_obs *o)
{
    layer_work work = { o, NULL, values, NULL };
    return dc_pool_run(o->n_rows, refit_row, &work);
}

double dc_obs_error(const float *w, const dc_obs *o, uint32_t row)
{
    const double *a = o->products + (uint64_t)group_of(o, row) * o->n * o->n;
    const double *r = o->targets + (uint64_t)row * o->n;
    double sum = o->squares[row];
    for (uint64_t i = 0; i < o->n; i++) {
        double of_row = 0;
        for (uint64_t j = 0; j < o->n && w[i] != 0.0f; j++)
            of_row += a[i * o->n + j] * (double)w[j];
        sum += (double)w[i] * (of_row - 2 * r[i]);
    }
    return fmax(sum, 0);
}
