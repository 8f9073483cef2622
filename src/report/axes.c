/* SPDX-License-Identifier: MIT
 *
 * Scales and ticks. A linear axis steps by 1, 2 or 5 times a power of ten. A log axis labels its
 * decades, every second or third when there are many; with room to spare also 2 and 5 times each,
 * and it has minor ticks between; with less than a decade it is ticked like a linear one.
 *
 * Tick text: all ticks of a linear axis have the same number of decimals; of a linear axis that
 * goes to 10,000 or on they are written in k, M, G or T. A log axis writes its numbers in full, or
 * in powers of ten when it goes below 1/10,000 or beyond 100,000.
 */
#include "axes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HUGEST 1e100
#define FAR_PIXELS 1e6

bool dc_scale_takes(const dc_scale *s, double value)
{
    return fabs(value) < HUGEST && (!s->is_log || value > 1 / HUGEST);
}

double dc_scale_at(const dc_scale *s, double value)
{
    if (!dc_scale_takes(s, value))
        return NAN;
    const double share = s->is_log ? log(value / s->min) / log(s->max / s->min)
                                   : (value - s->min) / (s->max - s->min);
    const double at = s->at_min + share * (s->at_max - s->at_min);
    return at < -FAR_PIXELS ? -FAR_PIXELS : at > FAR_PIXELS ? FAR_PIXELS : at;
}

dc_range dc_range_empty(void)
{
    return (dc_range){ HUGEST, -HUGEST, HUGEST };
}

void dc_range_add(dc_range *r, double value)
{
    if (!(fabs(value) < HUGEST))
        return;
    r->min = DC_MIN(r->min, value);
    r->max = DC_MAX(r->max, value);
    if (value > 1 / HUGEST)
        r->min_above0 = DC_MIN(r->min_above0, value);
}

dc_scale dc_range_scale(const dc_range *r, const dc_axis *axis)
{
    dc_scale s = { .min = r->min, .max = r->max, .is_log = axis->is_log };
    if (axis->min != 0 || axis->max != 0)
        s.min = axis->min, s.max = axis->max;
    else if (axis->is_log)
        s.min = r->min_above0;
    if (!dc_scale_takes(&s, s.min) || !dc_scale_takes(&s, s.max) || s.min > s.max)
        s.min = axis->is_log ? 1 : 0, s.max = axis->is_log ? 10 : 1;
    if (axis->is_log && s.max < s.min * 1.001)
        s.min /= 2, s.max *= 2;
    const double size = DC_MAX(fabs(s.min), fabs(s.max));
    if (!axis->is_log && !(s.max - s.min > size * 1e-9)) {
        s.min -= size > 0 ? size * 0.1 : 0.5;
        s.max += size > 0 ? size * 0.1 : 0.5;
    }
    return s;
}

double dc_nice_step(double min, double max, unsigned n_wanted)
{
    static const double factors[] = { 1, 2, 5, 10 };
    const double least = (max - min) / (n_wanted > 0 ? n_wanted : 1);
    const double power = pow(10, floor(log10(least)));
    for (unsigned i = 0; i < DC_COUNT_OF(factors); i++)
        if (factors[i] * power >= least * (1 - 1e-9))
            return factors[i] * power;
    return 10 * power;
}

void dc_scale_round(dc_scale *s, unsigned n_wanted)
{
    if (s->is_log)
        return;
    const double step = dc_nice_step(s->min, s->max, n_wanted);
    s->min = floor(s->min / step + 1e-6) * step;
    s->max = ceil(s->max / step - 1e-6) * step;
}

/* Digits with a comma between thousands. */
static void number_grouped(char *out, size_t n_out, double value, int n_decimals)
{
    char plain[64];
    const int n = dc_print(plain, sizeof plain, "%.*f", n_decimals, fabs(value));
    const int n_whole = n_decimals > 0 ? n - n_decimals - 1 : n;
    size_t at = 0;
    if (value < 0 && strspn(plain, "0.") < (size_t)n && at + 1 < n_out)
        out[at++] = '-';
    for (int i = 0; i < n && at + 2 < n_out; i++) {
        if (i > 0 && i < n_whole && (n_whole - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = '\0';
}

typedef struct magnitude {
    double size;
    const char *suffix;
} magnitude;

static magnitude magnitude_of(double value)
{
    static const magnitude all[] = { { 1e12, " T" }, { 1e9, " G" }, { 1e6, " M" }, { 1e4, " k" } };
    for (unsigned i = 0; i < DC_COUNT_OF(all); i++)
        if (fabs(value) >= all[i].size * (1 - 5e-4))
            return (magnitude){ all[i].size == 1e4 ? 1e3 : all[i].size, all[i].suffix };
    return (magnitude){ 1, "" };
}

static int n_decimals_of(double step)
{
    const int n = (int)-floor(log10(step) + 1e-9);
    return DC_MAX(n, 0);
}

void dc_number_short(char *out, size_t n_out, double value)
{
    const magnitude m = magnitude_of(value);
    const double scaled = value / m.size, size = fabs(scaled);
    if (!(fabs(value) < 1e16) || (size > 0 && size < 1e-3)) {
        dc_print(out, n_out, "%.3g", value);
        return;
    }
    const int n_decimals = size == 0 || (m.size == 1 && scaled == floor(scaled)) || size >= 99.95
                               ? 0 : size >= 9.995 ? 1 : 2;
    char digits[48];
    number_grouped(digits, sizeof digits, scaled, size > 0 && size < 0.1 ? 4 : n_decimals);
    snprintf(out, n_out, "%s%s", digits, m.suffix);
}

static void tick_add(dc_ticks *t, double value, const char *text)
{
    if (t->n == DC_TICKS_MAX)
        return;
    dc_tick *tick = &t->items[t->n++];
    tick->value = value;
    snprintf(tick->text, sizeof tick->text, "%s", text);
}

static void ticks_linear(dc_ticks *t, double min, double max, unsigned n_wanted)
{
    t->step = dc_nice_step(min, max, n_wanted);
    const magnitude m = magnitude_of(DC_MAX(fabs(min), fabs(max)));
    const int n_decimals = n_decimals_of(t->step / m.size);
    const double first = ceil(min / t->step - 1e-6), last = floor(max / t->step + 1e-6);
    for (double i = first; i <= last && t->n < DC_TICKS_MAX; i++) {
        char digits[24], text[48];
        const double value = i * t->step;
        if (n_decimals > 5 || fabs(value) >= 1e16)
            dc_print(digits, sizeof digits, "%.6g", i == 0 ? 0.0 : value);
        else
            number_grouped(digits, sizeof digits, value / m.size, n_decimals);
        const bool is_bare = n_decimals > 5 || fabs(value) >= 1e16;
        if (i == 0 && m.size > 1)
            snprintf(text, sizeof text, "0");
        else
            snprintf(text, sizeof text, "%s%s", digits, is_bare ? "" : m.suffix);
        tick_add(t, value, text);
    }
}

/* `factor` * 10^exponent as text. */
static void log_text(char *out, size_t n_out, int factor, int exponent, bool in_powers)
{
    if (in_powers && factor == 1)
        snprintf(out, n_out, "10" DC_SUPERSCRIPT "%d", exponent);
    else
        number_grouped(out, n_out, factor * pow(10, exponent), DC_MAX(-exponent, 0));
}

static void ticks_log(dc_ticks *t, double min, double max, unsigned n_wanted)
{
    const double low = log10(min), high = log10(max);
    const int first = (int)floor(low), last = (int)ceil(high);
    const bool in_powers = low < -4.5 || high > 5.5;
    const int stride = DC_MAX(1, (int)ceil((high - low) / DC_MAX(n_wanted, 1u)));
    const bool has_fives = !in_powers && (high - low) * 3 <= n_wanted;
    for (int e = first; e <= last; e++) {
        for (int factor = 1; factor < 10; factor++) {
            const double value = factor * pow(10, e);
            if (value < min * (1 - 1e-9) || value > max * (1 + 1e-9) || (factor > 1 && stride > 1))
                continue;
            char text[48] = "";
            if ((factor == 1 && e % stride == 0) || (has_fives && (factor == 2 || factor == 5)))
                log_text(text, sizeof text, factor, e, in_powers);
            tick_add(t, value, text);
        }
    }
}

void dc_ticks_make(dc_ticks *t, double min, double max, bool is_log, unsigned n_wanted)
{
    *t = (dc_ticks){ 0 };
    if (is_log && max / min >= 10)
        ticks_log(t, min, max, n_wanted);
    else
        ticks_linear(t, min, max, n_wanted);
}
