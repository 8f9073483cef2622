/* SPDX-License-Identifier: MIT
 *
 * The runtime, in all modes, with the bytes as they are and repaired. What it opens runs within
 * its blocks, which are of the exact size, and says the same twice; and what it opens, the reader
 * of the format reads as well, where its limits allow.
 */
#include "fuzz.h"

#include "dcomp/format.h"
#include "dcomp/rt.h"

#define MAX_WORK_BYTES (16u << 10)
#define LIMIT_BYTES (64u << 20)

static void *block_of(size_t n)
{
    void *block = malloc(n + (n == 0));
    FUZZ_CHECK(block != NULL);
    memset(block, 0xa5, n);
    return block;
}

static void run_twice(const dc_rt *model, const dc_rt_facts *facts)
{
    float *x = block_of(facts->n_inputs * sizeof *x);
    float *y[2];
    void *work = block_of(facts->work_bytes);
    for (uint32_t i = 0; i < facts->n_inputs; i++)
        x[i] = (float)(i % 7) - 3;
    for (int turn = 0; turn < 2; turn++) {
        y[turn] = block_of(facts->n_outputs * sizeof **y);
        const dc_rt_call call = { .work = work, .work_bytes = facts->work_bytes, .x = x,
                                  .n_x = facts->n_inputs, .y = y[turn], .n_y = facts->n_outputs };
        FUZZ_CHECK(dc_rt_run(model, &call, NULL) == DC_RT_OK);
    }
    FUZZ_CHECK(memcmp(y[0], y[1], facts->n_outputs * sizeof **y) == 0);
    free(y[0]), free(y[1]), free(x), free(work);
}

/* Of a file of graph and weights alone; what else there may be, the runtime does not read. A real
 * attribute is a float32 there, which may be within a range that the f64 is just outside of. */
static bool is_of_rounding(const char *message)
{
    return strstr(message, "must be from") != NULL || strstr(message, "over 'max'") != NULL;
}

static void check_reader(const uint8_t *data, size_t n)
{
    dc_model *model = NULL;
    static const uint8_t end[4] = { 0 };
    if (data[4] == 2 || memcmp(data + 42, end, sizeof end) != 0)
        return;
    const dc_status status = dc_model_decode(&model, data, n, "rt", DC_READ_SHAPE, LIMIT_BYTES,
                                             NULL, NULL);
    FUZZ_CHECK(status == DC_OK || status == DC_ELIMIT ||
               is_of_rounding(dc_message()));
    dc_model_free(model);
}

static void try(const uint8_t *data, size_t n, const dc_rt_mode *mode)
{
    size_t bytes;
    const dc_rt *model;
    dc_rt_fault fault = { NULL, 0, 0 };
    dc_rt_facts facts;
    if (dc_rt_size(&bytes, data, n, mode, &fault) != DC_RT_OK) {
        FUZZ_CHECK(fault.text != NULL);
        return;
    }
    void *memory = block_of(bytes);
    FUZZ_CHECK(dc_rt_open(&model, memory, bytes - 1, data, n, mode, &fault) == DC_RT_EMEMORY &&
               fault.number == bytes);
    if (dc_rt_open(&model, memory, bytes, data, n, mode, &fault) == DC_RT_OK) {
        dc_rt_describe(&facts, model);
        if (facts.work_bytes <= MAX_WORK_BYTES && facts.n_inputs <= MAX_WORK_BYTES &&
            facts.n_outputs <= MAX_WORK_BYTES)
            run_twice(model, &facts);
        check_reader(data, n);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *repaired = fuzz_container_repaired(data, n);
    dc_pool_set_jobs(1);
    /* Of the exact size, as a caller's is. */
    uint8_t *exact = block_of(n);
    if (n > 0)
        memcpy(exact, data, n);
    try(exact, n, &dc_rt_float);
    if (n > 0)
        memcpy(exact, repaired, n);
    try(exact, n, &dc_rt_float);
    try(exact, n, &dc_rt_integer);
    try(exact, n, &dc_rt_float_recurrent);
    try(exact, n, &dc_rt_integer_recurrent);
    free(exact);
    free(repaired);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_container(data, n, max_n, seed))
