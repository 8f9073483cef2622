/* SPDX-License-Identifier: MIT
 *
 * Pictures of the simulator: what each PE did over time, and a sweep as the paper draws it [EIE
 * figures 8 to 13].
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate_out.h"
#include "simulate_rows.h"

void cli_add_activity(dc_document *d, const dc_simulate_result *result, const char *path)
{
    const dc_activity *a = result->activity;
    float *shares = dc_arena_take(d->arena, (uint64_t)a->n_pes * a->n_bins, sizeof *shares);
    if (shares == NULL)
        return;
    uint32_t n_rows, n_used;
    dc_activity_shares(shares, &n_rows, &n_used, a);
    const dc_chart chart = {
        .kind = DC_CHART_MATRIX,
        .title = dc_arena_print(d->arena, "%u PE%s over %llu cycles", a->n_pes,
                                dc_plural(a->n_pes), (unsigned long long)a->n_cycles),
        .note = "share of cycles in which an entry is walked; white: none",
        .x = { .label = dc_arena_print(d->arena, "time [%llu cycle%s]",
                                       (unsigned long long)a->cycles_per_bin,
                                       dc_plural(a->cycles_per_bin)) },
        .y = { .label = n_rows == a->n_pes ? "PE" : "PEs, several a row" },
        .cells = shares,
        .n_rows = n_rows,
        .n_cols = n_used,
    };
    dc_document_chart(d, &chart, path);
}

/* ---- sweeps --------------------------------------------------------------------------------- */

typedef struct sweep_chart {
    const char *parameter; /* a machine's; NULL: any other */
    const char *suffix;    /* of the file's name */
    const char *title, *y_label;
    size_t member; /* of a sim_row: what is drawn, */
    double scale;  /* so many times; 0: how many times less it is than with the first value */
    bool is_log, is_whole; /* is_whole: one line, of the network */
} sweep_chart;

#define AT(member) offsetof(sim_row, member)

static const sweep_chart charts[] = {
    { "pes", "", "Speed-up over the first", "speed-up", AT(cycles), 0, true, false },
    { "pes", "-padding", "Padding against the number of PEs", "fillers among entries [%]",
      AT(padding), 100, false, false },
    { "pes", "-balance", "Load balance against the number of PEs", "load balance",
      AT(load_balance), 1, false, false },
    { "fifo_depth", "", "Load balance against the depth of queues", "load balance",
      AT(load_balance), 1, false, false },
    { "sram_width", "", "Energy of Spmat reads against the line's width", "energy [nJ]",
      AT(spmat_nj), 1, true, false },
    { "sram_width", "-reads", "Spmat reads against the line's width", "reads", AT(line_reads), 1,
      true, false },
    { "precision", "", "Energy against precision", "energy [nJ]", AT(energy_nj), 1, true, false },
    { "precision", "-error", "Error of outputs against precision", "root mean square error [%]",
      AT(output_error), 100, true, false },
    { "precision", "-accuracy", "Accuracy against precision", "top-1 [%]", AT(top1), 1, false,
      true },
    { NULL, "", "Time of an inference", "time [us]", AT(time_us), 1, true, false },
};

static double member_of(const sweep_chart *chart, const dc_simulate_result *result, uint32_t layer,
                        dc_arena *arena)
{
    double value;
    const sim_row row = sim_row_of(result, &result->layers[layer], arena);
    memcpy(&value, (const char *)&row + chart->member, sizeof value);
    return value;
}

static double measure(const sweep_chart *chart, const dc_simulate_result *results, uint32_t value,
                      uint32_t layer, dc_arena *arena)
{
    const double here = member_of(chart, &results[value], layer, arena);
    return chart->scale > 0 ? chart->scale * here
                            : member_of(chart, &results[0], layer, arena) / here;
}

/* Charts of this sweep: those of its parameter, or the last of the table. */
static bool is_chart_of(const sweep_chart *chart, const dc_sweep *sweep)
{
    bool is_known = false;
    for (size_t i = 0; i + 1 < DC_COUNT_OF(charts); i++)
        is_known |= strcmp(charts[i].parameter, sweep->field->name) == 0;
    return chart->parameter == NULL ? !is_known
                                    : strcmp(chart->parameter, sweep->field->name) == 0;
}

/* "charts/pes.png" -> "charts/pes-padding.png". */
static const char *with_suffix(const char *path, const char *suffix, dc_arena *arena)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    const size_t n = dot != NULL && (slash == NULL || dot > slash) ? (size_t)(dot - path)
                                                                    : strlen(path);
    return dc_arena_print(arena, "%.*s%s%s", (int)n, path, suffix, path + n);
}

/* "sram width [bits]", "processing elements". */
static const char *axis_label(const dc_field *field, dc_arena *arena)
{
    if (field->unit == NULL)
        return field->help;
    char *name = dc_arena_take(arena, strlen(field->name) + 1, 1);
    for (size_t i = 0; name != NULL && field->name[i] != '\0'; i++)
        name[i] = (char)(field->name[i] == '_' ? ' ' : field->name[i]);
    return dc_arena_print(arena, "%s [%s]", name != NULL ? name : "", field->unit);
}

/* Nothing is drawn where there is nothing to see, as the accuracy of random inputs. */
static void add_chart(dc_document *d, const sweep_chart *row, const dc_sweep *sweep,
                      const dc_simulate_result *results, const char *path)
{
    const uint32_t n_lines = row->is_whole ? 1 : results[0].n_layers, n = sweep->n_values;
    double *x = dc_arena_take(d->arena, n, sizeof *x);
    double *y = dc_arena_take(d->arena, (uint64_t)n * n_lines, sizeof *y);
    dc_series *lines = dc_arena_take(d->arena, n_lines, sizeof *lines);
    const dc_chart chart = {
        .kind = DC_CHART_LINES,
        .title = row->title,
        .x = { .label = axis_label(sweep->field, d->arena), .is_log = true },
        .y = { .label = row->y_label, .is_log = row->is_log },
        .series = lines,
        .n_series = n_lines,
    };
    bool has_data = false;
    uint32_t *order = dc_arena_take(d->arena, n, sizeof *order); /* of rising x */
    if (d->arena->status < 0)
        return;
    for (uint32_t v = 0; v < n; v++) {
        uint32_t at = v;
        for (; at > 0 && sweep->numbers[order[at - 1]] > sweep->numbers[v]; at--)
            order[at] = order[at - 1];
        order[at] = v;
    }
    for (uint32_t v = 0; v < n; v++)
        x[v] = sweep->numbers[order[v]];
    for (uint32_t i = 0; i < n_lines; i++) {
        for (uint32_t v = 0; v < n; v++) {
            y[(size_t)i * n + v] = measure(row, results, order[v], i, d->arena);
            has_data |= !isnan(y[(size_t)i * n + v]);
        }
        lines[i] = (dc_series){ row->is_whole ? NULL : results[0].layers[i].name, n, x,
                                y + (size_t)i * n, true };
    }
    if (has_data)
        dc_document_chart(d, &chart, with_suffix(path, row->suffix, d->arena));
}

dc_status cli_check_sweep_charts(cli_call *call, const dc_sweep *sweep, const char *path)
{
    for (size_t i = 0; i < DC_COUNT_OF(charts); i++)
        if (is_chart_of(&charts[i], sweep))
            DC_TRY(cli_check_further_output(call,
                                            with_suffix(path, charts[i].suffix, &call->arena)));
    return call->arena.status;
}

void cli_add_sweep_charts(dc_document *d, const dc_sweep *sweep, const dc_simulate_result *results,
                          const char *path)
{
    for (size_t i = 0; i < DC_COUNT_OF(charts); i++)
        if (is_chart_of(&charts[i], sweep))
            add_chart(d, &charts[i], sweep, results, path);
}
