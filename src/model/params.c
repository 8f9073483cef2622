/* SPDX-License-Identifier: MIT
 *
 * Parameters as matrices, what every stage relies on in their values, and the tags by which
 * training keeps pruned weights at zero and shared ones together [DC 2, 3.3]. Tags are derived from
 * the values: with the codebook in the right order (zero first where zeros are frozen) a tag is a
 * code or a code + 1.
 */
#include <inttypes.h>

#include "array_chunks.h"
#include "value_hash.h"

void dc_param_matrix(const dc_param *param, uint32_t *n_rows, uint32_t *n_cols)
{
    *n_rows = param->shape.dims[0];
    *n_cols = (uint32_t)(param->n_values / param->shape.dims[0]);
}

uint64_t dc_param_n_nonzero(const dc_param *param)
{
    if (param->values == NULL)
        return param->packed != NULL ? param->packed->n_nonzero : 0;
    uint64_t n = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        n += param->values[i] != 0.0f;
    return n;
}

/* The distinct values, zero first where zeros are frozen; a pruned parameter need not have any. */
static bool find_shared(float *codebook, uint32_t *n_codebook, bool *has_frozen,
                        const dc_param *param)
{
    *has_frozen = param->is_pruned && dc_param_n_nonzero(param) < param->n_values;
    return dc_codebook_find(codebook, n_codebook, param->values, param->n_values, DC_MAX_CODEBOOK,
                            *has_frozen);
}

bool dc_param_can_share(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    bool has_frozen;
    return find_shared(codebook, &n, &has_frozen, param);
}

dc_status dc_param_check(const dc_param *param)
{
    for (uint64_t i = 0; param->values != NULL && i < param->n_values; i++) {
        const float value = param->values[i];
        if (value - value != 0)
            return dc_fail(DC_EINPUT, "'%s': value %" PRIu64 " of %" PRIu64 " is not finite",
                           param->name, i, param->n_values);
        if (param->role == DC_ROLE_VARIANCE && value < 0)
            return dc_fail(DC_EINPUT,
                           "'%s': value %" PRIu64 " is %g, a variance is never below 0",
                           param->name, i, (double)value);
    }
    if (param->is_shared && param->values != NULL && !dc_param_can_share(param))
        return dc_fail(DC_EINPUT, "'%s' is shared but has more than %u distinct values",
                       param->name, DC_MAX_CODEBOOK);
    return DC_OK;
}

typedef struct tag_job {
    uint16_t *tags;
    const dc_param *param;
    uint32_t n_chunks;
    uint16_t first_tag; /* of the codebook's first value */
    value_hash hash;
} tag_job;

static void tag_task(void *payload, uint64_t index)
{
    const tag_job *job = payload;
    const dc_param *param = job->param;
    const uint64_t end = dc_part_start(param->n_values, index + 1, job->n_chunks);
    for (uint64_t i = dc_part_start(param->n_values, index, job->n_chunks); i < end; i++) {
        if (param->is_shared)
            job->tags[i] = (uint16_t)(hash_code(&job->hash, param->values[i]) + job->first_tag);
        else
            job->tags[i] = !param->is_pruned || param->values[i] != 0.0f;
    }
}

dc_status dc_param_tags(uint16_t *tags, float *theta, uint32_t *n_theta, const dc_param *param)
{
    if (param->values == NULL)
        return dc_fail(DC_EINPUT, "'%s' has no dense values", param->name);
    tag_job job = {.tags = tags, .param = param, .n_chunks = chunk_count(param->n_values)};
    *n_theta = 0;
    if (param->is_shared) {
        float codebook[DC_MAX_CODEBOOK];
        uint32_t n_codebook;
        bool has_frozen;
        if (!find_shared(codebook, &n_codebook, &has_frozen, param))
            return dc_fail(DC_EINPUT,
                           "'%s' is shared but has more than %u distinct values: 'quantize' "
                           "(biases: --bias-bits) shares it again",
                           param->name, DC_MAX_CODEBOOK);
        hash_codebook(&job.hash, codebook, n_codebook);
        const uint32_t n_frozen = has_frozen ? 1 : 0;
        job.first_tag = has_frozen ? 0 : 1;
        *n_theta = n_codebook - n_frozen;
        memcpy(theta, codebook + n_frozen, *n_theta * sizeof *theta);
    }
    dc_pool_each(job.n_chunks, tag_task, &job);
    return DC_OK;
}
