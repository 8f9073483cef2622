/* SPDX-License-Identifier: MIT
 *
 * A step's message: for each tensor the places and values that a rank sends.
 */
#ifndef DCOMP_EXCHANGE_WIRE_H
#define DCOMP_EXCHANGE_WIRE_H

#include "dcomp/exchange.h"

typedef struct wire_part {
    uint64_t n;        /* elements of the tensor, below 2^32      */
    uint32_t n_most;   /* values at most                          */
    uint32_t n_values;
    int32_t exponent;  /* of values as halfs                      */
    uint32_t *at;      /* (n_most) rising                         */
    float *values;     /* (n_most)                                */
    uint16_t *halfs;   /* (n_most)                                */
} wire_part;

/* Storage from the arena. */
DC_MUST_USE dc_status wire_part_init(wire_part *part, uint64_t n, uint32_t n_most, dc_arena *arena);
/* Values become what the wire carries of them; those that become 0 leave. All are finite. */
void wire_round(wire_part *part, dc_wire wire);
/* Appends the message; a failure is in w->status. */
void wire_put(dc_writer *w, dc_wire wire, uint32_t step, const wire_part *parts, uint32_t n_parts);
/* Fills parts from all of `data`. DC_ECORRUPT when it is no message for such parts, of this wire
 * and step. */
DC_MUST_USE dc_status wire_get(wire_part *parts, uint32_t n_parts, dc_wire wire, uint32_t step,
                               const void *data, uint64_t n);

#endif
