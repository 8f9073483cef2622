/* SPDX-License-Identifier: MIT
 *
 * What the files of the command line share: a command is a row (name, summary, options, function),
 * and an option is a row of a dc_field table, from which parsing, --help and the docs all come.
 */
#ifndef DCOMP_CLI_CLI_H
#define DCOMP_CLI_CLI_H

#include <stdio.h>

#include "dcomp/pipeline.h"
#include "dcomp/report.h"

/* Options that every command has. */
typedef struct cli_common {
    uint32_t jobs;
    bool is_quiet, is_verbose, is_json;
    uint32_t format;   /* of what is printed: the index of a renderer; --json has set it too */
    uint32_t progress; /* auto, always, never */
    const char *cpu;
    const char *backend;
    uint64_t memory_limit; /* bytes; 0: not given */
} cli_common;

/* Options of commands that write a file. */
typedef struct cli_output {
    const char *path;
    bool may_replace;
} cli_output;

extern const dc_field cli_common_fields[];
extern const dc_field cli_output_fields[];

#define CLI_MAX_PARTS 10
#define CLI_ALL_PARTS (CLI_MAX_PARTS + 10) /* with those of a stage, a machine, and all commands */

/* Some of a command's options: a field table at an offset in its settings struct. */
typedef struct cli_part {
    const char *title; /* heading in --help */
    const dc_field *fields;
    size_t offset;
} cli_part;

typedef struct cli_command cli_command;

/* One run of one command. */
typedef struct cli_call {
    const cli_command *command;
    void *settings; /* filled from the options         */
    const cli_common *common;
    uint32_t n_args;
    char **args;    /* what is not an option           */
    const dc_accelerator *accelerator; /* of a command that has a machine */
    const struct option_set *options; /* of opt.c */
    bool is_unmet;  /* a stated requirement failed: exit code 1 */
    dc_document document; /* cli_document's                    */
    dc_exchange *exchange; /* the other ranks, until main has said what fails; or NULL */
    dc_arena arena; /* of the whole run                */
} cli_call;

struct cli_command {
    const char *name;
    const char *summary; /* one line                        */
    const char *usage;   /* "MODEL -o OUT [options]"        */
    const char *details; /* more for --help, or NULL        */
    const char *example; /* one line that could be typed    */
    uint32_t min_args, max_args;
    bool computes_layers; /* by nn, on all cores            */
    size_t settings_bytes; /* of a struct that begins with a cli_common */
    void (*set_defaults)(void *settings); /* NULL: all zeros */
    cli_part parts[CLI_MAX_PARTS]; /* but for the common options, which every command has */
    const char *stage; /* its options are the command's too; or NULL */
    bool has_machine;  /* --machine is in its first part; that machine's parameters follow it   */
    dc_status (*complete)(cli_call *call); /* options that follow from arguments; or NULL */
    dc_status (*run)(cli_call *call);
};

extern const cli_command *const cli_commands[]; /* ends with NULL */

/* ---- options (opt.c, help.c) ---------------------------------------------------------------- */

/* The stage's parts, the command's own, its machine's (NULL: the default one) and the common one,
 * ending with NULL fields. */
void cli_all_parts(cli_part *out, const cli_command *command, const dc_accelerator *accelerator);
/* Settings with their defaults; those of a stage or machine are behind the command's own. From the
 * arena. */
void *cli_new_settings(const cli_command *command, const dc_accelerator *accelerator,
                       dc_arena *arena);
/* Those of the stage or machine. */
void *cli_more_settings(const cli_call *call);
/* Fills call->settings and call->args. *wants_help is set when -h was there. DC_EINPUT for usage.
 */
DC_MUST_USE dc_status cli_parse(cli_call *call, int argc, char **argv, bool *wants_help);
/* "--gap-bits" of "gap_bits"; `prefix` is what stands before the name. From the arena. */
const char *cli_dashed(dc_arena *arena, const char *prefix, const char *name);
/* Whether this is a flag that the record has set. */
bool cli_is_set(const dc_field *field, const void *record);
/* Whether the option was on the command line; `name` as in its table. */
bool cli_is_given(const cli_call *call, const char *name);
/* Whether the command knows it. */
bool cli_has_option(const cli_call *call, const char *name);
void cli_print_help(const cli_command *command, const dc_accelerator *accelerator);
void cli_print_usage(FILE *stream);

/* ---- talk (talk_cli.c) ---------------------------------------------------------------------- */

void cli_listen(const cli_common *common);
/* Ends a progress line that is still open. */
void cli_progress_end(void);
#define CLI_TEXT_BYTES 32
/* "4:10", "1:02:33"; "0.52/s", "1,920/s". */
const char *cli_time_text(char out[CLI_TEXT_BYTES], double seconds);
const char *cli_rate_text(char out[CLI_TEXT_BYTES], double rate);
/* "0.03251"; "9.302e+30" of a training that went astray. */
const char *cli_loss_text(char out[CLI_TEXT_BYTES], double loss);
/* Libraries that end the program when memory is out do so with our exit code; until main ends. */
void cli_catch_memory_out(void);
void cli_leave(int code);
/* printf for people: what a terminal would obey is shown (say.c). cli_say_failed: it was lost. */
void cli_say(const char *format, ...) DC_PRINTF(1, 2);
bool cli_say_failed(void);
/* One line on stderr: `before`, which is ours, and `text`. */
void cli_say_line(const char *before, const char *text);
/* A line of talk on stderr unless -q. */
void cli_note(const cli_call *call, const char *format, ...) DC_PRINTF(2, 3);
/* dc_run_settings.on_news: a line of talk, details with -v only; payload is the call. */
void cli_hear_news(void *payload, bool is_detail, const char *text);
/* A stated requirement failed: exit code 1, and a line that -q does not silence. */
void cli_unmet(cli_call *call, const char *format, ...) DC_PRINTF(2, 3);

/* ---- interruption (interrupt.c) ------------------------------------------------------------- */

/* Signals remove unfinished output and tell how to go on, then kill as they would have. */
void cli_catch_signals(void);
/* From now on SIGTERM kills without a word. */
void cli_end_quietly(void);
/* Starts the program again, with the same `argv`, where threads would wait spinning
 * (wait_asleep.c). */
void cli_wait_asleep(char **argv);
/* The folder of checkpoints that this run writes to, or NULL. */
void cli_set_work_folder(const char *path);
/* After a failure: how to go on, if there is anything to go on from. */
void cli_tell_work_folder(const cli_call *call, dc_status status);

/* ---- what is read and written (call_files.c) ------------------------------------------------ */

/* Before a command runs: DC_EINPUT when what it writes is missing (-o), is one of its inputs or
 * another of its outputs, by whatever name, exists without -f, or ends as what it is not; DC_EIO
 * when it could not be written. Asked early so that hours of work are not lost to a name. */
DC_MUST_USE dc_status cli_check_files(cli_call *call);
/* The same for a file that no option names. */
DC_MUST_USE dc_status cli_check_further_output(cli_call *call, const char *path);
/* Whether -f was given. */
bool cli_may_replace(const cli_call *call);

/* ---- what commands share (common.c) --------------------------------------------------------- */

/* The call's document, new and empty; its schema is "dcomp.<name>/1". Cleared by main. */
dc_document *cli_document(cli_call *call, const char *name);
/* Draws its charts and prints it on stdout in the form that was asked for. */
DC_MUST_USE dc_status cli_show(cli_call *call);
/* Whether that is text or markdown. */
bool cli_is_for_people(const cli_call *call);
/* The index of the first renderer of sections of this form (DC_FOR_JSON). */
uint32_t cli_format_for(uint32_t form);
/* --dump-input must have samples to show; takes over whether it may replace a file. */
DC_MUST_USE dc_status cli_check_dump(dc_data_settings *data, bool may_replace);
/* DC_EINPUT for a backend's own engine (dc_engine_at) on another backend. */
DC_MUST_USE dc_status cli_check_engine(const cli_call *call, uint32_t index);
/* Sizes, the table of layers and the bytes of each section (show_ledger.c). People see it if
 * `is_shown`; programs always do. */
const char *cli_add_classes(dc_document *d, const dc_model *model);
void cli_add_ledger(dc_document *d, const dc_ledger *ledger, bool is_shown);
/* DC_EINPUT where --explain is asked for and engine number `engine` has nothing to choose; and what
 * one chose (show_choices.c). */
DC_MUST_USE dc_status cli_check_explain(cli_call *call, bool is_asked, uint32_t engine);
void cli_add_choices(dc_document *d, const dc_engine_choices *choices);
/* What a result says beside the network of this name (result->against; show_comparison.c). */
void cli_add_comparison(dc_document *d, const dc_eval_result *result, const char *name,
                        bool is_shown);
/* call->exchange becomes the ranks that train together, if any are asked for (ranks_cli.c). All but
 * the first are silent from then on. */
DC_MUST_USE dc_status cli_join_ranks(cli_call *call, const dc_exchange_settings *settings);
bool cli_is_first_rank(const dc_exchange *exchange);
/* What the exchange took; nothing for NULL. */
void cli_add_exchange(dc_document *d, const dc_exchange *exchange, bool is_shown);
/* The last line of a command that wrote a model: "small.dcm  2,745 bytes, 5.6x" and `more`. */
void cli_add_written(dc_document *d, const char *path, const dc_ledger *ledger, const char *more);
/* The name with another ending, in the same folder: "nets/a.bin" of "nets/a.onnx". From the
 * arena. */
const char *cli_beside(const char *path, const char *ending, dc_arena *arena);
/* A model from a .dcm file, dense. */
DC_MUST_USE dc_status cli_read_model(dc_model **out, cli_call *call, const char *path);
/* The same for engine number `engine`, packed where that takes it so. */
DC_MUST_USE dc_status cli_read_model_for(dc_model **out, cli_call *call, const char *path,
                                         uint32_t engine);
/* A model of zero weights from an architecture file. `advice` is for who gives a model file. */
DC_MUST_USE dc_status cli_read_arch(dc_model **out, const char *path, const char *advice);

/* ---- files of another kind (file_kind.c) ----------------------------------------------------- */

/* DC_ECORRUPT when a model file or another program's network stands where JSON is wanted, which is
 * `what`; `advice` is what to do with a model file. */
DC_MUST_USE dc_status cli_check_json(const char *path, const char *what, const char *advice);
/* DC_EUNSUPPORTED when what is to be imported is known and cannot be, with the way to ONNX. */
DC_MUST_USE dc_status cli_check_foreign(const char *path);

#endif
