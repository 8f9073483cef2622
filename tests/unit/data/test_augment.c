/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/data.h"
#include "memory_source.h"

#define N_SAMPLES 8
#define N_PIXELS 784

static float samples[N_SAMPLES * N_PIXELS];

static int make_samples(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, 7, 0);
    for (size_t i = 0; i < DC_COUNT_OF(samples); i++)
        samples[i] = (float)dc_rng_unit(&rng);
    return 0;
}

static dc_source base(void)
{
    return memory_source(samples, N_SAMPLES, dc_shape_of(3, 1, 28, 28, 0));
}

static const dc_augment_settings everything = {
    .shift = 2, .rotate = 10, .scale = 0.1, .shear = 0.2, .elastic = 1.4, .mirror = true, .seed = 3
};

static void all_amounts_zero_give_the_base_itself(void **state)
{
    (void)state;
    const dc_source b = base();
    const dc_augment_settings none = { .seed = 9 };
    dc_source *a = NULL;
    assert_ok(dc_data_augment(&a, &b, &none));
    assert_ptr_equal(a, &b);
}

static void the_same_index_and_epoch_give_the_same_picture(void **state)
{
    (void)state;
    const dc_source b = base();
    static float all[N_SAMPLES * N_PIXELS], one[N_PIXELS];
    int32_t labels[N_SAMPLES];
    uint64_t indices[N_SAMPLES];
    for (uint64_t i = 0; i < N_SAMPLES; i++)
        indices[i] = i;
    dc_source *a;
    assert_ok(dc_data_augment(&a, &b, &everything));
    assert_ok(a->read(a, indices, N_SAMPLES, 5, all, labels));
    for (uint64_t i = N_SAMPLES; i-- > 0;) {
        assert_int_equal(labels[i], i);
        assert_ok(a->read(a, &i, 1, 5, one, NULL));
        assert_memory_equal(one, all + i * N_PIXELS, sizeof one);
    }
    dc_source_close(a);
}

static void epochs_seeds_and_indices_all_matter(void **state)
{
    (void)state;
    const dc_source b = base();
    memcpy(samples + N_PIXELS, samples, N_PIXELS * sizeof *samples); /* sample 1 = sample 0 */
    static float x[4][N_PIXELS];
    dc_augment_settings other = everything;
    other.seed = 4;
    const uint64_t first = 0, second = 1;
    dc_source *a, *o;
    assert_ok(dc_data_augment(&a, &b, &everything));
    assert_ok(dc_data_augment(&o, &b, &other));
    assert_ok(a->read(a, &first, 1, 0, x[0], NULL));
    assert_ok(a->read(a, &first, 1, 1, x[1], NULL));
    assert_ok(a->read(a, &second, 1, 0, x[2], NULL));
    assert_ok(o->read(o, &first, 1, 0, x[3], NULL));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(x[i], x[j], sizeof x[i]);
    dc_source_close(a);
    dc_source_close(o);
}

static void mirroring_swaps_left_and_right_of_about_half(void **state)
{
    (void)state;
    const dc_source b = base();
    const dc_augment_settings settings = { .mirror = true, .seed = 1 };
    int n_mirrored = 0;
    dc_source *a;
    assert_ok(dc_data_augment(&a, &b, &settings));
    for (uint64_t epoch = 0; epoch < 100; epoch++) {
        const uint64_t index = 3;
        const float *was = samples + index * N_PIXELS;
        static float x[N_PIXELS];
        assert_ok(a->read(a, &index, 1, epoch, x, NULL));
        if (memcmp(x, was, sizeof x) == 0)
            continue;
        n_mirrored++;
        for (int i = 0; i < N_PIXELS; i++)
            assert_true(x[i] == was[i / 28 * 28 + 27 - i % 28]);
    }
    assert_true(n_mirrored > 30 && n_mirrored < 70);
    dc_source_close(a);
}

static void amounts_out_of_range_are_refused_by_name(void **state)
{
    (void)state;
    const dc_source b = base();
    dc_source *a;
    assert_fails(DC_EINPUT, dc_data_augment(&a, &b, &(dc_augment_settings){ .scale = 1.0 }));
    assert_non_null(strstr(dc_message(), "'scale'"));
    assert_fails(DC_EINPUT, dc_data_augment(&a, &b, &(dc_augment_settings){ .shift = -1.0 }));
    assert_non_null(strstr(dc_message(), "'shift'"));
    assert_fails(DC_EINPUT, dc_data_augment(&a, &b, &(dc_augment_settings){ .shear = NAN }));
}

static void samples_that_are_no_pictures_are_refused(void **state)
{
    (void)state;
    const dc_source b = memory_source(samples, N_SAMPLES, dc_shape_of(1, 784, 0, 0, 0));
    dc_source *a;
    assert_fails(DC_EINPUT, dc_data_augment(&a, &b, &everything));
}

static void settings_are_known_by_name(void **state)
{
    (void)state;
    const char *const names[] = { "shift", "rotate", "scale", "shear", "elastic", "mirror",
                                  "augment_seed" };
    for (size_t i = 0; i < DC_COUNT_OF(names); i++)
        assert_non_null(dc_field_find(dc_augment_fields, names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_amounts_zero_give_the_base_itself),
        cmocka_unit_test(the_same_index_and_epoch_give_the_same_picture),
        cmocka_unit_test(epochs_seeds_and_indices_all_matter),
        cmocka_unit_test(mirroring_swaps_left_and_right_of_about_half),
        cmocka_unit_test(amounts_out_of_range_are_refused_by_name),
        cmocka_unit_test(samples_that_are_no_pictures_are_refused),
        cmocka_unit_test(settings_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, make_samples, NULL);
}
