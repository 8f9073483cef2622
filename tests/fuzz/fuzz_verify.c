/* SPDX-License-Identifier: MIT
 *
 * dc_verify: a file in which it finds nothing is read by dc_model_read, one that is refused has a
 * finding. Two files compared with dc_model_diff: a file does not differ from itself.
 */
#include "fuzz.h"

#include "dcomp/format.h"

static void check_same(const char *path, dc_arena *arena)
{
    dc_param_diff *diffs;
    dc_diff_summary summary;
    uint32_t n_diffs;
    if (dc_model_diff(&diffs, &n_diffs, &summary, path, path, arena) < 0)
        return;
    for (uint32_t i = 0; i < n_diffs; i++)
        FUZZ_CHECK(!(diffs[i].max_difference > 0) && !(diffs[i].rms_difference > 0));
}

static void try(const uint8_t *data, size_t n)
{
    dc_arena arena = { 0 };
    dc_model *model = NULL;
    dc_finding *findings = NULL;
    uint32_t n_findings = 0;
    const char *path = fuzz_file("model.dcm", data, n);
    const dc_status verified = dc_verify(&findings, &n_findings, path, &arena);
    for (uint32_t i = 0; verified == DC_OK && i < n_findings; i++)
        FUZZ_CHECK(findings[i].offset <= n && findings[i].text[0] != '\0');
    const dc_status status = dc_model_read(&model, path, DC_READ_SHAPE, 0, NULL, NULL);
    dc_model_free(model);
    if (verified == DC_OK && n_findings == 0) {
        FUZZ_CHECK(status == DC_OK);
        check_same(path, &arena);
    }
    if (status == DC_ECORRUPT)
        FUZZ_CHECK(verified < 0 || n_findings > 0);
    dc_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *repaired = fuzz_container_repaired(data, n);
    dc_pool_set_jobs(1);
    if (n > 0 && data[n - 1] % 8 == 0)
        try(data, n);
    try(repaired, n);
    free(repaired);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_container(data, n, max_n, seed))
