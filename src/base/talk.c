/* SPDX-License-Identifier: MIT
 *
 * Warnings and progress on their way to the one listener. Calls are passed on one at a time, so
 * a listener need not be thread-safe; it must not warn or report progress itself.
 */
#include <pthread.h>
#include <stdio.h>

#include "dcomp/base.h"

static dc_listener listener;
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
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    if (listener.warn)
        listener.warn(listener.payload, text);
    pthread_mutex_unlock(&lock);
}

void dc_progress(const char *label, uint64_t done, uint64_t total, const char *extra)
{
    pthread_mutex_lock(&lock);
    if (listener.progress)
        listener.progress(listener.payload, label, done, total, extra ? extra : "");
    pthread_mutex_unlock(&lock);
}
