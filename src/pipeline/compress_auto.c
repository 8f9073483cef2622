/* SPDX-License-Identifier: MIT
 *
 * The chain without a recipe, with labelled data: rounds of gradual pruning, each going on from
 * the last one and keeping about two thirds of its weights. After each round a candidate is made
 * on the side: shared, its centroids trained, rounded, and sized by encoding it. A candidate is
 * acceptable while its error on the validation part is within the drop that may be lost; two
 * unacceptable rounds in a row end the search, or the byte budget does. A network that only learns
 * its own outputs again begins with a candidate that is not pruned. The best candidate is the
 * smallest acceptable one; under a byte budget the most accurate that fits. Once there is an
 * acceptable one, a round that is far from being the next is given up: its training ends early
 * (fit.c), and no candidate is made of it.
 */
#include "run_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dcomp/report.h"

#define KEEP_SHARE 0.65 /* of the weights from round to round            */
#define MAX_ROUNDS 12u
#define HOPELESS_EXCESS 0.1 /* [0..1] over the allowed error: sharing and its training gain less \
                             */
#define SAMPLES_PER_ROUND 200000.0 /* of training; sets the epochs with effort */
#define MAX_EPOCHS 200.0 /* of a round at effort 1: a handful of samples is soon known by heart */
#define PRODUCTS_PER_ROUND 2e12 /* forward, of large networks: then the samples are fewer    */
#define BATCH 64u
#define BATCH_BYTES (UINT64_C(1) << 29) /* of all values of a batch: then it is smaller        */

/* A compressed model that could be the answer. */
typedef struct candidate {
    dc_model *model; /* owned; NULL: none yet, or the round was given up */
    uint64_t bytes;
    dc_score score;
} candidate;

/* What the networks differ in. One that comes trained on far more than is here, and only learns its
 * own outputs again, wants small steps, no dropout (its teacher has none), and more centroids. */
typedef struct plan {
    double n_samples; /* to train on in a round, at effort 1 */
    uint32_t batch_size, bits;
    double first_density; /* 1: the first candidate is not pruned at all              */
    const char *density;  /* key: "global_density", or "density", at most so much a layer */
    double prune_rate, share_rate;
    double share_epochs;           /* of a candidate's, relative to a round's                  */
    const char *more, *share_more; /* keys of all training stages, and of a candidate's */
} plan;

typedef struct search {
    dc_run *run;
    const dc_compress_settings *settings;
    double allowed_error; /* [0..1]; NaN: any */
    plan plan;
    candidate best, nearest; /* nearest: the most accurate when none is acceptable */
} search;

static const char auto_recipe[] =
    "{\"name\": \"auto %u\", \"stages\": [{\"stage\": \"gradual\", \"%s\": %.6g, "
    "\"steps\": 3, \"epochs_per_step\": %u, \"epochs\": %u, \"lr\": %.3g, \"seed\": %llu, "
    "\"batch\": %u%s}]}";
static const char share_recipe[] =
    "{\"name\": \"share %u\", \"stages\": [{\"stage\": \"quantize\", \"bits\": %u, \"init\": "
    "\"optimal\"}, {\"stage\": \"retrain\", \"epochs\": %u, \"lr\": %.3g, \"seed\": %llu, "
    "\"batch\": %u%s%s}]}";

static dc_status parse_text(dc_recipe *out, const dc_run *run, const char *text)
{
    dc_json *json;
    DC_TRY(run->arena->status);
    DC_TRY(dc_json_parse(&json, text, strlen(text), "default recipe"));
    const dc_status status = dc_recipe_parse(out, json, "default recipe", run->arena);
    dc_json_free(json);
    return status;
}

static dc_status run_text(dc_run *run, const char *text)
{
    dc_recipe recipe;
    DC_TRY(parse_text(&recipe, run, text));
    return dc_run_recipe(run, &recipe);
}

static plan plan_of(const dc_run *run)
{
    const dc_model *model = run->model;
    uint64_t n_values = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        n_values += dc_shape_count(&model->nodes[i].shape);
    plan p = { .n_samples = DC_MIN(SAMPLES_PER_ROUND, PRODUCTS_PER_ROUND / amount_products(model)),
               .batch_size = BATCH,
               .bits = 4,
               .first_density = 0.3,
               .density = "global_density",
               .prune_rate = 5e-3,
               .share_rate = 1e-4,
               .share_epochs = 0.4,
               .more = "",
               .share_more = "" };
    while (p.batch_size > 8 && p.batch_size * n_values * sizeof(float) > BATCH_BYTES)
        p.batch_size /= 2;
    if (run->is_taught) {
        p.bits = 6;
        p.first_density = 1;
        p.density = "density"; /* one threshold for all layers would empty some of them */
        p.prune_rate = 3e-5;
        p.share_rate = 3e-5;
        p.share_epochs = 1;
        p.share_more = ", \"assign\": 4";
        p.more = ", \"dropout\": 0, \"optimizer\": \"adam\", \"weight_decay\": 0";
    }
    return p;
}

/* As many as the plan's samples make, in whole batches, up to MAX_EPOCHS. */
static uint32_t epochs_of(const search *s, double share)
{
    const double batch_size = s->plan.batch_size;
    const double n_steps = ceil((double)s->run->data->train->n_samples / batch_size);
    const double whole = DC_MIN(s->plan.n_samples / (n_steps * batch_size), MAX_EPOCHS);
    const double epochs = share * s->settings->effort * whole;
    return (uint32_t)DC_MAX(1, DC_MIN(1000, floor(epochs + 0.5)));
}

dc_status compress_size(uint64_t *bytes, const dc_run *run, const dc_model *model,
                        bool is_stripped)
{
    dc_writer w;
    dc_arena scratch = { 0 };
    dc_write_settings write = run->write;
    write.is_stripped = is_stripped;
    dc_writer_init(&w, UINT64_C(1) << 36);
    const dc_status status = dc_model_encode(&w, model, &write, NULL, &scratch);
    *bytes = w.size;
    dc_writer_clear(&w);
    dc_arena_clear(&scratch);
    return status;
}

static const char *prune_text(const search *s, uint32_t round, double density)
{
    return dc_arena_print(s->run->arena, auto_recipe, round, s->plan.density, density,
                          epochs_of(s, 0.2), epochs_of(s, 1), s->plan.prune_rate,
                          (unsigned long long)(s->settings->seed + round), s->plan.batch_size,
                          s->plan.more);
}

static const char *share_text(const search *s, uint32_t round)
{
    return dc_arena_print(s->run->arena, share_recipe, round, s->plan.bits,
                          epochs_of(s, s->plan.share_epochs), s->plan.share_rate,
                          (unsigned long long)(s->settings->seed + round), s->plan.batch_size,
                          s->plan.more, s->plan.share_more);
}

/* How much work a round is: pruning, and what is made of it on the side. */
static dc_status amounts_of_round(dc_amount *pruning, dc_amount *sharing, const search *s)
{
    dc_recipe recipe;
    DC_TRY(parse_text(&recipe, s->run, prune_text(s, 1, 0.5)));
    *pruning = amount_add(amount_of_recipe(s->run, &recipe), 1, amount_of_validation(s->run));
    DC_TRY(parse_text(&recipe, s->run, share_text(s, 1)));
    *sharing = amount_add(amount_of_recipe(s->run, &recipe), 1, amount_of_validation(s->run));
    return s->run->arena->status;
}

/* Shares a copy of the pruned model; the pruned one itself goes on to the next round. */
static dc_status make_candidate(candidate *out, search *s, uint32_t round)
{
    dc_run side = *s->run;
    DC_TRY(dc_model_copy(&side.model, s->run->model));
    dc_status status = run_text(&side, share_text(s, round));
    if (status == DC_OK)
        status = dc_run_validate(&out->score, &side);
    if (status == DC_OK)
        status = compress_size(&out->bytes, &side, side.model, s->settings->is_stripped);
    s->run->has_looked = side.has_looked;
    s->run->data_key = side.data_key;
    s->run->description = side.description;
    out->model = side.model;
    return status;
}

static void keep(candidate *slot, const candidate *made)
{
    dc_model_free(slot->model);
    *slot = *made;
}

static bool beats(const search *s, const candidate *made)
{
    if (s->best.model == NULL)
        return true;
    if (s->settings->max_bytes > 0)
        return made->score.top1_error < s->best.score.top1_error;
    return made->bytes < s->best.bytes;
}

/* Files the candidate; *goes_on tells whether a further round may help. */
static void judge(search *s, candidate *made, uint32_t *n_bad, bool *goes_on)
{
    const uint64_t limit = s->settings->max_bytes;
    const bool is_accurate = made->score.top1_error <= s->allowed_error + 1e-12;
    const bool fits = limit == 0 || made->bytes <= limit;
    *n_bad = is_accurate ? 0 : *n_bad + 1;
    *goes_on = limit > 0 ? !fits : *n_bad < 2;
    if (made->model == NULL)
        return;
    if (fits && (is_accurate || isnan(s->allowed_error)) && beats(s, made)) {
        keep(&s->best, made);
        return;
    }
    const bool is_nearer = s->nearest.model == NULL ||
                           (limit > 0 ? made->bytes < s->nearest.bytes
                                      : made->score.top1_error < s->nearest.score.top1_error);
    if (is_nearer)
        keep(&s->nearest, made);
    else
        dc_model_free(made->model);
}

static void tell(const search *s, const candidate *made, uint32_t round)
{
    char text[160], what[DC_TEXT_COUNT_BYTES + 8] = "given up", bytes[DC_TEXT_COUNT_BYTES];
    if (made->model != NULL)
        snprintf(what, sizeof what, "%s bytes", dc_text_count(bytes, made->bytes));
    const int n = dc_print(text, sizeof text, "round %u: %s, validation %s %.2f %%", round, what,
                           s->run->data->is_taught ? "agreement" : "top-1",
                           100 * (1 - made->score.top1_error));
    if (!isnan(s->allowed_error) && n > 0 && (size_t)n < sizeof text)
        dc_print(text + n, sizeof text - (size_t)n, " (at least %.2f %% wanted)",
                 100 * fmax(1 - s->allowed_error, 0));
    if (s->run->on_news != NULL)
        s->run->on_news(s->run->payload, false, text);
}

/* A candidate without a model when there is no hope for it. The answer must not change: so there is
 * always hope before an acceptable one is found, and under a byte budget, where a round goes on
 * from the last one until its size fits. */
static dc_status run_round(search *s, candidate *made, uint32_t round, double density)
{
    const bool may_give_up = s->best.model != NULL && s->settings->max_bytes == 0;
    s->run->hopeless_error = may_give_up ? s->allowed_error + HOPELESS_EXCESS : 0;
    if (density < 1)
        DC_TRY(run_text(s->run, prune_text(s, round, density)));
    if (may_give_up) {
        DC_TRY(dc_run_validate(&made->score, s->run));
        if (made->score.top1_error > s->run->hopeless_error)
            return DC_OK;
    }
    return make_candidate(made, s, round);
}

static dc_status run_rounds(search *s)
{
    double density = s->plan.first_density;
    uint32_t n_bad = 0;
    bool goes_on = true;
    dc_amount pruning, sharing;
    DC_TRY(amounts_of_round(&pruning, &sharing, s));
    for (uint32_t round = 1; round <= MAX_ROUNDS && goes_on; round++, density *= KEEP_SHARE) {
        candidate made = { 0 };
        const dc_amount amount = amount_add(sharing, density < 1 ? 1 : 0, pruning);
        const unsigned mark =
            dc_work_enter(amount_work(s->run, amount), "round %u/%u", round, MAX_ROUNDS);
        const dc_status status = run_round(s, &made, round, density);
        dc_work_leave(mark);
        if (status < 0) {
            dc_model_free(made.model);
            return status;
        }
        tell(s, &made, round);
        judge(s, &made, &n_bad, &goes_on);
    }
    return DC_OK;
}

dc_status compress_auto_forecast(dc_forecast *out, uint32_t *batch_size, dc_run *run,
                                 const dc_compress_settings *settings)
{
    const search s = { .run = run, .settings = settings, .plan = plan_of(run) };
    dc_recipe prune, share;
    dc_amount pruning, sharing;
    DC_TRY(parse_text(&prune, run, prune_text(&s, 1, 0.5)));
    DC_TRY(parse_text(&share, run, share_text(&s, 1)));
    DC_TRY(amounts_of_round(&pruning, &sharing, &s));
    out->n_rounds = MAX_ROUNDS;
    out->phases = dc_arena_take(run->arena, prune.n_steps + share.n_steps, sizeof *out->phases);
    DC_TRY(run->arena->status);
    forecast_add_steps(out, run, &prune);
    forecast_add_steps(out, run, &share);
    const uint32_t n_pruned = s.plan.first_density < 1 ? MAX_ROUNDS : MAX_ROUNDS - 1;
    out->amount = amount_add(amount_add((dc_amount){ 0 }, MAX_ROUNDS, sharing), n_pruned, pruning);
    *batch_size = s.plan.batch_size;
    return DC_OK;
}

dc_status compress_auto(dc_run *run, const dc_compress_settings *settings, const dc_score *dense)
{
    search s = { .run = run, .settings = settings, .plan = plan_of(run) };
    s.allowed_error = dense->top1_error + settings->max_drop / 100;
    run->is_inner = true;
    dc_work_is_most();
    const dc_status status = run_rounds(&s);
    run->is_inner = false;
    run->hopeless_error = 0;
    candidate *chosen = s.best.model != NULL ? &s.best : &s.nearest;
    if (status == DC_OK && chosen->model != NULL) {
        dc_model_free(run->model);
        run->model = chosen->model;
        chosen->model = NULL;
    }
    dc_model_free(s.best.model);
    dc_model_free(s.nearest.model);
    return status;
}
