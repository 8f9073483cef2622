/* SPDX-License-Identifier: MIT
 *
 * A model as a file that the runtime reads, opened in blocks of the exact size, so that a sanitizer
 * sees a step beyond them; blocks of work are full of NaNs, so that what is read before it is
 * written shows.
 */
#ifndef DCOMP_TESTS_RT_CASE_H
#define DCOMP_TESTS_RT_CASE_H

#include "test.h"

#include "dcomp/format.h"
#include "dcomp/nn.h"
#include "dcomp/rt.h"

static inline void rt_case_encode(dc_writer *w, const dc_model *model)
{
    const dc_write_settings settings = { .level = DC_LEVEL_CODED,
                                         .is_stripped = true,
                                         .coder_mask = 1u << DC_CODER_RAW };
    dc_writer_init(w, UINT64_C(1) << 30);
    assert_ok(dc_model_encode(w, model, &settings, NULL, NULL));
}

typedef struct rt_opened {
    void *memory, *work;
    const dc_rt *model;
    dc_rt_facts facts;
    dc_rt_fault fault;
} rt_opened;

static inline void *rt_case_block(size_t n)
{
    void *block = malloc(n + (n == 0));
    assert_non_null(block);
    memset(block, 0xff, n);
    return block;
}

static inline void rt_case_close(rt_opened *o)
{
    free(o->memory);
    free(o->work);
    memset(o, 0, sizeof *o);
}

/* On failure nothing is left to close. */
static inline dc_rt_status rt_case_try(rt_opened *o, const void *file, size_t n,
                                       const dc_rt_mode *mode)
{
    size_t bytes;
    memset(o, 0, sizeof *o);
    dc_rt_status status = dc_rt_size(&bytes, file, n, mode, &o->fault);
    if (status != DC_RT_OK)
        return status;
    o->memory = rt_case_block(bytes);
    status = dc_rt_open(&o->model, o->memory, bytes, file, n, mode, &o->fault);
    if (status != DC_RT_OK) {
        const dc_rt_fault fault = o->fault;
        rt_case_close(o);
        o->fault = fault;
        return status;
    }
    dc_rt_describe(&o->facts, o->model);
    return status;
}

static inline void rt_case_open(rt_opened *o, const void *file, size_t n, const dc_rt_mode *mode)
{
    const dc_rt_status status = rt_case_try(o, file, n, mode);
    if (status != DC_RT_OK)
        fail_msg("status %d: %s, node %u, %u", (int)status, o->fault.text, (unsigned)o->fault.node,
                 (unsigned)o->fault.number);
    o->work = rt_case_block(o->facts.work_bytes);
}

static inline dc_rt_call rt_case_call(const rt_opened *o, const float *x, float *y)
{
    const dc_rt_call call = { .work = o->work, .work_bytes = o->facts.work_bytes, .x = x,
                              .n_x = o->facts.n_inputs, .y = y, .n_y = o->facts.n_outputs };
    return call;
}

static inline void rt_case_run_of(rt_opened *o, const float *x, size_t n_x, float *y)
{
    dc_rt_call call = rt_case_call(o, x, y);
    call.n_x = n_x;
    if (o->facts.work_bytes > 0)
        memset(o->work, 0xff, o->facts.work_bytes);
    const dc_rt_status status = dc_rt_run(o->model, &call, &o->fault);
    if (status != DC_RT_OK)
        fail_msg("status %d: %s", (int)status, o->fault.text);
}

static inline void rt_case_run(rt_opened *o, const float *x, float *y)
{
    rt_case_run_of(o, x, o->facts.n_inputs, y);
}

/* The reference backend's answer, of so many steps; 0: of all. */
static inline void rt_case_reference_of(const dc_model *model, const float *x, uint32_t n_steps,
                                        float *y)
{
    dc_predictor *predictor;
    const dc_batch batch = { .n = 1, .x = x, .target.lengths = n_steps > 0 ? &n_steps : NULL };
    assert_ok(dc_predictor_new_on(&predictor, model, 1, DC_PRECISION_F32, "ref"));
    assert_ok(dc_predict_batch(predictor, &batch, y));
    dc_predictor_free(predictor);
}

static inline void rt_case_reference(const dc_model *model, const float *x, float *y)
{
    rt_case_reference_of(model, x, 0, y);
}

/* The largest difference, in shares of the largest wanted. */
static inline double rt_case_difference(const float *y, const float *wanted, uint64_t n)
{
    double most = 1e-30, difference = 0;
    for (uint64_t i = 0; i < n; i++) {
        most = fmax(most, fabs((double)wanted[i]));
        difference = fmax(difference, fabs((double)y[i] - (double)wanted[i]));
        if (isnan(y[i]))
            return 1e30;
    }
    return difference / most;
}

#endif
