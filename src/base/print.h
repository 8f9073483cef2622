/* SPDX-License-Identifier: MIT
 *
 * Inside base: the "C" locale for this thread, around calls of other libraries that print or read
 * numbers.
 */
#ifndef DCOMP_BASE_PRINT_H
#define DCOMP_BASE_PRINT_H

#include <locale.h>

#include "dcomp/base.h"

locale_t dc_locale_enter(void);
void dc_locale_leave(locale_t before);

#endif
