/* SPDX-License-Identifier: MIT
 *
 * op_list: the ops by number and name, a part of model.h, which includes it.
 */
#ifndef DCOMP_OP_LIST_H
#define DCOMP_OP_LIST_H

/* One line an op: its number in the file, which is never reused, and its name. The record of op x,
 * dc_op_kind_x, stands with those of its family in src/model/ops_*.c. */
#define DC_OP_LIST(X)                                                                             \
    X(DC_OP_INPUT, 0, input)                                                                      \
    X(DC_OP_CONV, 1, conv)                           /* weight (K,C/groups,R,S), bias (K) */      \
    X(DC_OP_LINEAR, 2, linear)                       /* weight (K,C), bias (K), from dim axis on */\
    X(DC_OP_MAX_POOL, 3, max_pool)                                                                \
    X(DC_OP_AVERAGE_POOL, 4, average_pool)                                                        \
    X(DC_OP_RELU, 5, relu)                                                                        \
    X(DC_OP_BATCH_NORM, 6, batch_norm)               /* scale, shift, mean, variance, each (C) */ \
    X(DC_OP_LRN, 7, lrn)                             /* across channels */                        \
    X(DC_OP_DROPOUT, 8, dropout)                                                                  \
    X(DC_OP_CONCAT, 9, concat)                       /* along channels */                         \
    X(DC_OP_ADD, 10, add)                            /* broadcasts, as mul, sub and div do */     \
    X(DC_OP_FLATTEN, 11, flatten)                                                                 \
    X(DC_OP_SOFTMAX, 12, softmax)                    /* over dim axis, as log_softmax */          \
    X(DC_OP_GLOBAL_AVERAGE_POOL, 13, global_average_pool) /* to (C) */                            \
    X(DC_OP_CLIP, 14, clip)                          /* to min .. max */                          \
    X(DC_OP_SIGMOID, 15, sigmoid)                                                                 \
    X(DC_OP_TANH, 16, tanh)                                                                       \
    X(DC_OP_HARD_SIGMOID, 17, hard_sigmoid)          /* slope x + 1/2, clipped to 0 .. 1 */       \
    X(DC_OP_HARD_SWISH, 18, hard_swish)              /* x hard_sigmoid(x), slope 1/6 */           \
    X(DC_OP_SILU, 19, silu)                          /* x sigmoid(x) */                           \
    X(DC_OP_LEAKY_RELU, 20, leaky_relu)                                                           \
    X(DC_OP_PRELU, 21, prelu)                        /* slope (C) */                              \
    X(DC_OP_MUL, 22, mul)                                                                         \
    X(DC_OP_SUB, 23, sub)                                                                         \
    X(DC_OP_DIV, 24, div)                                                                         \
    X(DC_OP_SLICE, 25, slice)                        /* size places of axis, from begin on */     \
    X(DC_OP_RESHAPE, 26, reshape)                    /* the same values, row-major, as dims */    \
    X(DC_OP_TRANSPOSE, 27, transpose)                /* dim i is the input's dim dims[i] - 1 */   \
    X(DC_OP_PAD, 28, pad)                            /* zeros around the picture */               \
    X(DC_OP_CONSTANT, 29, constant)                  /* no input; value (dims) */                 \
    X(DC_OP_LOG_SOFTMAX, 30, log_softmax)                                                         \
    X(DC_OP_ELU, 31, elu)                            /* x, below 0 k (e^x - 1) */                 \
    X(DC_OP_SOFTPLUS, 32, softplus)                  /* log(1 + e^x) */                           \
    X(DC_OP_ERF, 33, erf)                                                                         \
    X(DC_OP_GELU, 34, gelu)                          /* x (1 + erf(x / sqrt 2)) / 2 */            \
    X(DC_OP_SELU, 35, selu)                          /* gain elu(x) */                            \
    X(DC_OP_SOFTSIGN, 36, softsign)                  /* x / (1 + |x|) */                          \
    X(DC_OP_EXP, 37, exp)                                                                         \
    X(DC_OP_LOG, 38, log)                                                                         \
    X(DC_OP_SQRT, 39, sqrt)                                                                       \
    X(DC_OP_POW, 40, pow)                            /* x^exponent */                             \
    X(DC_OP_ABS, 41, abs)                                                                         \
    X(DC_OP_RECIPROCAL, 42, reciprocal)              /* 1 / x */                                  \
    X(DC_OP_CELU, 43, celu)                          /* x, below 0 k (e^(x/k) - 1) */             \
    X(DC_OP_MISH, 44, mish)                          /* x tanh(log(1 + e^x)) */                   \
    X(DC_OP_THRESHOLDED_RELU, 45, thresholded_relu)  /* x, up to threshold 0 */                   \
    X(DC_OP_LAYER_NORM, 46, layer_norm)              /* scale, shift, each of dims axis and on */ \
    X(DC_OP_GROUP_NORM, 47, group_norm)              /* scale, shift, each (C) */                 \
    X(DC_OP_RMS_NORM, 48, rms_norm)                  /* scale, of dims axis and on */              \
    X(DC_OP_CONV_TRANSPOSE, 49, conv_transpose)      /* weight (C,K/groups,R,S), bias (K) */       \
    X(DC_OP_RESIZE, 50, resize)                      /* to height x width pixels */                \
    X(DC_OP_REDUCE_MAX, 51, reduce_max)              /* over dims, as the others */               \
    X(DC_OP_REDUCE_MIN, 52, reduce_min)                                                           \
    X(DC_OP_REDUCE_SUM, 53, reduce_sum)                                                           \
    X(DC_OP_REDUCE_MEAN, 54, reduce_mean)                                                         \
    X(DC_OP_REDUCE_PROD, 55, reduce_prod)                                                         \
    X(DC_OP_ARG_MAX, 56, arg_max)                    /* the place along axis */                   \
    X(DC_OP_ARG_MIN, 57, arg_min)                                                                 \
    X(DC_OP_LSTM, 58, lstm)            /* weight (4H,P), peephole (3,H), projection (P,H) */      \
    X(DC_OP_GRU, 59, gru)                                                                         \
    X(DC_OP_RNN, 60, rnn)                                                                         \
    X(DC_OP_EMBEDDING, 61, embedding)                                                             \
    X(DC_OP_LAST, 62, last)            /* (T,C) to (C), as step_mean */                           \
    X(DC_OP_STEP_MEAN, 63, step_mean)

#endif
