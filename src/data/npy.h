/* SPDX-License-Identifier: MIT
 *
 * A NumPy file's header, and where its values lie.
 */
#ifndef DCOMP_DATA_NPY_H
#define DCOMP_DATA_NPY_H

#include "dcomp/base.h"

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

#endif
