/* SPDX-License-Identifier: MIT
 *
 * A list of messages under a mutex. Readers find files in any order, so reporting waits for the end
 * of a pass and sorts first: the same files are named whatever the number of readers.
 */
#include "file_faults.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_NAMED 5u /* reported one by one */

typedef struct fault {
    uint64_t index;
    char message[500];
} fault;

struct file_faults {
    pthread_mutex_t mutex;
    uint8_t *is_noted; /* a bit a file                                     */
    fault *items;      /* found since the last report, the first N_NAMED  */
    uint32_t n_items;
    uint64_t n_new;    /* found since the last report                     */
    uint64_t n_named;
};

file_faults *file_faults_new(uint64_t n_files)
{
    file_faults *f = dc_grow(NULL, 1, sizeof *f);
    if (f == NULL)
        return NULL;
    memset(f, 0, sizeof *f);
    f->items = dc_grow(NULL, N_NAMED, sizeof *f->items);
    f->is_noted = dc_grow(NULL, n_files / 8 + 1, 1);
    pthread_mutex_init(&f->mutex, NULL);
    if (f->items == NULL || f->is_noted == NULL) {
        file_faults_free(f);
        return NULL;
    }
    memset(f->is_noted, 0, n_files / 8 + 1);
    return f;
}

void file_faults_free(file_faults *f)
{
    if (f == NULL)
        return;
    pthread_mutex_destroy(&f->mutex);
    dc_release(f->items);
    dc_release(f->is_noted);
    dc_release(f);
}

/* Keeps the items with the lowest indices, in their order. */
static void insert(file_faults *f, uint64_t index)
{
    uint32_t at = f->n_items;
    while (at > 0 && f->items[at - 1].index > index)
        at--;
    if (at == N_NAMED)
        return;
    f->n_items = DC_MIN(f->n_items + 1, N_NAMED);
    memmove(f->items + at + 1, f->items + at, (f->n_items - at - 1) * sizeof *f->items);
    f->items[at].index = index;
    snprintf(f->items[at].message, sizeof f->items[at].message, "%s", dc_message());
}

void file_faults_note(file_faults *f, uint64_t index)
{
    const uint8_t bit = (uint8_t)(1u << index % 8);
    pthread_mutex_lock(&f->mutex);
    if ((f->is_noted[index / 8] & bit) == 0) {
        f->is_noted[index / 8] |= bit;
        f->n_new++;
        insert(f, index);
    }
    pthread_mutex_unlock(&f->mutex);
}

void file_faults_warn(file_faults *f)
{
    pthread_mutex_lock(&f->mutex);
    uint64_t n_left = f->n_new;
    for (uint32_t i = 0; i < f->n_items && f->n_named < N_NAMED; i++, f->n_named++, n_left--)
        dc_warn("left out: %s", f->items[i].message);
    if (n_left > 0)
        dc_warn("left out: and %llu more", (unsigned long long)n_left);
    f->n_new = 0;
    f->n_items = 0;
    pthread_mutex_unlock(&f->mutex);
}
