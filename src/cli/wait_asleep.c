/* SPDX-License-Identifier: MIT
 *
 * GNU OpenMP's threads, which oneDNN computes with, spin while they wait, at the end of each of a
 * step's hundred regions: beside other programs, which need the cores that spin, training took 12
 * times its fair share of time. How to wait is read from the environment before main begins; so the
 * program is started once more, with OMP_WAIT_POLICY=passive, unless the user has said something.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

void cli_wait_asleep(char **argv)
{
    static const char *const said[] = { "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME" };
    char path[4096];
    for (size_t i = 0; i < DC_COUNT_OF(said); i++)
        if (getenv(said[i]) != NULL)
            return;
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (dc_pool_jobs() == 1 || n <= 0 || setenv("OMP_WAIT_POLICY", "passive", 1) != 0)
        return;
    path[n] = '\0';
    execv(path, argv); /* comes back only where that cannot be; then threads spin */
}
