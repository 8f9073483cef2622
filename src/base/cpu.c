/* SPDX-License-Identifier: MIT
 *
 * What this processor can do, what we may use of it, and two meters of the process.
 *
 * On x86 the CPUID leaves 1 and 7 name the instructions and XCR0 says whether the operating system
 * saves their registers: 0x06 for AVX, 0xe6 for AVX-512, 0x60006 for AMX. The variable DCOMP_CPU is
 * read once; dc_cpu_limit has the last word.
 *
 * Peak memory is VmHWM where /proc has it: getrusage, the fallback, also remembers what the
 * process was before exec.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "dcomp/base.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>

static uint32_t saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Tiles are 8 KiB of state, which a process must ask Linux for (5.16 and later). */
static bool may_use_tiles(void)
{
    enum { ARCH_PRCTL = 158, REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    long result = ARCH_PRCTL;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)REQUEST_PERMISSION), "S"((long)TILE_DATA)
                     : "rcx", "r11", "memory");
    return result == 0;
}

static unsigned detect(void)
{
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, F16C = 1 << 29, AVX2 = 1 << 5 };
    const uint32_t avx512_ebx = UINT32_C(1) << 16 | 1u << 17 | 1u << 30 | UINT32_C(1) << 31;
    const uint32_t amx_edx = 1u << 22 | 1u << 24;
    uint32_t a, b, c, d, a1 = 0, unused;
    unsigned flags = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (FMA | OSXSAVE | F16C)) != (FMA | OSXSAVE | F16C))
        return 0;
    const uint32_t saved = saved_registers();
    if ((saved & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & AVX2))
        return 0;
    __get_cpuid_count(7, 1, &a1, &unused, &unused, &unused);
    flags |= DC_CPU_AVX2;
    if ((saved & 0xe6) == 0xe6 && (b & avx512_ebx) == avx512_ebx) {
        flags |= DC_CPU_AVX512;
        flags |= c & 1u << 11 ? DC_CPU_AVX512_VNNI : 0u;
        flags |= c & 1u << 6 ? DC_CPU_AVX512_VBMI2 : 0u;
        flags |= a1 & 1u << 5 ? DC_CPU_AVX512_BF16 : 0u;
        if ((saved & 0x60000) == 0x60000 && (d & amx_edx) == amx_edx && may_use_tiles())
            flags |= DC_CPU_AMX_BF16;
    }
    return flags;
}
#elif defined(__aarch64__)
static unsigned detect(void)
{
    return DC_CPU_NEON;
}
#else
static unsigned detect(void)
{
    return 0;
}
#endif

static const struct {
    const char *name;
    unsigned flags, needs;
} levels[] = {
    { "ref", 0, 0 },
    { "avx2", DC_CPU_AVX2, DC_CPU_AVX2 },
    { "avx512",
      DC_CPU_AVX2 | DC_CPU_AVX512 | DC_CPU_AVX512_VNNI | DC_CPU_AVX512_BF16 | DC_CPU_AVX512_VBMI2,
      DC_CPU_AVX512 },
    { "native", ~0u, 0 },
};

static atomic_uint allowed = ~0u;
static _Atomic(const char *) allowed_level = "native";
static unsigned detected;
static pthread_once_t detect_once = PTHREAD_ONCE_INIT;

/* What the processor lacks is left out of a limit, but refused as a wish. */
static dc_status limit_to(const char *level, bool is_wish)
{
    for (size_t i = 0; i < DC_COUNT_OF(levels); i++) {
        if (strcmp(level, levels[i].name) == 0) {
            if (is_wish && (levels[i].needs & ~detected) != 0)
                return dc_fail(DC_EUNSUPPORTED, "this processor lacks '%s'", level);
            atomic_store(&allowed, levels[i].flags);
            atomic_store(&allowed_level, levels[i].name);
            return DC_OK;
        }
    }
    return dc_fail(DC_EINPUT, "unknown processor level '%s': ref, avx2, avx512 or native", level);
}

static void detect_and_read_environment(void)
{
    detected = detect();
    const char *level = getenv("DCOMP_CPU");
    if (level && level[0] && limit_to(level, false) < 0)
        dc_warn("DCOMP_CPU is ignored: %s", dc_message());
}

unsigned dc_cpu_flags(void)
{
    pthread_once(&detect_once, detect_and_read_environment);
    return detected & atomic_load(&allowed);
}

dc_status dc_cpu_limit(const char *level)
{
    pthread_once(&detect_once, detect_and_read_environment);
    return limit_to(level, true);
}

const char *dc_cpu_level(void)
{
    pthread_once(&detect_once, detect_and_read_environment);
    return atomic_load(&allowed_level);
}

uint64_t dc_peak_memory_bytes(void)
{
    unsigned long long kib = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && kib == 0 && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoull(line + 6, NULL, 10);
    if (status)
        fclose(status);
    struct rusage usage;
    if (kib == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = (unsigned long long)usage.ru_maxrss;
    return (uint64_t)kib * 1024;
}

double dc_clock_seconds(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
