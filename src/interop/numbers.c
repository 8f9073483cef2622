/* SPDX-License-Identifier: MIT
 *
 * Numbers of foreign files as float32. A tensor is put together byte by byte, so neither alignment
 * nor the byte order of the machine matters; compilers make plain loads of it. Whether all of a
 * piece is finite is asked once a piece, and only then which one is not.
 */
#include "foreign.h"

#include <inttypes.h>
#include <string.h>

#define PIECE 4096u /* numbers */

uint32_t interop_number_bytes(interop_number type)
{
    static const uint32_t n_bytes[] = {
        [INTEROP_F32] = 4, [INTEROP_F64] = 8, [INTEROP_F16] = 2, [INTEROP_BF16] = 2
    };
    return n_bytes[type];
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static float f32_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float f32_of_f64(const uint8_t *at)
{
    const uint64_t bits = u32_at(at) | (uint64_t)u32_at(at + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value; /* to nearest; too large a one becomes infinite */
}

static void convert(float *out, const uint8_t *bytes, uint64_t n, interop_number type)
{
    switch (type) {
    case INTEROP_F32:
        for (uint64_t i = 0; i < n; i++)
            out[i] = f32_of(u32_at(bytes + 4 * i));
        break;
    case INTEROP_F64:
        for (uint64_t i = 0; i < n; i++)
            out[i] = f32_of_f64(bytes + 8 * i);
        break;
    case INTEROP_F16:
        for (uint64_t i = 0; i < n; i++)
            out[i] = dc_f32_from_f16((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
        break;
    case INTEROP_BF16:
        for (uint64_t i = 0; i < n; i++)
            out[i] = f32_of((uint32_t)bytes[2 * i] << 16 | (uint32_t)bytes[2 * i + 1] << 24);
        break;
    }
}

dc_status interop_to_f32(float *out, const uint8_t *bytes, uint64_t n, interop_number type)
{
    for (uint64_t i = 0; i < n; i += PIECE) {
        const uint64_t n_piece = DC_MIN(n - i, (uint64_t)PIECE);
        convert(out + i, bytes + i * interop_number_bytes(type), n_piece, type);
        const uint64_t bad = dc_find_not_finite(out + i, n_piece);
        if (bad < n_piece)
            return dc_fail(DC_ECORRUPT, "number %" PRIu64 " is not finite", i + bad);
    }
    return DC_OK;
}
