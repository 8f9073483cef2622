/* SPDX-License-Identifier: MIT
 *
 * The options of `import` about pruned and shared weights, and what it says of them.
 */
#ifndef DCOMP_CLI_IMPORT_MARKS_H
#define DCOMP_CLI_IMPORT_MARKS_H

#include "cli.h"
#include "dcomp/interop.h"

/* Of a dc_import_settings. */
extern const dc_field cli_marks_fields[];

/* A line for each parameter that is pruned or shared now, and for each weight whose many zeros are
 * not kept. */
void cli_add_marks(dc_document *d, const dc_model *model, bool is_shown);

#endif
