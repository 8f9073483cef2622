/* SPDX-License-Identifier: MIT */
#include "obs_layer.h"

#include <math.h>
#include <string.h>

#include "dcomp/kernels.h"

#define MAX_INPUTS 4096u      /* of a row: products of more are too many        */
#define PLACES_AN_INPUT 128.0 /* in all                                         */
#define MIN_PLACES 20000.0    /* the same                                       */
#define MAX_WORK 4e11         /* multiplications for a layer: fewer places then */
#define FAR 1e4               /* a curve that is flat there is so from there on */
#define TASK_ROWS 32u         /* of products                                    */
#define DAMPING 0.01          /* where there are no judges                     */
#define JUDGES 4u             /* one sample in so many                          */
#define N_TRIED_ROWS 32u      /* that tell how strongly weights are to be held  */

static const double dampings[] = { 0.001, 0.01, 0.03, 0.1, 0.3, 1 };

/* ---- what it is ------------------------------------------------------------------------------ */

static uint64_t weights_of_row(const dc_model *model, const dc_param *param)
{
    const dc_geometry g = dc_param_geometry(model, param);
    return (uint64_t)g.n_inputs * g.height * g.width;
}

bool obs_layer_knows(const dc_model *model, const dc_param *param, uint32_t last)
{
    const dc_node *node = &model->nodes[param->node];
    const uint64_t n = weights_of_row(model, param);
    if ((node->kind->traits & (DC_MATRIX | DC_OVER_STEPS)) != DC_MATRIX || param->node > last ||
        param != &model->params[dc_node_param(node, 0)] || n > MAX_INPUTS)
        return false;
    const layer_places places = layer_places_of(model, node, n);
    const uint64_t n_all = layer_places_values(&places);
    return n_all % n == 0 && param->shape.dims[0] % (n_all / n) == 0;
}

/* What reads the node alone, or NULL. */
static const dc_node *only_reader(const dc_model *model, uint32_t node)
{
    const dc_node *found = NULL;
    for (uint32_t i = node + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++) {
            if (model->nodes[i].inputs[k] != node)
                continue;
            if (found != NULL)
                return NULL;
            found = &model->nodes[i];
        }
    return found;
}

/* The batch norm that alone reads the node, or NULL. */
static const dc_node *norm_behind(const dc_model *model, uint32_t node)
{
    const dc_node *reader = only_reader(model, node);
    return reader != NULL && reader->op == DC_OP_BATCH_NORM ? reader : NULL;
}

/* Where its constant is: its bias, the mean of the batch norm behind it, or nowhere (DC_NONE). */
static uint32_t constant_of(bool *is_mean, const dc_model *model, uint32_t at)
{
    const dc_node *node = &model->nodes[at], *norm = norm_behind(model, at);
    const uint32_t bias = node->kind->n_params > 1 ? dc_node_param(node, 1) : DC_NONE;
    *is_mean = bias == DC_NONE;
    return bias != DC_NONE ? bias : norm != NULL ? dc_node_param(norm, 2) : DC_NONE;
}

/* By what batch norm makes of an error. */
static dc_status weigh_rows(obs_layer *l, const dc_model *model)
{
    const dc_node *norm = norm_behind(model, l->at);
    if (norm == NULL)
        return DC_OK;
    const float *scales = model->params[dc_node_param(norm, 0)].values;
    const float *means = model->params[dc_node_param(norm, 2)].values;
    const float *variances = model->params[dc_node_param(norm, 3)].values;
    double *weights = dc_arena_take(&l->arena, l->obs.n_rows, sizeof *weights);
    l->constants = dc_arena_take(&l->arena, l->obs.n_rows, sizeof *l->constants);
    DC_TRY(l->arena.status);
    for (uint32_t row = 0; row < l->obs.n_rows; row++) {
        weights[row] = (double)scales[row] * (double)scales[row] /
                       ((double)variances[row] + dc_node_number(norm, DC_ATTR_EPSILON));
        l->constants[row] = (double)means[row];
    }
    l->obs.weights = weights;
    return DC_OK;
}

static bool is_flat(const dc_node *node, double x, double far)
{
    const double y = node->kind->curve(x, node->attrs), flat = node->kind->curve(far, node->attrs);
    return !(y < flat || y > flat);
}

/* Where the part begins in which the curve is as at `far`; infinity when it is not flat there. */
static double flat_from(const dc_node *node, double far)
{
    double there = far, other = -far;
    if (!is_flat(node, far / 2, far))
        return far < 0 ? -INFINITY : INFINITY;
    for (unsigned i = 0; i < 100; i++) {
        const double middle = (there + other) / 2;
        *(is_flat(node, middle, far) ? &there : &other) = middle;
    }
    return there;
}

/* By the curve behind the layer, or behind its batch norm. */
static dc_status find_flats(obs_layer *l, const dc_model *model)
{
    const dc_node *norm = norm_behind(model, l->at);
    const dc_node *next = only_reader(model, norm ? (uint32_t)(norm - model->nodes) : l->at);
    if (next == NULL || next->kind->curve == NULL)
        return DC_OK;
    const double low = flat_from(next, -FAR), high = flat_from(next, FAR);
    l->low = dc_arena_take(&l->arena, l->obs.n_rows, sizeof *l->low);
    l->high = dc_arena_take(&l->arena, l->obs.n_rows, sizeof *l->high);
    DC_TRY(l->arena.status);
    for (uint32_t row = 0; row < l->obs.n_rows; row++) {
        double p[4] = { 1, 0, 0, 1 };
        for (uint32_t i = 0; i < 4 && norm != NULL; i++)
            p[i] = (double)model->params[dc_node_param(norm, i)].values[row];
        const double deviation =
            norm != NULL ? sqrt(p[3] + dc_node_number(norm, DC_ATTR_EPSILON)) : 1;
        const double a = p[2] + (low - p[1]) * deviation / p[0];
        const double b = p[2] + (high - p[1]) * deviation / p[0];
        const bool is_there = p[0] < 0 || p[0] > 0;
        l->low[row] = is_there ? fmin(a, b) : -INFINITY;
        l->high[row] = is_there ? fmax(a, b) : INFINITY;
    }
    return DC_OK;
}

static void take_sums(obs_sums *out, obs_layer *l)
{
    const uint64_t n = l->obs.n, n_rows = l->obs.n_rows;
    out->n_values = l->n_all * n + n_rows * n + n_rows + l->n_all + n_rows;
    double *values = dc_arena_take(&l->arena, out->n_values, sizeof *values);
    if (values == NULL)
        return;
    out->products = values;
    out->targets = out->products + l->n_all * n;
    out->squares = out->targets + n_rows * n;
    out->reads = out->squares + n_rows;
    out->said = out->reads + l->n_all;
}

dc_status obs_layer_open(obs_layer *l, const dc_model *model, const dc_param *param,
                         uint64_t n_samples)
{
    const dc_node *node = &model->nodes[param->node];
    const uint64_t n = weights_of_row(model, param), n_rows = param->shape.dims[0];
    bool is_mean;
    *l = (obs_layer){ .node = node, .at = param->node, .n_fitted = n_samples - n_samples / JUDGES,
                      .places = layer_places_of(model, node, n) };
    l->n_all = layer_places_values(&l->places);
    l->obs = (dc_obs){ .n_groups = (uint32_t)(l->n_all / n), .n_rows = (uint32_t)n_rows,
                       .n = (uint32_t)n };
    l->n_rows_of = n_rows / l->obs.n_groups;
    l->has_constant = constant_of(&is_mean, model, l->at) != DC_NONE;
    const double wanted = fmin(fmax(PLACES_AN_INPUT * (double)n, MIN_PLACES),
                               MAX_WORK / ((double)n * (double)(l->n_all + n_rows)));
    l->n_looked = (uint64_t)fmin(fmax(ceil(wanted / (double)n_samples), 1),
                                 (double)layer_places_count(&l->places));
    const uint64_t n_places = OBS_CHUNK * l->n_looked;
    l->x = dc_arena_take(&l->arena, n_places * l->n_all, sizeof *l->x);
    l->y = dc_arena_take(&l->arena, n_places * n_rows, sizeof *l->y);
    l->products = dc_arena_take(&l->arena, l->n_all * n, sizeof *l->products);
    l->targets = dc_arena_take(&l->arena, n_rows * n, sizeof *l->targets);
    take_sums(&l->fitted, l);
    take_sums(&l->judges, l);
    take_sums(&l->all, l);
    DC_TRY(l->arena.status);
    DC_TRY(weigh_rows(l, model));
    return find_flats(l, model);
}

void obs_layer_close(obs_layer *l)
{
    dc_arena_clear(&l->arena);
}

/* ---- sums ------------------------------------------------------------------------------------ */

typedef struct chunk {
    obs_layer *layer;
    obs_sums *sums;
    const float *x, *y;
    uint64_t first, n_places;
} chunk;

/* What the layer says by now at the places of a sample, number `from` and on; where that is as good
 * as what it is to say, it is to say that. */
static void bend(const obs_layer *l, uint64_t from)
{
    const uint64_t n = l->obs.n, n_rows = l->obs.n_rows;
    for (uint64_t group = 0; group < l->obs.n_groups; group++) {
        const uint64_t first = group * l->n_rows_of;
        const dc_matmul m = { .n_rows = l->n_looked, .n_cols = l->n_rows_of, .n_terms = n,
                              .a_row = l->n_all, .a_term = 1, .b_row = l->n_rows_of,
                              .y_row = n_rows, .a = l->x + from * l->n_all + group * n,
                              .b = l->turned + first * n, .y = l->says + from * n_rows + first };
        for (uint64_t i = 0; i < l->n_looked; i++)
            memcpy(l->says + (from + i) * n_rows + first, l->turned + n_rows * n + first,
                   l->n_rows_of * sizeof(float));
        dc_kernels_pick()->matmul(&m);
    }
    for (uint64_t i = 0; i < l->n_looked * n_rows; i++) {
        float *y = l->y + from * n_rows + i;
        const double says = (double)l->says[from * n_rows + i];
        const double low = l->low[i % n_rows], high = l->high[i % n_rows];
        if ((double)*y <= low)
            *y = (float)fmin(says, low);
        else if ((double)*y >= high)
            *y = (float)fmax(says, high);
    }
}

static dc_status take_sample(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const obs_layer *l = c->layer;
    const layer_places *p = &l->places;
    const uint64_t n_rows = l->obs.n_rows, n_there = layer_places_count(p);
    const float *x = c->x + index * (uint64_t)(p->channels * p->height * p->width);
    const float *y = c->y + index * n_rows * n_there;
    const bool has_channels = l->node->op == DC_OP_CONV;
    for (uint64_t i = 0; i < l->n_looked; i++) {
        const uint64_t to = index * l->n_looked + i;
        const uint64_t place = layer_places_pick(p, l->n_looked, c->first + index, i);
        layer_places_take(l->x + to * l->n_all, p, x, place);
        for (uint64_t row = 0; row < n_rows; row++)
            l->y[to * n_rows + row] = has_channels ? y[row * n_there + place]
                                                   : y[place * n_rows + row];
    }
    if (l->is_bending)
        bend(l, index * l->n_looked);
    return DC_OK;
}

/* Rows of x x^T, of all groups' rows one after another, from the diagonal on. */
static dc_status add_products(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const obs_layer *l = c->layer;
    const uint64_t n = l->obs.n, n_blocks = (n + TASK_ROWS - 1) / TASK_ROWS;
    const uint64_t group = index / n_blocks, from = index % n_blocks * TASK_ROWS;
    const uint64_t end = DC_MIN(from + TASK_ROWS, n);
    float *sums = l->products + (group * n + from) * n;
    double *to = c->sums->products + (group * n + from) * n;
    memset(sums, 0, (end - from) * n * sizeof *sums);
    const dc_matmul m = { .n_rows = end - from, .n_cols = n - from, .n_terms = c->n_places,
                          .a_row = 1, .a_term = l->n_all, .b_row = l->n_all, .y_row = n,
                          .a = l->x + group * n + from, .b = l->x + group * n + from,
                          .y = sums + from };
    dc_kernels_pick()->matmul(&m);
    for (uint64_t i = 0; i < (end - from) * n; i++)
        to[i] += (double)sums[i];
    for (uint64_t k = 0; k < c->n_places; k++)
        for (uint64_t i = group * n + from; i < group * n + end; i++)
            c->sums->reads[i] += (double)l->x[k * l->n_all + i];
    return DC_OK;
}

/* Rows of y x^T. */
static dc_status add_targets(void *payload, uint64_t index)
{
    const chunk *c = payload;
    const obs_layer *l = c->layer;
    const uint64_t n = l->obs.n, n_rows = l->obs.n_rows;
    const uint64_t n_blocks = (l->n_rows_of + TASK_ROWS - 1) / TASK_ROWS, group = index / n_blocks;
    const uint64_t from = group * l->n_rows_of + index % n_blocks * TASK_ROWS;
    const uint64_t end = DC_MIN(from + TASK_ROWS, (group + 1) * l->n_rows_of);
    float *sums = l->targets + from * n;
    memset(sums, 0, (end - from) * n * sizeof *sums);
    const dc_matmul m = { .n_rows = end - from, .n_cols = n, .n_terms = c->n_places,
                          .a_row = 1, .a_term = n_rows, .b_row = l->n_all, .y_row = n,
                          .a = l->y + from, .b = l->x + group * n, .y = sums };
    dc_kernels_pick()->matmul(&m);
    for (uint64_t i = 0; i < (end - from) * n; i++)
        c->sums->targets[from * n + i] += (double)sums[i];
    for (uint64_t k = 0; k < c->n_places; k++)
        for (uint64_t i = from; i < end; i++) {
            const double y = (double)l->y[k * n_rows + i];
            c->sums->said[i] += y;
            c->sums->squares[i] += y * y;
        }
    return DC_OK;
}

static dc_status add_to(obs_sums *sums, obs_layer *l, const float *x, const float *y,
                        uint64_t first, uint32_t n)
{
    chunk c = { l, sums, x, y, first, n * l->n_looked };
    if (n == 0)
        return DC_OK;
    DC_TRY(dc_pool_run(n, take_sample, &c));
    if (!l->is_bending) {
        sums->n_places += (double)c.n_places;
        DC_TRY(dc_pool_run(l->obs.n_groups * ((l->obs.n + TASK_ROWS - 1) / TASK_ROWS),
                           add_products, &c));
    }
    return dc_pool_run(l->obs.n_groups * ((l->n_rows_of + TASK_ROWS - 1) / TASK_ROWS), add_targets,
                       &c);
}

dc_status obs_layer_add(obs_layer *l, const float *x, const float *y, uint64_t first, uint32_t n)
{
    const layer_places *p = &l->places;
    const uint64_t left = l->n_fitted > first ? l->n_fitted - first : 0;
    const uint32_t n_fitted = (uint32_t)DC_MIN((uint64_t)n, left);
    const uint64_t n_in = (uint64_t)(p->channels * p->height * p->width);
    const uint64_t n_out = l->obs.n_rows * layer_places_count(p);
    DC_TRY(add_to(&l->fitted, l, x, y, first, n_fitted));
    return add_to(&l->judges, l, x + n_fitted * n_in, y + n_fitted * n_out, first + n_fitted,
                  n - n_fitted);
}

/* ---- means ----------------------------------------------------------------------------------- */

static void take_target_means(obs_sums *s, const obs_layer *l)
{
    const uint64_t n = l->obs.n;
    const double count = fmax(s->n_places, 1), less = l->has_constant ? 1 : 0;
    for (uint64_t row = 0; row < l->obs.n_rows; row++) {
        const double *reads = s->reads + row / l->n_rows_of * n;
        s->said[row] /= count;
        s->squares[row] = s->squares[row] / count - less * s->said[row] * s->said[row];
        for (uint64_t i = 0; i < n; i++)
            s->targets[row * n + i] =
                s->targets[row * n + i] / count - less * s->said[row] * reads[i];
    }
}

static void take_means(obs_sums *s, const obs_layer *l)
{
    const uint64_t n = l->obs.n;
    const double count = fmax(s->n_places, 1), less = l->has_constant ? 1 : 0;
    for (uint64_t i = 0; i < l->n_all; i++)
        s->reads[i] /= count;
    for (uint64_t at = 0; at < l->n_all; at++) {
        double *of_group = s->products + at / n * n * n;
        const double *reads = s->reads + at / n * n;
        const uint64_t i = at % n;
        for (uint64_t j = i; j < n; j++)
            of_group[i * n + j] = of_group[j * n + i] =
                of_group[i * n + j] / count - less * reads[i] * reads[j];
    }
    take_target_means(s, l);
}

static dc_obs obs_of(const obs_layer *l, const obs_sums *sums, double damping)
{
    dc_obs o = l->obs;
    o.products = sums->products;
    o.targets = sums->targets;
    o.squares = sums->squares;
    o.damping = damping;
    return o;
}

/* ---- how strongly weights are held ----------------------------------------------------------- */

typedef struct trial {
    const obs_layer *layer;
    const float *values;
    dc_obs fitted, judges;
    double *errors; /* (rows, dampings) of those that are tried */
    uint32_t n_tried;
} trial;

static dc_status try_row(void *payload, uint64_t index)
{
    const trial *t = payload;
    const dc_obs *o = &t->layer->obs;
    const uint32_t row = (uint32_t)(index * o->n_rows / t->n_tried);
    dc_arena arena = { 0 };
    float *w = dc_arena_take(&arena, o->n, sizeof *w);
    dc_status status = arena.status;
    for (uint32_t i = 0; i < DC_COUNT_OF(dampings) && status == DC_OK; i++) {
        dc_obs fitted = t->fitted;
        fitted.damping = dampings[i];
        memcpy(w, t->values + (uint64_t)row * o->n, o->n * sizeof *w);
        status = dc_obs_refit_row(w, &fitted, row);
        t->errors[index * DC_COUNT_OF(dampings) + i] =
            (o->weights ? o->weights[row] : 1) * dc_obs_error(w, &t->judges, row);
    }
    dc_arena_clear(&arena);
    return status;
}

/* The one by which what is fitted to some samples does best on the others. */
static dc_status choose_damping(double *out, const obs_layer *l, const float *values)
{
    double best = INFINITY, errors[N_TRIED_ROWS * DC_COUNT_OF(dampings)];
    const trial t = { l, values, obs_of(l, &l->fitted, 0), obs_of(l, &l->judges, 0), errors,
                      DC_MIN(l->obs.n_rows, N_TRIED_ROWS) };
    if (!(l->judges.n_places > 0))
        return DC_OK;
    DC_TRY(dc_pool_run(t.n_tried, try_row, (void *)(uintptr_t)&t));
    for (uint32_t i = 0; i < DC_COUNT_OF(dampings); i++) {
        double sum = 0;
        for (uint32_t k = 0; k < t.n_tried; k++)
            sum += errors[k * DC_COUNT_OF(dampings) + i];
        if (sum < best) {
            best = sum;
            *out = dampings[i];
        }
    }
    return DC_OK;
}

/* The larger half of what there is in each row. */
static dc_status halve(float *out, const obs_layer *l, const float *values)
{
    const uint64_t n = l->obs.n;
    for (uint64_t row = 0; row < l->obs.n_rows; row++) {
        float *w = out + row * n;
        uint64_t n_there = 0;
        memcpy(w, values + row * n, n * sizeof *w);
        for (uint64_t i = 0; i < n; i++)
            n_there += w[i] != 0.0f;
        DC_TRY(dc_prune_keep(w, w, n, (n_there + 1) / 2));
    }
    return DC_OK;
}

static bool is_finite(const obs_layer *l)
{
    for (uint64_t i = 0; i < l->all.n_values; i++)
        if (!isfinite(l->all.products[i]))
            return false;
    return true;
}

dc_status obs_layer_end(obs_layer *l, const float *values)
{
    const uint64_t n_values = (uint64_t)l->obs.n_rows * l->obs.n;
    dc_arena arena = { 0 };
    float *half = dc_arena_take(&arena, n_values, sizeof *half);
    double damping = DAMPING;
    dc_status status = arena.status;
    for (uint64_t i = 0; i < l->all.n_values; i++)
        l->all.products[i] = l->fitted.products[i] + l->judges.products[i];
    l->all.n_places = l->fitted.n_places + l->judges.n_places;
    take_means(&l->fitted, l);
    take_means(&l->judges, l);
    take_means(&l->all, l);
    l->is_known = is_finite(l);
    if (status == DC_OK)
        status = halve(half, l, values);
    if (status == DC_OK)
        status = choose_damping(&damping, l, half);
    dc_arena_clear(&arena);
    l->obs = obs_of(l, &l->all, damping);
    return status;
}

static void clear_targets(obs_sums *s, const obs_layer *l)
{
    memset(s->targets, 0, (uint64_t)l->obs.n_rows * l->obs.n * sizeof *s->targets);
    memset(s->squares, 0, l->obs.n_rows * sizeof *s->squares);
    memset(s->said, 0, l->obs.n_rows * sizeof *s->said);
}

dc_status obs_layer_bend_begin(obs_layer *l, const float *values)
{
    const uint64_t n = l->obs.n, n_rows = l->obs.n_rows;
    if (l->turned == NULL) {
        l->turned = dc_arena_take(&l->arena, n_rows * (n + 1), sizeof *l->turned);
        l->says = dc_arena_take(&l->arena, OBS_CHUNK * l->n_looked * n_rows, sizeof *l->says);
        DC_TRY(l->arena.status);
    }
    for (uint64_t row = 0; row < n_rows; row++) {
        const uint64_t group = row / l->n_rows_of;
        float *to = l->turned + group * l->n_rows_of * n + row % l->n_rows_of;
        double constant = l->all.said[row];
        for (uint64_t i = 0; i < n; i++) {
            to[i * l->n_rows_of] = values[row * n + i];
            constant -= (double)values[row * n + i] * l->all.reads[group * n + i];
        }
        l->turned[n_rows * n + row] = l->has_constant ? (float)constant : 0;
    }
    l->is_bending = true;
    clear_targets(&l->fitted, l);
    clear_targets(&l->judges, l);
    return DC_OK;
}

void obs_layer_bend_end(obs_layer *l)
{
    const uint64_t n_values = (uint64_t)l->obs.n_rows * l->obs.n;
    for (uint64_t i = 0; i < n_values; i++)
        l->all.targets[i] = l->fitted.targets[i] + l->judges.targets[i];
    for (uint64_t i = 0; i < l->obs.n_rows; i++) {
        l->all.squares[i] = l->fitted.squares[i] + l->judges.squares[i];
        l->all.said[i] = l->fitted.said[i] + l->judges.said[i];
    }
    take_target_means(&l->fitted, l);
    take_target_means(&l->judges, l);
    take_target_means(&l->all, l);
    l->is_bending = false;
}

double obs_layer_error(double *square, const obs_layer *l, const float *values)
{
    double sum = 0;
    *square = 0;
    for (uint32_t row = 0; row < l->obs.n_rows; row++) {
        const double weight = l->obs.weights != NULL ? l->obs.weights[row] : 1;
        sum += weight * dc_obs_error(values + (uint64_t)row * l->obs.n, &l->obs, row);
        *square += weight * l->obs.squares[row];
    }
    return sum;
}

/* ---- fitting --------------------------------------------------------------------------------- */

static void fit_constant(const obs_layer *l, dc_model *model, const float *values)
{
    bool is_mean;
    const uint32_t at = constant_of(&is_mean, model, l->at);
    if (at == DC_NONE)
        return;
    dc_param *to = &model->params[at];
    for (uint64_t row = 0; row < l->obs.n_rows; row++) {
        const double *reads = l->all.reads + row / l->n_rows_of * l->obs.n;
        double says = 0;
        for (uint64_t i = 0; i < l->obs.n; i++)
            says += (double)values[row * l->obs.n + i] * reads[i];
        to->values[row] = is_mean ? (float)(l->constants[row] + says - l->all.said[row])
                                  : (float)(l->all.said[row] - says);
    }
    to->is_shared = to->is_shared && dc_param_can_share(to);
}

dc_status obs_layer_fit(obs_layer *l, dc_model *model, dc_param *param)
{
    DC_TRY(choose_damping(&l->obs.damping, l, param->values));
    DC_TRY(dc_obs_refit(param->values, &l->obs));
    param->is_shared = param->is_shared && dc_param_can_share(param);
    fit_constant(l, model, param->values);
    return DC_OK;
}
