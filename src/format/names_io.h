/* SPDX-License-Identifier: MIT
 *
 * Chunks nAME, eNDS and hIST (docs/format.md, sections 6 and 7).
 */
#ifndef DCOMP_FORMAT_NAMES_IO_H
#define DCOMP_FORMAT_NAMES_IO_H

#include "dcomp/model.h"

#define DC_DEFAULT_MODEL_NAME "model"

/* False, and nothing put, when the chunk would say nothing. Stripped it has no names but those of
 * classes where they are the symbols that the input is made of: nobody could read it without. */
bool dc_names_put(dc_writer *w, const dc_model *model, bool is_stripped);
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

#endif
