/* SPDX-License-Identifier: MIT
 *
 * Where every byte of a file went. Of a weight: row, codebook, codes, gaps, code tables, values. Of
 * other parameters everything counts as biases. The parts sum to the file's size, always.
 */
#include "ledger.h"

#include <assert.h>

#include "graph_io.h"

dc_status dc_ledger_init(dc_ledger *ledger, const dc_model *model, dc_arena *arena)
{
    *ledger = (dc_ledger){ .n_params = model->n_params,
                           .reference_bytes = 4 * dc_reference_values(model) };
    ledger->params = dc_arena_take(arena, model->n_params, sizeof *ledger->params);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const dc_node *node = &model->nodes[param->node];
        ledger->params[i] = (dc_param_info){ .name = dc_arena_text(arena, param->name),
                                             .layer = dc_arena_text(arena, node->name),
                                             .role = param->role,
                                             .op = node->op,
                                             .shape = param->shape,
                                             .n_values = param->n_values };
    }
    return arena->status;
}

void dc_ledger_add(dc_ledger *ledger, uint32_t index, const dc_row *row, uint64_t n_nonzero,
                   const dc_stream_info *codes, const dc_stream_info *gaps)
{
    dc_param_info *info = &ledger->params[index];
    dc_row_describe(info, row);
    info->n_nonzero = n_nonzero;
    info->codes = *codes;
    info->gaps = *gaps;
    if (row->layer_coder > 0)
        info->codes = (dc_stream_info){ .n_symbols_coded = info->n_values,
                                        .total_bytes = row->codes_bytes - info->codebook_bytes };
    assert(info->total_bytes == info->header_bytes + info->codebook_bytes + info->value_bytes +
                                    info->codes.total_bytes + gaps->total_bytes);
    if (!dc_role_is_weight(info->role)) {
        ledger->biases_bytes += info->total_bytes;
        return;
    }
    ledger->params_bytes += info->header_bytes;
    ledger->codebooks_bytes += info->codebook_bytes;
    ledger->values_bytes += info->value_bytes;
    ledger->codes_bytes += info->codes.total_bytes - info->codes.table_bytes;
    ledger->gaps_bytes += gaps->total_bytes - gaps->table_bytes;
    ledger->tables_bytes += info->codes.table_bytes + gaps->table_bytes;
}

void dc_ledger_part(const char **name, uint64_t *bytes, const dc_ledger *ledger, uint32_t index)
{
    const struct {
        const char *name;
        uint64_t bytes;
    } parts[DC_LEDGER_PARTS] = {
        { "header", ledger->header_bytes },       { "graph", ledger->graph_bytes },
        { "names", ledger->names_bytes },         { "history", ledger->history_bytes },
        { "codes", ledger->codes_bytes },         { "gaps", ledger->gaps_bytes },
        { "tables", ledger->tables_bytes },       { "codebooks", ledger->codebooks_bytes },
        { "values", ledger->values_bytes },       { "biases", ledger->biases_bytes },
        { "params", ledger->params_bytes },
    };
    assert(index < DC_LEDGER_PARTS);
    *name = parts[index].name;
    *bytes = parts[index].bytes;
}
