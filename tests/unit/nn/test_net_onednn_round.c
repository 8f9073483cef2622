/* SPDX-License-Identifier: MIT */
#include "dcomp/kernels.h"

#include "nets.h"

#include "net.h"

#define N_BATCH 6u

static dc_net *compiled(const dc_executor *executor, const dc_model *model,
                        dc_precision precision, const float *x)
{
    const dc_net_settings settings = { .batch_size = N_BATCH,
                                       .is_training = true,
                                       .precision = precision,
                                       .output = model->n_nodes - 1 };
    dc_net *net = NULL;
    assert_ok(executor->compile(&net, model, &settings));
    assert_ok(dc_net_load(net, model));
    net->x = x;
    return net;
}

static void round_all(float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)dc_bf16_from_f32(values[i]) << 16;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

/* One layer by rounding is float32 on inputs, weights and gradients that were rounded before, to
 * the bit; the weights that are trained are not rounded. */
static void one_layer_by_rounding_is_that_of_rounded_numbers(void **state)
{
    const net_node nodes[] = {
        { "conv", DC_OP_CONV, { 0, DC_NONE },
          { { DC_ATTR_N_OUTPUTS, 5 }, { DC_ATTR_KERNEL_H, 3 }, { DC_ATTR_KERNEL_W, 3 },
            ATTRS_END } },
    };
    const dc_executor *onednn = dc_executor_named("onednn");
    (void)state;
    if (!onednn)
        return;
    dc_model *model = net_make(nodes, 1, dc_shape_of(3, 3, 6, 6, 0));
    const uint64_t n_x = N_BATCH * dc_shape_count(&model->nodes[0].shape);
    float *x = calloc(n_x, sizeof *x), *rounded_x = calloc(n_x, sizeof *x);
    for (uint64_t i = 0; i < n_x; i++)
        rounded_x[i] = x[i] = (float)(i % 97) / 31 - 1.3f;
    round_all(rounded_x, n_x);
    dc_model_init(model, DC_INIT_HE, 5);
    dc_net *a = compiled(onednn, model, DC_PRECISION_BF16_ROUNDED, x);
    float *kept = calloc(model->params[0].n_values, sizeof *kept);
    assert_ok(onednn->store(a, 0, kept, a->params[0].w));
    assert_memory_equal(kept, model->params[0].values, model->params[0].n_values * sizeof *kept);
    round_all(model->params[0].values, model->params[0].n_values);
    dc_net *b = compiled(onednn, model, DC_PRECISION_F32, rounded_x);
    const uint64_t n = (uint64_t)N_BATCH * a->n_outputs;
    assert_ok(onednn->forward(a, 0));
    assert_ok(onednn->forward(b, 0));
    assert_memory_equal(a->logits, b->logits, n * sizeof(float));
    for (uint64_t i = 0; i < n; i++)
        a->d_logits[i] = b->d_logits[i] = (float)(i % 7) / 8 - 0.5f;
    assert_ok(onednn->backward(a));
    assert_ok(onednn->backward(b));
    for (uint32_t i = 0; i < model->n_params; i++)
        assert_memory_equal(a->params[i].dw, b->params[i].dw,
                            a->params[i].n_stored * sizeof(float));
    onednn->free(a);
    onednn->free(b);
    free(x);
    free(rounded_x);
    free(kept);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer_by_rounding_is_that_of_rounded_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
