/* SPDX-License-Identifier: MIT
 *
 * A folder that one process works in at a time. The lock is the kernel's, on the folder itself: it
 * needs no file and goes with the process, however that ends. A folder that is made here is its
 * owner's alone, as unfinished outputs are.
 */
#define _DEFAULT_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dcomp/file.h"

/* Who has the lock, as the kernel lists it; 0 where that cannot be known. */
static int64_t holder_of(int fd)
{
    struct stat st;
    char line[160];
    int64_t pid = 0, one;
    unsigned major_of, minor_of;
    uint64_t inode;
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL || fstat(fd, &st) < 0)
        st.st_ino = 0;
    while (locks != NULL && pid <= 0 && fgets(line, sizeof line, locks) != NULL)
        if (sscanf(line, "%*d: FLOCK %*s %*s %" SCNd64 " %x:%x:%" SCNu64, &one, &major_of,
                   &minor_of, &inode) == 4 &&
            inode == st.st_ino && major_of == major(st.st_dev) && minor_of == minor(st.st_dev))
            pid = one;
    if (locks != NULL)
        fclose(locks);
    return DC_MAX(pid, 0);
}

static dc_status fail_taken(int fd, const char *path)
{
    const int64_t pid = holder_of(fd);
    if (pid == 0)
        return dc_fail(DC_EIO, "'%s' is in use by another run that has not ended", path);
    return dc_fail(DC_EIO, "'%s' is in use by another run that has not ended, process %" PRId64,
                   path, pid);
}

/* Between the making of a folder and its lock, who had it before may have removed it. */
static bool is_still_there(int fd, const char *path)
{
    struct stat own, now;
    return fstat(fd, &own) == 0 && lstat(path, &now) == 0 && own.st_dev == now.st_dev &&
           own.st_ino == now.st_ino;
}

dc_status dc_folder_lock(int *out, const char *path)
{
    struct stat st;
    for (int attempt = 0; attempt < 100; attempt++) {
        const bool is_new = lstat(path, &st) < 0;
        if (!is_new && S_ISLNK(st.st_mode))
            return dc_fail(DC_EIO, "'%s' is a link: nothing is written or removed behind it", path);
        DC_TRY(dc_folder_make(path));
        *out = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*out >= 0 && flock(*out, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
            const dc_status status = fail_taken(*out, path);
            close(*out);
            *out = -1;
            return status;
        }
        if (*out >= 0 && is_still_there(*out, path)) {
            if (is_new) /* and empty */
                (void)!fchmod(*out, 0700);
            return DC_OK;
        }
        if (*out < 0 && errno != ENOENT && errno != EINTR)
            return dc_fail_system("open", path);
        if (*out >= 0)
            close(*out);
    }
    *out = -1;
    return dc_fail(DC_EIO, "'%s' is made and removed by somebody else all the time", path);
}

void dc_folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
