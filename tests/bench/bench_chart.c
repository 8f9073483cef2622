/* SPDX-License-Identifier: MIT
 *
 * bench_chart [--log-x] [--log-y] TITLE X-LABEL Y-LABEL OUT.png: a chart of lines from standard
 * input, "series,x,y" a line, the points of a series one after another. For the pictures of docs/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/report.h"

#define MAX_SERIES 9u
#define MAX_POINTS 64u

typedef struct line_of_points {
    char label[64];
    double x[MAX_POINTS], y[MAX_POINTS];
    uint32_t n;
} line_of_points;

static line_of_points lines[MAX_SERIES];

static bool add(uint32_t *n_lines, const char *text)
{
    char label[64];
    double x, y;
    if (sscanf(text, "%63[^,],%lf,%lf", label, &x, &y) != 3)
        return false;
    if (*n_lines == 0 || strcmp(lines[*n_lines - 1].label, label) != 0) {
        if (*n_lines == MAX_SERIES)
            return false;
        memcpy(lines[(*n_lines)++].label, label, sizeof label);
    }
    line_of_points *line = &lines[*n_lines - 1];
    if (line->n == MAX_POINTS)
        return false;
    line->x[line->n] = x;
    line->y[line->n++] = y;
    return true;
}

int main(int argc, char **argv)
{
    char text[256];
    dc_series series[MAX_SERIES];
    uint32_t n_lines = 0;
    bool is_log[2] = { false, false };
    for (; argc > 1 && strncmp(argv[1], "--log-", 6) == 0; argc--, argv++)
        is_log[strcmp(argv[1], "--log-y") == 0] = true;
    if (argc != 5) {
        fprintf(stderr, "usage: bench_chart [--log-x] [--log-y] TITLE X-LABEL Y-LABEL OUT.png "
                        "< CSV\n");
        return 2;
    }
    while (fgets(text, sizeof text, stdin) != NULL) {
        if (!add(&n_lines, text)) {
            fprintf(stderr, "bench_chart: not 'series,x,y', or too many: %s", text);
            return 2;
        }
    }
    for (uint32_t i = 0; i < n_lines; i++)
        series[i] = (dc_series){ lines[i].label, lines[i].n, lines[i].x, lines[i].y, true };
    const dc_chart chart = { .kind = DC_CHART_LINES, .title = argv[1],
                             .x = { argv[2], is_log[0], 0, 0 },
                             .y = { argv[3], is_log[1], 0, 0 },
                             .series = series, .n_series = n_lines };
    if (dc_chart_write(argv[4], &chart, true) < 0) {
        fprintf(stderr, "bench_chart: %s\n", dc_message());
        return 1;
    }
    return 0;
}
