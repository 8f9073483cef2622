/* SPDX-License-Identifier: MIT
 *
 * Chunk GRPH (docs/format.md, section 4).
 */
#ifndef DCOMP_FORMAT_GRAPH_IO_H
#define DCOMP_FORMAT_GRAPH_IO_H

#include "dcomp/model.h"

/* model->n_reference_values, or the values it has if those are more. */
uint64_t dc_reference_values(const dc_model *model);

void dc_graph_put(dc_writer *w, const dc_model *model);
/* The model without values: parameters have shapes only. `names` is a reader over nAME, or NULL
 * for default names; it is left at the class names. Owns. */
dc_status dc_graph_get(dc_model **out, dc_reader *r, dc_reader *names);

#endif
