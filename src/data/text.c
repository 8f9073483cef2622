/* SPDX-License-Identifier: MIT
 *
 * text:FILE and words:FILE, a text as symbols: characters, or words. A sample is so many symbols as
 * the model has steps, its labels are the symbols that follow each, and the next sample goes on
 * where it ends. What the symbols are stands in the model's class names (docs/data.md); a model
 * without any gets those of the text.
 */
#include "symbols.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_state {
    uint32_t *symbols;
    uint64_t n_symbols;
} text_state;

/* The more frequent first. */
static int by_count(const void *a, const void *b)
{
    const symbol *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : symbols_by_bytes(&x->piece, &y->piece);
}

/* ---- the vocabulary -------------------------------------------------------------------------- */

static uint64_t count_symbols(symbol *out, const symbol_piece *pieces, uint64_t n)
{
    uint64_t n_symbols = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (i == 0 || symbols_by_bytes(&pieces[i - 1], &pieces[i]) != 0)
            out[n_symbols++] = (symbol){ .piece = pieces[i] };
        out[n_symbols - 1].count++;
    }
    return n_symbols;
}

/* The source's classes. */
static dc_status name_symbols(data_source *d, symbol_table *v)
{
    const uint32_t n_names = v->n + (v->unknown != DC_NONE);
    const char **names = dc_arena_take(&d->arena, n_names, sizeof *names);
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < v->n; i++) {
        v->symbols[i].number = i;
        names[i] = symbols_name(&v->symbols[i].piece, &d->arena);
    }
    if (v->unknown != DC_NONE)
        names[v->n] = SYMBOLS_UNKNOWN;
    d->source.class_names = names;
    d->source.n_classes = n_names;
    return d->arena.status;
}

/* Numbered in byte order; of more words than the model has outputs or rows to look them up in, the
 * most frequent ones. Where there is an output left, it is for all others, here or in another text.
 */
static dc_status of_text(symbol_table *v, data_source *d, const symbol_text *in, uint32_t n_most,
                         uint32_t n_rows, dc_arena *arena)
{
    const uint64_t n_can = DC_MIN(n_most, n_rows);
    symbol_piece *pieces = dc_arena_take(arena, in->n_pieces, sizeof *pieces);
    v->symbols = dc_arena_take(arena, in->n_pieces, sizeof *v->symbols);
    DC_TRY(arena->status);
    const uint8_t *at = in->bytes;
    for (uint64_t i = 0; i < in->n_pieces; i++)
        pieces[i] = symbols_next(&at, in);
    qsort(pieces, in->n_pieces, sizeof *pieces, symbols_by_bytes);
    uint64_t n_symbols = count_symbols(v->symbols, pieces, in->n_pieces);
    if (n_symbols > n_can && !in->is_words)
        return dc_fail(DC_EINPUT, "'%s' has %" PRIu64 " different characters, the model %u %s",
                       in->path, n_symbols, (uint32_t)n_can,
                       n_most <= n_rows ? "outputs a step" : "symbols in its embedding");
    if (n_symbols > n_can) {
        qsort(v->symbols, n_symbols, sizeof *v->symbols, by_count);
        n_symbols = DC_MIN(n_most - 1, n_rows);
        qsort(v->symbols, n_symbols, sizeof *v->symbols, symbols_by_bytes);
    }
    v->n = (uint32_t)n_symbols;
    v->unknown = n_symbols < n_most ? v->n : DC_NONE;
    return name_symbols(d, v);
}

/* ---- a text ---------------------------------------------------------------------------------- */

static dc_status read_text(symbol_text *out, const char *path, bool is_words, dc_arena *arena)
{
    dc_file_view file;
    DC_TRY(dc_file_open_plain(&file, path, SYMBOLS_MAX_BYTES));
    const dc_status status =
        symbols_take_text(out, file.data, file.size, path, is_words, arena);
    dc_file_close(&file);
    DC_TRY(status);
    if (out->n_pieces >= 2)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'%s' has %" PRIu64 " symbol%s: none has another before it", path,
                   out->n_pieces, dc_plural(out->n_pieces));
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

/* No word is blank: symbols among which there is a blank are characters. */
static dc_status check_names_of_words(const dc_data_request *request, dc_arena *arena)
{
    for (uint32_t i = 0; i < request->n_class_names; i++) {
        const symbol_piece p = symbols_piece(request->class_names[i], arena);
        DC_TRY(arena->status);
        if (p.n == 1 && symbols_is_blank(*p.at))
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
    symbol_table v = { .unknown = DC_NONE };
    symbol_text in, training;
    const uint32_t n_steps = d->input.shape.dims[0], n_most = request->n_classes / n_steps;
    const uint32_t n_rows = request->n_symbols > 0 ? request->n_symbols : UINT32_MAX;
    const bool is_words = kind == &data_kind_words || symbols_are_words(request, scratch);
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
        DC_TRY(symbols_of_names(&v, request, scratch));
    else
        DC_TRY(of_text(&v, d, &training, n_most, n_rows, scratch));
    s->symbols = dc_arena_take(&d->arena, in.n_pieces, sizeof *s->symbols);
    DC_TRY(d->arena.status);
    DC_TRY(symbols_number(s->symbols, &v, &in, n_rows, scratch));
    s->n_symbols = in.n_pieces;
    symbols_warn_of_unknown(&v, s->symbols, s->n_symbols, in.path, is_words);
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
