/* SPDX-License-Identifier: MIT
 *
 * Eight bytes at a time, least significant first, for the inner loops.
 */
#ifndef DCOMP_ENTROPY_LE64_H
#define DCOMP_ENTROPY_LE64_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IS_LITTLE_ENDIAN
#endif
#endif

/* Compilers miss that eight stores of shifted bytes are one; a copy says so. */
static ALWAYS_INLINE uint64_t load_le64(const uint8_t *p)
{
    uint64_t v = 0;
#ifdef IS_LITTLE_ENDIAN
    memcpy(&v, p, sizeof v);
#else
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << 8 * i;
#endif
    return v;
}

static ALWAYS_INLINE void store_le64(uint8_t *p, uint64_t v)
{
#ifdef IS_LITTLE_ENDIAN
    memcpy(p, &v, sizeof v);
#else
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> 8 * i);
#endif
}

#endif
