/* SPDX-License-Identifier: MIT
 *
 * What the instructions that spread bytes over the bits of a mask make faster.
 */
#include "sparse_vbmi2.h"
#define HAS_EXPAND
#include "columns_body.h"

void dc_sparse_columns_vbmi2(const dc_sparse_by_columns *product)
{
    sparse_columns(product);
}
