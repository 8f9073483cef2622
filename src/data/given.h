/* SPDX-License-Identifier: MIT
 *
 * Given files: what they may be is a table of kinds.
 */
#ifndef DCOMP_DATA_GIVEN_H
#define DCOMP_DATA_GIVEN_H

#include "sound.h"
#include "symbols.h"

typedef struct given_kind given_kind;

typedef struct given_file {
    const char *path;     /* "-": standard input                       */
    const char *name;     /* what messages call it                     */
    const given_kind *kind;
    bool is_named;        /* not found in a folder                     */
    dc_file_view kept;    /* of what can be read once; else empty      */
    uint64_t first, n;    /* its samples; one that cannot be looked at has one */
    uint32_t n_steps;     /* of them that count; 0: all                */
} given_file;

/* State of the source. */
typedef struct given_files {
    data_files files; /* first */
    given_file *items;
    uint32_t n_items;
    uint32_t *owners; /* (n_samples): whose they are */
    sound_steps sounds;
    uint64_t n_sounds;
    bool takes_texts, is_words;
    symbol_table symbols; /* of the model, when it takes texts */
    uint32_t n_rows;      /* of its embedding                  */
} given_files;

struct given_kind {
    const char *word; /* "a picture"            */
    const char *many; /* "pictures (PNG, JPEG)" */
    dc_name_test *is_name;                          /* of files in folders     */
    bool (*is_begun)(const uint8_t *bytes, uint64_t n);
    bool (*is_taken)(const data_source *d);         /* by the model            */
    /* The numbers of all symbols of a text; NULL: it is none. */
    dc_status (*number)(dc_symbols *out, const given_files *g, const given_file *file,
                        const dc_file_view *bytes, dc_arena *arena);
    /* Fills file->n and n_steps, which are 1 and 0; NULL: as they are. */
    dc_status (*look)(given_file *file, data_source *d, const dc_file_view *bytes);
    /* Sample `sample` of the file to x. Thread-safe. */
    dc_status (*read)(float *x, const data_source *d, const given_file *file,
                      const dc_file_view *bytes, uint64_t sample, dc_arena *arena);
};

const given_kind *given_kind_at(uint32_t index); /* NULL after the last */
#endif
