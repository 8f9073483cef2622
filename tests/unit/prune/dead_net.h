/* SPDX-License-Identifier: MIT
 *
 * Small models for the tests of prune, and a straightforward forward pass: one sample, square
 * kernels, pads ignored by max pooling.
 */
#ifndef DCOMP_TESTS_PRUNE_DEAD_NET_H
#define DCOMP_TESTS_PRUNE_DEAD_NET_H

#include "dcomp/prune.h"

static inline dc_model *net_new(dc_shape shape)
{
    dc_model *model = NULL;
    const dc_input input = { .shape = shape };
    assert_ok(dc_model_new(&model, "net", &input));
    return model;
}

/* Appends to the last node; 0 for what the op does not have. */
static inline void net_add(dc_model *model, const char *name, dc_op op, uint32_t n_outputs,
                           uint32_t kernel, uint32_t stride, uint32_t pad)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, op);
    const uint32_t last = model->n_nodes - 1;
    if (n_outputs)
        attrs[DC_ATTR_N_OUTPUTS] = n_outputs;
    if (kernel) {
        attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = kernel;
        attrs[DC_ATTR_STRIDE_H] = attrs[DC_ATTR_STRIDE_W] = stride;
        attrs[DC_ATTR_PAD_TOP] = attrs[DC_ATTR_PAD_BOTTOM] = pad;
        attrs[DC_ATTR_PAD_LEFT] = attrs[DC_ATTR_PAD_RIGHT] = pad;
    }
    assert_ok(dc_model_add(model, name, op, &last, 1, attrs, true));
}

static inline void net_fill(dc_model *model, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t j = 0; j < model->params[i].n_values; j++)
            model->params[i].values[j] =
                (float)dc_rng_normal(&rng) * (model->params[i].role == DC_ROLE_VARIANCE ? 0 : 1) +
                (model->params[i].role == DC_ROLE_VARIANCE ? 0.7f : 0);
}

static inline double net_bias(const dc_model *m, const dc_node *node, uint32_t k)
{
    const uint32_t bias = dc_node_param(node, 1);
    return bias == DC_NONE ? 0 : (double)m->params[bias].values[k];
}

static inline double net_window(const dc_model *m, const dc_node *node, const double *x, uint32_t k,
                                uint32_t row, uint32_t col)
{
    const dc_shape *in = &m->nodes[node->inputs[0]].shape;
    const long size = (long)dc_node_number(node, DC_ATTR_KERNEL_H),
               pad = (long)dc_node_number(node, DC_ATTR_PAD_TOP);
    const long stride = (long)dc_node_number(node, DC_ATTR_STRIDE_H);
    const float *w = node->op == DC_OP_CONV ? m->params[dc_node_param(node, 0)].values : NULL;
    double sum = w ? net_bias(m, node, k) : 0, most = -1e300, count = 0;
    for (uint32_t c = w ? 0 : k; c < (w ? in->dims[0] : k + 1); c++)
        for (long r = 0; r < size; r++)
            for (long s = 0; s < size; s++) {
                const long y = (long)row * stride + r - pad, z = (long)col * stride + s - pad;
                if (y < 0 || z < 0 || y >= (long)in->dims[1] || z >= (long)in->dims[2])
                    continue;
                const double value = x[((long)c * in->dims[1] + y) * in->dims[2] + z];
                sum += w ? (double)w[(((long)k * in->dims[0] + c) * size + r) * size + s] * value
                         : value;
                most = fmax(most, value);
                count++;
            }
    return node->op == DC_OP_CONV ? sum : node->op == DC_OP_MAX_POOL ? most : sum / count;
}

static inline double net_value(const dc_model *m, const dc_node *node, const double *x, uint32_t i)
{
    const dc_shape *in = &m->nodes[node->inputs[0]].shape;
    const uint32_t pixels = node->shape.n_dims == 3 ? node->shape.dims[1] * node->shape.dims[2] : 1;
    switch (node->op) {
    case DC_OP_RELU: return fmax(x[i], 0);
    case DC_OP_CLIP:
        return fmin(fmax(x[i], dc_node_number(node, DC_ATTR_MIN)),
                    dc_node_number(node, DC_ATTR_MAX));
    case DC_OP_SIGMOID: return 1 / (1 + exp(-x[i]));
    case DC_OP_TANH: return tanh(x[i]);
    case DC_OP_SILU: return x[i] / (1 + exp(-x[i]));
    case DC_OP_ELU: return x[i] > 0 ? x[i] : exp(x[i]) - 1;
    case DC_OP_SOFTPLUS: return log(1 + exp(x[i]));
    case DC_OP_ERF: return erf(x[i]);
    case DC_OP_GELU: return x[i] * (1 + erf(x[i] / sqrt(2))) / 2;
    case DC_OP_HARD_SIGMOID: return fmin(fmax(x[i] / 6 + 0.5, 0), 1);
    case DC_OP_HARD_SWISH: return x[i] * fmin(fmax(x[i] / 6 + 0.5, 0), 1);
    case DC_OP_LEAKY_RELU: return x[i] * (x[i] < 0 ? 0.01 : 1);
    case DC_OP_PRELU:
        return x[i] * (x[i] < 0 ? (double)m->params[dc_node_param(node, 0)].values[i / pixels] : 1);
    default: break;
    }
    if (node->kind->curve != NULL) /* a later one */
        return node->kind->curve(x[i], node->attrs);
    if (node->op == DC_OP_LINEAR) {
        const uint32_t n = (uint32_t)dc_shape_count(in);
        double sum = net_bias(m, node, i);
        for (uint32_t j = 0; j < n; j++)
            sum += (double)m->params[dc_node_param(node, 0)].values[i * n + j] * x[j];
        return sum;
    }
    if (node->op == DC_OP_BATCH_NORM) {
        double p[4];
        for (uint32_t j = 0; j < 4; j++)
            p[j] = (double)m->params[dc_node_param(node, j)].values[i / pixels];
        return p[0] * (x[i] - p[2]) / sqrt(p[3] + dc_node_number(node, DC_ATTR_EPSILON)) + p[1];
    }
    if (node->op == DC_OP_CONV || node->op == DC_OP_MAX_POOL || node->op == DC_OP_AVERAGE_POOL)
        return net_window(m, node, x, i / pixels, i % pixels / node->shape.dims[2],
                          i % node->shape.dims[2]);
    return x[i]; /* dropout, flatten */
}

/* The output for the sample that `seed` makes. */
static inline void net_forward(double *out, const dc_model *m, uint64_t seed)
{
    double *values[64];
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    for (uint32_t i = 0; i < m->n_nodes; i++) {
        const uint32_t n = (uint32_t)dc_shape_count(&m->nodes[i].shape);
        values[i] = malloc(n * sizeof(double));
        for (uint32_t j = 0; j < n; j++)
            values[i][j] = i == 0 ? dc_rng_normal(&rng)
                                  : net_value(m, &m->nodes[i], values[m->nodes[i].inputs[0]], j);
    }
    memcpy(out, values[m->n_nodes - 1], dc_model_n_outputs(m) * sizeof *out);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        free(values[i]);
}

static inline void assert_same_function(const dc_model *a, const dc_model *b)
{
    double x[64], y[64];
    assert_int_equal(dc_model_n_outputs(a), dc_model_n_outputs(b));
    for (uint64_t seed = 1; seed <= 5; seed++) {
        net_forward(x, a, seed);
        net_forward(y, b, seed);
        for (uint32_t i = 0; i < dc_model_n_outputs(a); i++)
            assert_near(y[i], x[i], 1e-4 * (1 + fabs(x[i])));
    }
}

/* fc1 (12 x 10), fc2 (8 x 12), fc3 (3 x 8) with relu, batch norm and dropout between. */
static inline dc_model *net_mlp(uint64_t seed)
{
    dc_model *m = net_new(dc_shape_of(1, 10, 0, 0, 0));
    net_add(m, "fc1", DC_OP_LINEAR, 12, 0, 0, 0);
    net_add(m, "bn1", DC_OP_BATCH_NORM, 0, 0, 0, 0);
    net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 8, 0, 0, 0);
    net_add(m, "relu2", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "drop2", DC_OP_DROPOUT, 0, 0, 0, 0);
    net_add(m, "fc3", DC_OP_LINEAR, 3, 0, 0, 0);
    net_fill(m, seed);
    return m;
}

/* Zeroes weights of a matrix row or column block. */
static inline void net_zero(dc_model *m, const char *name, uint32_t row, uint32_t n_rows,
                            uint32_t col, uint32_t n_cols)
{
    dc_param *param = dc_model_param(m, name);
    uint32_t all_rows, all_cols;
    dc_param_matrix(param, &all_rows, &all_cols);
    for (uint32_t r = row; r < row + n_rows; r++)
        for (uint32_t c = col; c < col + n_cols; c++)
            param->values[r * all_cols + c] = 0;
    param->is_pruned = true;
}

#endif
