/* SPDX-License-Identifier: MIT
 *
 * A text as symbols: pieces of its bytes, how pieces are named, and which numbers a model has for
 * them. Names stand in its class names (docs/data.md).
 */
#include "symbols.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces of a text ------------------------------------------------------------------------ */

static bool is_of_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

bool symbols_is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint32_t character_at(const uint8_t *at, const uint8_t *end)
{
    const uint32_t n = *at < 0xc0 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    return (uint32_t)DC_MIN((uint64_t)n, (uint64_t)(end - at));
}

/* Letters and digits, with apostrophes between them; or another character. What is longer than a
 * name can be is cut between two characters. */
static uint32_t word_at(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *to = at;
    while (to < end && (is_of_word(*to) || (*to == '\'' && to > at && to + 1 < end &&
                                            is_of_word(to[1]))))
        to++;
    if (to - at <= INT16_MAX)
        return to > at ? (uint32_t)(to - at) : 1;
    uint32_t n = INT16_MAX;
    while ((at[n] & 0xc0) == 0x80)
        n--;
    return n;
}

symbol_piece symbols_next(const uint8_t **at, const symbol_text *in)
{
    const uint8_t *end = in->bytes + in->n;
    while (in->is_words && *at < end && symbols_is_blank(**at))
        (*at)++;
    symbol_piece p = { *at, 0 };
    if (*at < end)
        p.n = in->is_words ? word_at(*at, end) : character_at(*at, end);
    *at += p.n;
    return p;
}

int symbols_by_bytes(const void *a, const void *b)
{
    const symbol_piece *x = a, *y = b;
    const int order = memcmp(x->at, y->at, DC_MIN(x->n, y->n));
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* ---- names of symbols ------------------------------------------------------------------------ */

/* What a name cannot have is written as in C, and a space as \s. */
static const struct {
    char byte, letter;
} escapes[] = { { ' ', 's' }, { '\n', 'n' }, { '\t', 't' }, { '\r', 'r' }, { '\\', '\\' } };

const char *symbols_name(const symbol_piece *p, dc_arena *arena)
{
    char *name = dc_arena_take(arena, 4 * (uint64_t)p->n + 1, 1);
    static const char hex[] = "0123456789abcdef";
    uint64_t n = 0;
    for (uint32_t i = 0; name != NULL && i < p->n; i++) {
        const uint8_t c = p->at[i];
        size_t k = 0;
        while (k < DC_COUNT_OF(escapes) && escapes[k].byte != (char)c)
            k++;
        if (k < DC_COUNT_OF(escapes)) {
            name[n++] = '\\';
            name[n++] = escapes[k].letter;
        } else if (c < 0x20 || c == 0x7f) {
            name[n++] = '\\';
            name[n++] = 'x';
            name[n++] = hex[c >> 4];
            name[n++] = hex[c & 15];
        } else {
            name[n++] = (char)c;
        }
    }
    return name;
}

static uint32_t digit_of(char c)
{
    return c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
           : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                                  : 16;
}

symbol_piece symbols_piece(const char *name, dc_arena *arena)
{
    uint8_t *bytes = dc_arena_take(arena, strlen(name) + 1, 1);
    symbol_piece p = { bytes, 0 };
    for (; bytes != NULL && *name != '\0'; name++) {
        uint8_t c = (uint8_t)*name;
        size_t k = 0;
        if (c == '\\') {
            name++;
            while (k < DC_COUNT_OF(escapes) && escapes[k].letter != *name)
                k++;
            const bool is_hex = *name == 'x' && digit_of(name[1]) < 16 && digit_of(name[2]) < 16;
            if (k == DC_COUNT_OF(escapes) && !is_hex)
                return (symbol_piece){ bytes, 0 };
            c = is_hex ? (uint8_t)(digit_of(name[1]) * 16 + digit_of(name[2]))
                       : (uint8_t)escapes[k].byte;
            name += is_hex ? 2 : 0;
        }
        bytes[p.n++] = c;
    }
    return p;
}

const char *dc_data_symbol_text(const char *class_name, dc_arena *arena)
{
    const symbol_piece p = symbols_piece(class_name, arena); /* ends with a 0 */
    return p.n > 0 ? (const char *)p.at : "";
}

/* ---- the symbols of a model ------------------------------------------------------------------ */

dc_status symbols_of_names(symbol_table *out, const dc_data_request *request, dc_arena *arena)
{
    symbol_table table = { .unknown = DC_NONE };
    table.symbols = dc_arena_take(arena, request->n_class_names, sizeof *table.symbols);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const char *name = request->class_names[i];
        const symbol_piece p = symbols_piece(name, arena);
        DC_TRY(arena->status);
        if (strcmp(name, SYMBOLS_UNKNOWN) == 0)
            table.unknown = i;
        else if (p.n > 0)
            table.symbols[table.n++] = (symbol){ .piece = p, .number = i };
    }
    qsort(table.symbols, table.n, sizeof *table.symbols, symbols_by_bytes);
    *out = table;
    return DC_OK;
}

bool symbols_are_words(const dc_data_request *request, dc_arena *arena)
{
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const symbol_piece p = symbols_piece(request->class_names[i], arena);
        if (p.n > 1 && character_at(p.at, p.at + p.n) < p.n &&
            strcmp(request->class_names[i], SYMBOLS_UNKNOWN) != 0)
            return true;
    }
    return false;
}

/* ---- a text ---------------------------------------------------------------------------------- */

/* Words differ in more than their case: capitals are made small. */
static void make_small(uint8_t *bytes, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (uint8_t)(bytes[i] - 'A' + 'a');
}

static dc_status check_utf8(const symbol_text *in)
{
    uint64_t line = 1, from = 0;
    if (dc_utf8_is_valid(in->bytes, in->n))
        return DC_OK;
    for (uint64_t i = 0; i < in->n; i++) {
        if (in->bytes[i] != '\n')
            continue;
        if (!dc_utf8_is_valid(in->bytes + from, i + 1 - from))
            break;
        from = i + 1;
        line++;
    }
    const uint8_t *end = memchr(in->bytes + from, '\n', in->n - from);
    const uint64_t n_line = (end != NULL ? (uint64_t)(end - in->bytes) : in->n) - from;
    if (memchr(in->bytes + from, '\0', n_line) != NULL)
        return dc_fail(DC_ECORRUPT, "line %" PRIu64 " of '%s' has a byte of 0, which no text has",
                       line, in->path);
    return dc_fail(DC_ECORRUPT, "line %" PRIu64 " of '%s' is not UTF-8", line, in->path);
}

dc_status symbols_take_text(symbol_text *out, const void *bytes, uint64_t n, const char *path,
                            bool is_words, dc_arena *arena)
{
    symbol_text text = { .path = path, .n = n, .is_words = is_words };
    text.bytes = dc_arena_take(arena, n, 1);
    DC_TRY(arena->status);
    if (n > 0)
        memcpy(text.bytes, bytes, n);
    DC_TRY(check_utf8(&text));
    if (is_words)
        make_small(text.bytes, n);
    for (const uint8_t *at = text.bytes; symbols_next(&at, &text).n > 0;)
        text.n_pieces++;
    *out = text;
    return DC_OK;
}

/* ---- its numbers ----------------------------------------------------------------------------- */

static dc_status fail_piece(const symbol_piece *p, const symbol_text *in, uint64_t index,
                            const char *what, dc_arena *scratch)
{
    return dc_fail(DC_EINPUT, "the model has no %s for '%s', %s %" PRIu64 " of '%s'", what,
                   symbols_name(&(symbol_piece){ p->at, DC_MIN(p->n, 40u) }, scratch),
                   in->is_words ? "word" : "character", index + 1, in->path);
}

dc_status symbols_number(uint32_t *out, const symbol_table *table, const symbol_text *in,
                         uint32_t n_rows, dc_arena *scratch)
{
    const uint8_t *at = in->bytes;
    for (uint64_t i = 0; i < in->n_pieces; i++) {
        const symbol_piece p = symbols_next(&at, in);
        const symbol *found =
            bsearch(&p, table->symbols, table->n, sizeof *table->symbols, symbols_by_bytes);
        if (found == NULL && table->unknown == DC_NONE)
            return fail_piece(&p, in, i, "symbol", scratch);
        if (found != NULL && found->number >= n_rows)
            return fail_piece(&p, in, i, "row in its embedding", scratch);
        out[i] = found != NULL ? found->number : table->unknown;
    }
    return DC_OK;
}

void symbols_warn_of_unknown(const symbol_table *table, const uint32_t *numbers, uint64_t n,
                             const char *path, bool is_words)
{
    uint64_t n_unknown = 0;
    for (uint64_t i = 0; i < n; i++)
        n_unknown += numbers[i] == table->unknown;
    if (n_unknown > n / 2)
        dc_warn("%.0f %% of the %s of '%s' are none of the model's symbols: all of them are "
                SYMBOLS_UNKNOWN, 100.0 * (double)n_unknown / (double)n,
                is_words ? "words" : "characters", path);
}
