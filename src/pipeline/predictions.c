/* SPDX-License-Identifier: MIT
 *
 * predictions.csv: a header, then a line a sample: its file (its number, when it has no file of its
 * own), its class ("" when unlabelled), and the five best classes, each with its probability, in
 * the order of dc_classes_best: counting the lines whose first class is their label gives the
 * accuracy. Where an output is not finite there are no best classes, and those cells are empty.
 */
#include "run_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_BEST 5u

static void put_text(predictions *p, const char *text)
{
    dc_output_write(p->output, text, strlen(text));
}

/* In quotes where the text has something that would end the cell [RFC 4180]. */
static void put_cell(predictions *p, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        put_text(p, text);
        return;
    }
    put_text(p, "\"");
    for (const char *c = text; *c != '\0'; c++)
        dc_output_write(p->output, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    put_text(p, "\"");
}

dc_status predictions_open(predictions *out, const char *path, bool may_replace,
                           const dc_model *model, const dc_source *source)
{
    char text[48];
    *out = (predictions){ .source = source,
                          .head = dc_model_head(model) };
    out->n_best = DC_MIN(out->head.n_classes, N_BEST);
    if (path == NULL)
        return DC_OK;
    DC_TRY(dc_output_open(&out->output, path, may_replace));
    put_text(out, "file,label");
    for (uint32_t i = 1; i <= out->n_best; i++) {
        snprintf(text, sizeof text, ",class%" PRIu32 ",probability%" PRIu32, i, i);
        put_text(out, text);
    }
    put_text(out, "\n");
    return DC_OK;
}

bool predictions_best(uint32_t *classes, double *probabilities, uint32_t n_best,
                      const dc_head *head, const float *y, int32_t label)
{
    float pair[2], top;
    const float *scores = dc_head_scores(head, y, pair);
    if (!dc_classes_best(classes, n_best, scores, head->n_classes, label))
        return false;
    const double sum = dc_softmax_sum(&top, scores, head->n_classes);
    for (uint32_t i = 0; i < n_best; i++) {
        const double score = (double)scores[classes[i]];
        probabilities[i] =
            head->kind != DC_HEAD_SCORES ? score : exp(score - (double)top) / sum;
    }
    return true;
}

static void put_best(predictions *p, int32_t label, const float *y)
{
    uint32_t best[N_BEST] = { 0 };
    double probabilities[N_BEST] = { 0 };
    char text[48];
    const bool is_finite = predictions_best(best, probabilities, p->n_best, &p->head, y, label);
    for (uint32_t i = 0; i < p->n_best; i++) {
        dc_print(text, sizeof text, ",%" PRIu32 ",%.6g", best[i], probabilities[i]);
        put_text(p, is_finite ? text : ",,");
    }
}

void predictions_put(predictions *p, uint64_t index, int32_t label, const float *y)
{
    char text[48];
    if (p->output == NULL)
        return;
    const char *file = dc_data_file(p->source, index);
    snprintf(text, sizeof text, "%" PRIu64, index);
    put_cell(p, file != NULL ? file : text);
    snprintf(text, sizeof text, ",%" PRId32, label);
    put_text(p, label >= 0 ? text : ",");
    put_best(p, label, y);
    put_text(p, "\n");
}

dc_status predictions_commit(predictions *p)
{
    dc_output *output = p->output;
    p->output = NULL;
    return output != NULL ? dc_output_commit(output) : DC_OK;
}

void predictions_discard(predictions *p)
{
    if (p->output != NULL)
        dc_output_discard(p->output);
    p->output = NULL;
}
