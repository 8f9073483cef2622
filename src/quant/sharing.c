/* SPDX-License-Identifier: MIT
 *
 * What sharing came to, read from the values themselves: nothing has to be remembered for it.
 *
 * k-means lessens the squared error of a layer, which is that of its largest values. Where outputs
 * differ by decades in the size of their weights, or single weights do from the others, the small
 * ones all become one value, whatever the network makes of them. So the rows are counted whose
 * error is over half of their own squares. In networks as they are trained those are a sixth at two
 * bits, and fewer at more; biases, which are rows of one value, move further.
 */
#include "kmeans.h"

uint32_t dc_sharing_made(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    if (!dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, false))
        return DC_MAX_CODEBOOK + 1;
    return n;
}

#define MOST_LOST_WEIGHTS 0.25 /* of the rows that are not zero */
#define MOST_LOST_BIASES 0.5

void dc_sharing_warn_of_lost(const dc_param *param, const float *before, uint32_t n_shared)
{
    const bool is_weight = dc_role_is_weight(param->role);
    uint32_t n_rows = (uint32_t)param->n_values, n_cols = 1, n = 0, n_lost = 0;
    if (is_weight)
        dc_param_matrix(param, &n_rows, &n_cols);
    for (uint32_t row = 0; row < n_rows; row++) {
        const float *a = before + (uint64_t)row * n_cols;
        const float *b = param->values + (uint64_t)row * n_cols;
        double error = 0, squares = 0;
        for (uint32_t i = 0; i < n_cols; i++) {
            const double change = (double)b[i] - (double)a[i];
            error += change * change;
            squares += (double)a[i] * (double)a[i];
        }
        n += squares > 0;
        n_lost += squares > 0 && error > squares / 2;
    }
    if (n_lost > (is_weight ? MOST_LOST_WEIGHTS : MOST_LOST_BIASES) * n)
        dc_warn("%s: little is left of %u of %u %s: larger ones take most of the %u shared values "
                "(more bits keep more)",
                param->name, n_lost, n, is_weight ? "outputs' weights" : "values", n_shared);
}

/* 0: not shared. */
static uint32_t asked_of(const dc_model *model, const dc_param *param,
                         const dc_quantize_settings *settings)
{
    double bits = 0;
    if (!dc_quantize_covers(&bits, model, &model->nodes[param->node], settings))
        return 0;
    if (dc_role_is_weight(param->role))
        return settings->method == DC_QUANTIZE_KMEANS ? 1u << (unsigned)bits : 0;
    return param->role == DC_ROLE_BIAS && settings->bias_bits > 0 ? 1u << settings->bias_bits : 0;
}

dc_status dc_quantize_sharing(dc_sharing **out, uint32_t *n_out, const dc_model *model,
                              const dc_quantize_settings *settings, dc_arena *arena)
{
    uint32_t n = 0;
    dc_sharing *all = dc_arena_take(arena, model->n_params, sizeof *all);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const uint32_t n_asked = asked_of(model, param, settings);
        if (n_asked > 0)
            all[n++] = (dc_sharing){ param->name, n_asked, dc_sharing_made(param) };
    }
    *out = all;
    *n_out = n;
    return DC_OK;
}
