/* SPDX-License-Identifier: MIT
 *
 * Pictures of a model: LAYER-pattern.png, LAYER-weights.png for each layer, and bytes.png.
 */
#ifndef DCOMP_CLI_INSPECT_PLOTS_H
#define DCOMP_CLI_INSPECT_PLOTS_H

#include "dcomp/format.h"

DC_MUST_USE dc_status cli_draw_model(const dc_model *model, const dc_model *before,
                                     const dc_ledger *ledger, const char *folder, bool may_replace);

#endif
