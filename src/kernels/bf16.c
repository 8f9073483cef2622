/* SPDX-License-Identifier: MIT */
#include "kernels_body.h"

dc_matmul_bf16_kernel *dc_matmul_bf16_pick(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    const unsigned needs = DC_CPU_AVX512 | DC_CPU_AMX_BF16;
    if ((dc_cpu_flags() & needs) == needs)
        return dc_matmul_bf16_amx;
#endif
    return NULL;
}

void dc_bf16_put_pair(uint16_t *b, const float *even, const float *odd, uint64_t n_terms,
                      uint64_t n_cols)
{
    const uint64_t panel = DC_BF16_PANEL * dc_bf16_terms(n_terms);
    for (uint64_t first = 0; first < n_cols; first += DC_BF16_PANEL, b += panel) {
        const uint64_t n = DC_MIN(n_cols - first, (uint64_t)DC_BF16_PANEL);
        for (uint64_t c = 0; c < DC_BF16_PANEL; c++) {
            b[2 * c] = c < n && even != NULL ? dc_bf16_from_f32(even[first + c]) : 0;
            b[2 * c + 1] = c < n && odd != NULL ? dc_bf16_from_f32(odd[first + c]) : 0;
        }
    }
}
