/* SPDX-License-Identifier: MIT
 *
 * A NumPy file's header, and where its values lie.
 */
#ifndef DCOMP_DATA_NPY_H
#define DCOMP_DATA_NPY_H

#include "dcomp/data.h"

#define NPY_MAX_DIMS 4u

typedef enum npy_kind { NPY_F32, NPY_F64, NPY_F16, NPY_U8, NPY_I32, NPY_I64 } npy_kind;

typedef struct npy_array {
    npy_kind kind;
    uint32_t n_dims;
    uint64_t dims[NPY_MAX_DIMS];
    uint64_t n_values;
    bool is_fortran;     /* the first dim runs fastest, else the last      */
    const uint8_t *data; /* little-endian; borrowed from the file          */
} npy_array;

/* The array in the file's bytes. DC_ECORRUPT when malformed or not exactly filled, DC_EUNSUPPORTED
 * for other types and more than four dims. */
DC_MUST_USE dc_status npy_parse(npy_array *out, const uint8_t *data, uint64_t n,
                                const char *subject);
/* Where in the data value `index` of a sample lies, counted in values. The first dim is that of
 * samples, `index` counts row-major through the others. */
uint64_t npy_place(const npy_array *a, uint64_t sample, uint64_t index);
/* All values of a sample, row-major, as floats. */
void npy_get_sample(float *x, const npy_array *a, uint64_t sample);
/* A value of a sample of NPY_F64. */
double npy_double(const npy_array *a, uint64_t sample, uint64_t index);

/* ---- samples (npy_samples.c) ---- */

/* Whether a sample, as the array has it, is the model's input; (H,W) is (1,H,W), and (C) is any
 * shape of so many values. */
bool npy_is_input(const npy_array *a, const dc_shape *shape);
/* A sample of such an array to x: floats and symbols as they are, bytes prepared. */
void npy_get_input(float *x, const npy_array *a, uint64_t sample, const dc_input *input);
/* Whether those values of the sample that are numbers have stayed so: one of 64 bits may be beyond
 * float32, and is then not called infinite. */
bool npy_fits(const npy_array *a, uint64_t sample, const float *x);
/* DC_ECORRUPT for a sample that does not; `what` is what messages call it. */
dc_status npy_fail_range(const npy_array *a, uint64_t sample, const float *x, const char *what);
/* Whether they are pictures: (N,C,H,W) or (N,H,W) of bytes. */
bool npy_is_pictures(const npy_array *a);
/* Of pictures. DC_EUNSUPPORTED for a number of channels that they cannot have, DC_ELIMIT. */
DC_MUST_USE dc_status npy_picture_size(uint32_t *width, uint32_t *height, uint32_t *n_channels,
                                       const npy_array *a, const char *path);
/* A picture's planes to pixels (H,W,C). */
void npy_get_pixels(uint8_t *pixels, const npy_array *a, uint64_t sample, uint32_t n_channels);

#endif
