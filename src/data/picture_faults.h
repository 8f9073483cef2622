/* SPDX-License-Identifier: MIT
 *
 * Picture files that could not be read: found by any thread, reported by one.
 */
#ifndef DCOMP_DATA_PICTURE_FAULTS_H
#define DCOMP_DATA_PICTURE_FAULTS_H

#include "dcomp/base.h"

typedef struct picture_faults picture_faults;

/* NULL when memory is out. Owns: picture_faults_free (NULL is fine). */
picture_faults *picture_faults_new(uint64_t n_files);
void picture_faults_free(picture_faults *faults);
/* Remembers this thread's message for file `index`, once. Thread-safe. */
void picture_faults_note(picture_faults *faults, uint64_t index);
/* Warns of files found since it was last called, in their order: the first few one by one, the rest
 * by their number. */
void picture_faults_warn(picture_faults *faults);

#endif
