/* SPDX-License-Identifier: MIT
 *
 * kill -9 and a power cut leave temporaries, each up to the size of a model. Whoever writes one has
 * it locked, and a lock goes with its process; so what can be locked has no owner any more. Where
 * the file system knows no locks nothing is removed.
 */
#define _GNU_SOURCE /* flock */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_strays.h"

static bool is_temporary_of(const char *entry, const char *name)
{
    const size_t n = strnlen(name, STRAY_NAME_BYTES), n_mark = strlen(STRAY_MARK);
    if (entry[0] != '.' || strncmp(entry + 1, name, n) != 0 ||
        strncmp(entry + 1 + n, STRAY_MARK, n_mark) != 0)
        return false;
    const char *letters = entry + 1 + n + n_mark;
    return strlen(letters) == STRAY_N_LETTERS && strspn(letters, STRAY_LETTERS) == STRAY_N_LETTERS;
}

static void remove_if_dead(int folder, const char *entry)
{
    struct stat st;
    const int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, entry, 0);
    close(fd);
}

void file_strays_remove(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char folder[PATH_MAX];
    const int n = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", n > 0 ? n : 1, n > 0 ? path : ".");
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (is_temporary_of(entry->d_name, name))
            remove_if_dead(dirfd(dir), entry->d_name);
    closedir(dir);
}
