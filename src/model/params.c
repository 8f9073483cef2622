/* SPDX-License-Identifier: MIT
 *
 * Parameters as matrices, and the tags by which training keeps pruned weights at zero and shared
 * ones together [DC 2, 3.3]. Tags are derived from the values: with the codebook in the right order
 * (zero first where zeros are frozen) a tag is a code or a code + 1.
 */
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

typedef struct tag_job {
    uint16_t *tags;
    const dc_param *param;
    uint32_t n_chunks;
    value_hash hash;
} tag_job;

static dc_status tag_task(void *payload, uint64_t index)
{
    const tag_job *job = payload;
    const dc_param *param = job->param;
    const uint16_t first_tag = param->is_pruned ? 0 : 1;
    const uint64_t end = chunk_start(param->n_values, job->n_chunks, index + 1);
    for (uint64_t i = chunk_start(param->n_values, job->n_chunks, index); i < end; i++) {
        if (param->is_shared)
            job->tags[i] = (uint16_t)(hash_code(&job->hash, param->values[i]) + first_tag);
        else
            job->tags[i] = !param->is_pruned || param->values[i] != 0.0f;
    }
    return DC_OK;
}

dc_status dc_param_tags(uint16_t *tags, float *theta, uint32_t *n_theta, const dc_param *param)
{
    if (param->values == NULL)
        return dc_fail(DC_EINPUT, "\"%s\" has no dense values", param->name);
    tag_job job = {.tags = tags, .param = param, .n_chunks = chunk_count(param->n_values)};
    *n_theta = 0;
    if (param->is_shared) {
        float codebook[DC_MAX_CODEBOOK];
        uint32_t n_codebook;
        if (!dc_codebook_find(codebook, &n_codebook, param->values, param->n_values,
                              DC_MAX_CODEBOOK, param->is_pruned))
            return dc_fail(DC_EINPUT, "\"%s\" is shared but has more than %u distinct values",
                           param->name, DC_MAX_CODEBOOK);
        hash_codebook(&job.hash, codebook, n_codebook);
        const uint32_t n_frozen = param->is_pruned ? 1 : 0;
        *n_theta = n_codebook - n_frozen;
        memcpy(theta, codebook + n_frozen, *n_theta * sizeof *theta);
    }
    run_chunks(job.n_chunks, tag_task, &job);
    return DC_OK;
}
