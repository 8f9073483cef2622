/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

static const char all_stages[] =
    "{\"stages\": [{\"stage\": \"train\", \"epochs\": 2, \"batch\": 8},"
    "{\"stage\": \"prune\", \"scan_drop\": 5, \"saliency\": \"fisher\"},"
    "{\"stage\": \"gradual\", \"saliency\": \"fisher\", \"density\": 0.5, \"steps\": 3, "
    "\"epochs_per_step\": 2, \"epochs\": 4, \"batch\": 8}, {\"stage\": \"quantize\", \"bits\": 3},"
    "{\"stage\": \"retrain\", \"epochs\": 3, \"batch\": 8}, {\"stage\": \"encode\"}]}";

/* What progress said of the whole. */
typedef struct course {
    double last, skipped;
    unsigned n_reports, n_over;
    bool fell_back;
} course;

static void follow(void *payload, const dc_progress_report *r)
{
    course *c = payload;
    c->n_over += r->is_over;
    if (r->is_over)
        return;
    assert_true(r->is_part);
    c->fell_back |= r->whole < c->last;
    c->last = r->whole;
    c->skipped = r->skipped;
    c->n_reports++;
}

static dc_recipe recipe_of(const char *text, dc_arena *arena)
{
    dc_recipe recipe;
    dc_json *json = json_of(text);
    assert_ok(dc_recipe_parse(&recipe, json, "text", arena));
    dc_json_free(json);
    return recipe;
}

static void the_amount_is_the_sum_over_the_stages(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 3), validation = counting_samples(10, 3);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena };
    const dc_recipe recipe = recipe_of(all_stages, &arena);
    const dc_amount sum = amount_of_recipe(&run, &recipe);
    const double n_epochs = 2 + (2 * 2 + 4) + 3, n_scored = n_epochs + 1 + (1 + 2 * 11);
    assert_near(sum.n_epochs, n_epochs, 1e-9);
    assert_near(sum.n_trained, 40 * n_epochs + 2 * 40, 1e-9); /* two first looks at gradients */
    assert_near(sum.n_run, 10 * n_scored, 1e-9);
    assert_near(amount_work(&run, sum), 3 * sum.n_trained + sum.n_run, 1e-9);
    run.settings.is_taught = true;
    assert_near(amount_work(&run, sum), 4 * sum.n_trained + sum.n_run, 1e-9);
    run.data = NULL;
    assert_near(amount_of_recipe(&run, &recipe).n_epochs, 0, 0);
    dc_model_free(run.model);
    dc_arena_clear(&arena);
}

/* The pieces that a run enters add up to what was said beforehand, and each reports itself. */
static void a_run_reaches_its_end_without_a_leap(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 3), validation = counting_samples(10, 3);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena,
                   .settings = { .batch_size = 10 } };
    const dc_recipe recipe = recipe_of(all_stages, &arena);
    course c = { 0 };
    const dc_listener listener = { &c, NULL, follow };
    dc_set_listener(&listener);
    assert_ok(dc_run_recipe(&run, &recipe));
    dc_set_listener(NULL);
    assert_near(c.last, 1, 1e-9);
    assert_near(c.skipped, 0, 1e-9);
    assert_false(c.fell_back);
    assert_int_equal(c.n_over, 1);
    assert_true(c.n_reports > 40);
    dc_model_free(run.model);
    dc_arena_clear(&arena);
}

static void a_failure_ends_the_whole(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_run run = { .model = two_layers(3), .arena = &arena };
    const dc_recipe recipe = recipe_of("{\"stages\": [{\"stage\": \"prune\"}]}", &arena);
    course c = { 0 };
    const dc_listener listener = { &c, NULL, follow };
    dc_set_listener(&listener);
    assert_fails(DC_EINPUT, dc_run_recipe(&run, &recipe));
    dc_set_listener(NULL);
    assert_int_equal(c.n_over, 1);
    dc_model_free(run.model);
    dc_arena_clear(&arena);
}

static void times_are_told_in_their_unit(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    static const struct {
        double seconds;
        const char *text;
    } cases[] = { { 0.2, "about 1 s" },        { 34.2, "about 34 s" },  { 130, "about 2.2 min" },
                  { 2460, "about 41 min" }, { 9000, "about 2.5 h" }, { 400000, "about 111 h" } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        const dc_forecast forecast = { .seconds = cases[i].seconds };
        assert_string_equal(dc_forecast_time_text(&forecast, &arena), cases[i].text);
    }
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_amount_is_the_sum_over_the_stages),
        cmocka_unit_test(a_run_reaches_its_end_without_a_leap),
        cmocka_unit_test(a_failure_ends_the_whole),
        cmocka_unit_test(times_are_told_in_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
