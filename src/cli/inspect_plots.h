/* SPDX-License-Identifier: MIT
 *
 * Pictures of a model: LAYER-pattern.png, LAYER-weights.png for each layer, and bytes.png.
 */
#ifndef DCOMP_CLI_INSPECT_PLOTS_H
#define DCOMP_CLI_INSPECT_PLOTS_H

#include "cli.h"

/* Their charts, which borrow the model's values; makes the folder. `before` may be NULL. */
DC_MUST_USE dc_status cli_add_plots(dc_document *d, const dc_model *model, const dc_model *before,
                                    const dc_ledger *ledger, const char *folder);

#endif
