/* SPDX-License-Identifier: MIT
 *
 * Chunks GRPH, nAME, eNDS and hIST (docs/format.md, sections 4, 6, 7).
 */
#ifndef DCOMP_FORMAT_GRAPH_IO_H
#define DCOMP_FORMAT_GRAPH_IO_H

#include "dcomp/model.h"

#define DC_DEFAULT_MODEL_NAME "model"

/* model->n_reference_values, or the values it has if those are more. */
uint64_t dc_reference_values(const dc_model *model);

void dc_graph_put(dc_writer *w, const dc_model *model);
/* The model without values: parameters have shapes only. `names` is a reader over nAME, or NULL
 * for default names; it is left at the class names. Owns. */
dc_status dc_graph_get(dc_model **out, dc_reader *r, dc_reader *names);

/* False, and nothing put, when the chunk would say nothing. */
bool dc_names_put(dc_writer *w, const dc_model *model);
/* The part of nAME after the node names. */
dc_status dc_class_names_get(dc_model *model, dc_reader *names);

bool dc_ends_put(dc_writer *w, const dc_model *model);
dc_status dc_ends_get(dc_model *model, dc_reader *r);

bool dc_history_put(dc_writer *w, const dc_model *model);
dc_status dc_history_get(dc_model *model, dc_reader *r);

/* Counts nodes of each op, for default names. */
typedef struct dc_default_names {
    uint32_t counts[DC_N_OPS];
} dc_default_names;
#define DC_DEFAULT_NAME_SIZE 40
/* The default name of the next node of this op. */
void dc_default_name(char name[DC_DEFAULT_NAME_SIZE], dc_default_names *names, dc_op op);

/* Nothing of the chunk may be left over. */
dc_status dc_reader_end(dc_reader *r, const char *chunk);
/* The same failure as the file's fault: what is a bad request of a caller is a lie of a file. */
dc_status dc_fail_as_corrupt(dc_status code, const dc_reader *r);

#endif
