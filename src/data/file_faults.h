/* SPDX-License-Identifier: MIT
 *
 * Picture files that could not be read: found by any thread, reported by one.
 */
#ifndef DCOMP_DATA_FILE_FAULTS_H
#define DCOMP_DATA_FILE_FAULTS_H

#include "dcomp/base.h"

typedef struct file_faults file_faults;

/* NULL when memory is out. Owns: file_faults_free (NULL is fine). */
file_faults *file_faults_new(uint64_t n_files);
void file_faults_free(file_faults *faults);
/* Remembers this thread's message for file `index`, once. Thread-safe. */
void file_faults_note(file_faults *faults, uint64_t index);
/* Warns of files found since it was last called, in their order: the first few one by one, the rest
 * by their number. */
void file_faults_warn(file_faults *faults);

#endif
