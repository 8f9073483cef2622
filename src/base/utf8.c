/* SPDX-License-Identifier: MIT
 *
 * UTF-8 (RFC 3629): the lead byte gives the length and the range of the second byte, which alone
 * rules out overlong forms, surrogates and values over U+10FFFF; the rest are 80..BF.
 */
#include <string.h>

#include "dcomp/base.h"

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

bool dc_utf8_is_valid(const uint8_t *text, uint64_t n)
{
    for (uint64_t i = 0; i < n;) {
        uint8_t low, high;
        const unsigned n_bytes = sequence_bytes(text[i], &low, &high);
        if (n_bytes == 0 || n_bytes > n - i)
            return false;
        for (unsigned k = 1; k < n_bytes; k++) {
            if (text[i + k] < low || text[i + k] > high)
                return false;
            low = 0x80;
            high = 0xbf;
        }
        i += n_bytes;
    }
    return true;
}

/* UTF-16 without a mark is told by a 0 in the first letter. */
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
