/* SPDX-License-Identifier: MIT */
#ifndef DCOMP_TESTS_DEVICE_H
#define DCOMP_TESTS_DEVICE_H

int device_main(void);
void device_say(const char *text);
void device_leave(int status);
unsigned device_stack_bytes(void); /* the most that was ever used */

#endif
