/* SPDX-License-Identifier: MIT
 *
 * Pictures of a model: where each layer's weights are, how they are distributed (with those of the
 * model it came from, and the centroids), and what the bytes of the file went to.
 */
#include "inspect_plots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dcomp/report.h"

#define N_BINS 201 /* odd: one bin is centred on zero */

/* What one drawing needs; its arena is cleared after each layer. */
typedef struct drawing {
    const dc_model *model, *before;
    const char *folder;
    bool may_replace;
    dc_param_pairs pairs; /* model's and before's */
    dc_arena arena;
} drawing;

/* A file name in the folder. */
static const char *path_of(drawing *d, const char *layer, const char *what)
{
    return dc_arena_print(&d->arena, "%s/%s-%s.png", d->folder, dc_file_name(layer, &d->arena),
                          what);
}

static dc_status draw_pattern(drawing *d, const dc_param *param, const char *layer)
{
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    const double density = 100 * (double)dc_param_n_nonzero(param) / (double)param->n_values;
    const char *title = dc_arena_print(&d->arena, "%s: %u x %u weights, %.2f %% non-zero", layer,
                                       n_rows, n_cols, density);
    const bool is_conv = param->shape.n_dims == 4;
    const char *path = path_of(d, layer, "pattern");
    DC_TRY(d->arena.status);
    return dc_chart_matrix(path, title, is_conv ? "output channel" : "output neuron",
                           is_conv ? "input channel x kernel position" : "input", param->values,
                           n_rows, n_cols, "positive blue, negative red", d->may_replace);
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

static uint32_t find_centroids(double *markers, const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    if (!param->is_shared ||
        !dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, false))
        return 0;
    for (uint32_t i = 0; i < n; i++)
        markers[i] = (double)codebook[i];
    return n;
}

/* The same parameter of the model it came from, or NULL. */
static const dc_param *find_before(const drawing *d, const dc_param *param)
{
    const uint32_t partner =
        d->before != NULL ? d->pairs.partners[param - d->model->params] : DC_NONE;
    return partner != DC_NONE ? &d->before->params[partner] : NULL;
}

static dc_status draw_weights(drawing *d, const dc_param *param, const char *layer)
{
    const dc_param *old = find_before(d, param);
    double *counts = dc_arena_take(&d->arena, 2 * N_BINS, sizeof *counts);
    double markers[DC_MAX_CODEBOOK];
    DC_TRY(d->arena.status);
    double top = largest(param);
    if (old != NULL)
        top = DC_MAX(top, largest(old));
    top = top > 0 ? top * 1.02 : 1;
    const uint32_t n_markers = find_centroids(markers, param);
    dc_bins bins[2] = { { "before", N_BINS, counts }, { "now", N_BINS, counts + N_BINS } };
    if (old != NULL)
        count_bins(counts, old, top);
    count_bins(counts + N_BINS, param, top);
    const dc_axis x = { "weight value", false, 0, 0 };
    const dc_axis y = { "weights in a bin (log)", true, 0, 0 };
    const char *title = dc_arena_print(&d->arena, "%s: non-zero weights", layer);
    const uint32_t first = old == NULL;
    const char *path = path_of(d, layer, "weights");
    DC_TRY(d->arena.status);
    return dc_chart_histogram(path, title, &x, &y, -top, top, bins + first, 2 - first, markers,
                              n_markers, n_markers > 0 ? "centroids" : NULL, d->may_replace);
}

static dc_status draw_layers(drawing *d)
{
    for (uint32_t i = 0; i < d->model->n_params; i++) {
        const dc_param *param = &d->model->params[i];
        if (param->role != DC_ROLE_WEIGHT)
            continue;
        const char *layer = d->model->nodes[param->node].name;
        DC_TRY(draw_pattern(d, param, layer));
        DC_TRY(draw_weights(d, param, layer));
        dc_arena_clear(&d->arena);
        dc_progress("draw", i + 1, d->model->n_params, layer);
    }
    return DC_OK;
}

enum { PART_CODES, PART_GAPS, PART_TABLES, PART_CODEBOOK, PART_VALUES, PART_REST, N_PARTS };

static void split_bytes(double *parts, const dc_param_info *info)
{
    const uint64_t tables = info->codes.table_bytes + info->gaps.table_bytes;
    parts[PART_CODES] = (double)(info->codes.total_bytes - info->codes.table_bytes);
    parts[PART_GAPS] = (double)(info->gaps.total_bytes - info->gaps.table_bytes);
    parts[PART_TABLES] = (double)tables;
    parts[PART_CODEBOOK] = (double)info->codebook_bytes;
    parts[PART_VALUES] = (double)info->value_bytes;
    parts[PART_REST] = (double)info->header_bytes;
}

/* A row for each parameter, and one for what is not a parameter. */
static dc_status draw_bytes(drawing *d, const dc_ledger *ledger)
{
    static const char *const parts[N_PARTS] = { "codes",    "gaps",   "code tables",
                                                "codebook", "values", "graph, names, rows" };
    const uint32_t n = ledger->n_params + 1;
    const char **rows = dc_arena_take(&d->arena, n, sizeof *rows);
    double *values = dc_arena_take(&d->arena, (uint64_t)n * N_PARTS, sizeof *values);
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < ledger->n_params; i++) {
        rows[i] = ledger->params[i].name;
        split_bytes(values + (size_t)i * N_PARTS, &ledger->params[i]);
    }
    rows[n - 1] = "(file)";
    values[(size_t)(n - 1) * N_PARTS + PART_REST] =
        (double)(ledger->header_bytes + ledger->graph_bytes + ledger->names_bytes +
                 ledger->history_bytes);
    const dc_axis x = { "bytes", false, 0, 0 };
    const char *title =
        dc_arena_print(&d->arena, "%llu bytes, %.1fx smaller than dense float32",
                       (unsigned long long)ledger->file_bytes,
                       (double)ledger->reference_bytes / (double)ledger->file_bytes);
    const char *path = dc_arena_print(&d->arena, "%s/bytes.png", d->folder);
    DC_TRY(d->arena.status);
    return dc_chart_stacked(path, title, &x, rows, n, parts, N_PARTS, values, d->may_replace);
}

/* Refuses a model of another network; says what is not of this one. */
static dc_status pair_before(drawing *d, dc_arena *arena)
{
    uint32_t n_weights = 0, n_paired = 0;
    if (d->before == NULL)
        return DC_OK;
    DC_TRY(dc_params_pair(&d->pairs, d->model, d->before, arena));
    for (uint32_t i = 0; i < d->model->n_params; i++) {
        const dc_param *param = &d->model->params[i], *old = find_before(d, param);
        if (old != NULL && !d->pairs.is_one_network && !dc_shape_equal(&old->shape, &param->shape))
            d->pairs.partners[i] = DC_NONE; /* another layer of the same name */
        n_weights += param->role == DC_ROLE_WEIGHT;
        n_paired += param->role == DC_ROLE_WEIGHT && d->pairs.partners[i] != DC_NONE;
    }
    if (n_paired == 0)
        return dc_fail(DC_EINPUT, "'before' is of another network: none of its layers is there");
    if (n_paired < n_weights)
        dc_warn("'before' has %u of the %u layers: the others are drawn as they are now", n_paired,
                n_weights);
    return DC_OK;
}

dc_status cli_draw_model(const dc_model *model, const dc_model *before, const dc_ledger *ledger,
                         const char *folder, bool may_replace)
{
    drawing d = { .model = model, .before = before, .folder = folder, .may_replace = may_replace };
    dc_arena arena = { 0 };
    dc_status status = pair_before(&d, &arena);
    if (status == DC_OK)
        status = dc_folder_make(folder);
    if (status == DC_OK)
        status = draw_layers(&d);
    if (status == DC_OK)
        status = draw_bytes(&d, ledger);
    dc_arena_clear(&d.arena);
    dc_arena_clear(&arena);
    return status;
}
