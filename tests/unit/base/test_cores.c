/* SPDX-License-Identifier: MIT
 *
 * cores.c: what control groups of both versions allow, from files as the system shows them.
 */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "groups.h"

static char root[64];

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    make_folders(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/dcomp-cores-XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void without_groups_there_is_no_limit(void **state)
{
    (void)state;
    assert_true(dc_cpu_quota(root) == 0);
    put("proc/self/cgroup", "0::/a\n");
    assert_true(dc_cpu_quota(root) == 0);
    put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
    assert_true(dc_cpu_quota(root) == 0);
}

static void version_2_takes_the_least_of_the_group_and_those_above(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    assert_true(dc_cpu_quota(root) == 4);
    put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    assert_true(dc_cpu_quota(root) == 1.5);
}

static void a_path_that_is_not_there_leaves_the_folders_above(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put("sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert_true(dc_cpu_quota(root) == 0.5);
}

static void version_1_reads_quota_and_period_of_the_cpu_hierarchy(void **state)
{
    (void)state;
    put("proc/self/cgroup", "9:memory:/m\n4:cpuacct,cpu:/box\n0::/\n");
    put("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
    assert_true(dc_cpu_quota(root) == 0);
    put("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "200000\n");
    assert_true(dc_cpu_quota(root) == 2);
    put("sys/fs/cgroup/memory/m/cpu.cfs_quota_us", "1\n"); /* another hierarchy */
    assert_true(dc_cpu_quota(root) == 2);
}

static void damaged_files_are_no_limit(void **state)
{
    (void)state;
    put("proc/self/cgroup", "nonsense\n0:\n::\n0::/a\n4:cpu:/b\n");
    put("sys/fs/cgroup/a/cpu.max", "");
    put("sys/fs/cgroup/cpu.max", "100000\n");
    put("sys/fs/cgroup/cpu/b/cpu.cfs_quota_us", "x\n");
    assert_true(dc_cpu_quota(root) == 0);
    put("sys/fs/cgroup/a/cpu.max", "100000 0\n");
    assert_true(dc_cpu_quota(root) == 0);
}

static void there_is_a_core(void **state)
{
    (void)state;
    assert_true(dc_cpu_count() >= 1);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ROOT(without_groups_there_is_no_limit),
        WITH_ROOT(version_2_takes_the_least_of_the_group_and_those_above),
        WITH_ROOT(a_path_that_is_not_there_leaves_the_folders_above),
        WITH_ROOT(version_1_reads_quota_and_period_of_the_cpu_hierarchy),
        WITH_ROOT(damaged_files_are_no_limit),
        cmocka_unit_test(there_is_a_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
