/* SPDX-License-Identifier: MIT
 *
 * memory.c: what is counted and given back, what the limit refuses, what a file may ask for, and
 * what control groups of both versions allow.
 */
#include "test.h"

#include "dcomp/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "groups.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t taken(void)
{
    return dc_memory_limit_bytes() - dc_memory_left();
}

static int lift_limit(void **state)
{
    (void)state;
    dc_memory_limit(0);
    return 0;
}

static void arenas_and_buffers_are_counted_and_given_back(void **state)
{
    (void)state;
    const uint64_t before = taken();
    dc_arena arena = { 0 };
    assert_non_null(dc_arena_take(&arena, 3, MIB));
    assert_true(taken() >= before + 3 * MIB && taken() < before + 4 * MIB);
    void *buffer = dc_grow(NULL, 1, MIB);
    buffer = dc_grow(buffer, 2, MIB);
    assert_true(taken() >= before + 5 * MIB);
    buffer = dc_grow(buffer, 1, 10);
    assert_true(taken() < before + 4 * MIB);
    dc_release(buffer);
    dc_release(NULL);
    dc_arena_clear(&arena);
    assert_int_equal(taken(), before);
}

static void what_could_not_be_taken_is_not_counted(void **state)
{
    (void)state;
    const uint64_t before = taken();
    dc_arena arena = { 0 };
    dc_fault_arm(DC_FAULT_ALLOC, 1);
    assert_null(dc_arena_take(&arena, 1, MIB));
    assert_null(dc_grow(NULL, 1, MIB));
    dc_fault_arm(DC_FAULT_ALLOC, 0);
    assert_int_equal(taken(), before);
}

static void the_limit_is_exact_names_itself_and_leaves_what_there_is(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_memory_limit(taken() + 4 * MIB);
    char *buffer = dc_grow(NULL, 1, MIB);
    assert_non_null(buffer);
    memset(buffer, 7, MIB);
    assert_null(dc_grow(buffer, 5, MIB));
    assert_non_null(strstr(dc_message(), "memory limit"));
    assert_int_equal(buffer[MIB - 1], 7);
    assert_null(dc_arena_take(&arena, 4, MIB));
    assert_int_equal(arena.status, DC_ELIMIT);
    assert_non_null(strstr(dc_message(), "memory limit"));
    dc_arena_clear(&arena);
    arena.status = DC_OK;
    assert_non_null(dc_arena_take(&arena, 2, MIB));
    dc_arena_clear(&arena);
    const uint64_t left = dc_memory_left();
    assert_ok(dc_memory_take(left));
    assert_fails(DC_ELIMIT, dc_memory_take(1));
    dc_memory_give(left);
    dc_release(buffer);
}

static void sums_beyond_64_bits_are_refused(void **state)
{
    (void)state;
    assert_fails(DC_ELIMIT, dc_memory_take(UINT64_MAX));
    assert_fails(DC_ELIMIT, dc_memory_take(UINT64_MAX - 10));
}

static void mapped_files_count_against_a_limit_that_is_set(void **state)
{
    (void)state;
    char path[] = "/tmp/dcomp-memory-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, 3 * MIB) == 0);
    close(fd);
    const uint64_t before = taken();
    dc_file_view view;
    assert_ok(dc_file_open(&view, path, 0)); /* not against the default: pages can be taken back */
    assert_int_equal(taken(), before);
    dc_file_close(&view);
    dc_memory_limit(1000 * MIB);
    assert_ok(dc_file_open(&view, path, 0));
    assert_int_equal(taken(), before + 3 * MIB);
    dc_file_forget(&view, view.data, MIB);
    dc_file_forget(&view, view.data, 3 * MIB);
    dc_file_forget(&view, view.data, 3 * MIB);
    assert_true(taken() == before || !view.is_mapped);
    dc_file_close(&view);
    assert_int_equal(taken(), before);
    dc_memory_limit(before + 2 * MIB);
    assert_fails(DC_ELIMIT, dc_file_open(&view, path, 0));
    dc_memory_limit(0);
    unlink(path);
}

static void a_file_may_ask_in_proportion_and_for_a_little_in_any_case(void **state)
{
    (void)state;
    assert_ok(dc_expansion_check(32 * MIB, 0, DC_EXPANSION, "x"));
    assert_fails(DC_ELIMIT, dc_expansion_check(32 * MIB + 2000, 1, DC_EXPANSION, "x"));
    assert_ok(dc_expansion_check(32 * MIB + 2000, 2, DC_EXPANSION, "x"));
    assert_fails(DC_ELIMIT, dc_expansion_check(UINT64_MAX, UINT64_C(1) << 50, DC_EXPANSION, "x"));
    assert_ok(dc_expansion_check(UINT64_MAX, UINT64_MAX, DC_EXPANSION, "x"));
    assert_non_null(strstr(dc_message(), "expansion limit of 1000"));
    dc_memory_limit(MIB); /* who says how much allows it to files */
    assert_ok(dc_expansion_check(UINT64_MAX, 1, DC_EXPANSION, "x"));
    assert_false(dc_expansion_is_usual(UINT64_MAX, 1, DC_EXPANSION));
}

/* ---- control groups ---- */

static void put(const char *root, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void control_groups_of_both_versions_are_asked(void **state)
{
    (void)state;
    char root[] = "/tmp/dcomp-groups-XXXXXX", command[64];
    assert_non_null(mkdtemp(root));
    assert_true(dc_memory_quota(root) == 0);
    put(root, "proc/self/cgroup", "0::/a/b\n");
    put(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
    assert_true(dc_memory_quota(root) == 0);
    put(root, "sys/fs/cgroup/a/memory.max", "1000000\n");
    assert_true(dc_memory_quota(root) == 1e6);
    put(root, "proc/self/cgroup", "9:memory:/m\n4:cpuacct,cpu:/box\n");
    put(root, "sys/fs/cgroup/memory/m/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(dc_memory_quota(root) > 1e18);
    put(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    assert_true(dc_memory_quota(root) == 5e5);
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

static void the_default_is_less_than_the_machine_has(void **state)
{
    (void)state;
    const uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(dc_memory_limit_bytes() > 0 && dc_memory_limit_bytes() < machine);
    dc_memory_limit(123456789);
    assert_int_equal(dc_memory_limit_bytes(), 123456789);
}

#define WITH_LIMIT(test) cmocka_unit_test_teardown(test, lift_limit)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LIMIT(arenas_and_buffers_are_counted_and_given_back),
        WITH_LIMIT(what_could_not_be_taken_is_not_counted),
        WITH_LIMIT(the_limit_is_exact_names_itself_and_leaves_what_there_is),
        WITH_LIMIT(sums_beyond_64_bits_are_refused),
        WITH_LIMIT(mapped_files_count_against_a_limit_that_is_set),
        WITH_LIMIT(a_file_may_ask_in_proportion_and_for_a_little_in_any_case),
        WITH_LIMIT(control_groups_of_both_versions_are_asked),
        WITH_LIMIT(the_default_is_less_than_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
