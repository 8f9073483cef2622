/* SPDX-License-Identifier: MIT
 *
 * How eval shows single classes.
 */
#ifndef DCOMP_CLI_EVAL_CLASSES_H
#define DCOMP_CLI_EVAL_CLASSES_H

#include "cli.h"

/* Classes that have samples, in their order; `classes` has one for each output of the model. */
void cli_add_classes(dc_document *d, const dc_model *model, const dc_tally *classes);

#endif
