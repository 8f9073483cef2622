/* SPDX-License-Identifier: MIT
 *
 * All that people read goes through here: names, messages and histories come from files, and a
 * terminal must show what is in them, not obey it. What a line of ours ends with stays.
 */
#include <stdarg.h>

#include "cli.h"

static bool has_failed; /* what was to be printed is lost */

bool cli_say_failed(void)
{
    return has_failed;
}

/* Lines need no memory, which may be out; tables do. */
void cli_say(const char *format, ...)
{
    char line[500], shown[6 * sizeof line];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = dc_vprint(line, sizeof line, format, args);
    const size_t n_text = n > 0 ? (size_t)n + 1 : 1;
    const bool is_long = n_text > sizeof line;
    char *text = is_long ? dc_grow(NULL, 7 * n_text, 1) : NULL;
    if (text != NULL) {
        dc_vprint(text, n_text, format, again);
        dc_text_show(text + n_text, 6 * n_text, text, true);
        fputs(text + n_text, stdout);
    } else if (!is_long) {
        dc_text_show(shown, sizeof shown, line, true);
        fputs(shown, stdout);
    }
    has_failed = has_failed || (is_long && text == NULL);
    dc_release(text);
    va_end(again);
    va_end(args);
}

void cli_say_line(const char *before, const char *text)
{
    char shown[4096];
    dc_text_show(shown, sizeof shown, text, false);
    fprintf(stderr, "%s%s\n", before, shown);
}
