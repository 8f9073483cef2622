/* SPDX-License-Identifier: MIT
 *
 * The rows of the table in coders.c, one a file.
 */
#ifndef DCOMP_ENTROPY_CODER_ROWS_H
#define DCOMP_ENTROPY_CODER_ROWS_H

#include "dcomp/entropy.h"

extern const dc_coder dc_coder_raw;
extern const dc_coder dc_coder_huffman;

#endif
