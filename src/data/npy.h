/* SPDX-License-Identifier: MIT
 *
 * A NumPy file's header, and where its values lie.
 */
#ifndef DCOMP_DATA_NPY_H
#define DCOMP_DATA_NPY_H

#include "dcomp/base.h"

#define NPY_MAX_DIMS 4u

typedef enum npy_kind { NPY_F32, NPY_U8, NPY_I32, NPY_I64 } npy_kind;

typedef struct npy_array {
    npy_kind kind;
    uint32_t n_dims;
    uint64_t dims[NPY_MAX_DIMS];
    uint64_t n_values;
    const uint8_t *data; /* little-endian, C order; borrowed from the file */
} npy_array;

/* The array in the file's bytes. DC_ECORRUPT when malformed or not exactly filled, DC_EUNSUPPORTED
 * for Fortran order, other types and more than four dims. */
DC_MUST_USE dc_status npy_parse(npy_array *out, const uint8_t *data, uint64_t n,
                                const char *subject);

#endif
