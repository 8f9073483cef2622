/* SPDX-License-Identifier: MIT
 *
 * UTF-8 (RFC 3629): the lead byte gives the length and the range of the second byte, which alone
 * rules out overlong forms, surrogates and values over U+10FFFF; the rest are 80..BF.
 *
 * Texts of files may hold what a terminal obeys: escape sequences that change its title or its
 * colours, characters that turn what follows around, line ends that forge a message.
 */
#include <stdio.h>
#include <string.h>

#include "dcomp/file.h"

/* Bytes of the sequence that starts with `lead`, or 0; sets the range of its second byte. */
static unsigned sequence_bytes(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return lead != 0;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Bytes of the character that starts at text[0] of n bytes, or 0 where none does. */
static unsigned character_bytes(const uint8_t *text, uint64_t n)
{
    uint8_t low, high;
    const unsigned n_bytes = sequence_bytes(text[0], &low, &high);
    if (n_bytes == 0 || n_bytes > n)
        return 0;
    for (unsigned k = 1; k < n_bytes; k++) {
        if (text[k] < low || text[k] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return n_bytes;
}

bool dc_utf8_is_valid(const uint8_t *text, uint64_t n)
{
    for (uint64_t i = 0; i < n;) {
        const unsigned n_bytes = character_bytes(text + i, n - i);
        if (n_bytes == 0)
            return false;
        i += n_bytes;
    }
    return true;
}

static uint32_t code_point(const uint8_t *text, unsigned n_bytes)
{
    static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t point = text[0] & masks[n_bytes];
    for (unsigned k = 1; k < n_bytes; k++)
        point = point << 6 | (text[k] & 0x3fu);
    return point;
}

/* What is obeyed, not shown. */
static bool is_command(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },   { 0x200e, 0x200f },
        { 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfff9, 0xfffb },
    };
    for (size_t i = 0; i < DC_COUNT_OF(ranges); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

bool dc_text_is_plain(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    for (uint64_t n = strlen(text); n > 0;) {
        const unsigned n_bytes = character_bytes(at, n);
        if (n_bytes == 0 || is_command(code_point(at, n_bytes)))
            return false;
        at += n_bytes;
        n -= n_bytes;
    }
    return true;
}

void dc_text_show(char *out, size_t size, const char *text, bool keeps_lines)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t n_out = 0;
    for (uint64_t n = strlen(text); n > 0;) {
        char shown[16];
        const unsigned n_bytes = character_bytes(at, n);
        const uint32_t point = n_bytes > 0 ? code_point(at, n_bytes) : at[0];
        size_t n_shown = n_bytes;
        if (n_bytes > 0 && (!is_command(point) || (point == '\n' && keeps_lines)))
            memcpy(shown, at, n_bytes);
        else
            n_shown = (size_t)snprintf(shown, sizeof shown, n_bytes < 2 ? "\\x%02x" : "\\u%04x",
                                       (unsigned)point);
        if (n_out + n_shown >= size)
            break;
        memcpy(out + n_out, shown, n_shown);
        n_out += n_shown;
        at += DC_MAX(n_bytes, 1u);
        n -= DC_MAX(n_bytes, 1u);
    }
    out[n_out] = '\0';
}

/* UTF-16 without a mark is recognised by a 0 in the first letter. */
static bool is_utf16(const dc_file_view *text)
{
    if (text->size < 2)
        return false;
    return memcmp(text->data, "\xff\xfe", 2) == 0 || memcmp(text->data, "\xfe\xff", 2) == 0 ||
           (text->data[0] == 0) != (text->data[1] == 0);
}

dc_status dc_text_begin(dc_file_view *text, const char *subject)
{
    if (is_utf16(text))
        return dc_fail(DC_EUNSUPPORTED, "'%s' is UTF-16 text; save it as UTF-8", subject);
    if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->data += 3;
        text->size -= 3;
    }
    return DC_OK;
}
