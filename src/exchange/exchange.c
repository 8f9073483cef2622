/* SPDX-License-Identifier: MIT
 *
 * The exchange as a whole: its settings, its two hooks, what steps took and what that says.
 */
#include "steps.h"

#include <math.h>

#include "peers.h"

const dc_field dc_exchange_fields[] = {
    { .name = "exchange", .kind = DC_FIELD_CHOICE, .offset = offsetof(dc_exchange_settings, kind),
      .choices = "none|dense|dgc",
      .help = "train with all ranks of mpirun: they add up all gradients, or the greatest while "
              "others wait (deep gradient compression)" },
    { .name = "sparsity", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(dc_exchange_settings, sparsity), .min = 0, .max = 0.999999,
      .help = "with dgc: share of the gradients of each tensor that waits in a step" },
    { .name = "sparsity_warmup", .kind = DC_FIELD_U32,
      .offset = offsetof(dc_exchange_settings, warmup_epochs), .unit = "epochs",
      .help = "with dgc: how long more are sent at first, ever fewer" },
    { .name = "wire", .kind = DC_FIELD_CHOICE, .offset = offsetof(dc_exchange_settings, wire),
      .choices = "f32|f16|coded", .help = "with dgc: how gradients and their places are sent" },
    { 0 },
};

dc_exchange_settings dc_exchange_defaults(void)
{
    return (dc_exchange_settings){ .sparsity = 0.999, .warmup_epochs = 4 };
}

dc_train_hook dc_exchange_hook(dc_exchange *exchange)
{
    dc_train_hook hook = exchange->settings.kind == DC_EXCHANGE_DGC ? exchange_dgc_hook
                                                                    : exchange_dense_hook;
    hook.payload = exchange;
    return hook;
}

/* ---- open and close ---- */

static dc_status open_peers(dc_peers **out)
{
#ifdef DCOMP_HAS_MPI
    return peers_mpi_open(out);
#else
    (void)out;
    return dc_fail(DC_EUNSUPPORTED, "'--exchange' needs MPI, which this build was made without "
                                    "(Debian: libopenmpi-dev)");
#endif
}

dc_status dc_exchange_open(dc_exchange **out, const dc_exchange_settings *settings)
{
    dc_arena arena = { 0 };
    dc_exchange *x = dc_arena_take(&arena, 1, sizeof *x);
    DC_TRY(arena.status);
    x->settings = *settings;
    const dc_status status = open_peers(&x->peers);
    x->arena = arena;
    if (status < 0) {
        dc_arena_clear(&arena);
        return status;
    }
    *out = x;
    return DC_OK;
}

void dc_exchange_close(dc_exchange *exchange)
{
    if (exchange == NULL)
        return;
    exchange->peers->close(exchange->peers);
    dc_arena arena = exchange->arena;
    dc_arena_clear(&arena);
}

/* ---- steps ---- */

uint32_t exchange_warmup(const dc_exchange *x)
{
    return x->settings.kind == DC_EXCHANGE_DGC && x->settings.sparsity > 0
               ? x->settings.warmup_epochs
               : 0;
}

dc_exchange_sums *exchange_sums_now(dc_exchange *x)
{
    return &x->sums[x->n_epochs >= exchange_warmup(x)];
}

dc_status exchange_begin(dc_exchange *x, dc_trained *trained)
{
    x->n_epochs = 0;
    x->ended_at = 0;
    x->sums[0] = x->sums[1] = (dc_exchange_sums){ 0 };
    x->n_live = 0;
    DC_TRY(flat_begin(x, trained));
    for (uint32_t i = 0; i < trained->n_params; i++)
        x->n_live += exchange_has(&trained->params[i]) ? flat_live(x, trained, i) : 0;
    x->flat = dc_arena_take(trained->arena, x->n_live, sizeof *x->flat);
    return trained->arena->status;
}

void exchange_lap(dc_exchange *x, double *seconds)
{
    const double now = dc_clock_seconds();
    *seconds += now - x->lap;
    x->lap = now;
}

static dc_status add_answers(dc_exchange *x, dc_trained *trained, dc_block *all,
                             dc_arena *scratch)
{
    const uint64_t own = trained->n_answers;
    dc_writer w;
    dc_writer_init(&w, 64);
    dc_put_u32(&w, (uint32_t)trained->n_steps);
    dc_put_u64(&w, own);
    dc_status status = w.status < 0 ? w.status : scratch->status;
    if (status == DC_OK)
        status = dc_peers_gather(all, x->peers, w.data, w.size);
    trained->n_answers = 0;
    for (uint32_t i = 0; i < x->peers->n_ranks && status == DC_OK; i++) {
        dc_reader r = dc_reader_over(all[i].data, all[i].n, "labels of a rank");
        if (dc_get_u32(&r) != (uint32_t)trained->n_steps)
            status = dc_reader_fail(&r, DC_ECORRUPT, "rank %u is at another step", (unsigned)i);
        trained->n_answers += dc_get_u64(&r);
        status = status < 0 ? status : r.status;
    }
    dc_writer_clear(&w);
    x->share = trained->n_answers > 0 ? (double)own / (double)trained->n_answers : 0;
    return status;
}

dc_status exchange_meet(dc_exchange *x, dc_trained *trained)
{
    dc_exchange_sums *sums = exchange_sums_now(x);
    dc_arena scratch = { 0 };
    dc_block *all = dc_arena_take(&scratch, x->peers->n_ranks, sizeof *all);
    x->lap = x->ended_at;
    if (x->ended_at > 0) {
        exchange_lap(x, &sums->compute_seconds);
        sums->n_timed++;
    }
    x->lap = dc_clock_seconds();
    const dc_status status = add_answers(x, trained, all, &scratch);
    exchange_lap(x, &sums->wait_seconds);
    dc_arena_clear(&scratch);
    return status;
}

void exchange_count(dc_exchange *x, uint64_t n_sent, uint64_t n_received, uint64_t n_message)
{
    dc_exchange_sums *sums = exchange_sums_now(x);
    const uint64_t n_ranks = x->peers->n_ranks, n_bytes = x->n_live * sizeof(float);
    sums->n_steps++;
    sums->n_sent += x->peers->n_sent - n_sent;
    sums->n_received += x->peers->n_received - n_received;
    sums->n_dense += 2 * (n_ranks - 1) * n_bytes / n_ranks;
    sums->n_gradient += n_bytes;
    sums->n_message += n_message;
    x->ended_at = dc_clock_seconds();
}

void exchange_end_epoch(dc_exchange *x)
{
    x->n_epochs++;
    x->ended_at = 0;
}

/* ---- for checkpoints ---- */

void exchange_put_sums(dc_writer *w, const dc_exchange *x)
{
    dc_put_u32(w, x->peers->n_ranks);
    dc_put_u32(w, x->n_epochs);
    for (uint32_t i = 0; i < 2; i++) {
        const dc_exchange_sums *s = &x->sums[i];
        const uint64_t counts[] = { s->n_steps, s->n_timed,    s->n_sent,   s->n_received,
                                    s->n_dense, s->n_gradient, s->n_message };
        const double seconds[] = { s->compute_seconds, s->wait_seconds, s->work_seconds,
                                   s->transfer_seconds };
        for (uint32_t k = 0; k < DC_COUNT_OF(counts); k++)
            dc_put_u64(w, counts[k]);
        for (uint32_t k = 0; k < DC_COUNT_OF(seconds); k++)
            dc_put_f64(w, seconds[k]);
    }
}

void exchange_get_sums(dc_reader *r, dc_exchange *x)
{
    const uint32_t n_ranks = dc_get_u32(r);
    if (r->status == DC_OK && n_ranks != x->peers->n_ranks)
        (void)dc_reader_fail(r, DC_EINPUT, "a state of %u ranks, not of %u", (unsigned)n_ranks,
                             (unsigned)x->peers->n_ranks);
    x->n_epochs = dc_get_u32(r);
    for (uint32_t i = 0; i < 2; i++) {
        dc_exchange_sums *s = &x->sums[i];
        uint64_t *counts[] = { &s->n_steps, &s->n_timed,    &s->n_sent,   &s->n_received,
                               &s->n_dense, &s->n_gradient, &s->n_message };
        double *seconds[] = { &s->compute_seconds, &s->wait_seconds, &s->work_seconds,
                              &s->transfer_seconds };
        for (uint32_t k = 0; k < DC_COUNT_OF(counts); k++)
            *counts[k] = dc_get_u64(r);
        for (uint32_t k = 0; k < DC_COUNT_OF(seconds); k++)
            *seconds[k] = dc_get_f64(r);
    }
    x->ended_at = 0;
}
