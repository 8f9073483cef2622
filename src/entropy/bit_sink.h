/* SPDX-License-Identifier: MIT
 *
 * Bits that are counted, and put where there is a writer: one text prices a table and writes it.
 */
#ifndef DCOMP_ENTROPY_BIT_SINK_H
#define DCOMP_ENTROPY_BIT_SINK_H

#include "dcomp/base.h"

typedef struct bit_sink {
    dc_bit_writer *writer; /* or NULL */
    unsigned n_bits;
} bit_sink;

static inline void bit_sink_put(bit_sink *s, unsigned value, unsigned n_bits)
{
    s->n_bits += n_bits;
    if (s->writer != NULL)
        dc_put_bits(s->writer, value, n_bits);
}

#endif
