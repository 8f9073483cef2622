/* SPDX-License-Identifier: MIT
 *
 * What makes a weight worth keeping: one row each. Magnitude is the weight itself; comparing layers
 * by it needs their scale taken out [NIPS15].
 */
#include "magnitude.h"

#define OTHERS(X) X(fisher) X(random) X(obs)

#define DECLARE(name) extern const dc_saliency dc_saliency_##name;
#define ROW(name) , &dc_saliency_##name
#define WORD(name) "|" #name

static const dc_saliency magnitude = { .name = "magnitude" };
OTHERS(DECLARE)
static const dc_saliency *const saliencies[] = { &magnitude OTHERS(ROW) };
const char dc_saliency_words[] = "magnitude" OTHERS(WORD);

const dc_saliency *dc_saliency_at(uint32_t index)
{
    return index < DC_COUNT_OF(saliencies) ? saliencies[index] : NULL;
}

static double mean_of(const dc_budget *budget, const dc_model *model, const float *const *squares)
{
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < budget->n; i++) {
        const dc_param *param = budget->shares[i].param;
        for (uint64_t k = 0; k < param->n_values; k++)
            sum += (double)squares[param - model->params][k];
        n += (double)param->n_values;
    }
    return sum / n;
}

dc_status dc_saliency_score(dc_budget *budget, const dc_saliency *saliency, const dc_model *model,
                            const dc_prune_settings *settings, dc_arena *arena)
{
    const float *const *squares = settings->squares;
    if (saliency->score == NULL)
        return DC_OK;
    for (uint32_t i = 0; i < budget->n && saliency->needs_squares; i++)
        if (squares == NULL || squares[budget->shares[i].param - model->params] == NULL)
            return dc_fail(DC_EINPUT, "saliency '%s' of '%s' needs gradients: samples with labels",
                           saliency->name, budget->shares[i].param->name);
    const double mean = saliency->needs_squares ? mean_of(budget, model, squares) : 0;
    for (uint32_t i = 0; i < budget->n; i++) {
        dc_share *share = &budget->shares[i];
        const uint64_t n = share->param->n_values;
        float *scores = dc_arena_take(arena, n, sizeof *scores);
        DC_TRY(arena->status);
        const uint32_t param = (uint32_t)(share->param - model->params);
        const dc_saliency_source source = { saliency->needs_squares ? squares[param] : NULL, mean,
                                            settings->saliency_seed, param };
        saliency->score(scores, share->param->values, &source, n);
        share->scores = scores;
    }
    return DC_OK;
}
