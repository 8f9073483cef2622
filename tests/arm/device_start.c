/* SPDX-License-Identifier: MIT
 *
 * A Cortex-M without anything: vectors, zeros in .bss, the way out by semihosting, and how deep the
 * stack ever was, which is told by a pattern that it has overwritten.
 */
#include <stdint.h>

#include "device.h"

extern uint32_t device_bss[], device_bss_end[], device_stack_top[]; /* of device.ld */

#define PATTERN 0x5aa5c33cu
#define PAINTED 16384u /* words below the stack's top, less what this function itself takes */

void device_reset(void);
static void hang(void)
{
    device_say("a fault of the processor\n");
    device_leave(1);
}

struct vectors {
    uint32_t *stack;
    void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    device_stack_top, { device_reset, hang, hang, hang, hang, hang },
};

static int semihost(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void device_say(const char *text)
{
    (void)semihost(4, text); /* SYS_WRITE0 */
}

void device_leave(int status)
{
    (void)semihost(0x18, (const void *)(uintptr_t)(status == 0 ? 0x20026 : 0x20023));
    for (;;)
        ;
}

static uint32_t *below_top(uintptr_t n_words)
{
    return (uint32_t *)((uintptr_t)device_stack_top - n_words * sizeof(uint32_t));
}

unsigned device_stack_bytes(void)
{
    const volatile uint32_t *at = below_top(PAINTED);
    while (*at == PATTERN)
        at++;
    return (unsigned)((const char *)device_stack_top - (const char *)at);
}

void device_reset(void)
{
    for (volatile uint32_t *at = device_bss; at < device_bss_end; at++)
        *at = 0;
    for (volatile uint32_t *at = below_top(PAINTED); at < below_top(64); at++)
        *at = PATTERN;
#ifdef __ARM_FP
    *(volatile uint32_t *)0xe000ed88u |= 0xf00000u; /* the floating-point unit may be used */
    __asm__ volatile("dsb\n\tisb");
#endif
    device_leave(device_main());
}
