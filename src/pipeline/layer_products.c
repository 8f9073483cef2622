/* SPDX-License-Identifier: MIT
 *
 * What the layers of a network read, on samples: mean products, for rounding that knows what an
 * error makes of the outputs (dc_products). The dense network runs on the plain ops, some samples
 * at a time. Of a convolution some places of each picture are looked at, evenly spread.
 */
#include "layer_places.h"
#include "run_internal.h"

#include <math.h>
#include <string.h>

#define MAX_INPUTS 2304u     /* of a row: products of more are too many        */
#define PLACES_A_INPUT 96.0  /* in all                                         */
#define MIN_PLACES 16.0      /* of a sample, if there are as many              */
#define MAX_WORK 1e11        /* multiplications for a layer: fewer places then */
#define MAX_PRODUCTS 4e12    /* of the network, forward: fewer samples then    */
#define MIN_SAMPLES 64.0
#define MAX_SAMPLES 10000.0  /* sums are float                                 */
#define CHUNK_VALUES (UINT64_C(1) << 26)
#define MAX_CHUNK 16
#define TASK_ROWS 8u         /* of the products, that go through places at once */

/* One layer on its way. */
typedef struct gathering {
    const dc_node *node;
    dc_products *out;
    layer_places places;
    uint64_t n_all;    /* n_groups * n: values of a place */
    uint64_t n_places; /* of a sample                     */
    float *patches;    /* (places of a chunk, n_all)      */
    uint64_t n_looked; /* places so far                   */
} gathering;

/* Rows of the products from `task` * TASK_ROWS on, of all groups' rows. */
typedef struct task {
    const gathering *g;
    uint64_t n_patches;
} task;

static dc_status add_products(void *payload, uint64_t index)
{
    const task *t = payload;
    const gathering *g = t->g;
    const uint64_t n = g->out->n;
    const uint64_t end = DC_MIN((index + 1) * TASK_ROWS, g->n_all);
    for (uint64_t m = 0; m < t->n_patches; m++) {
        const float *x = g->patches + m * g->n_all;
        for (uint64_t a = index * TASK_ROWS; a < end; a++) {
            const float *of_group = x + a / n * n;
            float *to = g->out->means + a * n;
            const float by = x[a];
            for (uint64_t b = a % n; b < n && by != 0.0f; b++)
                to[b] += by * of_group[b];
        }
    }
    return DC_OK;
}

/* A chunk of samples, those that could be read one after another. */
typedef struct some_samples {
    gathering *g;
    const float *x;
    uint64_t first; /* sample */
} some_samples;

static dc_status take_sample(void *payload, uint64_t index)
{
    const some_samples *c = payload;
    const gathering *g = c->g;
    const layer_places *p = &g->places;
    const uint64_t n_values = (uint64_t)(p->channels * p->height * p->width);
    for (uint64_t i = 0; i < g->n_places; i++)
        layer_places_take(g->patches + (index * g->n_places + i) * g->n_all, p,
                          c->x + index * n_values,
                          layer_places_pick(p, g->n_places, c->first + index, i));
    return DC_OK;
}

static dc_status look_at(gathering *g, const float *x, uint32_t n_samples, uint64_t first)
{
    some_samples c = { g, x, first };
    DC_TRY(dc_pool_run(n_samples, take_sample, &c));
    task t = { g, n_samples * g->n_places };
    g->n_looked += t.n_patches;
    return dc_pool_run((g->n_all + TASK_ROWS - 1) / TASK_ROWS, add_products, &t);
}

/* Inputs that are no numbers, or nearly none, tell nothing. */
static void finish(gathering *g)
{
    dc_products *p = g->out;
    bool is_finite = g->n_looked > 0;
    for (uint64_t a = 0; a < g->n_all; a++) {
        float *group = p->means + a / p->n * p->n * p->n;
        const uint64_t row = a % p->n;
        for (uint64_t b = row; b < p->n; b++)
            group[b * p->n + row] = group[row * p->n + b] =
                (float)((double)group[row * p->n + b] / (double)g->n_looked);
        is_finite = is_finite && isfinite(group[row * p->n + row]);
    }
    if (!is_finite)
        p->n = 0;
}

/* ---- the network ----------------------------------------------------------------------------- */

typedef struct gatherer {
    const dc_model *model;
    const dc_source *samples;
    uint64_t n_samples; /* of them          */
    uint32_t last;   /* node that is needed */
    uint32_t chunk;  /* samples at once     */
    uint32_t n;
    gathering *list;
    float **values;  /* by node             */
    const float **inputs;
    int32_t *labels; /* of a chunk */
    uint32_t *lengths; /* the same; NULL: all steps count */
    dc_arena scratch;
} gatherer;

/* That are looked at of each sample. */
static uint64_t places_of(const layer_places *p, uint64_t n, uint64_t n_samples)
{
    const double n_all = (double)layer_places_values(p);
    const double most = MAX_WORK / (n_all * (double)n / 2) / (double)n_samples;
    const double wanted = fmax(PLACES_A_INPUT * (double)n / (double)n_samples, MIN_PLACES);
    return (uint64_t)fmin(fmax(ceil(fmin(wanted, most)), 1), (double)layer_places_count(p));
}

static dc_status add_layer(gatherer *g, dc_products *out, const dc_node *node, dc_arena *arena)
{
    const uint32_t at = dc_node_param(node, 0);
    if ((node->kind->traits & DC_MATRIX) == 0 || at == DC_NONE)
        return DC_OK;
    const dc_geometry shape = dc_param_geometry(g->model, &g->model->params[at]);
    const uint64_t n = (uint64_t)shape.n_inputs * shape.height * shape.width;
    const layer_places places = layer_places_of(g->model, node, n);
    const uint64_t n_all = layer_places_values(&places);
    if (n > MAX_INPUTS || n_all % n != 0 || n_all / n > shape.n_rows)
        return DC_OK;
    out[at] = (dc_products){ .n_groups = (uint32_t)(n_all / n), .n = (uint32_t)n,
                                      .means = dc_arena_take(arena, n_all * n, sizeof(float)) };
    const uint64_t n_places = places_of(&places, n, g->n_samples);
    float *patches = dc_arena_take(&g->scratch, g->chunk * n_places * n_all, sizeof *patches);
    g->list[g->n++] = (gathering){ .node = node, .out = &out[at], .places = places, .n_all = n_all,
                                   .n_places = n_places,
                                   .patches = patches };
    return g->scratch.status != DC_OK ? g->scratch.status : arena->status;
}

static dc_status set_up(gatherer *g, dc_products *out, dc_arena *arena)
{
    const dc_model *m = g->model;
    uint64_t n_values = 0;
    for (uint32_t i = 0; i <= g->last; i++)
        n_values += dc_shape_count(&m->nodes[i].shape);
    const uint64_t chunk = CHUNK_VALUES / DC_MAX(n_values, UINT64_C(1));
    g->chunk = (uint32_t)DC_MIN(DC_MAX(chunk, UINT64_C(1)), (uint64_t)MAX_CHUNK);
    g->list = dc_arena_take(&g->scratch, m->n_nodes, sizeof *g->list);
    g->labels = dc_arena_take(&g->scratch, (uint64_t)g->chunk * dc_source_steps(g->samples),
                              sizeof *g->labels);
    if (g->samples->lengths != NULL)
        g->lengths = dc_arena_take(&g->scratch, g->chunk, sizeof *g->lengths);
    g->values = dc_arena_take(&g->scratch, m->n_nodes, sizeof(float *));
    uint32_t n_inputs = 0;
    for (uint32_t i = 0; i <= g->last; i++)
        n_inputs = DC_MAX(n_inputs, m->nodes[i].n_inputs);
    g->inputs = dc_arena_take(&g->scratch, n_inputs, sizeof(float *));
    DC_TRY(g->scratch.status);
    for (uint32_t i = 0; i <= g->last; i++) {
        g->values[i] = dc_arena_take(&g->scratch, g->chunk * dc_shape_count(&m->nodes[i].shape),
                                     sizeof(float));
        DC_TRY(g->scratch.status);
        DC_TRY(add_layer(g, out, &m->nodes[i], arena));
    }
    return DC_OK;
}

static void keep(gatherer *g, uint32_t to, uint32_t from, uint64_t n_values)
{
    memmove(g->values[0] + to * n_values, g->values[0] + from * n_values,
            n_values * sizeof(float));
    if (g->lengths != NULL)
        g->lengths[to] = g->lengths[from];
}

/* Those that cannot be read are left out, as in training. */
static dc_status read_chunk(gatherer *g, uint64_t first, uint32_t n, uint32_t *n_read)
{
    uint64_t indices[MAX_CHUNK];
    const uint64_t n_values = dc_shape_count(&g->model->nodes[0].shape);
    const uint32_t n_steps = dc_source_steps(g->samples);
    for (uint32_t i = 0; i < n; i++)
        indices[i] = first + i;
    DC_TRY(dc_source_read(g->samples, indices, n, 0, g->values[0], g->labels));
    if (g->lengths != NULL)
        g->samples->lengths(g->samples, indices, n, g->lengths);
    *n_read = 0;
    for (uint32_t i = 0; i < n; i++)
        if (g->labels[(uint64_t)i * n_steps] != DC_UNREADABLE)
            keep(g, (*n_read)++, i, n_values);
    return DC_OK;
}

static dc_status run_chunk(gatherer *g, uint64_t first, uint32_t n)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i <= g->last; i++) {
        const dc_node *node = &g->model->nodes[i];
        if (at < g->n && g->list[at].node == node)
            DC_TRY(look_at(&g->list[at++], g->values[node->inputs[0]], n, first));
        for (uint32_t k = 0; k < node->n_inputs; k++)
            g->inputs[k] = g->values[node->inputs[k]];
        DC_TRY(dc_node_forward(g->model, i, n, g->lengths, g->inputs, g->values[i]));
    }
    return DC_OK;
}

static dc_status gather(gatherer *g, dc_products *out, dc_arena *arena)
{
    const uint64_t n = g->n_samples;
    DC_TRY(set_up(g, out, arena));
    for (uint64_t first = 0; first < n; first += g->chunk) {
        const uint32_t n_now = (uint32_t)DC_MIN((uint64_t)g->chunk, n - first);
        const unsigned mark = dc_work_enter(n_now, "%s", "");
        uint32_t n_read;
        DC_TRY(read_chunk(g, first, n_now, &n_read));
        if (n_read > 0)
            DC_TRY(run_chunk(g, first, n_read));
        dc_work_leave(mark);
    }
    for (uint32_t i = 0; i < g->n; i++)
        finish(&g->list[i]);
    return DC_OK;
}

dc_status layer_products_gather(dc_products **out, const dc_model *model,
                                const dc_source *samples, dc_arena *arena)
{
    const double most = fmin(MAX_PRODUCTS / fmax(amount_products(model), 1), MAX_SAMPLES);
    gatherer g = { .model = model, .samples = samples, .last = dc_model_head(model).logits };
    g.n_samples = (uint64_t)fmin((double)samples->n_samples, fmax(most, MIN_SAMPLES));
    *out = dc_arena_take(arena, model->n_params, sizeof **out);
    DC_TRY(arena->status);
    const dc_status status = gather(&g, *out, arena);
    dc_arena_clear(&g.scratch);
    return status;
}
