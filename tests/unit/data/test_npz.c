/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "npz_samples.h"
#include "scratch.h"

static dc_input of_symbols(void)
{
    return (dc_input){ .shape = dc_shape_of(1, 3, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
}

static void members_are_samples_labels_and_lengths(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    const struct { const uint8_t *bytes; size_t n; } archives[] = {
        { stored, sizeof stored }, { deflated, sizeof deflated }
    };
    for (size_t i = 0; i < DC_COUNT_OF(archives); i++) {
        dc_source *s;
        float x[3];
        put_file("a.npz", archives[i].bytes, archives[i].n);
        assert_ok(dc_data_open(&s, spec_of("npz", "a.npz"), DC_SPLIT_TRAIN, &input, 0, 1));
        assert_int_equal(s->n_samples, 2);
        assert_int_equal(read_one(x, s, 1), 0);
        assert_near(x[0], 2, 0);
        assert_near(x[1], 7, 0);
        assert_int_equal(read_one(x, s, 0), 1);
        assert_near(x[0], 5, 0);
        assert_int_equal(dc_source_length(s, 0), 3);
        assert_int_equal(dc_source_length(s, 1), 2);
        dc_source_close(s);
    }
}

/* Cut anywhere it is refused; with any byte changed it is refused, or read as what it then says. */
static void damaged_archives_are_refused(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    uint8_t bytes[sizeof deflated];
    dc_source *s;
    float x[3];
    uint32_t n_refused = 0;
    for (size_t n = 0; n < sizeof deflated; n++) {
        put_file("a.npz", deflated, n);
        assert_true(dc_data_open(&s, spec_of("npz", "a.npz"), DC_SPLIT_TRAIN, &input, 0, 1) < 0);
    }
    for (size_t at = 0; at < sizeof deflated; at++) {
        memcpy(bytes, deflated, sizeof bytes);
        bytes[at] ^= 0x41;
        put_file("a.npz", bytes, sizeof bytes);
        const dc_status status =
            dc_data_open(&s, spec_of("npz", "a.npz"), DC_SPLIT_TRAIN, &input, 0, 1);
        n_refused += status < 0;
        if (status < 0)
            continue;
        read_one(x, s, s->n_samples - 1);
        dc_source_close(s);
    }
    assert_true(n_refused > sizeof deflated / 2);
}

static void an_archive_without_samples_is_refused(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    uint8_t bytes[sizeof stored];
    dc_source *s;
    memcpy(bytes, stored, sizeof bytes);
    for (size_t i = 0; i + 5 < sizeof bytes; i++)
        if (memcmp(bytes + i, "x.npy", 5) == 0)
            bytes[i] = 'z';
    put_file("a.npz", bytes, sizeof bytes);
    assert_fails(DC_EINPUT,
                 dc_data_open(&s, spec_of("npz", "a.npz"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_open(&s, "npz", DC_SPLIT_TRAIN, &input, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_samples_labels_and_lengths),
        cmocka_unit_test(damaged_archives_are_refused),
        cmocka_unit_test(an_archive_without_samples_is_refused),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
