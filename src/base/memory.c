/* SPDX-License-Identifier: MIT
 *
 * How much memory this process may take, and how much of that it has. arena.c and file.c count
 * here what they take and give back, so what counts is what was asked for, not what the system has
 * filled with pages as yet. Libraries that take memory of their own are counted by whoever calls
 * them.
 *
 * The machine's memory is the limit by default, less a quarter for all that is not counted here:
 * stacks, the code that oneDNN makes, other programs. That alone does not help against a file of a
 * hundred bytes that asks for half the machine, so files have a rule of proportion besides; whoever
 * sets a limit has said how much a file may ask for, and then only the limit counts.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "groups.h"

#define FREE_BYTES (UINT64_C(32) << 20) /* that any file may ask for */

static atomic_uint_least64_t taken, set_limit; /* set_limit 0: the default */
static uint64_t default_limit;

static double quota_of(const char *folder, bool is_v2)
{
    long long bytes[2] = { 0 };
    const char *name = is_v2 ? "memory.max" : "memory.limit_in_bytes";
    return dc_group_numbers(bytes, folder, name) >= 1 && bytes[0] > 0 ? (double)bytes[0] : 0;
}

double dc_memory_quota(const char *root)
{
    static const dc_group_kind kind = { "memory", quota_of };
    return dc_group_limit(&kind, root);
}

static void find_default(void)
{
    const long n_pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    const double quota = dc_memory_quota("");
    double bytes = n_pages > 0 && page_bytes > 0 ? (double)n_pages * (double)page_bytes : 0x1p33;
    if (quota > 0 && quota < bytes)
        bytes = quota;
    default_limit = (uint64_t)(0.75 * bytes);
}

void dc_memory_limit(uint64_t bytes)
{
    atomic_store(&set_limit, bytes);
}

uint64_t dc_memory_limit_bytes(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const uint64_t limit = atomic_load_explicit(&set_limit, memory_order_relaxed);
    if (limit > 0)
        return limit;
    pthread_once(&once, find_default);
    return default_limit;
}

uint64_t dc_memory_left(void)
{
    const uint64_t limit = dc_memory_limit_bytes();
    const uint64_t now = atomic_load_explicit(&taken, memory_order_relaxed);
    return limit > now ? limit - now : 0;
}

dc_status dc_memory_take(uint64_t bytes)
{
    const uint64_t limit = dc_memory_limit_bytes();
    uint_least64_t before = atomic_load_explicit(&taken, memory_order_relaxed);
    while (before <= limit && bytes <= limit - before)
        if (atomic_compare_exchange_weak_explicit(&taken, &before, before + bytes,
                                                  memory_order_relaxed, memory_order_relaxed))
            return DC_OK;
    const char *origin = dc_expansion_is_free()
                             ? "--memory-limit"
                             : "3/4 of all memory; --memory-limit sets another";
    return dc_fail(DC_ELIMIT, "needs %" PRIu64 " more bytes than the memory limit of %" PRIu64
                   " leaves (%s)", bytes - (before < limit ? limit - before : 0), limit, origin);
}

void dc_memory_give(uint64_t bytes)
{
    atomic_fetch_sub_explicit(&taken, bytes, memory_order_relaxed);
}

bool dc_expansion_is_free(void)
{
    return atomic_load_explicit(&set_limit, memory_order_relaxed) > 0;
}

bool dc_expansion_is_usual(uint64_t bytes, uint64_t n_file_bytes, unsigned most)
{
    return bytes <= FREE_BYTES || (bytes - FREE_BYTES) / most <= n_file_bytes;
}

dc_status dc_expansion_check(uint64_t bytes, uint64_t n_file_bytes, unsigned most,
                             const char *subject)
{
    if (dc_expansion_is_usual(bytes, n_file_bytes, most) || dc_expansion_is_free())
        return DC_OK;
    return dc_fail(DC_ELIMIT, "'%s' has %" PRIu64 " bytes and asks for %" PRIu64 ", over the "
                   "expansion limit of %u for each (--memory-limit SIZE allows it)",
                   subject, n_file_bytes, bytes, most);
}
