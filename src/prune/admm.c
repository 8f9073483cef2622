/* SPDX-License-Identifier: MIT
 *
 * Alternating directions [ADMM 3]: the loss is minimized near points Z that are as asked (few
 * weights, or few values), while U, the running sum of what is left between, makes the distance
 * ever dearer where it stays. All arrays are in the trainer's order; padding is zero in each of
 * them.
 */
#include <math.h>

#include "magnitude.h"

typedef struct dc_admm_part {
    uint64_t n;
    double goal;
    float *z, *u; /* NULL: no rule matches the layer */
} dc_admm_part;

/* Epochs have ended, or training begins (`is_first`). */
typedef struct round_work {
    const dc_admm *admm;
    const dc_trained *trained;
    bool is_first;
    float u_scale; /* U is of a multiplier by rho, which has changed */
} round_work;

/* Z becomes the nearest to W + U, then U += W - Z [ADMM eq. 8, 11]; at first U stays zero. */
static dc_status project(void *payload, uint64_t index)
{
    const round_work *work = payload;
    dc_admm_part *part = &work->admm->parts[index];
    const float *w = work->trained->params[index].w;
    if (part->z == NULL)
        return DC_OK;
    for (uint64_t i = 0; i < part->n; i++)
        part->z[i] = w[i] + part->u[i];
    DC_TRY(work->admm->project(part->z, part->n, &work->trained->model->params[index],
                               part->goal));
    for (uint64_t i = 0; i < part->n; i++)
        part->u[i] = work->u_scale * (part->u[i] + (work->is_first ? 0 : w[i] - part->z[i]));
    return DC_OK;
}

dc_status dc_admm_to_density(float *z, uint64_t n, const dc_param *param, double goal)
{
    return dc_prune_keep(z, z, n, dc_density_count(goal, param->n_values));
}

/* After n_done epochs. */
static double rho_at(const dc_admm *admm)
{
    const double third = floor(3.0 * admm->n_done / DC_MAX(admm->n_epochs, 1u));
    return admm->rho * pow(admm->rho_growth, fmin(third, 2));
}

static dc_status project_all(dc_admm *admm, const dc_trained *trained)
{
    const double before = admm->rho_now;
    admm->rho_now = rho_at(admm);
    const bool is_first = admm->n_done == 0;
    round_work work = { admm, trained, is_first,
                        is_first || !(admm->rho_now > 0) ? 1 : (float)(before / admm->rho_now) };
    return dc_pool_run(admm->n_parts, project, &work);
}

static dc_status begin(void *payload, dc_trained *trained)
{
    dc_admm *admm = payload;
    admm->n_done = 0;
    admm->n_parts = trained->n_params;
    admm->parts = dc_arena_take(trained->arena, admm->n_parts, sizeof *admm->parts);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < admm->n_parts; i++) {
        const dc_param *param = &trained->model->params[i];
        const dc_trained_param *p = &trained->params[i];
        double goal;
        if (p->n == 0 || p->theta != NULL || !dc_role_is_weight(param->role) ||
            !dc_rules_find(&goal, &admm->goals, trained->model->nodes[param->node].name))
            continue;
        dc_admm_part *part = &admm->parts[i];
        part->n = p->n;
        part->goal = goal;
        part->z = dc_arena_take(trained->arena, p->n, sizeof *part->z);
        part->u = dc_arena_take(trained->arena, p->n, sizeof *part->u);
    }
    DC_TRY(trained->arena->status);
    return project_all(admm, trained);
}

typedef struct pull_work {
    const dc_admm *admm;
    const dc_trained *trained;
} pull_work;

static void pull(void *payload, uint64_t index)
{
    const pull_work *work = payload;
    const dc_admm_part *part = &work->admm->parts[index];
    const float *w = work->trained->params[index].w, rho = (float)work->admm->rho_now;
    float *dw = work->trained->params[index].dw;
    if (part->z == NULL)
        return;
    for (uint64_t i = 0; i < part->n; i++)
        dw[i] += rho * (w[i] - part->z[i] + part->u[i]);
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    pull_work work = { payload, trained };
    dc_pool_each(work.admm->n_parts, pull, &work);
    return DC_OK;
}

static dc_status after_epoch(void *payload, dc_trained *trained)
{
    dc_admm *admm = payload;
    return ++admm->n_done % admm->period == 0 ? project_all(admm, trained) : DC_OK;
}

static void put(dc_writer *w, void *payload)
{
    const dc_admm *admm = payload;
    dc_put_u32(w, admm->n_done);
    dc_put_f64(w, admm->rho_now);
    for (uint32_t i = 0; i < admm->n_parts; i++) {
        dc_put_f32s(w, admm->parts[i].z, admm->parts[i].n);
        dc_put_f32s(w, admm->parts[i].u, admm->parts[i].n);
    }
}

static dc_status get(dc_reader *r, void *payload)
{
    dc_admm *admm = payload;
    admm->n_done = dc_get_u32(r);
    admm->rho_now = dc_get_f64(r);
    for (uint32_t i = 0; i < admm->n_parts; i++) {
        dc_get_f32s(r, admm->parts[i].z, admm->parts[i].n);
        dc_get_f32s(r, admm->parts[i].u, admm->parts[i].n);
    }
    return r->status;
}

dc_train_hook dc_admm_hook(dc_admm *admm)
{
    return (dc_train_hook){ .name = "admm",
                            .payload = admm,
                            .begin = begin,
                            .after_backward = after_backward,
                            .after_epoch = after_epoch,
                            .put = put,
                            .get = get };
}
