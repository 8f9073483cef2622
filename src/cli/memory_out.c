/* SPDX-License-Identifier: MIT
 *
 * The libraries we stand on end the program in ways of their own when memory is out: GNU OpenMP
 * by exit(1), which for dcomp is a requirement that is not met; C++ by an exception that leaves
 * oneDNN's C functions, so abort. Here all of that is what dcomp promises: one line, exit code 5,
 * no unfinished output.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static bool is_leaving; /* main has returned */

/* GNU OpenMP may ask for memory once more when the program ends, and turn 5 into 1. */
void cli_leave(int code)
{
    is_leaving = true;
    if (code == 5) {
        fflush(NULL);
        _exit(code);
    }
}

static void give_up(void)
{
    static const char text[] = "dcomp: out of memory\n";
    dc_output_discard_all();
    const ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
    _exit(5);
}

static void at_exit(void)
{
    if (!is_leaving)
        give_up();
}

/* C++'s runtime is oneDNN's, not ours: it may be another one, or none. */
static void set_handler(const char *mangled)
{
    void *(*set)(void (*)(void)) = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, mangled);
    memcpy(&set, &symbol, sizeof set);
    if (symbol != NULL)
        set(give_up);
}

void cli_catch_memory_out(void)
{
    atexit(at_exit);
    set_handler("_ZSt15set_new_handlerPFvvE"); /* std::set_new_handler */
    set_handler("_ZSt13set_terminatePFvvE");   /* std::set_terminate: no exception is ours */
}
