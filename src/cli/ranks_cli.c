/* SPDX-License-Identifier: MIT
 *
 * --exchange: a command that mpirun has started several times joins its ranks. The first one talks
 * and writes; the others say nothing but why they fail. And what is told about it at the end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static dc_status check(cli_call *call, const dc_exchange_settings *settings)
{
    static const char *const of_dgc[] = { "sparsity", "sparsity_warmup", "wire" };
    if (!cli_has_option(call, "exchange"))
        return DC_OK; /* options of these names are something else */
    for (size_t i = 0; i < DC_COUNT_OF(of_dgc); i++)
        if (settings->kind != DC_EXCHANGE_DGC && cli_is_given(call, of_dgc[i]))
            return dc_fail(DC_EINPUT, "'%s' needs '--exchange dgc'",
                           cli_dashed(&call->arena, "--", of_dgc[i]));
    return DC_OK;
}

/* Several runs may be meant, each with its own output; more likely --exchange was forgotten. */
static void warn_of_lone_ranks(void)
{
    const char *n_ranks = getenv("OMPI_COMM_WORLD_SIZE"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (n_ranks != NULL && rank != NULL && strcmp(n_ranks, "1") != 0 && strcmp(rank, "0") == 0)
        dc_warn("mpirun started this %s times, and without --exchange each does all the work "
                "alone", n_ranks);
}

/* What is written for people and programs comes from one rank. */
static dc_status be_silent(cli_call *call)
{
    cli_progress_end();
    dc_set_listener(NULL);
    ((cli_common *)call->settings)->is_quiet = true;
    return freopen("/dev/null", "w", stdout) != NULL ? DC_OK
                                                     : dc_fail_system("write to", "/dev/null");
}

dc_status cli_join_ranks(cli_call *call, const dc_exchange_settings *settings)
{
    DC_TRY(check(call, settings));
    if (settings->kind == DC_EXCHANGE_NONE) {
        if (cli_has_option(call, "exchange"))
            warn_of_lone_ranks();
        return DC_OK;
    }
    DC_TRY(dc_exchange_open(&call->exchange, settings));
    return cli_is_first_rank(call->exchange) ? DC_OK : be_silent(call);
}

bool cli_is_first_rank(const dc_exchange *exchange)
{
    return exchange == NULL || exchange->peers->rank == 0;
}

/* ---- what it took ---- */

/* "1,234 bytes", "2.59 MB". */
static const char *bytes_text(char out[CLI_TEXT_BYTES], double n)
{
    if (n < 1e5)
        dc_print(out, CLI_TEXT_BYTES, "%.0f bytes", n);
    else
        dc_print(out, CLI_TEXT_BYTES, n < 1e8 ? "%.3g MB" : "%.0f MB", n / 1e6);
    return out;
}

static const char *speed_text(char out[CLI_TEXT_BYTES], double bits)
{
    dc_print(out, CLI_TEXT_BYTES, bits < 1e9 ? "%.3g Mbit/s" : "%.3g Gbit/s",
             bits < 1e9 ? bits / 1e6 : bits / 1e9);
    return out;
}

static void add_texts(dc_document *d, const dc_exchange *exchange, const dc_exchange_summary *s)
{
    char sent[CLI_TEXT_BYTES], received[CLI_TEXT_BYTES], dense[CLI_TEXT_BYTES];
    dc_document_text(d, "%llu rank%s, a step: %s sent, %s received, dense %s",
                     (unsigned long long)s->n_ranks,
                     s->n_ranks == 1 ? " (mpirun starts more)" : "s",
                     bytes_text(sent, s->step_sent), bytes_text(received, s->step_received),
                     bytes_text(dense, s->step_dense));
    if (s->ratio > 0 && exchange->settings.kind == DC_EXCHANGE_DGC)
        dc_document_text(d, " (%.1fx; gradients %.1fx)", s->ratio, s->gradient_ratio);
    dc_document_text(d, "\n%llu steps: %s sent, dense %s", (unsigned long long)s->n_steps,
                     bytes_text(sent, (double)s->n_sent), bytes_text(dense, (double)s->n_dense));
    if (s->ratio_of_all > 0)
        dc_document_text(d, " (%.1fx)", s->ratio_of_all);
    dc_document_text(d, ", besides %s\n",
                     bytes_text(sent, (double)s->n_other_sent));
    if (!(s->step_seconds > 0))
        return;
    dc_document_text(d, "a step: %.2f ms: computing %.2f, waiting %.2f, choosing and coding %.2f, "
                        "moving bytes %.2f\n",
                     1e3 * s->step_seconds, 1e3 * s->compute_seconds, 1e3 * s->wait_seconds,
                     1e3 * s->work_seconds, 1e3 * s->transfer_seconds);
    if (s->break_even > 0)
        dc_document_text(d, "break-even: dense takes as long at %s\n",
                         speed_text(sent, s->break_even));
}

void cli_add_exchange(dc_document *d, const dc_exchange *exchange, bool is_shown)
{
    if (exchange == NULL)
        return;
    dc_exchange_summary *s = dc_arena_take(d->arena, 1, sizeof *s);
    dc_exchange_settings *settings = dc_arena_take(d->arena, 1, sizeof *settings);
    if (s == NULL || settings == NULL)
        return;
    *s = dc_exchange_summarize(exchange);
    *settings = exchange->settings;
    dc_json *json = dc_json_add_object(d->at, "exchange");
    dc_record_write(json, settings, dc_exchange_fields);
    dc_record_write(json, s, dc_exchange_summary_fields);
    if (is_shown && s->n_steps > 0)
        add_texts(d, exchange, s);
}
