/* SPDX-License-Identifier: MIT
 *
 * The table of stages. A new stage is a file and a line here.
 */
#include "stage_rows.h"

#include <string.h>

static const dc_stage *const stages[] = {
    &dc_stage_train,   &dc_stage_prune,    &dc_stage_gradual,
    &dc_stage_retrain, &dc_stage_quantize, &dc_stage_encode,
};

const dc_stage *dc_stage_at(uint32_t index)
{
    return index < DC_COUNT_OF(stages) ? stages[index] : NULL;
}

const dc_stage *dc_stage_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(stages); i++)
        if (strcmp(stages[i]->name, name) == 0)
            return stages[i];
    return NULL;
}

const dc_field *dc_stage_fields(const dc_stage *stage, dc_arena *arena)
{
    uint32_t n = 1;
    for (const struct dc_stage_part *part = stage->parts; part->fields != NULL; part++)
        for (const dc_field *field = part->fields; field->name != NULL; field++)
            n++;
    dc_field *all = dc_arena_take(arena, n, sizeof *all);
    if (all == NULL)
        return NULL;
    uint32_t at = 0;
    for (const struct dc_stage_part *part = stage->parts; part->fields != NULL; part++)
        for (const dc_field *field = part->fields; field->name != NULL; field++) {
            all[at] = *field;
            all[at++].offset += part->offset;
        }
    return all;
}
