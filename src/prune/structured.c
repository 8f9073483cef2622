/* SPDX-License-Identifier: MIT
 *
 * Dead neurons [NIPS15 3.5]. Where a layer's channels can be moved (channels.c) one goes
 *   - when every reader's weights for it are zero: nobody reads it;
 *   - when its own weights are zero: its value is its bias, carried as a constant to the readers
 *     and folded into their biases. That is exact unless a padded conv, or a pool that counts its
 *     pad, mixes a non-zero constant with zeros; then the channel stays.
 * The last channel of a layer stays in any case. Repeated until nothing changes. A bias that
 * constants are folded into is what it is then: if it was shared or float16 and no longer is, there
 * is a warning.
 */
#include <math.h>

#include "channels.h"
#include "magnitude.h"

typedef struct surgeon {
    channels at;
    double *constants;    /* (n_nodes) of one channel         */
    uint8_t *goes;        /* (n_channels)                     */
    uint32_t *stays;      /* (n_channels): which, in order    */
    uint8_t *is_read;     /* (n_channels)                     */
    uint32_t *n_distinct; /* (n_params) before; 0: not shared */
    uint8_t *is_half;     /* (n_params) before: of biases     */
    bool is_final;        /* nobody trains what is left       */
    dc_prune_stats stats;
} surgeon;

/* ---- which channels go ---------------------------------------------------------------------- */

static void find_read_channels(surgeon *s)
{
    memset(s->is_read, 0, s->at.n_channels);
    for (uint32_t i = s->at.layer + 1; i < s->at.model->n_nodes; i++) {
        if (s->at.reached[i] != CHANNELS_READ)
            continue;
        const dc_param *weight = channels_param(s->at.model, &s->at.model->nodes[i], 0);
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / s->at.n_channels;
        const float *w = weight->values;
        if (dc_param_is_blank(weight)) {
            memset(s->is_read, 1, s->at.n_channels);
            return;
        }
        for (uint32_t row = 0; row < n_rows; row++)
            for (uint32_t c = 0; c < s->at.n_channels; c++)
                for (uint32_t j = 0; j < width; j++)
                    s->is_read[c] |= *w++ != 0.0f;
    }
}

/* What a node makes of a channel that is `value` everywhere; NaN when it is no constant. */
static double pass_constant(const surgeon *s, const dc_node *node, uint32_t channel, double value)
{
    return node->kind->constant != NULL ? node->kind->constant(s->at.model, node, channel, value)
                                        : node->kind->curve(value, node->attrs);
}

/* Carries the channel's bias to the readers; false when that is not exact. */
static bool carry_constant(surgeon *s, uint32_t channel)
{
    const dc_model *m = s->at.model;
    const dc_param *bias = channels_param(m, &m->nodes[s->at.layer], 1);
    s->constants[s->at.layer] = bias ? (double)bias->values[channel] : 0;
    for (uint32_t i = s->at.layer + 1; i < m->n_nodes; i++) {
        const dc_node *node = &m->nodes[i];
        if (s->at.reached[i] == CHANNELS_NOT_REACHED)
            continue;
        const double value = s->constants[node->inputs[0]];
        const bool is_reader = s->at.reached[i] == CHANNELS_READ;
        s->constants[i] = is_reader ? value : pass_constant(s, node, channel, value);
        if (!isfinite(s->constants[i]))
            return false;
        if (is_reader && value != 0 && (!channels_param(m, node, 1) || channels_has_pad(node)))
            return false;
    }
    return true;
}

/* Adds the channel's constant to the readers' biases. */
static void fold_constant(surgeon *s, uint32_t channel)
{
    for (uint32_t i = s->at.layer + 1; i < s->at.model->n_nodes; i++) {
        if (s->at.reached[i] != CHANNELS_READ || !(fabs(s->constants[i]) > 0))
            continue;
        const dc_param *weight = channels_param(s->at.model, &s->at.model->nodes[i], 0);
        float *bias = channels_param(s->at.model, &s->at.model->nodes[i], 1)->values;
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / s->at.n_channels;
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
    const dc_param *weight = channels_param(s->at.model, &s->at.model->nodes[s->at.layer], 0);
    uint32_t n_rows, n_cols, n_gone = 0;
    dc_param_matrix(weight, &n_rows, &n_cols);
    find_read_channels(s);
    const bool is_blank = dc_param_is_blank(weight);
    for (uint32_t c = 0; c < s->at.n_channels; c++) {
        const bool is_dead =
            !is_blank && is_zero_row(weight->values + (uint64_t)c * n_cols, n_cols);
        s->goes[c] = 0;
        if (n_gone + 1 == s->at.n_channels || (s->is_read[c] && !(is_dead && carry_constant(s, c))))
            continue;
        if (s->is_read[c])
            fold_constant(s, c);
        s->goes[c] = 1;
        n_gone++;
    }
    return n_gone;
}

/* ---- surgery -------------------------------------------------------------------------------- */

static dc_status cut_layer(surgeon *s, uint32_t n_gone)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < s->at.n_channels; c++)
        if (!s->goes[c])
            s->stays[n++] = c;
    s->stats.n_neurons_removed += n_gone;
    return channels_take(&s->at, s->stays, n);
}

/* From the last layer to the first, so that what nobody reads goes in one round. */
static dc_status remove_round(surgeon *s, bool *has_changed)
{
    *has_changed = false;
    for (uint32_t i = s->at.model->n_nodes; i-- > 0;) {
        if (!channels_is_layer(&s->at.model->nodes[i]))
            continue;
        const uint32_t n_gone = channels_follow(&s->at, i) ? choose(s) : 0;
        if (n_gone > 0)
            DC_TRY(cut_layer(s, n_gone));
        *has_changed = *has_changed || n_gone > 0;
    }
    return DC_OK;
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
    for (uint32_t i = 0; i < s->at.model->n_params; i++) {
        const dc_param *param = &s->at.model->params[i];
        s->n_distinct[i] = param->is_shared ? count_distinct(param) : 0;
        s->is_half[i] = param->role == DC_ROLE_BIAS && dc_param_n_nonzero(param) > 0 &&
                        is_all_half(param);
    }
}

#define FOLDED "%s: constants of dead neurons were folded in, it "

/* A bias shares what it can: sharing goes where folding made more values than there may be. */
static void settle_marks(surgeon *s)
{
    for (uint32_t i = 0; i < s->at.model->n_params; i++) {
        dc_param *param = &s->at.model->params[i];
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
    const dc_model *m = s->at.model;
    dc_param **const weights = dc_weight_params(&n_weights, m, arena);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < m->n_params; i++)
        if (!m->params[i].values)
            return dc_fail(DC_EINPUT, "values of '%s' are packed", m->params[i].name);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        n_channels = DC_MAX(n_channels, m->nodes[i].shape.dims[0]);
    DC_TRY(channels_init(&s->at, s->at.model, arena));
    s->constants = dc_arena_take(arena, m->n_nodes, sizeof *s->constants);
    s->goes = dc_arena_take(arena, n_channels, 1);
    s->is_read = dc_arena_take(arena, n_channels, 1);
    s->stays = dc_arena_take(arena, n_channels, sizeof *s->stays);
    s->n_distinct = dc_arena_take(arena, m->n_params, sizeof *s->n_distinct);
    s->is_half = dc_arena_take(arena, m->n_params, 1);
    DC_TRY(arena->status);
    const uint64_t n_values = dc_model_n_values(m);
    note_marks(s);
    for (uint32_t i = 0; i < n_weights; i++)
        s->stats.n_before += dc_param_n_nonzero(weights[i]);
    for (bool has_changed = true; has_changed;)
        DC_TRY(remove_round(s, &has_changed));
    s->stats.n_values_removed = n_values - dc_model_n_values(m);
    if (s->is_final)
        settle_marks(s);
    for (uint32_t i = 0; i < n_weights; i++)
        s->stats.n_after += dc_param_n_nonzero(weights[i]);
    return DC_OK;
}

static dc_status prune_dead(dc_model *model, bool is_final, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    surgeon s = { .at = { .model = model }, .is_final = is_final };
    const dc_status status = remove_dead(&s, &arena);
    dc_arena_clear(&arena);
    if (stats)
        *stats = s.stats;
    return status;
}

dc_status dc_prune_dead(dc_model *model, dc_prune_stats *stats)
{
    return prune_dead(model, true, stats);
}

dc_status dc_prune_dead_between(dc_model *model, dc_prune_stats *stats)
{
    return prune_dead(model, false, stats);
}
