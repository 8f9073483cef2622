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

/* A folder of this process, made at the first call and removed with its files at exit. */
const char *fuzz_folder(void);
/* Puts `n` bytes into the file `name` of that folder; gives its path, good until the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t n);

/* A .dcm file whose magic, sizes and checksums are made right in place, so that what was mutated
 * reaches the parsers. */
void fuzz_container_repair(uint8_t *data, size_t n);

#endif
