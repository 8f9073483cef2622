/* SPDX-License-Identifier: MIT
 *
 * The table of commands. A new command is a file and a line here.
 */
#include "command_rows.h"

const cli_command *const cli_commands[] = {
    &cli_import,   &cli_export,      &cli_train,  &cli_prune,    &cli_gradual, &cli_retrain,
    &cli_quantize, &cli_encode,      &cli_decode, &cli_compress, &cli_eval,    &cli_simulate,
    &cli_inspect,  &cli_sensitivity, &cli_verify, &cli_diff,     NULL,
};
