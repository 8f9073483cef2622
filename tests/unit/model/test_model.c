/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static const char class_a[] = "cat", class_b[] = "dog";

/* input -> fc1 (3) -> bn -> fc2 (2), with values, flags, class names and history. */
static dc_model *small_model(void)
{
    const dc_input input = {.shape = dc_shape_of(1, 4, 0, 0, 0), .mean = {9}, .scale = {1}};
    dc_model *model = NULL;
    double attrs[DC_N_ATTRS] = {[DC_ATTR_N_OUTPUTS] = 3, [DC_ATTR_BIAS] = 1};
    assert_ok(dc_model_new(&model, "small", &input));
    assert_ok(dc_model_add(model, "fc1", DC_OP_LINEAR, (uint32_t[]){0}, 1, attrs, true));
    assert_ok(dc_model_add(model, "bn", DC_OP_BATCH_NORM, (uint32_t[]){1}, 1, NULL, true));
    attrs[DC_ATTR_N_OUTPUTS] = 2;
    attrs[DC_ATTR_BIAS] = 0;
    assert_ok(dc_model_add(model, "fc2", DC_OP_LINEAR, (uint32_t[]){2}, 1, attrs, true));
    for (uint32_t p = 0; p < model->n_params; p++)
        for (uint64_t i = 0; i < model->params[p].n_values; i++)
            model->params[p].values[i] = (float)(10 * p + i);
    model->params[0].is_pruned = true;
    model->params[6].is_shared = true;
    model->class_names = dc_arena_take(&model->arena, 2, sizeof *model->class_names);
    model->class_names[0] = class_a;
    model->class_names[1] = class_b;
    model->n_class_names = 2;
    assert_ok(dc_model_add_history(model, "train", "{}"));
    return model;
}

static void counts_are_of_the_whole_model(void **state)
{
    (void)state;
    dc_model *model = small_model();
    assert_int_equal(dc_model_n_values(model), 12 + 3 + 4 * 3 + 6);
    assert_int_equal(model->n_reference_values, dc_model_n_values(model));
    assert_int_equal(dc_model_n_classes(model), 2);
    dc_model_free(model);
}

static void nodes_and_parameters_are_found_by_name(void **state)
{
    (void)state;
    dc_model *model = small_model();
    assert_ptr_equal(dc_model_param(model, "fc2.weight"), &model->params[6]);
    assert_null(dc_model_param(model, "fc2.bias"));
    assert_int_equal(dc_model_node(model, "bn"), 2);
    assert_int_equal(dc_model_node(model, "input"), 0);
    assert_int_equal(dc_model_node(model, "none"), DC_NONE);
    dc_model_free(model);
}

static void layers_are_the_nodes_with_weights(void **state)
{
    (void)state;
    dc_arena arena = {0};
    dc_model *model = small_model();
    const char **names;
    assert_int_equal(dc_model_layers(&names, model, &arena), 2);
    assert_string_equal(names[0], "fc1");
    assert_string_equal(names[1], "fc2");
    dc_arena_clear(&arena);
    dc_model_free(model);
}

static void a_copy_is_equal_and_independent(void **state)
{
    (void)state;
    dc_model *model = small_model(), *copy = NULL;
    model->n_reference_values = 1000; /* neurons were removed */
    const dc_end pixels = {.name = "pixels"};
    const dc_end row = {.has_shape = true, .shape = dc_shape_of(2, 1, 2, 0, 0)};
    assert_ok(dc_model_set_ends(model, &pixels, &row));
    assert_ok(dc_model_copy(&copy, model));
    assert_int_equal(copy->n_reference_values, 1000);
    assert_int_equal(copy->n_nodes, model->n_nodes);
    assert_int_equal(copy->n_params, model->n_params);
    assert_memory_equal(&copy->input, &model->input, sizeof copy->input);
    for (uint32_t p = 0; p < model->n_params; p++) {
        assert_string_equal(copy->params[p].name, model->params[p].name);
        assert_memory_equal(copy->params[p].values, model->params[p].values,
                            model->params[p].n_values * sizeof(float));
        assert_int_equal(copy->params[p].is_pruned, model->params[p].is_pruned);
        assert_int_equal(copy->params[p].is_shared, model->params[p].is_shared);
    }
    model->params[0].values[0] = -1;
    dc_model_free(model);
    assert_near(copy->params[0].values[0], 0, 0);
    assert_string_equal(copy->name, "small");
    assert_string_equal(dc_model_input_name(copy), "pixels");
    assert_string_equal(dc_model_output_name(copy), "fc2");
    assert_true(copy->output_end.has_shape && copy->output_end.shape.n_dims == 2);
    assert_string_equal(copy->class_names[1], "dog");
    assert_string_equal(copy->history[0].stage, "train");
    assert_near(dc_node_number(&copy->nodes[1], DC_ATTR_N_OUTPUTS), 3, 0);
    dc_model_free(copy);
}

static void packed_models_are_not_copied(void **state)
{
    (void)state;
    dc_model *model = small_model(), *copy = NULL;
    const dc_packed packed = {0};
    model->params[0].packed = &packed;
    assert_fails(DC_EINPUT, dc_model_copy(&copy, model));
    assert_null(copy);
    dc_model_free(model);
}

static void assign_moves_values_and_flags(void **state)
{
    (void)state;
    dc_model *from = small_model(), *to = small_model();
    from->params[6].values[5] = 42;
    from->params[6].is_pruned = true;
    from->params[0].is_pruned = false;
    dc_model_assign(to, from);
    assert_near(to->params[6].values[5], 42, 0);
    assert_true(to->params[6].is_pruned);
    assert_false(to->params[0].is_pruned);
    dc_model_free(from);
    dc_model_free(to);
}

static void text_has_a_line_for_each_node(void **state)
{
    (void)state;
    dc_arena arena = {0};
    dc_model *model = small_model();
    const char *text = dc_model_text(model, &arena);
    uint32_t n_lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        n_lines += *c == '\n';
    assert_int_equal(n_lines, 4);
    assert_non_null(strstr(text, "batch_norm"));
    dc_arena_clear(&arena);
    dc_model_free(model);
}

static void ends_keep_what_the_nodes_do_not_say(void **state)
{
    (void)state;
    dc_model *model = small_model();
    dc_end input = {.name = "input", .has_shape = true, .shape = dc_shape_of(1, 4, 0, 0, 0)};
    dc_end output = {.name = "fc2"};
    assert_ok(dc_model_set_ends(model, &input, &output));
    assert_true(model->input_end.name == NULL && !model->input_end.has_shape);
    assert_true(model->output_end.name == NULL && !model->output_end.has_shape);
    assert_string_equal(dc_model_input_name(model), "input");
    assert_string_equal(dc_model_output_name(model), "fc2");
    output = (dc_end){.name = "y", .has_shape = true}; /* one number, of two */
    assert_fails(DC_EINPUT, dc_model_set_ends(model, &input, &output));
    output = (dc_end){.has_shape = true, .shape = dc_shape_of(2, 2, 2, 0, 0)};
    assert_fails(DC_EINPUT, dc_model_set_ends(model, &input, &output));
    input = (dc_end){.name = "a\nb"};
    assert_fails(DC_EINPUT, dc_model_set_ends(model, &input, &output));
    input = (dc_end){.name = ""};
    assert_fails(DC_EINPUT, dc_model_set_ends(model, &input, &output));
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_of_the_whole_model),
        cmocka_unit_test(nodes_and_parameters_are_found_by_name),
        cmocka_unit_test(layers_are_the_nodes_with_weights),
        cmocka_unit_test(a_copy_is_equal_and_independent),
        cmocka_unit_test(ends_keep_what_the_nodes_do_not_say),
        cmocka_unit_test(packed_models_are_not_copied),
        cmocka_unit_test(assign_moves_values_and_flags),
        cmocka_unit_test(text_has_a_line_for_each_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
