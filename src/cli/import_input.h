/* SPDX-License-Identifier: MIT
 *
 * How pictures become the input of an imported network: options that set it, and its text.
 */
#ifndef DCOMP_CLI_IMPORT_INPUT_H
#define DCOMP_CLI_IMPORT_INPUT_H

#include "cli.h"

/* What was not said is DC_NONE, 0 or NULL and leaves the model's own. */
typedef struct cli_input {
    uint32_t preset, resize, filter, channels;
    uint32_t resize_size;
    const char *mean, *scale; /* "104,117,123" */
} cli_input;

extern const dc_field cli_input_fields[];
cli_input cli_input_defaults(void);

/* The preset first, then what was said by itself. DC_EINPUT when it does not fit the shape. */
DC_MUST_USE dc_status cli_input_apply(dc_input *input, const cli_input *said, dc_arena *arena);

/* Whether colour pictures go in as they are, which few networks want. */
bool cli_input_is_raw(const dc_input *input);

#endif
