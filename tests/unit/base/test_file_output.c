/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "test.h"

#include "dcomp/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[128];

static const char *in(const char *name)
{
    static char text[400];
    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/dcomp-unit-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    strcpy(path, in("out"));
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        unlink(in(entry->d_name));
    closedir(dir);
    return rmdir(folder);
}

/* The only hidden file's name. */
static const char *temporary(uint32_t *n)
{
    static char name[400];
    DIR *dir = opendir(folder);
    *n = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] == '.' && strlen(entry->d_name) > 2) {
            snprintf(name, sizeof name, "%s", in(entry->d_name));
            ++*n;
        }
    closedir(dir);
    return name;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return st.st_mode & 0777;
}

/* As somebody else could read what replaces a file that is for its owner only. */
static void until_it_is_whole_an_output_is_its_owners(void **state)
{
    (void)state;
    static const unsigned modes[] = { 0600, 0644, 0640 };
    uint32_t n;
    for (size_t i = 0; i <= DC_COUNT_OF(modes); i++) {
        dc_output *output;
        const bool replaces = i < DC_COUNT_OF(modes);
        if (replaces) {
            assert_ok(dc_file_write(path, "old", 3, true));
            assert_int_equal(chmod(path, modes[i]), 0);
        }
        const mode_t mask = umask(0);
        const dc_status status = dc_output_open(&output, path, true);
        assert_ok(status);
        assert_int_equal(mode_of(temporary(&n)), 0600);
        assert_int_equal(n, 1);
        dc_output_write(output, "new", 3);
        assert_int_equal(mode_of(temporary(&n)), 0600);
        assert_ok(dc_output_commit(output));
        umask(mask);
        assert_int_equal(mode_of(path), replaces ? modes[i] : 0666);
        if (!replaces)
            break;
        unlink(path);
    }
}

/* A process that ends without a word; returns the number of its temporaries that are left. */
static uint32_t die_writing(const char *name)
{
    uint32_t n;
    const pid_t child = fork();
    if (child == 0) {
        dc_output *output;
        _exit(dc_output_open(&output, name, true) == DC_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    temporary(&n);
    return n;
}

static void what_a_dead_process_left_goes_and_nothing_else(void **state)
{
    (void)state;
    static const char *const others[] = { ".out.config", ".out.dcomp-a", ".outer.dcomp-abcdef",
                                          ".out.dcomp-ABCDEF" };
    dc_output *live, *next;
    uint32_t n;
    for (size_t i = 0; i < DC_COUNT_OF(others); i++) {
        const int fd = open(in(others[i]), O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(die_writing(path), 4 + 1);
    assert_int_equal(die_writing(path), 4 + 1);
    assert_ok(dc_output_open(&live, path, true));
    temporary(&n);
    assert_int_equal(n, 4 + 1);
    assert_ok(dc_output_open(&next, path, true));
    temporary(&n);
    assert_int_equal(n, 4 + 2);
    assert_ok(dc_output_commit(next));
    assert_ok(dc_output_commit(live));
    temporary(&n);
    assert_int_equal(n, 4);
}

static void a_link_to_nothing_stays_and_its_file_is_made(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(symlink("second", in("first")), 0);
    assert_int_equal(symlink("file", in("second")), 0);
    assert_ok(dc_file_write(in("first"), "x", 1, true));
    assert_true(lstat(in("first"), &st) == 0 && S_ISLNK(st.st_mode));
    assert_true(lstat(in("second"), &st) == 0 && S_ISLNK(st.st_mode));
    assert_true(lstat(in("file"), &st) == 0 && S_ISREG(st.st_mode));
    assert_int_equal(symlink("loop", in("loop")), 0);
    assert_fails(DC_EIO, dc_file_write(in("loop/x"), "x", 1, true));
}

/* What is printed would come between what is written. */
static void no_output_goes_where_messages_go(void **state)
{
    (void)state;
    static const char *const names[] = { "/dev/stdout", "/dev/fd/1", "/dev/stderr",
                                         "/proc/self/fd/2" };
    int ends[2], code;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        bool is_good = dup2(ends[1], 1) == 1 && dup2(ends[1], 2) == 2;
        for (size_t i = 0; i < DC_COUNT_OF(names); i++)
            is_good = is_good && dc_output_check(names[i], true) == DC_EINPUT;
        is_good = is_good && dc_output_check("-", true) == DC_OK;
        is_good = is_good && dc_output_check("/dev/null", true) == DC_OK;
        _exit(is_good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    close(ends[0]);
    close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(until_it_is_whole_an_output_is_its_owners),
        TEST(what_a_dead_process_left_goes_and_nothing_else),
        TEST(a_link_to_nothing_stays_and_its_file_is_made),
        TEST(no_output_goes_where_messages_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
