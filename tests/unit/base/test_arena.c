/* SPDX-License-Identifier: MIT
 *
 * arena.c: alignment, zeroes, limits, stickiness; and the growing buffer.
 */
#include "test.h"

static void parts_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    uint8_t *parts[300];
    uint64_t sum = 0;
    for (size_t i = 0; i < 300; i++) {
        const uint64_t n = i * 37 + 1;
        parts[i] = dc_arena_take(&arena, n, 1);
        assert_non_null(parts[i]);
        assert_int_equal((uintptr_t)parts[i] % 64, 0);
        for (uint64_t k = 0; k < n; k++)
            assert_int_equal(parts[i][k], 0);
        memset(parts[i], (int)(i % 251) + 1, (size_t)n);
        sum += n;
    }
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(parts[i][i * 37], i % 251 + 1);
    assert_int_equal(arena.used_bytes, sum);
    dc_arena_clear(&arena);
    assert_int_equal(arena.used_bytes, 0);
}

static void large_parts_leave_the_small_block_in_use(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    char *before = dc_arena_take(&arena, 1, 64);
    uint8_t *large = dc_arena_take(&arena, 1u << 20, 1);
    char *after = dc_arena_take(&arena, 1, 64);
    assert_int_equal((uintptr_t)large % 64, 0);
    large[(1u << 20) - 1] = 1;
#ifndef __SANITIZE_ADDRESS__
#if !defined(__has_feature)
    assert_ptr_equal(after, before + 64);
#endif
#endif
    (void)before;
    (void)after;
    dc_arena_clear(&arena);
}

static void a_huge_part_costs_no_memory_until_touched(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const uint64_t before = dc_peak_memory_bytes();
    assert_non_null(dc_arena_take(&arena, UINT64_C(550) << 20, 1));
    assert_true(dc_peak_memory_bytes() - before < UINT64_C(100) << 20);
    dc_arena_clear(&arena);
}

static void nothing_is_a_valid_part(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    assert_non_null(dc_arena_take(&arena, 0, 8));
    assert_int_equal(arena.status, DC_OK);
    dc_arena_clear(&arena);
}

static void the_limit_is_exact_sticky_and_survives_clear(void **state)
{
    (void)state;
    dc_arena arena;
    dc_arena_init(&arena, 1000);
    assert_non_null(dc_arena_take(&arena, 1000, 1));
    assert_null(dc_arena_take(&arena, 1, 1));
    assert_fails(DC_ELIMIT, arena.status);
    assert_null(dc_arena_take(&arena, 0, 1));
    assert_string_equal(dc_arena_text(&arena, "abc"), "");
    dc_arena_clear(&arena);
    assert_int_equal(arena.status, DC_OK);
    assert_null(dc_arena_take(&arena, 1001, 1));
    assert_int_equal(arena.limit_bytes, 1000);
    dc_arena_clear(&arena);
}

static void a_product_that_overflows_is_over_the_limit(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    assert_null(dc_arena_take(&arena, UINT64_MAX / 4, 8));
    assert_fails(DC_ELIMIT, arena.status);
    dc_arena_clear(&arena);
}

static void more_than_the_machine_has_is_out_of_memory(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_fault_arm(DC_FAULT_ALLOC, 1);
    assert_null(dc_arena_take(&arena, 1, 1));
    dc_fault_arm(DC_FAULT_ALLOC, 0);
    assert_fails(DC_ENOMEM, arena.status);
    dc_arena_clear(&arena);
}

static void texts_are_copied_and_printed(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    char text[] = "conv1";
    const char *copy = dc_arena_text(&arena, text);
    text[0] = 'X';
    assert_string_equal(copy, "conv1");
    assert_null(dc_arena_text(&arena, NULL));
    assert_string_equal(dc_arena_print(&arena, "%s.%d", copy, 12), "conv1.12");
    dc_arena_clear(&arena);
}

static void dc_grow_keeps_contents_and_tells_failures(void **state)
{
    (void)state;
    uint32_t *items = dc_grow(NULL, 2, sizeof *items);
    items[1] = 77;
    items = dc_grow(items, 1000, sizeof *items);
    assert_int_equal(items[1], 77);
    assert_null(dc_grow(items, UINT64_MAX / 2, sizeof *items));
    dc_fault_arm(DC_FAULT_ALLOC, 1);
    assert_null(dc_grow(items, 2000, sizeof *items));
    dc_fault_arm(DC_FAULT_ALLOC, 0);
    assert_string_equal(dc_message(), "no memory for 8000 bytes");
    assert_int_equal(items[1], 77);
    dc_release(items);
    dc_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_zeroed_aligned_and_apart),
        cmocka_unit_test(large_parts_leave_the_small_block_in_use),
        cmocka_unit_test(a_huge_part_costs_no_memory_until_touched),
        cmocka_unit_test(nothing_is_a_valid_part),
        cmocka_unit_test(the_limit_is_exact_sticky_and_survives_clear),
        cmocka_unit_test(a_product_that_overflows_is_over_the_limit),
        cmocka_unit_test(more_than_the_machine_has_is_out_of_memory),
        cmocka_unit_test(texts_are_copied_and_printed),
        cmocka_unit_test(dc_grow_keeps_contents_and_tells_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
