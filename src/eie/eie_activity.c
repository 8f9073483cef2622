/* SPDX-License-Identifier: MIT
 *
 * Which PEs took an entry, cycle by cycle.
 */
#include "machine.h"

static void see(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    dc_activity *a = payload;
    (void)cycle;
    const uint64_t bin = dc_activity_cycle(a);
    for (uint32_t k = 0; k < a->n_pes; k++)
        a->busy[(uint64_t)k * a->n_bins + bin] += (machine->pes[k].now.flags & E_VALID) != 0;
}

dc_eie_watcher dc_eie_activity_watcher(dc_activity *activity)
{
    return (dc_eie_watcher){ activity, see };
}
