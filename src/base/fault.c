/* SPDX-License-Identifier: MIT
 *
 * Injected faults. The few places that allocate, read or write ask dc_fault_hits first; a test
 * arms the nth operation and walks n upwards until nothing fails any more.
 *
 * From outside: DCOMP_FAULT=alloc:N, read:N or write:N makes the Nth operation of that kind, and
 * all after it, fail. The variable is read once, when the first operation asks; other texts are
 * ignored.
 *
 * A counter holds the operations left up to and including the one that fails: 0 is disarmed, and
 * 1 stays 1, since all after the nth fail as well.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/base.h"

static atomic_uint_least64_t left[3];
static pthread_once_t environment_once = PTHREAD_ONCE_INIT;

static void read_environment(void)
{
    static const struct { const char *prefix; dc_fault kind; } kinds[] = {
        { "alloc:", DC_FAULT_ALLOC }, { "read:", DC_FAULT_READ }, { "write:", DC_FAULT_WRITE },
    };
    const char *text = getenv("DCOMP_FAULT");
    for (size_t i = 0; text && i < DC_COUNT_OF(kinds); i++) {
        const size_t n = strlen(kinds[i].prefix);
        if (strncmp(text, kinds[i].prefix, n) == 0)
            atomic_store(&left[kinds[i].kind], strtoull(text + n, NULL, 10));
    }
}

void dc_fault_arm(dc_fault kind, uint64_t nth)
{
    pthread_once(&environment_once, read_environment);
    atomic_store(&left[kind], nth);
}

bool dc_fault_hits(dc_fault kind)
{
    pthread_once(&environment_once, read_environment);
    uint_least64_t now = atomic_load_explicit(&left[kind], memory_order_relaxed);
    while (now > 1)
        if (atomic_compare_exchange_weak(&left[kind], &now, now - 1))
            return false;
    return now == 1;
}
