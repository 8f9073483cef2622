/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "obs_layer.h"
#include "prune_obs.h"
#include "small_case.h"

/* To half, of all layers alike, or of all together. */
static void prune_case(case_run *c, bool is_global)
{
    static const dc_rule half = { "*", 0.5 };
    dc_prune_settings settings = dc_prune_defaults();
    prune_obs *obs = NULL;
    settings.remove_dead = false;
    assert_ok(dc_record_set(&settings, dc_field_find(dc_prune_fields, "saliency"), "obs",
                            &c->arena));
    if (is_global)
        settings.global_density = 0.5;
    else
        settings.density = (dc_rules){ 1, &half };
    assert_ok(prune_obs_open(&obs, &c->run));
    const dc_obs_source source = prune_obs_source(obs);
    settings.obs = &source;
    assert_ok(dc_prune(c->run.model, &settings, NULL));
    prune_obs_close(obs);
}

/* Means of what a node says, and what it says otherwise: a mean square. */
static double compare(double *means_apart, const case_run *c, const dc_model *model, uint32_t node)
{
    const uint64_t n_out = dc_shape_count(&model->nodes[node].shape);
    double *sums = calloc(n_out, sizeof *sums), squares = 0;
    for (uint64_t i = 0; i < N_SAMPLES; i++) {
        const dc_model *const both[] = { c->dense, model };
        float *values[2][16], input[512];
        int32_t label;
        assert_ok(read_values(&c->samples, &i, 1, 0, input, &label));
        for (unsigned k = 0; k < 2; k++)
            for (uint32_t at = 0; at <= node; at++) {
                const dc_node *n = &both[k]->nodes[at];
                const float *x[1] = { at > 0 ? values[k][n->inputs[0]] : NULL };
                values[k][at] = calloc(dc_shape_count(&n->shape), sizeof(float));
                if (at == 0)
                    memcpy(values[k][0], input, dc_shape_count(&n->shape) * sizeof(float));
                else
                    assert_ok(dc_node_forward(both[k], at, 1, NULL, x, values[k][at]));
            }
        for (uint64_t o = 0; o < n_out && label != DC_UNREADABLE; o++) {
            const double off = (double)values[1][node][o] - (double)values[0][node][o];
            sums[o] += off;
            squares += off * off;
        }
        for (uint32_t at = 0; at <= node; at++) {
            free(values[0][at]);
            free(values[1][at]);
        }
    }
    *means_apart = 0;
    for (uint64_t o = 0; o < n_out; o++)
        *means_apart = fmax(*means_apart, fabs(sums[o]) / N_SAMPLES);
    free(sums);
    return squares;
}

static const char with_bias[] = "{\"name\":\"net\",\"input\":{\"shape\":[12]},\"layers\":["
                                "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":10},"
                                "{\"name\":\"relu1\",\"op\":\"relu\"},"
                                "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";
static const char with_norm[] = "{\"name\":\"net\",\"input\":{\"shape\":[12]},\"layers\":["
                                "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":10,\"bias\":0},"
                                "{\"name\":\"norm\",\"op\":\"batch_norm\"},"
                                "{\"name\":\"relu1\",\"op\":\"relu\"},"
                                "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";
static const char with_tanh[] = "{\"name\":\"net\",\"input\":{\"shape\":[12]},\"layers\":["
                                "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":10,\"bias\":0},"
                                "{\"name\":\"norm\",\"op\":\"batch_norm\"},"
                                "{\"name\":\"tanh1\",\"op\":\"tanh\"},"
                                "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";
static const char in_groups[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[4,5,6]},\"layers\":["
    "{\"name\":\"c1\",\"op\":\"conv\",\"n_outputs\":8,\"kernel\":3,\"pad\":1,\"groups\":2,"
    "\"stride_w\":2},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"c2\",\"op\":\"conv\",\"n_outputs\":8,\"kernel\":3,\"groups\":8},"
    "{\"name\":\"flat\",\"op\":\"flatten\"},"
    "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":5}]}";

/* At the end, and behind a matrix without relu, outputs are what they were in the mean. */
static void a_constant_takes_up_what_is_the_same_everywhere(void **state)
{
    static const char *const nets[] = { with_bias, with_tanh, in_groups };
    static const uint32_t nodes[] = { 3, 2, 5 };
    (void)state;
    for (unsigned i = 0; i < DC_COUNT_OF(nets); i++) {
        case_run c;
        double apart;
        case_open(&c, nets[i]);
        prune_case(&c, false);
        for (uint32_t k = 0; k < c.run.model->n_params; k++) {
            const dc_param *p = &c.run.model->params[k];
            if (p->role == DC_ROLE_WEIGHT)
                assert_int_equal(dc_param_n_nonzero(p), p->n_values / 2);
        }
        compare(&apart, &c, c.run.model, nodes[i]);
        assert_near(apart, 0, 1e-3);
        compare(&apart, &c, c.run.model, c.run.model->n_nodes - 1);
        assert_near(apart, 0, 1e-3);
        case_close(&c);
    }
}

static void outputs_move_by_less_than_without_it(void **state)
{
    static const char *const nets[] = { with_bias, with_norm, in_groups };
    static const dc_rule half = { "*", 0.5 };
    (void)state;
    for (unsigned i = 0; i < DC_COUNT_OF(nets); i++)
        for (unsigned is_global = 0; is_global < 2; is_global++) {
            case_run c;
            dc_model *plain = NULL;
            dc_prune_settings settings = dc_prune_defaults();
            double apart;
            settings.remove_dead = false;
            settings.density = (dc_rules){ 1, &half };
            case_open(&c, nets[i]);
            assert_ok(dc_model_copy(&plain, c.dense));
            assert_ok(dc_prune(plain, &settings, NULL));
            prune_case(&c, is_global);
            const uint32_t last = plain->n_nodes - 1;
            assert_true(compare(&apart, &c, c.run.model, last) <
                        0.7 * compare(&apart, &c, plain, last));
            dc_model_free(plain);
            case_close(&c);
        }
}

static void any_number_of_jobs_gives_the_same(void **state)
{
    case_run c[2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        dc_pool_set_jobs(i == 0 ? 1 : 3);
        case_open(&c[i], in_groups);
        prune_case(&c[i], true);
    }
    for (uint32_t k = 0; k < c[0].run.model->n_params; k++)
        assert_memory_equal(c[0].run.model->params[k].values, c[1].run.model->params[k].values,
                            c[0].run.model->params[k].n_values * sizeof(float));
    case_close(&c[0]);
    case_close(&c[1]);
}

/* All samples of a case, and what a layer of it says there. */
static void add_all(obs_layer *l, const case_run *c)
{
    for (uint64_t i = 0; i < N_SAMPLES; i++) {
        float x[12], y[10];
        const float *inputs[] = { x };
        int32_t label;
        assert_ok(read_values(&c->samples, &i, 1, 0, x, &label));
        assert_ok(dc_node_forward(c->dense, 1, 1, NULL, inputs, y));
        assert_ok(obs_layer_add(l, x, y, i, 1));
    }
}

/* Of what relu lets through: the mean square that is wrong. */
static double error_behind(const case_run *c, uint32_t node)
{
    double apart;
    return compare(&apart, c, c->run.model, node);
}

/* Outputs that an activation makes nothing of need not be met: more is right of the others. */
static void what_the_activation_hides_is_no_error(void **state)
{
    static const char *const nets[] = { with_bias, with_norm };
    (void)state;
    for (uint32_t has_norm = 0; has_norm < 2; has_norm++) {
        case_run c;
        obs_layer l;
        case_open(&c, nets[has_norm]);
        dc_param *param = &c.run.model->params[0];
        assert_ok(obs_layer_open(&l, c.dense, &c.dense->params[0], N_SAMPLES));
        assert_non_null(l.low);
        add_all(&l, &c);
        assert_ok(obs_layer_end(&l, param->values));
        for (uint64_t i = 0; i < param->n_values; i += 2)
            param->values[i + (i / 12) % 2] = 0;
        assert_ok(obs_layer_fit(&l, c.run.model, param));
        const double before = error_behind(&c, 2 + has_norm);
        for (unsigned i = 0; i < 3; i++) {
            assert_ok(obs_layer_bend_begin(&l, param->values));
            add_all(&l, &c);
            obs_layer_bend_end(&l);
            assert_ok(obs_layer_fit(&l, c.run.model, param));
        }
        assert_true(error_behind(&c, 2 + has_norm) < 0.97 * before);
        obs_layer_close(&l);
        case_close(&c);
    }
}

static char warned[4000];

static void note_warning(void *payload, const char *text)
{
    (void)payload;
    strncat(warned, text, sizeof warned - strlen(warned) - 1);
}

/* Matrices of a layer over time, and inputs that are no numbers, go by magnitude. */
static void what_is_not_known_goes_by_magnitude(void **state)
{
    const dc_listener listener = { .warn = note_warning };
    case_run c;
    (void)state;
    case_open(&c, "{\"name\":\"net\",\"input\":{\"shape\":[6,4]},\"layers\":["
                  "{\"name\":\"in\",\"op\":\"linear\",\"n_outputs\":9,\"axis\":1},"
                  "{\"name\":\"rnn\",\"op\":\"rnn\"},"
                  "{\"name\":\"last\",\"op\":\"last\"},"
                  "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":4}]}");
    warned[0] = '\0';
    dc_set_listener(&listener);
    prune_case(&c, true);
    dc_set_listener(NULL);
    assert_non_null(strstr(warned, "what it reads is not known, so its largest weights stay"));
    case_close(&c);
    case_open(&c, with_bias);
    for (uint32_t i = 0; i < 8; i++)
        c.run.model->params[0].values[i] = c.dense->params[0].values[i] = 3e38f;
    warned[0] = '\0';
    dc_set_listener(&listener);
    prune_case(&c, false);
    dc_set_listener(NULL);
    assert_non_null(strstr(warned, "fc2.weight: what it reads is no number"));
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_takes_up_what_is_the_same_everywhere),
        cmocka_unit_test(outputs_move_by_less_than_without_it),
        cmocka_unit_test(what_the_activation_hides_is_no_error),
        cmocka_unit_test(any_number_of_jobs_gives_the_same),
        cmocka_unit_test(what_is_not_known_goes_by_magnitude),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
