/* SPDX-License-Identifier: MIT
 *
 * The compiled nets of each backend that this build has, against PyTorch: every node's value (by
 * compiling for that node as the output), the gradient of every parameter, running state, loss and
 * prediction; twice, to see that a step leaves nothing behind for the next.
 *
 * Bounds are relative to each tensor's largest value. oneDNN may use other algorithms and orders of
 * summation than the definition, so its bound is looser.
 */
#include "fixture.h"

#include "net.h"

#define BOUND_REF 5e-6
#define BOUND_ONEDNN 5e-5

static dc_net *net_of(const dc_executor *executor, const fixture_case *c, uint32_t output,
                      bool is_training)
{
    dc_net *net = NULL;
    const dc_net_settings settings = { .batch_size = c->n, .is_training = is_training,
                                       .precision = DC_PRECISION_F32, .output = output,
                                       .seed = 1 };
    assert_ok(executor->compile(&net, c->model, &settings));
    assert_ok(dc_net_load(net, c->model));
    net->x = fixture_need(c, "", "x")->values;
    return net;
}

static uint64_t n_logits(const dc_net *net)
{
    return (uint64_t)net->settings.batch_size * net->n_outputs;
}

static void compare_params(fixture_score *score, const fixture_case *c, const dc_net *net)
{
    const dc_model *model = c->model;
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const dc_net_param *mine = &net->params[i];
        const bool is_state = fixture_find(c, "after ", param->name) != NULL;
        const fixture_tensor *truth = fixture_need(c, is_state ? "after " : "d ", param->name);
        const float *stored = is_state ? mine->w : mine->dw;
        float *values = calloc(param->n_values, sizeof *values);
        assert_non_null(values);
        assert_non_null(stored);
        assert_ok(net->executor->store((dc_net *)(uintptr_t)net, i, values, stored));
        fixture_compare(score, truth, values, param->n_values);
        free(values);
    }
}

static void check_step(fixture_score *score, const fixture_case *c, dc_net *net, uint64_t step)
{
    const fixture_tensor *dy = fixture_need(c, "", "dy");
    assert_ok(dc_net_load(net, c->model)); /* running state as before the step */
    assert_ok(net->executor->forward(net, step));
    fixture_compare(score, fixture_need(c, "", c->model->nodes[c->output].name), net->logits,
                    n_logits(net));
    assert_int_equal(dy->n_values, n_logits(net));
    memcpy(net->d_logits, dy->values, dy->n_values * sizeof(float));
    assert_ok(net->executor->backward(net));
    compare_params(score, c, net);
}

/* Cross-entropy of softmax, the mean over the batch, in double. */
static float loss_of(const fixture_case *c, const dc_net *net)
{
    const fixture_tensor *labels = fixture_need(c, "", "labels");
    double loss = 0;
    for (uint32_t n = 0; n < c->n; n++) {
        const float *logits = net->logits + (uint64_t)n * net->n_outputs;
        double sum = 0;
        for (uint32_t k = 0; k < net->n_outputs; k++)
            sum += exp((double)logits[k]);
        loss += log(sum) - (double)logits[(uint32_t)labels->values[n]];
    }
    return (float)(loss / c->n);
}

static void check_training(fixture_score *score, const dc_executor *executor, const fixture_case *c)
{
    dc_net *net = net_of(executor, c, c->output, true);
    check_step(score, c, net, 0);
    check_step(score, c, net, 1);
    if (fixture_find(c, "", "loss") != NULL) {
        const float loss = loss_of(c, net);
        fixture_compare(score, fixture_need(c, "", "loss"), &loss, 1);
    }
    executor->free(net);
}

static void check_values(fixture_score *score, const dc_executor *executor, const fixture_case *c)
{
    for (uint32_t i = 1; i < c->model->n_nodes; i++) {
        dc_net *net = net_of(executor, c, i, true);
        assert_ok(executor->forward(net, 0));
        fixture_compare(score, fixture_need(c, "", c->model->nodes[i].name), net->logits,
                        n_logits(net));
        executor->free(net);
    }
}

static void check_prediction(fixture_score *score, const dc_executor *executor,
                             const fixture_case *c)
{
    dc_net *net = net_of(executor, c, c->output, false);
    assert_ok(executor->forward(net, 0));
    fixture_compare(score, fixture_need(c, "", "eval"), net->logits, n_logits(net));
    executor->free(net);
}

static void check_backend(const fixture *f, const char *name, double bound)
{
    const dc_executor *executor = dc_executor_named(name);
    if (executor == NULL) {
        print_message("%s is not in this build\n", name);
        skip();
    }
    for (uint32_t i = 0; i < f->n_cases; i++) {
        fixture_score score = { .text = executor->text(), .of = &f->cases[i], .bound = bound };
        check_training(&score, executor, &f->cases[i]);
        check_values(&score, executor, &f->cases[i]);
        check_prediction(&score, executor, &f->cases[i]);
        fixture_conclude(&score);
    }
}

static void the_reference_backend_agrees_with_pytorch(void **state)
{
    check_backend(*state, "ref", BOUND_REF);
}

static void onednn_agrees_with_pytorch(void **state)
{
    check_backend(*state, "onednn", BOUND_ONEDNN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_backend_agrees_with_pytorch),
        cmocka_unit_test(onednn_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
