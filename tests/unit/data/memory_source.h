/* SPDX-License-Identifier: MIT
 *
 * A source of samples that the test holds itself.
 */
#ifndef DCOMP_TESTS_MEMORY_SOURCE_H
#define DCOMP_TESTS_MEMORY_SOURCE_H

#include "dcomp/source.h"

static dc_status memory_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(x + i * n_values, (const float *)source->state + indices[i] * n_values,
               n_values * sizeof *x);
        if (labels != NULL)
            labels[i] = (int32_t)(indices[i] % 10);
    }
    return DC_OK;
}

static void memory_close(dc_source *source)
{
    (void)source;
}

/* Samples of `shape` one after the other in `values`. */
static dc_source memory_source(float *values, uint64_t n_samples, dc_shape shape)
{
    return (dc_source){ .n_samples = n_samples, .shape = shape, .n_classes = 10,
                        .is_labelled = true, .text = "memory", .state = values,
                        .read = memory_read, .close = memory_close };
}

#endif
