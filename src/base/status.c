/* SPDX-License-Identifier: MIT
 *
 * Codes, their short texts, and one message per thread. A message is formatted aside first, so
 * that dc_message() may be an argument of the very call that replaces it.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "dcomp/base.h"

#define MESSAGE_SIZE 501 /* 500 bytes and the NUL */

static _Thread_local char message[MESSAGE_SIZE];

dc_status dc_fail(dc_status code, const char *format, ...)
{
    assert(code < 0);
    char fresh[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    dc_vprint(fresh, sizeof fresh, format, args);
    va_end(args);
    memcpy(message, fresh, sizeof message);
    return code;
}

dc_status dc_fail_within(dc_status code, const char *subject)
{
    return code < 0 ? dc_fail(code, "%s: %s", subject, message) : code;
}

dc_status dc_fail_system(const char *verb, const char *path)
{
    const int error = errno;
    return dc_fail(error == ENOMEM ? DC_ENOMEM : DC_EIO, "cannot %s '%s': %s", verb, path,
                   strerror(error));
}

const char *dc_message(void)
{
    return message;
}

const char *dc_status_text(dc_status code)
{
    switch (code) {
#define STATUS_TEXT(name, value, text) \
    case name:                         \
        return text;
        DC_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}
