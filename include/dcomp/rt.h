/* SPDX-License-Identifier: MIT
 *
 * rt: runs a .dcm file where it lies, in memory or in flash, on a processor of any size.
 *
 * C99 and libm, no allocation, no global state, nothing else of dcomp. Weights are never unpacked:
 * codes, gaps and numbers are read from the file's own bits while a layer is computed. What it
 * reads are files with raw codes and a plain graph, as `dcomp encode --coder raw` and `dcomp
 * export model.dcm -o model.h` make them; docs/runtime.md has the ops, sizes and bounds.
 *
 * Memory comes from the caller, in two blocks of 8-byte alignment. The model's is written once, by
 * dc_rt_open, and only read after that: any number of threads may run it. A block of work holds
 * one run's values; each thread that runs has its own. Sizes are the same on every platform.
 *
 *     static uint64_t memory[...], work[...];
 *     const dc_rt *model;
 *     dc_rt_fault fault;
 *     dc_rt_status s = dc_rt_open(&model, memory, sizeof memory, file, file_bytes,
 *                                 &dc_rt_integer, &fault);
 *     dc_rt_call call = { 0 };
 *     call.work = work, call.work_bytes = sizeof work;
 *     call.pixels = picture, call.n_x = 784;
 *     call.y = probabilities, call.n_y = 10;
 *     if (s == DC_RT_OK)
 *         s = dc_rt_run(model, &call, &fault);
 *
 * All that a file says is checked by dc_rt_open: checksums, sizes, every code, position and number.
 * A file that is opened cannot make a run fail or step outside its memory.
 *
 * Two modes. dc_rt_float computes in float32. dc_rt_integer has values of 16 bits and an exponent
 * for each layer's: sums are exact integers, which are cut to 16 bits by their own largest one, so
 * no calibration is needed. Its scores are the same bits on every machine with IEEE float32, for
 * networks whose ops are integer ones (docs/runtime.md). A program that names one mode alone links
 * the code of that one. Networks with layers over time (lstm, gru, rnn, embedding, last, step_mean)
 * are of dc_rt_float_recurrent and dc_rt_integer_recurrent, which have all else, too; they go
 * through a sequence step by step, so work holds one step of what is between such layers.
 */
#ifndef DCOMP_RT_H
#define DCOMP_RT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dc_rt_status {
    DC_RT_OK = 0,
    DC_RT_EINPUT = -1,       /* the caller's mistake: a count, a NULL, an address            */
    DC_RT_EMEMORY = -2,      /* a block is too small: `number` is the bytes that are wanted   */
    DC_RT_ECORRUPT = -3,     /* the file lies, or is none                                     */
    DC_RT_EUNSUPPORTED = -4, /* it is sound as far as can be seen, and holds what is not read */
    DC_RT_ELIMIT = -5        /* too large for 32 bits, or for what the runtime holds          */
} dc_rt_status;

typedef struct dc_rt_mode dc_rt_mode;
extern const dc_rt_mode dc_rt_float;
extern const dc_rt_mode dc_rt_integer;
extern const dc_rt_mode dc_rt_float_recurrent; /* with layers over time, too */
extern const dc_rt_mode dc_rt_integer_recurrent;

/* What was refused. `text` is constant and says what `number` is. */
typedef struct dc_rt_fault {
    const char *text;
    uint32_t node;   /* of the graph, from 1; 0: it is no node's */
    uint32_t number;
} dc_rt_fault;

typedef struct dc_rt dc_rt; /* an opened model, in the caller's block */

/* The exact bytes of the block that dc_rt_open wants. Reads the file's graph and its table of
 * parameters; what this refuses, dc_rt_open refuses. `fault` may be NULL, here and below. */
dc_rt_status dc_rt_size(size_t *model_bytes, const void *file, size_t file_bytes,
                        const dc_rt_mode *mode, dc_rt_fault *fault);

/* Checks the whole file and opens it. `file` is borrowed and must stay where it is, unchanged, as
 * `memory` must. On failure *out is NULL. The time is that of reading the file some times. */
dc_rt_status dc_rt_open(const dc_rt **out, void *memory, size_t memory_bytes, const void *file,
                        size_t file_bytes, const dc_rt_mode *mode, dc_rt_fault *fault);

typedef struct dc_rt_facts {
    size_t work_bytes;      /* of a block of work */
    uint32_t n_inputs, n_outputs;
    uint32_t n_input_dims, n_output_dims;
    uint32_t input_dims[4], output_dims[4]; /* (C,H,W) of a picture */
    uint32_t n_nodes;
    int has_integer_scores; /* integer mode, and every op is an integer one: the same bits on every
                               machine */
} dc_rt_facts;
void dc_rt_describe(dc_rt_facts *out, const dc_rt *model);

typedef struct dc_rt_call {
    void *work;
    size_t work_bytes;
    const float *x;        /* prepared values, or                                             */
    const uint8_t *pixels; /* bytes, which become (pixel - mean) * scale by the file's numbers */
    size_t n_x;            /* of either: channels, then rows (C,H,W); of a sequence (T,C) whole
                              steps, T or fewer, of which there are no more in x              */
    float *y;              /* the network's output; NULL if it is of no use                   */
    size_t n_y;
} dc_rt_call;

/* One sample. DC_RT_EINPUT when a count is not the network's (`number` is), DC_RT_EMEMORY. Infinite
 * or NaN inputs are the caller's fault and give outputs that mean nothing, and no more. */
dc_rt_status dc_rt_run(const dc_rt *model, const dc_rt_call *call, dc_rt_fault *fault);

/* Integer mode, after a run: what the last layer says, before a final softmax, as integers to be
 * multiplied by 2^*exponent. In `work`, n_outputs of them. NULL in float mode. */
const int16_t *dc_rt_scores(int *exponent, const dc_rt *model, const void *work);

/* The place of the largest, the first of equals; n > 0. */
uint32_t dc_rt_best(const float *values, uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
