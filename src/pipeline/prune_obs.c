/* SPDX-License-Identifier: MIT
 *
 * Pruning without training, layer by layer in the order of the graph [OBC; SparseGPT]: a layer is
 * to say where it reads what the layers before it say by now what the dense network says there.
 * Samples, without labels, go through two networks, the dense one and that which is being pruned
 * (sample_walk.c), and give the means that a layer goes by (obs_layer.c).
 *
 * Where layers share a density, they are looked at first, in the dense network alone: half of each
 * goes, and how far that moves the answers to some samples says what an error of its outputs
 * counts. So all scores are of one kind, the divergence that a weight costs.
 */
#include "prune_obs.h"

#include <math.h>
#include <string.h>

#include "obs_layer.h"
#include "sample_walk.h"

#define MAX_SAMPLES 4096u
#define N_PROBES 12u     /* samples whose answers tell what a layer counts   */
#define PROBE_DENSITY 0.5
#define N_BENDS 3u       /* times that a layer is fitted again               */
#define LEAST 1e-30
#define GATHER_WORK 1.0  /* sums of a layer, where running it is one         */

struct prune_obs {
    dc_run *run;
    dc_model *dense, *trial; /* owned; the second but for one layer at a time, NULL: no looks */
    dc_head head;
    uint64_t n_samples;
    sample_walk was, is; /* through the dense network, and through what it becomes */
    bool is_looking;     /* `was` is used for looks                                */
    double n_products;   /* of a sample, in all layers                             */
    float *answers;      /* of the dense network, to the first samples             */
    obs_layer layer;
    dc_arena arena;
};

/* ---- the walk -------------------------------------------------------------------------------- */

static uint32_t chunk_at(const prune_obs *p, uint64_t first)
{
    return (uint32_t)DC_MIN((uint64_t)OBS_CHUNK, p->n_samples - first);
}

/* To node `end`, without a look at anything. */
static dc_status go(const prune_obs *p, sample_walk *walk, uint32_t end)
{
    if (end <= walk->done)
        return DC_OK;
    DC_TRY(sample_walk_begin(walk, end));
    for (uint64_t first = 0; first < p->n_samples; first += OBS_CHUNK) {
        DC_TRY(sample_walk_run(walk, first, chunk_at(p, first)));
        dc_progress("sample", first, p->n_samples, NULL);
    }
    sample_walk_end(walk);
    return DC_OK;
}

/* The node before the next matrix, where few values have to be kept. */
static uint32_t before_next(const prune_obs *p, uint32_t node)
{
    for (uint32_t i = node + 1; i <= p->was.last; i++)
        if ((p->dense->nodes[i].kind->traits & DC_MATRIX) != 0)
            return i - 1;
    return p->was.last;
}

/* What the layer reads in `reads`, and says in the dense network. The caller ends the part. */
static dc_status gather(prune_obs *p, const sample_walk *reads, const float *values)
{
    obs_layer *l = &p->layer;
    const uint32_t input = l->node->inputs[0];
    DC_TRY(sample_walk_begin(&p->was, before_next(p, l->at)));
    for (uint64_t first = 0; first < p->n_samples; first += OBS_CHUNK) {
        DC_TRY(sample_walk_run(&p->was, first, chunk_at(p, first)));
        DC_TRY(obs_layer_add(l, sample_walk_values(reads, input, first),
                             sample_walk_values(&p->was, l->at, first), first,
                             chunk_at(p, first)));
        dc_progress("sample", first, p->n_samples, NULL);
    }
    return obs_layer_end(l, values);
}

/* In samples run, for `n_walks` networks up to and with the layer. */
static double work_of(const prune_obs *p, const dc_param *param, double n_walks)
{
    const dc_node *node = &p->dense->nodes[param->node];
    const double n = (double)param->n_values * (double)dc_shape_count(&node->shape) /
                     fmax(node->shape.dims[0], 1);
    return (double)p->n_samples * (n_walks + GATHER_WORK) * n / fmax(p->n_products, 1);
}

/* ---- in turn --------------------------------------------------------------------------------- */

static dc_status take_scores(float **scores, const prune_obs *p, const dc_param *param,
                             dc_arena *arena)
{
    *scores = dc_arena_take(arena, param->n_values, sizeof **scores);
    DC_TRY(arena->status);
    return dc_obs_score(*scores, param->values, &p->layer.obs);
}

static dc_status begin_again(sample_walk *walk, dc_arena *arena)
{
    sample_walk_close(walk);
    walk->done = 0;
    return sample_walk_open(walk, arena);
}

static dc_status score_layer(float **scores, prune_obs *p, const dc_param *param, dc_arena *arena)
{
    if (p->is_looking)
        DC_TRY(begin_again(&p->was, &p->arena));
    p->is_looking = false;
    obs_layer_close(&p->layer);
    DC_TRY(obs_layer_open(&p->layer, p->run->model, param, p->n_samples));
    DC_TRY(go(p, &p->was, param->node - 1));
    DC_TRY(go(p, &p->is, param->node - 1));
    DC_TRY(gather(p, &p->is, param->values));
    if (p->layer.is_known)
        return take_scores(scores, p, param, arena);
    sample_walk_end(&p->was);
    return DC_OK;
}

static dc_status score(void *payload, float **scores, dc_param *param, dc_arena *arena)
{
    prune_obs *p = payload;
    if (!obs_layer_knows(p->dense, param - p->run->model->params + p->dense->params, p->was.last)) {
        dc_warn("%s: what it reads is not known, so its largest weights stay", param->name);
        return DC_OK;
    }
    const unsigned mark = dc_work_enter(work_of(p, param, 2), "%s",
                                        p->dense->nodes[param->node].name);
    const dc_status status = score_layer(scores, p, param, arena);
    if (status == DC_OK && !p->layer.is_known)
        dc_warn("%s: what it reads is no number, so its largest weights stay", param->name);
    dc_work_leave(mark);
    return status;
}

static void report_layer(const prune_obs *p, const dc_param *param, double cut, double fitted)
{
    char text[200];
    dc_print(text, sizeof text,
             "%s: outputs off by %.3g %% of their variance, fitted %.3g %%, damping %g",
             p->dense->nodes[param->node].name, 100 * cut, 100 * fitted, p->layer.obs.damping);
    run_report(p->run, true, text);
}

/* Fitted again, where only what the activation behind the layer lets through counts. */
static dc_status bend_and_fit(prune_obs *p, dc_param *param)
{
    obs_layer *l = &p->layer;
    const uint32_t input = l->node->inputs[0];
    DC_TRY(obs_layer_bend_begin(l, param->values));
    for (uint64_t first = 0; first < p->n_samples; first += OBS_CHUNK) {
        DC_TRY(sample_walk_run(&p->was, first, chunk_at(p, first)));
        DC_TRY(obs_layer_add(l, sample_walk_values(&p->is, input, first),
                             sample_walk_values(&p->was, l->at, first), first,
                             chunk_at(p, first)));
        dc_progress("sample", first, p->n_samples, NULL);
    }
    obs_layer_bend_end(l);
    return obs_layer_fit(l, p->run->model, param);
}

static dc_status refit(void *payload, dc_param *param)
{
    prune_obs *p = payload;
    double square;
    const double cut = obs_layer_error(&square, &p->layer, param->values);
    DC_TRY(obs_layer_fit(&p->layer, p->run->model, param));
    const unsigned mark = dc_work_enter(work_of(p, param, N_BENDS), "%s",
                                        p->dense->nodes[param->node].name);
    for (uint32_t i = 0; i < N_BENDS && p->layer.low != NULL; i++)
        DC_TRY(bend_and_fit(p, param));
    dc_work_leave(mark);
    sample_walk_end(&p->was);
    const double fitted = obs_layer_error(&square, &p->layer, param->values);
    report_layer(p, param, cut / fmax(square, LEAST), fitted / fmax(square, LEAST));
    obs_layer_close(&p->layer);
    return DC_OK;
}

/* ---- looks ----------------------------------------------------------------------------------- */

static uint32_t n_probes(const prune_obs *p)
{
    return (uint32_t)DC_MIN(p->n_samples, (uint64_t)N_PROBES);
}

static dc_status run_probes(float *out, sample_walk *w, uint32_t n)
{
    const uint64_t n_out = dc_shape_count(&w->model->nodes[w->last].shape);
    DC_TRY(sample_walk_begin(w, w->last));
    for (uint32_t first = 0; first < n; first += OBS_CHUNK) {
        const uint32_t n_now = DC_MIN(OBS_CHUNK, n - first);
        DC_TRY(sample_walk_run(w, first, n_now));
        memcpy(out + first * n_out, sample_walk_values(w, w->last, first),
               n_now * n_out * sizeof *out);
    }
    return DC_OK;
}

/* What `model` answers to the first samples, by values that the dense network has in front of
 * `node`. */
static dc_status answer(float *out, const prune_obs *p, const dc_model *model, uint32_t node)
{
    dc_arena arena = { 0 };
    sample_walk w = p->was;
    w.model = model;
    w.done = node - 1;
    dc_status status = sample_walk_open(&w, &arena);
    if (status == DC_OK) {
        memcpy(w.kept, p->was.kept, node * sizeof *w.kept);
        status = run_probes(out, &w, n_probes(p));
        memset(w.kept, 0, node * sizeof *w.kept);
        sample_walk_close(&w);
    }
    dc_arena_clear(&arena);
    return status;
}

/* The divergence, and for answers that are alike by it some part of how far they are apart. */
static double change_of(const prune_obs *p, const float *answers)
{
    const uint64_t n_out = p->head.n_outputs, n = (uint64_t)n_probes(p) * p->head.n_steps;
    double sum = 0, apart = 0, square = LEAST;
    for (uint64_t i = 0; i < n; i++)
        sum += divergence_of(&p->head, p->answers + i * n_out, answers + i * n_out);
    for (uint64_t i = 0; i < n * n_out; i++) {
        const double y = (double)p->answers[i], off = (double)answers[i] - y;
        apart += off * off;
        square += y * y;
    }
    return sum / (double)n + 1e-6 * apart / square;
}

static dc_status begin_looks(prune_obs *p)
{
    const uint64_t n_out = dc_shape_count(&p->dense->nodes[p->was.last].shape);
    if (p->is_looking)
        return DC_OK;
    p->is_looking = true;
    DC_TRY(dc_model_copy(&p->trial, p->dense));
    p->answers = dc_arena_take(&p->arena, N_PROBES * n_out, sizeof *p->answers);
    DC_TRY(p->arena.status);
    return answer(p->answers, p, p->dense, 1);
}

static void restore(prune_obs *p)
{
    for (uint32_t i = 0; i < p->dense->n_params; i++)
        memcpy(p->trial->params[i].values, p->dense->params[i].values,
               p->dense->params[i].n_values * sizeof(float));
}

/* What an error of the layer's outputs counts, as half of its weights show. */
static dc_status find_slope(double *out, prune_obs *p, dc_param *param, const float *scores)
{
    const uint64_t n_out = dc_shape_count(&p->dense->nodes[p->was.last].shape);
    const double n_left = PROBE_DENSITY * (double)dc_param_n_nonzero(param);
    float *answers = dc_arena_take(&p->layer.arena, N_PROBES * n_out, sizeof *answers);
    double square;
    DC_TRY(p->layer.arena.status);
    DC_TRY(dc_prune_keep(param->values, scores, param->n_values, (uint64_t)(n_left + 0.5)));
    DC_TRY(obs_layer_fit(&p->layer, p->trial, param));
    DC_TRY(answer(answers, p, p->trial, param->node));
    *out = change_of(p, answers) / fmax(obs_layer_error(&square, &p->layer, param->values), LEAST);
    restore(p);
    return DC_OK;
}

static dc_status look_layer(float **scores, prune_obs *p, const dc_param *param, dc_arena *arena)
{
    double slope;
    DC_TRY(begin_looks(p));
    obs_layer_close(&p->layer);
    DC_TRY(obs_layer_open(&p->layer, p->dense, param, p->n_samples));
    DC_TRY(go(p, &p->was, param->node - 1));
    DC_TRY(gather(p, &p->was, param->values));
    if (p->layer.is_known) {
        DC_TRY(take_scores(scores, p, param, arena));
        DC_TRY(find_slope(&slope, p, &p->trial->params[param - p->dense->params], *scores));
        for (uint64_t i = 0; i < param->n_values; i++)
            (*scores)[i] = (float)((double)(*scores)[i] * slope);
    }
    sample_walk_end(&p->was);
    obs_layer_close(&p->layer);
    return DC_OK;
}

static dc_status look(void *payload, float **scores, dc_param *param, dc_arena *arena)
{
    prune_obs *p = payload;
    const dc_param *own = &p->dense->params[param - p->run->model->params];
    if (!obs_layer_knows(p->dense, own, p->was.last))
        return DC_OK;
    const unsigned mark = dc_work_enter(work_of(p, param, 1), "look at %s",
                                        p->dense->nodes[param->node].name);
    const dc_status status = look_layer(scores, p, own, arena);
    dc_work_leave(mark);
    return status;
}

/* ---- the door -------------------------------------------------------------------------------- */

static dc_status open_walks(prune_obs *p)
{
    p->was = (sample_walk){ .model = p->dense, .chunk = OBS_CHUNK, .last = p->head.node };
    DC_TRY(sample_walk_read(&p->was, p->run->data->train, MAX_SAMPLES, 2, &p->arena));
    p->n_samples = p->was.n_samples;
    p->is = p->was;
    p->is.model = p->run->model;
    DC_TRY(sample_walk_open(&p->was, &p->arena));
    return sample_walk_open(&p->is, &p->arena);
}

/* Answers of several steps are compared step by step. */
static void divide_head(dc_head *head, uint32_t n_steps)
{
    if (n_steps > 1 && head->n_steps == 1 && head->n_outputs % n_steps == 0) {
        head->n_steps = n_steps;
        head->n_outputs /= n_steps;
    }
}

dc_status prune_obs_open(prune_obs **out, dc_run *run)
{
    prune_obs *p = dc_grow(NULL, 1, sizeof *p);
    if (p == NULL)
        return DC_ENOMEM;
    *p = (prune_obs){ .run = run };
    *out = p;
    DC_TRY(dc_model_copy(&p->dense, run->model));
    p->head = dc_model_head(p->dense);
    divide_head(&p->head, dc_source_steps(run->data->train));
    p->n_products = amount_products(p->dense);
    return open_walks(p);
}

dc_obs_source prune_obs_source(prune_obs *p)
{
    return (dc_obs_source){ p, look, score, refit };
}

void prune_obs_close(prune_obs *p)
{
    if (p == NULL)
        return;
    sample_walk_close(&p->was);
    sample_walk_close(&p->is);
    obs_layer_close(&p->layer);
    dc_model_free(p->dense);
    dc_model_free(p->trial);
    dc_arena_clear(&p->arena);
    dc_release(p);
}

dc_amount prune_obs_amount(const dc_run *run, bool has_looks)
{
    const double n = run->data != NULL && run->data->train != NULL
                         ? (double)DC_MIN(run->data->train->n_samples, (uint64_t)MAX_SAMPLES)
                         : 0;
    const double looks = has_looks ? 1 + GATHER_WORK : 0;
    return (dc_amount){ .n_run = n * (SAMPLE_WALK_READ + 2 + N_BENDS + 2 * GATHER_WORK + looks) };
}
