/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <unistd.h>

#include "dataset.h"

#define FIXTURE(name) DCOMP_TESTS_DIR "/pictures/fixtures/" name

static uint8_t bytes[70000];

static size_t load(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 0 && n < sizeof bytes / 2);
    return n;
}

static dc_status read_bytes(dc_image *out, size_t n, dc_arena *arena)
{
    /* A copy of exactly n bytes, so that a step over the end is seen by the sanitizers. */
    uint8_t *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, bytes, n);
    const dc_status status = data_jpeg_read(out, copy, n, "p.jpg", arena);
    free(copy);
    return status;
}

static dc_status try_bytes(size_t n)
{
    dc_arena arena = { 0 };
    dc_image image;
    const dc_status status = read_bytes(&image, n, &arena);
    dc_arena_clear(&arena);
    return status;
}

#ifdef DCOMP_HAS_JPEG

/* Where the first segment with this marker starts. */
static size_t find_marker(uint8_t code)
{
    size_t at = 2;
    while (bytes[at + 1] != code)
        at += 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);
    return at;
}

static void size_and_channels_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t width, height, n_channels;
    } cases[] = { { FIXTURE("rgb_420.jpg"), 61, 47, 3 },  { FIXTURE("grey.jpg"), 41, 59, 1 },
                  { FIXTURE("cmyk.jpg"), 45, 50, 3 },     { FIXTURE("progressive.jpg"), 53, 70, 3 },
                  { FIXTURE("one_pixel.jpg"), 1, 1, 3 },  { FIXTURE("turned.jpg"), 60, 41, 3 } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_arena arena = { 0 };
        dc_image image;
        assert_ok(read_bytes(&image, load(cases[i].path), &arena));
        assert_int_equal(image.width, cases[i].width);
        assert_int_equal(image.height, cases[i].height);
        assert_int_equal(image.n_channels, cases[i].n_channels);
        dc_arena_clear(&arena);
    }
}

static void a_picture_that_is_cut_anywhere_is_damaged(void **state)
{
    (void)state;
    static const char *const paths[] = { FIXTURE("rgb_420.jpg"), FIXTURE("grey.jpg"),
                                         FIXTURE("progressive.jpg"), FIXTURE("cmyk.jpg") };
    for (size_t i = 0; i < DC_COUNT_OF(paths); i++) {
        const size_t n = load(paths[i]);
        for (size_t n_left = 0; n_left < n; n_left++) {
            assert_fails(DC_ECORRUPT, try_bytes(n_left));
            assert_non_null(strstr(dc_message(), "'p.jpg'"));
        }
    }
}

static void bytes_between_and_behind_do_no_harm(void **state)
{
    (void)state;
    const size_t n = load(FIXTURE("rgb_420.jpg"));
    memset(bytes + n, 0x55, 1000);
    assert_ok(try_bytes(n + 1000));
    const size_t at = find_marker(0xda); /* before the scan */
    memmove(bytes + at + 7, bytes + at, n - at);
    memset(bytes + at, 0x11, 7);
    assert_ok(try_bytes(n + 7));
}

static void damaged_codes_are_told(void **state)
{
    (void)state;
    const size_t n = load(FIXTURE("rgb_420.jpg"));
    for (size_t i = n - 200; i < n - 100; i++) /* ones: no code of any table */
        bytes[i] = i % 2 == 0 ? 0xff : 0x00;
    assert_fails(DC_ECORRUPT, try_bytes(n));
    load(FIXTURE("rgb_420.jpg"));
    bytes[n - 200] = 0xff; /* an end of the picture, too early */
    bytes[n - 199] = 0xd9;
    assert_fails(DC_ECORRUPT, try_bytes(n));
    assert_non_null(strstr(dc_message(), "ends early"));
    memcpy(bytes, "no picture at all", 17);
    assert_fails(DC_ECORRUPT, try_bytes(17));
}

static void sizes_are_looked_at_before_memory_is_taken(void **state)
{
    (void)state;
    const size_t n = load(FIXTURE("rgb_444.jpg")), at = find_marker(0xc0) + 5;
    memcpy(bytes + at, "\xff\xff\xff\xff", 4); /* height, width */
    assert_fails(DC_ELIMIT, try_bytes(n));
    memcpy(bytes + at, "\x40\x01\x00\x10", 4);
    assert_fails(DC_ELIMIT, try_bytes(n));
    assert_non_null(strstr(dc_message(), "16x16385"));
    memcpy(bytes + at, "\x40\x00\x40\x00", 4); /* the largest that may be, from so few bytes */
    assert_fails(DC_ECORRUPT, try_bytes(n));
    memcpy(bytes + at, "\x00\x00\x00\x10", 4);
    assert_fails(DC_ECORRUPT, try_bytes(n));
    memcpy(bytes + at, "\x03\x00\x03\x00", 4);
    assert_fails(DC_ECORRUPT, try_bytes(n));
}

static void rare_kinds_are_named(void **state)
{
    (void)state;
    const size_t n = load(FIXTURE("rgb_444.jpg")), at = find_marker(0xc0);
    bytes[at + 4] = 12; /* bits */
    assert_fails(DC_EUNSUPPORTED, try_bytes(n));
    load(FIXTURE("rgb_444.jpg"));
    bytes[at + 1] = 0xc3; /* lossless */
    assert_fails(DC_EUNSUPPORTED, try_bytes(n));
}

static void nothing_is_said_on_standard_error(void **state)
{
    (void)state;
    char said[64] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    const size_t n = load(FIXTURE("rgb_420.jpg"));
    const dc_status cut = try_bytes(n / 2), longer = try_bytes(n + 10), nothing = try_bytes(4);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    const ssize_t n_said = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    assert_int_equal(n_said, 0);
    assert_true(cut < 0 && longer == DC_OK && nothing < 0);
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    const size_t n = load(FIXTURE("cmyk.jpg"));
    int n_failures = 0;
    for (uint64_t nth = 1;; nth++, n_failures++) {
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        const dc_status status = try_bytes(n);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        if (status == DC_OK)
            break;
        assert_int_equal(status, DC_ENOMEM);
    }
    assert_true(n_failures >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_and_channels_are_told),
        cmocka_unit_test(a_picture_that_is_cut_anywhere_is_damaged),
        cmocka_unit_test(bytes_between_and_behind_do_no_harm),
        cmocka_unit_test(damaged_codes_are_told),
        cmocka_unit_test(sizes_are_looked_at_before_memory_is_taken),
        cmocka_unit_test(rare_kinds_are_named),
        cmocka_unit_test(nothing_is_said_on_standard_error),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void the_missing_library_is_named(void **state)
{
    (void)state;
    assert_fails(DC_EUNSUPPORTED, try_bytes(load(FIXTURE("rgb_420.jpg"))));
    assert_non_null(strstr(dc_message(), "libjpeg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_missing_library_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
