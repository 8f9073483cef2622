/* SPDX-License-Identifier: MIT
 *
 * Numbers as text, and back, with a decimal point whatever the program's locale is: a program with
 * windows sets its user's, and a file or a result must not have commas for that. Only the calling
 * thread's locale is changed, and only while it prints.
 */
#define _GNU_SOURCE /* locale_t before POSIX 2008 is the default */
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "print.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t dc_locale_enter(void)
{
    pthread_once(&once, make_plain);
    return uselocale(plain);
}

void dc_locale_leave(locale_t before)
{
    uselocale(before);
}

int dc_vprint(char *out, size_t size, const char *format, va_list args)
{
    const locale_t before = dc_locale_enter();
    const int n = vsnprintf(out, size, format, args);
    dc_locale_leave(before);
    return n;
}

int dc_print(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = dc_vprint(out, size, format, args);
    va_end(args);
    return n;
}

double dc_text_number(const char *text, char **end)
{
    const locale_t before = dc_locale_enter();
    const double value = strtod(text, end);
    dc_locale_leave(before);
    return value;
}
