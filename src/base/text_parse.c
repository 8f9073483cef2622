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

bool dc_text_ends_with(const char *text, const char *ending)
{
    const size_t n = strlen(text), n_ending = strlen(ending);
    return n > n_ending && strcmp(text + n - n_ending, ending) == 0;
}

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

/* How many times 1,000, or 1,024, the unit is: "m", "MB", "MiB"; false when it is none. */
static bool parse_unit(unsigned *n_steps, uint64_t *factor, const char *unit)
{
    static const char letters[] = "kmgtKMGT";
    const char *letter = *unit != '\0' ? strchr(letters, *unit) : NULL;
    if (letter == NULL)
        return false;
    const char *rest = unit + 1;
    const bool is_decimal = strcmp(rest, "B") == 0 || strcmp(rest, "b") == 0;
    *n_steps = (unsigned)(letter - letters) % 4 + 1;
    *factor = is_decimal ? 1000 : 1024;
    return is_decimal || *rest == '\0' || strcmp(rest, "iB") == 0 || strcmp(rest, "ib") == 0;
}

bool dc_parse_size(uint64_t *out, const char *text)
{
    char digits[24];
    const size_t n = strspn(text, "0123456789");
    unsigned n_steps = 0;
    uint64_t factor = 1, value;
    if (n >= sizeof digits || (text[n] != '\0' && !parse_unit(&n_steps, &factor, text + n)))
        return false;
    memcpy(digits, text, n);
    digits[n] = '\0';
    if (!dc_parse_u64(&value, digits))
        return false;
    while (n_steps-- > 0) {
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
