/* SPDX-License-Identifier: MIT
 *
 * How fast a file can be decoded, by what the coders are known to take.
 */
#ifndef DCOMP_FORMAT_DECODE_PACE_H
#define DCOMP_FORMAT_DECODE_PACE_H

#include "param_write.h"

typedef struct dc_pace {
    double limit_ns;   /* that one core may take for the file; infinity: there is none  */
    uint64_t n_values; /* of all parameters                                             */
} dc_pace;

/* A file that is decoded within a second may take that long, whatever the speed. */
dc_pace dc_pace_of(const dc_model *model, const dc_write_settings *settings);
/* Of the coders of whole layers in the mask, those that a parameter of `n_values`, `n_nonzero` or
 * more of them not 0, may have when all others have usual layouts. */
uint32_t dc_pace_mask(const dc_pace *pace, uint32_t level_coder_mask, uint64_t n_values,
                      uint64_t n_nonzero);
/* Whether the file could be too slow with these, whatever is 0. */
bool dc_pace_is_tight(const dc_pace *pace, uint32_t level_coder_mask);
/* Takes faster choices where least bytes are lost for a second gained, until the file is fast
 * enough. */
void dc_pace_keep(const dc_pace *pace, dc_written_param *params, uint32_t n_params);

#endif
