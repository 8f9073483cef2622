/* SPDX-License-Identifier: MIT
 *
 * Threads that begin at the same moment. Assertions are the main thread's: a member returns what
 * failed, with its message.
 */
#ifndef DCOMP_TESTS_CREW_H
#define DCOMP_TESTS_CREW_H

#include "test.h"

#include <pthread.h>
#include <unistd.h>

#define CREW_MAX 8

typedef struct crew_member {
    pthread_t thread;
    pthread_barrier_t *start;
    dc_task *task;
    void *payload;
    uint64_t index;
    dc_status status;
    char message[512];
} crew_member;

static inline void *crew_main(void *payload)
{
    crew_member *m = payload;
    pthread_barrier_wait(m->start);
    m->status = m->task(m->payload, m->index);
    snprintf(m->message, sizeof m->message, "%s", dc_message());
    return NULL;
}

/* Calls task(payload, 0 .. n - 1), each in a thread of its own; all must succeed. */
static inline void crew_run(unsigned n, dc_task *task, void *payload)
{
    crew_member members[CREW_MAX];
    pthread_barrier_t start;
    assert_true(n <= CREW_MAX);
    assert_int_equal(pthread_barrier_init(&start, NULL, n), 0);
    for (unsigned i = 0; i < n; i++) {
        members[i] = (crew_member){ .start = &start, .task = task, .payload = payload, .index = i };
        assert_int_equal(pthread_create(&members[i].thread, NULL, crew_main, &members[i]), 0);
    }
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
    pthread_barrier_destroy(&start);
    for (unsigned i = 0; i < n; i++)
        if (members[i].status < 0)
            fail_msg("thread %u: %s", i, members[i].message);
}

/* For members: what a test in the main thread would assert. */
#define CREW_EXPECT(condition)                                          \
    do {                                                                \
        if (!(condition))                                               \
            return dc_fail(DC_ESTALL, "not so: %s", #condition);        \
    } while (0)

/* ---- a folder for the test's files ---- */

static char crew_folder[64];

static inline int crew_folder_make(void **state)
{
    (void)state;
    snprintf(crew_folder, sizeof crew_folder, "/tmp/dcomp-threads-XXXXXX");
    return mkdtemp(crew_folder) == NULL;
}

static inline int crew_folder_remove(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", crew_folder);
    return system(command) != 0;
}

/* "FOLDER/name-INDEX.end" */
static inline void crew_path(char out[128], const char *name, uint64_t index, const char *end)
{
    snprintf(out, 128, "%s/%s-%u.%s", crew_folder, name, (unsigned)index, end);
}

#endif
