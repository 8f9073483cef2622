/* SPDX-License-Identifier: MIT
 *
 * Optimizer steps, by the rules of dc_update_rule (Adam with decay apart from the gradient,
 * Loshchilov and Hutter 2019). Where the tag is 0, w and v become exactly 0 [DC 2]. clip is
 * min(1, clip_norm / L2 norm of all gradients of arrays and elements that are not frozen).
 *
 * All arrays are cut into chunks, and the chunks are dealt in order to the jobs: one parallel
 * region a step, one pass over memory. Sums for clipping are made per chunk and added in order, so
 * results do not depend on the number of jobs. A chunk is looked over for values that are not
 * finite while it is at hand. The pass itself is a kernel.
 */
#include "optim.h"

#include "dcomp/kernels.h"

#include <math.h>
#include <string.h>

#define CHUNK 8192u /* elements */

typedef struct dc_optim_chunk {
    uint32_t array;
    uint64_t from, n;
} dc_optim_chunk;

dc_status dc_optim_prepare(dc_optim *optim, dc_arena *arena)
{
    uint64_t n_chunks = 0;
    for (uint32_t i = 0; i < optim->n_arrays; i++)
        n_chunks += (optim->arrays[i].n + CHUNK - 1) / CHUNK;
    optim->chunks = dc_arena_take(arena, n_chunks, sizeof *optim->chunks);
    optim->squares = dc_arena_take(arena, n_chunks, sizeof *optim->squares);
    DC_TRY(arena->status);
    optim->n_chunks = 0;
    for (uint32_t i = 0; i < optim->n_arrays; i++)
        for (uint64_t at = 0; at < optim->arrays[i].n; at += CHUNK)
            optim->chunks[optim->n_chunks++] =
                (dc_optim_chunk){ i, at, DC_MIN(optim->arrays[i].n - at, (uint64_t)CHUNK) };
    return DC_OK;
}

typedef struct job {
    dc_optim *optim;
    const dc_kernels *kernels;
    dc_update common;
    uint64_t n_parts;
} job;

static void update_part(void *payload, uint64_t index)
{
    const job *j = payload;
    const dc_optim *optim = j->optim;
    const uint64_t end = (index + 1) * optim->n_chunks / j->n_parts;
    for (uint64_t c = index * optim->n_chunks / j->n_parts; c < end; c++) {
        const dc_optim_chunk *chunk = &optim->chunks[c];
        const dc_optim_array *a = &optim->arrays[chunk->array];
        const uint64_t at = chunk->from;
        dc_update u = j->common;
        if (a->rate_scale == 0)
            continue;
        u.rate *= (float)a->rate_scale;
        u.decay = (float)a->decay;
        u.n = chunk->n;
        u.w = a->w + at;
        u.first = a->first + at;
        u.dw = a->dw + at;
        u.second = a->second ? a->second + at : NULL;
        u.tags = a->tags ? a->tags + at : NULL;
        u.w_bf16 = a->w_bf16 ? a->w_bf16 + at : NULL;
        j->kernels->update(&u);
        if (dc_find_not_finite(u.w, u.n) < u.n)
            atomic_store(&j->optim->is_lost, true);
    }
}

static void square_part(void *payload, uint64_t index)
{
    const job *j = payload;
    const dc_optim *optim = j->optim;
    const uint64_t end = (index + 1) * optim->n_chunks / j->n_parts;
    for (uint64_t c = index * optim->n_chunks / j->n_parts; c < end; c++) {
        const dc_optim_chunk *chunk = &optim->chunks[c];
        const dc_optim_array *a = &optim->arrays[chunk->array];
        double sum = 0;
        for (uint64_t i = chunk->from; a->rate_scale != 0 && i < chunk->from + chunk->n; i++)
            if (!a->tags || a->tags[i] != 0)
                sum += (double)a->dw[i] * (double)a->dw[i];
        optim->squares[c] = sum;
    }
}

static float clip_of(job *j)
{
    const dc_optim *optim = j->optim;
    double sum = 0;
    if (optim->clip_norm <= 0)
        return 1;
    dc_pool_each(j->n_parts, square_part, j);
    for (uint32_t c = 0; c < optim->n_chunks; c++)
        sum += optim->squares[c];
    const double norm = sqrt(sum);
    return norm > optim->clip_norm ? (float)(optim->clip_norm / norm) : 1;
}

static dc_update_rule rule_of(uint32_t kind)
{
    return kind == DC_OPTIMIZER_ADAM       ? DC_UPDATE_ADAM
           : kind == DC_OPTIMIZER_NESTEROV ? DC_UPDATE_NESTEROV
                                           : DC_UPDATE_SGD;
}

void dc_optim_step(dc_optim *optim, double rate)
{
    job j = { .optim = optim,
              .kernels = dc_kernels_pick(),
              .n_parts = DC_MIN((uint64_t)dc_pool_jobs(), (uint64_t)optim->n_chunks) };
    const double t = (double)++optim->n_steps;
    j.common = (dc_update){
        .rule = rule_of(optim->kind),
        .rate = (float)rate,
        .momentum = (float)optim->momentum,
        .first_scale = (float)(1 / (1 - pow(optim->momentum, t))),
        .second_scale = (float)(1 / (1 - pow(0.999, t))),
    };
    j.common.clip = clip_of(&j);
    dc_pool_each(j.n_parts, update_part, &j);
}
