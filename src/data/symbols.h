/* SPDX-License-Identifier: MIT
 *
 * A text as symbols, characters or words, and the numbers that a model has for them.
 */
#ifndef DCOMP_DATA_SYMBOLS_H
#define DCOMP_DATA_SYMBOLS_H

#include "dataset.h"

#define SYMBOLS_UNKNOWN "<unk>"
#define SYMBOLS_MAX_BYTES (UINT64_C(1) << 32) /* of a text */

/* A symbol as it stands in the text. */
typedef struct symbol_piece {
    const uint8_t *at;
    uint32_t n;
} symbol_piece;

typedef struct symbol_text {
    const char *path;
    uint8_t *bytes;
    uint64_t n;
    bool is_words;
    uint64_t n_pieces;
} symbol_text;

/* A copy of the bytes in the arena, words in small letters. DC_ECORRUPT when it is not UTF-8. */
DC_MUST_USE dc_status symbols_take_text(symbol_text *out, const void *bytes, uint64_t n,
                                        const char *path, bool is_words, dc_arena *arena);
/* The next piece from *at on, which is moved behind it; n is 0 at the end. */
symbol_piece symbols_next(const uint8_t **at, const symbol_text *in);
bool symbols_is_blank(uint8_t c);
/* For qsort, of pieces and of what begins with one. */
int symbols_by_bytes(const void *a, const void *b);

/* What a class is called whose symbol that is; and back, n is 0 when it is not such a name. */
const char *symbols_name(const symbol_piece *p, dc_arena *arena);
symbol_piece symbols_piece(const char *name, dc_arena *arena);

typedef struct symbol {
    symbol_piece piece;
    uint32_t number;
    uint64_t count;
} symbol;

typedef struct symbol_table {
    symbol *symbols; /* sorted by their bytes */
    uint32_t n;
    uint32_t unknown; /* number of what is none of them; DC_NONE: there is no such symbol */
} symbol_table;

/* Those of the request's class names. */
DC_MUST_USE dc_status symbols_of_names(symbol_table *out, const dc_data_request *request,
                                       dc_arena *arena);
/* Whether the model's symbols are words: some have several characters. */
bool symbols_are_words(const dc_data_request *request, dc_arena *arena);
/* Numbers (n_pieces) of the text's pieces. DC_EINPUT for one that has none, or none below n_rows.
 */
DC_MUST_USE dc_status symbols_number(uint32_t *out, const symbol_table *table,
                                     const symbol_text *in, uint32_t n_rows, dc_arena *scratch);
/* Of n numbers of a text in another language or of other symbols than the model's. */
void symbols_warn_of_unknown(const symbol_table *table, const uint32_t *numbers, uint64_t n,
                             const char *path, bool is_words);

#endif
