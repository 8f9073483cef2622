/* SPDX-License-Identifier: MIT
 *
 * Which weights of an imported network are pruned, and which are shared. A file that was written by
 * an exporter of ours says it in its metadata; for other files it follows from the values:
 *   - a few zeros are in every trained network, so only many are taken for pruning;
 *   - a small layer has few distinct values because it has few values, which is no sharing;
 *   - a layer whose values that are not zero all have one size (nothing but zeros, +-0.1, the
 *     identity) looks as a layer does before training: taken for pruned or shared it could never
 *     learn, so it stays free.
 * The user may say otherwise.
 */
#include "foreign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_PRUNED_SHARE 4u /* a quarter */
#define MIN_SHARED_COUNT 2u /* values for each distinct one */
#define MAX_TEXT_BYTES (UINT64_C(16) << 20)

/* ---- by the values -------------------------------------------------------------------------- */

static bool is_of_one_size(const dc_param *param)
{
    float size = 0;
    for (uint64_t i = 0; i < param->n_values; i++) {
        const float value = fabsf(param->values[i]);
        if (value > 0 && size > 0 && (value < size || value > size))
            return false;
        size = value > 0 ? value : size;
    }
    return true;
}

static bool looks_pruned(const dc_param *param, uint64_t n_zero)
{
    return dc_role_is_weight(param->role) &&
           n_zero >= (param->n_values + MIN_PRUNED_SHARE - 1) / MIN_PRUNED_SHARE &&
           !is_of_one_size(param);
}

static bool looks_shared(const dc_param *param, uint32_t n_distinct)
{
    return dc_role_is_weight(param->role) &&
           MIN_SHARED_COUNT * (uint64_t)n_distinct <= param->n_values && !is_of_one_size(param);
}

static bool keeps_zeros(const dc_param *param, uint32_t keep, bool has_marks)
{
    const uint64_t n_zero = param->n_values - dc_param_n_nonzero(param);
    if (n_zero == 0 || keep == DC_KEEP_NEVER)
        return false;
    if (keep == DC_KEEP_ALWAYS && dc_role_is_weight(param->role))
        return true;
    return has_marks ? param->is_pruned : looks_pruned(param, n_zero);
}

static bool keeps_shared(const dc_param *param, uint32_t keep, bool has_marks)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n_distinct = 0;
    const bool is_wanted = keep == DC_KEEP_ALWAYS && dc_role_is_weight(param->role);
    if (keep == DC_KEEP_NEVER || (has_marks && !is_wanted && !param->is_shared))
        return false;
    const bool has_few = dc_codebook_find(codebook, &n_distinct, param->values, param->n_values,
                                          DC_MAX_CODEBOOK, param->is_pruned);
    if (has_marks && param->is_shared && !has_few)
        dc_warn("'" INTEROP_MARKS_KEY "' says that '%s' is shared, but it has more than %u values",
                param->name, (unsigned)DC_MAX_CODEBOOK);
    if (!has_few || (param->is_pruned && n_distinct == 1)) /* nothing but zeros */
        return false;
    return is_wanted || has_marks || looks_shared(param, n_distinct);
}

void interop_mark(dc_param *param, const dc_import_settings *settings, bool has_marks)
{
    param->is_pruned = keeps_zeros(param, settings->keep_zeros, has_marks);
    param->is_shared = keeps_shared(param, settings->keep_shared, has_marks);
}

/* ---- in the metadata ------------------------------------------------------------------------ */

static void add_names(dc_json *json, const char *key, const dc_model *model, bool is_of_pruned)
{
    dc_json *names = dc_json_add_array(json, key);
    for (uint32_t i = 0; i < model->n_params; i++)
        if (is_of_pruned ? model->params[i].is_pruned : model->params[i].is_shared)
            dc_json_add_text(names, NULL, model->params[i].name);
}

dc_status interop_marks_json(const char **out, const dc_model *model, dc_arena *arena)
{
    dc_json *json = dc_json_new();
    add_names(json, "pruned", model, true);
    add_names(json, "shared", model, false);
    return interop_json_text(out, json, arena);
}

static int compare(const void *a, const void *b)
{
    return strcmp((*(dc_param *const *)a)->name, (*(dc_param *const *)b)->name);
}

/* All parameters by name. */
static dc_param **sorted_params(dc_model *model, dc_arena *arena)
{
    dc_param **params = dc_arena_take(arena, model->n_params, sizeof *params);
    for (uint32_t i = 0; params != NULL && i < model->n_params; i++)
        params[i] = &model->params[i];
    if (params != NULL)
        qsort(params, model->n_params, sizeof *params, compare);
    return params;
}

/* Marks what is named under `key`; *is_known is false when a name is no parameter's. */
static dc_status take_names(bool *is_known, const dc_json *json, const char *key,
                            const dc_model *model, dc_param **params)
{
    const dc_json *names = dc_json_get(json, key);
    if (dc_json_kind_of(names) != DC_JSON_ARRAY)
        return dc_fail(DC_ECORRUPT, "no list '%s'", key);
    for (const dc_json *name = dc_json_at(names, 0); name != NULL; name = dc_json_next(name)) {
        if (dc_json_kind_of(name) != DC_JSON_TEXT)
            return dc_fail(DC_ECORRUPT, "'%s' has what is no name", key);
        const dc_param wanted = { .name = dc_json_text(name) }, *sought = &wanted;
        dc_param **found = bsearch(&sought, params, model->n_params, sizeof *params, compare);
        if (found == NULL && *is_known)
            dc_warn("'" INTEROP_MARKS_KEY "' is about another network, with '%.80s', and is left "
                    "out", wanted.name);
        *is_known = *is_known && found != NULL;
        if (found != NULL && strcmp(key, "pruned") == 0)
            (*found)->is_pruned = true;
        else if (found != NULL)
            (*found)->is_shared = true;
    }
    return DC_OK;
}

static dc_status take_marks(bool *is_known, const dc_json *json, dc_model *model, dc_arena *arena)
{
    dc_param **params = sorted_params(model, arena);
    DC_TRY(arena->status);
    DC_TRY(take_names(is_known, json, "pruned", model, params));
    return take_names(is_known, json, "shared", model, params);
}

dc_status interop_marks_read(bool *has_marks, dc_model *model, const char *text, uint64_t n)
{
    dc_json *json = NULL;
    dc_arena arena = { 0 };
    bool is_known = true;
    if (n > MAX_TEXT_BYTES)
        return dc_fail(DC_ELIMIT, "'" INTEROP_MARKS_KEY "' of more than %llu bytes",
                       (unsigned long long)MAX_TEXT_BYTES);
    DC_TRY(dc_json_parse(&json, text, n, INTEROP_MARKS_KEY));
    const dc_status status = take_marks(&is_known, json, model, &arena);
    dc_json_free(json);
    dc_arena_clear(&arena);
    *has_marks = is_known;
    return dc_fail_within(status, INTEROP_MARKS_KEY);
}
