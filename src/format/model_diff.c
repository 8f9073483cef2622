/* SPDX-License-Identifier: MIT
 *
 * Two files parameter by parameter, as dc_params_pair pairs them: first those of a, then those that
 * only b has. Both are read dense, so that files in any encoding can be compared.
 */
#include <math.h>

#include "dcomp/format.h"

typedef struct side {
    dc_model *model;
    dc_ledger ledger;
} side;

static void set_side(double *density, double *bits, const side *s, const dc_param *param)
{
    const dc_param_info *info = &s->ledger.params[param - s->model->params];
    const double n = (double)info->n_values;
    *density = (double)info->n_nonzero / n;
    *bits = 8 * (double)info->total_bytes / n;
}

static void compare(dc_param_diff *diff, const dc_param *a, const dc_param *b)
{
    double max = 0, sum = 0;
    if (!dc_shape_equal(&a->shape, &b->shape))
        return;
    for (uint64_t i = 0; i < a->n_values; i++) {
        const double d = fabs((double)a->values[i] - (double)b->values[i]);
        max = DC_MAX(max, d);
        sum += d * d;
    }
    diff->max_difference = max;
    diff->rms_difference = sqrt(sum / (double)a->n_values);
}

static bool is_first(const dc_model *model, const dc_param *param)
{
    return dc_node_param(&model->nodes[param->node], 0) == (uint32_t)(param - model->params);
}

static void count_pair(dc_diff_summary *summary, const dc_param_pairs *pairs, const dc_param *a,
                       const dc_param *b)
{
    const bool is_same = b != NULL && dc_shape_equal(&a->shape, &b->shape);
    summary->n_only_a += b == NULL;
    summary->n_layers += is_same || (b != NULL && pairs->is_one_network);
    summary->n_resized += b != NULL && !is_same && pairs->is_one_network;
    summary->n_unlike += b != NULL && !is_same && !pairs->is_one_network;
}

static const dc_param_diff nothing = { NULL, NULL, NAN, NAN, NAN, NAN, NAN, NAN };

/* a's parameters; is_taken gets those of b that they were paired with. */
static void diff_pairs(dc_param_diff *diffs, dc_diff_summary *summary, bool *is_taken,
                       const dc_param_pairs *pairs, const side *a, const side *b)
{
    for (uint32_t i = 0; i < a->model->n_params; i++) {
        const dc_param *param = &a->model->params[i], *other = NULL;
        diffs[i] = nothing;
        diffs[i].name = a->ledger.params[i].name;
        set_side(&diffs[i].density_a, &diffs[i].bits_a, a, param);
        if (pairs->partners[i] != DC_NONE)
            other = &b->model->params[pairs->partners[i]];
        if (is_first(a->model, param))
            count_pair(summary, pairs, param, other);
        if (other == NULL)
            continue;
        is_taken[pairs->partners[i]] = true;
        diffs[i].name_b = b->ledger.params[pairs->partners[i]].name;
        set_side(&diffs[i].density_b, &diffs[i].bits_b, b, other);
        compare(&diffs[i], param, other);
    }
}

static dc_status diff_models(dc_param_diff **out, uint32_t *n_out, dc_diff_summary *summary,
                             const side *a, const side *b, dc_arena *arena)
{
    dc_param_pairs pairs;
    const uint32_t n_a = a->model->n_params, n_b = b->model->n_params;
    dc_param_diff *diffs = dc_arena_take(arena, (uint64_t)n_a + n_b, sizeof *diffs);
    bool *is_taken = dc_arena_take(arena, n_b, sizeof *is_taken);
    DC_TRY(arena->status);
    DC_TRY(dc_params_pair(&pairs, a->model, b->model, arena));
    *summary = (dc_diff_summary){ .is_by_order = pairs.is_by_order };
    diff_pairs(diffs, summary, is_taken, &pairs, a, b);
    uint32_t n = n_a;
    for (uint32_t i = 0; i < n_b; i++) {
        if (is_taken[i])
            continue;
        diffs[n] = nothing;
        diffs[n].name = diffs[n].name_b = b->ledger.params[i].name;
        set_side(&diffs[n].density_b, &diffs[n].bits_b, b, &b->model->params[i]);
        summary->n_only_b += is_first(b->model, &b->model->params[i]);
        n++;
    }
    *out = diffs;
    *n_out = n;
    return DC_OK;
}

dc_status dc_model_diff(dc_param_diff **out, uint32_t *n_out, dc_diff_summary *summary,
                        const char *path_a, const char *path_b, dc_arena *arena)
{
    side a = { 0 }, b = { 0 };
    dc_status status = dc_model_read(&a.model, path_a, DC_READ_DENSE, 0, &a.ledger, arena);
    if (status == DC_OK)
        status = dc_model_read(&b.model, path_b, DC_READ_DENSE, 0, &b.ledger, arena);
    if (status == DC_OK)
        status = diff_models(out, n_out, summary, &a, &b, arena);
    dc_model_free(a.model);
    dc_model_free(b.model);
    return status;
}
