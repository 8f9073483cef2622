/* SPDX-License-Identifier: MIT
 *
 * ONNX with external data: the model and the file beside it, "side.bin" and "data/side.bin".
 */
#include "fuzz_imported.h"

#include "dcomp/file.h"

static const fuzz_layout layout = { .n_options = 0, .n_parts = 2,
                                    .mutators = { fuzz_mutate_onnx, NULL } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    char path[256];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    dc_pool_set_jobs(1);
    snprintf(path, sizeof path, "%s/data", fuzz_folder());
    FUZZ_CHECK(dc_folder_make(path) == DC_OK);
    fuzz_file("side.bin", parts[1].data, parts[1].n);
    fuzz_file("data/side.bin", parts[1].data, parts[1].n);
    snprintf(path, sizeof path, "%s", fuzz_file("net.onnx", parts[0].data, parts[0].n));
    fuzz_check_import(path, n);
    fuzz_import_without_memory(path, data, n);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
