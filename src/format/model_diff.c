/* SPDX-License-Identifier: MIT
 *
 * Two files parameter by parameter, paired by name: first those of a, then those that only b
 * has. Both are read dense, so that files in any encoding can be compared.
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

static void diff_models(dc_param_diff *diffs, uint32_t *n_out, const side *a, const side *b)
{
    uint32_t n = 0;
    const dc_param_diff nothing = { NULL, NAN, NAN, NAN, NAN, NAN, NAN };
    for (uint32_t i = 0; i < a->model->n_params; i++) {
        const dc_param *param = &a->model->params[i];
        const dc_param *other = dc_model_param(b->model, param->name);
        dc_param_diff *diff = &diffs[n++];
        *diff = nothing;
        diff->name = a->ledger.params[i].name;
        set_side(&diff->density_a, &diff->bits_a, a, param);
        if (other == NULL)
            continue;
        set_side(&diff->density_b, &diff->bits_b, b, other);
        compare(diff, param, other);
    }
    for (uint32_t i = 0; i < b->model->n_params; i++) {
        const dc_param *param = &b->model->params[i];
        if (dc_model_param(a->model, param->name) != NULL)
            continue;
        diffs[n] = nothing;
        diffs[n].name = b->ledger.params[i].name;
        set_side(&diffs[n].density_b, &diffs[n].bits_b, b, param);
        n++;
    }
    *n_out = n;
}

dc_status dc_model_diff(dc_param_diff **out, uint32_t *n_out, const char *path_a,
                        const char *path_b, dc_arena *arena)
{
    side a = { 0 }, b = { 0 };
    dc_status status = dc_model_read(&a.model, path_a, DC_READ_DENSE, 0, &a.ledger, arena);
    if (status == DC_OK)
        status = dc_model_read(&b.model, path_b, DC_READ_DENSE, 0, &b.ledger, arena);
    if (status == DC_OK) {
        const uint64_t n_most = (uint64_t)a.model->n_params + b.model->n_params;
        dc_param_diff *diffs = dc_arena_take(arena, n_most, sizeof *diffs);
        status = arena->status;
        if (status == DC_OK) {
            diff_models(diffs, n_out, &a, &b);
            *out = diffs;
        }
    }
    dc_model_free(a.model);
    dc_model_free(b.model);
    return status;
}
