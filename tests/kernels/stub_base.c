/* SPDX-License-Identifier: MIT
 *
 * What check_kernels.c needs of the room base, where that is not built: for the cross compiler,
 * which has none of its libraries.
 */
#include <string.h>

#include "dcomp/base.h"

static bool is_limited;

unsigned dc_cpu_flags(void)
{
    return is_limited ? 0 : DC_CPU_NEON;
}

dc_status dc_cpu_limit(const char *level)
{
    is_limited = strcmp(level, "native") != 0;
    return DC_OK;
}
