/* SPDX-License-Identifier: MIT
 *
 * A source whose sample i is {i, i + epoch} with label i mod 10, that can fail at one sample and
 * cannot read every so many.
 */
#ifndef DCOMP_TESTS_COUNTING_SOURCE_H
#define DCOMP_TESTS_COUNTING_SOURCE_H

#include "dcomp/source.h"

typedef struct counting_source {
    dc_source source; /* first */
    uint64_t fails_at;
    uint64_t unreadable_step; /* samples 0, step, 2 step, ...; 0: none */
    uint32_t n_told;
} counting_source;

static dc_status count_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    const counting_source *s = source->state;
    for (uint32_t i = 0; i < n; i++) {
        const bool is_lost = s->unreadable_step > 0 && indices[i] % s->unreadable_step == 0;
        if (indices[i] == s->fails_at || (is_lost && labels == NULL))
            return dc_fail(DC_ECORRUPT, "sample %u is broken", (unsigned)indices[i]);
        x[2 * i] = is_lost ? 0 : (float)indices[i];
        x[2 * i + 1] = is_lost ? 0 : (float)(indices[i] + epoch);
        if (labels != NULL)
            labels[i] = is_lost ? DC_UNREADABLE : (int32_t)(indices[i] % 10);
    }
    return DC_OK;
}

static void count_warn_unread(const dc_source *source)
{
    ((counting_source *)source->state)->n_told++;
}

static void count_close(dc_source *source)
{
    source->n_samples = 0; /* it lies on the stack of a test */
}

static dc_source *counting_source_init(counting_source *s, uint64_t n_samples, bool is_labelled)
{
    *s = (counting_source){ .fails_at = UINT64_MAX };
    s->source = (dc_source){.n_samples = n_samples,
                            .shape = dc_shape_of(3, 2, 1, 1, 0),
                            .n_classes = is_labelled ? 10 : 0,
                            .is_labelled = is_labelled,
                            .text = "counting",
                            .state = s,
                            .read = count_read,
                            .warn_unread = count_warn_unread,
                            .close = count_close};
    return &s->source;
}

#endif
