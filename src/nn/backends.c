/* SPDX-License-Identifier: MIT
 *
 * The table of backends, best first, and which of them runs: dc_backend_limit, else DCOMP_BACKEND,
 * else the first row. The choice is read when a net is compiled, so it holds for new trainers and
 * predictors.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

static const dc_executor *const executors[] = {
#ifdef DCOMP_HAS_ONEDNN
    &dc_executor_onednn,
#endif
    &dc_executor_ref,
};

static _Atomic(const dc_executor *) limited; /* by dc_backend_limit; NULL: not */
static atomic_flag has_warned = ATOMIC_FLAG_INIT, has_warned_of_name = ATOMIC_FLAG_INIT;

const dc_executor *dc_executor_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(executors); i++)
        if (strcmp(executors[i]->name, name) == 0)
            return executors[i];
    return NULL;
}

/* NULL for "auto". */
static dc_status find(const dc_executor **out, const char *name)
{
    *out = dc_executor_named(name);
    if (*out != NULL || strcmp(name, "auto") == 0)
        return DC_OK;
    if (strcmp(name, "onednn") == 0)
        return dc_fail(DC_EUNSUPPORTED, "built without oneDNN");
    return dc_fail(DC_EINPUT, "unknown backend '%s'; there are ref, onednn, auto", name);
}

dc_status dc_backend_limit(const char *name)
{
    const dc_executor *executor;
    DC_TRY(find(&executor, name));
    atomic_store(&limited, executor);
    return DC_OK;
}

static const dc_executor *chosen(void)
{
    const dc_executor *executor = atomic_load(&limited);
    if (executor)
        return executor;
    const char *name = getenv("DCOMP_BACKEND");
    if (name && name[0] && find(&executor, name) < 0 &&
        !atomic_flag_test_and_set(&has_warned_of_name))
        dc_warn("DCOMP_BACKEND is ignored: %s", dc_message());
    return executor ? executor : executors[0];
}

const dc_executor *dc_executor_pick(void)
{
    if (DC_COUNT_OF(executors) == 1 && !atomic_flag_test_and_set(&has_warned))
        dc_warn("built without oneDNN: networks run on the reference backend, slowly");
    return chosen();
}

const char *dc_backend_text(void)
{
    return chosen()->text();
}

dc_status dc_executor_check(const dc_executor *executor, dc_precision precision)
{
    if (executor->has(precision))
        return DC_OK;
    if (precision == DC_PRECISION_BF16_ROUNDED)
        return dc_fail(DC_EUNSUPPORTED, "there is no bf16 by rounding on %s: it needs oneDNN",
                       executor->text());
    return dc_fail(DC_EUNSUPPORTED, "there is no bf16 on %s and this CPU: it needs oneDNN and the "
                                    "processor's AVX-512 or AMX for bf16%s",
                   executor->text(), executor->has(DC_PRECISION_BF16_ROUNDED)
                                         ? "; bf16-rounded does the same in float32, slowly"
                                         : "");
}

dc_status dc_backend_check(dc_precision precision)
{
    return dc_executor_check(chosen(), precision);
}
