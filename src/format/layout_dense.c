/* SPDX-License-Identifier: MIT
 *
 * All values as numbers. They are not copied: what writes the file takes them from the parameter.
 */
#include "layouts.h"
#include "stored_numbers.h"

static void offer_dense(dc_choosing *c)
{
    dc_row row = dc_choosing_row(c);
    row.is_half = false;
    dc_choosing_offer(c, &row, NULL);
    row.is_half = c->is_half;
    if (c->settings->level >= DC_LEVEL_PLAIN)
        dc_choosing_offer(c, &row, NULL);
}

static dc_status get_dense(dc_stored_param *stored, float *values, dc_packed *packed)
{
    (void)packed;
    return dc_numbers_get(values, &stored->n_nonzero, stored->body, stored->row.n_entries,
                          stored->row.is_half);
}

const dc_layout dc_layout_dense = { .name = "f32",
                                    .half_name = "f16",
                                    .encoding = ROW_DENSE,
                                    .offer = offer_dense,
                                    .get = get_dense };
