/* SPDX-License-Identifier: MIT
 *
 * Scores and a budget become zeros.
 */
#include <math.h>

#include "magnitude.h"

typedef struct cut_work {
    const dc_budget *budget;
    double min_density;
} cut_work;

static dc_status cut_one(void *payload, uint64_t index)
{
    const cut_work *work = payload;
    const dc_share *share = &work->budget->shares[index];
    const double least = ceil(work->min_density * (double)share->param->n_values);
    return dc_prune_param(share->param, share->scores, DC_MAX(share->n_keep, (uint64_t)least));
}

/* 256 shared values leave no room for a zero. */
static void settle_sharing(const dc_budget *budget)
{
    for (uint32_t i = 0; i < budget->n; i++) {
        dc_param *param = budget->shares[i].param;
        if (!param->is_shared || dc_param_can_share(param))
            continue;
        param->is_shared = false;
        dc_warn("%s: with zero it has more than %u values and is no longer shared ('quantize' "
                "shares it again)",
                param->name, DC_MAX_CODEBOOK);
    }
}

dc_status dc_cut(const dc_budget *budget, double min_density)
{
    cut_work work = { budget, min_density };
    DC_TRY(dc_pool_run(budget->n, cut_one, &work));
    settle_sharing(budget);
    return DC_OK;
}
