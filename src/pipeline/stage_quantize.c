/* SPDX-License-Identifier: MIT
 *
 * quantize: weight sharing by k-means [DC 3].
 */
#include "run_internal.h"

static void quantize_defaults(void *settings)
{
    *(dc_quantize_settings *)settings = dc_quantize_defaults();
}

static dc_status check_quantize(const void *settings, const dc_model *model,
                                const dc_datasets *data)
{
    (void)data;
    return dc_quantize_check(settings, model);
}

static dc_status run_quantize(dc_run *run, const void *settings)
{
    dc_quantize_stats stats;
    return dc_quantize(run->model, settings, &stats);
}

const dc_stage dc_stage_quantize = {
    .name = "quantize",
    .settings_bytes = sizeof(dc_quantize_settings),
    .set_defaults = quantize_defaults,
    .parts = { { dc_quantize_fields, 0 }, { NULL, 0 } },
    .check = check_quantize,
    .run = run_quantize,
};
