/* SPDX-License-Identifier: MIT
 *
 * Work on all cores, by OpenMP when the build has it, else in line. Tasks are handed out in
 * rising order. Once one has failed, later indices are skipped while earlier ones still run, so
 * that the failure returned is the one with the lowest index whatever the number of jobs.
 */
#include <stdatomic.h>
#include <stdio.h>

#include "dcomp/base.h"

#ifdef _OPENMP
#include <omp.h>
#endif

static atomic_uint wanted_jobs; /* 0: as many as there are cores */

typedef struct first_failure {
    atomic_uint_least64_t index; /* UINT64_MAX: none */
    dc_status status;
    char message[512];
} first_failure;

void dc_pool_set_jobs(unsigned n_jobs)
{
    atomic_store(&wanted_jobs, n_jobs);
#ifdef _OPENMP
    omp_set_num_threads(n_jobs > 0 ? (int)n_jobs : omp_get_num_procs()); /* for libraries too */
#endif
}

unsigned dc_pool_jobs(void)
{
    const unsigned n_jobs = atomic_load(&wanted_jobs);
    if (n_jobs > 0)
        return n_jobs;
#ifdef _OPENMP
    return (unsigned)omp_get_max_threads(); /* OMP_NUM_THREADS counts until jobs are set */
#else
    return 1;
#endif
}

static dc_status run_in_line(uint64_t n_tasks, dc_task *task, void *payload)
{
    for (uint64_t i = 0; i < n_tasks; i++)
        DC_TRY(task(payload, i));
    return DC_OK;
}

#ifdef _OPENMP
static void run_one(first_failure *failure, uint64_t index, dc_task *task, void *payload)
{
    if (index > atomic_load_explicit(&failure->index, memory_order_relaxed))
        return;
    const dc_status status = task(payload, index);
    if (status >= 0)
        return;
#pragma omp critical(dc_pool_failure)
    if (index < atomic_load(&failure->index)) {
        failure->status = status;
        snprintf(failure->message, sizeof failure->message, "%s", dc_message());
        atomic_store(&failure->index, index);
    }
}
#endif

dc_status dc_pool_run(uint64_t n_tasks, dc_task *task, void *payload)
{
#ifdef _OPENMP
    const uint64_t n_jobs = DC_MIN(n_tasks, dc_pool_jobs());
    if (n_jobs <= 1 || omp_in_parallel())
        return run_in_line(n_tasks, task, payload);
    first_failure failure = { .status = DC_OK };
    atomic_init(&failure.index, UINT64_MAX);
#pragma omp parallel for schedule(dynamic) num_threads((int)n_jobs)
    for (uint64_t i = 0; i < n_tasks; i++)
        run_one(&failure, i, task, payload);
    return failure.status < 0 ? dc_fail(failure.status, "%s", failure.message) : DC_OK;
#else
    return run_in_line(n_tasks, task, payload);
#endif
}
