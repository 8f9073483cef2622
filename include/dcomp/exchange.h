/* SPDX-License-Identifier: MIT
 *
 * exchange: several processes, called ranks, that train one network together. docs/exchange.md is
 * the book.
 *
 * dc_peers is what a rank knows of the others: one function moves blocks of bytes between all of
 * them, and everything else is made of it. MPI is a row (peers_mpi.c); tests have ranks that are
 * threads. All ranks must call the same functions in the same order. A rank that fails says so by
 * dc_peers_end, which is what the others then meet in whatever they wait for:
 *
 *     DC_TRY(dc_exchange_open(&exchange, &settings));
 *     dc_status status = ... train with dc_exchange_hook(exchange) ...;
 *     status = dc_peers_end(exchange->peers, status);
 *     ... say what has failed ...
 *     dc_exchange_close(exchange);
 *
 * The hook makes of a rank's gradients the mean of all ranks: all of them (dense), or those that
 * matter most while the others wait (dgc: Deep Gradient Compression [DGC]).
 *
 * Threads. An exchange and its peers belong to one thread.
 */
#ifndef DCOMP_EXCHANGE_H
#define DCOMP_EXCHANGE_H

#include "dcomp/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the other ranks ------------------------------------------------------------------------- */

typedef struct dc_block {
    const void *data;
    uint64_t n; /* bytes */
} dc_block;

typedef struct dc_peers dc_peers;
struct dc_peers {
    uint32_t rank, n_ranks;
    uint64_t n_sent, n_received; /* bytes of blocks so far                                     */
    bool is_over;                /* a rank has failed, or all have ended: nothing is exchanged */
    /* To each other rank i the block out[i], as a failure or not; from each a block into in[i],
     * borrowed until the next call, and whether it is a failure into failed[i]. */
    dc_status (*swap)(dc_peers *peers, bool is_failure);
    void (*close)(dc_peers *peers); /* frees the struct too */
    void *payload;
    dc_block *out, *in; /* (n_ranks) */
    bool *failed;       /* (n_ranks) */
};

/* Each rank's block to all: all (n_ranks) is borrowed until the next exchange. A failure of another
 * rank is returned with its message, here and in the functions below. */
DC_MUST_USE dc_status dc_peers_gather(dc_block *all, dc_peers *peers, const void *data, uint64_t n);
/* The same to rank 0 alone; the others get empty blocks. */
DC_MUST_USE dc_status dc_peers_collect(dc_block *all, dc_peers *peers, const void *data,
                                       uint64_t n);
/* `values` become their sums over ranks, added in the order of ranks: the same bits for all. */
DC_MUST_USE dc_status dc_peers_sum(dc_peers *peers, float *values, uint64_t n);
/* `data` becomes rank 0's. */
DC_MUST_USE dc_status dc_peers_share(dc_peers *peers, void *data, uint64_t n);
/* The same of bytes whose number rank 0 alone knows: others' writers are empty before. */
DC_MUST_USE dc_status dc_peers_share_bytes(dc_peers *peers, dc_writer *bytes);
/* The last exchange: all ranks learn how each has ended. Returns `status`, or the failure of
 * another rank when it is DC_OK. Nothing happens when a failure has been exchanged before. */
DC_MUST_USE dc_status dc_peers_end(dc_peers *peers, dc_status status);

/* ---- exchange of gradients ------------------------------------------------------------------- */

typedef enum dc_exchange_kind {
    DC_EXCHANGE_NONE,
    DC_EXCHANGE_DENSE,
    DC_EXCHANGE_DGC
} dc_exchange_kind;
typedef enum dc_wire { DC_WIRE_F32, DC_WIRE_F16, DC_WIRE_CODED } dc_wire;

typedef struct dc_exchange_settings {
    uint32_t kind;          /* dc_exchange_kind                                          */
    double sparsity;        /* share of a tensor's gradients that waits, after warm-up   */
    uint32_t warmup_epochs; /* in which the share that is sent falls exponentially       */
    uint32_t wire;          /* dc_wire                                                   */
} dc_exchange_settings;
extern const dc_field dc_exchange_fields[]; /* exchange, sparsity, sparsity_warmup, wire */
dc_exchange_settings dc_exchange_defaults(void);

/* What steps took, on this rank. Bytes are those of messages, without what carries them. */
typedef struct dc_exchange_sums {
    uint64_t n_steps, n_timed;   /* done; of which computing was timed                       */
    uint64_t n_sent, n_received;
    uint64_t n_dense;            /* that dense exchange would have sent                      */
    uint64_t n_gradient;         /* that gradients take as float32, once a step              */
    uint64_t n_message;          /* that messages took, once a step                          */
    double compute_seconds;      /* from exchange to exchange                                */
    double wait_seconds;         /* for the last rank to come                                */
    double work_seconds;         /* choosing, coding, adding up                              */
    double transfer_seconds;     /* moving bytes; of dense with the sums                     */
} dc_exchange_sums;

typedef struct dc_exchange {
    dc_exchange_settings settings;
    dc_peers *peers;
    dc_exchange_sums sums[2]; /* of the warm-up, and of the steps after it */
    /* private: */
    dc_arena arena; /* of this struct */
    uint32_t n_epochs;
    double share;         /* of this step's labels, that are this rank's */
    double lap, ended_at; /* clock [s] */
    struct dgc_state *dgc;
    float *flat; /* (n_live) gradients of all parameters that are trained */
    uint64_t n_live;
    uint8_t **live; /* (n_params): of each element whether it is exchanged; NULL: all are */
} dc_exchange;

/* Joins the other ranks by MPI. DC_EUNSUPPORTED when this build has none. Owns: close. */
DC_MUST_USE dc_status dc_exchange_open(dc_exchange **out, const dc_exchange_settings *settings);
/* Leaves the others, after dc_peers_end. It may wait until all do: what started them ends all when
 * one has failed, so what there is to say is said before. NULL is fine. */
void dc_exchange_close(dc_exchange *exchange);
/* The hook of training that brings gradients together; its payload is the exchange. To be before
 * hooks that read gradients. Its `begin` is DC_EINPUT for an optimizer or a parameter that dgc does
 * not train. */
dc_train_hook dc_exchange_hook(dc_exchange *exchange);

/* What people and programs are told; NaN where it is not known. */
typedef struct dc_exchange_summary {
    uint64_t n_ranks, n_steps;
    double step_sent, step_received, step_dense; /* bytes a step, after the warm-up              */
    double ratio, gradient_ratio;                /* after the warm-up: dense bytes to those sent;
                                                    gradients to a message                       */
    uint64_t n_sent, n_received, n_dense;        /* of all steps                                 */
    double ratio_of_all;
    uint64_t n_other_sent, n_other_received; /* beside steps: models, checkpoints            */
    double step_seconds, compute_seconds, wait_seconds, work_seconds, transfer_seconds;
    double break_even; /* bits a second at which dense exchange takes as long */
} dc_exchange_summary;
extern const dc_field dc_exchange_summary_fields[];
dc_exchange_summary dc_exchange_summarize(const dc_exchange *exchange);

#ifdef __cplusplus
}
#endif
#endif
