/* SPDX-License-Identifier: MIT
 *
 * The values of a parameter that are not 0, one after the other, in an order in which the columns
 * of each row rise, and the rows of each column.
 */
#ifndef DC_SPARSE_WALK_H
#define DC_SPARSE_WALK_H

#include "dcomp/sparse.h"

/* code: of the walk's book, from 1 on; 0 where values are not coded. */
typedef void walk_fn(void *payload, uint32_t row, uint32_t col, uint32_t code, float value);

typedef struct walk {
    const dc_param *param;
    uint32_t n_rows, n_cols;
    bool is_coded;
    uint32_t n_book;              /* with 0, which is book[0] */
    float book[DC_MAX_CODEBOOK];
    uint8_t codes[DC_MAX_CODEBOOK]; /* of a packed parameter's own codes */
} walk;

void walk_begin(walk *w, const dc_param *param);
void walk_entries(const walk *w, walk_fn *visit, void *payload);

#endif
