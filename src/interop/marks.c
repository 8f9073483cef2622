/* SPDX-License-Identifier: MIT
 *
 * What an importer says of weights whose file does not say it: the values tell. A few zeros are in
 * every trained network, so only many are taken for pruning; and a small layer has few distinct
 * values because it has few values, which is no sharing.
 */
#include "foreign.h"

#define MIN_PRUNED_SHARE 4u /* a quarter */
#define MIN_SHARED_COUNT 2u /* values for each distinct one */

void interop_mark(dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n_codebook;
    if (param->role != DC_ROLE_WEIGHT)
        return;
    const uint64_t n_zero = param->n_values - dc_param_n_nonzero(param);
    param->is_pruned = n_zero >= (param->n_values + MIN_PRUNED_SHARE - 1) / MIN_PRUNED_SHARE;
    param->is_shared = dc_codebook_find(codebook, &n_codebook, param->values, param->n_values,
                                        DC_MAX_CODEBOOK, param->is_pruned) &&
                       MIN_SHARED_COUNT * (uint64_t)n_codebook <= param->n_values;
}
