/* SPDX-License-Identifier: MIT
 *
 * A task in a process of its own, a copy of this one that ends with the task: so the most memory
 * that it had at once is the task's, whatever this process does before or after. The kernel counts
 * the copy's pages anew; it begins with few, since it gets those of the program and of libraries
 * again when it touches them. What comes back is a record in a pipe; a copy that ended without one
 * was ended by the system or a library, as happens when memory is out.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dcomp/base.h"

typedef struct outcome {
    dc_status status;
    uint64_t grown_bytes;
    char message[512];
} outcome;

/* In the copy. It is silent, writes nothing but its outcome, and a signal simply ends it. */
static void run_in_copy(int fd, dc_task *task, void *payload)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    outcome o = { .status = DC_OK };
    for (size_t i = 0; i < DC_COUNT_OF(ends); i++)
        signal(ends[i], SIG_DFL);
    dc_set_listener(NULL);
    const uint64_t before = dc_peak_memory_bytes();
    o.status = task(payload, 0);
    o.grown_bytes = dc_peak_memory_bytes() - before;
    if (o.status < 0)
        snprintf(o.message, sizeof o.message, "%s", dc_message());
    const ssize_t n = write(fd, &o, sizeof o); /* less than a pipe holds: in one piece or not */
    _exit(n == (ssize_t)sizeof o ? 0 : 1);
}

static bool read_outcome(outcome *o, int fd)
{
    size_t n = 0;
    while (n < sizeof *o) {
        const ssize_t more = read(fd, (char *)o + n, sizeof *o - n);
        if (more == 0 || (more < 0 && errno != EINTR))
            return false;
        n += more > 0 ? (size_t)more : 0;
    }
    return true;
}

static dc_status fail_ended(int how)
{
    if (WIFSIGNALED(how))
        return dc_fail(DC_ENOMEM, "a copy of this process was ended by signal %d, as happens when "
                                  "memory is out", WTERMSIG(how));
    return dc_fail(DC_ENOMEM, "a copy of this process ended by itself, as happens when memory is "
                              "out");
}

dc_status dc_run_apart(uint64_t *grown_bytes, dc_task *task, void *payload)
{
    int ends[2], how = 0;
    outcome o;
    if (pipe(ends) != 0)
        return dc_fail(DC_EIO, "no pipe to a copy of this process");
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_in_copy(ends[1], task, payload);
    }
    close(ends[1]);
    const bool is_told = child > 0 && read_outcome(&o, ends[0]);
    close(ends[0]);
    if (child < 0)
        return dc_fail(DC_ENOMEM, "no copy of this process could be made");
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    if (!is_told)
        return fail_ended(how);
    *grown_bytes = o.grown_bytes;
    return o.status < 0 ? dc_fail(o.status, "%s", o.message) : DC_OK;
}
