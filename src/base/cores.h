/* SPDX-License-Identifier: MIT
 *
 * What cores.c reads of control groups, for its test.
 */
#ifndef DC_BASE_CORES_H
#define DC_BASE_CORES_H

#include "dcomp/base.h"

/* Cores' worth of time that control groups allow, by the files under `root` ("" is the system's);
 * 0: as much as there is. */
double dc_cpu_quota(const char *root);

#endif
