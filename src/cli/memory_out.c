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

static bool is_leaving; /* main returns, and exit is called for it */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOOKS_AT_EXIT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LOOKS_AT_EXIT 1
#endif
#endif

/* GNU OpenMP may ask for memory once more when the program ends, or in a thread meanwhile, and make
 * 1 of any code. Nothing of ours is left to do, so whoever calls exit is one of these; but
 * sanitizers look for leaks then. */
void cli_leave(int code)
{
#ifdef LOOKS_AT_EXIT
    is_leaving = true;
    (void)code;
#else
    fflush(NULL);
    _exit(code);
#endif
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
