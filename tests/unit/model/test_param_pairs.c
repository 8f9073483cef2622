/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

/* conv, relu, linear, linear on 1x8x8, with these names, kernel and sizes. */
static dc_model *net(const char *const *names, uint32_t kernel, uint32_t n_conv, uint32_t n_hidden)
{
    static const dc_op ops[] = { DC_OP_CONV, DC_OP_RELU, DC_OP_LINEAR, DC_OP_LINEAR };
    const uint32_t n_outputs[] = { n_conv, 0, n_hidden, 5 };
    const dc_input input = { .shape = { 3, { 1, 8, 8, 0 } } };
    dc_model *model = NULL;
    assert_ok(dc_model_new(&model, "net", &input));
    for (uint32_t i = 0; i < 4; i++) {
        double attrs[DC_N_ATTRS];
        dc_attrs_init(attrs, ops[i]);
        attrs[DC_ATTR_N_OUTPUTS] = n_outputs[i];
        attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = kernel;
        assert_ok(dc_model_add(model, names[i], ops[i], &i, 1, attrs, true));
    }
    return model;
}

static const char *const named[] = { "conv1", "relu", "fc1", "fc2" };
static const char *const stripped[] = { "conv1", "relu1", "linear1", "linear2" };
static const char *const turned[] = { "conv1", "relu", "fc2", "fc1" };
static const char *const others[] = { "conv1", "relu", "fc1", "head" };

static dc_param_pairs paired(dc_model *a, dc_model *b)
{
    static uint32_t partners[8];
    dc_arena arena = { 0 };
    dc_param_pairs pairs;
    assert_ok(dc_params_pair(&pairs, a, b, &arena));
    memcpy(partners, pairs.partners, a->n_params * sizeof *partners);
    pairs.partners = partners;
    dc_arena_clear(&arena);
    dc_model_free(a);
    dc_model_free(b);
    return pairs;
}

static void names_that_are_all_the_same_pair(void **state)
{
    (void)state;
    const dc_param_pairs p = paired(net(named, 3, 4, 7), net(turned, 3, 4, 7));
    const uint32_t wanted[] = { 0, 1, 4, 5, 2, 3 };
    assert_false(p.is_by_order);
    assert_memory_equal(p.partners, wanted, sizeof wanted);
}

static void a_stripped_file_is_paired_by_order_with_fewer_neurons_or_more(void **state)
{
    (void)state;
    for (int is_turned = 0; is_turned < 2; is_turned++) {
        dc_model *whole = net(named, 3, 4, 7), *less = net(stripped, 3, 3, 5);
        const dc_param_pairs p = is_turned ? paired(less, whole) : paired(whole, less);
        assert_true(p.is_by_order && p.is_one_network);
        for (uint32_t i = 0; i < 6; i++)
            assert_int_equal(p.partners[i], i);
    }
}

static void another_network_is_paired_by_name_and_shape_only(void **state)
{
    (void)state;
    dc_param_pairs p = paired(net(named, 3, 4, 7), net(others, 5, 4, 7)); /* another kernel */
    assert_false(p.is_by_order || p.is_one_network);
    const uint32_t wanted[] = { DC_NONE, 1, DC_NONE, 3, DC_NONE, DC_NONE };
    assert_memory_equal(p.partners, wanted, sizeof wanted);
    p = paired(net(stripped, 3, 4, 7), net(named, 3, 3, 8)); /* more here, fewer there */
    assert_false(p.is_by_order || p.is_one_network);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(p.partners[i], DC_NONE);
    p = paired(net(named, 3, 4, 7), net(named, 5, 4, 7)); /* all names, other shapes */
    assert_false(p.is_one_network);
    assert_int_equal(p.partners[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_all_the_same_pair),
        cmocka_unit_test(a_stripped_file_is_paired_by_order_with_fewer_neurons_or_more),
        cmocka_unit_test(another_network_is_paired_by_name_and_shape_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
