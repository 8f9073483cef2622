/* SPDX-License-Identifier: MIT
 *
 * The table of commands. A new command is a file and a line here.
 */
#include "cli.h"

#define COMMANDS(ROW)                                                                              \
    ROW(import) ROW(export) ROW(train) ROW(factor) ROW(prune) ROW(gradual) ROW(admm) ROW(dsd)      \
    ROW(retrain) ROW(rate) ROW(ternary) ROW(quantize) ROW(encode) ROW(decode) ROW(compress)        \
    ROW(run) ROW(eval) ROW(bench) ROW(simulate) ROW(inspect) ROW(sensitivity) ROW(verify)          \
    ROW(diff)
#define DECLARE(name) extern const cli_command cli_##name;
#define ADDRESS(name) &cli_##name,

COMMANDS(DECLARE)
const cli_command *const cli_commands[] = {
    COMMANDS(ADDRESS) NULL,
};
