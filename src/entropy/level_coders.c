/* SPDX-License-Identifier: MIT
 *
 * The coders of levels. A new one is one file and one line here.
 */
#include "dcomp/entropy.h"

/* The fastest first. */
#define CODERS(X) \
    X(lite)       \
    X(mix)

#define DECLARE(name) extern const dc_level_coder dc_level_coder_##name;
#define ROW(name) &dc_level_coder_##name,

CODERS(DECLARE)
static const dc_level_coder *const coders[] = { CODERS(ROW) };

const dc_level_coder *dc_level_coder_at(uint32_t index)
{
    return index < DC_COUNT_OF(coders) ? coders[index] : NULL;
}

const dc_level_coder *dc_level_coder_find(uint8_t id)
{
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++)
        if (coders[i]->id == id)
            return coders[i];
    return NULL;
}
