/* SPDX-License-Identifier: MIT
 *
 * How sure a figure is that was measured on some samples, and two networks beside each other on the
 * same ones. A mean has the normal interval of its deviation. A share has Wilson's interval, which
 * is not empty where all are right. A difference of two shares on the same samples is paired: only
 * samples count that one network is right about and the other is not, and half a sample is added to
 * each of the four cases (Agresti and Min), so that no difference is not certain either.
 */
#include "run_internal.h"

#include <math.h>

#define Z 1.959963984540054 /* of 95 % */

static const dc_measure unknown = { NAN, NAN, NAN };

void moments_add(moments *m, double value)
{
    const double off = value - m->mean;
    m->n++;
    m->mean += off / (double)m->n;
    m->squares += off * (value - m->mean);
}

dc_measure moments_measure(const moments *m)
{
    const double n = (double)m->n;
    if (m->n == 0 || !isfinite(m->mean))
        return unknown;
    const double half = m->n > 1 ? Z * sqrt(m->squares / (n - 1) / n) : (double)INFINITY;
    return (dc_measure){ m->mean, m->mean - half, m->mean + half };
}

dc_measure share_measure(uint64_t n_right, uint64_t n_all)
{
    const double n = (double)n_all, share = (double)n_right / n;
    if (n_all == 0)
        return unknown;
    const double middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n);
    const double half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
    return (dc_measure){ 100 * share, 100 * fmax(middle - half, 0), 100 * fmin(middle + half, 1) };
}

dc_measure gain_measure(uint64_t n_gained, uint64_t n_lost, uint64_t n_all)
{
    const double n = (double)n_all + 2, gained = (double)n_gained + 0.5;
    const double lost = (double)n_lost + 0.5, middle = (gained - lost) / n;
    if (n_all == 0)
        return unknown;
    const double half = Z * sqrt((gained + lost) / n - middle * middle) / sqrt(n);
    const double mean = ((double)n_gained - (double)n_lost) / (double)n_all;
    return (dc_measure){ 100 * mean, 100 * (middle - half), 100 * (middle + half) };
}

/* Of two probabilities. */
static double term(double p, double log_p, double log_q)
{
    return p > 0 ? p * (log_p - log_q) : 0;
}

static double log_of(double p)
{
    return log(fmax(p, 1e-38));
}

static double of_scores(const float *y, const float *z, uint32_t n)
{
    float y_top, z_top;
    const double y_log = log(dc_softmax_sum(&y_top, y, n));
    const double z_log = log(dc_softmax_sum(&z_top, z, n));
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double log_p = (double)y[i] - (double)y_top - y_log;
        const double log_q = (double)z[i] - (double)z_top - z_log;
        sum += term(exp(log_p), log_p, log_q);
    }
    return sum;
}

double divergence_of(const dc_head *head, const float *y, const float *z)
{
    double sum = 0;
    if (head->kind == DC_HEAD_SCORES)
        return of_scores(y, z, head->n_outputs);
    for (uint32_t i = 0; i < head->n_outputs; i++) {
        const double p = (double)y[i], q = (double)z[i];
        sum += term(p, log_of(p), log_of(q));
        if (head->kind == DC_HEAD_SIGMOID)
            sum += term(1 - p, log_of(1 - p), log_of(1 - q));
    }
    return sum;
}

/* Ties count for nobody: so two networks that cannot tell classes apart do not agree. */
static bool agrees(const dc_head *head, const float *y, const float *z)
{
    float y_pair[2], z_pair[2];
    uint32_t best;
    if (!dc_classes_best(&best, 1, dc_head_scores(head, y, y_pair), head->n_classes, -1))
        return false;
    return dc_class_rank(dc_head_scores(head, z, z_pair), head->n_classes, best) == 0;
}

void comparison_add(comparison *c, const dc_head *head, const float *y, const float *z)
{
    moments_add(&c->divergence, divergence_of(head, y, z));
    c->n_agreed += agrees(head, y, z);
}

void comparison_add_labelled(comparison *c, dc_verdict reference, dc_verdict own)
{
    const bool was_right = reference.rank < 1, is_right = own.rank < 1;
    c->n_labelled++;
    c->n_gained += is_right && !was_right;
    c->n_lost += was_right && !is_right;
    moments_add(&c->loss, own.loss - reference.loss);
}

dc_comparison comparison_result(const comparison *c)
{
    dc_comparison out = {
        .is_there = true,
        .divergence = moments_measure(&c->divergence),
        .agreement = share_measure(c->n_agreed, c->divergence.n),
        .top1_gain = gain_measure(c->n_gained, c->n_lost, c->n_labelled),
        .loss_rise = moments_measure(&c->loss),
    };
    out.divergence.low = out.divergence.low < 0 ? 0 : out.divergence.low;
    return out;
}
