/* SPDX-License-Identifier: MIT
 *
 * What training stages hang on a step. A row makes its hook when the settings ask for it; hooks run
 * in the order of the rows.
 */
#include "run_internal.h"

/* Before all that read gradients. */
static bool make_exchange(dc_train_hook *out, const fit_settings *settings, dc_arena *arena)
{
    (void)arena;
    if (settings->exchange == NULL)
        return false;
    *out = dc_exchange_hook(settings->exchange);
    return true;
}

static bool make_sharing(dc_train_hook *out, const fit_settings *settings, dc_arena *arena)
{
    (void)settings;
    (void)arena;
    *out = dc_centroid_hook;
    return true;
}

static fit_hook_maker *const makers[] = { make_exchange, make_sharing, hook_l1_make,
                                          hook_ema_make };

dc_status fit_hooks(dc_train_hooks *out, const fit_settings *settings, dc_arena *arena)
{
    dc_train_hook *list = dc_arena_take(arena, DC_COUNT_OF(makers) + 1, sizeof *list);
    uint32_t n = 0;
    DC_TRY(arena->status);
    for (size_t i = 0; i < DC_COUNT_OF(makers); i++)
        n += makers[i](&list[n], settings, arena);
    if (settings->more != NULL)
        list[n++] = *settings->more;
    *out = (dc_train_hooks){ n, list };
    return arena->status;
}
