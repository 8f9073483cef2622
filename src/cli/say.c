/* SPDX-License-Identifier: MIT
 *
 * All that people read goes through here: names, messages and histories come from files, and a
 * terminal must show what is in them, not obey it. What a line of ours ends with stays.
 */
#include <stdarg.h>
#include <string.h>

#include "cli.h"

static bool has_failed; /* what was to be printed is lost */

bool cli_say_failed(void)
{
    return has_failed;
}

void cli_say(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = dc_vprint(NULL, 0, format, args);
    const size_t n_text = n > 0 ? (size_t)n : 0;
    char *text = dc_grow(NULL, 7 * n_text + 2, 1); /* as it is, and six bytes for each shown */
    if (text != NULL) {
        dc_vprint(text, n_text + 1, format, again);
        dc_text_show(text + n_text + 1, 6 * n_text + 1, text, true);
        fputs(text + n_text + 1, stdout);
    }
    has_failed = has_failed || text == NULL;
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
