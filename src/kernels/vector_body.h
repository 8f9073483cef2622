/* SPDX-License-Identifier: MIT
 *
 * Vectors of LANES floats. LANES 1 is standard C.
 */
#ifndef DCOMP_KERNELS_VECTOR_BODY_H
#define DCOMP_KERNELS_VECTOR_BODY_H

#include <string.h>

#include "kernels_body.h"

#if LANES == 1
typedef float floats;
#else
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t whole __attribute__((vector_size(LANES * sizeof(int32_t))));
#endif

/* Loops over a tile must not be loops: sums are registers then. */
#if IS_ROLLED
#define UNROLLED
#elif defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define UNROLLED _Pragma("GCC unroll 24")
#else
#define UNROLLED
#endif

INLINE floats load(const float *from)
{
    floats v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(float *to, floats v)
{
    memcpy(to, &v, sizeof v);
}

#endif
