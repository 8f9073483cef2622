/* SPDX-License-Identifier: MIT
 *
 * factor: layers become two narrow ones, by their singular values.
 */
#include "run_internal.h"

static void factor_defaults(void *settings)
{
    *(dc_factor_settings *)settings = (dc_factor_settings){ 0 };
}

static dc_status check_factor(const void *settings, const dc_model *model, const dc_datasets *data)
{
    (void)data;
    return dc_factor_check(settings, model);
}

/* Of what was pruned or shared. */
static const char *what_is_lost(const dc_factored *layer)
{
    if (layer->was_pruned)
        return layer->was_shared ? "; it was pruned and shared, its factors are neither"
                                 : "; it was pruned, its factors are dense";
    return layer->was_shared ? "; it was shared, its factors are not" : "";
}

static void report_layer(const dc_run *run, const dc_factored *layer)
{
    char text[512];
    const bool is_done = layer->reason[0] == '\0';
    const uint64_t n_before = (uint64_t)layer->n_rows * layer->n_cols;
    const uint64_t n_after = layer->rank * ((uint64_t)layer->n_rows + layer->n_cols);
    if (is_done)
        dc_print(text, sizeof text,
                 "%s: rank %u of %u, %.2f %% of the energy, %llu weights of %llu%s", layer->layer,
                 layer->rank, DC_MIN(layer->n_rows, layer->n_cols), 100 * layer->energy,
                 (unsigned long long)n_after, (unsigned long long)n_before, what_is_lost(layer));
    else
        dc_print(text, sizeof text, "%s is left: it %s", layer->layer, layer->reason);
    run_report(run, !is_done, text);
}

static dc_status run_factor(dc_run *run, const void *settings)
{
    dc_factored *layers;
    uint32_t n;
    DC_TRY(dc_factor(&run->model, settings, &layers, &n, run->arena));
    for (uint32_t i = 0; i < n; i++)
        report_layer(run, &layers[i]);
    return DC_OK;
}

const dc_stage dc_stage_factor = {
    .name = "factor",
    .settings_bytes = sizeof(dc_factor_settings),
    .set_defaults = factor_defaults,
    .parts = { { dc_factor_fields, 0 }, { NULL, 0 } },
    .check = check_factor,
    .run = run_factor,
};
