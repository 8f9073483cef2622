/* SPDX-License-Identifier: MIT
 *
 * Inside base: temporaries that a killed run left beside its output.
 */
#ifndef DCOMP_BASE_FILE_STRAYS_H
#define DCOMP_BASE_FILE_STRAYS_H

#include <limits.h>

#include "dcomp/base.h"

/* A temporary of NAME is ".NAME.dcomp-xxxxxx", NAME cut where that would be too long. */
#define STRAY_MARK ".dcomp-"
#define STRAY_LETTERS "abcdefghijklmnopqrstuvwxyz234567"
#define STRAY_N_LETTERS 6
#define STRAY_NAME_BYTES (NAME_MAX - 8 - STRAY_N_LETTERS)

/* Removes the temporaries of `path` that no process has locked. */
void file_strays_remove(const char *path);

#endif
