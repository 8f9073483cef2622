/* SPDX-License-Identifier: MIT
 *
 * What the files of the runtime share. A model's block is a dc_rt, its nodes, its parameters and
 * the numbers of its codebooks, in this order; all of them name places in the file and in blocks by
 * offsets of 32 bits, so that their sizes are the same on every platform.
 *
 * The code is C99 that is C++, too, and RT_OWN is `static` where all files are one.
 */
#ifndef RT_INTERNAL_H
#define RT_INTERNAL_H

#include <stdbool.h>
#include <string.h>

#include "dcomp/rt.h"

#ifndef RT_OWN
#define RT_OWN
#endif

#define RT_TRY(call)                                \
    do {                                            \
        const dc_rt_status try_status = (call);     \
        if (try_status != DC_RT_OK)                 \
            return try_status;                      \
    } while (0)

#define RT_MAX_NODES 1024u
#define RT_MAX_VALUES (1u << 28) /* of a tensor */
#define RT_MAX_INPUTS 64u        /* of a node   */

/* Numbers of the format (docs/ops.md). */
enum {
    RT_OP_INPUT = 0, RT_OP_CONV = 1, RT_OP_LINEAR = 2, RT_OP_MAX_POOL = 3, RT_OP_AVERAGE_POOL = 4,
    RT_OP_RELU = 5, RT_OP_BATCH_NORM = 6, RT_OP_DROPOUT = 8, RT_OP_CONCAT = 9, RT_OP_ADD = 10,
    RT_OP_FLATTEN = 11, RT_OP_SOFTMAX = 12, RT_OP_GLOBAL_POOL = 13, RT_OP_CLIP = 14,
    RT_OP_SIGMOID = 15, RT_OP_TANH = 16, RT_OP_HARD_SIGMOID = 17, RT_OP_HARD_SWISH = 18,
    RT_OP_SILU = 19, RT_OP_LEAKY_RELU = 20, RT_OP_MUL = 22, RT_OP_RESHAPE = 26, RT_OP_ELU = 31,
    RT_OP_LSTM = 58, RT_OP_GRU = 59, RT_OP_RNN = 60, RT_OP_EMBEDDING = 61, RT_OP_LAST = 62,
    RT_OP_STEP_MEAN = 63, RT_N_OPS = 64
};
enum {
    RT_N_OUTPUTS = 0, RT_KERNEL_H = 1, RT_KERNEL_W = 2, RT_STRIDE_H = 3, RT_STRIDE_W = 4,
    RT_PAD_TOP = 5, RT_PAD_LEFT = 6, RT_PAD_BOTTOM = 7, RT_PAD_RIGHT = 8, RT_DILATION_H = 9,
    RT_DILATION_W = 10, RT_GROUPS = 11, RT_BIAS = 12, RT_CEIL_MODE = 13, RT_COUNT_PAD = 14,
    RT_K = 18, RT_EPSILON = 19, RT_MIN = 22, RT_MAX = 23, RT_SLOPE_BELOW = 24, RT_AXIS = 25,
    RT_DIM_0 = 27, RT_SLOPE = 31
};

/* A node: where it stands in the file, what its values are, and where they lie during a run. */
typedef struct rt_node {
    uint32_t head;     /* its first byte in the file             */
    uint32_t dims[4];  /* those it does not have are 1           */
    uint32_t n_values;
    uint32_t at;       /* of its values in a block of work       */
    uint32_t scratch;  /* of sums of 8 bytes there               */
    uint16_t root;     /* the node whose values it takes over    */
    uint16_t last_use; /* of a root: the last node that reads it */
    uint16_t param;    /* the first of its parameters            */
    uint16_t n_uses;
    int16_t norm_top;  /* of a batch norm: its factors are below 2^norm_top in size */
    uint8_t op, n_dims;
    uint8_t n_fused;   /* integer mode: nodes behind it that it does as well        */
    uint8_t is_fused;  /* it is one of these                                        */
    uint8_t is_view;
    uint8_t in_group;  /* RT_INNER or RT_END of nodes that are run step by step */
} rt_node;

enum { RT_INNER = 1, RT_END };

/* How a parameter is stored. Places in the file are of its codebook or numbers, codes and gaps. */
enum { RT_DENSE, RT_SPARSE, RT_SHARED, RT_PACKED };
typedef struct rt_param {
    uint32_t numbers, codes, gaps;
    uint32_t n_rows, n_cols, n_entries;
    uint32_t table;      /* its codebook in the model's block               */
    uint16_t n_table;
    int16_t top;         /* its numbers are below 2^top in size             */
    uint8_t encoding, is_half, is_column_major, gap_bits;
    uint8_t code_width, gap_width;
    uint8_t is_integer;  /* its codebook is int16, to be times 2^(top - 15) */
    uint8_t spare;
} rt_param;

/* Attributes first .. last of these ops: default and range (docs/ops.md). */
typedef struct rt_attr_rule {
    uint32_t ops;
    uint8_t first, last, is_whole;
    float usual, least, most;
} rt_attr_rule;

/* Ops 0 .. 31 or 32 .. 63, as sets of bits, and what their nodes are. */
typedef struct rt_op_set {
    uint32_t ops, joins; /* and those of more than one input */
    const rt_attr_rule *rules;
    uint32_t n_rules;
    /* Of a node whose attributes are at `head` in the file, and right. */
    uint32_t (*n_params)(const dc_rt *m, uint32_t op, uint32_t head);
    /* The shape of node i and of its parameters, from those before it. */
    dc_rt_status (*infer)(dc_rt *m, uint32_t i, dc_rt_fault *fault);
} rt_op_set;
#define RT_SET(op) ((uint32_t)1 << RT_OP_##op % 32)

/* A mode: which ops, where their values lie, and how they are run. */
struct dc_rt_mode {
    bool is_integer;
    const rt_op_set *more; /* ops from 32 on, or NULL */
    dc_rt_status (*plan)(dc_rt *m, dc_rt_fault *fault);
    void (*run)(const dc_rt *m, const dc_rt_call *call);
};

struct dc_rt {
    union {
        const uint8_t *data;
        uint64_t room; /* as large on every platform */
    } file;
    union {
        const dc_rt_mode *table;
        uint64_t room;
    } mode;
    uint32_t file_bytes, graph, graph_end, weights, weights_end; /* places in the file */
    uint32_t n_nodes, n_params;    /* the input is a node */
    uint32_t params, tables, bytes; /* places in this block */
    uint32_t work_bytes;
    uint32_t n_steps;               /* entries and channels that are gone through */
    uint32_t n_scaled;              /* pairs that follow */
    float mean[4], scale[4];
    uint8_t is_integer, is_exact, spare[2];
};

static inline const rt_node *rt_nodes(const dc_rt *m)
{
    return (const rt_node *)(const void *)(m + 1);
}

static inline const rt_param *rt_params(const dc_rt *m)
{
    return (const rt_param *)(const void *)((const char *)m + m->params);
}

static inline rt_node *rt_nodes_to_fill(dc_rt *m)
{
    return (rt_node *)(void *)(m + 1);
}

static inline rt_param *rt_params_to_fill(dc_rt *m)
{
    return (rt_param *)(void *)((char *)m + m->params);
}

/* Sets *fault and returns the status. */
RT_OWN dc_rt_status rt_refuse(dc_rt_fault *fault, dc_rt_status status, const char *text,
                              uint32_t node, uint32_t number);

/* ---- bytes ---- */

/* Goes through bytes of the file; past the end it gives zeros and is bad for ever. */
typedef struct rt_cursor {
    const uint8_t *data;
    uint32_t at, end;
    bool is_bad;
} rt_cursor;
RT_OWN rt_cursor rt_cursor_over(const uint8_t *data, uint32_t at, uint32_t end);
RT_OWN uint32_t rt_get_u8(rt_cursor *c);
RT_OWN uint32_t rt_get_u32(rt_cursor *c);
RT_OWN uint64_t rt_get_varint(rt_cursor *c, uint64_t most);
RT_OWN float rt_get_f32(rt_cursor *c); /* infinite and NaN are bad */

/* Sets m's places of graph and weights; checks container and checksums. */
RT_OWN dc_rt_status rt_container_check(dc_rt *m, dc_rt_fault *fault);

/* ---- the graph ---- */

/* A node as it stands in the file. */
typedef struct rt_head {
    uint32_t op, n_inputs;
    bool has_inputs, has_attrs;
    uint32_t deltas, attrs; /* their places */
} rt_head;
RT_OWN rt_head rt_head_get(rt_cursor *c); /* leaves c at its attributes */
/* The number of the node that is input i of `node`. */
RT_OWN uint32_t rt_input_of(const dc_rt *m, uint32_t node, uint32_t i);
RT_OWN uint32_t rt_n_inputs(const dc_rt *m, uint32_t node);
/* An attribute's value, or its default. */
RT_OWN float rt_attr(const dc_rt *m, uint32_t node, uint32_t attr);
RT_OWN uint32_t rt_whole(const dc_rt *m, uint32_t node, uint32_t attr);
/* The same, of the node at `head` in the file. */
RT_OWN uint32_t rt_whole_at(const dc_rt *m, uint32_t head, uint32_t attr);

/* Counts of nodes and parameters, and bytes of codebooks (m->tables), without a block. */
RT_OWN dc_rt_status rt_graph_scan(dc_rt *m, dc_rt_fault *fault);
/* All nodes and shapes, and rows and columns of parameters. */
RT_OWN dc_rt_status rt_graph_fill(dc_rt *m, dc_rt_fault *fault);
/* Of these shapes are made; dims that are 0 or too many values are refused. */
RT_OWN dc_rt_status rt_shape_set(rt_node *node, uint32_t n_dims, const uint64_t *dims, uint32_t i,
                                 dc_rt_fault *fault);
RT_OWN dc_rt_status rt_same_set(rt_node *node, const rt_node *in);
RT_OWN dc_rt_status rt_param_set(dc_rt *m, uint32_t param, uint64_t n_rows, uint64_t n_cols,
                                 uint32_t i, dc_rt_fault *fault);
RT_OWN dc_rt_status rt_shape_wrong(uint32_t i, dc_rt_fault *fault);
RT_OWN dc_rt_status rt_input_infer(dc_rt *m, dc_rt_fault *fault);
RT_OWN dc_rt_status rt_plain_infer(dc_rt *m, uint32_t i, dc_rt_fault *fault);

/* How a window slides over a picture. */
typedef struct rt_window {
    uint32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
    uint32_t height, width, out_height, out_width;
} rt_window;
RT_OWN rt_window rt_window_of(const dc_rt *m, uint32_t node);

/* ---- parameters ---- */

/* Adds the bytes of node i's codebooks, whose rows are next, to m->tables; m->n_params counts the
 * node's already. */
RT_OWN dc_rt_status rt_tables_scan(dc_rt *m, rt_cursor *rows, const rt_node *node, uint32_t i,
                                   dc_rt_fault *fault);
/* Adds to what is gone through at opening, of which there is no more than the file has bits for, by
 * far: a layer of equal values takes none. */
RT_OWN dc_rt_status rt_steps_add(dc_rt *m, uint32_t n, uint32_t i, dc_rt_fault *fault);
/* Rows and bodies: checked, and codebooks filled. */
RT_OWN dc_rt_status rt_weights_fill(dc_rt *m, dc_rt_fault *fault);
RT_OWN float rt_half(uint32_t bits);
RT_OWN float rt_scaled(float x, int exponent); /* x 2^exponent */
RT_OWN int rt_top_of(float x);                 /* the least with |x| < 2^it; of 0 -126 */
RT_OWN int16_t rt_short_of(float x, int exponent); /* x / 2^exponent, rounded, within int16 */

/* ---- running ---- */

/* Who reads what; then buffers: at, scratch and work_bytes. A mode without groups needs no more
 * than rt_plan_make, which is both. */
RT_OWN void rt_plan_uses(dc_rt *m);
RT_OWN dc_rt_status rt_plan_place(dc_rt *m, dc_rt_fault *fault);
RT_OWN dc_rt_status rt_plan_make(dc_rt *m, dc_rt_fault *fault);

/* Values of the caller's sample, from `first` on, as many as the input holds at a time. */
RT_OWN void rt_input_put(const dc_rt *m, const dc_rt_call *call, uint32_t first);

RT_OWN bool rt_is_curve(uint32_t op);
typedef struct rt_curve {
    uint32_t op;
    float a, b;
} rt_curve;
RT_OWN rt_curve rt_curve_of(const dc_rt *m, uint32_t node);
RT_OWN float rt_curve_at(const rt_curve *c, float x);
/* In place, n values that are `stride` apart. */
RT_OWN void rt_softmax(float *y, uint32_t n, uint32_t stride);
/* The dims before a softmax's axis, along it and behind it. */
RT_OWN void rt_axis_of(const dc_rt *m, uint32_t node, uint32_t *n_outer, uint32_t *n,
                       uint32_t *n_inner);

/* Where value i of `out` is in an input that is broadcast to it. */
RT_OWN uint32_t rt_place_of(const rt_node *out, const rt_node *in, uint32_t i);

/* Values of a whole sample, where the input is held step by step, too. */
static inline uint32_t rt_n_sample(const dc_rt *m)
{
    const uint32_t *dims = rt_nodes(m)->dims;
    return dims[0] * dims[1] * dims[2] * dims[3];
}

static inline float *rt_floats(void *work, const rt_node *node)
{
    return (float *)(void *)((char *)work + node->at);
}

static inline int16_t *rt_shorts(void *work, const rt_node *node)
{
    return (int16_t *)(void *)((char *)work + node->at);
}

static inline int64_t *rt_sums(void *work, const rt_node *node)
{
    return (int64_t *)(void *)((char *)work + node->scratch);
}

/* Exponents of all nodes' values, at the beginning of a block of work. */
static inline int16_t *rt_exponents(void *work)
{
    return (int16_t *)work;
}

#endif
