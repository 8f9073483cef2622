/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

#define MAX_OPS 6

typedef struct part {
    dc_op op;
    struct {
        dc_attr attr;
        double value;
    } attrs[4];
} part;

#define SAID(...) { __VA_ARGS__, { DC_N_ATTRS, 0 } }
#define NOTHING_SAID { { DC_N_ATTRS, 0 } }
#define CLIP(min, max) SAID({ DC_ATTR_MIN, min }, { DC_ATTR_MAX, max })
#define DIMS(a, b, c) \
    SAID({ DC_ATTR_DIM_0, a }, { DC_ATTR_DIM_1, b }, { DC_ATTR_DIM_2, c })

/* A chain of ops over (n_classes,1,1): first a linear layer, node 1, then `parts`. */
static dc_model *chain(uint32_t n_classes, const part *parts, uint32_t n_parts)
{
    const dc_input input = { .shape = { 3, { 2, 2, 2, 0 } } };
    double attrs[DC_N_ATTRS] = { 0 };
    dc_model *model = NULL;
    uint32_t before = 0;
    assert_ok(dc_model_new(&model, "chain", &input));
    attrs[DC_ATTR_N_OUTPUTS] = n_classes;
    assert_ok(dc_model_add(model, "fc", DC_OP_LINEAR, &before, 1, attrs, true));
    for (uint32_t i = 0; i < n_parts; i++) {
        const char name[] = { (char)('a' + i), '\0' };
        dc_attrs_init(attrs, parts[i].op);
        for (int a = 0; parts[i].attrs[a].attr != DC_N_ATTRS; a++)
            attrs[parts[i].attrs[a].attr] = parts[i].attrs[a].value;
        before = i + 1;
        assert_ok(dc_model_add(model, name, parts[i].op, &before, 1, attrs, true));
    }
    return model;
}

static void a_softmax_and_a_sigmoid_are_found_behind_views(void **state)
{
    static const part ends[][MAX_OPS] = {
        { { DC_OP_FLATTEN, NOTHING_SAID } },
        { { DC_OP_DROPOUT, NOTHING_SAID }, { DC_OP_RESHAPE, DIMS(6, 1, 1) } },
        { { DC_OP_RESHAPE, DIMS(6, 1, 1) }, { DC_OP_TRANSPOSE, DIMS(2, 1, 3) } },
        { { DC_OP_RESHAPE, DIMS(2, 1, 3) }, { DC_OP_TRANSPOSE, DIMS(1, 3, 2) } },
        { { DC_OP_RESHAPE, DIMS(6, 1, 1) }, { DC_OP_GLOBAL_AVERAGE_POOL, NOTHING_SAID } },
        { { DC_OP_RESHAPE, DIMS(6, 1, 1) }, { DC_OP_MAX_POOL, NOTHING_SAID } },
        { { DC_OP_RESHAPE, DIMS(3, 2, 1) }, { DC_OP_PAD, NOTHING_SAID },
          { DC_OP_AVERAGE_POOL, NOTHING_SAID } },
        { { DC_OP_SLICE, SAID({ DC_ATTR_SIZE, 6 }) }, { DC_OP_CONCAT, NOTHING_SAID } },
    };
    static const dc_op heads[] = { DC_OP_SOFTMAX, DC_OP_SIGMOID, DC_OP_LOG_SOFTMAX };
    static const dc_head_kind kinds[] = { DC_HEAD_SOFTMAX, DC_HEAD_SIGMOID, DC_HEAD_SCORES };
    (void)state;
    for (size_t h = 0; h < DC_COUNT_OF(heads); h++)
        for (size_t e = 0; e < DC_COUNT_OF(ends); e++) {
            part parts[1 + MAX_OPS] = { { heads[h], NOTHING_SAID } };
            uint32_t n = 1;
            for (; n <= MAX_OPS && ends[e][n - 1].op != DC_OP_INPUT; n++)
                parts[n] = ends[e][n - 1];
            dc_model *model = chain(6, parts, n);
            const dc_head head = dc_model_head(model);
            assert_int_equal(head.kind, kinds[h]);
            assert_int_equal(head.logits, 1);
            assert_int_equal(head.node, 2);
            assert_int_equal(head.n_outputs, 6);
            assert_int_equal(head.n_classes, 6);
            assert_ok(dc_head_check(&head, model));
            dc_model_free(model);
        }
}

static void what_moves_or_changes_outputs_is_no_view(void **state)
{
    static const part ends[][2] = {
        { { DC_OP_RESHAPE, DIMS(2, 3, 1) }, { DC_OP_TRANSPOSE, DIMS(2, 1, 3) } },
        { { DC_OP_RESHAPE, DIMS(2, 3, 1) }, { DC_OP_GLOBAL_AVERAGE_POOL, NOTHING_SAID } },
        { { DC_OP_FLATTEN, NOTHING_SAID }, { DC_OP_SLICE, SAID({ DC_ATTR_SIZE, 5 }) } },
        { { DC_OP_FLATTEN, NOTHING_SAID },
          { DC_OP_SLICE, SAID({ DC_ATTR_SIZE, 6 }, { DC_ATTR_BEGIN, 5 }, { DC_ATTR_STEP, -1 }) } },
        { { DC_OP_FLATTEN, NOTHING_SAID }, { DC_OP_TANH, NOTHING_SAID } },
        { { DC_OP_RELU, NOTHING_SAID }, { DC_OP_CLIP, CLIP(0.2, 1) } },
        { { DC_OP_FLATTEN, NOTHING_SAID }, { DC_OP_CLIP, CLIP(0, 0.9) } },
        { { DC_OP_FLATTEN, NOTHING_SAID }, { DC_OP_SIGMOID, NOTHING_SAID } },
    };
    (void)state;
    for (size_t e = 0; e < DC_COUNT_OF(ends); e++) {
        const part parts[] = { { DC_OP_SOFTMAX, NOTHING_SAID }, ends[e][0], ends[e][1] };
        dc_model *model = chain(6, parts, 3);
        const dc_head head = dc_model_head(model);
        assert_true(head.kind != DC_HEAD_SOFTMAX);
        assert_int_equal(head.node, 4);
        assert_int_equal(head.logits, head.kind == DC_HEAD_SIGMOID ? 3 : 4);
        dc_model_free(model);
    }
}

static void what_keeps_probabilities_is_looked_through(void **state)
{
    static const part ends[][3] = {
        { { DC_OP_RELU, NOTHING_SAID }, { DC_OP_FLATTEN, NOTHING_SAID },
          { DC_OP_CLIP, CLIP(1e-7, 1 - 1e-7) } },
        { { DC_OP_CLIP, CLIP(0, 1) }, { DC_OP_LEAKY_RELU, NOTHING_SAID },
          { DC_OP_DROPOUT, NOTHING_SAID } },
        { { DC_OP_PRELU, NOTHING_SAID }, { DC_OP_ELU, NOTHING_SAID },
          { DC_OP_CLIP, CLIP(-3, 6) } },
    };
    static const dc_op heads[] = { DC_OP_SOFTMAX, DC_OP_SIGMOID };
    (void)state;
    for (size_t h = 0; h < DC_COUNT_OF(heads); h++)
        for (size_t e = 0; e < DC_COUNT_OF(ends); e++) {
            const part parts[] = { { heads[h], NOTHING_SAID }, ends[e][0], ends[e][1], ends[e][2] };
            dc_model *model = chain(6, parts, 4);
            const dc_head head = dc_model_head(model);
            assert_int_equal(head.kind, h == 0 ? DC_HEAD_SOFTMAX : DC_HEAD_SIGMOID);
            assert_int_equal(head.node, 2);
            assert_int_equal(head.logits, 1);
            dc_model_free(model);
        }
    const part scores[] = { { DC_OP_FLATTEN, NOTHING_SAID }, { DC_OP_RELU, NOTHING_SAID } };
    dc_model *model = chain(6, scores, 2); /* scores are none */
    assert_int_equal(dc_model_head(model).node, 3);
    dc_model_free(model);
}

static void dropout_before_a_softmax_stays_in_training(void **state)
{
    static const part parts[] = { { DC_OP_DROPOUT, NOTHING_SAID },
                                  { DC_OP_SOFTMAX, NOTHING_SAID },
                                  { DC_OP_FLATTEN, NOTHING_SAID },
                                  { DC_OP_SOFTMAX, NOTHING_SAID } };
    (void)state;
    dc_model *model = chain(3, parts, 2);
    assert_int_equal(dc_model_head(model).logits, 2);
    dc_model_free(model);
    model = chain(3, parts, 4); /* one softmax of another */
    assert_int_equal(dc_model_head(model).logits, 2);
    assert_int_equal(dc_model_head(model).node, 5);
    dc_model_free(model);
    model = chain(3, parts, 1);
    assert_int_equal(dc_model_head(model).logits, 2);
    assert_int_equal(dc_model_head(model).kind, DC_HEAD_SCORES);
    dc_model_free(model);
}

static void a_softmax_over_any_dim_that_holds_all_is_one(void **state)
{
    static const part parts[] = { { DC_OP_RESHAPE, DIMS(1, 1, 5) },
                                  { DC_OP_LOG_SOFTMAX, SAID({ DC_ATTR_AXIS, 2 }) },
                                  { DC_OP_FLATTEN, NOTHING_SAID },
                                  { DC_OP_SOFTMAX, NOTHING_SAID } };
    (void)state;
    for (uint32_t n = 2; n <= 4; n++) {
        dc_model *model = chain(5, parts, n);
        const dc_head head = dc_model_head(model);
        assert_int_equal(head.logits, 2);
        assert_int_equal(head.kind, n == 4 ? DC_HEAD_SOFTMAX : DC_HEAD_SCORES);
        assert_ok(dc_head_check(&head, model));
        dc_model_free(model);
    }
}

static void one_sigmoid_output_is_two_classes(void **state)
{
    static const part parts[] = { { DC_OP_SIGMOID, NOTHING_SAID },
                                  { DC_OP_FLATTEN, NOTHING_SAID } };
    const float y = 0.75f;
    float pair[2];
    (void)state;
    dc_model *model = chain(1, parts, 2);
    const dc_head head = dc_model_head(model);
    assert_int_equal(dc_model_n_outputs(model), 1);
    assert_int_equal(dc_model_n_classes(model), 2);
    assert_int_equal(head.logits, 1);
    assert_ok(dc_head_check(&head, model));
    assert_ptr_equal(dc_head_scores(&head, &y, pair), pair);
    assert_near(pair[0], 0.25, 0);
    assert_near(pair[1], 0.75, 0);
    dc_model_free(model);
}

static void what_has_no_loss_is_refused_by_name(void **state)
{
    static const part plain[] = { { DC_OP_FLATTEN, NOTHING_SAID } },
                      soft[] = { { DC_OP_SOFTMAX, NOTHING_SAID } },
                      split[] = { { DC_OP_RESHAPE, DIMS(3, 2, 1) },
                                  { DC_OP_SOFTMAX, NOTHING_SAID },
                                  { DC_OP_FLATTEN, NOTHING_SAID } },
                      logs[] = { { DC_OP_RESHAPE, DIMS(3, 2, 1) },
                                 { DC_OP_LOG_SOFTMAX, SAID({ DC_ATTR_AXIS, 1 }) } };
    (void)state;
    dc_model *model = chain(1, plain, 1);
    dc_head head = dc_model_head(model);
    assert_fails(DC_EUNSUPPORTED, dc_head_check(&head, model));
    assert_non_null(strstr(dc_message(), "'fc' (linear)"));
    dc_model_free(model);
    model = chain(1, soft, 1);
    head = dc_model_head(model);
    assert_fails(DC_EUNSUPPORTED, dc_head_check(&head, model));
    dc_model_free(model);
    model = chain(6, split, 3);
    head = dc_model_head(model);
    assert_fails(DC_EUNSUPPORTED, dc_head_check(&head, model));
    assert_non_null(strstr(dc_message(), "'b' (softmax) is over 3 of the 6 outputs"));
    dc_model_free(model);
    model = chain(6, logs, 2);
    head = dc_model_head(model);
    assert_fails(DC_EUNSUPPORTED, dc_head_check(&head, model));
    assert_non_null(strstr(dc_message(), "'b' (log_softmax) is over 2 of the 6 outputs"));
    dc_model_free(model);
}

static void count_warning(void *payload, const char *text)
{
    ++*(uint32_t *)payload;
    assert_non_null(strstr(text, "'b' (relu)"));
}

static void scores_from_an_activation_are_warned_of_once(void **state)
{
    static const part parts[] = { { DC_OP_DROPOUT, NOTHING_SAID },
                                  { DC_OP_RELU, NOTHING_SAID },
                                  { DC_OP_FLATTEN, NOTHING_SAID } };
    uint32_t n_warnings = 0;
    const dc_listener listener = { .payload = &n_warnings, .warn = count_warning };
    (void)state;
    dc_model *model = chain(4, parts, 3);
    const dc_head head = dc_model_head(model);
    dc_set_listener(&listener);
    assert_ok(dc_head_check(&head, model));
    assert_ok(dc_head_check(&head, model));
    dc_set_listener(NULL);
    assert_int_equal(n_warnings, 1);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_softmax_and_a_sigmoid_are_found_behind_views),
        cmocka_unit_test(what_moves_or_changes_outputs_is_no_view),
        cmocka_unit_test(what_keeps_probabilities_is_looked_through),
        cmocka_unit_test(dropout_before_a_softmax_stays_in_training),
        cmocka_unit_test(a_softmax_over_any_dim_that_holds_all_is_one),
        cmocka_unit_test(one_sigmoid_output_is_two_classes),
        cmocka_unit_test(what_has_no_loss_is_refused_by_name),
        cmocka_unit_test(scores_from_an_activation_are_warned_of_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
