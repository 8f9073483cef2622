/* SPDX-License-Identifier: MIT
 *
 * What cmocka lacks, and its version differences. Include this first in every unit test.
 */
#ifndef DCOMP_TESTS_TEST_H
#define DCOMP_TESTS_TEST_H

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef stop /* cmocka's word for the end of a test; the rest of us need it */

#include "dcomp/base.h"

/* A program with windows sets its user's locale, whose numbers may have commas. */
__attribute__((constructor)) static void test_in_locale(void)
{
    const char *name = getenv("DCOMP_TEST_LOCALE");
    if (name != NULL && setlocale(LC_ALL, name) == NULL) {
        fprintf(stderr, "skipped: no locale %s\n", name);
        exit(77);
    }
}

/* The call succeeded; prints the message when it did not. */
#define assert_ok(expr)                                                                   \
    do {                                                                                  \
        const dc_status assert_ok_ = (expr);                                              \
        if (assert_ok_ != DC_OK)                                                          \
            fail_msg("%s: %s: %s", #expr, dc_status_text(assert_ok_), dc_message());      \
    } while (0)

/* The call failed with exactly this code, and said why. */
#define assert_fails(code, expr)                                                          \
    do {                                                                                  \
        const dc_status assert_fails_ = (expr);                                           \
        if (assert_fails_ != (code))                                                      \
            fail_msg("%s: got '%s', wanted '%s'", #expr, dc_status_text(assert_fails_),   \
                     dc_status_text(code));                                               \
        assert_true(dc_message()[0] != '\0');                                             \
    } while (0)

/* |actual - expected| <= tolerance; NaN never is. */
#define assert_near(actual, expected, tolerance)                                          \
    do {                                                                                  \
        const double near_a_ = (double)(actual), near_e_ = (double)(expected);            \
        if (!(fabs(near_a_ - near_e_) <= (double)(tolerance)))                            \
            fail_msg("%s = %.9g, wanted %.9g within %.3g", #actual, near_a_, near_e_,     \
                     (double)(tolerance));                                                \
    } while (0)

/* least <= actual <= most. cmocka 2 has another word for this than 1, and its own warns. */
#undef assert_in_range
#define assert_between(actual, least, most)                                               \
    do {                                                                                  \
        const double between_a_ = (double)(actual);                                       \
        if (!(between_a_ >= (double)(least) && between_a_ <= (double)(most)))             \
            fail_msg("%s = %.9g, wanted %.9g to %.9g", #actual, between_a_,               \
                     (double)(least), (double)(most));                                    \
    } while (0)

#endif
