/* SPDX-License-Identifier: MIT
 *
 * Talk goes to stderr: warnings, notes, and one line of progress: what is done, how much of the
 * whole, how fast, how long it will still take. On a terminal the line rewrites itself and is gone
 * at the end. Elsewhere a line appears every half a minute; with --progress always one at each
 * tenth and each new piece of work. NO_COLOR is honoured.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define REDRAW_SECONDS 0.1
#define SPARSE_SECONDS 30.0
#define FIRST_SECONDS 1.0 /* before that, no guess of how long it will take */
#define MAX_COLUMNS 200
#define MAX_TEXT 1024

enum { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER }; /* cli_common.progress */

typedef enum style { STYLE_NONE, STYLE_LIVE, STYLE_SPARSE, STYLE_PLAIN } style;

typedef struct talker {
    bool is_quiet, has_colour, is_open;
    style style;
    char label[64], where[160]; /* of the last report */
    double label_started, drawn; /* [s]                */
    uint64_t label_first;        /* done when it began */
    unsigned tenth;
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
    cli_say_line(the_talker.has_colour ? "dcomp: \033[33mwarning:\033[0m " : "dcomp: warning: ",
                 text);
}

/* ---- the line of progress ---- */

const char *cli_time_text(char out[CLI_TEXT_BYTES], double seconds)
{
    const unsigned long s = (unsigned long)fmin(fmax(seconds, 0), 1e9);
    if (s < 3600)
        snprintf(out, CLI_TEXT_BYTES, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(out, CLI_TEXT_BYTES, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    return out;
}

const char *cli_rate_text(char out[CLI_TEXT_BYTES], double rate)
{
    char count[DC_TEXT_COUNT_BYTES];
    if (rate < 9.95)
        snprintf(out, CLI_TEXT_BYTES, "%.2g/s", rate);
    else
        snprintf(out, CLI_TEXT_BYTES, "%.28s/s",
                 dc_text_count(count, (uint64_t)llround(fmin(rate, 1e12))));
    return out;
}

const char *cli_loss_text(char out[CLI_TEXT_BYTES], double loss)
{
    if (isnan(loss)) /* whose sign means nothing, and differs by processor */
        snprintf(out, CLI_TEXT_BYTES, "nan");
    else
        snprintf(out, CLI_TEXT_BYTES, fabs(loss) < 1e5 ? "%.5f" : "%.4g", loss);
    return out;
}

typedef struct line {
    char text[MAX_COLUMNS + 1];
    size_t n;
} line;

DC_PRINTF(2, 3) static void put(line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, format, args);
    va_end(args);
    l->n = DC_MIN(l->n + (size_t)DC_MAX(n, 0), sizeof l->text - 1);
}

/* "4:10 left of 11:30", once there is something to tell it from. */
static void put_left(line *l, const dc_progress_report *r, double seconds)
{
    char left_text[CLI_TEXT_BYTES], all_text[CLI_TEXT_BYTES];
    const double worked = r->whole - (r->is_part ? r->skipped : 0);
    if (!(worked > 0) || seconds < FIRST_SECONDS)
        return;
    const double left = (1 - r->whole) * seconds / worked;
    if (r->is_most)
        put(l, "  at most %s left", cli_time_text(left_text, left));
    else
        put(l, "  %s left of %s", cli_time_text(left_text, left),
            cli_time_text(all_text, seconds + left));
}

static void compose(line *l, const dc_progress_report *r, double now)
{
    char rate[CLI_TEXT_BYTES];
    const double seconds = now - the_talker.label_started;
    const bool has_both = r->where[0] != '\0' && r->label[0] != '\0';
    put(l, "%s%s%s %3u%%", r->where, has_both ? "  " : "", r->label, (unsigned)(100 * r->whole));
    if (!r->is_part)
        put(l, "  %llu/%llu", (unsigned long long)r->done, (unsigned long long)r->total);
    if (r->label[0] != '\0' && r->done > the_talker.label_first && seconds > 0)
        put(l, "  %s",
            cli_rate_text(rate, (double)(r->done - the_talker.label_first) / seconds));
    put_left(l, r, r->is_part ? r->seconds : seconds);
    if (r->extra[0] != '\0')
        put(l, "  %s", r->extra);
}

/* A line that wraps could not be rewritten. */
static unsigned terminal_columns(void)
{
    struct winsize size;
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return is_known ? DC_MIN(size.ws_col - 1u, MAX_COLUMNS) : 79;
}

static void draw(const dc_progress_report *r, double now)
{
    line l = { .n = 0 };
    const bool is_live = the_talker.style == STYLE_LIVE;
    char shown[MAX_COLUMNS + 1];
    compose(&l, r, now);
    dc_text_show(shown, sizeof shown, l.text, false);
    /* In one piece: an interruption must find whole lines. */
    if (is_live)
        fprintf(stderr, "\r\033[K%.*s", (int)terminal_columns(), shown);
    else
        fprintf(stderr, "%s\n", shown);
    the_talker.is_open = is_live;
    the_talker.drawn = now;
}

static bool is_time_to_draw(const dc_progress_report *r, double now, bool is_new_piece)
{
    const talker *t = &the_talker;
    const bool is_next = is_new_piece || (unsigned)(10 * r->whole) > t->tenth;
    switch (t->style) {
    case STYLE_NONE: return false;
    case STYLE_LIVE: return now - t->drawn >= REDRAW_SECONDS || r->whole >= 1;
    case STYLE_SPARSE: return now - t->drawn >= SPARSE_SECONDS;
    case STYLE_PLAIN: return is_next;
    }
    return false;
}

static void progress(void *payload, const dc_progress_report *r)
{
    (void)payload;
    talker *t = &the_talker;
    const double now = dc_clock_seconds();
    const bool is_new_piece = strncmp(r->where, t->where, sizeof t->where - 1) != 0;
    if (strncmp(r->label, t->label, sizeof t->label - 1) != 0) {
        snprintf(t->label, sizeof t->label, "%s", r->label);
        t->label_started = now;
        t->label_first = r->done;
        t->tenth = r->is_part ? t->tenth : 0;
    }
    if ((r->where[0] != '\0' || r->label[0] != '\0') && is_time_to_draw(r, now, is_new_piece))
        draw(r, now);
    snprintf(t->where, sizeof t->where, "%s", r->where);
    t->tenth = (unsigned)(10 * r->whole);
    if (r->is_over) {
        cli_progress_end();
        t->label[0] = t->where[0] = '\0';
        t->tenth = 0;
    }
}

static style style_of(const cli_common *common, bool is_terminal)
{
    if (common->is_quiet || common->progress == PROGRESS_NEVER)
        return STYLE_NONE;
    if (is_terminal)
        return STYLE_LIVE;
    return common->progress == PROGRESS_ALWAYS ? STYLE_PLAIN : STYLE_SPARSE;
}

void cli_listen(const cli_common *common)
{
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    const char *no_colour = getenv("NO_COLOR");
    the_talker.is_quiet = common->is_quiet;
    the_talker.style = style_of(common, is_terminal);
    the_talker.has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0');
    the_talker.drawn = the_talker.style == STYLE_SPARSE ? dc_clock_seconds() : 0;
    static const dc_listener listener = { NULL, warn, progress };
    dc_set_listener(&listener);
}

/* ---- lines ---- */

void cli_unmet(cli_call *call, const char *format, ...)
{
    va_list args;
    call->is_unmet = true;
    cli_progress_end();
    char text[MAX_TEXT];
    va_start(args, format);
    dc_vprint(text, sizeof text, format, args);
    va_end(args);
    cli_say_line("dcomp: not met: ", text);
}

void cli_note(const cli_call *call, const char *format, ...)
{
    if (call->common->is_quiet)
        return;
    cli_progress_end();
    char text[MAX_TEXT];
    va_list args;
    va_start(args, format);
    dc_vprint(text, sizeof text, format, args);
    va_end(args);
    cli_say_line("", text);
}

void cli_hear_news(void *payload, bool is_detail, const char *text)
{
    const cli_call *call = payload;
    if (!is_detail || call->common->is_verbose)
        cli_note(call, "%s", text);
}
