/* SPDX-License-Identifier: MIT
 *
 * How many cores this process may use. The scheduler's mask says which ones; a control group may
 * allow less time than these have, as containers do ("--cpus 1.5"): quota / period, rounded up, of
 * the process's group and of all that it lies in.
 *
 * Version 2 of control groups has "cpu.max" ("max 100000", "150000 100000"), version 1
 * "cpu.cfs_quota_us" (-1: none) and "cpu.cfs_period_us". /proc/self/cgroup names the group, one
 * line a hierarchy: "0::/path" is version 2, "4:cpu,cpuacct:/path" version 1. Inside a container
 * the path may be the host's and not be there; then the folders above it count.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cores.h"

#define MAX_PATH 4096

/* How many whole numbers the file begins with, of the first two. */
static int read_numbers(long long numbers[2], const char *folder, const char *name)
{
    char path[MAX_PATH + 32], text[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    const bool has_text = file != NULL && fgets(text, sizeof text, file) != NULL;
    if (file != NULL)
        fclose(file);
    return has_text ? sscanf(text, "%lld %lld", &numbers[0], &numbers[1]) : 0;
}

/* Cores' worth of time in one folder; 0: no limit. */
static double quota_of(const char *folder, bool is_v2)
{
    long long quota[2] = { 0 }, period[2] = { 0 };
    if (is_v2)
        return read_numbers(quota, folder, "cpu.max") == 2 && quota[0] > 0 && quota[1] > 0
                   ? (double)quota[0] / (double)quota[1]
                   : 0;
    const bool is_there = read_numbers(quota, folder, "cpu.cfs_quota_us") >= 1 &&
                          read_numbers(period, folder, "cpu.cfs_period_us") >= 1;
    return is_there && quota[0] > 0 && period[0] > 0 ? (double)quota[0] / (double)period[0] : 0;
}

/* The least of a folder and all above it, down to the first `n_root` bytes. */
static double least_quota(char *folder, size_t n_root, bool is_v2)
{
    double least = 0;
    for (;;) {
        const double quota = quota_of(folder, is_v2);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || strlen(folder) <= n_root)
            return least;
        *slash = '\0';
    }
}

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (; *words != '\0'; words += *words == ',') {
        const size_t n_word = strcspn(words, ",");
        if (n_word == n && strncmp(words, word, n) == 0)
            return true;
        words += n_word;
    }
    return false;
}

/* "4:cpu,cpuacct:/path" */
static double quota_of_line(char *line, const char *root)
{
    char folder[MAX_PATH];
    char *kinds = strchr(line, ':');
    char *path = kinds != NULL ? strchr(kinds + 1, ':') : NULL;
    if (path == NULL)
        return 0;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    const bool is_v2 = kinds[1] == '\0';
    if (!is_v2 && !has_word(kinds + 1, "cpu"))
        return 0;
    const int n_root = snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s", root,
                                is_v2 ? "" : "/cpu");
    const int n = snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s%s", root,
                           is_v2 ? "" : "/cpu", strcmp(path, "/") == 0 ? "" : path);
    return n_root < 0 || n < 0 || (size_t)n >= sizeof folder
               ? 0
               : least_quota(folder, (size_t)n_root, is_v2);
}

double dc_cpu_quota(const char *root)
{
    char path[MAX_PATH], line[MAX_PATH];
    double least = 0;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const double quota = quota_of_line(line, root);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
    }
    if (file != NULL)
        fclose(file);
    return least;
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
