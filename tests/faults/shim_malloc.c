/* SPDX-License-Identifier: MIT
 *
 * For LD_PRELOAD: allocation number FAIL_AT of the whole process fails, foreign libraries'
 * included, and with FAIL_ALL=1 all that follow. Without FAIL_AT the number of allocations goes to
 * the file FAIL_COUNT at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong n_asked;
static unsigned long fail_at;
static int fails_all;

__attribute__((constructor)) static void read_environment(void)
{
    const char *at = getenv("FAIL_AT"), *all = getenv("FAIL_ALL");
    fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    fails_all = all != NULL && all[0] == '1';
    atomic_store(&n_asked, 0);
}

static void write_count(void)
{
    const char *path = getenv("FAIL_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%lu\n", atomic_load(&n_asked));
        fclose(file);
    }
}

/* The way in which dcomp leaves. */
void _exit(int code)
{
    write_count();
    syscall(SYS_exit_group, code);
    __builtin_unreachable();
}

static int must_fail(void)
{
    const unsigned long n = atomic_fetch_add(&n_asked, 1) + 1;
    if (fail_at == 0 || (fails_all ? n < fail_at : n != fail_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    return must_fail() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = memalign(alignment, size);
    if (memory != NULL)
        *out = memory;
    return memory != NULL ? 0 : ENOMEM;
}
