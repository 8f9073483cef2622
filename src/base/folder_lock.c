/* SPDX-License-Identifier: MIT
 *
 * A folder that one process works in at a time. The lock is the kernel's, on the folder itself: it
 * needs no file and goes with the process, however that ends.
 */
#define _DEFAULT_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "dcomp/base.h"

dc_status dc_folder_lock(int *out, const char *path)
{
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out < 0 || flock(*out, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return DC_OK;
    close(*out);
    *out = -1;
    return dc_fail(DC_EINPUT, "'%s' is in use by another run that has not ended", path);
}

void dc_folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
