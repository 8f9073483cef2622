/* SPDX-License-Identifier: MIT
 *
 * Small networks and samples for the tests of training: graphs named node by node, a source of
 * drawn samples that a small net can learn, and the training hooks in their plainest form.
 */
#ifndef DCOMP_TESTS_NETS_H
#define DCOMP_TESTS_NETS_H

#include <math.h>

#include "test.h"

#include "dcomp/nn.h"

/* "conv1": op, inputs by index (DC_NONE ends), attributes in pairs (DC_N_ATTRS ends). */
typedef struct net_node {
    const char *name;
    dc_op op;
    uint32_t inputs[3];
    struct {
        dc_attr attr;
        double value;
    } attrs[11];
} net_node;

#define ATTRS_END     \
    {                 \
        DC_N_ATTRS, 0 \
    }

static inline dc_model *net_make(const net_node *nodes, uint32_t n_nodes, dc_shape shape)
{
    dc_model *model = NULL;
    const dc_input input = { .shape = shape };
    assert_ok(dc_model_new(&model, "test", &input));
    for (uint32_t i = 0; i < n_nodes; i++) {
        double attrs[DC_N_ATTRS];
        uint32_t n_inputs = 0;
        dc_attrs_init(attrs, nodes[i].op);
        for (int a = 0; nodes[i].attrs[a].attr != DC_N_ATTRS; a++)
            attrs[nodes[i].attrs[a].attr] = nodes[i].attrs[a].value;
        while (n_inputs < 3 && nodes[i].inputs[n_inputs] != DC_NONE)
            n_inputs++;
        assert_ok(dc_model_add(model, nodes[i].name, nodes[i].op, nodes[i].inputs, n_inputs, attrs,
                               true));
    }
    return model;
}

/* Two linear layers with a ReLU between: 12 inputs, 16 hidden, 3 classes. */
static inline dc_model *net_two_layers(uint64_t seed)
{
    static const net_node nodes[] = {
        { "fc1", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 16 }, ATTRS_END } },
        { "relu", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
        { "fc2", DC_OP_LINEAR, { 2, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 3 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, DC_COUNT_OF(nodes), dc_shape_of(3, 3, 2, 2, 0));
    dc_model_init(model, DC_INIT_XAVIER, seed);
    return model;
}

/* Sample i is noise by (i, place) plus 1 on every third value, from its class i % 3 on. */
static inline dc_status net_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                 uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        dc_rng rng;
        dc_rng_init(&rng, 99, indices[i]);
        for (uint64_t k = 0; k < n_values; k++)
            x[i * n_values + k] = (float)dc_rng_unit(&rng) - 0.5f +
                                  (k % source->n_classes == indices[i] % source->n_classes);
        if (labels)
            labels[i] = (int32_t)(indices[i] % source->n_classes);
    }
    return DC_OK;
}

static inline dc_source net_source(uint64_t n_samples, dc_shape shape, uint32_t n_classes)
{
    return (dc_source){ .n_samples = n_samples,
                        .shape = shape,
                        .n_classes = n_classes,
                        .is_labelled = true,
                        .text = "drawn",
                        .read = net_read };
}

static inline void net_reduce(const dc_trained_param *p)
{
    memset(p->d_theta, 0, p->n_theta * sizeof *p->d_theta);
    for (uint64_t i = 0; i < p->n; i++)
        if (p->tags[i] > 0)
            p->d_theta[p->tags[i] - 1] += p->dw[i];
}

static inline void net_expand(float *w, const dc_trained_param *p)
{
    for (uint64_t i = 0; i < p->n; i++)
        w[i] = p->tags[i] > 0 ? p->theta[p->tags[i] - 1] : 0.0f;
}

static inline void net_assign(uint16_t *tags, const float *latent, const dc_trained_param *p)
{
    for (uint64_t i = 0; i < p->n; i++)
        for (uint32_t t = 0; tags[i] > 0 && t < p->n_theta; t++)
            if (fabsf(latent[i] - p->theta[t]) < fabsf(latent[i] - p->theta[tags[i] - 1]))
                tags[i] = (uint16_t)(t + 1);
}

/* Latent values from the teacher's weights that are in their own cell. */
static inline dc_status net_begin(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_trained_param *p = &trained->params[i];
        if (!p->latent)
            continue;
        net_expand(p->latent, p);
        if (!trained->teacher)
            continue;
        float *origin = calloc(p->n, sizeof *origin);
        uint16_t *cells = malloc(p->n * sizeof *cells);
        assert_ok(trained->load(trained, i, origin, trained->teacher->params[i].values));
        memcpy(cells, p->tags, p->n * sizeof *cells);
        net_assign(cells, origin, p);
        for (uint64_t e = 0; e < p->n; e++)
            if (cells[e] > 0 && cells[e] == p->tags[e])
                p->latent[e] = origin[e];
        free(cells);
        free(origin);
    }
    return DC_OK;
}

static inline dc_status net_after_backward(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++)
        if (trained->params[i].theta)
            net_reduce(&trained->params[i]);
    return DC_OK;
}

static inline dc_status net_after_update(void *payload, dc_trained *trained)
{
    (void)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_trained_param *p = &trained->params[i];
        if (p->latent)
            net_assign(p->tags, p->latent, p);
        if (p->theta)
            net_expand(p->w, p);
        p->is_changed = p->theta != NULL;
    }
    return DC_OK;
}

/* Trains what is shared, as plainly as can be. */
static const dc_train_hook net_sharing = { .name = "sharing",
                                           .trains_shared = true,
                                           .begin = net_begin,
                                           .after_backward = net_after_backward,
                                           .after_update = net_after_update };
static const dc_train_hooks net_hooks = { 1, &net_sharing };

#endif
