/* SPDX-License-Identifier: MIT
 *
 * Pictures of a model: where each layer's weights are, how they are distributed (with those of the
 * model it came from, and the centroids), and what the bytes of the file went to. A matrix is the
 * model's own weights and a histogram its counts, so that the document stays small.
 */
#include "inspect_plots.h"

#include <math.h>

#define N_BINS 201 /* odd: one bin is centred on zero */

typedef struct plots {
    dc_document *d;
    const dc_model *model, *before;
    const char *folder;
    dc_param_pairs pairs; /* model's and before's */
} plots;

/* A file name in the folder. */
static const char *path_of(const plots *p, const char *layer, const char *what)
{
    return dc_arena_print(p->d->arena, "%s/%s-%s.png", p->folder,
                          dc_file_name(layer, p->d->arena), what);
}

static void add_pattern(const plots *p, const dc_param *param, const char *layer)
{
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    const double density = 100 * (double)dc_param_n_nonzero(param) / (double)param->n_values;
    const bool is_conv = param->shape.n_dims == 4;
    const dc_chart chart = {
        .kind = DC_CHART_MATRIX,
        .title = dc_arena_print(p->d->arena, "%s: %u x %u weights, %.2f %% non-zero", layer,
                                n_rows, n_cols, density),
        .note = "positive blue, negative red",
        .x = { .label = is_conv ? "input channel x kernel position" : "input" },
        .y = { .label = is_conv ? "output channel" : "output neuron" },
        .cells = param->values,
        .n_rows = n_rows,
        .n_cols = n_cols,
    };
    dc_document_chart(p->d, &chart, path_of(p, layer, "pattern"));
}

static double largest(const dc_param *param)
{
    double top = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        top = DC_MAX(top, fabs((double)param->values[i]));
    return top;
}

/* Non-zero weights by value; zeros of a pruned layer would hide all else. */
static void count_bins(double *counts, const dc_param *param, double top)
{
    for (uint64_t i = 0; i < param->n_values; i++) {
        const double value = (double)param->values[i];
        if (value == 0.0)
            continue;
        const double at = (value + top) / (2 * top) * N_BINS;
        counts[DC_MIN((uint32_t)at, N_BINS - 1u)] += 1;
    }
}

static dc_series find_centroids(const dc_param *param, dc_arena *arena)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    if (!param->is_shared ||
        !dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, false))
        return (dc_series){ 0 };
    double *values = dc_arena_take(arena, n, sizeof *values);
    for (uint32_t i = 0; values != NULL && i < n; i++)
        values[i] = (double)codebook[i];
    return (dc_series){ .label = "centroids", .n_points = n, .x = values };
}

/* The same parameter of the model it came from, or NULL. */
static const dc_param *find_before(const plots *p, const dc_param *param)
{
    const uint32_t partner =
        p->before != NULL ? p->pairs.partners[param - p->model->params] : DC_NONE;
    return partner != DC_NONE ? &p->before->params[partner] : NULL;
}

static void add_weights(const plots *p, const dc_param *param, const char *layer)
{
    dc_arena *arena = p->d->arena;
    const dc_param *old = find_before(p, param);
    double *counts = dc_arena_take(arena, 2 * N_BINS, sizeof *counts);
    dc_series *series = dc_arena_take(arena, 2, sizeof *series);
    if (arena->status < 0)
        return;
    double top = largest(param);
    if (old != NULL)
        top = DC_MAX(top, largest(old));
    top = top > 0 ? top * 1.02 : 1;
    if (old != NULL)
        count_bins(counts, old, top);
    count_bins(counts + N_BINS, param, top);
    series[0] = (dc_series){ .label = "before", .n_points = N_BINS, .y = counts };
    series[1] = (dc_series){ .label = "now", .n_points = N_BINS, .y = counts + N_BINS };
    const uint32_t first = old == NULL;
    const dc_chart chart = {
        .kind = DC_CHART_HISTOGRAM,
        .title = dc_arena_print(arena, "%s: non-zero weights", layer),
        .x = { .label = "weight value", .min = -top, .max = top },
        .y = { .label = "weights in a bin (log)", .is_log = true },
        .series = series + first,
        .n_series = 2 - first,
        .markers = find_centroids(param, arena),
    };
    dc_document_chart(p->d, &chart, path_of(p, layer, "weights"));
}

enum { PART_CODES, PART_GAPS, PART_TABLES, PART_CODEBOOK, PART_VALUES, PART_REST, N_PARTS };

static void split_bytes(double parts[N_PARTS], const dc_param_info *info)
{
    const uint64_t tables = info->codes.table_bytes + info->gaps.table_bytes;
    parts[PART_CODES] = (double)(info->codes.total_bytes - info->codes.table_bytes);
    parts[PART_GAPS] = (double)(info->gaps.total_bytes - info->gaps.table_bytes);
    parts[PART_TABLES] = (double)tables;
    parts[PART_CODEBOOK] = (double)info->codebook_bytes;
    parts[PART_VALUES] = (double)info->value_bytes;
    parts[PART_REST] = (double)info->header_bytes;
}

/* A bar for each parameter, and one for what is not a parameter. */
static void add_bytes(const plots *p, const dc_ledger *ledger)
{
    static const char *const labels[N_PARTS] = { "codes",    "gaps",   "code tables",
                                                 "codebook", "values", "graph, names, rows" };
    dc_arena *arena = p->d->arena;
    const uint32_t n = ledger->n_params + 1;
    const char **names = dc_arena_take(arena, n, sizeof *names);
    double *bytes = dc_arena_take(arena, (uint64_t)n * N_PARTS, sizeof *bytes); /* (N_PARTS, n) */
    dc_series *series = dc_arena_take(arena, N_PARTS, sizeof *series);
    if (arena->status < 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        const bool is_param = i < ledger->n_params;
        double parts[N_PARTS] = { 0 };
        names[i] = is_param ? ledger->params[i].name : "(file)";
        if (is_param)
            split_bytes(parts, &ledger->params[i]);
        else
            parts[PART_REST] = (double)(ledger->header_bytes + ledger->graph_bytes +
                                        ledger->names_bytes + ledger->history_bytes);
        for (uint32_t k = 0; k < N_PARTS; k++)
            bytes[(size_t)k * n + i] = parts[k];
    }
    for (uint32_t k = 0; k < N_PARTS; k++)
        series[k] = (dc_series){ .label = labels[k], .n_points = n, .y = bytes + (size_t)k * n };
    const dc_chart chart = {
        .kind = DC_CHART_STACKED,
        .title = dc_arena_print(arena, "%llu bytes, %.1fx smaller than dense float32",
                                (unsigned long long)ledger->file_bytes,
                                (double)ledger->reference_bytes / (double)ledger->file_bytes),
        .x = { .label = "bytes" },
        .series = series,
        .n_series = N_PARTS,
        .names = names,
        .n_names = n,
    };
    dc_document_chart(p->d, &chart, dc_arena_print(arena, "%s/bytes.png", p->folder));
}

/* Refuses a model of another network; says what is not of this one. */
static dc_status pair_before(plots *p)
{
    uint32_t n_weights = 0, n_paired = 0;
    if (p->before == NULL)
        return DC_OK;
    DC_TRY(dc_params_pair(&p->pairs, p->model, p->before, p->d->arena));
    for (uint32_t i = 0; i < p->model->n_params; i++) {
        const dc_param *param = &p->model->params[i], *old = find_before(p, param);
        if (old != NULL && !p->pairs.is_one_network && !dc_shape_equal(&old->shape, &param->shape))
            p->pairs.partners[i] = DC_NONE; /* another layer of the same name */
        n_weights += dc_role_is_weight(param->role);
        n_paired += dc_role_is_weight(param->role) && p->pairs.partners[i] != DC_NONE;
    }
    if (n_paired == 0)
        return dc_fail(DC_EINPUT, "'before' is of another network: none of its layers is there");
    if (n_paired < n_weights)
        dc_warn("'before' has %u of the %u layers: the others are drawn as they are now", n_paired,
                n_weights);
    return DC_OK;
}

dc_status cli_add_plots(dc_document *d, const dc_model *model, const dc_model *before,
                        const dc_ledger *ledger, const char *folder)
{
    plots p = { .d = d, .model = model, .before = before, .folder = folder };
    DC_TRY(pair_before(&p));
    DC_TRY(dc_folder_make(folder));
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const char *layer = model->nodes[param->node].name;
        if (!dc_role_is_weight(param->role))
            continue;
        add_pattern(&p, param, layer);
        add_weights(&p, param, layer);
    }
    add_bytes(&p, ledger);
    return d->arena->status;
}
