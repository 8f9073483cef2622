/* SPDX-License-Identifier: MIT
 *
 * The table of renderers, by name. A new one is a file and a line here.
 */
#include "dcomp/report.h"

#define RENDERERS(FIRST, NEXT)                                                                     \
    FIRST(text)                                                                                    \
    NEXT(json)                                                                                     \
    NEXT(csv)                                                                                      \
    NEXT(markdown)

#define DECLARE(name) extern const dc_renderer dc_render_##name;
#define ADDRESS(name) &dc_render_##name,
#define WORD(name) #name
#define NEXT_WORD(name) "|" #name

RENDERERS(DECLARE, DECLARE)
static const dc_renderer *const renderers[] = { RENDERERS(ADDRESS, ADDRESS) };
const char dc_renderer_names[] = RENDERERS(WORD, NEXT_WORD);

const dc_renderer *dc_renderer_at(uint32_t index)
{
    return index < DC_COUNT_OF(renderers) ? renderers[index] : NULL;
}
