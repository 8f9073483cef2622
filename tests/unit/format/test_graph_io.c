/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

#include "chunk.h"
#include "graph_io.h"
#include "names_io.h"

static dc_writer graph_of(const dc_model *model)
{
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    dc_graph_put(&w, model);
    assert_ok(w.status);
    return w;
}

typedef dc_status sample_fn(dc_model **out);

/* Through bytes and back; marks ops that were there, and attributes other than their defaults. */
static void comes_back(sample_fn *make, bool ops[DC_N_OPS], bool attrs[DC_N_ATTRS])
{
    dc_model *m = NULL, *back = NULL;
    assert_ok(make(&m));
    dc_writer w = graph_of(m);
    dc_reader r = dc_reader_over(w.data, w.size, "graph");
    assert_ok(dc_graph_get(&back, &r, NULL));
    assert_same_graph(m, back);
    for (uint32_t i = 0; i < back->n_nodes; i++) {
        const dc_node *node = &back->nodes[i];
        ops[node->op] = true;
        for (uint32_t a = 0; a < node->kind->n_attrs; a++)
            attrs[node->kind->attrs[a].attr] |= node->attrs[a] != node->kind->attrs[a].value;
    }
    dc_writer_clear(&w);
    dc_model_free(m);
    dc_model_free(back);
}

static void every_op_and_attribute_comes_back(void **state)
{
    (void)state;
    bool ops[DC_N_OPS] = { false }, attrs[DC_N_ATTRS] = { false };
    comes_back(sample_every_op, ops, attrs);
    comes_back(sample_later_ops, ops, attrs);
    comes_back(sample_vector_ops, ops, attrs);
    comes_back(sample_curves, ops, attrs);
    comes_back(sample_more_ops, ops, attrs);
    comes_back(sample_slices_back, ops, attrs);
    comes_back(sample_sequences, ops, attrs);
    comes_back(sample_gates, ops, attrs);
    for (uint32_t op = 0; op < DC_N_OPS; op++)
        if (!ops[op])
            fail_msg("%s is in no sample", dc_op_kind_of(op)->name);
    for (uint32_t a = DC_ATTR_MIN; a < DC_N_ATTRS; a++) /* those before: as samples go */
        if (!attrs[a])
            fail_msg("%s is in no sample", dc_attr_name((dc_attr)a));
}

/* relu, and an elu of the input with an attribute, as if its number were `op`. */
static dc_writer graph_with_op(uint32_t op)
{
    const dc_input input = sample_input(2, 4);
    const uint32_t first = 0;
    double attrs[DC_N_ATTRS];
    dc_model *m = NULL;
    assert_ok(dc_model_new(&m, "net", &input));
    assert_ok(sample_add(m, "relu", DC_OP_RELU, 0, 0, 0));
    dc_attrs_init(attrs, DC_OP_ELU);
    attrs[DC_ATTR_K] = 2;
    assert_ok(dc_model_add(m, "elu", DC_OP_ELU, &first, 1, attrs, true));
    m->nodes[2].op = (dc_op)op;
    dc_writer w = graph_of(m);
    dc_model_free(m);
    return w;
}

static void ops_from_63_on_take_a_byte_more(void **state)
{
    static const struct {
        uint32_t op, n;
        const char *bytes;
    } cases[] = { { 62, 3, "\xfe\x01\x02" },
                  { 63, 4, "\xff\x00\x01\x02" },
                  { 70, 4, "\xff\x07\x01\x02" },
                  { 318, 4, "\xff\xff\x01\x02" } };
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_writer w = graph_with_op(cases[i].op);
        assert_memory_equal(w.data + 10, cases[i].bytes, cases[i].n); /* behind input and relu */
        dc_writer_clear(&w);
    }
}

static void unknown_ops_are_refused_by_their_number(void **state)
{
    (void)state;
    dc_model *back = NULL;
    dc_writer w = graph_with_op(318);
    dc_reader r = dc_reader_over(w.data, w.size, "graph");
    assert_fails(DC_EUNSUPPORTED, dc_graph_get(&back, &r, NULL));
    assert_non_null(strstr(dc_message(), "node 2 has op 318"));
    r = dc_reader_over(w.data, 11, "graph"); /* up to the node's head */
    assert_fails(DC_ECORRUPT, dc_graph_get(&back, &r, NULL));
    dc_writer_clear(&w);
}

static void a_lenet_graph_takes_34_bytes(void **state)
{
    (void)state;
    dc_model *m = NULL;
    assert_ok(sample_lenet(&m, 28, 20, 50, 500));
    dc_writer w = graph_of(m);
    assert_int_equal(w.size, 34);
    dc_writer_clear(&w);
    dc_model_free(m);
}

/* A constant (2) and a sum that leaves it out of the chain. */
static void a_node_without_inputs_comes_back(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_reader r = dc_reader_over("\x20\x02\x02\xdd\x00\x9b\x04\x4a\x02\x01\x02\x00", 12, "graph");
    assert_ok(dc_graph_get(&m, &r, NULL));
    assert_int_equal(m->n_nodes, 3);
    assert_int_equal(m->nodes[1].op, DC_OP_CONSTANT);
    assert_int_equal(m->nodes[1].n_inputs, 0);
    assert_string_equal(m->params[0].name, "constant1.value");
    assert_int_equal(m->nodes[2].inputs[1], 0);
    dc_writer w = graph_of(m);
    assert_int_equal(w.size, 12);
    dc_writer_clear(&w);
    dc_model_free(m);
}

static void nodes_without_names_get_default_names(void **state)
{
    (void)state;
    dc_model *m = NULL, *back = NULL;
    assert_ok(sample_every_op(&m));
    dc_writer w = graph_of(m);
    dc_reader r = dc_reader_over(w.data, w.size, "graph");
    assert_ok(dc_graph_get(&back, &r, NULL));
    assert_string_equal(back->name, "model");
    assert_string_equal(back->nodes[1].name, "conv1");
    assert_string_equal(back->nodes[4].name, "conv2");
    assert_string_equal(back->params[0].name, "conv1.weight");
    assert_string_equal(back->nodes[11].name, "global_average_pool1");
    dc_writer_clear(&w);
    dc_model_free(m);
    dc_model_free(back);
}

static void names_of_models_nodes_and_classes_come_back(void **state)
{
    (void)state;
    dc_model *m = NULL, *back = NULL;
    assert_ok(sample_every_op(&m));
    dc_writer graph = graph_of(m), names;
    dc_writer_init(&names, 1 << 20);
    assert_true(dc_names_put(&names, m, false));
    dc_reader r = dc_reader_over(graph.data, graph.size, "graph");
    dc_reader n = dc_reader_over(names.data, names.size, "names");
    assert_ok(dc_graph_get(&back, &r, &n));
    assert_ok(dc_class_names_get(back, &n));
    assert_string_equal(back->name, "every_op");
    for (uint32_t i = 0; i < m->n_nodes; i++)
        assert_string_equal(m->nodes[i].name, back->nodes[i].name);
    assert_int_equal(back->n_class_names, 3);
    assert_string_equal(back->class_names[2], "\xc3\xa9lan");
    dc_writer_clear(&graph);
    dc_writer_clear(&names);
    dc_model_free(m);
    dc_model_free(back);
}

static void a_model_of_default_names_needs_no_names(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_input input = sample_input(1, 8);
    dc_writer names;
    dc_writer_init(&names, 100);
    assert_ok(dc_model_new(&m, "model", &input));
    assert_ok(sample_add(m, "conv1", DC_OP_CONV, 2, 3, 1));
    assert_ok(sample_add(m, "relu1", DC_OP_RELU, 0, 0, 0));
    assert_false(dc_names_put(&names, m, false));
    assert_int_equal(names.size, 0);
    assert_ok(sample_add(m, "relu3", DC_OP_RELU, 0, 0, 0));
    assert_true(dc_names_put(&names, m, false));
    assert_int_equal(names.size, 1 + 1 + 1 + 6 + 1);
    dc_writer_clear(&names);
    dc_model_free(m);
}

/* What the reader says to the ends of `from`, on a copy of it without them. */
static dc_model *with_ends_of(const dc_model *from)
{
    dc_writer w;
    dc_model *to = NULL;
    const dc_end none = { .name = NULL };
    dc_writer_init(&w, 1u << 16);
    assert_true(dc_ends_put(&w, from));
    assert_ok(dc_model_copy(&to, from));
    assert_ok(dc_model_set_ends(to, &none, &none));
    dc_reader r = dc_reader_over(w.data, w.size, "eNDS");
    assert_ok(dc_ends_get(to, &r));
    dc_writer_clear(&w);
    return to;
}

static void ends_come_back(void **state)
{
    (void)state;
    dc_model *model = NULL;
    dc_writer w;
    const dc_end input = { "image", true, { 2, { 2, 3, 0, 0 } } };
    const dc_end output = { NULL, true, { 0, { 0 } } };
    const sample_fill fill = { .density = 1 };
    assert_ok(sample_layer(&model, 1, 6, &fill));
    dc_writer_init(&w, 1u << 16);
    assert_false(dc_ends_put(&w, model));
    assert_int_equal(w.size, 0);
    assert_ok(dc_model_set_ends(model, &input, &output));
    dc_model *again = with_ends_of(model);
    assert_string_equal(again->input_end.name, "image");
    assert_true(again->input_end.has_shape && again->output_end.has_shape);
    assert_true(dc_shape_equal(&again->input_end.shape, &input.shape));
    assert_null(again->output_end.name);
    assert_int_equal(again->output_end.shape.n_dims, 0);
    dc_model_free(again);
    dc_model_free(model);
}

static void history_comes_back(void **state)
{
    (void)state;
    dc_model *m = NULL, *back = NULL;
    dc_writer w;
    const dc_input input = sample_input(1, 8);
    dc_writer_init(&w, 1 << 20);
    assert_ok(sample_every_op(&m));
    assert_ok(dc_model_new(&back, "back", &input));
    assert_true(dc_history_put(&w, m));
    dc_reader r = dc_reader_over(w.data, w.size, "history");
    assert_ok(dc_history_get(back, &r));
    assert_int_equal(back->n_history, 2);
    assert_string_equal(back->history[1].stage, "prune");
    assert_string_equal(back->history[1].settings, "{\"density\":0.1}");
    dc_writer_clear(&w);
    dc_model_free(m);
    dc_model_free(back);
}

/* Each text: a whole GRPH chunk after a flat input of 4 without scaling (20 04). */
static void assert_refused(dc_status code, const char *bytes, size_t n, const char *text)
{
    dc_model *m = NULL;
    uint8_t data[64] = { 0x20, 4 };
    memcpy(data + 2, bytes, n);
    dc_reader r = dc_reader_over(data, n + 2, "graph");
    assert_fails(code, dc_graph_get(&m, &r, NULL));
    if (strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
    assert_null(m);
}

static void graphs_that_lie_are_refused(void **state)
{
    (void)state;
    assert_refused(DC_ECORRUPT, "\x01\x45\x01\x02\x00", 5, "takes a node 2 before it");
    assert_refused(DC_ECORRUPT, "\x01\x45\x01\x00\x00", 5, "takes a node 0 before it");
    assert_refused(DC_ECORRUPT, "\x01\x00\x00", 3, "has op 0");
    assert_refused(DC_EUNSUPPORTED, "\x01\x3f\x02\x00", 4, "has op 65");
    assert_refused(DC_ECORRUPT, "\x01\x82\x81\x04\x00", 5, "linear has no attribute 1");
    assert_refused(DC_ECORRUPT, "\x01\x82\x9f\x04\x00", 5, "linear has no attribute 31");
    assert_refused(DC_ECORRUPT, "\x01\x82\x0c\x00\x80\x04\x00", 7, "out of order");
    assert_refused(DC_ECORRUPT, "\x01\x82\x80\x03\x00", 5, "reserved form 3");
    assert_refused(DC_ECORRUPT, "\x01\x82\x80\x01\0\0\0\0\0\0\xf8\x7f\x00", 13, "not finite");
    assert_refused(DC_ECORRUPT, "\x01\x82\x80\x00\x00", 5, "n_outputs");
    assert_refused(DC_ECORRUPT, "\x01\x81\x80\x04\x00", 5, "conv1: needs an input of 3 dims");
    assert_refused(DC_ECORRUPT, "\x01\x05\x00\x00", 4, "1 bytes left over");
    assert_refused(DC_ECORRUPT, "\x01\x05", 2, "1 bytes needed, 0 left");
    assert_refused(DC_ECORRUPT, "\xff\xff\xff\x7f\x05\x00", 6, "over the limit of 65535");
    assert_refused(DC_ECORRUPT, "\x01\x4a\xff\xff\x03\x01\x00", 7, "inputs in 2 bytes");
    assert_refused(DC_ECORRUPT, "\x01\x9d\x9b\x04\x00", 5, "cannot have 1 inputs");
    assert_refused(DC_ECORRUPT, "\x01\x45\x00\x00", 4, "cannot have 0 inputs");
    assert_refused(DC_ECORRUPT, "\x01\x9a\x9c\x08\x00", 5, "before it is not");
}

static void a_reserved_input_is_refused(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_reader r = dc_reader_over("\x23\x04\x05\x00\x00", 5, "graph");
    assert_fails(DC_ECORRUPT, dc_graph_get(&m, &r, NULL));
    r = dc_reader_over("\x38\x04\x00\x00", 4, "graph");
    assert_fails(DC_ECORRUPT, dc_graph_get(&m, &r, NULL));
    r = dc_reader_over("\x60\x04\x00\x00\xc0\x7f\x00\x00", 8, "graph");
    assert_fails(DC_ECORRUPT, dc_graph_get(&m, &r, NULL));
    assert_non_null(strstr(dc_message(), "not finite"));
    r = dc_reader_over("\x20\x00\x00\x00", 4, "graph");
    assert_fails(DC_ECORRUPT, dc_graph_get(&m, &r, NULL));
    assert_null(m);
}

static void names_that_clash_are_refused(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_reader r = dc_reader_over("\x20\x04\x02\x05\x05\x00", 6, "graph");
    dc_reader names = dc_reader_over("\x00\x05relu2\x00\x00", 9, "names");
    assert_fails(DC_ECORRUPT, dc_graph_get(&m, &r, &names));
    assert_non_null(strstr(dc_message(), "two nodes are called"));
}

static void class_names_must_be_as_many_as_outputs(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_reader r = dc_reader_over("\x20\x04\x01\x05\x00", 5, "graph");
    assert_ok(dc_graph_get(&m, &r, NULL));
    dc_reader names = dc_reader_over("\x03\x01" "a\x01" "b\x01" "c", 7, "names");
    assert_fails(DC_ECORRUPT, dc_class_names_get(m, &names));
    assert_non_null(strstr(dc_message(), "3 class names for 4 outputs"));
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_and_attribute_comes_back),
        cmocka_unit_test(a_node_without_inputs_comes_back),
        cmocka_unit_test(ops_from_63_on_take_a_byte_more),
        cmocka_unit_test(unknown_ops_are_refused_by_their_number),
        cmocka_unit_test(a_lenet_graph_takes_34_bytes),
        cmocka_unit_test(nodes_without_names_get_default_names),
        cmocka_unit_test(names_of_models_nodes_and_classes_come_back),
        cmocka_unit_test(a_model_of_default_names_needs_no_names),
        cmocka_unit_test(ends_come_back),
        cmocka_unit_test(history_comes_back),
        cmocka_unit_test(graphs_that_lie_are_refused),
        cmocka_unit_test(a_reserved_input_is_refused),
        cmocka_unit_test(names_that_clash_are_refused),
        cmocka_unit_test(class_names_must_be_as_many_as_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
