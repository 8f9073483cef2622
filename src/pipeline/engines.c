/* SPDX-License-Identifier: MIT
 *
 * The table of engines, the default first. A new engine is a file with its row and a name here.
 */
#include <string.h>

#include "dcomp/pipeline.h"

#define OTHERS(X) X(packed) X(auto) X(bf16) X(fixed16) X(ref) X(onednn)

#define DECLARE(name) extern const dc_engine dc_engine_##name;
#define ROW(name) , &dc_engine_##name
#define WORD(name) "|" #name

DECLARE(float)
OTHERS(DECLARE)
static const dc_engine *const engines[] = { &dc_engine_float OTHERS(ROW) };
const char dc_engine_words[] = "float" OTHERS(WORD);

const dc_engine *dc_engine_at(uint32_t index)
{
    return index < DC_COUNT_OF(engines) ? engines[index] : NULL;
}

const dc_engine *dc_engine_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(engines); i++)
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    return NULL;
}
