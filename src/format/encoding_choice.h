/* SPDX-License-Identifier: MIT
 *
 * Which encoding of a parameter takes the fewest bytes, by exact count.
 */
#ifndef DCOMP_FORMAT_ENCODING_CHOICE_H
#define DCOMP_FORMAT_ENCODING_CHOICE_H

#include "param_row.h"

typedef struct dc_choice {
    dc_row row;           /* complete but for the coders              */
    uint64_t total_bytes; /* row and body                             */
    uint64_t n_nonzero;
    float codebook[DC_MAX_CODEBOOK]; /* in the order of the file; packed: entry 0 is 0       */
    uint8_t ranks[DC_MAX_CODEBOOK];  /* code as dc_pack gives it (rising values) -> file's   */
} dc_choice;

/* The coders that a level allows. */
unsigned dc_coder_mask_of(const dc_write_settings *settings);
/* DC_EINPUT for NaN and infinity. */
dc_status dc_choose(dc_choice *out, const dc_param *param, const dc_write_settings *settings,
                    dc_arena *scratch);

#endif
