/* SPDX-License-Identifier: MIT
 *
 * Whether numbers are numbers, by their bits: a float32 is not finite when all bits of its
 * exponent are set. Blocks are counted without a branch, so that this costs little more than
 * reading them.
 */
#include <string.h>

#include "dcomp/base.h"

#define BLOCK 1024u
#define EXPONENT 0x7f800000u

static inline bool is_bad(const float *value)
{
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    return (bits & EXPONENT) == EXPONENT;
}

uint64_t dc_find_not_finite(const float *values, uint64_t n)
{
    for (uint64_t at = 0; at < n; at += BLOCK) {
        const uint64_t end = DC_MIN(at + BLOCK, n);
        uint32_t n_bad = 0;
        for (uint64_t i = at; i < end; i++)
            n_bad += is_bad(&values[i]);
        for (uint64_t i = at; n_bad > 0; i++)
            if (is_bad(&values[i]))
                return i;
    }
    return n;
}
