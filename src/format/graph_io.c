/* SPDX-License-Identifier: MIT
 *
 * The graph as bytes. A node that takes the node before it and has default attributes is one byte;
 * equal values of neighbouring attributes (kernel, stride, the four pads) are stored once. Shapes
 * are not stored: reading builds the model through dc_model_add, which infers and checks them all.
 */
#include "graph_io.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "chunk.h"
#include "names_io.h"

#define HEAD_OP_BITS 6u
#define HEAD_MORE_OPS ((1u << HEAD_OP_BITS) - 1) /* this op and later ones: in the next byte */
#define HEAD_HAS_INPUTS (1u << HEAD_OP_BITS)
#define HEAD_HAS_ATTRS (HEAD_HAS_INPUTS << 1)
#define ITEM_ATTR_BITS 5u
#define ITEM_RUN_BITS 2u
#define ITEM_MAX_RUN (1u << ITEM_RUN_BITS)
#define ITEM_IS_LAST (1u << (ITEM_ATTR_BITS + ITEM_RUN_BITS))
#define MAX_WHOLE 2147483648.0 /* attribute values below are stored as integers */
#define MAX_REMOVED ((UINT64_C(1) << 48) - 1)

static_assert(DC_N_OPS <= HEAD_MORE_OPS + 256, "an op fits its bits, or them and a byte");
static_assert(HEAD_HAS_ATTRS == 0x80u && ITEM_IS_LAST == 0x80u, "head and item are a byte each");

/* ---- attributes ------------------------------------------------------------------------------ */

/* The first attribute row from `i` on whose value is not the default; n_attrs: none. */
static uint32_t next_stored(const dc_node *node, uint32_t i)
{
    while (i < node->kind->n_attrs && node->attrs[i] == node->kind->attrs[i].value)
        i++;
    return i;
}

static void put_attr_value(dc_writer *w, double value)
{
    if (value >= 0 && value < MAX_WHOLE && value == floor(value)) {
        dc_put_varint(w, (uint64_t)value * 2);
    } else {
        dc_put_varint(w, 1);
        dc_put_f64(w, value);
    }
}

static void put_attrs(dc_writer *w, const dc_node *node)
{
    const dc_attr_rule *rows = node->kind->attrs;
    const uint32_t n = node->kind->n_attrs;
    for (uint32_t i = next_stored(node, 0), next; i < n; i = next) {
        uint32_t n_run = 1;
        while (n_run < ITEM_MAX_RUN && next_stored(node, i + n_run) == i + n_run &&
               i + n_run < n && rows[i + n_run].number == rows[i].number + n_run &&
               node->attrs[i + n_run] == node->attrs[i])
            n_run++;
        next = next_stored(node, i + n_run);
        const uint32_t item = rows[i].number | (n_run - 1) << ITEM_ATTR_BITS;
        dc_put_u8(w, (uint8_t)(item | (next == n ? ITEM_IS_LAST : 0)));
        put_attr_value(w, node->attrs[i]);
    }
}

static double get_attr_value(dc_reader *r)
{
    const uint64_t code = dc_get_varint(r, UINT64_C(2) << 31);
    if ((code & 1) == 0)
        return (double)(code / 2);
    if (code != 1)
        dc_reader_fail(r, DC_ECORRUPT, "attribute value has the reserved form %" PRIu64, code);
    const double value = dc_get_f64(r);
    if (!isfinite(value))
        dc_reader_fail(r, DC_ECORRUPT, "attribute value is not finite");
    return value;
}

static dc_status get_attrs(double *attrs, dc_reader *r, const dc_op_kind *kind)
{
    uint32_t next = 0, row = 0, item;
    do {
        item = dc_get_u8(r);
        const uint32_t attr = item & ((1u << ITEM_ATTR_BITS) - 1);
        const uint32_t end = attr + (item >> ITEM_ATTR_BITS & (ITEM_MAX_RUN - 1)) + 1;
        const double value = get_attr_value(r);
        DC_TRY(r->status);
        if (attr < next)
            return dc_reader_fail(r, DC_ECORRUPT, "attribute %" PRIu32 " is out of order", attr);
        for (next = attr; next < end; next++) {
            while (row < kind->n_attrs && kind->attrs[row].number < next)
                row++;
            if (row == kind->n_attrs || kind->attrs[row].number != next)
                return dc_reader_fail(r, DC_ECORRUPT, "%s has no attribute %" PRIu32, kind->name,
                                      next);
            attrs[kind->attrs[row].attr] = value;
        }
    } while ((item & ITEM_IS_LAST) == 0);
    return DC_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void put_node(dc_writer *w, const dc_node *node, uint32_t index)
{
    const uint32_t op = (uint32_t)node->op;
    const bool has_inputs = node->n_inputs != 1 || node->inputs[0] + 1 != index;
    const bool has_attrs = next_stored(node, 0) < node->kind->n_attrs;
    dc_put_u8(w, (uint8_t)(DC_MIN(op, HEAD_MORE_OPS) | (has_inputs ? HEAD_HAS_INPUTS : 0) |
                           (has_attrs ? HEAD_HAS_ATTRS : 0)));
    if (op >= HEAD_MORE_OPS)
        dc_put_u8(w, (uint8_t)(op - HEAD_MORE_OPS));
    if (has_inputs)
        dc_put_varint(w, node->n_inputs);
    for (uint32_t i = 0; has_inputs && i < node->n_inputs; i++)
        dc_put_varint(w, index - node->inputs[i]);
    put_attrs(w, node);
}

/* The inputs of node `index`; the array lives until `scratch` is cleared. */
static uint32_t *get_inputs(uint32_t *n_inputs, dc_reader *r, uint32_t index, bool has_inputs,
                            dc_arena *scratch)
{
    *n_inputs = has_inputs ? (uint32_t)dc_get_varint(r, DC_MAX_NODES) : 1;
    if (*n_inputs > dc_reader_left(r) && has_inputs)
        dc_reader_fail(r, DC_ECORRUPT, "%" PRIu32 " inputs in %" PRIu64 " bytes", *n_inputs,
                       dc_reader_left(r));
    uint32_t *inputs = r->status < 0 ? NULL : dc_arena_take(scratch, *n_inputs, sizeof *inputs);
    for (uint32_t i = 0; inputs != NULL && i < *n_inputs; i++) {
        const uint64_t delta = has_inputs ? dc_get_varint(r, UINT32_MAX) : 1;
        if ((delta == 0 || delta > index) && r->status == DC_OK)
            dc_reader_fail(r, DC_ECORRUPT,
                           "node %" PRIu32 " takes a node %" PRIu64 " before it", index, delta);
        inputs[i] = index - (uint32_t)delta;
    }
    return inputs;
}

static dc_status get_node(dc_model *model, dc_reader *r, const char *name, dc_default_names *names,
                          dc_arena *scratch)
{
    double attrs[DC_N_ATTRS];
    char default_name[DC_DEFAULT_NAME_SIZE];
    uint32_t n_inputs;
    const uint8_t head = dc_get_u8(r);
    const uint32_t low = head & HEAD_MORE_OPS;
    const uint32_t op = low < HEAD_MORE_OPS ? low : low + dc_get_u8(r);
    const dc_op_kind *kind = dc_op_kind_of(op);
    DC_TRY(r->status);
    if (kind == NULL || op == DC_OP_INPUT)
        return dc_reader_fail(r, kind == NULL ? DC_EUNSUPPORTED : DC_ECORRUPT,
                              "node %" PRIu32 " has op %" PRIu32, model->n_nodes, op);
    dc_default_name(default_name, names, kind->op);
    dc_attrs_init(attrs, kind->op);
    const uint32_t *inputs =
        get_inputs(&n_inputs, r, model->n_nodes, (head & HEAD_HAS_INPUTS) != 0, scratch);
    DC_TRY(r->status);
    DC_TRY(scratch->status);
    if ((head & HEAD_HAS_ATTRS) != 0)
        DC_TRY(get_attrs(attrs, r, kind));
    return dc_fail_as_corrupt(dc_model_add(model, name[0] != '\0' ? name : default_name, kind->op,
                                           inputs, n_inputs, attrs, false),
                              r);
}

/* ---- input ----------------------------------------------------------------------------------- */

typedef enum scaling { SCALING_NONE, SCALING_SCALE, SCALING_PAIR, SCALING_PAIRS } scaling;

static uint32_t n_scaled(const dc_input *input)
{
    return DC_MIN(dc_input_channels(input), (uint32_t)DC_COUNT_OF(input->mean));
}

static scaling scaling_of(const dc_input *input)
{
    for (uint32_t c = 1; c < n_scaled(input); c++)
        if (input->mean[c] != input->mean[0] || input->scale[c] != input->scale[0])
            return SCALING_PAIRS;
    if (input->mean[0] != 0)
        return SCALING_PAIR;
    return input->scale[0] != 1 ? SCALING_SCALE : SCALING_NONE;
}

#define IS_SEQUENCE 3u /* in the place of channels, of an input of two dims */

#define IS_SOUND 1u    /* in the place of the kind of resize, of a sequence */

static void put_input(dc_writer *w, const dc_input *input)
{
    const bool is_flat = input->shape.n_dims < 3, is_sequence = input->shape.n_dims == 2;
    const unsigned channels = is_sequence ? IS_SEQUENCE : (unsigned)input->channels;
    const unsigned resize = !is_sequence ? (unsigned)input->resize
                            : input->sound.window_us > 0 ? IS_SOUND : 0;
    const scaling s = scaling_of(input);
    dc_put_u8(w, (uint8_t)(resize | (unsigned)input->filter << 2 |
                           channels << 3 | (is_flat ? 1u : 0u) << 5 |
                           (unsigned)s << 6));
    for (uint32_t i = 0; i < input->shape.n_dims; i++)
        dc_put_varint(w, input->shape.dims[i]);
    if (resize != 0 && !is_sequence) {
        dc_put_varint(w, input->resize_size);
    } else if (resize != 0) {
        dc_put_varint(w, input->sound.window_us);
        dc_put_varint(w, input->sound.hop_us);
        dc_put_varint(w, input->sound.lowest_hz);
        dc_put_varint(w, input->sound.highest_hz);
    }
    if (s == SCALING_SCALE)
        dc_put_f32(w, input->scale[0]);
    for (uint32_t c = 0; s >= SCALING_PAIR && c < (s == SCALING_PAIR ? 1 : n_scaled(input)); c++) {
        dc_put_f32(w, input->mean[c]);
        dc_put_f32(w, input->scale[c]);
    }
}

static void get_scaling(dc_input *input, dc_reader *r, scaling s)
{
    const uint32_t n_pairs = s == SCALING_PAIRS ? n_scaled(input) : 1;
    for (uint32_t c = 0; c < DC_COUNT_OF(input->mean); c++) {
        input->mean[c] = 0;
        input->scale[c] = 1;
        if (c < n_pairs) {
            input->mean[c] = s >= SCALING_PAIR ? dc_get_f32(r) : 0;
            input->scale[c] = s != SCALING_NONE ? dc_get_f32(r) : 1;
        } else if (s != SCALING_PAIRS) {
            input->mean[c] = input->mean[0];
            input->scale[c] = input->scale[0];
        }
        if (!isfinite(input->mean[c]) || !isfinite(input->scale[c]))
            dc_reader_fail(r, DC_ECORRUPT, "mean or scale of the input is not finite");
    }
}

static void get_sound(dc_sound *sound, dc_reader *r)
{
    sound->window_us = (uint32_t)dc_get_varint(r, DC_SOUND_MAX_US);
    sound->hop_us = (uint32_t)dc_get_varint(r, DC_SOUND_MAX_US);
    sound->lowest_hz = (uint32_t)dc_get_varint(r, DC_SOUND_MAX_HZ);
    sound->highest_hz = (uint32_t)dc_get_varint(r, DC_SOUND_MAX_HZ);
    if (sound->window_us == 0 || sound->hop_us == 0 || sound->lowest_hz >= sound->highest_hz)
        dc_reader_fail(r, DC_ECORRUPT, "the input's windows or bands of sounds are empty");
}

static dc_status get_input(dc_input *input, dc_reader *r)
{
    const unsigned flags = dc_get_u8(r), resize = flags & 3u;
    *input = (dc_input){ .filter = (dc_filter)(flags >> 2 & 1u),
                         .channels = (dc_channels)(flags >> 3 & 3u) };
    const bool is_flat = (flags & 0x20u) != 0, is_sequence = (flags >> 3 & 3u) == IS_SEQUENCE;
    input->shape.n_dims = !is_flat ? 3 : is_sequence ? 2 : 1;
    if (is_flat && is_sequence)
        input->channels = DC_CHANNELS_RGB;
    else
        input->resize = (dc_resize)resize;
    for (uint32_t i = 0; i < input->shape.n_dims; i++)
        input->shape.dims[i] = (uint32_t)dc_get_varint(r, UINT32_MAX);
    if (input->resize != DC_RESIZE_NONE)
        input->resize_size = (uint32_t)dc_get_varint(r, UINT32_MAX);
    if (is_sequence && resize == IS_SOUND)
        get_sound(&input->sound, r);
    get_scaling(input, r, (scaling)(flags >> 6));
    if (r->status == DC_OK && (resize == 3 || (is_sequence && (!is_flat || resize > IS_SOUND))))
        dc_reader_fail(r, DC_ECORRUPT, "input flags 0x%02x are reserved", flags);
    return r->status;
}

/* ---- the graph ------------------------------------------------------------------------------- */

uint64_t dc_reference_values(const dc_model *model)
{
    return DC_MAX(model->n_reference_values, dc_model_n_values(model));
}

void dc_graph_put(dc_writer *w, const dc_model *model)
{
    put_input(w, &model->input);
    dc_put_varint(w, model->n_nodes - 1);
    for (uint32_t i = 1; i < model->n_nodes; i++)
        put_node(w, &model->nodes[i], i);
    dc_put_varint(w, dc_reference_values(model) - dc_model_n_values(model));
}

static dc_status get_nodes(dc_model *model, dc_reader *r, dc_reader *names)
{
    dc_default_names default_names = { { 0 } };
    dc_arena scratch = { 0 };
    const uint64_t n_nodes = dc_get_varint(r, DC_MAX_NODES - 1);
    dc_status status = r->status;
    for (uint64_t i = 0; status == DC_OK && i < n_nodes; i++) {
        const char *name = names != NULL ? dc_get_text(names, DC_MAX_NAME_BYTES, &scratch) : "";
        status = names != NULL ? names->status : DC_OK;
        if (status == DC_OK)
            status = get_node(model, r, name, &default_names, &scratch);
        dc_arena_clear(&scratch);
    }
    return status;
}

static dc_status get_body(dc_model *model, dc_reader *r, dc_reader *names)
{
    DC_TRY(get_nodes(model, r, names));
    const uint64_t n_removed = dc_get_varint(r, MAX_REMOVED);
    DC_TRY(dc_reader_end(r, "GRPH"));
    model->n_reference_values = dc_model_n_values(model) + n_removed;
    return DC_OK;
}

dc_status dc_graph_get(dc_model **out, dc_reader *r, dc_reader *names)
{
    dc_input input;
    dc_model *model;
    dc_arena scratch = { 0 };
    DC_TRY(get_input(&input, r));
    const char *name = names != NULL ? dc_get_text(names, DC_MAX_NAME_BYTES, &scratch) : "";
    dc_status status = names != NULL ? names->status : DC_OK;
    if (status == DC_OK)
        status = dc_fail_as_corrupt(
            dc_model_new(&model, name[0] != '\0' ? name : DC_DEFAULT_MODEL_NAME, &input), r);
    dc_arena_clear(&scratch);
    DC_TRY(status);
    status = get_body(model, r, names);
    if (status < 0) {
        dc_model_free(model);
        return status;
    }
    *out = model;
    return DC_OK;
}
