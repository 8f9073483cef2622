/* SPDX-License-Identifier: MIT
 *
 * gradual: prune and retrain in turns, so that the survivors can take over before the next are
 * lost [NIPS15, iterative]. The density falls from what the layer has to its goal along a cubic
 * [Zhu and Gupta 2017]; each step trains step_epochs at the full rate, and the last one trains
 * `epochs` under the schedule. A list of goals would be the same stage written several times. One
 * trainer is renewed for each turn; where the last one takes neurons out, it is made anew.
 */
#include "stage_settings.h"

#include <stdio.h>

static const dc_field gradual_fields[] = {
    { .name = "steps", .kind = DC_FIELD_U32, .offset = offsetof(gradual_settings, n_steps),
      .min = 1, .max = 1000, .help = "times to prune on the way" },
    { .name = "epochs_per_step", .kind = DC_FIELD_U32,
      .offset = offsetof(gradual_settings, step_epochs), .min = 1, .max = 1000,
      .help = "epochs of training after each but the last" },
    { 0 },
};

static void gradual_defaults(void *settings)
{
    gradual_settings *s = settings;
    *s = (gradual_settings){ .fit = fit_defaults(),
                             .prune = dc_prune_defaults(),
                             .n_steps = 8,
                             .step_epochs = 1,
                             .codebook = DC_NUMBER_AUTO };
}

/* What turns have in common. */
typedef struct turns {
    dc_run *run;
    const gradual_settings *settings;
    gradient_squares squares;
    fit_tools tools;
} turns;

static double density_now(const dc_model *model, const char *layer)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        if (dc_role_is_weight(param->role) && model->nodes[param->node].name == layer)
            return (double)dc_param_n_nonzero(param) / (double)param->n_values;
    }
    return 1;
}

/* The rules of one step: for each layer that has a goal, its place on the cubic between what
 * it had at the start of the stage and the goal. Removing dead neurons makes a layer smaller and
 * denser; the schedule is that of the layer as it is. */
static dc_status step_rules(dc_rules *out, const dc_run *run, const dc_rules *goals, uint32_t step,
                            uint32_t n_steps)
{
    const char **layers;
    const uint32_t n = dc_model_layers(&layers, run->model, run->arena);
    dc_rule *rules = dc_arena_take(run->arena, n, sizeof *rules);
    DC_TRY(run->arena->status);
    uint32_t n_rules = 0;
    for (uint32_t i = 0; i < n; i++) {
        double goal;
        if (!dc_rules_find(&goal, goals, layers[i]))
            continue;
        const double fall = dc_prune_schedule(1, goal, step, n_steps);
        const double now = density_now(run->model, layers[i]);
        rules[n_rules++] = (dc_rule){ layers[i], now > 0 ? DC_MIN(fall, now) : fall };
    }
    *out = (dc_rules){ n_rules, rules };
    return DC_OK;
}

/* By the gradients of the turn before, or of the model as it came. */
static dc_status prune_step(turns *t, uint32_t step)
{
    const gradual_settings *s = t->settings;
    dc_prune_settings prune = s->prune;
    dc_prune_stats stats;
    if (dc_prune_needs_squares(&prune))
        DC_TRY(t->tools.trainer != NULL ? squares_take(&t->squares)
                                        : squares_estimate(&t->squares, t->run, false));
    prune.squares = t->squares.values;
    prune.remove_dead = s->prune.remove_dead && step == s->n_steps;
    if (prune.density.n_rules > 0)
        DC_TRY(step_rules(&prune.density, t->run, &s->prune.density, step, s->n_steps));
    if (prune.global_density > 0)
        prune.global_density = dc_prune_schedule(1, s->prune.global_density, step, s->n_steps);
    DC_TRY(dc_prune(t->run->model, &prune, &stats));
    if (stats.n_values_removed > 0)
        fit_tools_reset(&t->tools);
    return DC_OK;
}

static fit_settings fit_of_step(const gradual_settings *s, uint32_t step)
{
    fit_settings fit = s->fit;
    if (step < s->n_steps) {
        fit.train.n_epochs = s->step_epochs;
        fit.train.schedule = DC_SCHEDULE_CONSTANT;
        fit.train.seed += step;
        fit.takes_last = true;
    }
    return fit;
}

static dc_status train_step(turns *t, uint32_t step)
{
    fit_settings fit = fit_of_step(t->settings, step);
    const dc_train_hook hook = squares_hook(&t->squares);
    const fit_progress at = { step, t->settings->n_steps };
    if (dc_prune_needs_squares(&t->settings->prune))
        fit.more = &hook;
    return fit_phase(&t->tools, t->run, &fit, &at, true);
}

/* Of the first look at gradients, if there is one. */
static dc_amount look_amount(const dc_run *run, const gradual_settings *s)
{
    return dc_prune_needs_squares(&s->prune) ? squares_amount(run) : (dc_amount){ 0 };
}

/* Turns that a checkpoint has done. */
static void skip_work(const dc_run *run, const gradual_settings *s, uint32_t n_turns)
{
    const fit_settings fit = fit_of_step(s, 0);
    const dc_amount done = amount_add(look_amount(run, s), n_turns, fit_amount(run, &fit, true));
    dc_work_leave(dc_work_enter(amount_work(run, done), "%s", ""));
}

static dc_status check_gradual(const void *settings, const dc_model *model,
                               const dc_datasets *data)
{
    const gradual_settings *s = settings;
    if (s->prune.sensitivity.n_rules > 0)
        return dc_fail(DC_EINPUT,
                       "'sensitivity' has no goal to go to: give 'density' or 'global_density'");
    if (s->prune.density.n_rules == 0 && !(s->prune.global_density > 0))
        return dc_fail(DC_EINPUT,
                       "nothing says what to prune (--density, --global-density)");
    if (dc_prune_needs_obs(&s->prune))
        return dc_fail(DC_EINPUT, "saliency 'obs' fits what is left and is of 'prune' alone");
    if (s->prune.of_present)
        return dc_fail(DC_EINPUT, "'of_present' is of 'prune' alone: densities fall step by step");
    DC_TRY(fit_check(&s->fit, data));
    return dc_prune_check(&s->prune, model);
}

static dc_status run_turns(turns *t)
{
    const uint32_t n_steps = t->settings->n_steps;
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, t->run));
    if (found)
        skip_work(t->run, t->settings, phase - 1);
    for (uint32_t step = found ? phase : 1; step <= n_steps; step++) {
        if (!found)
            DC_TRY(prune_step(t, step));
        found = false;
        DC_TRY(train_step(t, step));
    }
    return DC_OK;
}

static dc_status run_gradual(dc_run *run, const void *settings)
{
    const gradual_settings *s = settings;
    turns t = { .run = run, .settings = s };
    const dc_status status = run_turns(&t);
    fit_tools_clear(&t.tools);
    squares_clear(&t.squares);
    return status < 0 ? status : fit_round(run, (dc_number)s->codebook);
}

static dc_amount gradual_amount(const dc_run *run, const void *settings)
{
    const gradual_settings *s = settings;
    const fit_settings turn = fit_of_step(s, 0), last = fit_of_step(s, s->n_steps);
    const dc_amount all = amount_add(fit_amount(run, &last, true), s->n_steps - 1.0,
                                     fit_amount(run, &turn, true));
    return amount_add(all, 1, look_amount(run, s));
}

const dc_stage dc_stage_gradual = {
    .name = "gradual",
    .needs_data = true,
    .settings_bytes = sizeof(gradual_settings),
    .set_defaults = gradual_defaults,
    .parts = { FIT_PARTS(offsetof(gradual_settings, fit)),
               { dc_prune_fields, offsetof(gradual_settings, prune) },
               { gradual_fields, 0 },
               { codebook_fields, offsetof(gradual_settings, codebook) },
               { NULL, 0 } },
    .check = check_gradual,
    .run = run_gradual,
    .amount = gradual_amount,
};
