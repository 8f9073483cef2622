/* SPDX-License-Identifier: MIT
 *
 * What a backend offers to the trainer and the predictor: a model compiled into a net for one batch
 * size.
 *
 * A net owns its parameters as `stored` arrays: float32 in the backend's own order of elements,
 * padding included. The trainer works on them element by element and needs not know the order: load
 * and store translate from and to row-major, for weights and for anything that goes with them (load
 * of tags, as floats, gives padding the tag 0, and so padding is frozen at zero).
 *
 *     net->x = batch;  forward(net, step);  ... d_logits from logits ...;  backward(net);  update w
 * by dw
 *
 * A caller that has changed `w` says so with `changed`, and the next forward uses it.
 */
#ifndef DC_NN_NET_H
#define DC_NN_NET_H

#include "dcomp/kernels.h"
#include "dcomp/nn.h"
#include "dcomp/sparse.h"

typedef struct dc_net_settings {
    uint32_t batch_size;
    bool is_training; /* with backward; batch norm by the batch, dropout active */
    dc_precision precision;
    uint32_t output; /* node whose value is computed: the last, or its dc_head's logits */
    uint64_t seed;   /* of dropout */
    /* NULL, or a net compiled alike but for its batch, by the same executor, which lives longer:
     * this one computes with its `w`. DC_EUNSUPPORTED when they do not agree on the order. */
    const struct dc_net *sibling;
    /* By parameter, in prediction with float32: weights that are multiplied so, and whose values
     * are not looked at. NULL, and NULL entries: none. Only where executors know it. */
    const dc_sparse *const *sparse;
} dc_net_settings;

typedef struct dc_net_param {
    uint64_t n_stored; /* 0: this net does not use the parameter                            */
    float *w;          /* stored order                                                      */
    float *dw;         /* overwritten by backward; NULL in inference and for running state  */
    uint16_t *w_bf16;  /* where not NULL, code that changes w[i] also writes bf16(w[i]) here */
} dc_net_param;

struct dc_executor;

typedef struct dc_net {
    const struct dc_executor *executor;
    const dc_model *model; /* borrowed: graph and names; values are read by dc_net_load only */
    dc_net_settings settings;
    dc_arena arena;
    const float *x;       /* (batch_size, C,H,W), set by the caller, kept until backward is done */
    const uint32_t *lengths; /* (batch_size), as x: steps of samples that count; NULL: all do   */
    float *state;         /* (batch_size, dc_model_n_carried), as x: what samples carry on, moved by
                             forward; NULL: they begin with zeros                                */
    uint64_t n_carried;   /* dc_model_n_carried                                                  */
    float *logits;        /* (batch_size, K) row-major, after forward                            */
    float *d_logits;      /* the same, set by the caller; NULL in inference                      */
    uint32_t n_outputs;   /* K                                                                   */
    dc_net_param *params; /* model->n_params                                                     */
    double *ratios;       /* of dropout, by node; the trainer may rescale them between steps     */
    double *seconds;      /* by node: what its forward took is added; NULL: nobody asks          */
} dc_net;

typedef struct dc_executor {
    const char *name; /* "ref", "onednn" */
    const char *(*text)(void);
    bool (*has)(dc_precision precision); /* on this processor */
    /* Everything a step needs is made here; steps do not allocate. DC_EUNSUPPORTED names the node.
     * Owns. */
    dc_status (*compile)(dc_net **out, const dc_model *model, const dc_net_settings *settings);
    void (*free)(dc_net *net);
    /* `step` makes dropout differ from step to step. */
    dc_status (*forward)(dc_net *net, uint64_t step);
    dc_status (*backward)(dc_net *net);
    /* w of any parameter may differ from what the last forward used. */
    void (*changed)(dc_net *net);
    /* Row-major to stored, padding 0; and back. */
    dc_status (*load)(dc_net *net, uint32_t param, float *stored, const float *values);
    dc_status (*store)(dc_net *net, uint32_t param, float *values, const float *stored);
    bool has_siblings; /* knows settings.sibling */
    bool has_sparse;   /* knows settings.sparse  */
} dc_executor;

extern const dc_executor dc_executor_ref;
extern const dc_executor dc_executor_onednn; /* only when built with it */

/* By DCOMP_BACKEND and dc_backend_limit, else the best there is. */
const dc_executor *dc_executor_pick(void);
/* DC_EUNSUPPORTED when it cannot compute so. */
DC_MUST_USE dc_status dc_executor_check(const dc_executor *executor, dc_precision precision);
/* The row of this name, or NULL. */
const dc_executor *dc_executor_named(const char *name);

/* Common part of compile: the struct, params table and ratios; net_bytes >= sizeof(dc_net), the
 * backend's struct begins with a dc_net. dc_net_dispose frees it. */
dc_status dc_net_init(dc_net **out, uint64_t net_bytes, const dc_executor *executor,
                      const dc_model *model, const dc_net_settings *settings);
void dc_net_dispose(dc_net *net);
/* `n` nets on the parameters of the first one, each for one core: to be run in tasks of the pool.
 * Nothing is left of a failure. */
dc_status dc_net_compile_siblings(dc_net **nets, uint32_t n, const dc_executor *executor,
                                  const dc_model *model, const dc_net_settings *settings);
/* A net for training or prediction whose batch is divided among the cores where that pays: see
 * net_parts.c. To its user it is a net as any other. */
dc_status dc_net_compile(dc_net **out, const dc_model *model, const dc_net_settings *settings);
/* Of dropout from now on, where the net was compiled with another. */
void dc_net_seed(dc_net *net, uint64_t seed);
/* All values of `model` (same graph) into w and w_bf16. */
dc_status dc_net_load(dc_net *net, const dc_model *model);

#endif
