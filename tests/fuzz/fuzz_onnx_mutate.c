/* SPDX-License-Identifier: MIT
 *
 * Half of the mutations of an ONNX file change its tree of messages: a field of some message in a
 * message is changed, doubled or dropped, and the lengths around it are made right again; else
 * nearly all would end at the first length.
 */
#include "fuzz.h"

#ifdef DCOMP_FUZZ_ENGINE
#define MAX_FIELDS 256u

typedef struct field {
    const uint8_t *data; /* tag, length, payload */
    size_t n, n_head;    /* all bytes; those before the payload */
    uint32_t number, wire;
} field;

/* Which fields of which message are messages: ONNX's own tree. */
typedef enum kind { LEAF, MODEL, GRAPH, NODE, ATTR, TENSOR, INFO, TYPE, SHAPE, PAIR } kind;

static kind kind_of(kind parent, uint32_t number)
{
    switch (parent) {
    case MODEL: return number == 7 ? GRAPH : number == 8 ? PAIR : LEAF;
    case GRAPH:
        return number == 1                    ? NODE
               : number == 5                  ? TENSOR
               : number == 11 || number == 12 ? INFO
                                              : LEAF;
    case NODE: return number == 5 ? ATTR : LEAF;
    case ATTR: return number == 5 ? TENSOR : LEAF;
    case TENSOR: return number == 13 ? PAIR : LEAF;
    case INFO: return number == 2 ? TYPE : LEAF;
    case TYPE: return number == 1 ? TYPE : number == 2 ? SHAPE : LEAF;
    case SHAPE: return number == 1 ? PAIR : LEAF;
    default: return LEAF;
    }
}

static uint32_t split(field *fields, const uint8_t *data, size_t n)
{
    dc_reader r = dc_reader_over(data, n, "message");
    uint32_t n_fields = 0;
    while (dc_reader_left(&r) > 0 && n_fields < MAX_FIELDS) {
        field *f = &fields[n_fields];
        f->data = data + r.pos;
        const uint64_t tag = dc_get_varint(&r, UINT32_MAX);
        f->number = (uint32_t)tag >> 3;
        f->wire = tag & 7;
        if (f->wire == 0)
            (void)dc_get_varint(&r, UINT64_MAX);
        const uint64_t n_bytes = f->wire == 2   ? dc_get_varint(&r, n)
                                 : f->wire == 1 ? 8
                                 : f->wire == 5 ? 4
                                                : 0;
        f->n_head = (size_t)(data + r.pos - f->data);
        (void)dc_get_bytes(&r, n_bytes);
        f->n = (size_t)(data + r.pos - f->data);
        if (r.status < 0)
            break;
        n_fields++;
    }
    return n_fields;
}

static void put_changed(dc_writer *out, const field *f, kind parent, dc_rng *rng);

/* The message with one of its fields, or one inside of it, changed. */
static void put_mutated(dc_writer *out, const uint8_t *data, size_t n, kind of, dc_rng *rng)
{
    static field store[8][MAX_FIELDS];
    static uint32_t depth;
    field *fields = store[depth++];
    const uint32_t n_fields = split(fields, data, n);
    const uint32_t chosen = n_fields > 0 ? (uint32_t)dc_rng_below(rng, n_fields) : 0;
    const uint32_t other = n_fields > 0 ? (uint32_t)dc_rng_below(rng, n_fields) : 0;
    const uint64_t how = dc_rng_below(rng, 8);
    for (uint32_t i = 0; i < n_fields; i++) {
        const field *f = &fields[i];
        if (i == chosen && how == 0)
            continue;
        if (i == chosen && how == 1)
            dc_put_bytes(out, fields[other].data, fields[other].n);
        if (i == chosen && how > 1)
            put_changed(out, f, of, rng);
        else
            dc_put_bytes(out, f->data, f->n);
    }
    depth--;
}

static void put_changed(dc_writer *out, const field *f, kind parent, dc_rng *rng)
{
    const kind of = kind_of(parent, f->number);
    dc_writer inner;
    dc_writer_init(&inner, 1 << 20);
    if (f->wire == 2 && of != LEAF) {
        put_mutated(&inner, f->data + f->n_head, f->n - f->n_head, of, rng);
    } else {
        const size_t n = f->wire == 2 ? f->n - f->n_head : f->n;
        uint8_t *bytes = dc_put_space(&inner, n + 16);
        FUZZ_CHECK(bytes != NULL);
        memcpy(bytes, f->data + f->n - n, n);
        inner.size = LLVMFuzzerMutate(bytes, n, n + 16);
    }
    if (f->wire == 2) {
        dc_put_varint(out, f->number << 3 | 2);
        dc_put_varint(out, inner.size);
    }
    dc_put_bytes(out, inner.data, inner.size);
    dc_writer_clear(&inner);
}

size_t fuzz_mutate_onnx(uint8_t *data, size_t n, size_t max_n, unsigned seed)
{
    dc_rng rng;
    dc_writer out;
    dc_rng_init(&rng, seed, 0);
    if (dc_rng_below(&rng, 2) == 0)
        return LLVMFuzzerMutate(data, n, max_n);
    dc_writer_init(&out, 1 << 22);
    put_mutated(&out, data, n, MODEL, &rng);
    const size_t n_out = DC_MIN((size_t)out.size, max_n);
    if (n_out > 0)
        memcpy(data, out.data, n_out);
    dc_writer_clear(&out);
    return n_out;
}
#else
size_t fuzz_mutate_onnx(uint8_t *data, size_t n, size_t max_n, unsigned seed)
{
    (void)data;
    (void)max_n;
    (void)seed;
    return n;
}
#endif
