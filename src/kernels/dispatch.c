/* SPDX-License-Identifier: MIT
 *
 * The table of instruction sets, in rising order: the last row that the processor can run is taken.
 */
#include "kernels_body.h"

static const dc_kernels *const rows[] = {
    &dc_kernels_plain,
#if defined(__x86_64__) && defined(__GNUC__)
    &dc_kernels_avx2,
    &dc_kernels_avx512,
#elif defined(__aarch64__) && defined(__GNUC__)
    &dc_kernels_neon,
#endif
};

const dc_kernels *dc_kernels_row(uint32_t i)
{
    return i < DC_COUNT_OF(rows) ? rows[i] : NULL;
}

const dc_kernels *dc_kernels_pick(void)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < DC_COUNT_OF(rows); i++)
        if ((dc_cpu_flags() & rows[i]->needs) == rows[i]->needs)
            best = i;
    return rows[best];
}

dc_sparse_columns_kernel *dc_sparse_expand_pick(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    const unsigned needs = DC_CPU_AVX512 | DC_CPU_AVX512_VBMI2;
    if ((dc_cpu_flags() & needs) == needs)
        return dc_sparse_columns_vbmi2;
#endif
    return NULL;
}
