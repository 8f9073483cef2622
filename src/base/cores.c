/* SPDX-License-Identifier: MIT
 *
 * How many cores this process may use. The scheduler's mask says which ones; a control group may
 * allow less time than these have, as containers do ("--cpus 1.5"): quota / period, rounded up.
 * Version 2 of control groups has "cpu.max" ("max 100000", "150000 100000"), version 1
 * "cpu.cfs_quota_us" (-1: none) and "cpu.cfs_period_us".
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif

#include <pthread.h>
#include <unistd.h>

#include "groups.h"

/* Cores' worth of time in one folder; 0: no limit. */
static double quota_of(const char *folder, bool is_v2)
{
    long long quota[2] = { 0 }, period[2] = { 0 };
    if (is_v2)
        return dc_group_numbers(quota, folder, "cpu.max") == 2 && quota[0] > 0 && quota[1] > 0
                   ? (double)quota[0] / (double)quota[1]
                   : 0;
    const bool is_there = dc_group_numbers(quota, folder, "cpu.cfs_quota_us") >= 1 &&
                          dc_group_numbers(period, folder, "cpu.cfs_period_us") >= 1;
    return is_there && quota[0] > 0 && period[0] > 0 ? (double)quota[0] / (double)period[0] : 0;
}

double dc_cpu_quota(const char *root)
{
    static const dc_group_kind kind = { "cpu", quota_of };
    return dc_group_limit(&kind, root);
}

static unsigned n_bound_to(void)
{
#if defined(__linux__)
    const size_t n_most = 16384;
    cpu_set_t *set = CPU_ALLOC(n_most);
    int n = 0;
    if (set != NULL && sched_getaffinity(0, CPU_ALLOC_SIZE(n_most), set) == 0)
        n = CPU_COUNT_S(CPU_ALLOC_SIZE(n_most), set);
    CPU_FREE(set);
    if (n > 0)
        return (unsigned)n;
#endif
    const long n_online = sysconf(_SC_NPROCESSORS_ONLN);
    return n_online > 0 ? (unsigned)n_online : 1;
}

static unsigned n_cores;

static void count(void)
{
    const double quota = dc_cpu_quota("");
    n_cores = n_bound_to();
    if (quota > 0 && quota < n_cores)
        n_cores = (unsigned)DC_MAX(1, (int)(quota + 0.999));
}

unsigned dc_cpu_count(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, count);
    return n_cores;
}
