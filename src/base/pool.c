/* SPDX-License-Identifier: MIT
 *
 * Work on all cores: threads of our own, made when first needed, which sleep while there is nothing
 * to do. Tasks are handed out in rising order to whoever asks, the caller among them. A thread that
 * comes late, because other programs have its core, finds nothing left and nobody has waited for
 * it: only tasks that were taken are waited for. That, and waiting asleep, is why this is no OpenMP
 * region: there every thread must arrive at the end of each region, and spins until all have.
 *
 * Threads look for work for a few microseconds before they sleep, for regions that follow each
 * other closely; not when there are more jobs than cores.
 *
 * Once a task has failed, later indices are skipped while earlier ones still run, so that the
 * failure returned is the one with the lowest index whatever the number of jobs.
 *
 * Libraries that have threads of their own by OpenMP (oneDNN) use one of them inside a task, and
 * as many as there are jobs outside.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/base.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#define MAX_THREADS 1024u
#define N_SPINS 100u /* of a pause each: some microseconds */

static atomic_uint wanted_jobs; /* 0: as many as there are cores */

/* One call of dc_pool_run. Lies on the caller's stack, who leaves when nobody works on it. */
typedef struct work {
    uint64_t n_tasks;
    dc_task *task;
    void *payload;
    atomic_uint_least64_t next;
    atomic_uint n_working;        /* threads other than the caller                      */
    unsigned n_places;            /* for further ones, under the pool's lock            */
    atomic_uint_least64_t failed; /* lowest index that failed; UINT64_MAX: none   */
    pthread_mutex_t lock;         /* of what follows                                    */
    dc_status status;
    char message[512];
} work;

static struct pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work, is_done;
    unsigned n_threads;
    work *current;       /* NULL: there is nothing to do */
    atomic_uint n_calls; /* of dc_pool_run so far        */
    bool is_taken;       /* by a call                    */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .has_work = PTHREAD_COND_INITIALIZER,
           .is_done = PTHREAD_COND_INITIALIZER };

static _Thread_local bool is_inside; /* a task */

static unsigned jobs_of_environment(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    const unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 0;
    return n > 0 && n <= MAX_THREADS ? (unsigned)n : 0;
}

unsigned dc_pool_jobs(void)
{
    const unsigned wanted = atomic_load(&wanted_jobs);
    if (wanted > 0)
        return wanted;
    const unsigned n_given = jobs_of_environment(), n_cores = dc_cpu_count();
    return n_given > 0 ? DC_MIN(n_given, n_cores) : n_cores;
}

/* How many threads OpenMP's users take, when this thread calls them. */
static void set_foreign_threads(unsigned n)
{
#ifdef _OPENMP
    omp_set_num_threads((int)n);
#else
    (void)n;
#endif
}

void dc_pool_set_jobs(unsigned n_jobs)
{
    atomic_store(&wanted_jobs, DC_MIN(n_jobs, MAX_THREADS));
    set_foreign_threads(dc_pool_jobs());
}

static inline void pause_a_little(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ volatile("yield");
#endif
}

/* ---- tasks ---- */

static void note_failure(work *w, uint64_t index, dc_status status)
{
    pthread_mutex_lock(&w->lock);
    if (index < atomic_load(&w->failed)) {
        w->status = status;
        snprintf(w->message, sizeof w->message, "%s", dc_message());
        atomic_store(&w->failed, index);
    }
    pthread_mutex_unlock(&w->lock);
}

static void take_tasks(work *w)
{
    uint64_t index;
    is_inside = true;
    while ((index = atomic_fetch_add(&w->next, 1)) < w->n_tasks) {
        if (index > atomic_load_explicit(&w->failed, memory_order_relaxed))
            continue;
        const dc_status status = w->task(w->payload, index);
        if (status < 0)
            note_failure(w, index, status);
    }
    is_inside = false;
}

/* ---- threads ---- */

/* Looks at `number` until it is no longer `old`, or it is time to sleep. */
static void look_at(const atomic_uint *number, unsigned old)
{
    if (dc_pool_jobs() > dc_cpu_count())
        return;
    for (unsigned i = 0; i < N_SPINS && atomic_load(number) == old; i++)
        pause_a_little();
}

static void *thread_main(void *unused)
{
    (void)unused;
    bool is_known = false; /* to OpenMP */
    unsigned n_seen = 0;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        work *w = pool.current;
        n_seen = atomic_load(&pool.n_calls);
        if (w == NULL || w->n_places == 0 || atomic_load(&w->next) >= w->n_tasks) {
            pthread_mutex_unlock(&pool.lock);
            look_at(&pool.n_calls, n_seen);
            pthread_mutex_lock(&pool.lock);
            if (atomic_load(&pool.n_calls) == n_seen)
                pthread_cond_wait(&pool.has_work, &pool.lock);
            continue;
        }
        w->n_places--;
        atomic_fetch_add(&w->n_working, 1);
        pthread_mutex_unlock(&pool.lock);
        if (!is_known) /* while the caller waits: LLVM's aborts if the program ends meanwhile */
            set_foreign_threads(1);
        is_known = true;
        take_tasks(w);
        pthread_mutex_lock(&pool.lock);
        if (atomic_fetch_sub(&w->n_working, 1) == 1)
            pthread_cond_signal(&pool.is_done);
    }
    return NULL;
}

/* A child of fork has none of the threads. */
static void forget_threads(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.has_work, NULL);
    pthread_cond_init(&pool.is_done, NULL);
    pool.n_threads = 0;
    pool.current = NULL;
    pool.is_taken = false;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget_threads);
}

/* Signals are for the program's own threads, but a fault is its thread's: blocked, it kills without
 * asking the program. Where no more threads can be had, fewer do. */
static void make_threads(unsigned n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const int faults[] = { SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
    sigset_t all, before;
    pthread_once(&once, watch_forks);
    sigfillset(&all);
    for (size_t i = 0; i < DC_COUNT_OF(faults); i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    while (pool.n_threads < n && pthread_create(&thread, NULL, thread_main, NULL) == 0) {
        pthread_detach(thread);
        pool.n_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- a call ---- */

static dc_status run_in_line(uint64_t n_tasks, dc_task *task, void *payload)
{
    for (uint64_t i = 0; i < n_tasks; i++)
        DC_TRY(task(payload, i));
    return DC_OK;
}

/* False when another thread of the program is at it: one call at a time. */
static bool begin(work *w, unsigned n_helpers)
{
    pthread_mutex_lock(&pool.lock);
    const bool is_ours = !pool.is_taken;
    if (is_ours) {
        if (pool.n_threads < n_helpers)
            make_threads(n_helpers);
        w->n_places = n_helpers;
        pool.is_taken = true;
        pool.current = w;
        atomic_fetch_add(&pool.n_calls, 1);
    }
    pthread_mutex_unlock(&pool.lock);
    if (is_ours)
        pthread_cond_broadcast(&pool.has_work);
    return is_ours;
}

static void end(work *w)
{
    for (unsigned n = atomic_load(&w->n_working), before = 0; n > 0 && n != before;) {
        look_at(&w->n_working, n);
        before = n;
        n = atomic_load(&w->n_working);
    }
    pthread_mutex_lock(&pool.lock);
    pool.current = NULL; /* who has not begun does not begin */
    while (atomic_load(&w->n_working) > 0)
        pthread_cond_wait(&pool.is_done, &pool.lock);
    pool.is_taken = false;
    pthread_mutex_unlock(&pool.lock);
}

static dc_status run_on_all(uint64_t n_tasks, dc_task *task, void *payload, unsigned n_jobs)
{
    work w = { .n_tasks = n_tasks, .task = task, .payload = payload, .status = DC_OK };
    atomic_init(&w.next, 0);
    atomic_init(&w.n_working, 0);
    atomic_init(&w.failed, UINT64_MAX);
    pthread_mutex_init(&w.lock, NULL);
    if (!begin(&w, n_jobs - 1)) {
        pthread_mutex_destroy(&w.lock);
        return run_in_line(n_tasks, task, payload);
    }
    take_tasks(&w);
    end(&w);
    pthread_mutex_destroy(&w.lock);
    return w.status < 0 ? dc_fail(w.status, "%s", w.message) : DC_OK;
}

dc_status dc_pool_run_alone(dc_task *task, void *payload)
{
    if (is_inside)
        return task(payload, 0);
    is_inside = true;
    set_foreign_threads(1);
    const dc_status status = task(payload, 0);
    set_foreign_threads(dc_pool_jobs());
    is_inside = false;
    return status;
}

dc_status dc_pool_run(uint64_t n_tasks, dc_task *task, void *payload)
{
    const unsigned n_jobs = (unsigned)DC_MIN(n_tasks, (uint64_t)dc_pool_jobs());
    if (n_tasks <= 1 || is_inside)
        return run_in_line(n_tasks, task, payload);
    set_foreign_threads(1);
    const dc_status status = n_jobs <= 1 ? run_in_line(n_tasks, task, payload)
                                         : run_on_all(n_tasks, task, payload, n_jobs);
    set_foreign_threads(dc_pool_jobs());
    return status;
}

typedef struct each_call {
    dc_each *each;
    void *payload;
} each_call;

static dc_status call_each(void *payload, uint64_t index)
{
    const each_call *call = payload;
    call->each(call->payload, index);
    return DC_OK;
}

void dc_pool_each(uint64_t n, dc_each *each, void *payload)
{
    each_call call = { each, payload };
    const dc_status status = dc_pool_run(n, call_each, &call);
    (void)status; /* DC_OK: no task of these fails */
}
