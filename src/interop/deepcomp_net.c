/* SPDX-License-Identifier: MIT
 *
 * The .net files of [DC]: little-endian, no header, nothing but the convolutions and linear layers
 * of a network in its own order.
 *
 *     N x u32       entries that each layer stores, fillers included
 *     then for each layer
 *       codebook    256 x f32 of a convolution, 16 x f32 of a linear layer; the first is 0
 *       biases      f32 each
 *       codes       8 bits, or 4 bits in pairs, the low half of a byte first
 *       gaps        4 bits in pairs, likewise
 *
 * An entry stands gap + 1 places after the one before it in the row-major weights, the first after
 * place -1; entries of code 0 are fillers, for runs of zeros longer than a gap can say. The file
 * says so little about itself that its size is the first thing to be checked: the counts and the
 * network must explain every byte of it.
 */
#include "foreign.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define GAP_BITS 4u

typedef struct net_layer {
    const char *name;
    dc_param *weight, *bias; /* bias: NULL when the node has none */
    uint32_t code_bits;
    uint64_t n_entries;
} net_layer;

static bool is_mine(const uint8_t *head, uint64_t n, const char *path)
{
    (void)head;
    (void)n;
    return dc_text_ends_with(path, ".net");
}

/* What the format can hold, in the order in which it does. */
static dc_status find_layers(net_layer **out, uint32_t *n_layers, const dc_model *model,
                             dc_arena *arena)
{
    net_layer *layers = dc_arena_take(arena, model->n_nodes, sizeof *layers);
    uint32_t n = 0;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        const bool is_conv = node->op == DC_OP_CONV;
        if (is_conv || node->op == DC_OP_LINEAR) {
            layers[n++] = (net_layer){
                .name = node->name,
                .weight = &model->params[dc_node_param(node, 0)],
                .bias = dc_node_param(node, 1) != DC_NONE ? &model->params[dc_node_param(node, 1)]
                                                          : NULL,
                .code_bits = is_conv ? 8 : 4,
            };
        } else if (dc_op_kind_of(node->op)->n_params > 0) {
            return dc_fail(DC_EINPUT,
                           "'%s' (%s) has parameters, and a .net file holds none for "
                           "it",
                           node->name, dc_op_kind_of(node->op)->name);
        }
    }
    if (n == 0)
        return dc_fail(DC_EINPUT, "the architecture has no layer that a .net file could fill");
    *out = layers;
    *n_layers = n;
    return DC_OK;
}

static uint64_t packed_bytes(uint64_t n_symbols, uint32_t n_bits)
{
    return (n_symbols * n_bits + 7) / 8; /* n_symbols is from 32 bits */
}

/* Counts, checked against the weights there are and against the size of the file. */
static dc_status read_counts(net_layer *layers, uint32_t n_layers, dc_reader *r)
{
    uint64_t n_expected = 4 * (uint64_t)n_layers;
    for (uint32_t i = 0; i < n_layers; i++) {
        net_layer *l = &layers[i];
        l->n_entries = dc_get_u32(r);
        if (r->status == DC_OK && l->n_entries > l->weight->n_values)
            return dc_reader_fail(r, DC_ECORRUPT,
                                  "%" PRIu64 " entries for the %" PRIu64 " weights of '%s'",
                                  l->n_entries, l->weight->n_values, l->name);
        n_expected += 4 * (UINT64_C(1) << l->code_bits) + packed_bytes(l->n_entries, l->code_bits) +
                      packed_bytes(l->n_entries, GAP_BITS) +
                      (l->bias != NULL ? 4 * l->bias->n_values : 0);
    }
    DC_TRY(r->status);
    if (n_expected != r->size)
        return dc_fail(DC_ECORRUPT,
                       "'%s' has %" PRIu64 " bytes, but its counts and the network's "
                       "%" PRIu32 " layers make %" PRIu64,
                       r->subject, r->size, n_layers, n_expected);
    return DC_OK;
}

static dc_status get_floats(float *out, uint64_t n, dc_reader *r, const char *what)
{
    for (uint64_t i = 0; i < n; i++) {
        out[i] = dc_get_f32(r);
        if (r->status == DC_OK && !isfinite(out[i]))
            return dc_reader_fail(r, DC_ECORRUPT, "%s %" PRIu64 " is not finite", what, i);
    }
    return r->status;
}

static uint32_t symbol(const uint8_t *bytes, uint64_t i, uint32_t n_bits)
{
    return n_bits == 8 ? bytes[i] : (uint32_t)(bytes[i / 2] >> (i % 2 * 4)) & 15u;
}

static dc_status read_layer(net_layer *l, dc_reader *r)
{
    float codebook[DC_MAX_CODEBOOK];
    dc_param *weight = l->weight;
    DC_TRY(get_floats(codebook, UINT64_C(1) << l->code_bits, r, "codebook entry"));
    if (codebook[0] != 0.0f)
        return dc_reader_fail(r, DC_ECORRUPT, "codebook entry 0 is %g and not 0",
                              (double)codebook[0]);
    if (l->bias != NULL)
        DC_TRY(get_floats(l->bias->values, l->bias->n_values, r, "bias"));
    const uint8_t *codes = dc_get_bytes(r, packed_bytes(l->n_entries, l->code_bits));
    const uint8_t *gaps = dc_get_bytes(r, packed_bytes(l->n_entries, GAP_BITS));
    DC_TRY(r->status);
    memset(weight->values, 0, weight->n_values * sizeof *weight->values);
    uint64_t at = 0; /* one past the entry before */
    for (uint64_t i = 0; i < l->n_entries; i++) {
        at += symbol(gaps, i, GAP_BITS);
        if (at >= weight->n_values)
            return dc_reader_fail(r, DC_ECORRUPT,
                                  "entry %" PRIu64 " stands past the %" PRIu64 " weights", i,
                                  weight->n_values);
        weight->values[at++] = codebook[symbol(codes, i, l->code_bits)];
    }
    weight->is_shared = true;
    weight->is_pruned = dc_param_n_nonzero(weight) < weight->n_values;
    return DC_OK;
}

static dc_status read_layers(const dc_model *model, dc_reader *r, dc_arena *arena)
{
    net_layer *layers = NULL;
    uint32_t n_layers = 0;
    DC_TRY(find_layers(&layers, &n_layers, model, arena));
    DC_TRY(read_counts(layers, n_layers, r));
    for (uint32_t i = 0; i < n_layers; i++) {
        DC_TRY(dc_fail_within(read_layer(&layers[i], r), layers[i].name));
        dc_progress("import", i + 1, n_layers, "");
    }
    return DC_OK;
}

static dc_status read_net(dc_model **model, bool *has_marks, const dc_import_settings *settings,
                          dc_file_view *file, const char *path)
{
    (void)settings;
    *has_marks = true;
    dc_arena arena = { 0 };
    dc_reader r = dc_reader_over(file->data, file->size, path);
    const dc_status status = read_layers(*model, &r, &arena);
    dc_arena_clear(&arena);
    return status;
}

const interop_importer interop_net_in = {
    .name = "Deep Compression .net",
    .needs_arch = true,
    .is_mine = is_mine,
    .read = read_net,
};
