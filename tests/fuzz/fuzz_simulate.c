/* SPDX-License-Identifier: MIT
 *
 * dc_simulate_model on whatever is read as a model: on any machine its outputs equal the
 * reference's, and no conservation law is broken. Models that are too much work are left alone.
 */
#include "fuzz.h"

#include "dcomp/eie.h"
#include "dcomp/pipeline.h"

#define MOST_VALUES 4096u   /* of all nodes together */
#define MOST_WEIGHTS 65536u

static bool is_small(const char *path)
{
    dc_model *model = NULL;
    uint64_t n_values = 0;
    if (dc_model_read(&model, path, DC_READ_SHAPE, 0, NULL, NULL) < 0)
        return false;
    for (uint32_t i = 0; i < model->n_nodes && n_values <= MOST_VALUES; i++)
        n_values += dc_shape_count(&model->nodes[i].shape);
    const bool is_small = n_values <= MOST_VALUES && dc_model_n_values(model) <= MOST_WEIGHTS;
    dc_model_free(model);
    return is_small;
}

/* One of a few hundred machines, from a byte. */
static dc_simulate_settings settings_from(dc_eie_config *machine, uint8_t byte)
{
    static const uint32_t pes[] = { 1, 2, 5, 64 }, registers[] = { 1, 3, 64, 64 };
    dc_simulate_settings settings = dc_simulate_defaults();
    *machine = dc_eie_defaults();
    settings.machine = machine;
    machine->n_pes = pes[byte & 3];
    machine->n_act_registers = registers[byte >> 2 & 3];
    machine->code_bits = 8;
    machine->index_bits = 1 + (byte >> 4 & 3);
    machine->fifo_depth = 2 + (byte >> 6 & 1);
    settings.requantizes = byte >> 7;
    settings.act_density = 0.5;
    return settings;
}

static void try(const uint8_t *data, size_t n, uint8_t byte)
{
    dc_arena arena = { 0 };
    dc_simulate_result result;
    dc_eie_config machine;
    const dc_simulate_settings settings = settings_from(&machine, byte);
    const char *path = fuzz_file("model.dcm", data, n);
    if (is_small(path)) {
        const dc_status status = dc_simulate_model(&result, path, &settings, &arena);
        FUZZ_CHECK(status != DC_ESTALL);
        if (status == DC_OK)
            FUZZ_CHECK(result.outputs_match);
    }
    dc_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *repaired = fuzz_container_repaired(data, n);
    dc_pool_set_jobs(1);
    if (n > 0)
        try(repaired, n, data[n / 2]);
    free(repaired);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_container(data, n, max_n, seed))
