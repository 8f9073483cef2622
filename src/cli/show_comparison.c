/* SPDX-License-Identifier: MIT
 *
 * A network beside another one, with the bounds of 95 %.
 */
#include <math.h>

#include "cli.h"

static void add_bounds(dc_document *d, const dc_eval_result *r)
{
    char low[CLI_TEXT_BYTES], high[CLI_TEXT_BYTES];
    dc_document_text(d, "95 %% bounds: top-1 %.2f to %.2f %%, loss %s to %s\n", r->top1_bounds.low,
                     r->top1_bounds.high, cli_loss_text(low, r->loss_bounds.low),
                     cli_loss_text(high, r->loss_bounds.high));
}

/* Differences are known where there are labels. */
static void add_text(dc_document *d, const dc_comparison *c, const char *name)
{
    char mean[CLI_TEXT_BYTES], low[CLI_TEXT_BYTES], high[CLI_TEXT_BYTES];
    dc_document_text(d, "against %s: divergence %s (%s to %s), agreement %.2f %% (%.2f to %.2f)\n",
                     name, cli_loss_text(mean, c->divergence.mean),
                     cli_loss_text(low, c->divergence.low), cli_loss_text(high, c->divergence.high),
                     c->agreement.mean, c->agreement.low, c->agreement.high);
    if (!isnan(c->top1_gain.mean))
        dc_document_text(d,
                         "    top-1 %+.2f points (%+.2f to %+.2f), loss %+.5f (%+.5f to %+.5f)\n",
                         c->top1_gain.mean, c->top1_gain.low, c->top1_gain.high, c->loss_rise.mean,
                         c->loss_rise.low, c->loss_rise.high);
}

void cli_add_comparison(dc_document *d, const dc_eval_result *r, const char *name, bool is_shown)
{
    const dc_comparison *c = &r->against;
    if (is_shown && !isnan(c->top1_gain.mean))
        add_bounds(d, r);
    if (is_shown)
        add_text(d, c, name);
    dc_json *part = dc_json_add_object(d->at, "against");
    dc_json_add_text(part, "model", name);
    dc_record_write(part, c, dc_comparison_fields);
}
