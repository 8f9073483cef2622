/* SPDX-License-Identifier: MIT
 *
 * Weight sharing of a model [DC 3]: layer by layer, the non-zero values of a pruned layer (or all
 * values of another) are clustered, the centroids rounded to what they are stored as, and each
 * value becomes the nearest of them. A pruned layer has 2^bits - 1 centroids besides zero. A layer
 * with few enough values is only marked. Everything is checked before anything is changed.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "kmeans.h"

#define DEFAULT_BITS 5
#define MAX_BITS 8

static const dc_rule default_bits[] = { { "*", DEFAULT_BITS } };

#define AT(member) offsetof(dc_quantize_settings, member)

const dc_field dc_quantize_fields[] = {
    { .name = "bits",
      .kind = DC_FIELD_RULES,
      .offset = AT(bits),
      .unit = "bits",
      .min = 1,
      .max = MAX_BITS,
      .help = "a layer shares 2^bits values, e.g. 5 or conv*=8,fc*=5" },
    { .name = "init",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(init),
      .choices = "linear|density|random|optimal|near_optimal",
      .help = "where centroids start" },
    { .name = "max_iterations",
      .kind = DC_FIELD_U32,
      .offset = AT(max_iterations),
      .help = "k-means stops after so many" },
    { .name = "codebook",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(codebook),
      .choices = "f32|f16",
      .help = "what shared values are rounded to" },
    { .name = "biases",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(biases),
      .choices = "f32|f16",
      .help = "what biases and other small parameters are rounded to" },
    { .name = "bias_bits",
      .kind = DC_FIELD_U32,
      .offset = AT(bias_bits),
      .unit = "bits",
      .max = MAX_BITS,
      .help = "biases of a layer share 2^bits values; 0: not shared" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = AT(seed), .help = "for init random" },
    { .name = NULL },
};

dc_quantize_settings dc_quantize_defaults(void)
{
    return (dc_quantize_settings){
        .bits = { DC_COUNT_OF(default_bits), default_bits },
        .init = DC_CENTROIDS_LINEAR,
        .max_iterations = 100,
        .codebook = DC_NUMBER_F16,
        .biases = DC_NUMBER_F16,
        .seed = 1,
    };
}

/* ---- one parameter -------------------------------------------------------------------------- */

typedef struct sharing {
    uint32_t n_values; /* distinct ones at most, zero included */
    dc_centroid_init init;
    dc_number number;
    uint32_t max_iterations;
    uint64_t seed;
} sharing;

/* Whether zero is one of the values, and stays exactly zero: in a pruned parameter, and where as
 * many are zero as share a value on the mean. */
static bool keeps_zero(const dc_param *param, uint32_t n_values)
{
    const uint64_t n_zero = param->n_values - dc_param_n_nonzero(param);
    return param->is_pruned || (n_zero > 0 && n_zero >= param->n_values / n_values);
}

/* Rounding may make neighbours equal; and zero may be taken. */
static uint32_t round_centroids(float *centroids, uint32_t n, dc_number number, bool has_zero)
{
    uint32_t n_out = 0;
    for (uint32_t i = 0; i < n; i++) {
        float value = dc_round_number(centroids[i], number);
        if (has_zero && value == 0.0f)
            value = number == DC_NUMBER_F16 ? 0x1p-24f : 0x1p-149f;
        if (n_out == 0 || value > centroids[n_out - 1])
            centroids[n_out++] = value;
    }
    return n_out;
}

/* `*is_kept`: there were few enough values already. Adds what changed to `*wcss`. */
static dc_status share_param(bool *is_kept, double *wcss, dc_param *param, const sharing *how)
{
    float centroids[DC_MAX_CENTROIDS];
    const bool has_zero = keeps_zero(param, how->n_values);
    const uint32_t k = how->n_values - (has_zero ? 1 : 0);
    dc_sorted sorted = { 0 };
    DC_TRY(dc_sorted_init(&sorted, param->values, param->n_values, has_zero));
    dc_kmeans_stats stats = { 0 };
    dc_status status = DC_OK;
    *is_kept = dc_sorted_distinct(NULL, &sorted, k) <= k;
    if (!*is_kept)
        status = dc_kmeans_sorted(centroids, k, &sorted, how->init, how->max_iterations, how->seed,
                                  &stats);
    dc_sorted_clear(&sorted);
    DC_TRY(status);
    if (!*is_kept) {
        const uint32_t n =
            round_centroids(centroids, stats.n_centroids, how->number, has_zero);
        *wcss += dc_assign(param->values, param->n_values, centroids, n, has_zero);
    }
    param->is_shared = true;
    return DC_OK;
}

/* ---- a model -------------------------------------------------------------------------------- */

static dc_status check_param(const dc_param *param)
{
    if (!param->values)
        return dc_fail(DC_EINPUT, "weights of '%s' are packed", param->name);
    for (uint64_t i = 0; i < param->n_values; i++)
        if (!isfinite(param->values[i]))
            return dc_fail(DC_EINPUT, "%s at %" PRIu64 " of '%s'",
                           isnan(param->values[i]) ? "NaN" : "infinity", i, param->name);
    return DC_OK;
}

static dc_status check_patterns(const dc_model *model, const dc_rules *rules)
{
    dc_arena arena = { 0 };
    const char **names = NULL;
    const uint32_t n = dc_model_layers(&names, model, &arena);
    dc_status status = arena.status;
    if (status == DC_OK)
        status = dc_rules_check(rules, names, n);
    dc_arena_clear(&arena);
    return status;
}

static dc_status check_model(const dc_model *model, const dc_quantize_settings *settings)
{
    DC_TRY(check_patterns(model, &settings->bits));
    if (settings->init > DC_CENTROIDS_NEAR_OPTIMAL || settings->codebook > DC_NUMBER_F16 ||
        settings->biases > DC_NUMBER_F16 || settings->bias_bits > MAX_BITS)
        return dc_fail(DC_EINPUT, "a setting of quantize is out of range");
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_node *node = &model->nodes[model->params[i].node];
        double bits = 1;
        if (!dc_quantize_speaks_of(&bits, model, node, settings))
            continue;
        if (!(bits >= 1 && bits <= MAX_BITS && floor(bits) >= bits))
            return dc_fail(DC_EINPUT, "%g bits for '%s' are not a whole number in 1..%d", bits,
                           node->name, MAX_BITS);
        DC_TRY(check_param(&model->params[i]));
    }
    return DC_OK;
}

static dc_status share_weights(dc_param *param, double bits, const dc_quantize_settings *settings,
                               dc_quantize_stats *stats)
{
    const sharing how = { 1u << (unsigned)bits, (dc_centroid_init)settings->init,
                          (dc_number)settings->codebook, settings->max_iterations, settings->seed };
    bool is_kept = false;
    DC_TRY(share_param(&is_kept, &stats->wcss, param, &how));
    stats->n_layers++;
    stats->n_kept += is_kept;
    return DC_OK;
}

static dc_status share_biases(dc_param *param, const dc_quantize_settings *settings)
{
    const sharing how = { 1u << settings->bias_bits, DC_CENTROIDS_OPTIMAL,
                          (dc_number)settings->biases, settings->max_iterations, settings->seed };
    bool is_kept = false;
    double wcss = 0;
    return share_param(&is_kept, &wcss, param, &how);
}

dc_status dc_quantize(dc_model *model, const dc_quantize_settings *settings,
                      dc_quantize_stats *stats)
{
    dc_quantize_stats own = { 0 };
    const uint64_t n_all = dc_model_n_values(model);
    uint64_t n_done = 0; /* for progress, with those that are left alone */
    DC_TRY(check_model(model, settings));
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        const dc_node *node = &model->nodes[param->node];
        double bits = 0;
        dc_progress("share weights", n_done, n_all, node->name);
        n_done += param->n_values;
        if (!dc_quantize_speaks_of(&bits, model, node, settings))
            continue;
        if (param->role == DC_ROLE_WEIGHT) {
            DC_TRY(dc_fail_within(share_weights(param, bits, settings, &own), node->name));
            continue;
        }
        for (uint64_t at = 0; at < param->n_values; at++)
            param->values[at] = dc_round_number(param->values[at], (dc_number)settings->biases);
        if (settings->bias_bits > 0 && param->role == DC_ROLE_BIAS)
            DC_TRY(dc_fail_within(share_biases(param, settings), node->name));
    }
    dc_progress("share weights", n_all, n_all, "");
    if (stats)
        *stats = own;
    return DC_OK;
}
