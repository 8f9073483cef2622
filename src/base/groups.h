/* SPDX-License-Identifier: MIT
 *
 * What control groups allow this process, for cores.c, memory.c and their tests. `root` is put
 * before every path: "" is the system's.
 */
#ifndef DC_BASE_GROUPS_H
#define DC_BASE_GROUPS_H

#include "dcomp/base.h"

/* A controller, "cpu", and what one folder of a hierarchy of version 1 or 2 allows of it; 0: no
 * limit there. */
typedef struct dc_group_kind {
    const char *controller;
    double (*limit_of)(const char *folder, bool is_v2);
} dc_group_kind;

/* The least that the process's groups and all that they lie in allow; 0: no limit. */
double dc_group_limit(const dc_group_kind *kind, const char *root);
/* How many whole numbers the file `name` in `folder` begins with, of the first two. */
int dc_group_numbers(long long numbers[2], const char *folder, const char *name);

/* Cores' worth of time (cores.c); bytes of memory (memory.c). */
double dc_cpu_quota(const char *root);
double dc_memory_quota(const char *root);

#endif
