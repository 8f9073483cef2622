/* SPDX-License-Identifier: MIT
 *
 * Neurons that are nearly the same become one, without data [Srinivas and Babu 2015]: if neuron j
 * has the weights of i, j can go when i's outgoing weights take over j's. If it has not, outputs
 * move, and what that may cost at most is about <a_j^2> ||w_i - w_j||^2, with a_j the outgoing
 * weights and the bias among w. The pair of least cost is merged, and again, until so many are
 * left. Distances stay what they are and only a_i changes, so each neuron keeps its nearest: O(n^2)
 * of memory, and of time besides the distances. Channels of convolutions go the same way. Where
 * something on the way has numbers for each channel (batch norm, PReLU), equal weights do not make
 * equal values, and the layer is left.
 */
#include <float.h>
#include <string.h>

#include "channels.h"
#include "magnitude.h"

#define WHERE_THEY_GO "they go to a sum, to a norm, through steps, or to the outputs"

typedef struct merging {
    channels at;
    uint32_t n;          /* neurons of the layer            */
    double *distances;   /* (n, n), squared                 */
    double *outgoing;    /* (n): mean square of a           */
    uint32_t *nearest;   /* (n)                             */
    uint8_t *is_gone;    /* (n)                             */
    uint32_t *stays;     /* (n)                             */
    dc_prune_stats stats;
} merging;

static bool has_own_numbers(const merging *m)
{
    for (uint32_t i = m->at.layer + 1; i < m->at.model->n_nodes; i++)
        if (m->at.reached[i] == CHANNELS_PASS &&
            channels_param(m->at.model, &m->at.model->nodes[i], 0) != NULL)
            return true;
    return false;
}

static void measure(merging *m)
{
    const dc_node *node = &m->at.model->nodes[m->at.layer];
    const dc_param *weight = channels_param(m->at.model, node, 0);
    const dc_param *bias = channels_param(m->at.model, node, 1);
    uint32_t n_rows, n_cols;
    dc_param_matrix(weight, &n_rows, &n_cols);
    for (uint32_t i = 0; i < m->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            const float *a = weight->values + (uint64_t)i * n_cols;
            const float *b = weight->values + (uint64_t)j * n_cols;
            double sum = 0;
            for (uint32_t c = 0; c < n_cols; c++)
                sum += ((double)a[c] - (double)b[c]) * ((double)a[c] - (double)b[c]);
            if (bias != NULL)
                sum += ((double)bias->values[i] - (double)bias->values[j]) *
                       ((double)bias->values[i] - (double)bias->values[j]);
            m->distances[(uint64_t)i * m->n + j] = m->distances[(uint64_t)j * m->n + i] = sum;
        }
}

/* Calls for each reader's row its weights of channel i, and those of channel j. */
typedef void pair_fn(double *sum, float *of_i, const float *of_j, uint32_t width);

static uint64_t each_pair(const merging *m, pair_fn *each, double *sum, uint32_t i, uint32_t j)
{
    uint64_t n = 0;
    for (uint32_t k = m->at.layer + 1; k < m->at.model->n_nodes; k++) {
        if (m->at.reached[k] != CHANNELS_READ)
            continue;
        const dc_param *weight = channels_param(m->at.model, &m->at.model->nodes[k], 0);
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / m->n;
        for (uint32_t row = 0; row < n_rows; row++) {
            float *w = weight->values + (uint64_t)row * n_cols;
            each(sum, w + (uint64_t)i * width, w + (uint64_t)j * width, width);
        }
        n += (uint64_t)n_rows * width;
    }
    return n;
}

static void add_squares(double *sum, float *of_i, const float *of_j, uint32_t width)
{
    (void)of_j;
    for (uint32_t k = 0; k < width; k++)
        *sum += (double)of_i[k] * (double)of_i[k];
}

static void take_over(double *sum, float *of_i, const float *of_j, uint32_t width)
{
    (void)sum;
    for (uint32_t k = 0; k < width; k++)
        of_i[k] += of_j[k];
}

static void weigh_outgoing(merging *m, uint32_t i)
{
    double sum = 0;
    const uint64_t n = each_pair(m, add_squares, &sum, i, i);
    m->outgoing[i] = sum / (double)n;
}

static void find_nearest(merging *m, uint32_t j)
{
    double least = DBL_MAX;
    for (uint32_t i = 0; i < m->n; i++) {
        const double distance = m->distances[(uint64_t)j * m->n + i];
        if (i == j || m->is_gone[i] || !(distance < least))
            continue;
        least = distance;
        m->nearest[j] = i;
    }
}

static uint32_t cheapest(const merging *m)
{
    double least = DBL_MAX;
    uint32_t best = 0;
    for (uint32_t j = 0; j < m->n; j++) {
        if (m->is_gone[j])
            continue;
        const double cost = m->outgoing[j] * m->distances[(uint64_t)j * m->n + m->nearest[j]];
        best = cost < least ? j : best;
        least = cost < least ? cost : least;
    }
    return best;
}

static dc_status merge_layer(merging *m, uint32_t n_keep, dc_arena *arena)
{
    m->n = m->at.n_channels;
    m->distances = dc_arena_take(arena, (uint64_t)m->n * m->n, sizeof *m->distances);
    m->outgoing = dc_arena_take(arena, m->n, sizeof *m->outgoing);
    m->nearest = dc_arena_take(arena, m->n, sizeof *m->nearest);
    m->is_gone = dc_arena_take(arena, m->n, 1);
    m->stays = dc_arena_take(arena, m->n, sizeof *m->stays);
    DC_TRY(arena->status);
    measure(m);
    for (uint32_t j = 0; j < m->n; j++) {
        weigh_outgoing(m, j);
        find_nearest(m, j);
    }
    for (uint32_t n = m->n; n > n_keep; n--) {
        const uint32_t j = cheapest(m), i = m->nearest[j];
        each_pair(m, take_over, NULL, i, j);
        m->is_gone[j] = 1;
        weigh_outgoing(m, i);
        for (uint32_t k = 0; k < m->n; k++)
            if (!m->is_gone[k] && m->nearest[k] == j)
                find_nearest(m, k);
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (!m->is_gone[i])
            m->stays[n++] = i;
    m->stats.n_neurons_removed += m->n - n;
    return channels_take(&m->at, m->stays, n);
}

static dc_status check_share(double share, const char *layer)
{
    if (!(share > 0 && share <= 1))
        return dc_fail(DC_EINPUT, "share %g of layer '%s' is outside of (0, 1]", share, layer);
    return DC_OK;
}

static dc_status check_rules(const dc_rules *shares, const dc_model *model, dc_arena *arena)
{
    const char **names;
    double share;
    const uint32_t n = dc_model_layers(&names, model, arena);
    DC_TRY(arena->status);
    DC_TRY(dc_rules_check(shares, names, n));
    for (uint32_t i = 0; i < n; i++)
        if (dc_rules_find(&share, shares, names[i]))
            DC_TRY(check_share(share, names[i]));
    return DC_OK;
}

dc_status dc_prune_similar_check(const dc_rules *shares, const dc_model *model)
{
    dc_arena arena = { 0 };
    const dc_status status = check_rules(shares, model, &arena);
    dc_arena_clear(&arena);
    return status;
}

/* What reads a merged neuron has sums among its weights. */
static void settle_marks(dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        if (!param->is_shared || dc_param_can_share(param))
            continue;
        param->is_shared = false;
        dc_warn("%s: neurons that it reads were merged, it is no longer shared ('quantize' shares "
                "it again)", param->name);
    }
}

static dc_status check_weights(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (dc_role_is_weight(model->params[i].role))
            DC_TRY(dc_weights_check(&model->params[i], model->nodes[model->params[i].node].name));
    return DC_OK;
}

/* A pattern may reach layers that stay as they are; a layer that somebody names must not. */
static dc_status check_not_named(const dc_rules *shares, const char *name)
{
    for (uint32_t i = 0; i < shares->n_rules; i++)
        if (strcmp(shares->items[i].pattern, name) == 0 && shares->items[i].value < 1)
            return dc_fail(DC_EINPUT, "neurons of '%s' cannot be merged: " WHERE_THEY_GO, name);
    return DC_OK;
}

static dc_status merge_all(merging *m, const dc_rules *shares, dc_arena *arena)
{
    const dc_model *model = m->at.model;
    const uint64_t n_values = dc_model_n_values(model);
    uint32_t n_layers = 0;
    DC_TRY(check_rules(shares, model, arena));
    DC_TRY(check_weights(model));
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        double share;
        if (!channels_is_layer(node) || !dc_rules_find(&share, shares, node->name))
            continue;
        if (!channels_follow(&m->at, i) || has_own_numbers(m)) {
            DC_TRY(check_not_named(shares, node->name));
            continue;
        }
        n_layers++;
        DC_TRY(merge_layer(m, (uint32_t)dc_density_count(share, m->at.n_channels), arena));
    }
    if (n_layers == 0)
        return dc_fail(DC_EINPUT, "no layer has neurons that can be merged: " WHERE_THEY_GO);
    settle_marks(m->at.model);
    m->stats.n_values_removed = n_values - dc_model_n_values(model);
    return DC_OK;
}

dc_status dc_prune_similar(dc_model *model, const dc_rules *shares, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    merging m = { 0 };
    dc_status status = channels_init(&m.at, model, &arena);
    if (status == DC_OK)
        status = merge_all(&m, shares, &arena);
    dc_arena_clear(&arena);
    if (stats)
        *stats = m.stats;
    return status;
}
