/* SPDX-License-Identifier: MIT
 *
 * Networks over time, on any machine.
 */
#ifndef DCOMP_TESTS_STEPS_CASE_H
#define DCOMP_TESTS_STEPS_CASE_H

#include "array_case.h"
#include "dcomp/ese.h"

#define GATES(name, n) LAYER(name, "linear", ",\"axis\":1,\"n_outputs\":" n)

static const char *const over_time[] = {
    NET("[7,5]", GATES("x", "24") "," LAYER("lstm", "lstm", ",\"forget_bias\":1") ","
        LAYER("last", "last", "") "," FC("fc", "4")),
    NET("[6,4]", GATES("x", "32") ","
        LAYER("lstm", "lstm", ",\"peepholes\":1,\"n_outputs\":5,\"reverse\":1") ","
        GATES("x2", "12") "," LAYER("second", "lstm", "") "," LAYER("mean", "step_mean", "")),
    NET("[5,8]", LAYER("lstm", "lstm", ",\"peepholes\":1") "," FC("fc", "3")), /* no matrix of x */
    NET("[6,3]", GATES("x", "18") "," LAYER("gru", "gru", "") "," GATES("x2", "15") ","
        LAYER("early", "gru", ",\"reset_after\":0,\"reverse\":1") "," LAYER("last", "last", "")),
    NET("[6,3]", GATES("x", "9") "," LAYER("rnn", "rnn", "") "," FC("fc", "2")),
};

typedef struct steps_case {
    dc_arena arena;
    dc_model *model;
    dc_source source;
    array_net net;
    uint64_t n_differing, n_products;
    float y[MAX_VALUES], wanted[MAX_VALUES];
} steps_case;

static inline void steps_plan(steps_case *c, const char *architecture, const dc_accelerator *a,
                              const void *config)
{
    dc_pool_set_jobs(1);
    memset(c, 0, sizeof *c);
    c->model = shared_model(architecture, 3);
    c->source = noise(&c->model->input.shape);
    assert_ok(array_net_new(&c->net, c->model, a, config, "", &c->arena));
}

/* Outputs of all samples, by the machine or its oracle, and by the network itself. */
static inline void steps_run(steps_case *c, bool has_machine, const uint32_t *lengths)
{
    static float x[MAX_VALUES];
    array_batch batch;
    dc_predictor *predictor;
    dc_batch samples = { .n = N_SAMPLES, .x = x };
    samples.target.lengths = lengths;
    read_all(x, &c->source);
    assert_ok(array_net_calibrate(&c->net, &c->source, 64));
    assert_ok(array_net_lay(&c->net, has_machine));
    assert_ok(array_batch_open(&batch, &c->net, has_machine, N_SAMPLES, &c->arena));
    assert_ok(array_batch_run(&batch, &samples, c->y));
    const dc_accelerator *a = c->net.accelerator;
    for (uint32_t i = 0; i < c->net.n_arrays + c->net.n_cells; i++)
        c->n_differing += batch.lanes[0].n_differing[i];
    for (uint32_t i = 0; i < c->net.n_arrays + c->net.n_cells * DC_MAX_CELL_STAGES; i++) {
        dc_machine_figures f;
        a->figures(&f, batch.lanes[0].counters + i * a->counters_bytes, c->net.machine);
        c->n_products += f.n_runs;
    }
    array_batch_close(&batch);
    assert_ok(dc_predictor_new(&predictor, c->model, N_SAMPLES, DC_PRECISION_F32));
    assert_ok(dc_predict_batch(predictor, &samples, c->wanted));
    dc_predictor_free(predictor);
}

static inline void steps_end(steps_case *c)
{
    dc_arena_clear(&c->arena);
    dc_model_free(c->model);
}

static inline node_kind steps_kind(const steps_case *c, const char *node)
{
    return c->net.kinds[dc_model_node(c->model, node)];
}

#endif
