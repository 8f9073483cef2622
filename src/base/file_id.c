/* SPDX-License-Identifier: MIT
 *
 * Which file a name leads to: device and inode, which no link, hard or soft, can hide. A file that
 * is not there yet is its folder's device and inode and the last part of its name.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dcomp/file.h"

/* Of the folder that `path` is a name in. */
static bool stat_folder(struct stat *st, const char *path, const char *slash)
{
    char folder[PATH_MAX];
    const int n = slash == NULL ? 0 : slash == path ? 1 : (int)DC_MIN(slash - path, PATH_MAX);
    if (n >= PATH_MAX)
        return false;
    snprintf(folder, sizeof folder, "%.*s", n > 0 ? n : 1, n > 0 ? path : ".");
    return stat(folder, st) == 0 && S_ISDIR(st->st_mode);
}

bool dc_file_id_of(dc_file_id *out, const char *path)
{
    struct stat st;
    *out = (dc_file_id){ 0 };
    const bool is_there =
        (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0;
    if (is_there && !S_ISREG(st.st_mode))
        return false;
    if (!is_there) {
        const char *slash = strrchr(path, '/');
        out->name = slash != NULL ? slash + 1 : path;
        if (out->name[0] == '\0' || !stat_folder(&st, path, slash))
            return false;
    }
    out->device = (uint64_t)st.st_dev;
    out->inode = (uint64_t)st.st_ino;
    return true;
}

bool dc_file_id_equal(const dc_file_id *a, const dc_file_id *b)
{
    if (a->device != b->device || a->inode != b->inode)
        return false;
    return a->name == NULL || b->name == NULL ? a->name == b->name : strcmp(a->name, b->name) == 0;
}
