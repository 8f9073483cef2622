/* SPDX-License-Identifier: MIT
 *
 * The loss of one answer (of a sample, or a step) with logits z, label t, smoothing s, K classes is
 *     (1 - a) CE((1 - s) onehot(t) + s / K, softmax(z)) + a T^2 KL(softmax(u / T), softmax(z / T))
 * where u are the teacher's logits, KL is CE less what it is for a perfect student, and a is 0
 * without a teacher. Its gradient is
 *     (1 - a) (softmax(z) - target) + a T (softmax(z / T) - softmax(u / T)).
 * Of sigmoid outputs each is a decision for itself: CE is then the sum over the outputs of the
 * binary cross-entropy, KL the sum of theirs, sigmoid stands for softmax, and s / K becomes s / 2.
 * A single one decides between class 0, whose logit is 0, and class 1.
 * Who is right is dc_class_rank's to say. Sums are made in double, in the order of samples.
 */
#include "loss.h"

#include <math.h>
#include <string.h>

/* Maximum and log of the sum of exp of z / T. */
static double log_sum(const float *z, uint32_t n, double temperature)
{
    double top = (double)z[0], sum = 0;
    for (uint32_t k = 1; k < n; k++)
        top = (double)z[k] > top ? (double)z[k] : top;
    for (uint32_t k = 0; k < n; k++)
        sum += exp(((double)z[k] - top) / temperature);
    return top / temperature + log(sum);
}

static double softmax_part(const dc_loss *loss, const float *z, uint32_t label, double weight,
                           float *dz)
{
    const uint32_t n = loss->n_outputs;
    const double s = loss->smoothing;
    double sum = 0, mean = 0, top = (double)z[0];
    for (uint32_t k = 1; k < n; k++)
        top = (double)z[k] > top ? (double)z[k] : top;
    for (uint32_t k = 0; k < n; k++) {
        const float e = expf((float)((double)z[k] - top));
        sum += (double)e;
        mean += (double)z[k] / n;
        if (dz)
            dz[k] = e; /* until the sum is known */
    }
    for (uint32_t k = 0; dz && k < n; k++)
        dz[k] = (float)(weight * ((double)dz[k] / sum - s / n));
    if (dz)
        dz[label] -= (float)(weight * (1 - s));
    const double whole = top + log(sum);
    return whole - (1 - s) * (double)z[label] - (s > 0 ? s * mean : 0);
}

/* Adds to dz. */
static double softmax_teacher_part(const dc_loss *loss, const float *z, const float *u,
                                   double weight, float *dz)
{
    const uint32_t n = loss->n_outputs;
    const double t = loss->temperature;
    const double of_z = log_sum(z, n, t), of_u = log_sum(u, n, t);
    double divergence = 0;
    for (uint32_t k = 0; k < n; k++) {
        const double log_wanted = (double)u[k] / t - of_u, wanted = exp(log_wanted);
        divergence += wanted * (log_wanted - ((double)z[k] / t - of_z));
        if (dz)
            dz[k] += (float)(weight * t * (exp((double)z[k] / t - of_z) - wanted));
    }
    return t * t * divergence;
}

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

/* log(1 + exp(z)) */
static double softplus(double z)
{
    return DC_MAX(z, 0.0) + log1p(exp(-fabs(z)));
}

static double sigmoid_part(const dc_loss *loss, const float *z, uint32_t label, double weight,
                           float *dz)
{
    const double s = loss->smoothing;
    double sum = 0;
    for (uint32_t k = 0; k < loss->n_outputs; k++) {
        const double at = (double)z[k], is_it = loss->n_outputs == 1 ? label : k == label;
        const double target = (1 - s) * is_it + s / 2;
        sum += softplus(at) - target * at;
        if (dz)
            dz[k] = (float)(weight * (sigmoid(at) - target));
    }
    return sum;
}

/* Adds to dz. */
static double sigmoid_teacher_part(const dc_loss *loss, const float *z, const float *u,
                                   double weight, float *dz)
{
    const double t = loss->temperature;
    double divergence = 0;
    for (uint32_t k = 0; k < loss->n_outputs; k++) {
        const double at = (double)z[k] / t, of_u = (double)u[k] / t, wanted = sigmoid(of_u);
        divergence += wanted * (of_u - at) + softplus(at) - softplus(of_u);
        if (dz)
            dz[k] += (float)(weight * t * (sigmoid(at) - wanted));
    }
    return t * t * divergence;
}

static double sample_loss(const dc_loss *loss, const float *z, uint32_t label, const float *u,
                          uint32_t n, float *dz)
{
    const double a = u ? loss->teacher_weight : 0, hard = (1 - a) / n;
    double sum = (1 - a) * (loss->is_sigmoid ? sigmoid_part(loss, z, label, hard, dz)
                                             : softmax_part(loss, z, label, hard, dz));
    if (a > 0)
        sum += a * (loss->is_sigmoid ? sigmoid_teacher_part(loss, z, u, a / n, dz)
                                     : softmax_teacher_part(loss, z, u, a / n, dz));
    return sum;
}

uint32_t dc_loss_n_classes(const dc_loss *loss)
{
    return loss->is_sigmoid && loss->n_outputs == 1 ? 2 : loss->n_outputs;
}

/* One step of one sample, of n that count. */
static dc_status add_step(dc_tally *tally, const dc_loss *loss, const float *z, int32_t label,
                          const float *u, uint32_t n, float *dz)
{
    const bool is_binary = loss->is_sigmoid && loss->n_outputs == 1;
    const uint32_t n_classes = dc_loss_n_classes(loss), of = (uint32_t)label;
    const float binary[] = { 0, z[0] };
    DC_TRY(dc_label_check(label, n_classes));
    dc_tally_add(tally, (dc_verdict){ .rank = dc_class_rank(is_binary ? binary : z, n_classes, of),
                                      .loss = sample_loss(loss, z, of, u, n, dz) });
    return DC_OK;
}

dc_status dc_loss_add(dc_tally *tally, const dc_loss *loss, uint32_t n, const float *logits,
                      const dc_target *target, const float *teacher, float *d_logits)
{
    const uint32_t n_steps = target->n_steps;
    uint32_t n_counted = 0;
    for (uint32_t i = 0; i < n; i++)
        n_counted += dc_target_length(target, i);
    for (uint64_t row = 0; row < (uint64_t)n * n_steps; row++) {
        const uint64_t at = row * loss->n_outputs;
        float *dz = d_logits ? d_logits + at : NULL;
        if (row % n_steps < dc_target_length(target, (uint32_t)(row / n_steps)))
            DC_TRY(add_step(tally, loss, logits + at, target->classes[row],
                            teacher ? teacher + at : NULL, n_counted, dz));
        else if (dz)
            memset(dz, 0, loss->n_outputs * sizeof *dz);
    }
    return DC_OK;
}
