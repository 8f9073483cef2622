/* SPDX-License-Identifier: MIT
 *
 * A strict JSON grammar check (RFC 8259) that builds nothing. It goes by a loop and a stack of
 * open brackets, 64 at most, so a hostile text cannot exhaust the C stack; the tree builder that
 * follows recurses, on texts that passed here only.
 *
 * One turn of the loop reads one value or one closing bracket, then what must come next:
 *
 *     value     -> after_value: ',' (then key or value), or the closing bracket, or the end
 *     '[' '{'   -> pushed; a closing bracket may follow at once
 */
#include <stdio.h>
#include <string.h>

#include "json_scan.h"

typedef struct scan {
    const char *text;
    uint64_t n, pos;
    uint64_t n_keys, wanted_key, key_pos; /* key_pos: where the wanted key starts */
    const char *fault;                    /* NULL: none so far */
    unsigned depth;
    char open[DC_JSON_MAX_DEPTH];
} scan;

static bool fault(scan *s, const char *what)
{
    if (!s->fault)
        s->fault = what;
    return false;
}

static char look(const scan *s)
{
    return s->pos < s->n ? s->text[s->pos] : '\0';
}

static bool take(scan *s, char c)
{
    if (s->pos >= s->n || s->text[s->pos] != c)
        return false;
    s->pos++;
    return true;
}

static void skip_blanks(scan *s)
{
    while (s->pos < s->n && memchr(" \t\r\n", s->text[s->pos], 4))
        s->pos++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_digits(scan *s)
{
    if (!is_digit(look(s)))
        return fault(s, "digit expected");
    while (is_digit(look(s)))
        s->pos++;
    return true;
}

static bool scan_number(scan *s)
{
    take(s, '-');
    if (!take(s, '0') && !scan_digits(s))
        return false;
    if (is_digit(look(s)))
        return fault(s, "number starts with 0");
    if (take(s, '.') && !scan_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        return scan_digits(s);
    }
    return true;
}

/* The four digits after \u; 0 (which is refused anyway) when there are none. */
static unsigned scan_hex4(scan *s)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = s->pos < s->n ? memchr(digits, s->text[s->pos], 32) : NULL;
        if (!digit)
            return 0;
        value = value << 4 | (unsigned)(digit - digits) % 16;
        s->pos++;
    }
    return value;
}

static bool scan_escape(scan *s)
{
    if (s->pos < s->n && memchr("\"\\/bfnrt", s->text[s->pos], 8)) {
        s->pos++;
        return true;
    }
    if (!take(s, 'u'))
        return fault(s, "unknown escape");
    const unsigned unit = scan_hex4(s);
    if (unit == 0)
        return fault(s, "bad \\u escape");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit > 0xdbff || !take(s, '\\') || !take(s, 'u'))
        return fault(s, "half a surrogate pair");
    const unsigned low = scan_hex4(s);
    return (low >= 0xdc00 && low <= 0xdfff) || fault(s, "half a surrogate pair");
}

static bool scan_text(scan *s)
{
    const uint64_t start = s->pos;
    if (!take(s, '"'))
        return fault(s, "'\"' expected");
    while (!take(s, '"')) {
        if (s->pos >= s->n)
            return fault(s, "text without end");
        if ((unsigned char)s->text[s->pos] < 0x20)
            return fault(s, "control byte in a text");
        if (s->text[s->pos++] == '\\' && !scan_escape(s))
            return false;
    }
    if (dc_utf8_is_valid((const uint8_t *)s->text + start, s->pos - start))
        return true;
    s->pos = start;
    return fault(s, "text is not UTF-8");
}

static bool scan_word(scan *s, const char *word)
{
    const size_t n = strlen(word);
    if (s->n - s->pos < n || memcmp(s->text + s->pos, word, n) != 0)
        return fault(s, "value expected");
    s->pos += n;
    return true;
}

static bool scan_key(scan *s)
{
    skip_blanks(s);
    if (s->n_keys++ == s->wanted_key)
        s->key_pos = s->pos;
    if (!scan_text(s))
        return false;
    skip_blanks(s);
    return take(s, ':') || fault(s, "':' expected");
}

static bool scan_plain_value(scan *s)
{
    switch (look(s)) {
    case '"':
        return scan_text(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return look(s) == '-' || is_digit(look(s)) ? scan_number(s) : fault(s, "value expected");
    }
}

/* After a value: close what closes, until a comma opens the way to the next value. */
static bool scan_after_value(scan *s)
{
    while (s->depth > 0) {
        const char bracket = s->open[s->depth - 1];
        skip_blanks(s);
        if (take(s, ','))
            return bracket == '[' || scan_key(s);
        if (!take(s, bracket == '[' ? ']' : '}'))
            return fault(s, bracket == '[' ? "',' or ']' expected" : "',' or '}' expected");
        s->depth--;
    }
    return true;
}

/* True when the bracket closes at once, so that a whole value has been read. */
static bool scan_open(scan *s)
{
    if (s->depth == DC_JSON_MAX_DEPTH)
        return fault(s, "nested too deep");
    const char bracket = s->text[s->pos++];
    skip_blanks(s);
    if (take(s, bracket == '[' ? ']' : '}'))
        return true;
    s->open[s->depth++] = bracket;
    if (bracket == '{')
        scan_key(s);
    return false;
}

static void scan_all(scan *s)
{
    do {
        skip_blanks(s);
        const bool is_bracket = look(s) == '[' || look(s) == '{';
        if (is_bracket ? scan_open(s) : scan_plain_value(s))
            scan_after_value(s);
    } while (!s->fault && s->depth > 0);
    skip_blanks(s);
    if (!s->fault && s->pos < s->n)
        fault(s, "something follows the value");
}

static dc_json_place place_of(const char *text, uint64_t pos)
{
    dc_json_place place = { 1, 1 };
    for (uint64_t i = 0; i < pos; i++) {
        place.column = text[i] == '\n' ? 1 : place.column + 1;
        place.line += text[i] == '\n';
    }
    return place;
}

dc_status dc_json_scan(const char *text, uint64_t n, const char *subject)
{
    scan s = { .text = text, .n = n, .wanted_key = UINT64_MAX };
    scan_all(&s);
    if (!s.fault)
        return DC_OK;
    const dc_json_place at = place_of(text, s.pos);
    return dc_fail(DC_ECORRUPT, "%s in '%s' at line %u, column %u", s.fault, subject, at.line,
                   at.column);
}

dc_json_place dc_json_key_place(const char *text, uint64_t n, uint64_t ordinal)
{
    scan s = { .text = text, .n = n, .wanted_key = ordinal };
    scan_all(&s);
    return place_of(text, s.key_pos);
}
