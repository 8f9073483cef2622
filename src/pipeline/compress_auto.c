/* SPDX-License-Identifier: MIT
 *
 * The chain without a recipe, of samples that a teacher labels: rounds of gradual pruning, each
 * going on from the last one and keeping about two thirds of its weights. After each round a
 * candidate is made on the side: shared, its centroids trained, rounded, and sized by encoding it.
 * A candidate is acceptable while its error on the validation part is within the drop that may be
 * lost; two unacceptable rounds in a row end the search, or the byte budget does. The first
 * candidate is not pruned. The best candidate is the smallest acceptable one; under a byte budget
 * the most accurate that fits. Once there is an acceptable one, a round that is far from being the
 * next is given up: its training ends early (fit.c), and no candidate is made of it.
 */
#include "stage_settings.h"

#include <math.h>
#include <stdio.h>

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

/* Of a network that learns only its own outputs again, which came trained on far more than is here;
 * docs/recipes.md says why. */
#define BITS 6
#define FIRST_DENSITY 1.0 /* the first candidate is not pruned at all */
#define RATE 3e-5         /* the solution must not be left            */
#define ASSIGN 4          /* of a candidate's training                */

typedef struct plan {
    double n_samples; /* to train on in a round, at effort 1 */
    uint32_t batch_size;
} plan;

typedef struct search {
    dc_run *run;
    const dc_compress_settings *settings;
    double allowed_error; /* [0..1]; NaN: any */
    plan plan;
    candidate best, nearest; /* nearest: the most accurate when none is acceptable */
} search;

static plan plan_of(const dc_run *run)
{
    const dc_model *model = run->model;
    uint64_t n_values = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        n_values += dc_shape_count(&model->nodes[i].shape);
    plan p = { .n_samples = DC_MIN(SAMPLES_PER_ROUND, PRODUCTS_PER_ROUND / amount_products(model)),
               .batch_size = BATCH };
    while (p.batch_size > 8 && p.batch_size * n_values * sizeof(float) > BATCH_BYTES)
        p.batch_size /= 2;
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
    write.level = DC_LEVEL_CODED;
    write.is_stripped = is_stripped;
    dc_writer_init(&w, UINT64_C(1) << 36);
    const dc_status status = dc_model_encode(&w, model, &write, NULL, &scratch);
    *bytes = w.size;
    dc_writer_clear(&w);
    dc_arena_clear(&scratch);
    return status;
}

static void set_training(fit_settings *fit, const search *s, uint32_t round)
{
    fit->train.n_epochs = epochs_of(s, 1);
    fit->train.learning_rate = RATE;
    fit->train.batch_size = s->plan.batch_size;
    fit->train.optimizer = DC_OPTIMIZER_ADAM;
    fit->train.dropout_share = 0; /* its teacher has none */
    fit->train.weight_decay = 0;
    fit->train.seed = s->settings->seed + round;
}

/* One value for all layers. */
static dc_rules one_rule(double value, dc_arena *arena)
{
    dc_rule *rule = dc_arena_take(arena, 1, sizeof *rule);
    if (rule != NULL)
        *rule = (dc_rule){ "*", value };
    return (dc_rules){ rule != NULL, rule };
}

/* A density is six figures, as the model's history shows it. */
static double six_figures(double value)
{
    char text[32];
    dc_print(text, sizeof text, "%.6g", value);
    return dc_text_number(text, NULL);
}

static dc_status prune_recipe(dc_recipe *out, const search *s, uint32_t round, double density)
{
    dc_arena *arena = s->run->arena;
    gradual_settings g;
    dc_stage_gradual.set_defaults(&g);
    set_training(&g.fit, s, round);
    g.n_steps = 3;
    g.step_epochs = epochs_of(s, 0.2);
    g.prune.density = one_rule(six_figures(density), arena);
    *out = (dc_recipe){ .name = dc_arena_print(arena, "auto %u", round), .seed = 1 };
    return dc_recipe_add(out, &dc_stage_gradual, &g, arena);
}

static dc_status share_recipe(dc_recipe *out, const search *s, uint32_t round)
{
    dc_arena *arena = s->run->arena;
    dc_quantize_settings q;
    retrain_settings r;
    dc_stage_quantize.set_defaults(&q);
    q.bits = one_rule(BITS, arena);
    q.init = DC_CENTROIDS_OPTIMAL;
    dc_stage_retrain.set_defaults(&r);
    set_training(&r.fit, s, round);
    r.fit.train.assign_share = ASSIGN;
    *out = (dc_recipe){ .name = dc_arena_print(arena, "share %u", round), .seed = 1 };
    DC_TRY(dc_recipe_add(out, &dc_stage_quantize, &q, arena));
    return dc_recipe_add(out, &dc_stage_retrain, &r, arena);
}

/* How much work a round is: pruning, and what is made of it on the side. */
static dc_status amounts_of_round(dc_amount *pruning, dc_amount *sharing, const search *s)
{
    dc_recipe recipe;
    DC_TRY(prune_recipe(&recipe, s, 1, 0.5));
    *pruning = amount_add(amount_of_recipe(s->run, &recipe), 1, amount_of_validation(s->run));
    DC_TRY(share_recipe(&recipe, s, 1));
    *sharing = amount_add(amount_of_recipe(s->run, &recipe), 1, amount_of_validation(s->run));
    return s->run->arena->status;
}

static dc_status share(candidate *out, search *s, uint32_t round)
{
    dc_recipe recipe;
    DC_TRY(share_recipe(&recipe, s, round));
    DC_TRY(dc_run_recipe(s->run, &recipe));
    DC_TRY(dc_run_validate(&out->score, s->run));
    DC_TRY(compress_size(&out->bytes, s->run, s->run->model, s->settings->is_stripped));
    return curve_keep(s->run);
}

/* Shares a copy of the pruned model; the pruned one itself goes on to the next round. */
static dc_status make_candidate(candidate *out, search *s, uint32_t round)
{
    dc_model *const pruned = s->run->model;
    DC_TRY(dc_model_copy(&s->run->model, pruned));
    const dc_status status = share(out, s, round);
    out->model = s->run->model;
    s->run->model = pruned;
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

static void report(const search *s, const candidate *made, uint32_t round)
{
    char text[160], what[DC_TEXT_COUNT_BYTES + 8] = "given up", bytes[DC_TEXT_COUNT_BYTES];
    if (made->model != NULL)
        snprintf(what, sizeof what, "%s bytes", dc_text_count(bytes, made->bytes));
    const int n = dc_print(text, sizeof text, "round %u: %s, validation %s %.2f %%", round, what,
                           s->run->data->is_taught ? "agreement" : "top-1",
                           100 * (1 - made->score.top1_error));
    if (!isnan(s->allowed_error) && n > 0 && (size_t)n < sizeof text)
        dc_print(text + n, sizeof text - (size_t)n, " (at least %.2f %% needed)",
                 100 * fmax(1 - s->allowed_error, 0));
    run_report(s->run, false, text);
}

/* A candidate without a model when there is no hope for it. The answer must not change: so there is
 * always hope before an acceptable one is found, and under a byte budget, where a round goes on
 * from the last one until its size fits. */
static dc_status run_round(search *s, candidate *made, uint32_t round, double density)
{
    const bool may_give_up = s->best.model != NULL && s->settings->max_bytes == 0;
    s->run->hopeless_error = may_give_up ? s->allowed_error + HOPELESS_EXCESS : 0;
    dc_recipe recipe;
    if (density < 1) {
        DC_TRY(prune_recipe(&recipe, s, round, density));
        DC_TRY(dc_run_recipe(s->run, &recipe));
    }
    if (may_give_up) {
        DC_TRY(dc_run_validate(&made->score, s->run));
        if (made->score.top1_error > s->run->hopeless_error)
            return DC_OK;
    }
    return make_candidate(made, s, round);
}

static dc_status run_rounds(search *s)
{
    double density = FIRST_DENSITY;
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
        report(s, &made, round);
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
    DC_TRY(prune_recipe(&prune, &s, 1, 0.5));
    DC_TRY(share_recipe(&share, &s, 1));
    DC_TRY(amounts_of_round(&pruning, &sharing, &s));
    out->n_rounds = MAX_ROUNDS;
    out->phases = dc_arena_take(run->arena, prune.n_steps + share.n_steps, sizeof *out->phases);
    DC_TRY(run->arena->status);
    forecast_add_steps(out, run, &prune);
    forecast_add_steps(out, run, &share);
    out->amount =
        amount_add(amount_add((dc_amount){ 0 }, MAX_ROUNDS, sharing), MAX_ROUNDS - 1, pruning);
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
