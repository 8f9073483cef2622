/* SPDX-License-Identifier: MIT
 *
 * Warnings and progress on their way to the one listener. Calls are passed on one at a time, so
 * a listener need not be thread-safe; it must not warn or report progress itself. Who hushes
 * warnings hushes those of the own thread.
 *
 * The work that progress is a part of is a stack of pieces. A piece knows where it begins and how
 * large it is, as shares of the whole, so a piece inside needs no more than the top of the stack.
 * What is left without having been reported was not worked on: a resumed or an early end. It is
 * counted apart, for it says nothing of the pace.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "dcomp/base.h"

#define MAX_DEPTH 8u
#define TEXT_BYTES 48

typedef struct piece {
    double start, size;     /* of the whole, which is 1                      */
    double n_units, n_done; /* its own                                       */
    double n_outer;         /* what it is worth in units of the piece around */
    bool has_inner; /* pieces: then they alone say how far it is             */
    char text[TEXT_BYTES];
} piece;

static dc_listener listener;
static _Thread_local unsigned n_hushed;
static struct {
    piece pieces[MAX_DEPTH];
    unsigned depth;
    double started; /* [s]    */
    double reached, skipped; /* shares */
    bool is_most;
} work; /* there is one listener, so there is one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void dc_set_listener(const dc_listener *new_listener)
{
    pthread_mutex_lock(&lock);
    listener = new_listener ? *new_listener : (dc_listener){ 0 };
    pthread_mutex_unlock(&lock);
}

void dc_warn(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    dc_vprint(text, sizeof text, format, args);
    va_end(args);
    if (n_hushed > 0)
        return;
    pthread_mutex_lock(&lock);
    if (listener.warn)
        listener.warn(listener.payload, text);
    pthread_mutex_unlock(&lock);
}

void dc_hush(bool is_begun)
{
    n_hushed += is_begun ? 1u : -1u;
}

/* ---- progress ---- */

/* "round 3/12  step 2/4 retrain" */
static void join_texts(char *out, size_t n_out)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < work.depth && n < n_out; i++)
        if (work.pieces[i].text[0] != '\0')
            n += (size_t)snprintf(out + n, n_out - n, "%s%s", n > 0 ? "  " : "",
                                  work.pieces[i].text);
}

/* Where the whole is when `share` of the innermost piece is done. */
static double whole_at(double share)
{
    const piece *p = &work.pieces[work.depth - 1];
    if (p->has_inner)
        share = p->n_units > 0 ? p->n_done / p->n_units : 0;
    return fmin(p->start + p->size * fmin(share, 1), 1);
}

static void report(const char *label, uint64_t done, uint64_t total, const char *extra)
{
    char where[MAX_DEPTH * (TEXT_BYTES + 2)];
    dc_progress_report r = { .where = where, .label = label, .extra = extra ? extra : "",
                             .done = done, .total = total, .is_part = work.depth > 0 };
    r.whole = total > 0 ? fmin((double)done / (double)total, 1) : 1;
    r.is_over = !r.is_part && r.whole >= 1;
    join_texts(where, sizeof where);
    if (r.is_part) {
        r.whole = fmax(work.reached, whole_at(r.whole));
        r.seconds = dc_clock_seconds() - work.started;
        r.skipped = work.skipped;
        r.is_most = work.is_most;
        work.reached = r.whole;
    }
    if (listener.progress)
        listener.progress(listener.payload, &r);
}

void dc_progress(const char *label, uint64_t done, uint64_t total, const char *extra)
{
    pthread_mutex_lock(&lock);
    report(label, done, total, extra);
    pthread_mutex_unlock(&lock);
}

/* ---- the whole that it is a part of ---- */

static void push(double n_units)
{
    piece *p = &work.pieces[work.depth];
    *p = (piece){ .size = 1, .n_units = n_units, .n_outer = n_units };
    if (work.depth == 0) {
        work.started = dc_clock_seconds();
        work.reached = work.skipped = 0;
        work.is_most = false;
    } else {
        piece *around = p - 1;
        const double scale = around->n_units > 0 ? around->size / around->n_units : 0;
        p->start = around->start + scale * around->n_done;
        p->size = scale * n_units;
        around->has_inner = true;
    }
    work.depth++;
}

unsigned dc_work_enter(double n_units, const char *format, ...)
{
    va_list args;
    pthread_mutex_lock(&lock);
    const unsigned mark = work.depth;
    if (mark < MAX_DEPTH) {
        push(n_units);
        va_start(args, format);
        dc_vprint(work.pieces[mark].text, sizeof work.pieces[mark].text, format, args);
        va_end(args);
        report("", 0, 1, NULL);
    }
    pthread_mutex_unlock(&lock);
    return mark;
}

void dc_work_divide(double n_units)
{
    pthread_mutex_lock(&lock);
    if (work.depth > 0)
        work.pieces[work.depth - 1].n_units = n_units;
    pthread_mutex_unlock(&lock);
}

void dc_work_is_most(void)
{
    pthread_mutex_lock(&lock);
    work.is_most = work.depth > 0;
    pthread_mutex_unlock(&lock);
}

void dc_work_leave(unsigned mark)
{
    pthread_mutex_lock(&lock);
    if (mark < work.depth) {
        const piece *p = &work.pieces[mark];
        const double end = fmin(p->start + p->size, 1);
        work.skipped += fmax(end - work.reached, 0);
        work.reached = fmax(work.reached, end);
        work.depth = mark;
        if (mark > 0)
            work.pieces[mark - 1].n_done += p->n_outer;
    }
    if (mark == 0 && listener.progress)
        listener.progress(listener.payload, &(dc_progress_report){ .where = "", .label = "",
                                                                   .extra = "", .is_over = true });
    pthread_mutex_unlock(&lock);
}
