// SPDX-License-Identifier: MIT
//
// Clocks one program through the channel: ese_channel +dir=FOLDER. Leaves with 0 when it ended with
// the simulator's numbers, 1 when not, 2 when it did not end.
#include <cstdio>

#include "Vese_channel.h"
#include "verilated.h"

int main(int argc, char **argv)
{
    const long n_most = 2000000;
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vese_channel channel(&context);
    for (long cycle = 0; cycle < n_most && !channel.done; cycle++) {
        channel.clk = 0;
        channel.eval();
        channel.clk = 1;
        channel.eval();
    }
    if (!channel.done)
        std::printf("no end after %ld cycles\n", n_most);
    return !channel.done ? 2 : channel.ok ? 0 : 1;
}
