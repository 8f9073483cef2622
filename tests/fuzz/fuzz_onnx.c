/* SPDX-License-Identifier: MIT
 *
 * dc_import of ONNX; what holds of all that is imported is in fuzz_imported.c.
 */
#include "fuzz_imported.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[256];
    dc_pool_set_jobs(1);
    snprintf(path, sizeof path, "%s", fuzz_file("net.onnx", data, n));
    fuzz_check_import(path, n);
    fuzz_import_without_memory(path, data, n);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_onnx(data, n, max_n, seed))
