/* SPDX-License-Identifier: MIT
 *
 * How eval shows what the model saw, and each class.
 */
#ifndef DCOMP_CLI_EVAL_PRINT_H
#define DCOMP_CLI_EVAL_PRINT_H

#include "cli.h"

/* "3x227x227 bgr, warp to 256 by triangle, crop, minus (104, 117, 123)"; from the arena. */
const char *cli_input_text(const dc_input *input, dc_arena *arena);
void cli_json_input(dc_json *json, const dc_input *input);

/* Classes that have samples, in their order; `classes` has one for each output of the model. */
void cli_print_classes(cli_call *call, const dc_model *model, const dc_eval_class *classes);
void cli_json_classes(dc_json *json, const dc_model *model, const dc_eval_class *classes);

#endif
