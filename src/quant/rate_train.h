/* SPDX-License-Identifier: MIT
 *
 * Inside quant: training by the price of bits. rate_train.c is the hook, rate_latents.c what it
 * does with one parameter.
 */
#ifndef DCOMP_QUANT_RATE_TRAIN_H
#define DCOMP_QUANT_RATE_TRAIN_H

#include "dcomp/quant.h"

/* The parameter is round(at) * step. Arrays are in stored order. */
typedef struct latents {
    uint64_t n;              /* 0: not trained                                            */
    float *at;               /* in steps                                                  */
    float *first, *second;   /* Adam's moments                                            */
    float *rise;             /* bits from 0 to a level of +-1                             */
    uint8_t *lives;          /* 0: stays zero                                             */
    float climb[DC_RATE_SIZES + 1]; /* bits from size k to k + 1, k = 1..                 */
    double log_step, step_first, step_second;
    float step;              /* of the grid, near exp(log_step)                           */
    float max_level;
    double bits;             /* of all levels                                             */
    uint64_t n_nonzero;
    dc_rate rate;
    int16_t *levels;         /* row-major, for `rate`                                     */
    float *values, *scratch; /* row-major; stored                                         */
} latents;

/* To the nearest whole number, ties to even; |x| < 2^22. */
static inline float latents_round(float x)
{
    const float shift = 0x1.8p23f;
    return x + shift - shift;
}

/* From the parameter as it is; everything from trained->arena. */
DC_MUST_USE dc_status latents_begin(latents *l, const dc_trained *trained, uint32_t param,
                                    const dc_rate_train_settings *settings);
/* Prices anew what is there. */
DC_MUST_USE dc_status latents_price(latents *l, const dc_trained *trained, uint32_t param);

/* One step of Adam on loss + lambda * bits, with the corrections of its moments. */
typedef struct latents_move {
    double rate, step_rate, lambda, first_scale, second_scale;
    bool is_settling; /* what becomes zero stays so */
} latents_move;
void latents_update(latents *l, const float *dw, const latents_move *move);
/* The step becomes one that the file can name; w follows. */
void latents_write(const latents *l, float *w);
void latents_set_step(latents *l, uint32_t step_bits);
/* d bits / d latent. */
float latents_slope(const latents *l, uint64_t i);

/* ln lambda after a look at e = ln(bits / target), where `before` is the e of the last look (NaN:
 * there was none): follows e and, so that it does not swing, how e changes. */
double rate_control(double log_lambda, double e, double before);

#endif
