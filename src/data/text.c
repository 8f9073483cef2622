/* SPDX-License-Identifier: MIT
 *
 * text:FILE and words:FILE, a text as symbols: characters, or words. A sample is so many symbols as
 * the model has steps, its labels are the symbols that follow each, and the next sample goes on
 * where it ends. What the symbols are stands in the model's class names (docs/data.md); a model
 * without any gets those of the text.
 */
#include "dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES (UINT64_C(1) << 32)
#define UNKNOWN "<unk>"

/* A symbol as it stands in the text. */
typedef struct piece {
    const uint8_t *at;
    uint32_t n;
} piece;

typedef struct symbol {
    piece piece;
    uint32_t number;
    uint64_t count;
} symbol;

typedef struct text_state {
    uint32_t *symbols;
    uint64_t n_symbols;
} text_state;

/* ---- pieces of a text ------------------------------------------------------------------------ */

typedef struct text {
    const char *path;
    uint8_t *bytes;
    uint64_t n;
    bool is_words;
    uint64_t n_pieces;
} text;

static bool is_of_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool is_blank(uint8_t c)
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

/* The next piece from *at on, which is moved behind it; n is 0 at the end. */
static piece next_piece(const uint8_t **at, const text *in)
{
    const uint8_t *end = in->bytes + in->n;
    while (in->is_words && *at < end && is_blank(**at))
        (*at)++;
    piece p = { *at, 0 };
    if (*at < end)
        p.n = in->is_words ? word_at(*at, end) : character_at(*at, end);
    *at += p.n;
    return p;
}

static int by_bytes(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    const int order = memcmp(x->at, y->at, DC_MIN(x->n, y->n));
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* The more frequent first. */
static int by_count(const void *a, const void *b)
{
    const symbol *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : by_bytes(&x->piece, &y->piece);
}

/* ---- names of symbols ------------------------------------------------------------------------ */

/* What a name cannot have is written as in C, and a space as \s. */
static const struct {
    char byte, letter;
} escapes[] = { { ' ', 's' }, { '\n', 'n' }, { '\t', 't' }, { '\r', 'r' }, { '\\', '\\' } };

static const char *name_of(const piece *p, dc_arena *arena)
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

/* And back; n is 0 when it is not such a name. */
static piece piece_of(const char *name, dc_arena *arena)
{
    uint8_t *bytes = dc_arena_take(arena, strlen(name) + 1, 1);
    piece p = { bytes, 0 };
    for (; bytes != NULL && *name != '\0'; name++) {
        uint8_t c = (uint8_t)*name;
        size_t k = 0;
        if (c == '\\') {
            name++;
            while (k < DC_COUNT_OF(escapes) && escapes[k].letter != *name)
                k++;
            const bool is_hex = *name == 'x' && digit_of(name[1]) < 16 && digit_of(name[2]) < 16;
            if (k == DC_COUNT_OF(escapes) && !is_hex)
                return (piece){ bytes, 0 };
            c = is_hex ? (uint8_t)(digit_of(name[1]) * 16 + digit_of(name[2]))
                       : (uint8_t)escapes[k].byte;
            name += is_hex ? 2 : 0;
        }
        bytes[p.n++] = c;
    }
    return p;
}

/* ---- the vocabulary -------------------------------------------------------------------------- */

typedef struct vocabulary {
    symbol *symbols; /* sorted by their bytes */
    uint32_t n;
    uint32_t unknown; /* number of what is none of them; DC_NONE: there is no such symbol */
} vocabulary;

static dc_status of_names(vocabulary *v, const dc_data_request *request, dc_arena *arena)
{
    v->symbols = dc_arena_take(arena, request->n_class_names, sizeof *v->symbols);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const char *name = request->class_names[i];
        const piece p = piece_of(name, arena);
        DC_TRY(arena->status);
        if (strcmp(name, UNKNOWN) == 0)
            v->unknown = i;
        else if (p.n > 0)
            v->symbols[v->n++] = (symbol){ .piece = p, .number = i };
    }
    qsort(v->symbols, v->n, sizeof *v->symbols, by_bytes);
    return DC_OK;
}

static uint64_t count_symbols(symbol *out, const piece *pieces, uint64_t n)
{
    uint64_t n_symbols = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (i == 0 || by_bytes(&pieces[i - 1], &pieces[i]) != 0)
            out[n_symbols++] = (symbol){ .piece = pieces[i] };
        out[n_symbols - 1].count++;
    }
    return n_symbols;
}

/* The source's classes. */
static dc_status name_symbols(data_source *d, vocabulary *v)
{
    const uint32_t n_names = v->n + (v->unknown != DC_NONE);
    const char **names = dc_arena_take(&d->arena, n_names, sizeof *names);
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < v->n; i++) {
        v->symbols[i].number = i;
        names[i] = name_of(&v->symbols[i].piece, &d->arena);
    }
    if (v->unknown != DC_NONE)
        names[v->n] = UNKNOWN;
    d->source.class_names = names;
    d->source.n_classes = n_names;
    return d->arena.status;
}

/* Numbered in byte order; of more words than the model has outputs or rows to look them up in, the
 * most frequent ones. Where there is an output left, it is for all others, here or in another text.
 */
static dc_status of_text(vocabulary *v, data_source *d, const text *in, uint32_t n_most,
                         uint32_t n_rows, dc_arena *arena)
{
    const uint64_t n_can = DC_MIN(n_most, n_rows);
    piece *pieces = dc_arena_take(arena, in->n_pieces, sizeof *pieces);
    v->symbols = dc_arena_take(arena, in->n_pieces, sizeof *v->symbols);
    DC_TRY(arena->status);
    const uint8_t *at = in->bytes;
    for (uint64_t i = 0; i < in->n_pieces; i++)
        pieces[i] = next_piece(&at, in);
    qsort(pieces, in->n_pieces, sizeof *pieces, by_bytes);
    uint64_t n_symbols = count_symbols(v->symbols, pieces, in->n_pieces);
    if (n_symbols > n_can && !in->is_words)
        return dc_fail(DC_EINPUT, "'%s' has %" PRIu64 " different characters, the model %u %s",
                       in->path, n_symbols, (uint32_t)n_can,
                       n_most <= n_rows ? "outputs a step" : "symbols in its embedding");
    if (n_symbols > n_can) {
        qsort(v->symbols, n_symbols, sizeof *v->symbols, by_count);
        n_symbols = DC_MIN(n_most - 1, n_rows);
        qsort(v->symbols, n_symbols, sizeof *v->symbols, by_bytes);
    }
    v->n = (uint32_t)n_symbols;
    v->unknown = n_symbols < n_most ? v->n : DC_NONE;
    return name_symbols(d, v);
}

/* ---- a text ---------------------------------------------------------------------------------- */

/* Words differ in more than their case: capitals are made small. */
static void make_small(uint8_t *bytes, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (uint8_t)(bytes[i] - 'A' + 'a');
}

static dc_status check_utf8(const text *in)
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

static dc_status read_text(text *out, const char *path, bool is_words, dc_arena *arena)
{
    dc_file_view file;
    DC_TRY(dc_file_open_plain(&file, path, MAX_TEXT_BYTES));
    *out = (text){ .path = path, .n = file.size, .is_words = is_words };
    out->bytes = dc_arena_take(arena, file.size, 1);
    if (out->bytes != NULL)
        memcpy(out->bytes, file.data, file.size);
    dc_file_close(&file);
    DC_TRY(arena->status);
    DC_TRY(check_utf8(out));
    if (is_words)
        make_small(out->bytes, out->n);
    for (const uint8_t *at = out->bytes; next_piece(&at, out).n > 0;)
        out->n_pieces++;
    if (out->n_pieces >= 2)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'%s' has %" PRIu64 " symbol%s: none has another before it", path,
                   out->n_pieces, dc_plural(out->n_pieces));
}

/* Of a text in another language or of other symbols than the model's. */
static void warn_of_unknown(const text *in, uint64_t n_unknown)
{
    if (n_unknown > in->n_pieces / 2)
        dc_warn("%.0f %% of the %s of '%s' are none of the model's symbols: all of them are "
                UNKNOWN, 100.0 * (double)n_unknown / (double)in->n_pieces,
                in->is_words ? "words" : "characters", in->path);
}

static dc_status fail_piece(const piece *p, const text *in, uint64_t index, const char *what,
                            dc_arena *scratch)
{
    return dc_fail(DC_EINPUT, "the model has no %s for '%s', %s %" PRIu64 " of '%s'", what,
                   name_of(&(piece){ p->at, DC_MIN(p->n, 40u) }, scratch),
                   in->is_words ? "word" : "character", index + 1, in->path);
}

static dc_status number_pieces(text_state *s, const vocabulary *v, const text *in, uint32_t n_rows,
                               dc_arena *scratch)
{
    const uint8_t *at = in->bytes;
    uint64_t n_unknown = 0;
    for (uint64_t i = 0; i < in->n_pieces; i++) {
        const piece p = next_piece(&at, in);
        const symbol *found = bsearch(&p, v->symbols, v->n, sizeof *v->symbols, by_bytes);
        if (found == NULL && v->unknown == DC_NONE)
            return fail_piece(&p, in, i, "symbol", scratch);
        if (found != NULL && found->number >= n_rows)
            return fail_piece(&p, in, i, "row in its embedding", scratch);
        s->symbols[i] = found != NULL ? found->number : v->unknown;
        n_unknown += found == NULL;
    }
    s->n_symbols = in->n_pieces;
    warn_of_unknown(in, n_unknown);
    return DC_OK;
}

static dc_status read_symbols(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint64_t epoch, float *x, int32_t *labels)
{
    const text_state *s = source->state;
    const uint64_t n_steps = source->n_steps;
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        DC_TRY(data_check_index(source, indices[i]));
        const uint64_t first = indices[i] * n_steps;
        for (uint64_t t = 0; t < n_steps; t++) {
            const bool is_there = first + t + 1 < s->n_symbols;
            x[i * n_steps + t] = is_there ? (float)s->symbols[first + t] : 0;
            if (labels != NULL)
                labels[i * n_steps + t] = is_there ? (int32_t)s->symbols[first + t + 1] : 0;
        }
    }
    return DC_OK;
}

static void give_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                         uint32_t *lengths)
{
    const text_state *s = source->state;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t left = s->n_symbols - 1 - indices[i] * source->n_steps;
        lengths[i] = (uint32_t)DC_MIN(left, (uint64_t)source->n_steps);
    }
}

/* Whether the model's symbols are words: some have several characters. */
static bool has_words(const dc_data_request *request, dc_arena *arena)
{
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const piece p = piece_of(request->class_names[i], arena);
        if (p.n > 1 && character_at(p.at, p.at + p.n) < p.n &&
            strcmp(request->class_names[i], UNKNOWN) != 0)
            return true;
    }
    return false;
}

/* No word is blank: symbols among which there is a blank are characters. */
static dc_status check_names_of_words(const dc_data_request *request, dc_arena *arena)
{
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const piece p = piece_of(request->class_names[i], arena);
        DC_TRY(arena->status);
        if (p.n == 1 && is_blank(*p.at))
            return dc_fail(DC_EINPUT, "the model's symbols are characters ('%s' is one) and no "
                                      "words: text:FILE reads a text for it",
                           request->class_names[i]);
    }
    return DC_OK;
}

/* FILE, or TRAIN,TEST. */
static const char *part_of(const char *where, dc_split split, dc_arena *arena)
{
    const size_t n = strcspn(where, ",");
    return where[n] == '\0'          ? where
           : split == DC_SPLIT_TRAIN ? dc_arena_print(arena, "%.*s", (int)n, where)
                                     : where + n + 1;
}

static bool has_split(const char *where)
{
    return strchr(where, ',') != NULL;
}

static dc_status check(data_source *d, const dc_data_request *request, const data_kind *kind,
                       const char *where)
{
    const size_t n = strcspn(where, ",");
    const dc_shape *shape = &d->input.shape;
    if (n == 0 || (where[n] == ',' && where[n + 1] == '\0'))
        return dc_fail(DC_EINPUT, "'%s' needs a file (%s:FILE or %s:TRAIN,TEST)", kind->name,
                       kind->name, kind->name);
    if (shape->n_dims != 1 || shape->dims[0] < 2)
        return dc_fail(DC_EINPUT, "the model takes %s and no symbols (which have a shape of "
                                  "[steps])", dc_shape_text(shape, &d->arena));
    if (request->n_classes % shape->dims[0] != 0)
        return dc_fail(DC_EINPUT, "the model has %u outputs: not as many for each of %u steps",
                       request->n_classes, shape->dims[0]);
    return DC_OK;
}

static dc_status read_all(data_source *d, const dc_data_request *request, const char *where,
                          const data_kind *kind, dc_arena *scratch)
{
    text_state *s = d->source.state;
    vocabulary v = { .unknown = DC_NONE };
    text in, training;
    const uint32_t n_steps = d->input.shape.dims[0], n_most = request->n_classes / n_steps;
    const uint32_t n_rows = request->n_symbols > 0 ? request->n_symbols : UINT32_MAX;
    const bool is_words = kind == &data_kind_words || has_words(request, scratch);
    const char *path = part_of(where, request->split, &d->arena);
    const char *first = part_of(where, DC_SPLIT_TRAIN, &d->arena);
    DC_TRY(d->arena.status);
    if (kind == &data_kind_words)
        DC_TRY(check_names_of_words(request, scratch));
    DC_TRY(read_text(&in, path, is_words, scratch));
    training = in;
    if (request->n_class_names == 0 && strcmp(first, path) != 0)
        DC_TRY(read_text(&training, first, is_words, scratch));
    if (request->n_class_names > 0)
        DC_TRY(of_names(&v, request, scratch));
    else
        DC_TRY(of_text(&v, d, &training, n_most, n_rows, scratch));
    s->symbols = dc_arena_take(&d->arena, in.n_pieces, sizeof *s->symbols);
    DC_TRY(d->arena.status);
    DC_TRY(number_pieces(s, &v, &in, n_rows, scratch));
    data_source_name(d, kind, request, where, (s->n_symbols - 1 + n_steps - 1) / n_steps);
    if (d->source.n_classes == 0)
        d->source.n_classes = request->n_class_names;
    d->source.n_steps = n_steps;
    d->source.is_labelled = true;
    d->source.is_stream = true;
    d->source.symbol = is_words ? "word" : "character";
    d->source.read = read_symbols;
    d->source.lengths = give_lengths;
    return DC_OK;
}

static dc_status fill_with(data_source *d, const dc_data_request *request, const char *where,
                           const data_kind *kind)
{
    dc_arena scratch = { 0 };
    dc_status status = check(d, request, kind, where);
    if (status == DC_OK)
        status = read_all(d, request, where, kind, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status fill_text(data_source *d, const dc_data_request *request, const char *where)
{
    return fill_with(d, request, where, &data_kind_text);
}

static dc_status fill_words(data_source *d, const dc_data_request *request, const char *where)
{
    return fill_with(d, request, where, &data_kind_words);
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    DC_TRY(take(payload, part_of(where, DC_SPLIT_TRAIN, arena)));
    return has_split(where) ? take(payload, part_of(where, DC_SPLIT_TEST, arena)) : DC_OK;
}

const data_kind data_kind_text = { "text", has_split, sizeof(text_state), fill_text, name_files };
const data_kind data_kind_words = { "words", has_split, sizeof(text_state), fill_words,
                                    name_files };
