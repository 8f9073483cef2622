/* SPDX-License-Identifier: MIT
 *
 * Pruning without training, layer by layer in the order of the graph [OBC; SparseGPT]: a layer is
 * to say where it reads what the layers before it say by now what the dense network says there.
 * Samples, without labels, go through two networks, the dense one and that which is being pruned
 * (sample_walk.c), and give the means that src/prune/obs.c goes by.
 *
 * A bias takes up what is the same everywhere. Where a layer has none and batch norm follows, its
 * mean does, and what counts of an output's error is what batch norm makes of it.
 */
#include "prune_obs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/kernels.h"
#include "layer_places.h"
#include "sample_walk.h"

#define MAX_INPUTS 4096u       /* of a row: products of more are too many        */
#define PLACES_A_INPUT 128.0   /* in all                                         */
#define MIN_PLACES 20000.0     /* the same                                       */
#define MAX_WORK 4e11          /* multiplications for a layer: fewer places then */
#define MAX_SAMPLES 4096u
#define CHUNK 4u               /* samples                                        */
#define TASK_ROWS 32u          /* of products                                    */
#define DAMPING 0.01

/* One layer on its way. */
typedef struct layer {
    const dc_node *node;
    dc_obs obs;
    layer_places places;
    uint64_t n_all;          /* values of a place         */
    uint64_t n_looked;       /* places of a sample        */
    bool has_constant;
    float *x, *y;            /* (places of a chunk, n_all), (.., n_rows)         */
    float *some, *some_said; /* sums of a chunk: of products, of targets         */
    double *means, *said;    /* (n_all), (n_rows): sums, then means              */
    dc_arena arena;
} layer;

struct prune_obs {
    dc_run *run;
    dc_model *dense;
    uint64_t n_samples;
    float *inputs;
    uint32_t *lengths;
    sample_walk was, is; /* the dense network, and what it becomes */
    layer layer;
    uint32_t n_unknown;
    dc_arena arena;
};

/* ---- sums ------------------------------------------------------------------------------------ */

typedef struct chunk {
    prune_obs *p;
    uint64_t first;
    uint32_t n;
} chunk;

static dc_status take_sample(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const layer *l = &c->p->layer;
    const uint64_t n_in = dc_shape_count(&c->p->dense->nodes[l->node->inputs[0]].shape);
    const uint64_t n_out = dc_shape_count(&l->node->shape);
    const uint64_t n_places = layer_places_count(&l->places), n_rows = l->obs.n_rows;
    const uint32_t node = (uint32_t)(l->node - c->p->is.model->nodes);
    const float *x = sample_walk_values(&c->p->is, l->node->inputs[0], c->first) + index * n_in;
    const float *y = sample_walk_values(&c->p->was, node, c->first) + index * n_out;
    const bool is_conv = l->node->op == DC_OP_CONV;
    for (uint64_t i = 0; i < l->n_looked; i++) {
        const uint64_t to = index * l->n_looked + i;
        const uint64_t at = layer_places_pick(&l->places, l->n_looked, c->first + index, i);
        layer_places_take(l->x + to * l->n_all, &l->places, x, at);
        for (uint64_t row = 0; row < n_rows; row++)
            l->y[to * n_rows + row] = is_conv ? y[row * n_places + at] : y[at * n_rows + row];
    }
    return DC_OK;
}

/* Rows of x x^T, of all groups' rows one after another, from the diagonal on. */
static dc_status add_products(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const layer *l = &c->p->layer;
    const uint64_t n = l->obs.n, n_blocks = (n + TASK_ROWS - 1) / TASK_ROWS;
    const uint64_t group = index / n_blocks, from = index % n_blocks * TASK_ROWS;
    const uint64_t end = DC_MIN(from + TASK_ROWS, n), n_places = c->n * l->n_looked;
    float *sums = l->some + (group * n + from) * n;
    double *to = l->obs.products + (group * n + from) * n;
    memset(sums, 0, (end - from) * n * sizeof *sums);
    const dc_matmul m = { .n_rows = end - from, .n_cols = n - from, .n_terms = n_places,
                          .a_row = 1, .a_term = l->n_all, .b_row = l->n_all, .y_row = n,
                          .a = l->x + group * n + from, .b = l->x + group * n + from,
                          .y = sums + from };
    dc_kernels_pick()->matmul(&m);
    for (uint64_t i = 0; i < (end - from) * n; i++)
        to[i] += (double)sums[i];
    for (uint64_t i = from; i < end; i++)
        for (uint64_t k = 0; k < n_places; k++)
            l->means[group * n + i] += (double)l->x[k * l->n_all + group * n + i];
    return DC_OK;
}

static dc_status add_targets(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const layer *l = &c->p->layer;
    const uint64_t n = l->obs.n, n_rows = l->obs.n_rows, n_of = n_rows / l->obs.n_groups;
    const uint64_t n_blocks = (n_of + TASK_ROWS - 1) / TASK_ROWS, group = index / n_blocks;
    const uint64_t from = group * n_of + index % n_blocks * TASK_ROWS;
    const uint64_t end = DC_MIN(from + TASK_ROWS, (group + 1) * n_of);
    const uint64_t n_places = c->n * l->n_looked;
    float *sums = l->some_said + from * n;
    memset(sums, 0, (end - from) * n * sizeof *sums);
    const dc_matmul m = { .n_rows = end - from, .n_cols = n, .n_terms = n_places,
                          .a_row = 1, .a_term = n_rows, .b_row = l->n_all, .y_row = n,
                          .a = l->y + from, .b = l->x + group * n, .y = sums };
    dc_kernels_pick()->matmul(&m);
    for (uint64_t i = 0; i < (end - from) * n; i++)
        l->obs.targets[from * n + i] += (double)sums[i];
    for (uint64_t i = from; i < end; i++)
        for (uint64_t k = 0; k < n_places; k++) {
            const double y = (double)l->y[k * n_rows + i];
            l->said[i] += y;
            l->obs.squares[i] += y * y;
        }
    return DC_OK;
}

static dc_status look_at(chunk *c)
{
    const dc_obs *o = &c->p->layer.obs;
    const uint64_t n_of = o->n_rows / o->n_groups;
    DC_TRY(dc_pool_run(c->n, take_sample, c));
    DC_TRY(dc_pool_run(o->n_groups * ((o->n + TASK_ROWS - 1) / TASK_ROWS), add_products, c));
    return dc_pool_run(o->n_groups * ((n_of + TASK_ROWS - 1) / TASK_ROWS), add_targets, c);
}

/* Sums become means, of what is left beside a constant if there may be one. */
static void finish(prune_obs *p)
{
    layer *l = &p->layer;
    dc_obs *o = &l->obs;
    const uint64_t n = o->n, n_of = o->n_rows / o->n_groups;
    const double count = (double)(p->n_samples * l->n_looked), less = l->has_constant ? 1 : 0;
    for (uint64_t i = 0; i < l->n_all; i++)
        l->means[i] /= count;
    for (uint64_t row = 0; row < l->n_all; row++) {
        double *of_group = o->products + row / n * n * n;
        const double *means = l->means + row / n * n;
        const uint64_t i = row % n;
        for (uint64_t j = i; j < n; j++)
            of_group[i * n + j] = of_group[j * n + i] =
                of_group[i * n + j] / count - less * means[i] * means[j];
    }
    for (uint64_t row = 0; row < o->n_rows; row++) {
        const double *means = l->means + row / n_of * n;
        l->said[row] /= count;
        o->squares[row] = o->squares[row] / count - less * l->said[row] * l->said[row];
        for (uint64_t i = 0; i < n; i++)
            o->targets[row * n + i] =
                o->targets[row * n + i] / count - less * l->said[row] * means[i];
    }
}

/* ---- a layer --------------------------------------------------------------------------------- */

/* The batch norm that is all that reads the node, or NULL. */
static const dc_node *norm_behind(const dc_model *model, uint32_t node)
{
    const dc_node *found = NULL;
    for (uint32_t i = node + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++)
            if (model->nodes[i].inputs[k] == node) {
                if (found != NULL || model->nodes[i].op != DC_OP_BATCH_NORM)
                    return NULL;
                found = &model->nodes[i];
            }
    return found;
}

static dc_param *bias_of(dc_model *model, const dc_node *node)
{
    const uint32_t at = node->kind->n_params > 1 ? dc_node_param(node, 1) : DC_NONE;
    return at != DC_NONE && model->params[at].values != NULL ? &model->params[at] : NULL;
}

static dc_status weigh_rows(layer *l, const dc_model *model, const dc_node *norm)
{
    double *weights = dc_arena_take(&l->arena, l->obs.n_rows, sizeof *weights);
    DC_TRY(l->arena.status);
    for (uint32_t row = 0; row < l->obs.n_rows; row++) {
        const double scale = (double)model->params[dc_node_param(norm, 0)].values[row];
        const double variance = (double)model->params[dc_node_param(norm, 3)].values[row];
        weights[row] = scale * scale / (variance + dc_node_number(norm, DC_ATTR_EPSILON));
    }
    l->obs.weights = weights;
    return DC_OK;
}

static bool is_known(const prune_obs *p, const dc_param *param)
{
    const dc_node *node = &p->run->model->nodes[param->node];
    const uint32_t at = (uint32_t)(param - p->run->model->params);
    const dc_geometry g = dc_param_geometry(p->run->model, param);
    const uint64_t n = (uint64_t)g.n_inputs * g.height * g.width;
    if ((node->kind->traits & (DC_MATRIX | DC_OVER_STEPS)) != DC_MATRIX ||
        dc_node_param(node, 0) != at || n > MAX_INPUTS || param->node > p->is.last)
        return false;
    const layer_places places = layer_places_of(p->run->model, node, n);
    const uint64_t n_all = layer_places_values(&places);
    return n_all % n == 0 && g.n_rows % (n_all / n) == 0;
}

static dc_status layer_open(prune_obs *p, const dc_param *param)
{
    layer *l = &p->layer;
    dc_model *model = p->run->model;
    const dc_node *node = &model->nodes[param->node];
    const dc_geometry g = dc_param_geometry(model, param);
    const uint64_t n = (uint64_t)g.n_inputs * g.height * g.width;
    *l = (layer){ .node = node, .places = layer_places_of(model, node, n) };
    l->n_all = layer_places_values(&l->places);
    l->obs = (dc_obs){ .n_groups = (uint32_t)(l->n_all / n), .n_rows = g.n_rows,
                       .n = (uint32_t)n, .damping = getenv("OBS_DAMP") ? atof(getenv("OBS_DAMP")) : DAMPING };
    const dc_node *norm = norm_behind(model, param->node);
    l->has_constant = bias_of(model, node) != NULL || norm != NULL;
    const double there = (double)layer_places_count(&l->places);
    const double wanted = fmin(fmax(PLACES_A_INPUT * (double)n, MIN_PLACES),
                               MAX_WORK / ((double)l->n_all * (double)n));
    l->n_looked = (uint64_t)fmin(fmax(ceil(wanted / (double)p->n_samples), 1), there);
    const uint64_t n_chunk = CHUNK * l->n_looked;
    dc_arena *a = &l->arena;
    l->x = dc_arena_take(a, n_chunk * l->n_all, sizeof *l->x);
    l->y = dc_arena_take(a, n_chunk * g.n_rows, sizeof *l->y);
    l->some = dc_arena_take(a, l->n_all * n, sizeof *l->some);
    l->some_said = dc_arena_take(a, g.n_rows * n, sizeof *l->some_said);
    l->means = dc_arena_take(a, l->n_all, sizeof *l->means);
    l->said = dc_arena_take(a, g.n_rows, sizeof *l->said);
    l->obs.products = dc_arena_take(a, l->n_all * n, sizeof *l->obs.products);
    l->obs.targets = dc_arena_take(a, g.n_rows * n, sizeof *l->obs.targets);
    l->obs.squares = dc_arena_take(a, g.n_rows, sizeof *l->obs.squares);
    DC_TRY(a->status);
    return norm != NULL ? weigh_rows(l, model, norm) : DC_OK;
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* To node `end`, without looking. */
static dc_status go(sample_walk *walk, uint32_t end)
{
    if (end <= walk->done)
        return DC_OK;
    DC_TRY(sample_walk_begin(walk, end));
    for (uint64_t first = 0; first < walk->n_samples; first += CHUNK)
        DC_TRY(sample_walk_run(walk, first,
                               (uint32_t)DC_MIN((uint64_t)CHUNK, walk->n_samples - first)));
    sample_walk_end(walk);
    return DC_OK;
}

/* The node before the next layer with weights that may be asked for. */
static uint32_t before_next(const prune_obs *p, uint32_t node)
{
    const dc_model *model = p->dense;
    for (uint32_t i = node + 1; i <= p->is.last; i++)
        if ((model->nodes[i].kind->traits & DC_MATRIX) != 0)
            return i - 1;
    return p->is.last;
}

static dc_status gather(prune_obs *p, uint32_t node)
{
    DC_TRY(go(&p->was, node - 1));
    DC_TRY(go(&p->is, node - 1));
    DC_TRY(sample_walk_begin(&p->was, before_next(p, node)));
    for (uint64_t first = 0; first < p->n_samples; first += CHUNK) {
        chunk c = { p, first, (uint32_t)DC_MIN((uint64_t)CHUNK, p->n_samples - first) };
        DC_TRY(sample_walk_run(&p->was, first, c.n));
        DC_TRY(look_at(&c));
    }
    sample_walk_end(&p->was);
    finish(p);
    return DC_OK;
}

static dc_status score(void *payload, float **scores, dc_param *param, dc_arena *arena)
{
    prune_obs *p = payload;
    dc_arena_clear(&p->layer.arena);
    if (!is_known(p, param)) {
        dc_warn("%s: what it reads is not known, so the largest weights stay", param->name);
        return DC_OK;
    }
    double t0 = dc_clock_seconds();
    DC_TRY(layer_open(p, param));
    DC_TRY(gather(p, param->node));
    double t1 = dc_clock_seconds();
    *scores = dc_arena_take(arena, param->n_values, sizeof **scores);
    DC_TRY(arena->status);
    dc_status st= dc_obs_score(*scores, param->values, &p->layer.obs);
    fprintf(stderr, "%s: gather %.1f score %.1f looked %d\n", param->name, t1-t0, dc_clock_seconds()-t1, (int)p->layer.n_looked);
    return st;
}

/* What is the same everywhere. */
static void move_constant(prune_obs *p, const float *values)
{
    const layer *l = &p->layer;
    dc_model *model = p->run->model;
    dc_param *bias = bias_of(model, l->node);
    const dc_node *norm = norm_behind(model, (uint32_t)(l->node - model->nodes));
    dc_param *to = bias != NULL ? bias : norm != NULL ? &model->params[dc_node_param(norm, 2)]
                                                      : NULL;
    const uint64_t n_of = l->obs.n_rows / l->obs.n_groups;
    if (to == NULL || !l->has_constant)
        return;
    for (uint64_t row = 0; row < l->obs.n_rows; row++) {
        double sum = 0;
        for (uint64_t i = 0; i < l->obs.n; i++)
            sum += (double)values[row * l->obs.n + i] * l->means[row / n_of * l->obs.n + i];
        if (bias != NULL)
            to->values[row] = (float)(l->said[row] - sum);
        else
            to->values[row] += (float)(sum - l->said[row]);
    }
    to->is_shared = to->is_shared && dc_param_can_share(to);
}

static dc_status refit(void *payload, dc_param *param)
{
    prune_obs *p = payload;
    double e0=0,e1=0,s=0;
    for (uint32_t r=0;r<p->layer.obs.n_rows;r++) e0 += dc_obs_error(param->values,&p->layer.obs,r), s += p->layer.obs.squares[r];
    DC_TRY(dc_obs_refit(param->values, &p->layer.obs));
    for (uint32_t r=0;r<p->layer.obs.n_rows;r++) e1 += dc_obs_error(param->values,&p->layer.obs,r);
    fprintf(stderr, "   error %.5f refit %.5f\n", e0/s, e1/s);
    param->is_shared = param->is_shared && dc_param_can_share(param);
    move_constant(p, param->values);
    return DC_OK;
}

/* ---- samples --------------------------------------------------------------------------------- */

static dc_status read_samples(prune_obs *p, const dc_source *source)
{
    const uint64_t n = dc_shape_count(&p->dense->nodes[0].shape);
    const uint32_t n_steps = dc_source_steps(source);
    int32_t *labels = dc_arena_take(&p->arena, n_steps, sizeof *labels);
    const uint64_t n_all = DC_MIN(source->n_samples, (uint64_t)MAX_SAMPLES);
    p->inputs = dc_arena_take(&p->arena, n_all * n, sizeof *p->inputs);
    if (source->lengths != NULL)
        p->lengths = dc_arena_take(&p->arena, n_all, sizeof *p->lengths);
    DC_TRY(p->arena.status);
    for (uint64_t i = 0; i < n_all; i++) {
        DC_TRY(dc_source_read(source, &i, 1, 0, p->inputs + p->n_samples * n, labels));
        if (p->lengths != NULL)
            source->lengths(source, &i, 1, p->lengths + p->n_samples);
        p->n_samples += labels[0] != DC_UNREADABLE;
    }
    return p->n_samples > 0 ? DC_OK : dc_fail(DC_EINPUT, "no sample could be read");
}

dc_status prune_obs_open(prune_obs **out, dc_run *run)
{
    prune_obs *p = dc_grow(NULL, 1, sizeof *p);
    if (p == NULL)
        return DC_ENOMEM;
    *p = (prune_obs){ .run = run };
    *out = p;
    DC_TRY(dc_model_copy(&p->dense, run->model));
    DC_TRY(read_samples(p, run->data->train));
    const sample_walk walk = { .n_samples = p->n_samples, .lengths = p->lengths,
                               .inputs = p->inputs, .chunk = CHUNK,
                               .last = dc_model_head(run->model).logits };
    p->was = p->is = walk;
    p->was.model = p->dense;
    p->is.model = run->model;
    DC_TRY(sample_walk_open(&p->was, &p->arena));
    return sample_walk_open(&p->is, &p->arena);
}

dc_obs_source prune_obs_source(prune_obs *p)
{
    return (dc_obs_source){ p, score, refit };
}

void prune_obs_close(prune_obs *p)
{
    if (p == NULL)
        return;
    sample_walk_close(&p->was);
    sample_walk_close(&p->is);
    dc_arena_clear(&p->layer.arena);
    dc_model_free(p->dense);
    dc_arena_clear(&p->arena);
    dc_release(p);
}
