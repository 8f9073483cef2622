/* SPDX-License-Identifier: MIT
 *
 * What the bodies share. A body is included by the file of an instruction set, which compiles it
 * with its flags; its functions are static there. Contraction to fused multiply-add is off in all
 * of them (scripts/cmake/DcompKernels.cmake), so that every row computes the same bits.
 */
#ifndef DCOMP_KERNELS_BODY_H
#define DCOMP_KERNELS_BODY_H

#include "dcomp/kernels.h"

/* Sanitizers check each access: unrolled, the bodies would take them minutes to compile. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_ROLLED 1
#else
#define IS_ROLLED 0
#endif

#if defined(__GNUC__) && !IS_ROLLED
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

dc_matmul_bf16_kernel dc_matmul_bf16_amx;
dc_sparse_columns_kernel dc_sparse_columns_vbmi2;
extern const dc_kernels dc_kernels_plain, dc_kernels_avx2, dc_kernels_avx512, dc_kernels_neon;

#endif
