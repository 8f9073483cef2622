/* SPDX-License-Identifier: MIT
 *
 * Progress of work that threads share: each adds what it has done, and whoever comes by when it is
 * time reports the sum.
 */
#include "pace.h"

#define REPORT_MS 100u

void pace_add(pace *p, uint64_t n, const char *what)
{
    const uint64_t n_done = atomic_fetch_add(&p->n_done, n) + n;
    const uint64_t now_ms = (uint64_t)(1000 * dc_clock_seconds());
    uint_fast64_t reported_ms = atomic_load(&p->reported_ms);
    if (now_ms - reported_ms < REPORT_MS && n_done < p->n_all)
        return;
    if (atomic_compare_exchange_strong(&p->reported_ms, &reported_ms, now_ms))
        dc_progress("", DC_MIN(n_done, p->n_all), p->n_all, what);
}

void pace_product_report(void *payload, double share)
{
    pace_product *product = payload;
    const uint64_t n_done = (uint64_t)(share * (double)product->n);
    if (n_done <= product->n_reported)
        return;
    pace_add(product->pace, n_done - product->n_reported, product->what);
    product->n_reported = n_done;
}
