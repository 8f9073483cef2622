/* SPDX-License-Identifier: MIT
 *
 * One model of the runtime, run by several threads at once: each has a block of work of its own,
 * and all say the same bits.
 */
#include "crew.h"

#include "dcomp/format.h"
#include "dcomp/rt.h"

#define N_THREADS 4u
#define N_TURNS 50

typedef struct shared {
    const dc_rt *model;
    dc_rt_facts facts;
    const float *x, *wanted;
} shared;

static dc_status run_often(void *payload, uint64_t index)
{
    const shared *s = payload;
    float y[10];
    dc_rt_fault fault;
    (void)index;
    void *work = malloc(s->facts.work_bytes);
    if (work == NULL)
        return DC_ENOMEM;
    const dc_rt_call call = { .work = work, .work_bytes = s->facts.work_bytes, .x = s->x,
                              .n_x = s->facts.n_inputs, .y = y, .n_y = s->facts.n_outputs };
    bool is_same = true;
    for (int turn = 0; turn < N_TURNS; turn++)
        is_same &= dc_rt_run(s->model, &call, &fault) == DC_RT_OK &&
                   memcmp(y, s->wanted, sizeof y) == 0;
    free(work);
    CREW_EXPECT(is_same);
    return DC_OK;
}

static void run_in(const dc_rt_mode *mode, const dc_writer *file)
{
    static float x[784], wanted[10];
    size_t bytes;
    shared s = { .x = x, .wanted = wanted };
    for (int i = 0; i < 784; i++)
        x[i] = (float)(i * 31 % 256) / 256;
    assert_int_equal(dc_rt_size(&bytes, file->data, file->size, mode, NULL), DC_RT_OK);
    void *memory = malloc(bytes);
    assert_int_equal(dc_rt_open(&s.model, memory, bytes, file->data, file->size, mode, NULL),
                     DC_RT_OK);
    dc_rt_describe(&s.facts, s.model);
    void *work = malloc(s.facts.work_bytes);
    const dc_rt_call call = { .work = work, .work_bytes = s.facts.work_bytes, .x = x, .n_x = 784,
                              .y = wanted, .n_y = 10 };
    assert_int_equal(dc_rt_run(s.model, &call, NULL), DC_RT_OK);
    crew_run(N_THREADS, run_often, &s);
    free(work);
    free(memory);
}

static void threads_run_one_model_at_once(void **state)
{
    const dc_write_settings settings = { .level = DC_LEVEL_CODED,
                                         .coder_mask = 1u << DC_CODER_RAW };
    dc_model *model;
    dc_writer file;
    (void)state;
    assert_ok(dc_model_read(&model, DCOMP_SOURCE_DIR "/models/lenet-300-100.dcm", DC_READ_DENSE, 0,
                            NULL, NULL));
    dc_writer_init(&file, 1 << 20);
    assert_ok(dc_model_encode(&file, model, &settings, NULL, NULL));
    run_in(&dc_rt_float, &file);
    run_in(&dc_rt_integer, &file);
    dc_writer_clear(&file);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(threads_run_one_model_at_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
