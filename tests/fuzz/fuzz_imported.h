/* SPDX-License-Identifier: MIT */
#ifndef DCOMP_TESTS_FUZZ_IMPORTED_H
#define DCOMP_TESTS_FUZZ_IMPORTED_H

#include "dcomp/interop.h"
#include "fuzz.h"

/* Imports the ONNX file, of `n` bytes with all that is beside it, and looks at what comes of it. */
void fuzz_check_import(const char *path, size_t n);
/* The same file again when fuzz_fault_begin(data, n) says so. */
void fuzz_import_without_memory(const char *path, const uint8_t *data, size_t n);

#endif
