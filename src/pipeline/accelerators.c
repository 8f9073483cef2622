/* SPDX-License-Identifier: MIT
 *
 * The table of accelerators, the default first. A new one is a room with its row and a name here.
 */
#include <string.h>

#include "dcomp/pipeline.h"

#define OTHERS(X) X(ese)

#define DECLARE(name) extern const dc_accelerator dc_accelerator_##name;
#define ROW(name) , &dc_accelerator_##name
#define WORD(name) "|" #name

DECLARE(eie)
OTHERS(DECLARE)
static const dc_accelerator *const accelerators[] = { &dc_accelerator_eie OTHERS(ROW) };
const char dc_accelerator_words[] = "eie" OTHERS(WORD);

const dc_accelerator *dc_accelerator_at(uint32_t index)
{
    return index < DC_COUNT_OF(accelerators) ? accelerators[index] : NULL;
}

const dc_accelerator *dc_accelerator_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(accelerators); i++)
        if (strcmp(accelerators[i]->name, name) == 0)
            return accelerators[i];
    return NULL;
}
