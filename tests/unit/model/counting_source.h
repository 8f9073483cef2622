/* SPDX-License-Identifier: MIT
 *
 * A source whose sample i is {i, i + epoch} with label i mod 10, and that can fail at one sample.
 */
#ifndef DCOMP_TESTS_COUNTING_SOURCE_H
#define DCOMP_TESTS_COUNTING_SOURCE_H

#include "dcomp/model.h"

typedef struct counting_source {
    dc_source source; /* first */
    uint64_t fails_at;
} counting_source;

static dc_status count_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    for (uint32_t i = 0; i < n; i++) {
        if (indices[i] == ((const counting_source *)source->state)->fails_at)
            return dc_fail(DC_ECORRUPT, "sample %u is broken", (unsigned)indices[i]);
        x[2 * i] = (float)indices[i];
        x[2 * i + 1] = (float)(indices[i] + epoch);
        if (labels != NULL)
            labels[i] = (int32_t)(indices[i] % 10);
    }
    return DC_OK;
}

static void count_close(dc_source *source)
{
    source->n_samples = 0; /* it lies on the stack of a test */
}

static dc_source *counting_source_init(counting_source *s, uint64_t n_samples, bool is_labelled)
{
    s->fails_at = UINT64_MAX;
    s->source = (dc_source){.n_samples = n_samples,
                            .shape = dc_shape_of(3, 2, 1, 1, 0),
                            .n_classes = is_labelled ? 10 : 0,
                            .is_labelled = is_labelled,
                            .text = "counting",
                            .state = s,
                            .read = count_read,
                            .close = count_close};
    return &s->source;
}

#endif
