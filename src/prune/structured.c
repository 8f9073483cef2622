/* SPDX-License-Identifier: MIT
 *
 * Dead neurons [NIPS15 3.5]. For each layer (conv without groups, or linear) the nodes that its
 * value reaches are followed through ops that treat channels apart, up to the layers that read it.
 * If it reaches anything else (sums, products, concat, slice, reshape, transpose, lrn, softmax, a
 * grouped conv, a linear layer of several vectors, the network's output) the layer stays as it is.
 * Otherwise a channel goes
 *   - when every reader's weights for it are zero: nobody reads it;
 *   - when its own weights are zero: its value is its bias, carried as a constant to the readers
 *     and folded into their biases. That is exact unless a padded conv, or a pool that counts its
 *     pad, mixes a non-zero constant with zeros; then the channel stays.
 * The last channel of a layer stays in any case. Repeated until nothing changes. Values move
 * forward in their own arrays. A bias that constants are folded into is what it is then: if it was
 * shared or float16 and no longer is, there is a warning.
 */
#include <math.h>

#include "magnitude.h"

typedef enum reach { NOT_REACHED, PASSES, READS } reach;

typedef struct surgeon {
    dc_model *model;
    uint32_t layer, n_channels; /* whose channels are looked at   */
    uint8_t *reached;           /* (n_nodes) reach                */
    double *constants;          /* (n_nodes) of one channel       */
    uint8_t *goes;              /* (n_channels)                   */
    uint8_t *is_read;           /* (n_channels)                   */
    uint32_t *n_distinct; /* (n_params) before; 0: not shared      */
    uint8_t *is_half;     /* (n_params) before: of biases           */
    dc_prune_stats stats;
} surgeon;

static dc_param *param_of(const dc_model *model, const dc_node *node, uint32_t which)
{
    const uint32_t param = dc_node_param(node, which);
    return param == DC_NONE ? NULL : &model->params[param];
}

/* Whose channels are its first dim, and are made of all channels of its input. */
static bool is_layer(const dc_node *node)
{
    return (node->kind->traits & DC_MATRIX) != 0 && dc_node_whole(node, DC_ATTR_AXIS) == 0 &&
           dc_node_whole(node, DC_ATTR_GROUPS) <= 1;
}

static bool has_pad(const dc_node *node)
{
    double sum = 0;
    for (int side = DC_ATTR_PAD_TOP; side <= DC_ATTR_PAD_RIGHT; side++)
        sum += dc_node_number(node, (dc_attr)side);
    return sum > 0;
}

/* Parameters after a flatten may have more than one entry a channel. */
static bool passes_channels(const surgeon *s, const dc_node *node)
{
    const dc_param *param = param_of(s->model, node, 0);
    return (node->kind->curve != NULL || node->kind->constant != NULL) &&
           (param == NULL || param->n_values == s->n_channels);
}

/* False when the layer's channels must stay. */
static bool follow(surgeon *s)
{
    const dc_model *m = s->model;
    bool has_reader = false;
    memset(s->reached, NOT_REACHED, m->n_nodes);
    s->reached[s->layer] = PASSES;
    for (uint32_t i = s->layer + 1; i < m->n_nodes; i++) {
        const dc_node *node = &m->nodes[i];
        bool is_fed = false;
        for (uint32_t j = 0; j < node->n_inputs; j++)
            is_fed = is_fed || s->reached[node->inputs[j]] == PASSES;
        if (!is_fed)
            continue;
        if (!is_layer(node) && !passes_channels(s, node))
            return false;
        s->reached[i] = is_layer(node) ? READS : PASSES;
        has_reader = has_reader || is_layer(node);
    }
    return has_reader && s->reached[m->n_nodes - 1] != PASSES;
}

/* ---- which channels go ---------------------------------------------------------------------- */

static void find_read_channels(surgeon *s)
{
    memset(s->is_read, 0, s->n_channels);
    for (uint32_t i = s->layer + 1; i < s->model->n_nodes; i++) {
        if (s->reached[i] != READS)
            continue;
        const dc_param *weight = param_of(s->model, &s->model->nodes[i], 0);
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / s->n_channels;
        const float *w = weight->values;
        if (dc_param_is_blank(weight)) {
            memset(s->is_read, 1, s->n_channels);
            return;
        }
        for (uint32_t row = 0; row < n_rows; row++)
            for (uint32_t c = 0; c < s->n_channels; c++)
                for (uint32_t j = 0; j < width; j++)
                    s->is_read[c] |= *w++ != 0.0f;
    }
}

/* What a node makes of a channel that is `value` everywhere; NaN when it is no constant. */
static double pass_constant(const surgeon *s, const dc_node *node, uint32_t channel, double value)
{
    return node->kind->constant != NULL ? node->kind->constant(s->model, node, channel, value)
                                        : node->kind->curve(value, node->attrs);
}

/* Carries the channel's bias to the readers; false when that is not exact. */
static bool carry_constant(surgeon *s, uint32_t channel)
{
    const dc_model *m = s->model;
    const dc_param *bias = param_of(m, &m->nodes[s->layer], 1);
    s->constants[s->layer] = bias ? (double)bias->values[channel] : 0;
    for (uint32_t i = s->layer + 1; i < m->n_nodes; i++) {
        const dc_node *node = &m->nodes[i];
        if (s->reached[i] == NOT_REACHED)
            continue;
        const double value = s->constants[node->inputs[0]];
        s->constants[i] = s->reached[i] == PASSES ? pass_constant(s, node, channel, value) : value;
        if (!isfinite(s->constants[i]))
            return false;
        if (s->reached[i] == READS && value != 0 && (!param_of(m, node, 1) || has_pad(node)))
            return false;
    }
    return true;
}

/* Adds the channel's constant to the readers' biases. */
static void fold_constant(surgeon *s, uint32_t channel)
{
    for (uint32_t i = s->layer + 1; i < s->model->n_nodes; i++) {
        if (s->reached[i] != READS || !(fabs(s->constants[i]) > 0))
            continue;
        const dc_param *weight = param_of(s->model, &s->model->nodes[i], 0);
        float *bias = param_of(s->model, &s->model->nodes[i], 1)->values;
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / s->n_channels;
        for (uint32_t row = 0; row < n_rows; row++) {
            const float *w = weight->values + (uint64_t)row * n_cols + (uint64_t)channel * width;
            double sum = 0;
            for (uint32_t j = 0; j < width; j++)
                sum += (double)w[j];
            bias[row] = (float)((double)bias[row] + sum * s->constants[i]);
        }
    }
}

static bool is_zero_row(const float *row, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (row[i] != 0.0f)
            return false;
    return true;
}

/* Marks what goes, folds constants, and returns how many go; one stays. */
static uint32_t choose(surgeon *s)
{
    const dc_param *weight = param_of(s->model, &s->model->nodes[s->layer], 0);
    uint32_t n_rows, n_cols, n_gone = 0;
    dc_param_matrix(weight, &n_rows, &n_cols);
    find_read_channels(s);
    const bool is_blank = dc_param_is_blank(weight);
    for (uint32_t c = 0; c < s->n_channels; c++) {
        const bool is_dead =
            !is_blank && is_zero_row(weight->values + (uint64_t)c * n_cols, n_cols);
        s->goes[c] = 0;
        if (n_gone + 1 == s->n_channels || (s->is_read[c] && !(is_dead && carry_constant(s, c))))
            continue;
        if (s->is_read[c])
            fold_constant(s, c);
        s->goes[c] = 1;
        n_gone++;
    }
    return n_gone;
}

/* ---- surgery -------------------------------------------------------------------------------- */

/* Values seen as (n_outer, n_channels, width) lose the channels that go. */
static void cut_param(surgeon *s, dc_param *param, uint64_t n_outer, uint32_t dim, uint32_t n_gone)
{
    if (!param)
        return;
    const uint64_t width = param->n_values / n_outer / s->n_channels;
    const float *from = param->values;
    float *to = param->values;
    for (uint64_t outer = 0; outer < n_outer; outer++)
        for (uint32_t c = 0; c < s->n_channels; c++, from += width) {
            if (s->goes[c])
                continue;
            memmove(to, from, width * sizeof *to);
            to += width;
        }
    const uint64_t n_left = n_outer * width * (s->n_channels - n_gone);
    s->stats.n_values_removed += param->n_values - n_left;
    param->n_values = n_left;
    param->shape.dims[dim] = param->shape.dims[dim] / s->n_channels * (s->n_channels - n_gone);
}

static void cut_layer(surgeon *s, uint32_t n_gone)
{
    dc_model *m = s->model;
    dc_node *layer = &m->nodes[s->layer];
    cut_param(s, param_of(m, layer, 0), 1, 0, n_gone);
    cut_param(s, param_of(m, layer, 1), 1, 0, n_gone);
    dc_node_set(layer, DC_ATTR_N_OUTPUTS, s->n_channels - n_gone);
    for (uint32_t i = s->layer; i < m->n_nodes; i++) {
        dc_node *node = &m->nodes[i];
        if (s->reached[i] == PASSES)
            node->shape.dims[0] = node->shape.dims[0] / s->n_channels * (s->n_channels - n_gone);
        if (s->reached[i] == READS)
            cut_param(s, param_of(m, node, 0), node->shape.dims[0], 1, n_gone);
        for (uint32_t j = 0; s->reached[i] == PASSES && i != s->layer && j < node->kind->n_params;
             j++) /* of batch norm and PReLU */
            cut_param(s, param_of(m, node, j), 1, 0, n_gone);
    }
    s->stats.n_neurons_removed += n_gone;
}

/* From the last layer to the first, so that what nobody reads goes in one round. */
static bool remove_round(surgeon *s)
{
    bool has_changed = false;
    for (uint32_t i = s->model->n_nodes; i-- > 0;) {
        if (!is_layer(&s->model->nodes[i]))
            continue;
        s->layer = i;
        s->n_channels = s->model->nodes[i].shape.dims[0];
        const uint32_t n_gone = follow(s) ? choose(s) : 0;
        if (n_gone > 0)
            cut_layer(s, n_gone);
        has_changed = has_changed || n_gone > 0;
    }
    return has_changed;
}

/* ---- marks ---------------------------------------------------------------------------------- */

static uint32_t count_distinct(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    return dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, false)
               ? n
               : DC_MAX_CODEBOOK + 1;
}

static bool is_all_half(const dc_param *param)
{
    for (uint64_t i = 0; i < param->n_values; i++)
        if (dc_f16_round(param->values[i]) != param->values[i])
            return false;
    return true;
}

static void note_marks(surgeon *s)
{
    for (uint32_t i = 0; i < s->model->n_params; i++) {
        const dc_param *param = &s->model->params[i];
        s->n_distinct[i] = param->is_shared ? count_distinct(param) : 0;
        s->is_half[i] = param->role == DC_ROLE_BIAS && dc_param_n_nonzero(param) > 0 &&
                        is_all_half(param);
    }
}

#define FOLDED "%s: constants of dead neurons were folded in, it "

/* A bias shares what it can: sharing goes where folding made more values than there may be. */
static void settle_marks(surgeon *s)
{
    for (uint32_t i = 0; i < s->model->n_params; i++) {
        dc_param *param = &s->model->params[i];
        const uint32_t n_now = param->is_shared ? count_distinct(param) : 0;
        if (n_now > s->n_distinct[i] && dc_param_can_share(param)) {
            dc_warn(FOLDED "shares %u values now, not %u", param->name, n_now, s->n_distinct[i]);
        } else if (n_now > s->n_distinct[i]) {
            param->is_shared = false;
            dc_warn(FOLDED "is no longer shared ('quantize' shares it again)", param->name);
        }
        if (s->is_half[i] && !is_all_half(param))
            dc_warn(FOLDED "is no longer float16 ('quantize' rounds it again)", param->name);
    }
}

static dc_status remove_dead(surgeon *s, dc_arena *arena)
{
    uint32_t n_weights, n_channels = 0;
    const dc_model *m = s->model;
    dc_param **const weights = dc_weight_params(&n_weights, m, arena);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < m->n_params; i++)
        if (!m->params[i].values)
            return dc_fail(DC_EINPUT, "values of '%s' are packed", m->params[i].name);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        n_channels = DC_MAX(n_channels, m->nodes[i].shape.dims[0]);
    s->reached = dc_arena_take(arena, m->n_nodes, 1);
    s->constants = dc_arena_take(arena, m->n_nodes, sizeof *s->constants);
    s->goes = dc_arena_take(arena, n_channels, 1);
    s->is_read = dc_arena_take(arena, n_channels, 1);
    s->n_distinct = dc_arena_take(arena, m->n_params, sizeof *s->n_distinct);
    s->is_half = dc_arena_take(arena, m->n_params, 1);
    DC_TRY(arena->status);
    note_marks(s);
    for (uint32_t i = 0; i < n_weights; i++)
        s->stats.n_before += dc_param_n_nonzero(weights[i]);
    while (remove_round(s))
        continue;
    settle_marks(s);
    for (uint32_t i = 0; i < n_weights; i++)
        s->stats.n_after += dc_param_n_nonzero(weights[i]);
    return DC_OK;
}

dc_status dc_prune_dead(dc_model *model, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    surgeon s = { .model = model };
    const dc_status status = remove_dead(&s, &arena);
    dc_arena_clear(&arena);
    if (stats)
        *stats = s.stats;
    return status;
}
