/* SPDX-License-Identifier: MIT
 *
 * Walks an action through its faults: operation 1 fails, then 2, ... until nothing fails any more.
 * Under AddressSanitizer what leaks on one of these ways is reported at the end.
 */
#ifndef DCOMP_TESTS_FAULTS_H
#define DCOMP_TESTS_FAULTS_H

#include "test.h"

typedef dc_status fault_action(void *payload);

/* Every way but the last fails with `code` and a message. Returns how many ways failed. `after`
 * (may be NULL) looks at what each failure left behind. */
static inline uint64_t walk_faults(dc_fault kind, dc_status code, fault_action *action,
                                   void (*after)(void *payload), void *payload)
{
    for (uint64_t nth = 1; nth < 100000; nth++) {
        dc_fault_arm(kind, nth);
        const dc_status status = action(payload);
        dc_fault_arm(kind, 0);
        if (status == DC_OK)
            return nth - 1;
        if (status != code)
            fail_msg("fault %u of kind %u: got '%s' (%s), wanted '%s'", (unsigned)nth,
                     (unsigned)kind, dc_status_text(status), dc_message(), dc_status_text(code));
        assert_true(dc_message()[0] != '\0');
        if (after != NULL)
            after(payload);
    }
    fail_msg("%s", "faults without end");
    return 0;
}

#endif
