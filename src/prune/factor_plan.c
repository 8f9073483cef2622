/* SPDX-License-Identifier: MIT
 *
 * What rank each layer gets: by a rule, as it is or as the least that has a share of the energy
 * (the squared singular values), or all by one share, found by bisection, so that the network has
 * no more bytes than were asked for. A layer whose factors would have no fewer weights is left.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "factor.h"
#include "magnitude.h"

#define AT(member) offsetof(dc_factor_settings, member)
#define N_BISECTIONS 60

const dc_field dc_factor_fields[] = {
    { .name = "rank",
      .kind = DC_FIELD_RULES,
      .offset = AT(rank),
      .min = 1,
      .max = 1e9,
      .help = "rank of a layer's factors, e.g. 40 or fc1=40,fc2=20" },
    { .name = "energy",
      .kind = DC_FIELD_RULES,
      .offset = AT(energy),
      .min = 0,
      .max = 1,
      .help = "the least rank with this share of a layer's squared singular values, e.g. 0.9 or "
              "fc1=0.8,0.9" },
    { .name = "bytes",
      .kind = DC_FIELD_U64,
      .offset = AT(bytes),
      .unit = "bytes",
      .help = "one share of energy for all layers, so that all weights take no more as float32 "
              "(400K, 2M)" },
    { 0 },
};

/* ---- what is asked ------------------------------------------------------------------------- */

static dc_status check_ways(const dc_factor_settings *s)
{
    if (s->rank.n_rules + s->energy.n_rules == 0 && s->bytes == 0)
        return dc_fail(DC_EINPUT, "nothing says what to factor (--rank, --energy, --bytes)");
    if (s->bytes > 0 && s->rank.n_rules + s->energy.n_rules > 0)
        return dc_fail(DC_EINPUT, "'bytes' chooses the ranks of all layers: '%s' contradicts it",
                       s->rank.n_rules > 0 ? "rank" : "energy");
    return DC_OK;
}

static const char *why_not(const dc_model *model, const dc_node *node)
{
    if ((node->kind->traits & DC_OVER_STEPS) != 0)
        return "is recurrent";
    if ((node->kind->traits & DC_MATRIX) == 0)
        return "is no matrix of outputs by inputs";
    if (dc_node_whole(node, DC_ATTR_GROUPS) > 1)
        return "has groups";
    if (dc_node_whole(node, DC_ATTR_KERNEL_H) > 1 || dc_node_whole(node, DC_ATTR_KERNEL_W) > 1)
        return "has a kernel wider than 1x1";
    if (dc_param_is_blank(&model->params[dc_node_param(node, 0)]))
        return "has nothing but zeros";
    return "";
}

static dc_factored describe(const dc_model *model, const dc_node *node)
{
    const dc_param *weight = &model->params[dc_node_param(node, 0)];
    dc_factored layer = { .layer = node->name, .was_pruned = weight->is_pruned,
                          .was_shared = weight->is_shared };
    dc_param_matrix(weight, &layer.n_rows, &layer.n_cols);
    dc_print(layer.reason, sizeof layer.reason, "%s", why_not(model, node));
    return layer;
}

static uint32_t full_rank(const dc_factored *layer)
{
    return DC_MIN(layer->n_rows, layer->n_cols);
}

static dc_status check_layer(const dc_factored *layer, const dc_factor_settings *s)
{
    double rank = 1, energy = 1;
    const bool has_rank = dc_rules_find(&rank, &s->rank, layer->layer);
    const bool has_energy = dc_rules_find(&energy, &s->energy, layer->layer);
    if (has_rank && has_energy)
        return dc_fail(DC_EINPUT, "both rank and energy for layer '%s'", layer->layer);
    if (!(energy > 0 && energy <= 1))
        return dc_fail(DC_EINPUT, "energy %g of layer '%s' is outside of (0, 1]", energy,
                       layer->layer);
    if (!(rank >= 1) || fabs(rank - floor(rank)) > 0)
        return dc_fail(DC_EINPUT, "rank %g of layer '%s' is no whole number of 1 or more", rank,
                       layer->layer);
    if (dc_factored_is_done(layer) && rank > full_rank(layer))
        return dc_fail(DC_EINPUT, "rank %g of layer '%s', a matrix of %u x %u, is over %u", rank,
                       layer->layer, layer->n_rows, layer->n_cols, full_rank(layer));
    return DC_OK;
}

/* The layers that settings are about, checked, without ranks. */
static dc_status list_layers(dc_factor_plan *out, const dc_model *model,
                             const dc_factor_settings *s, dc_arena *arena)
{
    const char **names;
    dc_factor_plan plan = { 0 };
    const uint32_t n = dc_model_layers(&names, model, arena);
    plan.layers = dc_arena_take(arena, n, sizeof *plan.layers);
    plan.nodes = dc_arena_take(arena, n, sizeof *plan.nodes);
    DC_TRY(arena->status);
    DC_TRY(check_ways(s));
    DC_TRY(dc_rules_check(&s->rank, names, n));
    DC_TRY(dc_rules_check(&s->energy, names, n));
    for (uint32_t i = 0; i < n; i++) {
        double value;
        if (s->bytes == 0 && !dc_rules_find(&value, &s->rank, names[i]) &&
            !dc_rules_find(&value, &s->energy, names[i]))
            continue;
        plan.nodes[plan.n] = dc_model_node(model, names[i]);
        plan.layers[plan.n] = describe(model, &model->nodes[plan.nodes[plan.n]]);
        DC_TRY(check_layer(&plan.layers[plan.n], s));
        plan.n++;
    }
    *out = plan;
    return DC_OK;
}

dc_status dc_factor_check(const dc_factor_settings *settings, const dc_model *model)
{
    dc_arena arena = { 0 };
    dc_factor_plan plan;
    dc_status status = list_layers(&plan, model, settings, &arena);
    dc_arena_clear(&arena);
    return status < 0 ? status : dc_svd_check();
}

/* ---- ranks --------------------------------------------------------------------------------- */

static uint64_t n_weights(const dc_factored *layer, uint32_t rank)
{
    const uint64_t n_whole = (uint64_t)layer->n_rows * layer->n_cols;
    return DC_MIN(n_whole, rank * ((uint64_t)layer->n_rows + layer->n_cols));
}

/* Of the network, with so much of the energy of all layers. */
static uint64_t bytes_at(double energy, const dc_factor_plan *plan, const dc_svd *svds,
                         const dc_model *model)
{
    uint64_t n = dc_model_n_values(model);
    for (uint32_t i = 0; i < plan->n; i++) {
        const dc_factored *layer = &plan->layers[i];
        if (dc_factored_is_done(layer))
            n -= (uint64_t)layer->n_rows * layer->n_cols -
                 n_weights(layer, dc_svd_rank(&svds[i], energy));
    }
    return n * sizeof(float);
}

static dc_status find_energy(double *out, uint64_t bytes, const dc_factor_plan *plan,
                             const dc_svd *svds, const dc_model *model)
{
    double low = 0, high = 1;
    const uint64_t n_now = dc_model_n_values(model) * sizeof(float);
    if (n_now <= bytes)
        return dc_fail(DC_EINPUT, "the network has no more than %" PRIu64 " bytes as it is: %"
                                  PRIu64, bytes, n_now);
    const uint64_t least = bytes_at(0, plan, svds, model);
    if (least > bytes)
        return dc_fail(DC_EINPUT, "%" PRIu64 " bytes are too few: with rank 1 everywhere the "
                                  "network has %" PRIu64, bytes, least);
    for (int i = 0; i < N_BISECTIONS; i++) {
        const double middle = (low + high) / 2;
        if (bytes_at(middle, plan, svds, model) <= bytes)
            low = middle;
        else
            high = middle;
    }
    *out = low;
    return DC_OK;
}

static void set_rank(dc_factored *layer, const dc_svd *svd, const dc_factor_settings *s,
                     double energy_of_all)
{
    double rank = 0, energy = energy_of_all;
    if (dc_rules_find(&rank, &s->rank, layer->layer)) {
        layer->rank = (uint32_t)rank;
    } else {
        (void)dc_rules_find(&energy, &s->energy, layer->layer);
        layer->rank = dc_svd_rank(svd, energy);
    }
    if (n_weights(layer, layer->rank) == (uint64_t)layer->n_rows * layer->n_cols)
        dc_print(layer->reason, sizeof layer->reason, "has no fewer weights with rank %u",
                 layer->rank);
}

dc_status dc_factor_plan_make(dc_factor_plan *out, const dc_model *model,
                              const dc_factor_settings *settings, dc_arena *arena)
{
    dc_factor_plan plan;
    double energy = 1, rank;
    DC_TRY(dc_svd_check());
    DC_TRY(list_layers(&plan, model, settings, arena));
    dc_svd *svds = dc_arena_take(arena, plan.n, sizeof *svds);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < plan.n; i++) {
        const dc_factored *layer = &plan.layers[i];
        if (!dc_factored_is_done(layer))
            continue;
        const dc_param *weight = &model->params[dc_node_param(&model->nodes[plan.nodes[i]], 0)];
        DC_TRY(dc_weights_check(weight, layer->layer));
        if (dc_rules_find(&rank, &settings->rank, layer->layer))
            continue; /* that is its rank, whatever they are */
        dc_progress("singular values", i, plan.n, layer->layer);
        DC_TRY(dc_fail_within(dc_svd_make(&svds[i], weight->values, layer->n_rows, layer->n_cols,
                                          false, arena), layer->layer));
    }
    if (settings->bytes > 0)
        DC_TRY(find_energy(&energy, settings->bytes, &plan, svds, model));
    for (uint32_t i = 0; i < plan.n; i++)
        if (dc_factored_is_done(&plan.layers[i]))
            set_rank(&plan.layers[i], &svds[i], settings, energy);
    *out = plan;
    return DC_OK;
}
