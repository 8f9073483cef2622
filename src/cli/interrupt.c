/* SPDX-License-Identifier: MIT
 *
 * What is left when a run ends early. A signal removes unfinished output, and says so if there was
 * some, tells how to go on, and then kills us as it would have; a failure tells the same. A work
 * folder that is still empty goes. Inputs are mapped, so one that somebody cuts meanwhile is a bus
 * error: a failure to read (4).
 *
 * The handler may call only what is safe there: unlink, rmdir, write. Another thread may begin a
 * file while we talk, so unfinished output is removed once more right before the end. A closed pipe
 * is no news to whoever closed it: nothing is said. Files over the process's size limit are a
 * failed write, not a signal.
 */
#define _GNU_SOURCE /* dladdr, registers, SIGXFSZ */
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "cli.h"

#define MAX_PATH_BYTES 4096

static char work_folder[MAX_PATH_BYTES]; /* "": none; a handler has no other way to know it */

void cli_set_work_folder(const char *path)
{
    work_folder[0] = '\0';
    if (path != NULL && strlen(path) < sizeof work_folder)
        memcpy(work_folder, path, strlen(path) + 1);
}

static bool has_checkpoints(void)
{
    return work_folder[0] != '\0' && access(work_folder, F_OK) == 0;
}

void cli_tell_work_folder(const cli_call *call, dc_status status)
{
    const bool is_said = work_folder[0] != '\0' && strstr(dc_message(), work_folder) != NULL;
    if (!is_said && has_checkpoints())
        cli_note(call, "dcomp: checkpoints are in '%s'; %s", work_folder,
                 status == DC_EDIVERGED ? "what follows would be the same again, -f begins anew"
                                        : "--resume goes on from there");
}

static void say(const char *text)
{
    const ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_signal(int number)
{
    const bool is_any_gone = dc_output_discard_all();
    if (work_folder[0] != '\0')
        rmdir(work_folder); /* where nothing is in it */
    const bool can_resume = has_checkpoints();
    if (number != SIGPIPE) {
        say(isatty(STDERR_FILENO) ? "\r\033[K" : "");
        say("dcomp: interrupted");
        say(is_any_gone ? ", unfinished output removed" : "");
        if (can_resume) {
            say("; checkpoints are in '");
            say(work_folder);
            say("', --resume goes on from there");
        }
        say("\n");
    }
    dc_output_discard_all();
    signal(number, SIG_DFL);
    raise(number);
}

/* oneDNN 3 takes what malloc gave it without a look: an address of next to nothing in its code. */
static bool is_memory_out(int number, const siginfo_t *info, const void *context)
{
#if defined(__x86_64__) && defined(__GLIBC__)
    const ucontext_t *machine = context;
    Dl_info where;
    return number == SIGSEGV && (uintptr_t)info->si_addr < 65536 &&
           dladdr((void *)(uintptr_t)machine->uc_mcontext.gregs[REG_RIP], &where) != 0 &&
           where.dli_fname != NULL && strstr(where.dli_fname, "libdnnl") != NULL;
#else
    (void)number;
    (void)info;
    (void)context;
    return false;
#endif
}

/* A fault of ours or of a library: it is not resumed from, but leaves nothing half written. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    dc_output_discard_all();
    if (is_memory_out(number, info, context)) {
        say("dcomp: oneDNN has crashed, as it does when memory is out\n");
        _exit(5);
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* A page of a mapped file that is not there any more. */
static void on_bus_error(int number)
{
    (void)number;
    dc_output_discard_all();
    say("dcomp: an input became shorter, or cannot be read, while it was read\n");
    _exit(4);
}

/* What is ignored stays so; what a sanitizer has taken stays its own. */
static void catch_with(const struct sigaction *action, const int *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(numbers[i], action, NULL);
    }
}

void cli_end_quietly(void)
{
    signal(SIGTERM, SIG_DFL);
}

void cli_catch_signals(void)
{
    static const int ends[] = { SIGINT,  SIGTERM, SIGHUP,  SIGPIPE,   SIGQUIT, SIGALRM,
                                SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGPOLL };
    static const int faults[] = { SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGSYS, SIGTRAP };
    static const int bus_error[] = { SIGBUS };
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_NODEFER;
    catch_with(&action, ends, DC_COUNT_OF(ends));
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_NODEFER | SA_SIGINFO;
    catch_with(&action, faults, DC_COUNT_OF(faults));
    action.sa_handler = on_bus_error;
    action.sa_flags = SA_NODEFER;
    catch_with(&action, bus_error, 1);
    signal(SIGXFSZ, SIG_IGN);
}
