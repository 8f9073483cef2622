/* SPDX-License-Identifier: MIT
 *
 * Inside report: a table as the texts of its cells, for the renderers that people read.
 */
#ifndef DCOMP_REPORT_GRID_H
#define DCOMP_REPORT_GRID_H

#include "dcomp/report.h"

typedef struct dc_column {
    const char *title, *group; /* group: NULL for none */
    bool is_left;
} dc_column;

typedef struct dc_grid {
    uint32_t n_columns, n_rows; /* n_rows with the totals, which are the last ones */
    dc_column *columns;
    const char **cells; /* (n_rows, n_columns), "" where there is nothing */
} dc_grid;

/* From the arena; false when that has failed. */
bool dc_grid_make(dc_grid *out, const dc_section *section, dc_arena *arena);
/* Whether any row has something in the column. */
bool dc_section_has(const dc_section *section, const dc_field *field);

#endif
