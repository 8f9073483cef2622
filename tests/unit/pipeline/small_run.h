/* SPDX-License-Identifier: MIT
 *
 * Models of a few weights, samples in memory, and a folder that goes away.
 */
#ifndef DCOMP_TESTS_SMALL_RUN_H
#define DCOMP_TESTS_SMALL_RUN_H

#include <unistd.h>

#include "dcomp/pipeline.h"

static inline dc_json *json_of(const char *text)
{
    dc_json *json = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    return json;
}

static inline dc_model *model_of(const char *architecture)
{
    dc_json *json = json_of(architecture);
    dc_model *model = NULL;
    assert_ok(dc_model_from_arch(&model, json, "architecture"));
    dc_json_free(json);
    return model;
}

/* Four values in, `n_classes` out: fc1 (8), relu, fc2. */
static inline dc_model *two_layers(uint32_t n_classes)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
             "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":8},"
             "{\"name\":\"relu1\",\"op\":\"relu\"},"
             "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":%u}]}",
             (unsigned)n_classes);
    dc_model *model = model_of(text);
    dc_model_init(model, DC_INIT_XAVIER, 1);
    return model;
}

/* Sample i holds the value i four times over; its class is i % n_classes. */
static inline dc_status counting_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                      uint64_t epoch, float *x, int32_t *labels)
{
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < 4; c++)
            x[4 * i + c] = (float)indices[i];
        if (labels != NULL)
            labels[i] = (int32_t)(indices[i] % source->n_classes);
    }
    return DC_OK;
}

static inline void counting_close(dc_source *source)
{
    (void)source;
}

static inline dc_source counting_samples(uint64_t n, uint32_t n_classes)
{
    return (dc_source){ .n_samples = n, .shape = dc_shape_of(1, 4, 0, 0, 0),
                        .n_classes = n_classes, .is_labelled = true, .text = "counting",
                        .read = counting_read, .close = counting_close };
}

static inline char *new_folder(char *name, size_t size)
{
    snprintf(name, size, "/tmp/dcomp-unit-XXXXXX");
    assert_non_null(mkdtemp(name));
    return name;
}

#endif
