/* SPDX-License-Identifier: MIT
 *
 * dcomp: words -> calls. Finds the command, parses its options, runs it, and turns the status into
 * the exit code of the contract.
 */
#include <string.h>

#include "cli.h"

static const struct {
    dc_status status;
    int code;
} exit_codes[] = {
    { DC_OK, 0 },     { DC_EINPUT, 2 }, { DC_ECORRUPT, 3 },     { DC_EIO, 4 },
    { DC_ENOMEM, 5 }, { DC_ELIMIT, 5 }, { DC_EUNSUPPORTED, 6 }, { DC_ESTALL, 1 },
};

static int exit_code_of(dc_status status)
{
    for (size_t i = 0; i < DC_COUNT_OF(exit_codes); i++)
        if (exit_codes[i].status == status)
            return exit_codes[i].code;
    return 2;
}

/* Results that never reached the reader are a failure of ours (a full disk behind '>'). */
static dc_status flush_results(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return dc_fail(DC_EIO, "standard output could not be written");
    return DC_OK;
}

static const cli_command *find_command(const char *name)
{
    for (uint32_t i = 0; cli_commands[i] != NULL; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

static dc_status set_machine(const cli_common *common)
{
    dc_pool_set_jobs(common->jobs);
    if (common->cpu != NULL)
        DC_TRY(dc_cpu_limit(common->cpu));
    if (common->backend != NULL)
        DC_TRY(dc_backend_limit(common->backend));
    return DC_OK;
}

static dc_status run_command(cli_call *call, int argc, char **argv)
{
    bool wants_help = false;
    DC_TRY(cli_parse(call, argc, argv, &wants_help));
    if (wants_help) {
        cli_print_help(call->command);
        return flush_results();
    }
    cli_listen(call->common);
    DC_TRY(set_machine(call->common));
    if (call->command->computes_layers)
        cli_wait_asleep(argv - 1); /* the program's own begins one before the command's */
    DC_TRY(call->command->run(call));
    return flush_results();
}

static int call_command(const cli_command *command, int argc, char **argv)
{
    cli_call call = { .command = command };
    const dc_status status = run_command(&call, argc, argv);
    cli_progress_end();
    if (status < 0) {
        fprintf(stderr, "dcomp: %s\n", dc_message());
        cli_tell_work_folder(&call);
    }
    cli_set_work_folder(NULL);
    dc_arena_clear(&call.arena);
    return status < 0 ? exit_code_of(status) : call.is_unmet ? 1 : 0;
}

/* For what is printed outside of any command. */
static int end_plain(void)
{
    const dc_status status = flush_results();
    if (status < 0)
        fprintf(stderr, "dcomp: %s\n", dc_message());
    return exit_code_of(status);
}

static int print_version(void)
{
    printf("dcomp %s (format %d.%d, %s)\n", DCOMP_VERSION, DC_FORMAT_MAJOR, DC_FORMAT_MINOR,
           dc_backend_text());
    return end_plain();
}

/* What is in no command's place: exit code 2. */
static int fail_word(const char *word)
{
    dc_hint hint = dc_hint_for(word);
    for (uint32_t i = 0; cli_commands[i] != NULL; i++)
        dc_hint_offer(&hint, cli_commands[i]->name);
    dc_hint_offer_choices(&hint, "--help|--version");
    fprintf(stderr, "dcomp: unknown %s '%s'%s (see 'dcomp --help')\n",
            word[0] == '-' ? "option" : "command", word, dc_hint_text(&hint));
    return 2;
}

static int print_any_help(const char *about)
{
    const cli_command *command = about != NULL ? find_command(about) : NULL;
    if (about != NULL && command == NULL)
        return fail_word(about);
    if (command != NULL)
        cli_print_help(command);
    else
        cli_print_usage(stdout);
    return end_plain();
}

int main(int argc, char **argv)
{
    cli_catch_signals();
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return print_version();
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0)
        return print_any_help(argc > 2 ? argv[2] : NULL);
    const cli_command *command = find_command(word);
    if (command != NULL)
        return call_command(command, argc - 1, argv + 1);
    if (argc < 2) {
        cli_print_usage(stderr);
        return 2;
    }
    return fail_word(word);
}
