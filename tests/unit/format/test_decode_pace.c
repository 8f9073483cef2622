/* SPDX-License-Identifier: MIT
 *
 * A file that would decode too slowly: which layers get faster coders, and which are not priced.
 */
#include "format_helpers.h"

#include "decode_pace.h"

#define MILLION UINT64_C(1000000)
#define N 3u
enum { USUAL, LITE, MIX };

typedef struct file {
    dc_param params[N];
    dc_choices choices[N];
    dc_written_param written[N];
    dc_pace pace;
} file;

/* For a weight of which one in four is not 0. */
static double ns_of(uint8_t id)
{
    const dc_level_coder *coder = dc_level_coder_find(id);
    return coder->ns_per_weight + coder->ns_per_nonzero / 4;
}

/* Layers of so many million weights, a quarter of them not 0, each smallest in mix by its gain of
 * bytes. */
static file file_of(const uint64_t millions[N], const uint64_t gains[N], double speed)
{
    file f = { .pace = { .limit_ns = 0 } };
    for (uint32_t i = 0; i < N; i++) {
        f.params[i].n_values = millions[i] * MILLION;
        f.pace.n_values += f.params[i].n_values;
        f.choices[i].n_nonzero = f.params[i].n_values / 4;
        for (unsigned k = 0; k < DC_N_LAYER_CODERS; k++)
            f.choices[i].of[k].total_bytes = UINT64_MAX;
        f.choices[i].of[USUAL].total_bytes = 1000000;
        f.choices[i].of[LITE].total_bytes = 1000000 - gains[i] / 2;
        f.choices[i].of[MIX].total_bytes = 1000000 - gains[i];
    }
    f.pace.limit_ns = DC_MAX(1e9, (double)f.pace.n_values * 1e3 / speed);
    return f;
}

static void settle(file *f)
{
    for (uint32_t i = 0; i < N; i++) {
        f->written[i] = (dc_written_param){ .param = &f->params[i], .choices = &f->choices[i] };
        dc_param_take(&f->written[i], dc_choices_smallest(&f->choices[i]));
    }
    dc_pace_keep(&f->pace, f->written, N);
}

static double seconds(const file *f)
{
    double ns = 0;
    for (uint32_t i = 0; i < N; i++)
        ns += (double)f->params[i].n_values *
              (f->written[i].layer_coder > 0 ? ns_of((uint8_t)f->written[i].layer_coder) : 1);
    return ns / 1e9;
}

static void a_file_of_less_than_a_second_keeps_the_smallest(void **state)
{
    (void)state;
    file f = file_of((uint64_t[]){ 1, 1, 1 }, (uint64_t[]){ 10, 10, 10 }, 1000);
    settle(&f);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(f.written[i].layer_coder, MIX);
}

static void the_layer_that_loses_least_for_a_second_falls_back_first(void **state)
{
    (void)state;
    file f = file_of((uint64_t[]){ 40, 40, 40 }, (uint64_t[]){ 9000, 300, 5000 }, 12);
    settle(&f);
    assert_true(seconds(&f) <= 10.001);
    assert_true(f.written[0].layer_coder >= f.written[2].layer_coder);
    assert_true(f.written[2].layer_coder >= f.written[1].layer_coder);
    file g = file_of((uint64_t[]){ 40, 40, 40 }, (uint64_t[]){ 9000, 300, 5000 }, 1);
    settle(&g);
    assert_int_equal(g.written[1].layer_coder, MIX);
}

static void of_layers_alike_the_one_with_most_in_it_falls_back_first(void **state)
{
    (void)state;
    file f = file_of((uint64_t[]){ 20, 20, 20 }, (uint64_t[]){ 900, 900, 900 }, 1);
    f.choices[1].n_nonzero = f.params[1].n_values;
    f.pace.limit_ns = 60e6 * ns_of(MIX);
    settle(&f);
    assert_int_equal(f.written[0].layer_coder, MIX);
    assert_int_equal(f.written[1].layer_coder, LITE);
    assert_int_equal(f.written[2].layer_coder, MIX);
}

static void the_fastest_is_taken_when_nothing_is_fast_enough(void **state)
{
    (void)state;
    file f = file_of((uint64_t[]){ 4000, 4000, 4000 }, (uint64_t[]){ 1, 1, 1 }, 1e9);
    settle(&f);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(f.written[i].layer_coder, USUAL);
}

static void what_can_never_be_chosen_is_not_priced(void **state)
{
    (void)state;
    const uint32_t all = 1u << LITE | 1u << MIX;
    const file f = file_of((uint64_t[]){ 1000, 1, 1 }, (uint64_t[]){ 1, 1, 1 },
                           2000 / (ns_of(LITE) + ns_of(MIX)));
    assert_int_equal(dc_pace_mask(&f.pace, all, 1000 * MILLION, 250 * MILLION), 1u << LITE);
    assert_int_equal(dc_pace_mask(&f.pace, all, MILLION, MILLION), all);
    assert_int_equal(dc_pace_mask(&f.pace, 0, MILLION, MILLION), 0);
    assert_true(dc_pace_is_tight(&f.pace, all));
    assert_false(dc_pace_is_tight(&f.pace, 1u << LITE));
    assert_false(dc_pace_is_tight(&f.pace, 0));
}

static void no_speed_is_no_limit(void **state)
{
    (void)state;
    dc_model *m = NULL;
    assert_ok(sample_layer(&m, 10, 10, &(sample_fill){ .density = 1 }));
    const dc_write_settings free = { .level_coder_mask = 6 };
    const dc_write_settings slow = { .level_coder_mask = 6, .decode_speed = 1e-9 };
    assert_true(isinf(dc_pace_of(m, &free).limit_ns));
    assert_true(dc_pace_of(m, &slow).limit_ns > 1e13);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_less_than_a_second_keeps_the_smallest),
        cmocka_unit_test(the_layer_that_loses_least_for_a_second_falls_back_first),
        cmocka_unit_test(of_layers_alike_the_one_with_most_in_it_falls_back_first),
        cmocka_unit_test(the_fastest_is_taken_when_nothing_is_fast_enough),
        cmocka_unit_test(what_can_never_be_chosen_is_not_priced),
        cmocka_unit_test(no_speed_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
