/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file of its own; libFuzzer
 * (-DDCOMP_FUZZ=ON) or standalone_driver.c calls it. A target ends the process when a property does
 * not hold; a refusal of the input is no failure.
 */
#ifndef DCOMP_TESTS_FUZZ_H
#define DCOMP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The property holds, or the process aborts with where and what, and the last message. */
#define FUZZ_CHECK(holds)                                    \
    do {                                                     \
        if (!(holds))                                        \
            fuzz_broken(__FILE__, __LINE__, #holds);         \
    } while (0)
_Noreturn void fuzz_broken(const char *file, int line, const char *property);

/* A folder of this process, made at the first call and removed with all that is in it at exit. */
const char *fuzz_folder(void);
/* Removes what is in a folder. */
void fuzz_folder_empty(const char *path);
/* Writes a PNG of 2 x 2 grey pixels. */
void fuzz_picture(const char *path);
/* Puts `n` bytes into the file `name` of that folder; gives its path, good until the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t n);

/* ---- an allocation that fails ---- */

/* From here to fuzz_fault_end, for every fourth input: the allocation that its bytes choose fails,
 * and all after it. False, and nothing is done, for the others. */
bool fuzz_fault_begin(const uint8_t *data, size_t n);
void fuzz_fault_end(void);

/* ---- an input that is several files ---- */

/* Bytes of options; for each part but the last its size, 2 bytes with the high one first; the
 * parts. The last one is what remains, a size that is over what remains is that. */
#define FUZZ_MAX_PARTS 4u
typedef size_t fuzz_mutator(uint8_t *data, size_t n, size_t max_n, unsigned seed);
typedef struct fuzz_layout {
    size_t n_options;
    uint32_t n_parts;
    fuzz_mutator *mutators[FUZZ_MAX_PARTS]; /* of each part; NULL: libFuzzer's */
} fuzz_layout;
typedef struct fuzz_part {
    const uint8_t *data;
    size_t n;
} fuzz_part;
/* False when the input is shorter than its options and sizes. */
bool fuzz_split(fuzz_part parts[FUZZ_MAX_PARTS], const fuzz_layout *layout, const uint8_t *data,
                size_t n);

/* ---- mutators ---- */

/* At file level in a target: `call` mutates (data, n, max_n, seed) in place and gives the size. */
#ifdef DCOMP_FUZZ_ENGINE
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max_n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max_n, unsigned seed);
#define FUZZ_MUTATOR(call)                                                                    \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max_n, unsigned seed)      \
    {                                                                                         \
        return call;                                                                          \
    }
#else
#define FUZZ_MUTATOR(call)
#endif
/* Without libFuzzer these three change nothing. One part, or an option, or the size of a part: */
size_t fuzz_mutate_parts(const fuzz_layout *layout, uint8_t *data, size_t n, size_t max_n,
                         unsigned seed);
/* One chunk of a .dcm file; the others are moved, so that an inserted byte does not shift all that
 * follows. */
size_t fuzz_mutate_container(uint8_t *data, size_t n, size_t max_n, unsigned seed);
/* A message somewhere in the tree of an ONNX file. */
size_t fuzz_mutate_onnx(uint8_t *data, size_t n, size_t max_n, unsigned seed);

/* A .dcm file whose magic, sizes and checksums are made right in place, so that what was mutated
 * reaches the parsers. */
void fuzz_container_repair(uint8_t *data, size_t n);
/* Such a copy, for the caller to free. */
uint8_t *fuzz_container_repaired(const uint8_t *data, size_t n);

#endif
