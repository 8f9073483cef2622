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

static void symbols_beyond_the_embedding_are_warned_of(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = { .input = &input, .n_symbols = 8 };
    dc_source *s;
    put_file("a.npz", stored, sizeof stored);
    request.spec = spec_of("npz", "a.npz");
    listen_to_warnings();
    assert_ok(dc_data_request_open(&s, &request));
    dc_source_close(s);
    assert_string_equal(warned, "");
    request.n_symbols = 5;
    assert_ok(dc_data_request_open(&s, &request));
    dc_source_close(s);
    assert_non_null(strstr(warned, "2 of 6 symbols"));
    dc_set_listener(NULL);
}

/* The bytes of a member's name, local and in the directory. */
static void rename_member(uint8_t *bytes, size_t n, const char *from, const char *to)
{
    for (size_t i = 0; i + strlen(from) < n; i++)
        if (memcmp(bytes + i, from, strlen(from)) == 0)
            memcpy(bytes + i, to, strlen(to));
}

static void a_member_that_nobody_asks_for_is_refused(void **state)
{
    (void)state;
    static const struct { const char *from, *to, *message; } cases[] = {
        { "lengths.npy", "length2.npy", "has a member 'length2': known are x, y and lengths" },
        { "x.npy", "z.npy", "has a member 'z'" },
        { "y.npy", "y.txt", "has a member 'y.txt'" },
    };
    const dc_input input = of_symbols();
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        uint8_t bytes[sizeof stored];
        dc_source *s;
        memcpy(bytes, stored, sizeof bytes);
        rename_member(bytes, sizeof bytes, cases[i].from, cases[i].to);
        put_file("a.npz", bytes, sizeof bytes);
        assert_fails(DC_EINPUT,
                     dc_data_open(&s, spec_of("npz", "a.npz"), DC_SPLIT_TRAIN, &input, 0, 1));
        assert_non_null(strstr(dc_message(), cases[i].message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_samples_labels_and_lengths),
        cmocka_unit_test(damaged_archives_are_refused),
        cmocka_unit_test(an_archive_without_samples_is_refused),
        cmocka_unit_test(symbols_beyond_the_embedding_are_warned_of),
        cmocka_unit_test(a_member_that_nobody_asks_for_is_refused),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
