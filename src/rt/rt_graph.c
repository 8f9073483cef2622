/* SPDX-License-Identifier: MIT
 *
 * GRPH (docs/format.md, section 4). The graph stays in the file: a node remembers where it begins,
 * and its inputs and attributes are read there again whenever they are asked for, which is cheap
 * beside what a layer computes. So reading comes in two kinds: the scan, which checks everything
 * once, and readers that know that it did.
 */
#include "rt_internal.h"

/* ---- rules ----------------------------------------------------------------------------------- */

#define CURVES                                                                          \
    (RT_SET(RELU) | RT_SET(CLIP) | RT_SET(SIGMOID) | RT_SET(TANH) | RT_SET(HARD_SIGMOID) | \
     RT_SET(HARD_SWISH) | RT_SET(SILU) | RT_SET(LEAKY_RELU) | RT_SET(ELU))
#define POOLS (RT_SET(MAX_POOL) | RT_SET(AVERAGE_POOL))
#define JOINS (RT_SET(ADD) | RT_SET(MUL) | RT_SET(CONCAT))
#define KNOWN                                                                          \
    (CURVES | POOLS | JOINS | RT_SET(CONV) | RT_SET(LINEAR) | RT_SET(BATCH_NORM) |     \
     RT_SET(DROPOUT) | RT_SET(FLATTEN) | RT_SET(SOFTMAX) | RT_SET(GLOBAL_POOL) | RT_SET(RESHAPE))

#define MANY 1073741824.0f /* 2^30 */
#define SIDE 1048576.0f    /* 2^20 */

static const rt_attr_rule plain_rules[] = {
    { RT_SET(CONV) | RT_SET(LINEAR), RT_N_OUTPUTS, RT_N_OUTPUTS, 1, 0, 1, MANY },
    { RT_SET(CONV) | POOLS, RT_KERNEL_H, RT_STRIDE_W, 1, 1, 1, SIDE },
    { RT_SET(CONV) | POOLS, RT_PAD_TOP, RT_PAD_RIGHT, 1, 0, 0, SIDE },
    { RT_SET(CONV), RT_DILATION_H, RT_DILATION_W, 1, 1, 1, SIDE },
    { RT_SET(CONV), RT_GROUPS, RT_GROUPS, 1, 1, 1, MANY },
    { RT_SET(CONV) | RT_SET(LINEAR), RT_BIAS, RT_BIAS, 1, 1, 0, 1 },
    { POOLS, RT_CEIL_MODE, RT_CEIL_MODE, 1, 0, 0, 1 },
    { RT_SET(AVERAGE_POOL), RT_COUNT_PAD, RT_COUNT_PAD, 1, 0, 0, 1 },
    { RT_SET(LINEAR) | RT_SET(SOFTMAX), RT_AXIS, RT_AXIS, 1, 0, 0, 3 },
    { RT_SET(RESHAPE), RT_DIM_0, RT_DIM_0 + 3, 1, 0, 0, MANY },
    { RT_SET(BATCH_NORM), RT_EPSILON, RT_EPSILON, 0, 1e-5f, 1e-30f, 1e30f },
    { RT_SET(BATCH_NORM), 20, 20, 0, 0.1f, 0, 1 },       /* momentum: of training */
    { RT_SET(DROPOUT), 21, 21, 0, 0.5f, 0, 0.999999f },  /* ratio: the same       */
    { RT_SET(CLIP), RT_MIN, RT_MIN, 0, 0, -1e30f, 1e30f },
    { RT_SET(CLIP), RT_MAX, RT_MAX, 0, 6, -1e30f, 1e30f },
    { RT_SET(LEAKY_RELU), RT_SLOPE_BELOW, RT_SLOPE_BELOW, 0, 0.01f, -1e30f, 1e30f },
    { RT_SET(HARD_SIGMOID), RT_SLOPE, RT_SLOPE, 0, 1.0f / 6, 1e-30f, 1e30f },
    { RT_SET(ELU), RT_K, RT_K, 0, 1, 1e-30f, 1e30f },
};

static const rt_attr_rule *attr_rule_of(const rt_op_set *set, uint32_t op, uint32_t attr)
{
    for (uint32_t i = 0; i < set->n_rules; i++) {
        const rt_attr_rule *r = &set->rules[i];
        if ((r->ops >> op % 32 & 1) != 0 && attr >= r->first && attr <= r->last)
            return r;
    }
    return NULL;
}

RT_OWN bool rt_is_curve(uint32_t op)
{
    return op < 32 && (CURVES >> op & 1) != 0;
}

static uint32_t plain_n_params(const dc_rt *m, uint32_t op, uint32_t head)
{
    if (op == RT_OP_BATCH_NORM)
        return 4;
    return op == RT_OP_CONV || op == RT_OP_LINEAR ? 1 + rt_whole_at(m, head, RT_BIAS) : 0;
}

static const rt_op_set plain_ops = { KNOWN, JOINS, plain_rules,
                                     sizeof plain_rules / sizeof *plain_rules, plain_n_params,
                                     rt_plain_infer };

/* NULL of an op that the mode does not have. */
static const rt_op_set *op_set_of(const dc_rt *m, uint32_t op)
{
    const rt_op_set *set = op < 32 ? &plain_ops : op < RT_N_OPS ? m->mode.table->more : NULL;
    return set != NULL && (set->ops >> op % 32 & 1) != 0 ? set : NULL;
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* An item sets attributes first .. end - 1. */
typedef struct attr_item {
    uint32_t first, end;
    bool is_last, is_whole; /* a whole number from 0 on, which `whole` is */
    uint32_t whole;
    float value;
} attr_item;

/* From the bits of an f64, without arithmetic of 64-bit floats, which small devices do not have. */
static void attr_double_get(attr_item *item, rt_cursor *c)
{
    const uint32_t low = rt_get_u32(c), high = rt_get_u32(c);
    const int exponent = (int)(high >> 20 & 0x7ff) - 1023;
    const uint64_t mantissa = ((uint64_t)((high & 0xfffff) | 0x100000) << 32) | low;
    const float size = rt_scaled((float)(uint32_t)((mantissa + (1u << 28)) >> 29), exponent - 23);
    const bool is_zero = (high << 1 | low) == 0;
    item->value = is_zero ? 0 : high >> 31 != 0 ? -size : size;
    item->whole = exponent >= 0 && exponent < 32 ? (uint32_t)(mantissa >> (52 - exponent)) : 0;
    item->is_whole = is_zero ||
                     (high >> 31 == 0 && exponent >= 0 && exponent < 32 &&
                      (uint64_t)item->whole << (52 - exponent) == mantissa);
    if (exponent > 103) /* beyond all ranges; infinite and NaN, too */
        c->is_bad = true;
}

static void attr_value_get(attr_item *item, rt_cursor *c)
{
    const uint64_t code = rt_get_varint(c, (uint64_t)2 << 31);
    item->is_whole = true;
    item->whole = (uint32_t)(code / 2);
    item->value = (float)item->whole;
    if (code == 1)
        attr_double_get(item, c);
    else if ((code & 1) != 0)
        c->is_bad = true;
}

static attr_item attr_item_get(rt_cursor *c)
{
    attr_item item;
    const uint32_t head = rt_get_u8(c);
    item.first = head & 31u;
    item.end = item.first + (head >> 5 & 3u) + 1;
    item.is_last = (head & 0x80u) != 0;
    attr_value_get(&item, c);
    return item;
}

/* Checks a node's attributes and leaves c behind them. */
static dc_rt_status attrs_check(rt_cursor *c, const rt_op_set *set, uint32_t op, uint32_t node,
                                dc_rt_fault *fault)
{
    attr_item item;
    uint32_t next = 0;
    do {
        item = attr_item_get(c);
        if (c->is_bad || item.first < next)
            return rt_refuse(fault, DC_RT_ECORRUPT, "attributes are malformed", node, item.first);
        for (next = item.first; next < item.end; next++) {
            const rt_attr_rule *r = attr_rule_of(set, op, next);
            if (r == NULL)
                return rt_refuse(fault, DC_RT_ECORRUPT, "the op has no such attribute", node, next);
            if (r->is_whole ? !item.is_whole || item.whole < (uint32_t)r->least ||
                                  item.whole > (uint32_t)r->most
                            : item.value < r->least || item.value > r->most)
                return rt_refuse(fault, DC_RT_ECORRUPT, "attribute is out of range", node, next);
        }
    } while (!item.is_last);
    return DC_RT_OK;
}

/* As a node has it, or by default. */
static attr_item attr_at(const dc_rt *m, uint32_t place, uint32_t attr)
{
    rt_cursor c = rt_cursor_over(m->file.data, place, m->graph_end);
    const rt_head head = rt_head_get(&c);
    const rt_attr_rule *r = attr_rule_of(op_set_of(m, head.op), head.op, attr);
    attr_item item;
    for (bool is_last = !head.has_attrs; !is_last;) {
        item = attr_item_get(&c);
        if (attr >= item.first && attr < item.end)
            return item;
        is_last = item.is_last || c.is_bad;
    }
    memset(&item, 0, sizeof item);
    item.value = r != NULL ? r->usual : 0;
    item.whole = r != NULL && r->is_whole ? (uint32_t)r->usual : 0;
    return item;
}

RT_OWN float rt_attr(const dc_rt *m, uint32_t node, uint32_t attr)
{
    return attr_at(m, rt_nodes(m)[node].head, attr).value;
}

RT_OWN uint32_t rt_whole(const dc_rt *m, uint32_t node, uint32_t attr)
{
    return rt_whole_at(m, rt_nodes(m)[node].head, attr);
}

RT_OWN uint32_t rt_whole_at(const dc_rt *m, uint32_t head, uint32_t attr)
{
    return attr_at(m, head, attr).whole;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

RT_OWN rt_head rt_head_get(rt_cursor *c)
{
    rt_head head;
    const uint32_t byte = rt_get_u8(c);
    head.op = byte & 63u;
    if (head.op == 63)
        head.op += rt_get_u8(c);
    head.has_inputs = (byte & 0x40u) != 0;
    head.has_attrs = (byte & 0x80u) != 0;
    head.n_inputs = head.has_inputs ? (uint32_t)rt_get_varint(c, UINT16_MAX) : 1;
    head.deltas = c->at;
    for (uint32_t i = 0; head.has_inputs && i < head.n_inputs && !c->is_bad; i++)
        (void)rt_get_varint(c, UINT32_MAX);
    head.attrs = c->at;
    return head;
}

RT_OWN uint32_t rt_n_inputs(const dc_rt *m, uint32_t node)
{
    rt_cursor c = rt_cursor_over(m->file.data, rt_nodes(m)[node].head, m->graph_end);
    return rt_head_get(&c).n_inputs;
}

RT_OWN uint32_t rt_input_of(const dc_rt *m, uint32_t node, uint32_t i)
{
    rt_cursor c = rt_cursor_over(m->file.data, rt_nodes(m)[node].head, m->graph_end);
    const rt_head head = rt_head_get(&c);
    uint32_t delta = 1;
    c.at = head.deltas;
    for (uint32_t k = 0; head.has_inputs && k <= i; k++)
        delta = (uint32_t)rt_get_varint(&c, UINT32_MAX);
    return node - delta;
}

/* ---- the input ------------------------------------------------------------------------------- */

static void scaling_get(dc_rt *m, rt_cursor *c, uint32_t form, uint32_t n_channels)
{
    m->n_scaled = form == 3 ? n_channels < 4 ? n_channels : 4 : 1;
    for (uint32_t i = 0; i < 4; i++)
        m->mean[i] = 0, m->scale[i] = 1;
    for (uint32_t i = 0; i < m->n_scaled; i++) {
        m->mean[i] = form >= 2 ? rt_get_f32(c) : 0;
        m->scale[i] = form >= 1 ? rt_get_f32(c) : 1;
    }
}

/* Into `input`, which may be of a scan. */
static void input_get(dc_rt *m, rt_node *input, rt_cursor *c)
{
    const uint32_t flags = rt_get_u8(c), resize = flags & 3u, channels = flags >> 3 & 3u;
    const bool is_flat = (flags & 0x20u) != 0, is_sequence = channels == 3;
    input->n_dims = !is_flat ? 3 : is_sequence ? 2 : 1;
    for (uint32_t i = 0; i < 4; i++)
        input->dims[i] = i < input->n_dims ? (uint32_t)rt_get_varint(c, UINT32_MAX) : 1;
    if (resize == 3 || (is_sequence && (!is_flat || resize > 1)))
        c->is_bad = true;
    for (unsigned i = 0; is_sequence && resize == 1 && i < 4; i++)
        (void)rt_get_varint(c, 10000000); /* of sounds: how they are prepared is not ours */
    if (!is_sequence && resize != 0)
        (void)rt_get_varint(c, UINT32_MAX);
    scaling_get(m, c, flags >> 6, is_sequence ? 1 : input->dims[0]);
}

/* ---- the graph ------------------------------------------------------------------------------- */

static dc_rt_status inputs_check(const dc_rt *m, const rt_op_set *set, const rt_head *head,
                                 uint32_t node, dc_rt_fault *fault)
{
    const bool takes_more = (set->joins >> head->op % 32 & 1) != 0;
    const uint32_t least = head->op == RT_OP_ADD || head->op == RT_OP_MUL ? 2 : 1;
    rt_cursor c = rt_cursor_over(m->file.data, head->deltas, m->graph_end);
    if (head->n_inputs < least || (head->n_inputs > 1 && !takes_more))
        return rt_refuse(fault, DC_RT_ECORRUPT, "the op takes another number of inputs", node,
                         head->n_inputs);
    if (head->n_inputs > RT_MAX_INPUTS)
        return rt_refuse(fault, DC_RT_ELIMIT, "more inputs than 64", node, head->n_inputs);
    for (uint32_t i = 0; head->has_inputs && i < head->n_inputs; i++) {
        const uint64_t delta = rt_get_varint(&c, UINT32_MAX);
        if (delta == 0 || delta > node)
            return rt_refuse(fault, DC_RT_ECORRUPT, "the input is no node before it", node, i);
    }
    return DC_RT_OK;
}

/* Checks node i where c stands, and counts its parameters. */
static dc_rt_status node_get(dc_rt *m, rt_node *out, uint32_t i, rt_cursor *c, dc_rt_fault *fault)
{
    rt_node node;
    memset(&node, 0, sizeof node);
    node.head = c->at;
    const rt_head head = rt_head_get(c);
    if (c->is_bad)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the graph is malformed", i, 0);
    const rt_op_set *set = op_set_of(m, head.op);
    if (set == NULL)
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "op is not one of the mode's", i, head.op);
    RT_TRY(inputs_check(m, set, &head, i, fault));
    if (head.has_attrs)
        RT_TRY(attrs_check(c, set, head.op, i, fault));
    node.op = (uint8_t)head.op;
    node.param = (uint16_t)m->n_params;
    m->n_params += set->n_params(m, head.op, node.head);
    *out = node;
    return DC_RT_OK;
}

/* Nodes go to `fill`; or, where that is NULL, the bytes of their codebooks to m->tables. */
static dc_rt_status graph_get(dc_rt *m, rt_node *fill, dc_rt_fault *fault)
{
    rt_node node;
    rt_cursor c = rt_cursor_over(m->file.data, m->graph, m->graph_end);
    rt_cursor rows = rt_cursor_over(m->file.data, m->weights, m->weights_end);
    memset(&node, 0, sizeof node);
    input_get(m, &node, &c);
    const uint64_t n = rt_get_varint(&c, UINT16_MAX);
    if (c.is_bad)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the graph is malformed", 0, 0);
    if (n == 0 || n >= RT_MAX_NODES)
        return rt_refuse(fault, n == 0 ? DC_RT_EUNSUPPORTED : DC_RT_ELIMIT,
                         "number of nodes, of which 1 to 1023 can be", 0, (uint32_t)n);
    m->n_nodes = (uint32_t)n + 1;
    m->n_params = 0;
    if (fill != NULL)
        fill[0] = node;
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        RT_TRY(node_get(m, &node, i, &c, fault));
        if (fill != NULL)
            fill[i] = node;
        else
            RT_TRY(rt_tables_scan(m, &rows, &node, i, fault));
    }
    (void)rt_get_varint(&c, ((uint64_t)1 << 48) - 1); /* values that were removed */
    if (c.is_bad || c.at != c.end)
        return rt_refuse(fault, DC_RT_ECORRUPT, "the graph is malformed", 0, 0);
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_graph_scan(dc_rt *m, dc_rt_fault *fault)
{
    return graph_get(m, NULL, fault);
}

RT_OWN dc_rt_status rt_graph_fill(dc_rt *m, dc_rt_fault *fault)
{
    RT_TRY(graph_get(m, rt_nodes_to_fill(m), fault));
    RT_TRY(rt_input_infer(m, fault));
    for (uint32_t i = 1; i < m->n_nodes; i++)
        RT_TRY(op_set_of(m, rt_nodes(m)[i].op)->infer(m, i, fault));
    return DC_RT_OK;
}
