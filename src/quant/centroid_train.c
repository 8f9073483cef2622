/* SPDX-License-Identifier: MIT
 *
 * The hook that trains shared values [DC 3.3]. The gradient of a centroid is the sum (not the mean)
 * over its cluster; after the update all weights of a cluster are its centroid, so that equal ones
 * stay exactly equal. A weight with a latent value, trained by the gradient at its centroid (the
 * straight-through estimator [Bengio 2013]), belongs to the centroid nearest to that.
 *
 * For sums the elements are cut in fixed parts; in a part, neighbours add to tables of their own,
 * so that runs of one tag do not wait for each other; tables and parts are added up in order, in
 * double. Thus a sum has the same bits for any number of jobs.
 */
#include <string.h>

#include "kmeans.h"

#define N_TRAIN_PARTS 32u
#define N_TABLES 8u
#define N_TAGS (DC_MAX_CENTROIDS + 1) /* tag 0: frozen at zero */
#define SMALL_N 8192u

typedef struct reduce_work {
    const float *d_w;
    const uint16_t *tags;
    uint64_t n, n_parts;
    uint32_t n_theta;
    double *sums; /* (n_parts, N_TAGS) */
} reduce_work;

typedef struct expand_work {
    float *w;
    const uint16_t *tags;
    uint64_t n, n_parts;
    float table[N_TAGS];
} expand_work;

static void reduce_part(void *payload, uint64_t part)
{
    reduce_work *work = payload;
    double *first = work->sums + part * N_TAGS; /* the first lane's table is where the sums go */
    double others[N_TABLES - 1][N_TAGS] = { { 0 } };
    double *tables[N_TABLES] = { first };
    for (uint32_t lane = 1; lane < N_TABLES; lane++)
        tables[lane] = others[lane - 1];
    uint64_t i = dc_part_start(work->n, part, work->n_parts);
    const uint64_t end = dc_part_start(work->n, part + 1, work->n_parts);
    for (; i + N_TABLES <= end; i += N_TABLES)
        for (uint64_t lane = 0; lane < N_TABLES; lane++)
            tables[lane][work->tags[i + lane]] += (double)work->d_w[i + lane];
    for (; i < end; i++)
        tables[0][work->tags[i]] += (double)work->d_w[i];
    for (uint32_t t = 0; t < work->n_theta; t++) {
        double sum = 0;
        for (uint32_t lane = 0; lane < N_TABLES; lane++)
            sum += tables[lane][t + 1];
        first[t] = sum; /* first[t + 1] is not read before the next round */
    }
}

static dc_status reduce(float *d_theta, reduce_work *work, dc_arena *scratch)
{
    work->sums = dc_arena_take(scratch, work->n_parts * N_TAGS, sizeof *work->sums);
    DC_TRY(scratch->status);
    dc_pool_each(work->n_parts, reduce_part, work);
    for (uint32_t t = 0; t < work->n_theta; t++) {
        double sum = 0;
        for (uint64_t part = 0; part < work->n_parts; part++)
            sum += work->sums[part * N_TAGS + t];
        d_theta[t] = (float)sum;
    }
    return DC_OK;
}

dc_status dc_centroid_reduce(float *d_theta, uint32_t n_theta, const float *d_w,
                             const uint16_t *tags, uint64_t n)
{
    dc_arena scratch = { 0 };
    reduce_work work = { .d_w = d_w, .tags = tags, .n = n, .n_theta = n_theta,
                         .n_parts = n < SMALL_N ? 1 : N_TRAIN_PARTS };
    const dc_status status = reduce(d_theta, &work, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

static void expand_part(void *payload, uint64_t part)
{
    const expand_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, work->n_parts);
    for (uint64_t i = dc_part_start(work->n, part, work->n_parts); i < end; i++)
        work->w[i] = work->table[work->tags[i]];
}

/* Nearest by the midpoints between neighbours in value; on a midpoint the lower one. */
typedef struct assign_work {
    uint16_t *tags;
    const float *latent;
    uint64_t n, n_parts;
    uint32_t n_theta;
    float borders[DC_MAX_CENTROIDS]; /* between the sorted ones; the last is not used */
    uint16_t tag_of[DC_MAX_CENTROIDS];
} assign_work;

static void assign_part(void *payload, uint64_t part)
{
    const assign_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, work->n_parts);
    for (uint64_t i = dc_part_start(work->n, part, work->n_parts); i < end; i++) {
        if (work->tags[i] == 0)
            continue;
        uint32_t low = 0, high = work->n_theta - 1;
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            if (work->latent[i] <= work->borders[middle])
                high = middle;
            else
                low = middle + 1;
        }
        work->tags[i] = work->tag_of[low];
    }
}

void dc_centroid_assign(uint16_t *tags, const float *latent, uint64_t n, const float *theta,
                        uint32_t n_theta)
{
    assign_work work = { .tags = tags, .latent = latent, .n = n, .n_theta = n_theta };
    float sorted[DC_MAX_CENTROIDS];
    if (n_theta == 0)
        return;
    for (uint32_t t = 0; t < n_theta; t++) { /* nearly in order already */
        uint32_t at = t;
        for (; at > 0 && sorted[at - 1] > theta[t]; at--) {
            sorted[at] = sorted[at - 1];
            work.tag_of[at] = work.tag_of[at - 1];
        }
        sorted[at] = theta[t];
        work.tag_of[at] = (uint16_t)(t + 1);
    }
    for (uint32_t t = 0; t + 1 < n_theta; t++)
        work.borders[t] = (sorted[t] + sorted[t + 1]) / 2;
    work.n_parts = n < SMALL_N ? 1 : N_TRAIN_PARTS;
    dc_pool_each(work.n_parts, assign_part, &work);
}

void dc_centroid_expand(float *w, const float *theta, uint32_t n_theta, const uint16_t *tags,
                        uint64_t n)
{
    expand_work work = { .w = w, .tags = tags, .n = n, .n_parts = n < SMALL_N ? 1 : N_TRAIN_PARTS };
    memcpy(work.table + 1, theta, n_theta * sizeof *theta);
    dc_pool_each(work.n_parts, expand_part, &work);
}

/* ---- the hook ---- */

/* Latent values begin at their centroids, or where the teacher has the weight, if that is in the
 * weight's own cell: then the teacher is what was shared. */
static dc_status begin_latent(const dc_trained *trained, uint32_t index, dc_arena *scratch)
{
    const dc_trained_param *p = &trained->params[index];
    const dc_param *mine = &trained->model->params[index];
    const dc_param *theirs =
        trained->teacher ? dc_model_param(trained->teacher, mine->name) : NULL;
    dc_centroid_expand(p->latent, p->theta, p->n_theta, p->tags, p->n);
    if (!theirs || !theirs->values || !dc_shape_equal(&mine->shape, &theirs->shape))
        return DC_OK;
    uint16_t *cells = dc_arena_take(scratch, p->n, sizeof *cells);
    float *origin = dc_arena_take(scratch, p->n, sizeof *origin);
    DC_TRY(scratch->status);
    DC_TRY(trained->load(trained, index, origin, theirs->values));
    memcpy(cells, p->tags, p->n * sizeof *cells);
    dc_centroid_assign(cells, origin, p->n, p->theta, p->n_theta);
    for (uint64_t i = 0; i < p->n; i++)
        if (cells[i] == p->tags[i] && cells[i] != 0)
            p->latent[i] = origin[i];
    return DC_OK;
}

static dc_status begin(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_arena scratch = { 0 };
        const dc_status status =
            trained->params[i].latent ? begin_latent(trained, i, &scratch) : DC_OK;
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    return DC_OK;
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        if (p->theta)
            DC_TRY(dc_centroid_reduce(p->d_theta, p->n_theta, p->dw, p->tags, p->n));
    }
    return DC_OK;
}

static dc_status after_update(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_trained_param *p = &trained->params[i];
        if (!p->theta)
            continue;
        if (p->latent)
            dc_centroid_assign(p->tags, p->latent, p->n, p->theta, p->n_theta);
        dc_centroid_expand(p->w, p->theta, p->n_theta, p->tags, p->n);
        p->is_changed = true;
    }
    return DC_OK;
}

const dc_train_hook dc_centroid_hook = { .name = "sharing",
                                         .trains_shared = true,
                                         .begin = begin,
                                         .after_backward = after_backward,
                                         .after_update = after_update };
