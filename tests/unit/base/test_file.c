/* SPDX-License-Identifier: MIT
 *
 * file.c and file_output.c: views, folders, output that appears whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "dcomp/file.h"

typedef struct place {
    dc_arena arena;
    const char *folder;
} place;

static const char *in(const place *p, const char *name)
{
    return dc_arena_print((dc_arena *)(uintptr_t)&p->arena, "%s/%s", p->folder, name);
}

static int make_place(void **state)
{
    static place p;
    const char *root = getenv("TMPDIR");
    char *folder = (char *)(uintptr_t)dc_arena_print(&p.arena, "%s/dcomp-test-XXXXXX",
                                                     root ? root : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    p.folder = folder;
    *state = &p;
    return 0;
}

static uint32_t count_all(const place *p)
{
    dc_arena arena = { 0 };
    const char *command = dc_arena_print(&arena, "ls -A '%s' | wc -l", p->folder);
    FILE *pipe = popen(command, "r");
    unsigned n = 99;
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%u", &n), 1);
    pclose(pipe);
    dc_arena_clear(&arena);
    return n;
}

static int remove_place(void **state)
{
    place *p = *state;
    const char *command = dc_arena_print(&p->arena, "rm -rf '%s'", p->folder);
    const int result = system(command);
    dc_arena_clear(&p->arena);
    return result;
}

static void assert_holds(const char *path, const char *text)
{
    dc_file_view view;
    assert_ok(dc_file_open(&view, path, 0));
    assert_int_equal(view.size, strlen(text));
    assert_memory_equal(view.data, text, strlen(text));
    dc_file_close(&view);
}

static void what_is_written_can_be_viewed(void **state)
{
    const place *p = *state;
    assert_ok(dc_file_write(in(p, "a"), "hello", 5, false));
    assert_holds(in(p, "a"), "hello");
    assert_ok(dc_file_write(in(p, "empty"), "", 0, false));
    assert_holds(in(p, "empty"), "");
}

static void a_view_over_the_limit_or_of_nothing_is_refused(void **state)
{
    const place *p = *state;
    dc_file_view view;
    assert_ok(dc_file_write(in(p, "a"), "hello", 5, false));
    assert_ok(dc_file_open(&view, in(p, "a"), 5));
    dc_file_close(&view);
    assert_fails(DC_ELIMIT, dc_file_open(&view, in(p, "a"), 4));
    assert_fails(DC_EIO, dc_file_open(&view, in(p, "missing"), 0));
    assert_fails(DC_EIO, dc_file_open(&view, p->folder, 0));
    assert_fails(DC_ELIMIT, dc_file_open(&view, "/dev/zero", 1 << 20));
}

static void what_cannot_be_mapped_is_read(void **state)
{
    (void)state;
    dc_file_view view;
    assert_ok(dc_file_open(&view, "/proc/self/status", 0));
    assert_true(view.size > 10 && !view.is_mapped);
    dc_file_close(&view);
    assert_ok(dc_file_open(&view, "/dev/null", 0));
    assert_int_equal(view.size, 0);
    dc_file_close(&view);
}

/* Resident pages that come from files. */
static long n_file_pages(void)
{
    long n_all, n_resident, n_shared = -1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%ld %ld %ld", &n_all, &n_resident, &n_shared) != 3)
        n_shared = -1;
    if (file != NULL)
        fclose(file);
    return n_shared;
}

static unsigned sum_of(const uint8_t *bytes, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += bytes[i];
    return sum;
}

static void forgotten_pages_leave_memory_and_read_the_same(void **state)
{
    const place *p = *state;
    enum { N = 8 << 20 };
    uint8_t *bytes = malloc(N);
    dc_file_view view;
    assert_non_null(bytes);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (uint8_t)(i >> 8 ^ i);
    assert_ok(dc_file_write(in(p, "large"), bytes, N, false));
    assert_ok(dc_file_open(&view, in(p, "large"), 0));
    const unsigned sum = sum_of(view.data, N);
    const long before = n_file_pages();
    dc_file_forget(&view, view.data + 100, N - 200);
    const long after = n_file_pages();
    if (before >= 0 && view.is_mapped)
        assert_true(before - after > N / 4096 / 2);
    assert_int_equal(sum_of(view.data, N), sum);
    dc_file_forget(&view, view.data + N, 0);
    dc_file_close(&view);

    assert_ok(dc_file_open(&view, "/proc/self/status", 0)); /* not mapped: nothing happens */
    dc_file_forget(&view, view.data, view.size);
    assert_true(view.data[0] != 0);
    dc_file_close(&view);
    free(bytes);
}

static void an_existing_file_is_replaced_only_on_demand(void **state)
{
    const place *p = *state;
    assert_ok(dc_file_write(in(p, "a"), "old", 3, false));
    assert_fails(DC_EINPUT, dc_file_write(in(p, "a"), "new", 3, false));
    assert_non_null(strstr(dc_message(), "-f"));
    assert_holds(in(p, "a"), "old");
    assert_ok(dc_file_write(in(p, "a"), "new", 3, true));
    assert_holds(in(p, "a"), "new");
    assert_int_equal(count_all(p), 1);
}

static void a_file_that_appears_meanwhile_is_kept(void **state)
{
    const place *p = *state;
    dc_output *output;
    assert_ok(dc_output_open(&output, in(p, "a"), false));
    dc_output_write(output, "mine", 4);
    assert_ok(dc_file_write(in(p, "a"), "theirs", 6, false));
    assert_fails(DC_EINPUT, dc_output_commit(output));
    assert_holds(in(p, "a"), "theirs");
    assert_int_equal(count_all(p), 1);
}

static void output_is_invisible_until_commit_and_gone_after_discard(void **state)
{
    const place *p = *state;
    dc_output *output;
    assert_ok(dc_output_open(&output, in(p, "a"), false));
    dc_output_write(output, "x", 1);
    assert_false(dc_file_exists(in(p, "a")));
    assert_int_equal(count_all(p), 1);
    dc_output_discard(output);
    assert_int_equal(count_all(p), 0);
    dc_output_discard(NULL);
}

static void discard_all_removes_every_temporary(void **state)
{
    const place *p = *state;
    dc_output *a, *b;
    assert_ok(dc_output_open(&a, in(p, "a"), false));
    assert_ok(dc_output_open(&b, in(p, "b"), false));
    assert_int_equal(count_all(p), 2);
    assert_true(dc_output_discard_all() && !dc_output_discard_all());
    assert_int_equal(count_all(p), 0);
    assert_fails(DC_EIO, dc_output_commit(a));
    dc_output_discard(b);
}

static void large_and_small_writes_keep_their_order(void **state)
{
    const place *p = *state;
    enum { N = 300000 };
    static uint8_t bytes[N];
    dc_output *output;
    dc_file_view view;
    for (int i = 0; i < N; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    assert_ok(dc_output_open(&output, in(p, "a"), false));
    for (uint64_t done = 0, step = 1; done < N; step = step * 3 % 100003) {
        step = DC_MIN(step, N - done);
        dc_output_write(output, bytes + done, step);
        done += step;
    }
    assert_ok(dc_output_commit(output));
    assert_ok(dc_file_open(&view, in(p, "a"), 0));
    assert_int_equal(view.size, N);
    assert_memory_equal(view.data, bytes, N);
    dc_file_close(&view);
}

static void every_failing_step_leaves_the_old_file_and_nothing_else(void **state)
{
    const place *p = *state;
    assert_ok(dc_file_write(in(p, "a"), "old", 3, false));
    uint64_t nth = 1;
    for (;; nth++) {
        dc_fault_arm(DC_FAULT_WRITE, nth);
        const dc_status status = dc_file_write(in(p, "a"), "new", 3, true);
        dc_fault_arm(DC_FAULT_WRITE, 0);
        if (status == DC_OK)
            break;
        assert_int_equal(status, DC_EIO);
        assert_holds(in(p, "a"), "old");
        assert_int_equal(count_all(p), 1);
    }
    assert_int_equal(nth, 5); /* open, write, sync, rename */
    assert_holds(in(p, "a"), "new");
}

static void a_failing_read_is_reported(void **state)
{
    const place *p = *state;
    dc_file_view view;
    assert_ok(dc_file_write(in(p, "a"), "old", 3, false));
    dc_fault_arm(DC_FAULT_READ, 1);
    const dc_status status = dc_file_open(&view, in(p, "a"), 0);
    dc_fault_arm(DC_FAULT_READ, 2);
    const dc_status later = dc_file_open(&view, "/proc/self/status", 0);
    dc_fault_arm(DC_FAULT_READ, 0);
    assert_int_equal(status, DC_EIO);
    assert_int_equal(later, DC_EIO);
}

static void a_new_file_obeys_the_umask_and_a_replaced_one_keeps_its_mode(void **state)
{
    const place *p = *state;
    struct stat st;
    const mode_t old = umask(027);
    assert_ok(dc_file_write(in(p, "a"), "x", 1, false));
    umask(old);
    assert_int_equal(stat(in(p, "a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(chmod(in(p, "a"), 0604), 0);
    assert_ok(dc_file_write(in(p, "a"), "y", 1, true));
    assert_int_equal(stat(in(p, "a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
}

static void a_link_stays_and_its_file_is_replaced(void **state)
{
    const place *p = *state;
    struct stat st;
    assert_ok(dc_file_write(in(p, "file"), "old", 3, false));
    assert_int_equal(symlink("file", in(p, "link")), 0);
    assert_ok(dc_file_write(in(p, "link"), "new", 3, true));
    assert_holds(in(p, "file"), "new");
    assert_int_equal(lstat(in(p, "link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void devices_and_pipes_are_written_directly(void **state)
{
    const place *p = *state;
    char text[8] = "";
    assert_ok(dc_file_write("/dev/null", "x", 1, false));
    assert_int_equal(mkfifo(in(p, "pipe"), 0600), 0);
    const int fd = open(in(p, "pipe"), O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_ok(dc_file_write(in(p, "pipe"), "through", 7, false));
    assert_int_equal(read(fd, text, sizeof text), 7);
    assert_memory_equal(text, "through", 7);
    close(fd);
    assert_int_equal(count_all(p), 1);
}

static void hopeless_outputs_are_refused(void **state)
{
    const place *p = *state;
    dc_output *output;
    char name[6000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_fails(DC_EIO, dc_output_open(&output, name, true));
    assert_fails(DC_EIO, dc_output_open(&output, in(p, "no/such/folder"), true));
    assert_fails(DC_EIO, dc_output_open(&output, p->folder, true));
    assert_fails(DC_EINPUT, dc_output_open(&output, "", true));
}

static void a_place_can_be_checked_before_it_is_written(void **state)
{
    place *p = *state;
    const char *there = in(p, "there");
    assert_ok(dc_file_write(there, "old", 3, false));
    assert_ok(dc_output_check(in(p, "new"), false));
    assert_ok(dc_output_check("/dev/null", false));
    assert_ok(dc_output_check("-", false));
    assert_fails(DC_EINPUT, dc_output_check(there, false));
    assert_ok(dc_output_check(there, true));
    assert_fails(DC_EIO, dc_output_check(p->folder, true));
    assert_fails(DC_EIO, dc_output_check("/nonexistent/x", true));
    assert_non_null(strstr(dc_message(), "there is no folder '/nonexistent'"));
    assert_fails(DC_EIO, dc_output_check(in(p, "there/x"), true));
    assert_fails(DC_EIO, dc_output_check("/proc/x", true));
    assert_holds(there, "old");
    assert_int_equal(count_all(p), 1);
}

static void a_folder_can_be_checked_before_it_is_made(void **state)
{
    place *p = *state;
    assert_ok(dc_file_write(in(p, "file"), "old", 3, false));
    assert_ok(dc_folder_check(p->folder));
    assert_ok(dc_folder_check(in(p, "new")));
    assert_ok(dc_folder_check(in(p, "new//")));
    assert_fails(DC_EIO, dc_folder_check(in(p, "file")));
    assert_fails(DC_EIO, dc_folder_check("/nonexistent/x"));
    assert_fails(DC_EIO, dc_folder_check("/proc/x"));
    assert_int_equal(count_all(p), 1);
}

static bool is_same(const char *a, const char *b)
{
    dc_file_id x, y;
    assert_true(dc_file_id_of(&x, a));
    assert_true(dc_file_id_of(&y, b));
    return dc_file_id_equal(&x, &y);
}

static void a_file_is_known_by_any_name(void **state)
{
    const place *p = *state;
    dc_file_id id;
    char a[200], other[200];
    snprintf(a, sizeof a, "%s", in(p, "a"));
    assert_ok(dc_file_write(a, "x", 1, false));
    assert_ok(dc_file_write(in(p, "b"), "x", 1, false));
    assert_int_equal(link(a, in(p, "hard")), 0);
    assert_int_equal(symlink("a", in(p, "soft")), 0);
    assert_false(is_same(a, in(p, "b")));
    assert_true(is_same(a, in(p, "./a")));
    assert_true(is_same(a, in(p, "hard")));
    assert_true(is_same(a, in(p, "soft")));
    assert_false(is_same(a, in(p, "new")));
    snprintf(other, sizeof other, "%s", in(p, "new"));
    assert_true(is_same(other, in(p, ".//new")));
    assert_false(is_same(other, in(p, "newer")));
    assert_false(dc_file_id_of(&id, in(p, "no/folder")));
    assert_false(dc_file_id_of(&id, p->folder));
    assert_false(dc_file_id_of(&id, "/dev/null"));
}

static void what_cannot_be_looked_for_is_not_absent(void **state)
{
    const place *p = *state;
    const char *path = in(p, "file");
    char name[400] = "";
    bool found;
    assert_ok(dc_file_find(&found, path));
    assert_false(found);
    assert_ok(dc_file_write(path, "x", 1, false));
    assert_ok(dc_file_find(&found, path));
    assert_true(found);
    memset(name, 'n', sizeof name - 1); /* too long for any folder */
    assert_fails(DC_EIO, dc_file_find(&found, name));
}

static void folders_are_made_and_listed_in_order(void **state)
{
    place *p = *state;
    const char **names;
    uint32_t n;
    assert_ok(dc_folder_make(in(p, "sub")));
    assert_ok(dc_folder_make(in(p, "sub")));
    for (const char *name = "ba\xc3Z"; *name; name++)
        assert_ok(dc_file_write(in(p, (char[]){ *name, '\0' }), "x", 1, false));
    assert_ok(dc_file_write(in(p, ".hidden"), "x", 1, false));
    assert_fails(DC_EIO, dc_folder_make(in(p, "a")));
    assert_ok(dc_folder_list(&names, &n, p->folder, false, &p->arena));
    assert_int_equal(n, 4);
    assert_string_equal(names[0], "Z");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[3], "\xc3");
    assert_ok(dc_folder_list(&names, &n, p->folder, true, &p->arena));
    assert_int_equal(n, 1);
    assert_string_equal(names[0], "sub");
    assert_ok(dc_folder_list(&names, &n, in(p, "sub"), true, &p->arena));
    assert_int_equal(n, 0);
    assert_fails(DC_EIO, dc_folder_list(&names, &n, in(p, "none"), true, &p->arena));
}

/* Who lists files asks for what is no folder, so that each fault is told when it is opened. */
static void what_is_no_folder_is_listed_though_it_cannot_be_read(void **state)
{
    place *p = *state;
    const char **names;
    uint32_t n;
    assert_ok(dc_folder_make(in(p, "folder")));
    assert_int_equal(symlink("nowhere", in(p, "a")), 0);
    assert_int_equal(symlink("b", in(p, "b")), 0);
    assert_int_equal(mkfifo(in(p, "c"), 0600), 0);
    assert_ok(dc_folder_list(&names, &n, p->folder, false, &p->arena));
    assert_int_equal(n, 3);
    for (uint32_t i = 0; i < n; i++) {
        dc_file_view view;
        assert_string_equal(names[i], ((const char[]){ "abc"[i], '\0' }));
        assert_fails(DC_EIO, dc_file_open_plain(&view, in(p, names[i]), 0));
    }
    assert_true(dc_folder_exists(in(p, "folder")) && !dc_folder_exists(in(p, "c")));
}

static void a_folder_whose_files_cannot_be_looked_at_is_not_empty(void **state)
{
    place *p = *state;
    const char **names;
    uint32_t n, user = geteuid();
    assert_ok(dc_folder_make(in(p, "shut")));
    assert_ok(dc_file_write(in(p, "shut/x"), "x", 1, false));
    assert_int_equal(chmod(p->folder, 0755), 0);
    assert_int_equal(chmod(in(p, "shut"), 0444), 0);
    assert_int_equal(seteuid(user == 0 ? 65534 : user), 0); /* root may do anything */
    const dc_status files = dc_folder_list(&names, &n, in(p, "shut"), false, &p->arena);
    const dc_status folders = dc_folder_list(&names, &n, in(p, "shut"), true, &p->arena);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(in(p, "shut"), 0755), 0);
    assert_true(files == DC_EIO && folders == DC_EIO);
    assert_non_null(strstr(dc_message(), strerror(EACCES)));
}

static bool begins_with_x(const char *name)
{
    return name[name[0] == '.'] == 'x';
}

static void files_are_found_and_removed_by_their_names(void **state)
{
    place *p = *state;
    bool found = true;
    assert_ok(dc_folder_find(&found, in(p, "none"), begins_with_x));
    assert_false(found);
    assert_ok(dc_folder_remove_files(in(p, "none"), begins_with_x));
    assert_ok(dc_folder_make(in(p, "sub")));
    assert_ok(dc_file_write(in(p, "sub/kept"), "x", 1, false));
    assert_ok(dc_folder_find(&found, in(p, "sub"), begins_with_x));
    assert_false(found);
    assert_ok(dc_file_write(in(p, "sub/.x"), "x", 1, false));
    assert_ok(dc_file_write(in(p, "sub/xy"), "x", 1, false));
    assert_ok(dc_folder_find(&found, in(p, "sub"), begins_with_x));
    assert_true(found);
    dc_fault_arm(DC_FAULT_READ, 1);
    assert_fails(DC_EIO, dc_folder_find(&found, in(p, "sub"), begins_with_x));
    assert_fails(DC_EIO, dc_folder_remove_files(in(p, "sub"), begins_with_x));
    dc_fault_arm(DC_FAULT_READ, 0);
    assert_fails(DC_EIO, dc_folder_find(&found, in(p, "sub/kept"), begins_with_x));
    assert_ok(dc_folder_remove_files(in(p, "sub"), begins_with_x));
    assert_ok(dc_folder_find(&found, in(p, "sub"), begins_with_x));
    assert_false(found);
    dc_folder_remove(in(p, "sub")); /* not empty: stays */
    assert_true(dc_file_exists(in(p, "sub/kept")));
    dc_file_remove(in(p, "sub/kept"));
    dc_folder_remove(in(p, "sub"));
    assert_false(dc_file_exists(in(p, "sub")));
}

static void every_name_has_a_file_name_of_its_own(void **state)
{
    place *p = *state;
    static const char *const names[] = { "a/b",  "a_b", "a b",  "a:b", "a%2Fb",
                                         ".a",   "..",  "a..b", "",    "\xd0\xb0" };
    char long_name[2][256];
    memset(long_name, '/', sizeof long_name);
    long_name[0][255] = long_name[1][255] = '\0';
    long_name[1][254] = '-';
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        const char *mine = dc_file_name(names[i], &p->arena);
        assert_null(strpbrk(mine, "/ :"));
        assert_true(mine[0] != '.');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(mine, dc_file_name(names[k], &p->arena));
    }
    assert_string_not_equal(dc_file_name(long_name[0], &p->arena),
                            dc_file_name(long_name[1], &p->arena));
    assert_true(strlen(dc_file_name(long_name[0], &p->arena)) < 200);
}

/* Opening a pipe waits for its other end, a device may never end. */
static void only_plain_files_are_opened_for_strangers(void **state)
{
    const place *p = *state;
    dc_file_view view;
    assert_ok(dc_file_write(in(p, "a"), "x", 1, false));
    assert_int_equal(mkfifo(in(p, "pipe"), 0600), 0);
    assert_ok(dc_file_open_plain(&view, in(p, "a"), 0));
    assert_int_equal(view.size, 1);
    dc_file_close(&view);
    assert_fails(DC_EIO, dc_file_open_plain(&view, in(p, "pipe"), 0));
    assert_fails(DC_EIO, dc_file_open_plain(&view, "/dev/zero", 0));
    assert_fails(DC_ELIMIT, dc_file_open(&view, "/dev/zero", 1 << 20));
    assert_fails(DC_EIO, dc_file_open_plain(&view, p->folder, 0));
    assert_fails(DC_EIO, dc_file_open_plain(&view, "-", 0));
}

/* As in a cache of downloads: the names are links into one folder of contents. */
static void no_link_leads_out_of_the_folder(void **state)
{
    const place *p = *state;
    static const struct {
        const char *name, *to;
        dc_status wanted;
    } links[] = {
        { "beside", "data", DC_OK },
        { "below", "blobs/data", DC_OK },
        { "away", "/etc/passwd", DC_ECORRUPT },
        { "up", "..", DC_ECORRUPT },
        { "loop", "loop", DC_EIO },
        { "nowhere", "none", DC_EIO },
        { "device", "/dev/zero", DC_ECORRUPT },
    };
    char model[200], link[200], name[200];
    dc_file_view view;
    assert_int_equal(mkdir(in(p, "blobs"), 0700), 0);
    assert_ok(dc_file_write(in(p, "blobs/data"), "x", 1, false));
    assert_ok(dc_file_write(in(p, "blobs/model"), "x", 1, false));
    assert_ok(dc_file_write(in(p, "data"), "x", 1, false));
    snprintf(model, sizeof model, "%s", in(p, "model"));
    assert_ok(dc_file_write(model, "x", 1, false));
    for (size_t i = 0; i < DC_COUNT_OF(links); i++) {
        assert_int_equal(symlink(links[i].to, in(p, links[i].name)), 0);
        assert_int_equal(dc_file_open_beside(&view, in(p, links[i].name), model, 0),
                         links[i].wanted);
        dc_file_close(&view);
        unlink(in(p, links[i].name));
    }
    assert_int_equal(mkdir(in(p, "links"), 0700), 0);
    snprintf(link, sizeof link, "%s", in(p, "links/model"));
    snprintf(name, sizeof name, "%s", in(p, "links/data"));
    assert_int_equal(symlink("../blobs/model", link), 0);
    assert_int_equal(symlink("../blobs/data", name), 0);
    assert_ok(dc_file_open_beside(&view, name, link, 0));
    dc_file_close(&view);
    assert_int_equal(unlink(link) | unlink(name) | rmdir(in(p, "links")), 0);
    unlink(in(p, "blobs/data"));
    unlink(in(p, "blobs/model"));
    rmdir(in(p, "blobs"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_can_be_viewed),
        TEST(a_view_over_the_limit_or_of_nothing_is_refused),
        TEST(what_cannot_be_mapped_is_read),
        TEST(forgotten_pages_leave_memory_and_read_the_same),
        TEST(an_existing_file_is_replaced_only_on_demand),
        TEST(a_file_that_appears_meanwhile_is_kept),
        TEST(output_is_invisible_until_commit_and_gone_after_discard),
        TEST(discard_all_removes_every_temporary),
        TEST(large_and_small_writes_keep_their_order),
        TEST(every_failing_step_leaves_the_old_file_and_nothing_else),
        TEST(a_failing_read_is_reported),
        TEST(a_new_file_obeys_the_umask_and_a_replaced_one_keeps_its_mode),
        TEST(a_link_stays_and_its_file_is_replaced),
        TEST(devices_and_pipes_are_written_directly),
        TEST(hopeless_outputs_are_refused),
        TEST(a_place_can_be_checked_before_it_is_written),
        TEST(a_folder_can_be_checked_before_it_is_made),
        TEST(a_file_is_known_by_any_name),
        TEST(what_cannot_be_looked_for_is_not_absent),
        TEST(folders_are_made_and_listed_in_order),
        TEST(what_is_no_folder_is_listed_though_it_cannot_be_read),
        TEST(a_folder_whose_files_cannot_be_looked_at_is_not_empty),
        TEST(files_are_found_and_removed_by_their_names),
        TEST(every_name_has_a_file_name_of_its_own),
        TEST(only_plain_files_are_opened_for_strangers),
        TEST(no_link_leads_out_of_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
