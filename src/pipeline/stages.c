/* SPDX-License-Identifier: MIT
 *
 * The table of stages. A new stage is a file and a line here.
 */
#include "dcomp/pipeline.h"

#include <string.h>

#define STAGES(ROW)                                                                      \
    ROW(train) ROW(factor) ROW(prune) ROW(gradual) ROW(admm) ROW(dsd) ROW(retrain)       \
    ROW(rate) ROW(ternary) ROW(quantize) ROW(encode)
#define DECLARE(name) extern const dc_stage dc_stage_##name;
#define ADDRESS(name) &dc_stage_##name,

STAGES(DECLARE)
static const dc_stage *const stages[] = { STAGES(ADDRESS) };

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
