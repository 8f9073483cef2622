/* SPDX-License-Identifier: MIT
 *
 * Who is right: validation, certification, teachers and lists of predictions all ask here, so that
 * they cannot disagree. A network that says the same of everything is right about nothing.
 */
#include <string.h>

#include "dcomp/model.h"

uint32_t dc_class_rank(const float *y, uint32_t n_classes, uint32_t label)
{
    uint32_t rank = 0;
    if (dc_find_not_finite(y, n_classes) < n_classes)
        return DC_NONE;
    for (uint32_t c = 0; c < n_classes; c++)
        rank += c != label && !(y[c] < y[label]);
    return rank;
}

bool dc_classes_best(uint32_t *best, uint32_t n_best, const float *y, uint32_t n_classes,
                     int32_t label)
{
    if (dc_find_not_finite(y, n_classes) < n_classes)
        return false;
    for (uint32_t c = 0, n = 0; c < n_classes; c++) {
        uint32_t at = n;
        while (at > 0 && (y[c] > y[best[at - 1]] ||
                          (y[c] >= y[best[at - 1]] && (int32_t)best[at - 1] == label)))
            at--;
        if (at == n_best)
            continue;
        n = DC_MIN(n + 1, n_best);
        memmove(best + at + 1, best + at, (n - at - 1) * sizeof *best);
        best[at] = c;
    }
    return true;
}
