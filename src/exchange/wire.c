/* SPDX-License-Identifier: MIT
 *
 * message: step u32, wire u8, a varint for each tensor: how many values follow; then, tensor by
 * tensor, as docs/exchange.md has it. A place is the one before, plus one, plus a gap; a gap over
 * 65,535 is bridged by fillers, a gap of 65,535 with a value of 0, which stands on a place.
 *
 * Halfs are of values divided by 2^exponent, so that the greatest of a tensor is in [2^14, 2^15).
 */
#include "wire.h"

#include <math.h>

#include "dcomp/entropy.h"

#define WIDEST_GAP 65535u
#define MOST_EXPONENT 200 /* of 2, either way: float32 has fewer */
#define LOWEST_EXPONENT (-MOST_EXPONENT)

dc_status wire_part_init(wire_part *part, uint64_t n, uint32_t n_most, dc_arena *arena)
{
    *part = (wire_part){ .n = n, .n_most = n_most };
    part->at = dc_arena_take(arena, n_most, sizeof *part->at);
    part->values = dc_arena_take(arena, n_most, sizeof *part->values);
    part->halfs = dc_arena_take(arena, n_most, sizeof *part->halfs);
    return arena->status;
}

static void keep_nonzero(wire_part *part)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < part->n_values; i++) {
        if (part->values[i] == 0)
            continue;
        part->at[n] = part->at[i];
        part->values[n] = part->values[i];
        part->halfs[n++] = part->halfs[i];
    }
    part->n_values = n;
}

void wire_round(wire_part *part, dc_wire wire)
{
    float most = 0;
    part->exponent = 0;
    for (uint32_t i = 0; i < part->n_values; i++)
        most = DC_MAX(most, fabsf(part->values[i]));
    if (wire != DC_WIRE_F32 && most > 0) {
        int of_most;
        (void)frexpf(most, &of_most);
        part->exponent = of_most - 15;
    }
    for (uint32_t i = 0; wire != DC_WIRE_F32 && i < part->n_values; i++) {
        part->halfs[i] = dc_f16_from_f32(ldexpf(part->values[i], -part->exponent));
        part->values[i] = ldexpf(dc_f32_from_f16(part->halfs[i]), part->exponent);
    }
    keep_nonzero(part);
}

/* ---- to bytes ---- */

static uint32_t count_fillers(const wire_part *part)
{
    uint64_t next = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < part->n_values; i++) {
        n += (uint32_t)((part->at[i] - next) / (WIDEST_GAP + 1));
        next = (uint64_t)part->at[i] + 1;
    }
    return n;
}

static void put_gaps(dc_writer *w, const wire_part *part)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < part->n_values; i++) {
        for (; part->at[i] - next > WIDEST_GAP; next += WIDEST_GAP + 1)
            dc_put_u16(w, WIDEST_GAP);
        dc_put_u16(w, (uint16_t)(part->at[i] - next));
        next = (uint64_t)part->at[i] + 1;
    }
}

static void put_value(dc_writer *w, dc_wire wire, float value, uint16_t half)
{
    if (wire == DC_WIRE_F32)
        dc_put_f32(w, value);
    else
        dc_put_u16(w, half);
}

static void put_values(dc_writer *w, dc_wire wire, const wire_part *part)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < part->n_values; i++) {
        for (; part->at[i] - next > WIDEST_GAP; next += WIDEST_GAP + 1)
            put_value(w, wire, 0, 0);
        put_value(w, wire, part->values[i], part->halfs[i]);
        next = (uint64_t)part->at[i] + 1;
    }
}

static void put_coded(dc_writer *w, const wire_part *parts, uint32_t n_parts)
{
    dc_arena scratch = { 0 };
    dc_sparse_part *coded = dc_arena_take(&scratch, n_parts, sizeof *coded);
    for (uint32_t i = 0; i < n_parts && coded != NULL; i++) {
        const wire_part *p = &parts[i];
        if (p->n_values > 0)
            dc_put_u16(w, (uint16_t)p->exponent);
        coded[i] = (dc_sparse_part){ p->n, p->n_values, p->at, p->halfs };
    }
    if (coded != NULL)
        dc_sparse_encode(w, coded, n_parts);
    else
        w->status = scratch.status;
    dc_arena_clear(&scratch);
}

void wire_put(dc_writer *w, dc_wire wire, uint32_t step, const wire_part *parts, uint32_t n_parts)
{
    dc_put_u32(w, step);
    dc_put_u8(w, (uint8_t)wire);
    for (uint32_t i = 0; i < n_parts; i++)
        dc_put_varint(w, parts[i].n_values +
                             (wire == DC_WIRE_CODED ? 0 : count_fillers(&parts[i])));
    if (wire == DC_WIRE_CODED) {
        put_coded(w, parts, n_parts);
        return;
    }
    for (uint32_t i = 0; i < n_parts; i++) {
        if (parts[i].n_values == 0)
            continue;
        if (wire == DC_WIRE_F16)
            dc_put_u16(w, (uint16_t)parts[i].exponent);
        put_gaps(w, &parts[i]);
        put_values(w, wire, &parts[i]);
    }
}

/* ---- from bytes ---- */

static void get_exponent(dc_reader *r, wire_part *part)
{
    part->exponent = (int16_t)dc_get_u16(r);
    if (part->exponent < LOWEST_EXPONENT || part->exponent > MOST_EXPONENT)
        (void)dc_reader_fail(r, DC_ECORRUPT, "an exponent of %d", (int)part->exponent);
}

static float value_of(const wire_part *part, uint16_t half)
{
    return ldexpf(dc_f32_from_f16(half), part->exponent);
}

/* `gaps` is behind by n_entries gaps, and `values` by as many values. */
static void get_entries(dc_reader *r, wire_part *part, dc_wire wire, uint64_t n_entries)
{
    const uint8_t *gaps = dc_get_bytes(r, 2 * n_entries);
    uint64_t next = 0;
    for (uint64_t i = 0; i < n_entries && r->status == DC_OK; i++) {
        const uint64_t gap = dc_le(gaps + 2 * i, 2), at = next + gap;
        const float value =
            wire == DC_WIRE_F32 ? dc_get_f32(r) : value_of(part, dc_get_u16(r));
        next = at + 1;
        if (value == 0 && gap == WIDEST_GAP && at < part->n)
            continue;
        if (value == 0 || !isfinite(value) || at >= part->n || part->n_values >= part->n_most) {
            (void)dc_reader_fail(r, DC_ECORRUPT, "a gradient that cannot be");
            return;
        }
        part->at[part->n_values] = (uint32_t)at;
        part->values[part->n_values++] = value;
    }
}

static dc_status get_plain(dc_reader *r, wire_part *parts, uint32_t n_parts, dc_wire wire)
{
    for (uint32_t i = 0; i < n_parts; i++) {
        const uint64_t n_entries = parts[i].n_values;
        parts[i].n_values = 0;
        if (n_entries == 0)
            continue;
        if (wire == DC_WIRE_F16)
            get_exponent(r, &parts[i]);
        get_entries(r, &parts[i], wire, n_entries);
    }
    if (dc_reader_left(r) > 0)
        (void)dc_reader_fail(r, DC_ECORRUPT, "bytes are left");
    return r->status;
}

static dc_status get_halfs(wire_part *parts, uint32_t n_parts, dc_reader *r, dc_arena *scratch)
{
    dc_sparse_part *coded = dc_arena_take(scratch, n_parts, sizeof *coded);
    DC_TRY(scratch->status);
    for (uint32_t i = 0; i < n_parts; i++) {
        wire_part *p = &parts[i];
        if (p->n_values > 0)
            get_exponent(r, p);
        coded[i] = (dc_sparse_part){ p->n, p->n_values, p->at, p->halfs };
    }
    DC_TRY(r->status);
    const uint64_t n = dc_reader_left(r);
    DC_TRY(dc_sparse_decode(coded, n_parts, dc_get_bytes(r, n), n));
    for (uint32_t i = 0; i < n_parts; i++)
        for (uint32_t k = 0; k < parts[i].n_values; k++) {
            parts[i].values[k] = value_of(&parts[i], parts[i].halfs[k]);
            if (!isfinite(parts[i].values[k]))
                return dc_reader_fail(r, DC_ECORRUPT, "a gradient that cannot be");
        }
    return DC_OK;
}

static dc_status get_coded(wire_part *parts, uint32_t n_parts, dc_reader *r)
{
    dc_arena scratch = { 0 };
    const dc_status status = get_halfs(parts, n_parts, r, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

dc_status wire_get(wire_part *parts, uint32_t n_parts, dc_wire wire, uint32_t step,
                   const void *data, uint64_t n)
{
    dc_reader r = dc_reader_over(data, n, "gradients of a rank");
    const uint32_t its_step = dc_get_u32(&r), its_wire = dc_get_u8(&r);
    if (r.status == DC_OK && (its_step != step || its_wire != (uint32_t)wire))
        return dc_reader_fail(&r, DC_ECORRUPT, "not those of this step");
    for (uint32_t i = 0; i < n_parts; i++) {
        const uint64_t n_fillers = wire == DC_WIRE_CODED ? 0 : parts[i].n / (WIDEST_GAP + 1);
        parts[i].n_values = (uint32_t)dc_get_varint(&r, parts[i].n_most + n_fillers);
    }
    DC_TRY(r.status);
    return wire == DC_WIRE_CODED ? get_coded(parts, n_parts, &r)
                                 : get_plain(&r, parts, n_parts, wire);
}
