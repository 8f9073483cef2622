/* SPDX-License-Identifier: MIT
 *
 * Optimizer steps. With gradient g = dw * clip, decay d, rate r and momentum m:
 *
 *     SGD         g += d w;  v = m v + g;  w -= r v
 *     Nesterov    g += d w;  v = m v + g;  w -= r (g + m v)
 *     Adam        v = m v + (1 - m) g;  s = 0.999 s + 0.001 g^2;
 *                 w -= r (v / (1 - m^t) / (sqrt(s / (1 - 0.999^t)) + 1e-8) + d w)   (decay apart
 * from the gradient, Loshchilov and Hutter 2019)
 *
 * Where the tag is 0, w and v become exactly 0 [DC 2]. clip is min(1, clip_norm / L2 norm of all
 * gradients of arrays and elements that are not frozen).
 *
 * All arrays are cut into chunks, and the chunks are dealt in order to the jobs: one parallel
 * region a step, one pass over memory. Sums for clipping are made per chunk and added in order, so
 * results do not depend on the number of jobs. A chunk is looked over for values that are not
 * finite while it is at hand. The pass is compiled for AVX-512 and AVX2 too where
 * the compiler can; the level is chosen by dc_cpu_flags.
 */
#include "optim.h"

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

/* What a pass needs, in float, worked out once a step. */
typedef struct step {
    float rate, momentum, decay, clip;
    float first_scale, second_scale; /* Adam's 1 / (1 - beta^t) */
} step;

typedef struct part { /* a chunk of an array */
    uint64_t n;
    float *restrict w, *restrict first, *restrict second;
    const float *restrict dw;
    const uint16_t *restrict tags;
    uint16_t *restrict w_bf16;
} part;

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

INLINE void store_one(const part *p, uint64_t i, float w, float first, bool is_masked)
{
    const bool is_free = !is_masked || p->tags[i] != 0;
    p->w[i] = is_free ? w : 0.0f;
    p->first[i] = is_free ? first : 0.0f;
}

INLINE void sgd(const part *p, const step *s, bool is_nesterov, bool is_masked)
{
    const float rate = s->rate, momentum = s->momentum, decay = s->decay, clip = s->clip;
    for (uint64_t i = 0; i < p->n; i++) {
        const float w = p->w[i], g = p->dw[i] * clip + decay * w;
        const float v = momentum * p->first[i] + g;
        store_one(p, i, w - rate * (is_nesterov ? g + momentum * v : v), v, is_masked);
    }
}

INLINE void adam(const part *p, const step *s, bool is_masked)
{
    const float b1 = s->momentum, b2 = 0.999f;
    for (uint64_t i = 0; i < p->n; i++) {
        const float w = p->w[i], g = p->dw[i] * s->clip;
        const float first = b1 * p->first[i] + (1 - b1) * g;
        const float second = b2 * p->second[i] + (1 - b2) * g * g;
        const float move = first * s->first_scale / (sqrtf(second * s->second_scale) + 1e-8f);
        p->second[i] = second;
        store_one(p, i, w - s->rate * (move + s->decay * w), first, is_masked);
    }
}

INLINE void to_bf16(const part *p)
{
    for (uint64_t i = 0; i < p->n; i++) {
        uint32_t bits;
        memcpy(&bits, &p->w[i], sizeof bits);
        p->w_bf16[i] = (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
    }
}

INLINE void pass(uint32_t kind, const part *p, const step *s)
{
    if (kind == DC_OPTIMIZER_ADAM && p->tags)
        adam(p, s, true);
    else if (kind == DC_OPTIMIZER_ADAM)
        adam(p, s, false);
    else if (kind == DC_OPTIMIZER_NESTEROV && p->tags)
        sgd(p, s, true, true);
    else if (kind == DC_OPTIMIZER_NESTEROV)
        sgd(p, s, true, false);
    else if (p->tags)
        sgd(p, s, false, true);
    else
        sgd(p, s, false, false);
    if (p->w_bf16)
        to_bf16(p);
}

static void pass_plain(uint32_t kind, const part *p, const step *s)
{
    pass(kind, p, s);
}

#if defined(__GNUC__) && defined(__x86_64__)
__attribute__((target("avx2"))) static void pass_avx2(uint32_t kind, const part *p, const step *s)
{
    pass(kind, p, s);
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) static void pass_avx512(uint32_t kind,
                                                                                      const part *p,
                                                                                      const step *s)
{
    pass(kind, p, s);
}
#endif

typedef void pass_fn(uint32_t kind, const part *p, const step *s);

static pass_fn *pass_for_cpu(void)
{
#if defined(__GNUC__) && defined(__x86_64__)
    if (dc_cpu_flags() & DC_CPU_AVX512)
        return pass_avx512;
    if (dc_cpu_flags() & DC_CPU_AVX2)
        return pass_avx2;
#endif
    return pass_plain;
}

typedef struct job {
    dc_optim *optim;
    step common;
    pass_fn *pass;
    uint64_t n_parts;
} job;

static dc_status update_part(void *payload, uint64_t index)
{
    const job *j = payload;
    const dc_optim *optim = j->optim;
    const uint64_t end = (index + 1) * optim->n_chunks / j->n_parts;
    for (uint64_t c = index * optim->n_chunks / j->n_parts; c < end; c++) {
        const dc_optim_chunk *chunk = &optim->chunks[c];
        const dc_optim_array *a = &optim->arrays[chunk->array];
        const uint64_t at = chunk->from;
        step s = j->common;
        if (a->rate_scale == 0)
            continue;
        s.rate *= (float)a->rate_scale;
        s.decay = (float)a->decay;
        const part p = {
            .n = chunk->n,
            .w = a->w + at,
            .first = a->first + at,
            .dw = a->dw + at,
            .second = a->second ? a->second + at : NULL,
            .tags = a->tags ? a->tags + at : NULL,
            .w_bf16 = a->w_bf16 ? a->w_bf16 + at : NULL,
        };
        j->pass(optim->kind, &p, &s);
        if (dc_find_not_finite(p.w, p.n) < p.n)
            atomic_store(&j->optim->is_lost, true);
    }
    return DC_OK;
}

static dc_status square_part(void *payload, uint64_t index)
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
    return DC_OK;
}

static void run(job *j, dc_task *task)
{
    const dc_status status = dc_pool_run(j->n_parts, task, j);
    (void)status; /* the tasks return DC_OK only */
}

static float clip_of(job *j)
{
    const dc_optim *optim = j->optim;
    double sum = 0;
    if (optim->clip_norm <= 0)
        return 1;
    run(j, square_part);
    for (uint32_t c = 0; c < optim->n_chunks; c++)
        sum += optim->squares[c];
    const double norm = sqrt(sum);
    return norm > optim->clip_norm ? (float)(optim->clip_norm / norm) : 1;
}

void dc_optim_step(dc_optim *optim, double rate)
{
    job j = { .optim = optim,
              .pass = pass_for_cpu(),
              .n_parts = DC_MIN((uint64_t)dc_pool_jobs(), (uint64_t)optim->n_chunks) };
    const double t = (double)++optim->n_steps;
    j.common = (step){
        .rate = (float)rate,
        .momentum = (float)optim->momentum,
        .first_scale = (float)(1 / (1 - pow(optim->momentum, t))),
        .second_scale = (float)(1 / (1 - pow(0.999, t))),
    };
    j.common.clip = clip_of(&j);
    run(&j, update_part);
}
