/* SPDX-License-Identifier: MIT
 *
 * The rows of the table of commands.
 */
#ifndef DCOMP_CLI_COMMAND_ROWS_H
#define DCOMP_CLI_COMMAND_ROWS_H

#include "cli.h"

extern const cli_command cli_import, cli_export, cli_train, cli_prune, cli_gradual, cli_retrain,
    cli_quantize, cli_encode, cli_decode, cli_compress, cli_eval, cli_simulate, cli_inspect,
    cli_sensitivity, cli_verify, cli_diff;

#endif
