/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/plan.h"

typedef struct plan_case {
    dc_model *model;
    dc_arena arena;
    dc_plan plan;
} plan_case;

/* `layers` in JSON with ' for "; over a (2,8,8) input. */
static void case_begin(plan_case *c, const char *layers, dc_plan_settings settings)
{
    char text[2000];
    dc_json *json = NULL;
    *c = (plan_case){ 0 };
    snprintf(text, sizeof text, "{'name':'n','input':{'shape':[2,8,8]},'layers':[%s]}", layers);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_ok(dc_json_parse(&json, text, strlen(text), "test"));
    assert_ok(dc_model_from_arch(&c->model, json, "test"));
    dc_json_free(json);
    settings.output = c->model->n_nodes - 1;
    assert_ok(dc_plan_make(&c->plan, c->model, &settings, &c->arena));
}

static void case_end(plan_case *c)
{
    dc_arena_clear(&c->arena);
    dc_model_free(c->model);
}

static const dc_plan_value *value_of(const plan_case *c, const char *name)
{
    return &c->plan.values[dc_model_node(c->model, name)];
}

/* Names of the steps with spaces between. */
static void has_steps(const plan_case *c, const char *expected)
{
    char text[400] = "";
    for (uint32_t s = 0; s < c->plan.n_steps; s++) {
        const char *name = c->model->nodes[c->plan.steps[s]].name;
        snprintf(text + strlen(text), sizeof text - strlen(text), s == 0 ? "%s" : " %s", name);
    }
    assert_string_equal(text, expected);
}

static bool fuses_all(void *payload, const dc_node *maker, const dc_node *node)
{
    (void)payload, (void)maker, (void)node;
    return true;
}

#define CONV(name) "{'name':'" name "','op':'conv','n_outputs':4,'kernel':3,'pad':1}"
#define OP(name, op) "{'name':'" name "','op':'" op "'}"
#define OF(name, op, inputs) "{'name':'" name "','op':'" op "','inputs':[" inputs "]}"
#define FC(name) "{'name':'" name "','op':'linear','n_outputs':5}"
#define NET                                                                                   \
    CONV("c1") "," OP("n1", "batch_norm") "," OP("r1", "relu") "," CONV("c2") ","              \
        OP("r2", "relu") "," OF("sum", "add", "'r1','r2'") "," OP("flat", "flatten") ","       \
        OP("drop", "dropout") "," FC("fc") "," OP("last", "softmax")

static void views_are_no_steps(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, NET, (dc_plan_settings){ 0 });
    has_steps(&c, "c1 n1 r1 c2 r2 sum fc last");
    assert_int_equal(value_of(&c, "drop")->root, dc_model_node(c.model, "sum"));
    case_end(&c);
}

static void a_dropout_is_a_step_in_training_and_views_may_be_kept(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, NET, (dc_plan_settings){ .is_training = true });
    has_steps(&c, "c1 n1 r1 c2 r2 sum drop fc last");
    case_end(&c);
    case_begin(&c, NET, (dc_plan_settings){ .keeps_views = true });
    has_steps(&c, "c1 n1 r1 c2 r2 sum flat drop fc last");
    case_end(&c);
}

static void norms_and_curves_are_done_within_their_maker(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, NET, (dc_plan_settings){ .folds_norms = true, .can_fuse = fuses_all });
    has_steps(&c, "c1 c2 sum fc last");
    assert_int_equal(value_of(&c, "c1")->norm, dc_model_node(c.model, "n1"));
    assert_int_equal(value_of(&c, "c1")->curve, dc_model_node(c.model, "r1"));
    assert_int_equal(value_of(&c, "r1")->root, dc_model_node(c.model, "c1"));
    assert_int_equal(value_of(&c, "c2")->curve, dc_model_node(c.model, "r2"));
    assert_int_equal(value_of(&c, "fc")->curve, 0);
    case_end(&c);
}

static void in_training_a_norm_is_by_the_batch(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, NET, (dc_plan_settings){ .is_training = true, .folds_norms = true,
                                            .can_fuse = fuses_all });
    assert_int_equal(value_of(&c, "c1")->norm, 0);
    assert_int_equal(value_of(&c, "c1")->curve, 0); /* the norm stands between */
    assert_int_equal(value_of(&c, "c2")->curve, dc_model_node(c.model, "r2"));
    case_end(&c);
}

static void what_others_read_is_fused_with_nothing(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, CONV("c1") "," OP("r1", "relu") "," OF("sum", "add", "'c1','r1'"),
               (dc_plan_settings){ .can_fuse = fuses_all });
    has_steps(&c, "c1 r1 sum");
    case_end(&c);
    case_begin(&c, CONV("c1") "," OP("r1", "relu") "," OP("r2", "sigmoid") "," FC("fc"),
               (dc_plan_settings){ .can_fuse = fuses_all });
    has_steps(&c, "c1 r2 fc"); /* one curve a maker */
    case_end(&c);
}

static void dead_nodes_are_left_out(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, CONV("c1") "," CONV("dead") "," OF("last", "relu", "'c1'"),
               (dc_plan_settings){ 0 });
    has_steps(&c, "c1 last");
    assert_false(value_of(&c, "dead")->is_live);
    assert_int_equal(value_of(&c, "dead")->buffer, DC_NONE);
    assert_int_equal(value_of(&c, "c1")->n_readers, 1);
    case_end(&c);
}

static void the_output_is_no_view_of_the_input(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, OP("flat", "flatten"), (dc_plan_settings){ 0 });
    has_steps(&c, "flat");
    case_end(&c);
    case_begin(&c, OP("flat", "flatten") "," FC("fc"), (dc_plan_settings){ 0 });
    has_steps(&c, "fc");
    assert_int_equal(value_of(&c, "flat")->root, 0);
    case_end(&c);
}

static void gradients_begin_at_the_first_parameter(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, OP("r0", "relu") "," CONV("c1") "," OP("r1", "relu"),
               (dc_plan_settings){ .is_training = true });
    assert_false(value_of(&c, "r0")->needs_gradient);
    assert_true(value_of(&c, "c1")->needs_gradient);
    assert_true(value_of(&c, "r1")->needs_gradient);
    case_end(&c);
}

/* Each step reads only what no step has overwritten since it was made. */
static void is_sound(const plan_case *c)
{
    uint32_t held[64]; /* by buffer: whose value it has */
    assert_true(c->plan.n_buffers <= DC_COUNT_OF(held));
    for (uint32_t s = 0; s < c->plan.n_steps; s++) {
        const uint32_t step = c->plan.steps[s], buffer = c->plan.values[step].buffer;
        const dc_node *node = &c->model->nodes[step];
        for (uint32_t k = 0; k < node->n_inputs; k++) {
            const dc_plan_value *in = &c->plan.values[node->inputs[k]];
            assert_true(in->root == 0 || held[in->buffer] == in->root);
            assert_true(in->buffer != buffer);
        }
        assert_true(c->plan.buffer_values[buffer] >= dc_shape_count(&node->shape));
        held[buffer] = step;
    }
    const dc_plan_value *output = &c->plan.values[c->plan.n_nodes - 1];
    assert_int_equal(held[output->buffer], output->root);
}

static void values_share_buffers_while_nobody_reads_them(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, CONV("c1") "," OP("r1", "relu") "," CONV("c2") "," OP("r2", "relu") ","
                   CONV("c3") "," OP("r3", "relu") "," FC("fc"), (dc_plan_settings){ 0 });
    assert_int_equal(c.plan.n_buffers, 2);
    assert_int_equal(dc_plan_values(&c.plan), 2 * 4 * 8 * 8);
    is_sound(&c);
    case_end(&c);
    case_begin(&c, NET, (dc_plan_settings){ 0 });
    assert_int_equal(c.plan.n_buffers, 3); /* r1 waits for the sum */
    is_sound(&c);
    case_end(&c);
}

static void in_training_every_value_is_kept(void **state)
{
    (void)state;
    plan_case c;
    case_begin(&c, NET, (dc_plan_settings){ .is_training = true, .keeps_views = true });
    assert_int_equal(c.plan.n_buffers, c.plan.n_steps);
    is_sound(&c);
    case_end(&c);
}

/* Graphs of random branches, in every mood. */
static void any_graph_is_run_soundly(void **state)
{
    (void)state;
    static const char *const ops[] = { "relu", "conv", "dropout", "add", "batch_norm", "sigmoid" };
    dc_rng rng;
    dc_rng_init(&rng, 7, 0);
    for (int round = 0; round < 200; round++) {
        char text[1800] = CONV("x0");
        for (uint32_t i = 1; i < 20; i++) {
            const char *op = ops[dc_rng_below(&rng, DC_COUNT_OF(ops))];
            const unsigned a = (unsigned)dc_rng_below(&rng, i), b = (unsigned)dc_rng_below(&rng, i);
            char second[12] = "";
            if (strcmp(op, "add") == 0)
                snprintf(second, sizeof second, ",'x%u'", b);
            snprintf(text + strlen(text), sizeof text - strlen(text),
                     ",{'name':'x%u','op':'%s','inputs':['x%u'%s]%s}", i, op, a, second,
                     strcmp(op, "conv") == 0 ? ",'n_outputs':4" : "");
        }
        plan_case c;
        case_begin(&c, text, (dc_plan_settings){ .is_training = round % 5 == 0,
                                                 .keeps_views = round % 3 == 0,
                                                 .folds_norms = round % 2 == 0,
                                                 .can_fuse = round % 7 < 4 ? fuses_all : NULL });
        is_sound(&c);
        case_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_are_no_steps),
        cmocka_unit_test(a_dropout_is_a_step_in_training_and_views_may_be_kept),
        cmocka_unit_test(norms_and_curves_are_done_within_their_maker),
        cmocka_unit_test(in_training_a_norm_is_by_the_batch),
        cmocka_unit_test(what_others_read_is_fused_with_nothing),
        cmocka_unit_test(dead_nodes_are_left_out),
        cmocka_unit_test(the_output_is_no_view_of_the_input),
        cmocka_unit_test(gradients_begin_at_the_first_parameter),
        cmocka_unit_test(values_share_buffers_while_nobody_reads_them),
        cmocka_unit_test(in_training_every_value_is_kept),
        cmocka_unit_test(any_graph_is_run_soundly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
