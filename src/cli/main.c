/* SPDX-License-Identifier: MIT
 *
 * dcomp: words -> calls. Finds the command, parses its options, runs it, and turns the status into
 * the exit code of the contract.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct {
    dc_status status;
    int code;
} exit_codes[] = {
    { DC_OK, 0 },     { DC_EINPUT, 2 }, { DC_ECORRUPT, 3 },     { DC_EIO, 4 },
    { DC_ENOMEM, 5 }, { DC_ELIMIT, 5 }, { DC_EUNSUPPORTED, 6 }, { DC_ESTALL, 1 },
    { DC_EDIVERGED, 5 },
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
    if (cli_say_failed())
        return dc_fail(DC_ENOMEM, "no memory to print a result");
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

/* Whether JSON is asked for, also where the options could not be read to their end. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--format=json") == 0 ||
            (strcmp(argv[i - 1], "--format") == 0 && strcmp(argv[i], "json") == 0))
            return true;
    return false;
}

/* "--json" is short for "--format json". */
static dc_status choose_format(cli_call *call)
{
    cli_common *common = call->settings;
    const dc_renderer *renderer = dc_renderer_at(common->format);
    if (common->is_json && cli_is_given(call, "format") && renderer->form != DC_FOR_JSON)
        return dc_fail(DC_EINPUT, "'--json' and '--format %s' exclude each other", renderer->name);
    if (common->is_json)
        common->format = cli_format_for(DC_FOR_JSON);
    common->is_json = dc_renderer_at(common->format)->form == DC_FOR_JSON;
    return DC_OK;
}

/* For scripts: the failure as the one object on standard output. */
static void print_json_failure(dc_status status)
{
    dc_json *json = dc_json_new();
    dc_json_add_text(json, "schema", "dcomp.error/1");
    dc_json *error = dc_json_add_object(json, "error");
    char *text = NULL;
    dc_json_add_u64(error, "code", (uint64_t)exit_code_of(status));
    dc_json_add_text(error, "kind", dc_status_text(status));
    dc_json_add_text(error, "message", dc_message());
    if (!ferror(stdout) && dc_json_print(&text, json, true) == DC_OK && fputs(text, stdout) >= 0)
        (void)fflush(stdout);
    dc_release(text);
    dc_json_free(json);
}

/* Says the message that was set; returns the exit code. */
static int fail(dc_status status, bool is_json)
{
    cli_say_line("dcomp: ", dc_message());
    if (is_json)
        print_json_failure(status);
    return exit_code_of(status);
}

static dc_status set_machine(const cli_common *common)
{
    dc_pool_set_jobs(common->jobs);
    dc_memory_limit(common->memory_limit);
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
        cli_print_help(call->command, call->accelerator);
        return flush_results();
    }
    DC_TRY(choose_format(call));
    cli_listen(call->common);
    DC_TRY(set_machine(call->common));
    if (call->command->computes_layers)
        cli_wait_asleep(argv - 1); /* the program's own begins one before the command's */
    if (call->command->complete != NULL)
        DC_TRY(call->command->complete(call));
    DC_TRY(cli_check_files(call));
    DC_TRY(call->command->run(call));
    return flush_results();
}

static int call_command(const cli_command *command, int argc, char **argv)
{
    cli_call call = { .command = command };
    const dc_status status = run_command(&call, argc, argv);
    cli_progress_end();
    const bool is_json = (call.common != NULL && call.common->is_json) || wants_json(argc, argv);
    const int code = status < 0 ? fail(status, is_json) : call.is_unmet ? 1 : 0;
    if (status < 0)
        cli_tell_work_folder(&call, status);
    cli_set_work_folder(NULL);
    if (call.exchange != NULL)
        cli_end_quietly(); /* all has been said: mpirun ends all when one of them has left */
    dc_exchange_close(call.exchange);
    dc_document_clear(&call.document);
    dc_arena_clear(&call.arena);
    return code;
}

/* For what is printed outside of any command. */
static int end_plain(void)
{
    const dc_status status = flush_results();
    return status < 0 ? fail(status, false) : 0;
}

static int print_version(void)
{
    cli_say("dcomp %s (format %d.%d, %s)\n", DCOMP_VERSION, DC_FORMAT_MAJOR, DC_FORMAT_MINOR,
           dc_backend_text());
    return end_plain();
}

/* What is in a command's place and is none. */
static dc_status fail_word(const char *word)
{
    dc_hint hint = dc_hint_for(word);
    for (uint32_t i = 0; cli_commands[i] != NULL; i++)
        dc_hint_offer(&hint, cli_commands[i]->name);
    dc_hint_offer_choices(&hint, "--help|--version");
    return dc_fail(DC_EINPUT, "unknown %s '%s'%s (see 'dcomp --help')",
                   word[0] == '-' ? "option" : "command", word, dc_hint_text(&hint));
}

static int print_any_help(const char *about)
{
    if (about != NULL && strcmp(about, "help") == 0)
        about = NULL;
    const cli_command *command = about != NULL ? find_command(about) : NULL;
    if (about != NULL && command == NULL)
        return fail(fail_word(about), false);
    if (command != NULL)
        cli_print_help(command, NULL);
    else
        cli_print_usage(stdout);
    return end_plain();
}

/* A file that is opened must not get the number of a stream that was closed: messages would be
 * written into it. What is printed to a closed one still fails. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(4);
}

static int run(int argc, char **argv)
{
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
    return fail(fail_word(word), wants_json(argc - 1, argv + 1));
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    cli_catch_signals();
    cli_catch_memory_out();
    const int code = run(argc, argv);
    cli_leave(code);
    return code;
}
