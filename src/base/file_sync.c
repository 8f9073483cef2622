/* SPDX-License-Identifier: MIT
 *
 * Data are safe with their file, a name with its folder. Some file systems cannot sync a folder,
 * and one that may only be entered cannot be opened; those are not asked. What is an error of the
 * disk, or of full tables, is one of ours: nobody knows then what a power cut will leave.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file_sync.h"

int file_sync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

/* False, and errno, when the folder can be synced and is not. */
static bool is_synced(const char *folder)
{
    int fd;
    do
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno != EIO && errno != EMFILE && errno != ENFILE && errno != ENOMEM;
    const bool is_safe =
        file_sync(fd) == 0 || (errno != EIO && errno != ENOSPC && errno != EDQUOT);
    const int error = errno;
    close(fd);
    errno = error;
    return is_safe;
}

dc_status dc_folder_sync(const char *path)
{
    return is_synced(path) ? DC_OK
                           : dc_fail(DC_EIO, "cannot sync '%s': %s", path, strerror(errno));
}

dc_status file_sync_name(const char *path)
{
    char folder[PATH_MAX];
    size_t n = strlen(path); /* of its folder: a name may end in slashes */
    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n > 0 && path[n - 1] != '/')
        n--;
    snprintf(folder, PATH_MAX, "%.*s", n > 0 ? (int)n : 1, n > 0 ? path : ".");
    if (is_synced(folder))
        return DC_OK;
    return dc_fail(DC_EIO, "'%s' is there, but a power cut may lose it: cannot sync its folder: %s",
                   path, strerror(errno));
}
