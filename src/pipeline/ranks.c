/* SPDX-License-Identifier: MIT
 *
 * A run on several ranks: all do the same, and what is decided once (a score, whether it is time
 * for a checkpoint, what a work folder holds) is rank 0's. A rank that was asked for something else
 * would end in nonsense, so they compare what describes a run before they begin.
 */
#include "run_internal.h"

#include <string.h>

#define MOST_MODEL (UINT64_C(1) << 36)

static dc_peers *peers_of(const dc_run *run)
{
    return run->settings.exchange != NULL ? run->settings.exchange->peers : NULL;
}

bool ranks_is_first(const dc_run *run)
{
    return peers_of(run) == NULL || peers_of(run)->rank == 0;
}

/* ---- before they begin ---- */

/* Its version, and whether it goes on from a state, stand before the description, which is JSON. */
static const char *facts_of(const dc_run *run)
{
    return dc_arena_print(run->arena, "%s%s\n%s", DCOMP_VERSION,
                          run->settings.is_resumed ? " --resume" : "",
                          run->description != NULL ? run->description : "{}");
}

static dc_status compare_with_first(const dc_run *run, uint32_t rank, const char *first,
                                    const char *its)
{
    const char *text = NULL;
    const size_t n = strcspn(first, "\n");
    if (strcspn(its, "\n") != n || memcmp(first, its, n) != 0)
        return dc_fail(DC_EINPUT, "rank %u is dcomp %.*s, rank 0 is %.*s", (unsigned)rank,
                       (int)strcspn(its, "\n"), its, (int)n, first);
    DC_TRY(work_folder_differ(&text, first + n, its + n, run->arena));
    return text == NULL ? DC_OK
                        : dc_fail(DC_EINPUT, "rank %u was asked for something else than rank 0: %s",
                                  (unsigned)rank, text);
}

dc_status ranks_compare(const dc_run *run)
{
    dc_peers *peers = peers_of(run);
    if (peers == NULL)
        return DC_OK;
    dc_block *all = dc_arena_take(run->arena, peers->n_ranks, sizeof *all);
    const char **texts = dc_arena_take(run->arena, peers->n_ranks, sizeof *texts);
    const char *own = facts_of(run);
    DC_TRY(run->arena->status);
    DC_TRY(dc_peers_gather(all, peers, own, strlen(own)));
    for (uint32_t i = 0; i < peers->n_ranks; i++)
        texts[i] = dc_arena_print(run->arena, "%.*s", (int)DC_MIN(all[i].n, UINT64_C(1) << 20),
                                  (const char *)all[i].data);
    DC_TRY(run->arena->status);
    for (uint32_t i = 1; i < peers->n_ranks; i++)
        DC_TRY(compare_with_first(run, i, texts[0], texts[i]));
    return DC_OK;
}

/* ---- from rank 0 to all ---- */

dc_status ranks_share(const dc_run *run, void *data, uint64_t n)
{
    dc_peers *peers = peers_of(run);
    return peers == NULL ? DC_OK : dc_peers_share(peers, data, n);
}

static dc_status share_file(dc_run *run, dc_peers *peers, dc_writer *bytes, dc_arena *scratch)
{
    const dc_write_settings settings = { .level = DC_LEVEL_PLAIN };
    dc_model *model = NULL;
    if (peers->rank == 0)
        DC_TRY(dc_model_encode(bytes, run->model, &settings, NULL, scratch));
    DC_TRY(dc_peers_share_bytes(peers, bytes));
    if (peers->rank == 0)
        return DC_OK;
    DC_TRY(dc_model_decode(&model, bytes->data, bytes->size, "the model of rank 0", DC_READ_DENSE,
                           dc_memory_limit_bytes(), NULL, scratch));
    dc_model_free(run->model);
    run->model = model;
    return DC_OK;
}

dc_status ranks_share_model(dc_run *run)
{
    dc_writer bytes;
    dc_arena scratch = { 0 };
    if (peers_of(run) == NULL)
        return DC_OK;
    dc_writer_init(&bytes, MOST_MODEL);
    const dc_status status = share_file(run, peers_of(run), &bytes, &scratch);
    dc_writer_clear(&bytes);
    dc_arena_clear(&scratch);
    return status;
}

dc_status ranks_share_values(const dc_run *run, dc_trainer *trainer)
{
    dc_peers *peers = peers_of(run);
    if (peers == NULL)
        return DC_OK;
    for (uint32_t i = 0; i < run->model->n_params; i++) {
        dc_param *param = &run->model->params[i];
        DC_TRY(dc_peers_share(peers, param->values, param->n_values * sizeof *param->values));
    }
    return dc_trainer_follow(trainer);
}

/* ---- sums ---- */

dc_status ranks_add_stats(const dc_run *run, dc_epoch_stats *stats)
{
    dc_peers *peers = peers_of(run);
    if (peers == NULL)
        return DC_OK;
    const double n = (double)stats->n_answers;
    float sums[3] = { (float)n, n > 0 ? (float)(n * stats->loss) : 0,
                      n > 0 ? (float)(n * stats->train_error) : 0 };
    DC_TRY(dc_peers_sum(peers, sums, DC_COUNT_OF(sums)));
    stats->loss = (double)sums[1] / (double)sums[0];
    stats->train_error = (double)sums[2] / (double)sums[0];
    return DC_OK;
}
