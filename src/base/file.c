/* SPDX-License-Identifier: MIT
 *
 * Files as bytes, and folders as names. A plain file is mapped; what cannot be mapped (a pipe, a
 * terminal, /proc) is read into memory that doubles. Writing is in file_output.c.
 */
#define _DEFAULT_SOURCE /* madvise; POSIX's own may do nothing */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_sync.h"

#define FIRST_READ_BYTES (64u << 10)
#define MAX_DEVICE_BYTES (UINT64_C(64) << 20)

static dc_status fail_too_large(const char *path, uint64_t limit_bytes)
{
    return dc_fail(DC_ELIMIT, "'%s' is larger than the limit of %" PRIu64 " bytes", path,
                   limit_bytes);
}

/* ---- reading ---- */

static ssize_t read_some(int fd, void *at, uint64_t n)
{
    if (dc_fault_hits(DC_FAULT_READ)) {
        errno = EIO;
        return -1;
    }
    ssize_t n_read;
    do
        n_read = read(fd, at, (size_t)n);
    while (n_read < 0 && errno == EINTR);
    return n_read;
}

/* Whether bytes that begin so may go on as a file of the wanted kind. */
static bool may_be(const void *data, uint64_t size, const char *magic)
{
    return magic == NULL || memcmp(data, magic, DC_MIN(size, strlen(magic))) == 0;
}

static dc_status read_all(dc_file_view *out, int fd, const char *path, const char *magic,
                          uint64_t limit_bytes)
{
    uint8_t *data = NULL;
    uint64_t size = 0, capacity = 0;
    dc_status status = DC_OK;
    for (;;) {
        if (size == capacity) {
            capacity = capacity ? 2 * capacity : FIRST_READ_BYTES;
            uint8_t *grown = dc_grow(data, capacity, 1);
            if (!grown) {
                status = dc_fail_within(DC_ENOMEM, path);
                break;
            }
            data = grown;
        }
        const ssize_t n = read_some(fd, data + size, capacity - size);
        if (n <= 0) {
            status = n < 0 ? dc_fail_system("read", path) : DC_OK;
            break;
        }
        size += (uint64_t)n;
        if (limit_bytes > 0 && size > limit_bytes)
            status = fail_too_large(path, limit_bytes);
        if (status < 0 || !may_be(data, size, magic))
            break;
    }
    if (status < 0) {
        dc_release(data);
        return status;
    }
    *out = (dc_file_view){ .data = data, .size = size };
    return DC_OK;
}

static dc_status view_of(dc_file_view *out, int fd, const char *path, const char *magic,
                         uint64_t limit_bytes)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return dc_fail_system("read", path);
    if (S_ISDIR(st.st_mode))
        return dc_fail(DC_EIO, "'%s' is a folder", path);
    if (S_ISCHR(st.st_mode)) /* /dev/zero never ends */
        limit_bytes = limit_bytes > 0 ? DC_MIN(limit_bytes, MAX_DEVICE_BYTES) : MAX_DEVICE_BYTES;
    if (!S_ISREG(st.st_mode) || st.st_size <= 0)
        return read_all(out, fd, path, magic, limit_bytes);
    const uint64_t size = (uint64_t)st.st_size;
    if (limit_bytes && size > limit_bytes)
        return fail_too_large(path, limit_bytes);
    void *pages = MAP_FAILED;
    /* The system takes such pages back when it needs them, so a default limit lets them be. */
    const uint64_t n_counted = dc_expansion_is_free() ? size : 0;
    DC_TRY(dc_fail_within(dc_memory_take(n_counted), path));
    if (size <= SIZE_MAX && lseek(fd, 0, SEEK_CUR) == 0)
        pages = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (pages == MAP_FAILED) {
        dc_memory_give(n_counted);
        return read_all(out, fd, path, magic, limit_bytes);
    }
    *out = (dc_file_view){ .data = pages, .size = size, .is_mapped = true,
                            .n_counted = n_counted };
    return DC_OK;
}

static dc_status open_to_read(int *fd, const char *path, int flags)
{
    if (dc_fault_hits(DC_FAULT_READ)) {
        errno = EIO;
        return dc_fail_system("read", path);
    }
    do
        *fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? dc_fail_system("open", path) : DC_OK;
}

static dc_status open_any(dc_file_view *out, const char *path, const char *magic,
                          uint64_t limit_bytes)
{
    int fd = -1;
    *out = (dc_file_view){ 0 };
    if (strcmp(path, "-") == 0)
        return view_of(out, STDIN_FILENO, "standard input", magic, limit_bytes);
    DC_TRY(open_to_read(&fd, path, 0));
    const dc_status status = view_of(out, fd, path, magic, limit_bytes);
    close(fd);
    return status;
}

dc_status dc_file_open(dc_file_view *out, const char *path, uint64_t limit_bytes)
{
    return open_any(out, path, NULL, limit_bytes);
}

dc_status dc_file_open_as(dc_file_view *out, const char *path, const char *magic)
{
    return open_any(out, path, magic, 0);
}

/* Opened without waiting for a writer, as that of a pipe would. */
dc_status dc_file_open_plain(dc_file_view *out, const char *path, uint64_t limit_bytes)
{
    struct stat st;
    int fd = -1;
    *out = (dc_file_view){ 0 };
    DC_TRY(open_to_read(&fd, path, O_NONBLOCK));
    const bool is_plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    const dc_status status = is_plain ? view_of(out, fd, path, NULL, limit_bytes)
                                      : dc_fail(DC_EIO, "'%s' is no plain file", path);
    close(fd);
    return status;
}

/* Whether the file `inner`, without links in its name, lies in or below the folder of `path`. */
static bool is_below(const char *inner, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= sizeof folder)
        return false;
    memcpy(folder, n > 0 ? path : ".", DC_MAX(n, 1u));
    folder[DC_MAX(n, 1u)] = '\0';
    char *whole = realpath(folder, NULL);
    const size_t n_whole = whole != NULL ? strlen(whole) : 0;
    const bool is_so = n_whole > 0 && strncmp(inner, whole, n_whole) == 0 &&
                       (inner[n_whole] == '/' || whole[n_whole - 1] == '/');
    free(whole);
    return is_so;
}

dc_status dc_file_open_beside(dc_file_view *out, const char *name, const char *path,
                              uint64_t limit_bytes)
{
    *out = (dc_file_view){ 0 };
    char *inner = realpath(name, NULL), *own = realpath(path, NULL);
    dc_status status = DC_OK;
    if (inner == NULL)
        status = dc_fail_system("open", name);
    else if (!is_below(inner, path) && (own == NULL || !is_below(inner, own)))
        status = dc_fail(DC_ECORRUPT, "'%s' is a link to what is not beside '%s'", name, path);
    else
        status = dc_file_open_plain(out, inner, limit_bytes);
    free(inner);
    free(own);
    return status;
}

void dc_file_close(dc_file_view *view)
{
    if (view->is_mapped)
        munmap((void *)(uintptr_t)view->data, (size_t)view->size);
    else
        dc_release((void *)(uintptr_t)view->data);
    dc_memory_give(view->n_counted);
    *view = (dc_file_view){ 0 };
}

void dc_file_forget(dc_file_view *view, const void *from, uint64_t n)
{
    const uintptr_t begin = (uintptr_t)from;
    assert(begin - (uintptr_t)view->data <= view->size);
    assert(n <= view->size - (begin - (uintptr_t)view->data));
#ifdef MADV_DONTNEED
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (!view->is_mapped || page_bytes <= 0)
        return;
    const uintptr_t page = (uintptr_t)page_bytes;
    const uintptr_t first = (begin + page - 1) / page * page;
    const uintptr_t last = (begin + (uintptr_t)n) / page * page;
    if (last <= first)
        return;
    (void)madvise((void *)first, last - first, MADV_DONTNEED);
    const uint64_t n_gone = DC_MIN((uint64_t)(last - first), view->n_counted);
    dc_memory_give(n_gone); /* pages that are read again are not counted again */
    view->n_counted -= n_gone;
#else
    (void)n;
#endif
}

/* ---- names ---- */

/* Of these bytes one file name has room for; longer ones end in a hash of the whole. */
#define MAX_PART_BYTES 180

const char *dc_file_name(const char *name, dc_arena *arena)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const size_t n = strlen(name);
    char *text = dc_arena_take(arena, 3 * n + 1, 1);
    char *at = text;
    if (text == NULL)
        return "";
    for (const char *c = name; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL && !(*c == '.' && c == name))
            *at++ = *c;
        else
            at += snprintf(at, 4, "%%%02X", (unsigned char)*c);
    }
    if (at - text <= MAX_PART_BYTES)
        return text;
    return dc_arena_print(arena, "%.*s%%%08" PRIx32, MAX_PART_BYTES, text,
                          (uint32_t)dc_hash64(0, name, n));
}

bool dc_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

dc_status dc_file_find(bool *found, const char *path)
{
    struct stat st;
    *found = stat(path, &st) == 0;
    const bool is_known = *found || errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return is_known ? DC_OK : dc_fail_system("read", path);
}

void dc_file_remove(const char *path)
{
    (void)unlink(path);
}

/* ---- folders ---- */

dc_status dc_folder_make(const char *path)
{
    struct stat st;
    if (dc_fault_hits(DC_FAULT_WRITE)) {
        errno = EIO;
        return dc_fail_system("make folder", path);
    }
    if (mkdir(path, 0777) == 0)
        return file_sync_name(path);
    if (errno == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return DC_OK;
        errno = EEXIST;
    }
    return dc_fail_system("make folder", path);
}

void dc_folder_remove(const char *path)
{
    (void)rmdir(path);
}

bool dc_folder_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static DIR *open_folder(const char *path)
{
    DIR *folder;
    do
        folder = opendir(path);
    while (!folder && errno == EINTR);
    return folder;
}

/* NULL after the last one, and on failure. */
static const char *next_name(dc_status *status, DIR *folder, const char *path)
{
    errno = dc_fault_hits(DC_FAULT_READ) ? EIO : 0;
    const struct dirent *entry = errno ? NULL : readdir(folder);
    *status = entry || errno == 0 ? DC_OK : dc_fail_system("read", path);
    return entry ? entry->d_name : NULL;
}

dc_status dc_folder_find(bool *found, const char *path, dc_name_test *is_chosen)
{
    DIR *folder = open_folder(path);
    dc_status status = DC_OK;
    const char *name;
    *found = false;
    if (!folder)
        return errno == ENOENT ? DC_OK : dc_fail_system("open", path);
    while (!*found && (name = next_name(&status, folder, path)) != NULL)
        *found = is_chosen(name);
    closedir(folder);
    return status;
}

dc_status dc_folder_remove_files(const char *path, dc_name_test *is_chosen)
{
    DIR *folder = open_folder(path);
    dc_status status = DC_OK;
    const char *name;
    if (!folder)
        return errno == ENOENT ? DC_OK : dc_fail_system("open", path);
    while (status == DC_OK && (name = next_name(&status, folder, path)) != NULL)
        if (is_chosen(name) && unlinkat(dirfd(folder), name, 0) < 0 && errno != ENOENT)
            status = dc_fail_system("remove", name);
    closedir(folder);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* False, and errno, when that cannot be known; a link that leads nowhere is no folder. */
static bool is_wanted(DIR *folder, const char *name, bool want_folders)
{
    struct stat st;
    errno = 0;
    if (name[0] == '.')
        return false;
    if (fstatat(dirfd(folder), name, &st, 0) == 0)
        return S_ISDIR(st.st_mode) == want_folders;
    const bool may_be_link = errno == ENOENT || errno == ELOOP || errno == EACCES;
    if (may_be_link && fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = 0;
        return !want_folders;
    }
    errno = errno == ENOENT ? 0 : errno; /* it has gone meanwhile */
    return false;
}

/* Appends to *names, which grows; the texts are in the arena. */
static dc_status collect_names(const char ***names, uint32_t *n_names, DIR *folder,
                               const char *path, bool want_folders, dc_arena *arena)
{
    uint32_t capacity = 0;
    dc_status status;
    const char *name;
    while ((name = next_name(&status, folder, path)) != NULL) {
        if (!is_wanted(folder, name, want_folders)) {
            if (errno != 0)
                return dc_fail_system("read", path);
            continue;
        }
        if (*n_names == capacity) {
            if (capacity > UINT32_MAX / 2)
                return dc_fail(DC_ELIMIT, "too many names in '%s'", path);
            capacity = capacity ? 2 * capacity : 64;
            const char **grown = dc_grow(*names, capacity, sizeof **names);
            if (!grown)
                return DC_ENOMEM;
            *names = grown;
        }
        (*names)[(*n_names)++] = dc_arena_text(arena, name);
        DC_TRY(arena->status);
    }
    return status;
}

dc_status dc_folder_list(const char ***out, uint32_t *n_out, const char *path, bool want_folders,
                         dc_arena *arena)
{
    DIR *folder = open_folder(path);
    if (!folder && errno == ENOTDIR)
        return dc_fail(DC_EIO, "'%s' is no folder", path);
    if (!folder)
        return dc_fail_system("open", path);
    const char **names = NULL, **sorted = NULL;
    uint32_t n_names = 0;
    dc_status status = collect_names(&names, &n_names, folder, path, want_folders, arena);
    if (status == DC_OK) {
        sorted = dc_arena_take(arena, n_names, sizeof *sorted);
        status = arena->status;
    }
    if (status == DC_OK && n_names > 0) {
        memcpy(sorted, names, n_names * sizeof *names);
        qsort(sorted, n_names, sizeof *sorted, compare_names);
    }
    dc_release(names);
    closedir(folder);
    DC_TRY(status);
    *out = sorted;
    *n_out = n_names;
    return DC_OK;
}
