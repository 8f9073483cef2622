/* SPDX-License-Identifier: MIT
 *
 * Which answers are right: training, validation, certification, teachers and lists of predictions
 * all ask here, so that they cannot disagree. A network that gives the same outputs for everything
 * is right about nothing.
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

dc_status dc_label_check(int32_t label, uint32_t n_classes)
{
    if (label >= 0 && (uint32_t)label < n_classes)
        return DC_OK;
    return dc_fail(DC_EINPUT, "class %d of the data is not among the model's %u classes",
                   (int)label, (unsigned)n_classes);
}

dc_status dc_judge(dc_verdict *out, const dc_head *head, const float *y, int32_t label)
{
    float pair[2];
    DC_TRY(dc_label_check(label, head->n_classes));
    const uint32_t of = (uint32_t)label;
    *out = (dc_verdict){ .rank = dc_class_rank(dc_head_scores(head, y, pair), head->n_classes, of),
                         .loss = dc_head_loss(head, y, of) };
    return DC_OK;
}

void dc_tally_add(dc_tally *tally, dc_verdict verdict)
{
    tally->n++;
    tally->n_top1 += verdict.rank < 1;
    tally->n_top5 += verdict.rank < 5;
    tally->loss += verdict.loss;
}

dc_score dc_tally_score(const dc_tally *tally)
{
    const double n = (double)tally->n;
    return (dc_score){ .n_samples = tally->n,
                       .n_labels = tally->n,
                       .loss = tally->loss / n,
                       .top1_error = (double)(tally->n - tally->n_top1) / n,
                       .top5_error = (double)(tally->n - tally->n_top5) / n };
}
