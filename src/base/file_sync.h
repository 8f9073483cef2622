/* SPDX-License-Identifier: MIT
 *
 * Inside base: what a power cut leaves.
 */
#ifndef DCOMP_BASE_FILE_SYNC_H
#define DCOMP_BASE_FILE_SYNC_H

#include "dcomp/file.h"

/* What has been written to the descriptor is safe; -1 and errno when it is not. */
int file_sync(int fd);
/* So is that `path`, a file or a folder, is in the folder around it. */
dc_status file_sync_name(const char *path);

#endif
