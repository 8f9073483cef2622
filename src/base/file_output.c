/* SPDX-License-Identifier: MIT
 *
 * An output file that appears whole or not at all.
 *
 * Open makes ".NAME.dcomp-xxxxxx" beside the target with O_EXCL, readable by its owner alone, and
 * locks it: temporaries of NAME that nobody has locked are of dead runs, and go. A link is followed
 * first, so the file behind it is replaced and the link stays. What is not a plain file (a device,
 * a pipe, "-" for standard output) is written directly.
 *
 * Write gathers 64 KiB at a time and goes on after interruptions and short writes.
 *
 * Commit writes the rest; owner, group and permissions become those of the file that is replaced,
 * or what the umask leaves; then fsync, close and rename; without may_replace link + unlink, which
 * refuses a target that has appeared meanwhile. Then the folder is synced. The lock outlives the
 * new name.
 *
 * The names of unfinished temporaries stand in a small table of atomic pointers, before the files
 * do; it is all that dc_output_discard_all looks at: unlink and atomic loads are safe in a signal
 * handler. A name is not freed while somebody looks at the table.
 */
#define _GNU_SOURCE /* realpath, flock */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_strays.h"
#include "file_sync.h"

#define BUFFER_BYTES (64u << 10)
#define MAX_UNFINISHED 16

struct dc_output {
    int fd;
    bool may_replace, is_direct;
    bool replaces; /* a file that was there when this was opened: */
    struct stat replaced;
    dc_status status;
    size_t n_buffered;
    unsigned slot; /* in the table of unfinished temporaries */
    char path[PATH_MAX];
    char temp[PATH_MAX];
    uint8_t buffer[BUFFER_BYTES];
};

static _Atomic(const char *) unfinished[MAX_UNFINISHED];
static atomic_uint n_looking; /* at that table: dc_output_discard_all */

static dc_status fail_exists(const char *path)
{
    return dc_fail(DC_EINPUT, "'%s' exists (-f replaces it)", path);
}

/* errno = EIO when this operation must fail. */
static bool is_faulty(void)
{
    const bool hits = dc_fault_hits(DC_FAULT_WRITE);
    if (hits)
        errno = EIO;
    return hits;
}

/* Bytes of `path` up to and including its last slash. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* ---- open ---- */

static dc_status take_slot(dc_output *o)
{
    for (unsigned i = 0; i < MAX_UNFINISHED; i++) {
        const char *expected = NULL;
        if (atomic_compare_exchange_strong(&unfinished[i], &expected, o->temp)) {
            o->slot = i;
            return DC_OK;
        }
    }
    return dc_fail(DC_ELIMIT, "more than %d output files at once", MAX_UNFINISHED);
}

/* The name may be changed or freed afterwards. A handler of this very thread has ended by now. */
static void give_slot_back(const dc_output *o)
{
    atomic_store(&unfinished[o->slot], NULL);
    while (atomic_load(&n_looking) > 0)
        sched_yield();
}

static dc_status name_temporary(dc_output *o)
{
    static const char letters[] = STRAY_LETTERS;
    static atomic_uint counter;
    dc_rng rng;
    dc_rng_init(&rng, (uint64_t)getpid() << 32 | atomic_fetch_add(&counter, 1),
                (uint64_t)(dc_clock_seconds() * 1e9));
    const int folder = (int)folder_length(o->path);
    const int n = snprintf(o->temp, sizeof o->temp, "%.*s.%.*s" STRAY_MARK "xxxxxx", folder,
                           o->path, STRAY_NAME_BYTES, o->path + folder);
    if (n < 0 || (size_t)n >= sizeof o->temp)
        return dc_fail(DC_EIO, "name is too long: '%s'", o->path);
    for (int i = 1; i <= STRAY_N_LETTERS; i++)
        o->temp[n - i] = letters[dc_rng_u64(&rng) % strlen(letters)];
    return DC_OK;
}

/* Locked, so that it is seen to have an owner; false when somebody took it for a stray before. */
static bool lock_temporary(int fd)
{
    struct stat st;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return false;
    return fstat(fd, &st) < 0 || st.st_nlink > 0;
}

static dc_status open_temporary(dc_output *o)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        DC_TRY(name_temporary(o));
        DC_TRY(take_slot(o));
        o->fd = is_faulty() ? -1 : open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (o->fd >= 0 && lock_temporary(o->fd))
            return DC_OK;
        const int error = o->fd >= 0 ? EEXIST : errno;
        give_slot_back(o);
        if (o->fd >= 0)
            close(o->fd);
        o->fd = -1;
        errno = error;
        if (error != EEXIST && error != EINTR)
            break;
    }
    return dc_fail_system("write", o->path);
}

static dc_status open_direct(dc_output *o)
{
    const bool is_stdout = strcmp(o->path, "-") == 0;
    o->is_direct = true;
    if (is_faulty())
        o->fd = -1;
    else
        o->fd = is_stdout ? dup(STDOUT_FILENO) : open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return o->fd < 0 ? dc_fail_system("write", o->path) : DC_OK;
}

/* Where an output is to go, and what is there. */
typedef struct target {
    char path[PATH_MAX]; /* a link's own target, where it leads somewhere; plain files only */
    struct stat st;
    bool exists, is_direct;
} target;

/* A link that leads to nothing yet: what it leads to is made, and the link stays. */
static void follow_links(char path[PATH_MAX])
{
    char to[PATH_MAX];
    for (int i = 0; i < 40; i++) {
        const ssize_t n = readlink(path, to, sizeof to - 1);
        if (n <= 0)
            return;
        to[n] = '\0';
        const size_t n_folder = to[0] == '/' ? 0 : folder_length(path);
        if (n_folder + (size_t)n >= PATH_MAX)
            return;
        strcpy(path + n_folder, to);
    }
}

/* Text for people goes there, and would come in between. */
static bool is_standard(const struct stat *st)
{
    struct stat own;
    if (!S_ISFIFO(st->st_mode) && !S_ISSOCK(st->st_mode) && !S_ISCHR(st->st_mode))
        return false;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino &&
            (!S_ISCHR(st->st_mode) || isatty(fd)))
            return true;
    return false;
}

static dc_status find_target(target *t, const char *path)
{
    const bool is_stdout = strcmp(path, "-") == 0;
    if (path[0] == '\0')
        return dc_fail(DC_EINPUT, "output name is empty");
    if (strlen(path) >= sizeof t->path)
        return dc_fail(DC_EIO, "name is too long: '%s'", path);
    t->exists = !is_stdout && stat(path, &t->st) == 0;
    if (!is_stdout && !t->exists && (errno == EIO || errno == ENOMEM))
        return dc_fail_system("write", path); /* who may read it is not known */
    t->is_direct = is_stdout || (t->exists && !S_ISREG(t->st.st_mode));
    if (t->exists && S_ISDIR(t->st.st_mode))
        return dc_fail(DC_EIO, "'%s' is a folder", path);
    if (t->exists && is_standard(&t->st))
        return dc_fail(DC_EINPUT, "'%s' is where messages go; an output needs a file of its own",
                       path);
    if (t->is_direct || !realpath(path, t->path)) { /* a pipe may be nameless */
        strcpy(t->path, path);
        if (!t->is_direct)
            follow_links(t->path);
    }
    return DC_OK;
}

/* The folder that a temporary is to be made in must be there. */
static dc_status check_folder(const char *path)
{
    struct stat st;
    char folder[PATH_MAX];
    int n = (int)folder_length(path);
    n -= n > 1; /* the slash */
    snprintf(folder, sizeof folder, "%.*s", n ? n : 1, n ? path : ".");
    const bool exists = stat(folder, &st) == 0;
    if (!exists && errno == ENOENT)
        return dc_fail(DC_EIO, "cannot write '%s': there is no folder '%s'", path, folder);
    if (exists && !S_ISDIR(st.st_mode))
        return dc_fail(DC_EIO, "cannot write '%s': '%s' is no folder", path, folder);
    return exists ? DC_OK : dc_fail_system("write", path);
}

static dc_status check_target(target *t, const char *path, bool may_replace)
{
    DC_TRY(find_target(t, path));
    if (t->is_direct)
        return DC_OK;
    if (t->exists && !may_replace)
        return fail_exists(path);
    return check_folder(t->path);
}

static dc_status open_target(dc_output *o, const char *path)
{
    target t;
    DC_TRY(check_target(&t, path, o->may_replace));
    strcpy(o->path, t.path);
    o->replaces = t.exists;
    o->replaced = t.st;
    if (t.is_direct)
        return open_direct(o);
    file_strays_remove(o->path);
    return open_temporary(o);
}

dc_status dc_output_open(dc_output **out, const char *path, bool may_replace)
{
    dc_output *o = dc_grow(NULL, 1, sizeof *o);
    if (!o)
        return DC_ENOMEM;
    memset(o, 0, offsetof(dc_output, buffer));
    o->fd = -1;
    o->may_replace = may_replace;
    const dc_status status = open_target(o, path);
    if (status < 0) {
        if (o->fd >= 0)
            close(o->fd);
        dc_release(o);
        return status;
    }
    *out = o;
    return DC_OK;
}

bool dc_output_is_direct(const char *path)
{
    struct stat st;
    return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* Only making a file shows whether one can be made: permissions alone do not. */
dc_status dc_output_check(const char *path, bool may_replace)
{
    target t;
    dc_output *o;
    DC_TRY(check_target(&t, path, may_replace));
    if (t.is_direct)
        return DC_OK;
    DC_TRY(dc_output_open(&o, path, may_replace));
    dc_output_discard(o);
    return DC_OK;
}

dc_status dc_folder_check(const char *path)
{
    struct stat st;
    char name[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof name)
        return dc_fail(DC_EIO, "name is too long: '%s'", path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    snprintf(name, sizeof name, "%.*s", (int)n, path);
    if (stat(path, &st) < 0)
        return dc_output_check(name, true);
    if (!S_ISDIR(st.st_mode))
        return dc_fail(DC_EIO, "'%s' is no folder", path);
    file_strays_remove(name); /* of a run that was to make it */
    return access(path, W_OK | X_OK) == 0 ? DC_OK : dc_fail_system("write into", path);
}

/* ---- write ---- */

static void write_through(dc_output *o, const uint8_t *data, uint64_t n)
{
    while (n > 0 && o->status == DC_OK) {
        const size_t n_now = (size_t)DC_MIN(n, UINT64_C(1) << 30);
        const ssize_t n_done = is_faulty() ? -1 : write(o->fd, data, n_now);
        if (n_done < 0 && errno == EINTR)
            continue;
        if (n_done < 0) {
            o->status = dc_fail_system("write", o->path);
            return;
        }
        data += n_done;
        n -= (uint64_t)n_done;
    }
}

static void flush(dc_output *o)
{
    write_through(o, o->buffer, o->n_buffered);
    o->n_buffered = 0;
}

void dc_output_write(dc_output *output, const void *data, uint64_t n)
{
    if (output->status < 0 || n == 0)
        return;
    if (n > BUFFER_BYTES - output->n_buffered)
        flush(output);
    if (n >= BUFFER_BYTES) {
        write_through(output, data, n);
        return;
    }
    memcpy(output->buffer + output->n_buffered, data, (size_t)n);
    output->n_buffered += (size_t)n;
}

/* ---- commit and discard ---- */

/* What a new file may be for others. Where the umask cannot be read it is seen by changing it, and
 * is never wider meanwhile. */
static mode_t mode_of_new_files(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char line[64];
    unsigned mask = 0;
    bool is_known = false;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && !is_known && fgets(line, sizeof line, status) != NULL)
        is_known = sscanf(line, "Umask: %o", &mask) == 1;
    if (status != NULL)
        fclose(status);
    if (!is_known) {
        pthread_mutex_lock(&lock);
        mask = (unsigned)umask(077);
        umask((mode_t)mask);
        pthread_mutex_unlock(&lock);
    }
    return (mode_t)(0666u & ~mask);
}

/* From the owner's alone to what it is to be: wishes, not duties. */
static void give_away(const dc_output *o)
{
    const struct stat *st = &o->replaced;
    mode_t mode = o->replaces ? st->st_mode & 0777 : mode_of_new_files();
    if (o->replaces && fchown(o->fd, st->st_uid, st->st_gid) < 0 &&
        fchown(o->fd, (uid_t)-1, st->st_gid) < 0)
        mode &= ~(mode_t)070; /* what its group might do is not for another */
    (void)!fchmod(o->fd, mode);
}

static bool has_no_links(int error)
{
    return error == EPERM || error == ENOTSUP || error == EOPNOTSUPP || error == ENOSYS ||
           error == EMLINK;
}

/* Gives the temporary its final name. */
static dc_status publish(dc_output *o)
{
    struct stat st;
    if (is_faulty())
        return dc_fail_system("write", o->path);
    if (!o->may_replace) {
        if (link(o->temp, o->path) == 0) {
            unlink(o->temp);
            return DC_OK;
        }
        if (errno == EEXIST || (has_no_links(errno) && lstat(o->path, &st) == 0))
            return fail_exists(o->path);
        if (!has_no_links(errno))
            return dc_fail_system("write", o->path);
    }
    return rename(o->temp, o->path) == 0 ? DC_OK : dc_fail_system("write", o->path);
}

static void close_fd(dc_output *o, int fd)
{
    if (fd >= 0 && close(fd) < 0 && errno != EINTR && o->status == DC_OK)
        o->status = dc_fail_system("write", o->path);
    o->fd = -1;
}

dc_status dc_output_commit(dc_output *output)
{
    dc_output *const o = output;
    flush(o);
    if (o->status == DC_OK && !o->is_direct)
        give_away(o);
    if (o->status == DC_OK && !o->is_direct && (is_faulty() || file_sync(o->fd) < 0))
        o->status = dc_fail_system("write", o->path);
    const int lock = o->is_direct ? -1 : dup(o->fd); /* or another run takes it for a stray */
    close_fd(o, o->fd);
    if (o->status == DC_OK && !o->is_direct)
        o->status = publish(o);
    close_fd(o, lock);
    dc_status status = o->status;
    if (status < 0) {
        dc_output_discard(o);
        return status;
    }
    if (!o->is_direct) {
        give_slot_back(o);
        status = file_sync_name(o->path);
    }
    dc_release(o);
    return status;
}

void dc_output_discard(dc_output *output)
{
    if (!output)
        return;
    close_fd(output, output->fd);
    if (!output->is_direct) {
        unlink(output->temp);
        give_slot_back(output);
    }
    dc_release(output);
}

bool dc_output_discard_all(void)
{
    const int error = errno;
    bool is_any_gone = false;
    atomic_fetch_add(&n_looking, 1);
    for (unsigned i = 0; i < MAX_UNFINISHED; i++) {
        const char *temp = atomic_load(&unfinished[i]);
        if (temp && unlink(temp) == 0)
            is_any_gone = true;
    }
    atomic_fetch_sub(&n_looking, 1);
    errno = error;
    return is_any_gone;
}

dc_status dc_file_write(const char *path, const void *data, uint64_t n, bool may_replace)
{
    dc_output *output;
    DC_TRY(dc_output_open(&output, path, may_replace));
    dc_output_write(output, data, n);
    return dc_output_commit(output);
}
