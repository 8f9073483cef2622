/* SPDX-License-Identifier: MIT
 *
 * quantize: weight sharing by k-means [DC 3], or grids (docs/rate.md), whose bits may be shared out
 * by what the loss would notice: squares of gradients over the samples, labels drawn from what the
 * network says.
 */
#include "run_internal.h"

static void quantize_defaults(void *settings)
{
    *(dc_quantize_settings *)settings = dc_quantize_defaults();
}

static dc_status check_quantize(const void *settings, const dc_model *model,
                                const dc_datasets *data)
{
    const dc_quantize_settings *s = settings;
    DC_TRY(dc_quantize_check(s, model));
    if (s->by_squares && (data == NULL || data->train == NULL))
        return dc_fail(DC_EINPUT, "'fisher' is made of gradients: it needs data (--data)");
    return DC_OK;
}

static dc_status quantize_by(gradient_squares *squares, dc_run *run,
                             const dc_quantize_settings *settings)
{
    dc_quantize_settings own = *settings;
    dc_quantize_stats stats;
    if (settings->by_squares)
        DC_TRY(squares_estimate(squares, run, true));
    own.squares = squares->values;
    return dc_quantize(run->model, &own, &stats);
}

static dc_status run_quantize(dc_run *run, const void *settings)
{
    gradient_squares squares = { 0 };
    const dc_status status = quantize_by(&squares, run, settings);
    squares_clear(&squares);
    return status;
}

static dc_amount quantize_amount(const dc_run *run, const void *settings)
{
    const dc_quantize_settings *s = settings;
    return s->by_squares ? squares_amount(run) : (dc_amount){ 0 };
}

const dc_stage dc_stage_quantize = {
    .name = "quantize",
    .settings_bytes = sizeof(dc_quantize_settings),
    .set_defaults = quantize_defaults,
    .parts = { { dc_quantize_fields, 0 }, { NULL, 0 } },
    .check = check_quantize,
    .run = run_quantize,
    .amount = quantize_amount,
};
