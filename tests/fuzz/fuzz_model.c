/* SPDX-License-Identifier: MIT
 *
 * dc_model_decode. The bytes are tried as they are and repaired. A file that is read must have a
 * ledger that sums to its size, read alike in all three modes, and come back equal after being
 * written at each level, and with coders of whole layers; writing twice gives the same bytes.
 */
#include "fuzz_same.h"

#include "dcomp/format.h"

#define LIMIT_BYTES (256u << 10)

static void check_ledger(const dc_ledger *ledger, size_t n)
{
    uint64_t sum = 0, params_sum = 0, bytes = 0;
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++, sum += bytes) {
        const char *name;
        dc_ledger_part(&name, &bytes, ledger, i);
    }
    FUZZ_CHECK(sum == n && ledger->file_bytes == n);
    for (uint32_t i = 0; i < ledger->n_params; i++)
        params_sum += ledger->params[i].total_bytes;
    FUZZ_CHECK(params_sum <= n);
}

#define WITH_LAYERS (DC_LEVEL_CODED + 1) /* a level of ours: coders of whole layers, too */

static void encode(dc_writer *w, const dc_model *model, uint32_t level, bool is_stripped)
{
    dc_write_settings settings = { .level = DC_MIN(level, (uint32_t)DC_LEVEL_CODED),
                                   .is_stripped = is_stripped };
    if (level == WITH_LAYERS)
        dc_write_allow(&settings, 0);
    dc_writer_init(w, UINT64_C(1) << 30);
    FUZZ_CHECK(dc_model_encode(w, model, &settings, NULL, NULL) == DC_OK);
}

static void check_round_trip(const dc_model *model, uint32_t level, bool is_stripped)
{
    dc_writer once, twice;
    dc_model *again = NULL;
    encode(&once, model, level, is_stripped);
    FUZZ_CHECK(dc_model_decode(&again, once.data, once.size, "again", DC_READ_DENSE, UINT64_MAX,
                               NULL, NULL) == DC_OK);
    fuzz_check_same(model, again, is_stripped ? FUZZ_BUT_NAMES : 0);
    encode(&twice, again, level, is_stripped);
    FUZZ_CHECK(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    dc_model_free(again);
    dc_writer_clear(&once);
    dc_writer_clear(&twice);
}

static void check_packed(const dc_model *dense, const uint8_t *data, size_t n, dc_read_mode mode)
{
    dc_arena arena = { 0 };
    dc_model *model = NULL;
    FUZZ_CHECK(dc_model_decode(&model, data, n, "packed", mode, LIMIT_BYTES, NULL, NULL) == DC_OK);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_packed *packed = model->params[i].packed;
        if (packed == NULL)
            continue;
        FUZZ_CHECK(dc_packed_check(packed) == DC_OK);
        const uint64_t n_values = dense->params[i].n_values;
        float *values = dc_arena_take(&arena, n_values, sizeof *values);
        FUZZ_CHECK(values != NULL);
        dc_unpack(values, packed);
        FUZZ_CHECK(memcmp(values, dense->params[i].values, n_values * sizeof *values) == 0);
    }
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void check_shape(const dc_model *dense, const uint8_t *data, size_t n)
{
    dc_model *model = NULL;
    FUZZ_CHECK(dc_model_decode(&model, data, n, "shape", DC_READ_SHAPE, LIMIT_BYTES, NULL, NULL) ==
               DC_OK);
    fuzz_check_same(dense, model, 0);
    dc_model_free(model);
}

/* With less memory than it wants. */
static void try_without_memory(const uint8_t *data, size_t n)
{
    dc_model *model = NULL;
    if (!fuzz_fault_begin(data, n))
        return;
    const dc_status status =
        dc_model_decode(&model, data, n, "fuzz", DC_READ_DENSE, LIMIT_BYTES, NULL, NULL);
    fuzz_fault_end();
    FUZZ_CHECK(status == DC_OK || model == NULL);
    dc_model_free(model);
}

static void try(const uint8_t *data, size_t n)
{
    dc_arena arena = { 0 };
    dc_ledger ledger;
    dc_model *model = NULL;
    if (dc_model_decode(&model, data, n, "fuzz", DC_READ_DENSE, LIMIT_BYTES, &ledger, &arena) ==
        DC_OK) {
        check_ledger(&ledger, n);
        check_packed(model, data, n, DC_READ_PACKED);
        check_packed(model, data, n, DC_READ_TO_RUN);
        check_shape(model, data, n);
        check_round_trip(model, WITH_LAYERS, true);
        check_round_trip(model, DC_LEVEL_CODED, false);
        check_round_trip(model, DC_LEVEL_PLAIN, true);
        check_round_trip(model, DC_LEVEL_DENSE, false);
        dc_model_free(model);
    }
    dc_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *repaired = fuzz_container_repaired(data, n);
    dc_pool_set_jobs(1);
    if (n > 0 && memcmp(repaired, data, n) != 0)
        try(data, n);
    try(repaired, n);
    try_without_memory(repaired, n);
    free(repaired);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_container(data, n, max_n, seed))
