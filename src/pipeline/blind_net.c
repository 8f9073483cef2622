/* SPDX-License-Identifier: MIT
 *
 * A network on made-up inputs (or samples), and what a changed copy of it does with them. A walk
 * goes node by node, all samples at once, from the first node that differs; where it needs a value
 * of the dense network, that was kept (what layers with weights and nodes of several inputs read)
 * or is made again. Values that come and go share buffers.
 *
 * Batch norm knows the mean that a channel has on real data. Where a changed layer's output has
 * moved in the mean over made-up inputs, its batch norm's mean moves along, and most of the damage
 * is gone: in a MobileNet whose weights share 64 values a layer, all of the 14 points that it had
 * lost. Only as far as both kinds of samples agree, and only before a batch norm: elsewhere nothing
 * vouches for the mean of made-up inputs, and in a LeNet the same correction does harm.
 */
#include "blind.h"
#include "run_internal.h"

#include <math.h>
#include <string.h>

#define PRODUCTS 1.5e11             /* of all walks together, about: sets the number of samples */
#define OTHER_WALKS 12              /* beside those of single layers, half a network each       */
#define KEPT_BYTES (UINT64_C(384) << 20)
#define MAX_SAMPLES 128
#define MIN_SAMPLES 4.0
#define MAX_PRODUCTS 1e11 /* of one sample: a walk would take minutes */
#define SEED 1
#define SPREAD_FACTOR 4.0 /* a move may be twice as large beside the spread as beside the size */
#define LEAST_SIZE 0.01   /* of a sample's outputs, as a share of the mean, in squares         */
#define LEAST_SPREAD 1e-11 /* as a share of the size, in squares: what rounding makes          */
#define LEAST_APART 0.01  /* of one output from another, as a share of the spread, in squares  */

/* ---- buffers --------------------------------------------------------------------------------- */

struct blind_buffers {
    uint32_t n;
    struct {
        float *data;
        uint64_t n_values;
        bool is_taken;
    } *items; /* one a node at most */
};

static dc_status take_buffer(uint32_t *out, struct blind_buffers *b, uint64_t n_values)
{
    uint32_t best = b->n; /* the smallest that is large enough */
    for (uint32_t i = 0; i < b->n; i++)
        if (!b->items[i].is_taken && b->items[i].n_values >= n_values &&
            (best == b->n || b->items[i].n_values < b->items[best].n_values))
            best = i;
    for (uint32_t i = 0; i < b->n && best == b->n; i++)
        if (!b->items[i].is_taken)
            best = i;
    if (best == b->n)
        b->items[b->n++].n_values = 0;
    if (b->items[best].n_values < n_values) {
        dc_release(b->items[best].data);
        b->items[best].n_values = 0;
        b->items[best].data = dc_grow(NULL, n_values, sizeof(float));
        if (b->items[best].data == NULL)
            return DC_ENOMEM;
        b->items[best].n_values = n_values;
    }
    b->items[best].is_taken = true;
    *out = best;
    return DC_OK;
}

/* ---- walking --------------------------------------------------------------------------------- */

typedef struct walk {
    blind_net *net;
    dc_model *model;
    uint32_t target;    /* the last node to make                           */
    bool *is_wanted;    /* by node: must be made                           */
    uint32_t *last_use; /* by node: the last one made that reads it        */
    uint32_t *buffers;  /* by node: where its value is, when it was made   */
    const float **inputs; /* of one node                                   */
    bool corrects;
} walk;

static bool is_changed(const blind_net *net, const dc_model *model, uint32_t index)
{
    const dc_node *mine = &model->nodes[index], *dense = &net->dense->nodes[index];
    for (uint32_t i = 0; i < mine->kind->n_params; i++) {
        if (mine->params[i] == DC_NONE)
            continue;
        const dc_param *a = &model->params[mine->params[i]];
        const dc_param *b = &net->dense->params[dense->params[i]];
        if (memcmp(a->values, b->values, a->n_values * sizeof(float)) != 0)
            return true;
    }
    return false;
}

/* What differs from the dense network, and what that needs; all of it when the model is the dense
 * one. */
static void find_wanted(walk *w)
{
    const blind_net *net = w->net;
    for (uint32_t i = 1; i <= w->target; i++) {
        const dc_node *node = &w->model->nodes[i];
        bool is_moved = w->model == net->dense || is_changed(net, w->model, i);
        for (uint32_t k = 0; k < node->n_inputs && !is_moved; k++)
            is_moved = w->is_wanted[node->inputs[k]];
        w->is_wanted[i] = is_moved && net->is_live[i];
    }
    for (uint32_t i = w->target; i > 0; i--) {
        const dc_node *node = &w->model->nodes[i];
        for (uint32_t k = 0; k < node->n_inputs && w->is_wanted[i]; k++) {
            const uint32_t from = node->inputs[k];
            w->is_wanted[from] = w->is_wanted[from] || net->kept[from] == NULL;
            w->last_use[from] = DC_MAX(w->last_use[from], i);
        }
    }
}

static float *value_of(const walk *w, uint32_t node)
{
    return w->is_wanted[node] ? w->net->buffers->items[w->buffers[node]].data : w->net->kept[node];
}

/* Means of each channel over each kind's samples: means (BLIND_KINDS, K) from y (n, K, ...). */
static void channel_means(double *means, const blind_net *net, const dc_shape *shape,
                          const float *y)
{
    const uint64_t n_channels = shape->dims[0], plane = dc_shape_count(shape) / n_channels;
    const double count = (double)plane * net->n_samples / BLIND_KINDS;
    for (uint64_t i = 0; i < BLIND_KINDS * n_channels; i++)
        means[i] = 0;
    for (uint64_t i = 0; i < net->n_samples * n_channels; i++) {
        double sum = 0;
        for (uint64_t j = 0; j < plane; j++)
            sum += (double)y[i * plane + j];
        means[i / n_channels % BLIND_KINDS * n_channels + i % n_channels] += sum / count;
    }
}

/* The part of a move that all kinds of samples show. */
static double agreed(const double *now, const double *before, uint64_t step)
{
    double least = now[0] - before[0];
    for (uint32_t kind = 1; kind < BLIND_KINDS; kind++) {
        const double move = now[kind * step] - before[kind * step];
        if ((move > 0) != (least > 0))
            return 0;
        least = fabs(move) < fabs(least) ? move : least;
    }
    return isfinite(least) ? least : 0;
}

static dc_status correct(walk *w, uint32_t index, dc_arena *arena)
{
    const dc_shape *shape = &w->model->nodes[index].shape;
    const uint64_t n = shape->dims[0];
    const uint32_t param = dc_node_param(&w->model->nodes[w->net->norms[index]], NORM_MEAN);
    const float *before = w->net->dense->params[param].values;
    float *mean = w->model->params[param].values;
    double *now = dc_arena_take(arena, BLIND_KINDS * n, sizeof *now);
    DC_TRY(arena->status);
    channel_means(now, w->net, shape, value_of(w, index));
    for (uint64_t k = 0; k < n; k++)
        mean[k] = (float)((double)before[k] + agreed(now + k, w->net->means[index] + k, n));
    return DC_OK;
}

static dc_status make_value(walk *w, uint32_t index)
{
    const dc_node *node = &w->model->nodes[index];
    DC_TRY(take_buffer(&w->buffers[index], w->net->buffers,
                       w->net->n_samples * dc_shape_count(&node->shape)));
    for (uint32_t k = 0; k < node->n_inputs; k++)
        w->inputs[k] = value_of(w, node->inputs[k]);
    return dc_node_forward(w->model, index, w->net->n_samples, NULL, w->inputs,
                           value_of(w, index));
}

static void let_go(walk *w, uint32_t index)
{
    w->net->buffers->items[w->buffers[index]].is_taken = false;
}

/* Of the dense network: its value and means, where they will be asked for. */
static dc_status keep(walk *w, uint32_t index)
{
    blind_net *net = w->net;
    const dc_node *node = &w->model->nodes[index];
    const uint64_t n = net->n_samples * dc_shape_count(&node->shape);
    if (net->is_kept[index]) {
        net->kept[index] = dc_arena_take(&net->arena, n, sizeof(float));
        DC_TRY(net->arena.status);
        memcpy(net->kept[index], value_of(w, index), n * sizeof(float));
    }
    if (net->norms[index] == DC_NONE)
        return DC_OK;
    net->means[index] = dc_arena_take(&net->arena, BLIND_KINDS * node->shape.dims[0],
                                      sizeof(double));
    DC_TRY(net->arena.status);
    channel_means(net->means[index], net, &node->shape, value_of(w, index));
    return DC_OK;
}

static dc_status make_all(walk *w, dc_arena *arena)
{
    for (uint32_t i = 1; i <= w->target; i++) {
        const dc_node *node = &w->model->nodes[i];
        if (!w->is_wanted[i])
            continue;
        DC_TRY(make_value(w, i));
        if (w->model == w->net->dense && w->target == w->net->output)
            DC_TRY(keep(w, i));
        if (w->corrects && w->net->means[i] != NULL)
            DC_TRY(correct(w, i, arena));
        for (uint32_t k = 0; k < node->n_inputs; k++)
            if (w->is_wanted[node->inputs[k]] && w->last_use[node->inputs[k]] == i)
                let_go(w, node->inputs[k]);
    }
    return DC_OK;
}

static uint32_t most_inputs(const dc_model *model)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        most = DC_MAX(most, model->nodes[i].n_inputs);
    return most;
}

static dc_status do_walk(const float **value, walk *w, dc_arena *arena)
{
    const uint32_t n = w->model->n_nodes;
    w->is_wanted = dc_arena_take(arena, n, sizeof *w->is_wanted);
    w->last_use = dc_arena_take(arena, n, sizeof *w->last_use);
    w->buffers = dc_arena_take(arena, n, sizeof *w->buffers);
    w->inputs = dc_arena_take(arena, most_inputs(w->model), sizeof *w->inputs);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < w->net->buffers->n; i++)
        w->net->buffers->items[i].is_taken = false;
    find_wanted(w);
    DC_TRY(make_all(w, arena));
    *value = value_of(w, w->target);
    return DC_OK;
}

/* *value (n, shape) of node `target` is good until the next walk. */
static dc_status walk_to(const float **value, blind_net *net, dc_model *model, uint32_t target,
                         bool corrects)
{
    dc_arena arena = { 0 };
    walk w = { .net = net, .model = model, .target = target, .corrects = corrects };
    const dc_status status = do_walk(value, &w, &arena);
    dc_arena_clear(&arena);
    return status;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* The first layer, when a batch norm reads it and nothing but shape lies before it; or DC_NONE. */
static uint32_t first_normed(const blind_net *net)
{
    for (uint32_t i = 1; i <= net->output; i++) {
        const dc_node *node = &net->dense->nodes[i];
        if (net->norms[i] != DC_NONE)
            return i;
        if (dc_node_param(node, 0) != DC_NONE || node->n_inputs != 1 || node->inputs[0] != i - 1)
            return DC_NONE;
    }
    return DC_NONE;
}

/* log2 of how much more a channel of `norm` deviates on real data than here; the mean over those
 * that are alive. */
static double missing_octaves(const blind_net *net, uint32_t index, uint32_t kind, const float *y)
{
    const dc_node *node = &net->dense->nodes[index];
    const float *wanted =
        net->dense->params[dc_node_param(&net->dense->nodes[net->norms[index]], NORM_VARIANCE)]
            .values;
    const uint64_t n_channels = node->shape.dims[0];
    const uint64_t n_values = dc_shape_count(&node->shape), plane = n_values / n_channels;
    double octaves = 0, n_alive = 0, most = 0;
    for (uint64_t k = 0; k < n_channels; k++)
        most = fmax(most, (double)wanted[k]);
    for (uint64_t k = 0; k < n_channels; k++) {
        double sum = 0, squares = 0, n = 0;
        for (uint64_t s = kind; s < net->n_samples; s += BLIND_KINDS, n += (double)plane)
            for (uint64_t i = 0; i < plane; i++) {
                const double value = (double)y[s * n_values + k * plane + i];
                sum += value;
                squares += value * value;
            }
        const double variance = squares / n - sum / n * sum / n;
        if ((double)wanted[k] <= 1e-6 * most || !(variance > 1e-12 * squares / n))
            continue;
        octaves += log2((double)wanted[k] / variance) / 2;
        n_alive++;
    }
    return n_alive > 0 ? octaves / n_alive : 0;
}

/* By powers of two, each kind its own; one only where the preparation of pixels is known. */
static dc_status scale_inputs(blind_net *net, float *x)
{
    const float *y;
    const uint32_t first = first_normed(net);
    const double most = blind_is_prepared(&net->dense->input) ? 1 : 20;
    const uint64_t n_values = dc_shape_count(&net->dense->nodes[0].shape);
    if (first == DC_NONE)
        return DC_OK;
    DC_TRY(walk_to(&y, net, (dc_model *)(uintptr_t)net->dense, first, false));
    for (uint32_t kind = 0; kind < BLIND_KINDS; kind++) {
        const double octaves = floor(missing_octaves(net, first, kind, y) + 0.5);
        const float factor = (float)ldexp(1, (int)fmin(fmax(octaves, -most), most));
        for (uint64_t s = kind; s < net->n_samples; s += BLIND_KINDS)
            for (uint64_t i = 0; i < n_values; i++)
                x[s * n_values + i] *= factor;
    }
    return DC_OK;
}

/* ---- the dense network ----------------------------------------------------------------------- */

static bool has_weights(const dc_model *model, const dc_node *node)
{
    return dc_node_param(node, 0) != DC_NONE &&
           dc_role_is_weight(model->params[dc_node_param(node, 0)].role);
}

/* What is looked up often: what is alive, kept, and read by a batch norm alone. */
static dc_status study(blind_net *net)
{
    const dc_model *model = net->dense;
    const uint32_t n = model->n_nodes;
    uint32_t *n_readers = dc_arena_take(&net->arena, n, sizeof *n_readers);
    net->is_live = dc_arena_take(&net->arena, n, sizeof *net->is_live);
    net->is_kept = dc_arena_take(&net->arena, n, sizeof *net->is_kept);
    net->norms = dc_arena_take(&net->arena, n, sizeof *net->norms);
    net->kept = dc_arena_take(&net->arena, n, sizeof *net->kept);
    net->means = dc_arena_take(&net->arena, n, sizeof *net->means);
    net->buffers = dc_arena_take(&net->arena, 1, sizeof *net->buffers);
    DC_TRY(net->arena.status);
    net->buffers->items = dc_arena_take(&net->arena, n, sizeof *net->buffers->items);
    DC_TRY(net->arena.status);
    net->output = dc_model_head(model).logits;
    net->is_live[net->output] = net->is_kept[net->output] = true;
    for (uint32_t i = 0; i < n; i++)
        net->norms[i] = DC_NONE;
    for (uint32_t i = net->output + 1; i-- > 0;) {
        const dc_node *node = &model->nodes[i];
        for (uint32_t k = 0; k < node->n_inputs; k++) {
            const uint32_t from = node->inputs[k];
            net->is_live[from] |= net->is_live[i];
            net->is_kept[from] |= net->is_live[i] && (has_weights(model, node) ||
                                                      node->n_inputs > 1);
            net->is_kept[i] |= net->is_live[i] && (node->kind->traits & DC_OVER_STEPS) != 0;
            n_readers[from]++;
        }
    }
    for (uint32_t i = 1; i <= net->output; i++) {
        const uint32_t from = model->nodes[i].n_inputs > 0 ? model->nodes[i].inputs[0] : 0;
        if (model->nodes[i].op == DC_OP_BATCH_NORM && n_readers[from] == 1 &&
            has_weights(model, &model->nodes[from])) {
            net->norms[from] = i;
            net->has_norms = true;
        }
    }
    return DC_OK;
}

static dc_status choose_n_samples(blind_net *net, const dc_source *samples)
{
    const dc_model *model = net->dense;
    double n_layers = 0, n_kept = 0;
    for (uint32_t i = 0; i <= net->output; i++) {
        n_kept += net->is_kept[i] ? (double)dc_shape_count(&model->nodes[i].shape) : 0;
        n_layers += has_weights(model, &model->nodes[i]);
    }
    net->n_products = amount_products(model);
    const double by_time = PRODUCTS / (net->n_products * (n_layers / 2 + OTHER_WALKS));
    const double by_memory = (double)KEPT_BYTES / (n_kept * sizeof(float));
    if (net->n_products > MAX_PRODUCTS || by_memory < MIN_SAMPLES)
        return dc_fail(DC_EUNSUPPORTED, "the network is too large for that: %.2g products and "
                       "%.2g values a sample", net->n_products, n_kept);
    const double n = fmin(fmax(fmin(by_time, MAX_SAMPLES), MIN_SAMPLES), by_memory);
    const double there = samples != NULL ? (double)samples->n_samples : n;
    net->n_samples = (uint32_t)fmin(n, there) / BLIND_KINDS * BLIND_KINDS;
    if (net->n_samples == 0)
        return dc_fail(DC_EUNSUPPORTED, "there is one sample");
    return DC_OK;
}

double blind_net_input_square(const blind_net *net, uint32_t index)
{
    if (net->n_samples == 0)
        return 1;
    const dc_node *node = &net->dense->nodes[index];
    const bool reads_itself = (node->kind->traits & DC_OVER_STEPS) != 0; /* a step before */
    const uint32_t from = reads_itself ? index : node->inputs[0];
    const uint64_t n = net->n_samples * dc_shape_count(&net->dense->nodes[from].shape);
    float sizes[BLIND_SAMPLE];
    double n_nonzero;
    if (net->kept[from] == NULL)
        return 1;
    const double sum = blind_inner_energy(&n_nonzero, sizes, net->kept[from], n);
    return sum > 0 ? sum / (double)n : 1;
}

/* ---- the change ------------------------------------------------------------------------------ */

/* Outputs of all samples, those of the dense network and others, less a number a sample. */
typedef struct outputs {
    const float *y, *z;
    double y_less[MAX_SAMPLES], z_less[MAX_SAMPLES];
    uint32_t n_samples;
    uint64_t n;
} outputs;

/* Takes the mean of each sample's outputs away: no softmax sees it. */
static void centre(outputs *o)
{
    for (uint32_t s = 0; s < o->n_samples; s++) {
        const float *y = o->y + s * o->n, *z = o->z + s * o->n;
        double n_finite = 0;
        for (uint64_t i = 0; i < o->n; i++)
            if (isfinite(y[i])) {
                o->y_less[s] += (double)y[i];
                o->z_less[s] += (double)z[i];
                n_finite++;
            }
        o->y_less[s] /= fmax(n_finite, 1);
        o->z_less[s] /= fmax(n_finite, 1);
    }
}

/* Sums over the outputs of one sample; those that are no numbers in the dense network say nothing.
 */
static void compare(double *move, double *size, const outputs *o, uint32_t s)
{
    const float *y = o->y + s * o->n, *z = o->z + s * o->n;
    *move = *size = 0;
    for (uint64_t i = 0; i < o->n; i++) {
        if (!isfinite(y[i]))
            continue;
        const double value = (double)y[i] - o->y_less[s];
        const double d = isfinite(z[i]) ? (double)z[i] - o->z_less[s] - value : INFINITY;
        *move += d * d;
        *size += value * value;
    }
}

/* Sum of squares of what an output differs from its mean over the samples. */
static double spread_of_one(const outputs *o, uint64_t i)
{
    double sum = 0, n_finite = 0, spread = 0;
    for (uint32_t s = 0; s < o->n_samples; s++)
        if (isfinite(o->y[s * o->n + i])) {
            sum += (double)o->y[s * o->n + i] - o->y_less[s];
            n_finite++;
        }
    for (uint32_t s = 0; s < o->n_samples; s++)
        if (isfinite(o->y[s * o->n + i])) {
            const double off = (double)o->y[s * o->n + i] - o->y_less[s] - sum / n_finite;
            spread += off * off;
        }
    return spread;
}

static double spread_of(const outputs *o)
{
    double spread = 0;
    for (uint64_t i = 0; i < o->n; i++)
        spread += spread_of_one(o, i);
    return spread;
}

/* No size or spread counts for less than `least`. */
static double change_of(const outputs *o, double least)
{
    double relative[BLIND_KINDS] = { 0 }, moves = 0, sizes = 0;
    for (uint32_t s = 0; s < o->n_samples; s++) {
        double move, size;
        compare(&move, &size, o, s);
        moves += move;
        sizes += size;
    }
    if (!(moves > 0))
        return 0;
    sizes = fmax(sizes, least);
    for (uint32_t s = 0; s < o->n_samples; s++) {
        double move, size;
        compare(&move, &size, o, s);
        size = fmax(size, LEAST_SIZE * sizes / o->n_samples);
        relative[s % BLIND_KINDS] += move / size * BLIND_KINDS / o->n_samples;
    }
    double most = moves / (SPREAD_FACTOR * fmax(spread_of(o), least));
    for (uint32_t kind = 0; kind < BLIND_KINDS; kind++)
        most = fmax(most, relative[kind]);
    return most;
}

static outputs outputs_of(const blind_net *net, const float *z)
{
    return (outputs){ .y = net->kept[net->output], .z = z, .n_samples = net->n_samples,
                      .n = dc_shape_count(&net->dense->nodes[net->output].shape) };
}

/* Mean divergence of the distributions that scores stand for. */
static double loss_of(const blind_net *net, const outputs *o)
{
    const dc_head_kind kind = dc_model_head(net->dense).kind;
    double sum = 0;
    if (o->n == 1 || kind == DC_HEAD_SIGMOID)
        return (double)NAN;
    for (uint32_t s = 0; s < o->n_samples; s++) {
        const float *y = o->y + s * o->n, *z = o->z + s * o->n;
        float y_top, z_top;
        const double y_sum = dc_softmax_sum(&y_top, y, (uint32_t)o->n);
        const double z_sum = dc_softmax_sum(&z_top, z, (uint32_t)o->n);
        for (uint64_t i = 0; i < o->n; i++) {
            const double log_p = (double)y[i] - (double)y_top - log(y_sum);
            const double log_q = (double)z[i] - (double)z_top - log(z_sum);
            sum += exp(log_p) * (log_p - log_q);
        }
    }
    return isfinite(sum) ? sum / o->n_samples : (double)NAN;
}

dc_status blind_net_change(double *change, blind_net *net, dc_model *model, bool corrects)
{
    const float *z;
    *change = net->loss = (double)NAN;
    if (net->n_samples == 0)
        return DC_OK;
    DC_TRY(walk_to(&z, net, model, net->output, corrects));
    outputs o = outputs_of(net, z);
    net->loss = loss_of(net, &o);
    *change = change_of(&o, 0);
    if (o.n == 1 || !isfinite(*change))
        return DC_OK;
    const double least = LEAST_APART * spread_of(&o);
    centre(&o);
    *change = fmax(*change, change_of(&o, least));
    return DC_OK;
}

/* Whether the dense network's outputs show anything: they depend on the input. */
static dc_status judge_outputs(const blind_net *net, bool is_made_up)
{
    const outputs o = outputs_of(net, net->kept[net->output]);
    double move, size, sizes = 0;
    for (uint32_t s = 0; s < o.n_samples; s++) {
        compare(&move, &size, &o, s);
        sizes += size;
    }
    if (spread_of(&o) > LEAST_SPREAD * sizes)
        return DC_OK;
    return dc_fail(DC_EUNSUPPORTED, "on %s the outputs are all %s",
                   is_made_up ? "random inputs" : "these samples",
                   sizes > 0 ? "the same" : "0 or not finite");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static dc_status make_inputs(blind_net *net, const dc_source *samples)
{
    if (samples != NULL)
        return blind_inputs_read(net->kept[0], samples, net->n_samples, &net->arena);
    DC_TRY(blind_inputs_make(net->kept[0], net->dense, net->n_samples, SEED, &net->arena));
    return scale_inputs(net, net->kept[0]);
}

static dc_status open(blind_net *net, const dc_source *samples)
{
    const float *y;
    DC_TRY(study(net));
    DC_TRY(choose_n_samples(net, samples));
    const uint64_t n_values = dc_shape_count(&net->dense->input.shape);
    net->kept[0] = dc_arena_take(&net->arena, net->n_samples * n_values, sizeof(float));
    DC_TRY(net->arena.status);
    DC_TRY(make_inputs(net, samples));
    DC_TRY(walk_to(&y, net, (dc_model *)(uintptr_t)net->dense, net->output, false));
    return judge_outputs(net, samples == NULL);
}

dc_status blind_net_open(blind_net *out, const dc_model *dense, const dc_source *samples)
{
    *out = (blind_net){ .dense = dense };
    DC_TRY(dc_model_check_values(dense, dense->n_file_bytes));
    const dc_status status = open(out, samples);
    if (status < 0)
        blind_net_close(out);
    return status;
}

void blind_net_close(blind_net *net)
{
    for (uint32_t i = 0; net->buffers != NULL && i < net->buffers->n; i++)
        dc_release(net->buffers->items[i].data);
    dc_arena_clear(&net->arena);
    *net = (blind_net){ 0 };
}
