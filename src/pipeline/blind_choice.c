/* SPDX-License-Identifier: MIT
 *
 * What each layer could be: left as it is, as halves, or pruned to one of some densities and shared
 * with 1 to 8 bits; what error that makes of the weights, and what it would be worth in the file,
 * both estimated on a sample of the layer's weights. The change of the outputs grows with the error
 * of the weights, so many times the layer's `slope`; changes by several layers add up. Then the
 * least bytes for a sum of changes are found by a price, the same for all layers: each layer takes
 * what is cheapest in bytes + price * change, and the price is bisected.
 */
#include "blind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_SAMPLE 16384u /* weights of a layer that are looked at */
#define OUTLIERS 0.02   /* share of what is not zero that a layer's energy is measured without */
#define FEW_ZEROS 0.02  /* share of zeros up to which they are weights like others          */
#define MAX_CELLS (DC_MAX_CODEBOOK + 2)
#define N_SETTLE 15u
#define GAP_OVERHEAD 1.03 /* of coded gaps over their entropy */
#define BYTES_A_CENTROID 2.5
#define N_PRICE_STEPS 100 /* of the bisection */
#define LEAST_PRICE 1e-6  /* bytes for a change as large as the outputs */
#define MOST_PRICE 1e15

/* Shares of what is not zero. */
static const double densities[] = { 1, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.13, 0.08, 0.04, 0.02 };

#define N_CHOICES (DC_COUNT_OF(densities) * BLIND_MAX_SHARED + 2)

/* Of a layer's weights, ascending. */
typedef struct sample {
    float *values;
    double *gaps; /* (n): between value i - 1 and value i, to the power 2/3; [0] is 0 */
    uint64_t n, n_zero;
    double weight; /* of one: how many it stands for */
} sample;

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static dc_status take_sample(sample *out, const dc_param *param, dc_arena *arena)
{
    dc_rng rng;
    sample s = { .n = DC_MIN(param->n_values, N_SAMPLE) };
    s.values = dc_arena_take(arena, s.n, sizeof *s.values);
    s.gaps = dc_arena_take(arena, s.n, sizeof *s.gaps);
    DC_TRY(arena->status);
    s.weight = (double)param->n_values / (double)s.n;
    dc_rng_init(&rng, 1, param->n_values);
    for (uint64_t i = 0; i < s.n; i++) {
        const bool is_all = s.n == param->n_values;
        s.values[i] = param->values[is_all ? i : dc_rng_below(&rng, param->n_values)];
        s.n_zero += s.values[i] == 0.0f;
    }
    qsort(s.values, s.n, sizeof *s.values, by_value);
    for (uint64_t i = 1; i < s.n; i++) {
        const double gap = (double)s.values[i] - (double)s.values[i - 1];
        s.gaps[i] = cbrt(gap * gap);
    }
    *out = s;
    return DC_OK;
}

/* The places *from .. *end - 1 that the n smallest magnitudes have. */
static void find_smallest(uint64_t *from, uint64_t *end, const sample *s, uint64_t n)
{
    uint64_t low = 0;
    while (low < s->n && s->values[low] < 0)
        low++;
    uint64_t high = low;
    while (high - low < n) {
        const bool is_up = low == 0 || (high < s->n && s->values[high] <= -s->values[low - 1]);
        high += is_up;
        low -= !is_up;
    }
    *from = low;
    *end = high;
}

static double energy_of(const sample *s, uint64_t from, uint64_t end)
{
    double energy = 0;
    for (uint64_t i = from; i < end; i++)
        energy += (double)s->values[i] * (double)s->values[i];
    return energy * s->weight;
}

/* Without the largest ones. */
static double inner_energy(const sample *s)
{
    uint64_t from, end;
    find_smallest(&from, &end, s, s->n - (uint64_t)ceil(OUTLIERS * (double)(s->n - s->n_zero)));
    return energy_of(s, from, end);
}

/* Bits of one symbol of which there are counts[0..n-1]. */
static double entropy(const uint64_t *counts, uint32_t n)
{
    double sum = 0, bits = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)counts[i];
    for (uint32_t i = 0; i < n; i++)
        if (counts[i] > 0)
            bits -= (double)counts[i] / sum * log2((double)counts[i] / sum);
    return bits;
}

/* The values that are left when those from .. end - 1 are pruned, in about k cells: what is below
 * zero and what is above it are two runs of cells. */
typedef struct cells {
    const sample *sample;
    uint64_t from, end;
    uint32_t n;
    uint64_t starts[MAX_CELLS + 1], ends[MAX_CELLS + 1];
    double means[MAX_CELLS + 1];
} cells;

/* How wide a cell is: a k-th of all gaps, of which none counts for more than a cell. */
static double cell_width(const cells *c, uint32_t k)
{
    const sample *s = c->sample;
    double width = INFINITY;
    for (int round = 0; round < 4; round++) {
        double sum = 0;
        for (uint64_t i = 1; i < s->n; i++)
            if (i < c->from || i > c->end)
                sum += fmin(s->gaps[i], width);
        width = sum / k;
    }
    return width;
}

static void add_cell(cells *c, uint64_t from, uint64_t end)
{
    c->starts[c->n] = from;
    c->ends[c->n++] = end;
}

/* Equal steps of the 2/3 power of the gaps, so that cells are narrow where values are dense, as the
 * best ones are [Panter and Dite 1951]; of width 0: a cell for each different value. */
static void cut(cells *c, uint64_t from, uint64_t end, double width)
{
    const double *gaps = c->sample->gaps;
    uint64_t start = from;
    uint32_t n_left = DC_MAX_CODEBOOK;
    double sum = 0, step = 0;
    for (uint64_t i = from + 1; i < end && width > 0; i++)
        sum += fmin(gaps[i], width);
    if (width > 0) {
        n_left = (uint32_t)fmax(floor(sum / width + 0.5), 1);
        step = sum / n_left * (1 - 1e-9);
    }
    sum = 0;
    for (uint64_t i = from + 1; i < end; i++) {
        sum += fmin(gaps[i], width);
        if (n_left <= 1 || sum < step || !(gaps[i] > 0))
            continue;
        add_cell(c, start, i);
        start = i;
        sum -= step;
        n_left--;
    }
    if (end > from)
        add_cell(c, start, end);
}

static double mean_of(const sample *s, uint64_t from, uint64_t end)
{
    double sum = 0;
    for (uint64_t i = from; i < end; i++)
        sum += (double)s->values[i];
    return sum / (double)(end - from);
}

/* Lloyd's step: bounds go half way between the means. */
static void settle(cells *c)
{
    const float *values = c->sample->values;
    for (uint32_t i = 0; i < c->n; i++)
        c->means[i] = mean_of(c->sample, c->starts[i], c->ends[i]);
    for (uint32_t i = 1; i < c->n; i++) {
        const double middle = (c->means[i - 1] + c->means[i]) / 2;
        uint64_t at = c->starts[i];
        if (c->ends[i - 1] != at)
            continue; /* what is pruned lies between */
        while (at > c->starts[i - 1] + 1 && (double)values[at - 1] > middle)
            at--;
        while (at + 1 < c->ends[i] && (double)values[at] <= middle)
            at++;
        c->ends[i - 1] = c->starts[i] = at;
    }
}

static double error_of(const cells *c)
{
    double error = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const double mean = mean_of(c->sample, c->starts[i], c->ends[i]);
        for (uint64_t k = c->starts[i]; k < c->ends[i]; k++) {
            const double off = (double)c->sample->values[k] - mean;
            error += off * off;
        }
    }
    return error;
}

static bool has_few_values(const cells *c, uint32_t k)
{
    const sample *s = c->sample;
    uint32_t n = 0;
    for (uint64_t i = 0; i < s->n && n <= k; i++)
        if (i < c->from || i >= c->end)
            n += i == 0 || i == c->end || s->gaps[i] > 0;
    return n <= k;
}

/* Bytes of the layer: one code a weight, or codes and gaps. */
static double bytes_of(const cells *c)
{
    const sample *s = c->sample;
    const uint64_t n_pruned = c->end - c->from, places[] = { s->n - n_pruned, n_pruned };
    uint64_t counts[MAX_CELLS + 1];
    for (uint32_t i = 0; i < c->n; i++)
        counts[i] = c->ends[i] - c->starts[i];
    counts[c->n] = n_pruned;
    const double with_gaps = (double)places[0] * entropy(counts, c->n) +
                             GAP_OVERHEAD * (double)s->n * entropy(places, 2);
    const double plain = (double)s->n * entropy(counts, c->n + 1);
    return s->weight * DC_MIN(plain, with_gaps) / 8 + BYTES_A_CENTROID * c->n;
}

/* *is_exact: there are so few values that all are kept. */
static void share(blind_choice *choice, bool *is_exact, const sample *s, uint64_t n_pruned)
{
    cells c = { .sample = s };
    const uint32_t k = (1u << choice->bits) - (n_pruned > 0);
    find_smallest(&c.from, &c.end, s, n_pruned);
    *is_exact = has_few_values(&c, k);
    const double width = *is_exact ? 0 : cell_width(&c, k);
    cut(&c, 0, n_pruned > 0 ? c.from : s->n, width);
    if (n_pruned > 0)
        cut(&c, c.end, s->n, width);
    for (uint32_t i = 0; i < N_SETTLE && !*is_exact; i++)
        settle(&c);
    choice->error = energy_of(s, c.from, c.end) + (*is_exact ? 0 : s->weight * error_of(&c));
    choice->bytes = bytes_of(&c);
}

static double half_error(const sample *s)
{
    double error = 0;
    for (uint64_t i = 0; i < s->n; i++) {
        const double d = (double)s->values[i] - (double)dc_f16_round(s->values[i]);
        error += d * d;
    }
    return isfinite(error) ? error * s->weight : INFINITY;
}

/* All ways to store the layer. */
static void list_choices(blind_layer *layer, const sample *s)
{
    const double n_values = (double)s->n * s->weight;
    layer->has_zeros = (double)s->n_zero > FEW_ZEROS * (double)s->n;
    const uint64_t n_zero = layer->has_zeros ? s->n_zero : 0;
    layer->energy = inner_energy(s);
    layer->choices[layer->n_choices++] = (blind_choice){ 1, 32, 0, 4 * n_values };
    layer->choices[layer->n_choices++] =
        (blind_choice){ 1, BLIND_HALVES, half_error(s), 2 * n_values };
    for (uint32_t d = 0; d < DC_COUNT_OF(densities); d++) {
        const uint64_t n_kept = (uint64_t)ceil(densities[d] * (double)(s->n - n_zero));
        bool is_exact = false;
        const uint64_t n_pruned = s->n - n_kept;
        for (uint32_t bits = n_pruned > 0 ? 2 : 1; /* zero is one of the values */
             bits <= BLIND_MAX_SHARED && n_kept > 0 && !is_exact; bits++) {
            blind_choice *choice = &layer->choices[layer->n_choices++];
            *choice = (blind_choice){ densities[d], bits, 0, 0 };
            share(choice, &is_exact, s, n_pruned);
        }
    }
}

static dc_status study_layer(void *payload, uint64_t index)
{
    blind_layer *layer = (blind_layer *)payload + index;
    dc_arena arena = { 0 };
    sample s;
    const dc_status status = take_sample(&s, layer->dense, &arena);
    if (status == DC_OK)
        list_choices(layer, &s);
    dc_arena_clear(&arena);
    return status;
}

dc_status blind_layers_study(blind_layer **out, uint32_t *n_out, const dc_model *dense,
                             dc_arena *arena)
{
    uint32_t n = 0;
    blind_layer *layers = dc_arena_take(arena, dense->n_params, sizeof *layers);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < dense->n_params; i++) {
        if (dense->params[i].role != DC_ROLE_WEIGHT)
            continue;
        layers[n].dense = &dense->params[i];
        layers[n].slope = INFINITY;
        layers[n].param = i;
        layers[n].name = dense->nodes[dense->params[i].node].name;
        layers[n++].choices = dc_arena_take(arena, N_CHOICES, sizeof(blind_choice));
    }
    DC_TRY(arena->status);
    DC_TRY(dc_pool_run(n, study_layer, layers));
    *out = layers;
    *n_out = n;
    return DC_OK;
}

double blind_layer_change(const blind_layer *layer, uint32_t choice)
{
    const double error = layer->choices[choice].error;
    return error > 0 ? error * layer->slope : 0;
}

static uint32_t cheapest(const blind_layer *layer, double price)
{
    uint32_t best = 0;
    double least = INFINITY;
    for (uint32_t i = 0; i < layer->n_choices; i++) {
        const double cost = layer->choices[i].bytes + price * blind_layer_change(layer, i);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    return best;
}

/* Chooses by this price; the sum of changes. */
static double choose_at(blind_layer *layers, uint32_t n, double price)
{
    double change = 0;
    for (uint32_t i = 0; i < n; i++) {
        layers[i].chosen = cheapest(&layers[i], price);
        change += blind_layer_change(&layers[i], layers[i].chosen);
    }
    return change;
}

/* Step by step, the choice that gains most and costs no more than what is left: with `for_bytes`
 * bytes are gained and changes of the outputs paid, without it the other way round. */
static void spend(blind_layer *layers, uint32_t n, double left, bool for_bytes)
{
    for (;;) {
        double most = 0, used = 0;
        uint32_t layer = 0, choice = 0;
        for (uint32_t i = 0; i < n; i++) {
            const blind_layer *l = &layers[i];
            const double change = blind_layer_change(l, l->chosen);
            for (uint32_t k = 0; k < l->n_choices; k++) {
                const double changes = blind_layer_change(l, k) - change;
                const double bytes = l->choices[k].bytes - l->choices[l->chosen].bytes;
                const double cost = for_bytes ? changes : bytes;
                const double gain = for_bytes ? -bytes : -changes;
                if (cost > left || !(gain > most))
                    continue;
                most = gain;
                used = cost;
                layer = i;
                choice = k;
            }
        }
        if (most <= 0)
            return;
        layers[layer].chosen = choice;
        left -= used;
    }
}

void blind_layers_choose(blind_layer *layers, uint32_t n, double allowance)
{
    double low = log(LEAST_PRICE), high = log(MOST_PRICE);
    if (choose_at(layers, n, LEAST_PRICE) <= allowance)
        return;
    for (int i = 0; i < N_PRICE_STEPS; i++) {
        const double middle = (low + high) / 2;
        if (choose_at(layers, n, exp(middle)) <= allowance)
            high = middle;
        else
            low = middle;
    }
    spend(layers, n, allowance - choose_at(layers, n, exp(high)), true);
}

void blind_layers_refine(blind_layer *layers, uint32_t n, double left)
{
    spend(layers, n, left, false);
}

double blind_layers_bytes(const blind_layer *layers, uint32_t n)
{
    double bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += layers[i].choices[layers[i].chosen].bytes;
    return bytes;
}
