/* SPDX-License-Identifier: MIT
 *
 * The trellis of dependent quantization, as VVC's: two grids of twice the step, one of them moved
 * by a step, and what came before says which of them is meant. So a value costs the bits of the
 * coarser grid and lies nearer than that grid would have it.
 */
#include "dcomp/model.h"

const uint8_t dc_trellis_next[DC_TRELLIS_STATES][2] = { { 0, 2 }, { 7, 5 }, { 1, 3 }, { 6, 4 },
                                                        { 2, 0 }, { 5, 7 }, { 3, 1 }, { 4, 6 } };

bool dc_trellis_levels(int16_t *levels, const float *values, uint64_t n, float step)
{
    uint32_t state = 0;
    for (uint64_t i = 0; i < n; i++) {
        const int32_t worth = (int32_t)(values[i] / step);
        const int32_t sign = (worth > 0) - (worth < 0);
        levels[i] = (int16_t)((worth + (int32_t)(state & 1) * sign) / 2);
        if (dc_trellis_worth(state, levels[i]) != worth)
            return false;
        state = dc_trellis_next[state][levels[i] & 1];
    }
    return true;
}

void dc_trellis_values(float *values, const int16_t *levels, uint64_t n, float step)
{
    uint32_t state = 0;
    for (uint64_t i = 0; i < n; i++) {
        values[i] = (float)dc_trellis_worth(state, levels[i]) * step;
        state = dc_trellis_next[state][levels[i] & 1];
    }
}
