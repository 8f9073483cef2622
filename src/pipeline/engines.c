/* SPDX-License-Identifier: MIT
 *
 * The table of engines, the default first. A new engine is a file with its row and a name here.
 */
#include <string.h>

#include "dcomp/engine.h"

#define OTHERS(X) X(packed) X(auto) X(bf16) X(fixed16) X(ref) X(onednn)

#define DECLARE(name) extern const dc_engine dc_engine_##name;
#define ROW(name) , &dc_engine_##name
#define WORD(name) "|" #name

DECLARE(float)
OTHERS(DECLARE)
static const dc_engine *const engines[] = { &dc_engine_float OTHERS(ROW) };
const char dc_engine_words[] = "float" OTHERS(WORD);

#define LAYER(key, member, type, heading, factor, digits)                                         \
    { .name = key, .kind = type, .offset = offsetof(dc_engine_layer, member), .title = heading,   \
      .scale = factor, .n_decimals = digits }

const dc_field dc_engine_layer_fields[] = {
    LAYER("name", name, DC_FIELD_TEXT, "layer", 0, 0),
    LAYER("op", op, DC_FIELD_TEXT, "op", 0, 0),
    LAYER("shape", shape, DC_FIELD_TEXT, ">weights", 0, 0),
    LAYER("density", density, DC_FIELD_NUMBER, "density %", 100, 1),
    LAYER("expected_float_seconds", expected[0], DC_FIELD_NUMBER, "dense [ms]", 1e3, 3),
    LAYER("expected_packed_seconds", expected[1], DC_FIELD_NUMBER, "sparse [ms]", 1e3, 3),
    LAYER("chosen", chosen, DC_FIELD_TEXT, "taken", 0, 0),
    LAYER("reason", reason, DC_FIELD_TEXT, "why", 0, 0),
    { 0 },
};

#define CHOICES(key, member)                                                                      \
    { .name = key, .kind = DC_FIELD_U32, .offset = offsetof(dc_engine_choices, member) }

const dc_field dc_engine_choices_fields[] = {
    CHOICES("batch", batch_size),
    CHOICES("together", n_together),
    CHOICES("jobs", n_jobs),
    { 0 },
};

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
