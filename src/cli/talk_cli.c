/* SPDX-License-Identifier: MIT
 *
 * Talk goes to stderr: warnings, notes, and one progress line with rate and time left that rewrites
 * itself on a terminal. Without a terminal, progress says nothing unless --progress always, then a
 * line at each tenth. NO_COLOR is honoured.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define REDRAW_SECONDS 0.1

typedef struct talker {
    bool is_quiet, is_live, is_plain, has_colour, is_open;
    char label[64];
    double started, drawn;
    uint64_t last_tenth;
} talker;

static talker the_talker; /* there is one stderr */

void cli_progress_end(void)
{
    if (the_talker.is_open)
        fputs("\r\033[K", stderr);
    the_talker.is_open = false;
}

static void warn(void *payload, const char *text)
{
    (void)payload;
    if (the_talker.is_quiet)
        return;
    cli_progress_end();
    fprintf(stderr,
            the_talker.has_colour ? "dcomp: \033[33mwarning:\033[0m %s\n" : "dcomp: warning: %s\n",
            text);
}

static void draw(const char *label, uint64_t done, uint64_t total, const char *extra,
                 double seconds)
{
    const double rate = seconds > 0 ? (double)done / seconds : 0;
    const double left = rate > 0 && total > done ? (double)(total - done) / rate : 0;
    const unsigned percent = total > 0 ? (unsigned)(100 * done / total) : 100;
    char pace[64] = "";
    if (rate > 0)
        snprintf(pace, sizeof pace, "  %.4g/s  %u:%02u left", rate, (unsigned)left / 60,
                 (unsigned)left % 60);
    /* In one piece: an interruption must find whole lines. */
    fprintf(stderr, "%s%s %3u%%  %llu/%llu%s%s%s%s", the_talker.is_live ? "\r\033[K" : "", label,
            percent, (unsigned long long)done, (unsigned long long)total, pace,
            extra[0] != '\0' ? "  " : "", extra, the_talker.is_live ? "" : "\n");
    the_talker.is_open = the_talker.is_live;
}

static void progress(void *payload, const char *label, uint64_t done, uint64_t total,
                     const char *extra)
{
    (void)payload;
    talker *t = &the_talker;
    const double now = dc_clock_seconds();
    if (strncmp(label, t->label, sizeof t->label - 1) != 0) {
        snprintf(t->label, sizeof t->label, "%s", label);
        t->started = now;
        t->drawn = 0;
        t->last_tenth = 0;
    }
    const uint64_t tenth = total > 0 ? 10 * done / total : 10;
    if (t->is_live && (now - t->drawn >= REDRAW_SECONDS || done == total)) {
        t->drawn = now;
        draw(label, done, total, extra, now - t->started);
    }
    if (t->is_plain && tenth > t->last_tenth) {
        t->last_tenth = tenth;
        draw(label, done, total, extra, now - t->started);
    }
    if (done >= total) {
        cli_progress_end();
        t->label[0] = '\0';
    }
}

void cli_listen(const cli_common *common)
{
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    const char *no_colour = getenv("NO_COLOR");
    the_talker.is_quiet = common->is_quiet;
    the_talker.is_live = is_terminal && common->progress != 2 && !common->is_quiet;
    the_talker.is_plain = !is_terminal && common->progress == 1 && !common->is_quiet;
    the_talker.has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0');
    static const dc_listener listener = { NULL, warn, progress };
    dc_set_listener(&listener);
}

void cli_unmet(cli_call *call, const char *format, ...)
{
    va_list args;
    call->is_unmet = true;
    cli_progress_end();
    va_start(args, format);
    fputs("dcomp: not met: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void cli_note(const cli_call *call, const char *format, ...)
{
    if (call->common->is_quiet)
        return;
    cli_progress_end();
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
