/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "counting_source.h"

static float sample_of(const dc_source *source, uint64_t index)
{
    float x[2];
    int32_t label;
    assert_ok(source->read(source, &index, 1, 100, x, &label));
    assert_near(x[1], x[0] + 100, 0);
    assert_int_equal(label, (int32_t)x[0] % 10);
    return x[0];
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    dc_source_close(NULL);
}

static void close_is_the_makers(void **state)
{
    (void)state;
    counting_source s;
    dc_source_close(counting_source_init(&s, 5, true));
    assert_int_equal(s.source.n_samples, 0);
}

static void an_unseeded_part_is_a_slice(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part;
    assert_ok(dc_source_part(&part, counting_source_init(&s, 20, true), 5, 10, 0));
    assert_int_equal(part->n_samples, 10);
    assert_int_equal(part->n_classes, 10);
    assert_true(part->is_labelled);
    assert_true(dc_shape_equal(&part->shape, &s.source.shape));
    assert_non_null(strstr(part->text, "counting"));
    for (uint64_t i = 0; i < 10; i++)
        assert_near(sample_of(part, i), 5 + i, 0);
    dc_source_close(part);
}

static void seeded_parts_share_nothing_and_miss_nothing(void **state)
{
    (void)state;
    counting_source s;
    dc_source *a, *b;
    counting_source_init(&s, 1000, true);
    assert_ok(dc_source_part(&a, &s.source, 0, 900, 7));
    assert_ok(dc_source_part(&b, &s.source, 900, 100, 7));
    uint32_t seen[1000] = {0}, n_in_place = 0;
    for (uint64_t i = 0; i < 900; i++) {
        seen[(size_t)sample_of(a, i)]++;
        n_in_place += sample_of(a, i) == (float)i;
    }
    for (uint64_t i = 0; i < 100; i++)
        seen[(size_t)sample_of(b, i)]++;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    assert_true(n_in_place < 20);
    dc_source_close(a);
    dc_source_close(b);
}

static void many_samples_are_read_at_once(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part;
    static float x[2 * 700];
    static uint64_t indices[700];
    for (uint64_t i = 0; i < 700; i++)
        indices[i] = 699 - i;
    assert_ok(dc_source_part(&part, counting_source_init(&s, 1000, false), 300, 700, 0));
    assert_ok(part->read(part, indices, 700, 0, x, NULL));
    for (uint64_t i = 0; i < 700; i++)
        assert_near(x[2 * i], 999 - i, 0);
    dc_source_close(part);
}

static void parts_beyond_the_whole_are_refused(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part;
    counting_source_init(&s, 20, true);
    assert_fails(DC_EINPUT, dc_source_part(&part, &s.source, 11, 10, 0));
    assert_fails(DC_EINPUT, dc_source_part(&part, &s.source, 21, 0, 0));
    assert_fails(DC_EINPUT, dc_source_part(&part, &s.source, 1, UINT64_MAX, 1));
    assert_ok(dc_source_part(&part, &s.source, 20, 0, 1));
    assert_int_equal(part->n_samples, 0);
    dc_source_close(part);
}

static void indices_beyond_the_part_and_failures_are_reported(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part;
    float x[2];
    const uint64_t beyond = 10, broken = 3;
    assert_ok(dc_source_part(&part, counting_source_init(&s, 20, true), 5, 10, 0));
    assert_fails(DC_EINPUT, part->read(part, &beyond, 1, 0, x, NULL));
    s.fails_at = 8;
    assert_fails(DC_ECORRUPT, part->read(part, &broken, 1, 0, x, NULL));
    dc_source_close(part);
}

/* As count_read, but sample 8 has a NaN and sample 13 an infinity. */
static dc_status spoilt_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(count_read(source, indices, n, epoch, x, labels));
    for (uint32_t i = 0; i < n; i++)
        if (indices[i] == 8 || indices[i] == 13)
            x[2 * i + 1] = indices[i] == 8 ? NAN : -INFINITY;
    return DC_OK;
}

static void a_value_that_is_not_finite_is_named_where_it_comes_from(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part, *inner;
    float x[2 * 4];
    const uint64_t fine[] = { 9, 1, 12, 7 }, spoilt[] = { 9, 8, 12, 13 }, of_part[] = { 0, 1 };
    counting_source_init(&s, 20, true);
    s.source.read = spoilt_read;
    assert_ok(dc_source_read(&s.source, fine, 4, 0, x, NULL));
    assert_fails(DC_ECORRUPT, dc_source_read(&s.source, spoilt, 4, 0, x, NULL));
    assert_string_equal(dc_message(), "value 1 of sample 8 of 'counting' is not a number");
    assert_fails(DC_ECORRUPT, dc_source_read(&s.source, spoilt + 2, 2, 0, x, NULL));
    assert_string_equal(dc_message(), "value 1 of sample 13 of 'counting' is infinite");
    assert_ok(dc_source_part(&part, &s.source, 5, 10, 0));
    assert_ok(dc_source_part(&inner, part, 2, 8, 0)); /* 7 .. 14 */
    assert_fails(DC_ECORRUPT, dc_source_read(inner, of_part, 2, 0, x, NULL));
    assert_string_equal(dc_message(), "value 1 of sample 8 of 'counting' is not a number");
    dc_source_close(inner);
    dc_source_close(part);
}

static void a_loader_ends_at_a_value_that_is_not_finite(void **state)
{
    (void)state;
    counting_source s;
    dc_loader *loader;
    dc_batch batch;
    counting_source_init(&s, 20, true);
    s.source.read = spoilt_read;
    assert_ok(dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 5 }));
    assert_ok(dc_loader_next(&batch, loader));
    assert_int_equal(batch.n, 5);
    assert_fails(DC_ECORRUPT, dc_loader_next(&batch, loader));
    dc_loader_free(loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_nothing_is_fine),
        cmocka_unit_test(close_is_the_makers),
        cmocka_unit_test(an_unseeded_part_is_a_slice),
        cmocka_unit_test(seeded_parts_share_nothing_and_miss_nothing),
        cmocka_unit_test(many_samples_are_read_at_once),
        cmocka_unit_test(parts_beyond_the_whole_are_refused),
        cmocka_unit_test(indices_beyond_the_part_and_failures_are_reported),
        cmocka_unit_test(a_value_that_is_not_finite_is_named_where_it_comes_from),
        cmocka_unit_test(a_loader_ends_at_a_value_that_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
