/* SPDX-License-Identifier: MIT
 *
 * Bit streams, least significant bit first: the first bit of the stream is bit 0 of byte 0. Both
 * sides keep fewer than 64 bits pending and move four bytes at a time where they can.
 */
#include <assert.h>

#include "dcomp/base.h"

void dc_bit_writer_init(dc_bit_writer *b, dc_writer *out)
{
    *b = (dc_bit_writer){ .out = out };
}

void dc_put_bits(dc_bit_writer *b, uint32_t value, unsigned n_bits)
{
    assert(n_bits <= 32 && (uint64_t)value >> n_bits == 0);
    b->pending |= (uint64_t)value << b->n_pending; /* n_pending < 32 here */
    b->n_pending += n_bits;
    if (b->n_pending >= 32) {
        dc_put_u32(b->out, (uint32_t)b->pending);
        b->pending >>= 32;
        b->n_pending -= 32;
    }
}

void dc_put_bits_end(dc_bit_writer *b)
{
    for (unsigned done = 0; done < b->n_pending; done += 8)
        dc_put_u8(b->out, (uint8_t)(b->pending >> done));
    b->pending = 0;
    b->n_pending = 0;
}

dc_bit_reader dc_bit_reader_over(const void *data, uint64_t size)
{
    return (dc_bit_reader){ .data = data, .size = size };
}

/* At least 32 pending bits, or all there are. */
static void refill(dc_bit_reader *b)
{
    if (b->size - b->pos >= 4) {
        const uint8_t *at = b->data + b->pos;
        const uint64_t word = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                              (uint64_t)at[3] << 24;
        b->pending |= word << b->n_pending;
        b->n_pending += 32;
        b->pos += 4;
        return;
    }
    while (b->pos < b->size && b->n_pending < 32) {
        b->pending |= (uint64_t)b->data[b->pos++] << b->n_pending;
        b->n_pending += 8;
    }
}

uint32_t dc_get_bits(dc_bit_reader *b, unsigned n_bits)
{
    assert(n_bits <= 32);
    if (b->n_pending < n_bits)
        refill(b);
    if (b->n_pending < n_bits) {
        if (b->status == DC_OK)
            b->status = dc_fail(DC_ECORRUPT, "bit stream ends early");
        b->pending = 0;
        b->n_pending = 0;
        return 0;
    }
    const uint32_t value = (uint32_t)(b->pending & ((UINT64_C(1) << n_bits) - 1));
    b->pending >>= n_bits;
    b->n_pending -= n_bits;
    return value;
}
