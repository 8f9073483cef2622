/* SPDX-License-Identifier: MIT
 *
 * Weight sharing of a model [DC 3]: layer by layer, the non-zero values of a pruned layer (or all
 * values of another) are clustered, the centroids rounded to what they are stored as, and each
 * value becomes the nearest of them. A pruned layer has 2^bits - 1 centroids besides zero. So has
 * one with as many zeros as a cluster would have: it was pruned without being marked so. A layer
 * with few enough values is only marked. Everything is checked before anything is changed.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "grid_choice.h"
#include "kmeans.h"

#define DEFAULT_BITS 5
#define MAX_BITS 8
#define DEFAULT_LAMBDA 0.1155 /* DC_GRID_SLOPE */
#define SMALLEST_FLOAT 0x1p-149f /* in place of a centroid that is zero */

static const dc_rule default_bits[] = { { "*", DEFAULT_BITS } };

#define AT(member) offsetof(dc_quantize_settings, member)

const dc_field dc_quantize_fields[] = {
    { .name = "method",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(method),
      .choices = "kmeans|grid|trellis",
      .help = "shared values, or whole multiples of a step (docs/rate.md)" },
    { .name = "bits",
      .kind = DC_FIELD_RULES,
      .offset = AT(bits),
      .unit = "bits",
      .min = 0,
      .max = DC_MAX_GRID_BITS,
      .help = "a layer shares 2^bits values, e.g. 5 or conv*=8,fc*=5; a grid is about as fine" },
    { .name = "lambda",
      .kind = DC_FIELD_NUMBER,
      .offset = AT(lambda),
      .min = 0,
      .max = 100,
      .help = "of grids: error that a bit is worth, in squares of the step; 0: rounds" },
    { .name = "fisher",
      .kind = DC_FIELD_BOOL,
      .offset = AT(by_squares),
      .help = "of grids: bits are the mean, shared out by what the loss notices (--data)" },
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
      .choices = "f32|f16|auto",
      .help = "shared values are stored as; auto: f16 if none moves by over 1 %" },
    { .name = "biases",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(biases),
      .choices = "f32|f16|auto",
      .help = "biases and other small parameters are stored as; auto as above" },
    { .name = "bias_bits",
      .kind = DC_FIELD_U32,
      .offset = AT(bias_bits),
      .unit = "bits",
      .max = MAX_BITS,
      .help = "biases of a layer share 2^bits values; 0: not shared" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = AT(seed), .help = "for init random" },
    { 0 },
};

dc_quantize_settings dc_quantize_defaults(void)
{
    return (dc_quantize_settings){
        .bits = { DC_COUNT_OF(default_bits), default_bits },
        .lambda = DEFAULT_LAMBDA,
        .init = DC_CENTROIDS_NEAR_OPTIMAL,
        .max_iterations = 100,
        .codebook = DC_NUMBER_AUTO,
        .biases = DC_NUMBER_AUTO,
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

/* Rounding may make neighbours equal, which is reason enough for auto not to round; and zero may be
 * taken. */
static uint32_t round_centroids(float *centroids, uint32_t n, const sharing *how, bool has_zero,
                                const char *name)
{
    uint32_t n_out = 0;
    for (uint32_t i = 0; i < n && has_zero; i++)
        if (centroids[i] == 0.0f)
            centroids[i] = SMALLEST_FLOAT;
    dc_number number = dc_number_for(centroids, n, true, how->number, name);
    for (uint32_t i = 1; i < n && how->number == DC_NUMBER_AUTO; i++)
        if (dc_f16_round(centroids[i]) <= dc_f16_round(centroids[i - 1]))
            number = DC_NUMBER_F32;
    for (uint32_t i = 0; i < n; i++) {
        const float value = dc_round_number(centroids[i], number);
        if (n_out == 0 || value > centroids[n_out - 1])
            centroids[n_out++] = value;
    }
    return n_out;
}

/* Of fewer values than the k that were asked for besides zero, although there are enough. */
static void warn_of_few(const dc_param *param, uint32_t k, const sharing *how)
{
    const bool has_zero = k < how->n_values && dc_param_n_nonzero(param) < param->n_values;
    const uint32_t n_made = dc_sharing_made(param);
    if (n_made < k + has_zero)
        dc_warn("%s: %u shared value%s made, %u were asked for%s", param->name, n_made,
                n_made == 1 ? " was" : "s were", how->n_values,
                how->number == DC_NUMBER_F16 ? ": some are equal as float16 ('auto' and 'f32' "
                                               "keep them apart)"
                                             : "");
}

/* As assign; `*wcss` gets what changed. */
static dc_status assign_values(double *wcss, dc_param *param, const float *centroids, uint32_t n,
                               bool has_zero)
{
    float *const before = dc_grow(NULL, param->n_values, sizeof *before);
    if (before == NULL)
        return DC_ENOMEM;
    memcpy(before, param->values, param->n_values * sizeof *before);
    *wcss += dc_assign(param->values, param->n_values, centroids, n, has_zero);
    dc_sharing_warn_of_lost(param, before, n + has_zero);
    dc_release(before);
    return DC_OK;
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
    param->is_shared = true;
    if (*is_kept)
        return DC_OK;
    const uint32_t n = round_centroids(centroids, stats.n_centroids, how, has_zero, param->name);
    DC_TRY(assign_values(wcss, param, centroids, n, has_zero));
    warn_of_few(param, k, how);
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

static dc_status check_bits(double bits, const dc_quantize_settings *settings, const char *name)
{
    if (settings->method != DC_QUANTIZE_KMEANS) {
        if (!(bits >= 0 && bits <= DC_MAX_GRID_BITS))
            return dc_fail(DC_EINPUT, "%g bits for '%s' are not in 0..%d", bits, name,
                           DC_MAX_GRID_BITS);
    } else if (!(bits >= 1 && bits <= MAX_BITS && floor(bits) >= bits)) {
        return dc_fail(DC_EINPUT, "%g bits for '%s' are not a whole number in 1..%d", bits, name,
                       MAX_BITS);
    }
    return DC_OK;
}

dc_status dc_quantize_check(const dc_quantize_settings *settings, const dc_model *model)
{
    DC_TRY(check_patterns(model, &settings->bits));
    if (settings->method > DC_QUANTIZE_TRELLIS || !(settings->lambda >= 0))
        return dc_fail(DC_EINPUT, "a setting of quantize is out of range");
    if (settings->by_squares && settings->method == DC_QUANTIZE_KMEANS)
        return dc_fail(DC_EINPUT, "'fisher' shares out the bits of grids (--method grid or "
                                  "trellis)");
    if (settings->init > DC_CENTROIDS_NEAR_OPTIMAL || settings->codebook > DC_NUMBER_AUTO ||
        settings->biases > DC_NUMBER_AUTO || settings->bias_bits > MAX_BITS)
        return dc_fail(DC_EINPUT, "a setting of quantize is out of range");
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_node *node = &model->nodes[model->params[i].node];
        double bits = 1;
        if (!dc_quantize_covers(&bits, model, node, settings))
            continue;
        DC_TRY(check_bits(bits, settings, node->name));
    }
    return DC_OK;
}

static dc_status check_params(const dc_model *model, const dc_quantize_settings *settings)
{
    double bits;
    for (uint32_t i = 0; i < model->n_params; i++)
        if (dc_quantize_covers(&bits, model, &model->nodes[model->params[i].node], settings))
            DC_TRY(check_param(&model->params[i]));
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

static dc_status share_biases(bool *is_kept, dc_param *param, const dc_quantize_settings *settings)
{
    const sharing how = { 1u << settings->bias_bits, DC_CENTROIDS_OPTIMAL,
                          (dc_number)settings->biases, settings->max_iterations, settings->seed };
    double wcss = 0;
    return share_param(is_kept, &wcss, param, &how);
}

static dc_status store_small(dc_param *param, const dc_quantize_settings *settings)
{
    bool is_kept = true;
    double step;
    if (settings->method != DC_QUANTIZE_KMEANS && settings->biases == DC_NUMBER_AUTO &&
        settings->bias_bits == 0) {
        DC_TRY(dc_spread_step(&step, param));
        return dc_quantize_small(param, step);
    }
    if (settings->bias_bits > 0 && param->role == DC_ROLE_BIAS)
        DC_TRY(share_biases(&is_kept, param, settings));
    return is_kept ? dc_round_param(param, (dc_number)settings->biases) : DC_OK;
}

dc_status dc_quantize(dc_model *model, const dc_quantize_settings *settings,
                      dc_quantize_stats *stats)
{
    dc_quantize_stats own = { 0 };
    const uint64_t n_all = dc_model_n_values(model);
    uint64_t n_done = 0; /* for progress, with those that are left alone */
    DC_TRY(dc_quantize_check(settings, model));
    DC_TRY(check_params(model, settings));
    if (settings->by_squares && settings->squares == NULL)
        return dc_fail(DC_EINPUT, "no squares of gradients to share bits out by");
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        const dc_node *node = &model->nodes[param->node];
        double bits = 0;
        dc_progress("share weights", n_done, n_all, node->name);
        n_done += param->n_values;
        if (!dc_quantize_covers(&bits, model, node, settings))
            continue;
        dc_status status = DC_OK;
        if (!dc_role_is_weight(param->role))
            status = store_small(param, settings);
        else if (settings->method == DC_QUANTIZE_KMEANS)
            status = share_weights(param, bits, settings, &own);
        DC_TRY(dc_fail_within(status, node->name));
    }
    if (settings->method != DC_QUANTIZE_KMEANS)
        DC_TRY(dc_grids_round(&own, model, settings));
    dc_progress("share weights", n_all, n_all, "");
    if (stats)
        *stats = own;
    return DC_OK;
}
