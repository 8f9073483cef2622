/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

/* What another process gets: 0 the lock, 1 a refusal. */
static int ask_elsewhere(const char *path)
{
    int lock, status = -1;
    const pid_t child = fork();
    if (child == 0)
        _exit(dc_folder_lock(&lock, path) == DC_EINPUT);
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
    assert_ok(dc_folder_lock(&lock, folder)); /* nothing there is nobody's */
    dc_folder_unlock(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_at_a_time_has_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
