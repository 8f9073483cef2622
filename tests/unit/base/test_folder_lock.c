/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_list(void)
{
    return access("/proc/locks", R_OK) == 0;
}

/* What another process gets: 0 the lock, 1 a refusal that names this one. */
static int ask_elsewhere(const char *path)
{
    int lock, status = -1;
    char name[40];
    snprintf(name, sizeof name, "process %ld", (long)getpid());
    const pid_t child = fork();
    if (child == 0)
        _exit(dc_folder_lock(&lock, path) == DC_OK                ? 0
              : strstr(dc_message(), name) != NULL || !has_list() ? 1
                                                                  : 2);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void one_process_at_a_time_has_a_folder(void **state)
{
    char folder[] = "/tmp/dcomp-lock-XXXXXX";
    int lock;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(ask_elsewhere(folder), 0);
    assert_ok(dc_folder_lock(&lock, folder));
    assert_int_equal(ask_elsewhere(folder), 1);
    dc_folder_unlock(lock);
    assert_int_equal(ask_elsewhere(folder), 0);
    rmdir(folder);
    assert_ok(dc_folder_lock(&lock, folder)); /* it is made */
    assert_int_equal(ask_elsewhere(folder), 1);
    dc_folder_unlock(lock);
    assert_int_equal(rmdir(folder), 0);
}

/* It holds what is to be an output, which may be for nobody else. */
static void a_folder_that_is_made_is_its_owners_alone(void **state)
{
    char folder[] = "/tmp/dcomp-lock-XXXXXX";
    struct stat st;
    int lock;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_ok(dc_folder_lock(&lock, folder)); /* was there, and stays as it is */
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    dc_folder_unlock(lock);
    rmdir(folder);
    assert_ok(dc_folder_lock(&lock, folder));
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    dc_folder_unlock(lock);
    rmdir(folder);
}

/* It would be somebody else's folder. */
static void a_link_to_a_folder_is_refused(void **state)
{
    char folder[] = "/tmp/dcomp-lock-XXXXXX", name[64];
    int lock;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/link", folder);
    assert_int_equal(symlink(".", name), 0);
    assert_fails(DC_EIO, dc_folder_lock(&lock, name));
    unlink(name);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_at_a_time_has_a_folder),
        cmocka_unit_test(a_folder_that_is_made_is_its_owners_alone),
        cmocka_unit_test(a_link_to_a_folder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
