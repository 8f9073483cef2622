/* SPDX-License-Identifier: MIT
 *
 * What the kinds of datasets share: a row of the table, and pixels kept in memory as bytes.
 */
#ifndef DCOMP_DATA_DATASET_H
#define DCOMP_DATA_DATASET_H

#include "dcomp/data.h"

/* What a kind is asked for. */
typedef struct data_request {
    const char *where; /* the SPEC behind the colon; "" when there is none */
    dc_split split;
    const dc_input *input;
    uint64_t limit, seed;
} data_request;

typedef struct data_kind {
    const char *name;
    bool has_split;
    const char *usage; /* "idx:DIR" */
    dc_status (*open)(dc_source **out, const data_request *request);
} data_kind;

extern const data_kind data_kind_idx;

/* A source that owns itself: `state` of state_bytes from an arena that lives as long. The maker
 * fills in n_samples, n_classes, is_labelled and read. */
typedef struct data_source {
    dc_source source; /* first: a dc_source * is a data_source * */
    dc_arena arena;
    dc_input input;
} data_source;

DC_MUST_USE dc_status data_source_new(data_source **out, const data_request *request,
                                      size_t state_bytes);

/* Pixels held in memory, (n, height, width, n_channels) uint8, all of one size. */
typedef struct data_pixels {
    uint32_t width, height, n_channels;
    const uint8_t *pixels;
    const uint8_t *labels; /* NULL when there are none */
} data_pixels;

/* Makes `d`, whose state is a data_pixels, read from it; checks that the pictures fit the input. */
DC_MUST_USE dc_status data_source_over_pixels(data_source *d, uint64_t n_samples);

/* One picture, already of the input's size, to x (C,H,W) = (pixel - mean) * scale in the input's
 * channel order. Grey and RGB are turned into each other as the input asks. */
void data_prepare(float *x, const dc_image *image, const dc_input *input);

#endif
