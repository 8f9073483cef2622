/* SPDX-License-Identifier: MIT
 *
 * Progress of work that threads share, in entries of matrices.
 */
#ifndef DCOMP_PIPELINE_PACE_H
#define DCOMP_PIPELINE_PACE_H

#include <stdatomic.h>

#include "dcomp/base.h"

typedef struct pace {
    uint64_t n_all;
    atomic_uint_fast64_t n_done;
    atomic_uint_fast64_t reported_ms; /* when that was last reported */
} pace;

/* `n` more are done, on `what`. Reported a few times a second at most. */
void pace_add(pace *p, uint64_t n, const char *what);

/* The same from the shares of one product of `n` entries; for an accelerator's open. */
typedef struct pace_product {
    pace *pace;
    uint64_t n, n_reported;
    const char *what;
} pace_product;
void pace_product_report(void *payload, double share);

#endif
