/* SPDX-License-Identifier: MIT
 *
 * Filling the ledger, the same way when writing and when reading.
 */
#ifndef DCOMP_FORMAT_LEDGER_H
#define DCOMP_FORMAT_LEDGER_H

#include "param_row.h"

/* Room for all parameters, named and shaped as in the model. */
dc_status dc_ledger_init(dc_ledger *ledger, const dc_model *model, dc_arena *arena);
/* Parameter `index`: adds its bytes to the sums. */
void dc_ledger_add(dc_ledger *ledger, uint32_t index, const dc_row *row, uint64_t n_nonzero,
                   const dc_stream_info *codes, const dc_stream_info *gaps);

#endif
