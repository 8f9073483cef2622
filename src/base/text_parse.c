/* SPDX-License-Identifier: MIT
 *
 * Numbers and words as people type them. strtod and strtoull do the arithmetic; the first byte is
 * looked at beforehand, since both also take blanks, hexadecimal and "infinity".
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text_parse.h"

bool dc_parse_number(double *out, const char *text)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    const double value = dc_text_number(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool dc_parse_u64(uint64_t *out, const char *text)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0)
        return false;
    *out = value;
    return true;
}

bool dc_parse_size(uint64_t *out, const char *text)
{
    static const char letters[] = "KMGT";
    char digits[24];
    const size_t n = strspn(text, "0123456789");
    const char *unit = text + n;
    const char *letter = *unit != '\0' ? strchr(letters, *unit) : NULL;
    if (letter == NULL)
        return dc_parse_u64(out, text);
    const bool is_decimal = strcmp(unit + 1, "B") == 0;
    if (n >= sizeof digits || (unit[1] != '\0' && !is_decimal && strcmp(unit + 1, "iB") != 0))
        return false;
    memcpy(digits, text, n);
    digits[n] = '\0';
    uint64_t value;
    if (!dc_parse_u64(&value, digits))
        return false;
    for (const char *step = letters; step <= letter; step++) {
        const uint64_t factor = is_decimal ? 1000 : 1024;
        if (value > UINT64_MAX / factor)
            return false;
        value *= factor;
    }
    *out = value;
    return true;
}

bool dc_parse_bool(bool *out, const char *text)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < DC_COUNT_OF(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

const char *dc_choice_at(const char *choices, uint32_t index, size_t *length)
{
    for (; index > 0; index--) {
        choices = strchr(choices, '|');
        if (!choices)
            return NULL;
        choices++;
    }
    *length = strcspn(choices, "|");
    return choices;
}
