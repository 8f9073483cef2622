/* SPDX-License-Identifier: MIT
 *
 * This machine in the place of a device.
 */
#include <stdio.h>
#include <stdlib.h>

#include "device.h"

void device_say(const char *text)
{
    fputs(text, stdout);
}

void device_leave(int status)
{
    exit(status);
}

unsigned device_stack_bytes(void)
{
    return 0;
}

int main(void)
{
    return device_main();
}
