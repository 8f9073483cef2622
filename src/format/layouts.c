/* SPDX-License-Identifier: MIT
 *
 * The table of layouts, in the order of docs/format.md, section 8: of equals the first is taken. A
 * new one is a file and a line here.
 */
#include "layouts.h"

#define LAYOUTS(X) \
    X(dense)       \
    X(shared)      \
    X(packed)      \
    X(sparse)      \
    X(lite)        \
    X(mix)

#define DECLARE(name) extern const dc_layout dc_layout_##name;
#define ROW(name) &dc_layout_##name,

LAYOUTS(DECLARE)
const dc_layout *const dc_layouts[] = { LAYOUTS(ROW) NULL };

const dc_layout *dc_layout_find(const dc_layout *const *layouts, dc_row_encoding encoding,
                                unsigned layer_coder)
{
    for (; *layouts != NULL; layouts++)
        if ((*layouts)->encoding == encoding && (*layouts)->layer_coder == layer_coder)
            return *layouts;
    return NULL;
}
