/* SPDX-License-Identifier: MIT
 *
 * format: the .dcm file, specified in docs/format.md.
 *
 * One container for every stage. The writer looks at each parameter and stores it in the
 * smallest of the encodings that the asked level allows and that lose nothing: dense f32 or f16,
 * sparse, shared (codebook and codes), packed (codebook, codes, relative gaps), with each stream
 * of codes and gaps raw or entropy-coded, whichever is smaller by exact count. Reading a file
 * back gives bit-equal values and flags; only -0 comes back as 0.
 *
 * Files are written whole or not at all and are read with distrust: every size is checked
 * against the file before memory is taken for it. dc_verify goes deeper: it decodes everything
 * and reports each damage.
 *
 * Threads. Many threads may read and write at once: different files, the same file (a reader finds
 * the old one or the new one, whole), and one model, while none changes it.
 *
 * The ledger says where every byte of a file went; its parts sum to the file's size.
 */
#ifndef DCOMP_FORMAT_H
#define DCOMP_FORMAT_H

#include "dcomp/entropy.h"
#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DC_FORMAT_MAJOR 2 /* the newest that is read and written */
#define DC_FORMAT_MINOR 0

/* Which encodings the writer may use. Each level includes those before it. */
typedef enum dc_level {
    DC_LEVEL_DENSE,  /* every value as float32                                     */
    DC_LEVEL_PLAIN,  /* sparse, shared and float16 where that is smaller; raw streams */
    DC_LEVEL_CODED   /* entropy-coded streams too                                  */
} dc_level;

typedef struct dc_write_settings {
    uint32_t level;      /* dc_level                                                 */
    bool is_stripped;    /* leave out names, history, and class names that are no symbols of the
                            input                                                    */
    uint32_t coder_mask; /* as dc_stream_cheapest's; 0: the usual coders             */
    uint32_t gap_bits;   /* 0: the best for each layer                               */
    bool is_row_major;   /* no matrix by columns: who walks it needs one output at a time */
    /* Coders of whole layers that may be used beside them, 1 << id; 0: none, and the container is
     * of version 1, as it is for files of stages, which are to be written fast. */
    uint32_t level_coder_mask;
    /* The slowest that one core may decode it, if it takes more than a second [million
     * weights/s]: layers that save little have faster coders then. 0: no limit. */
    double decode_speed;
} dc_write_settings;

/* For settings: "best", then all coders, with | between them. The word `index` allows a coder and
 * those before it; best the usual ones of codes and gaps and all those of whole layers. */
extern const char dc_write_coder_words[];
void dc_write_allow(dc_write_settings *settings, uint32_t index);
/* Million weights a second, of one core: the slowest that most will accept. A VGG-16 takes two of
 * them 6 s then, its 550 MB written to the disk. */
#define DC_USUAL_DECODE_SPEED 18.0

/* ---- the ledger ------------------------------------------------------------------------------ */

typedef enum dc_encoding {
    DC_ENCODING_F32, DC_ENCODING_F16, DC_ENCODING_SPARSE, DC_ENCODING_SHARED, DC_ENCODING_PACKED,
    DC_ENCODING_LAYER /* by a coder of whole layers, which stored_as names */
} dc_encoding;

typedef struct dc_param_info {
    const char *name, *layer; /* "conv1.weight", "conv1"                              */
    dc_role role;
    dc_op op;
    dc_shape shape;
    uint64_t n_values, n_nonzero, n_entries; /* entries: fillers included; 0 unless packed */
    dc_encoding encoding;
    const char *stored_as; /* "f32", "f16", "sparse", "shared", "packed", "lite", "mix"   */
    bool is_pruned, is_shared, is_column_major;
    uint32_t n_codebook;
    const char *book; /* of a layer of levels: "grid", "trellis", "rows" (a grid of each row's own)
                         or "values"; NULL: it is none, or all 0                          */
    float step;       /* of a grid; 0: none                                               */
    uint32_t n_above, n_below;     /* the largest level above 0, and below 0 in size      */
    uint8_t code_bits, gap_bits;   /* as the raw coder would store them                 */
    dc_stream_info codes, gaps;    /* zeros where there is no such stream               */
    uint64_t codebook_bytes, value_bytes; /* value_bytes: f32/f16 payload, sparse values */
    uint64_t header_bytes;         /* this parameter's own row of sizes and flags       */
    uint64_t total_bytes;          /* of all of the above                               */
} dc_param_info;

typedef struct dc_ledger {
    uint64_t file_bytes;
    uint64_t reference_bytes; /* 4 bytes for each parameter value of the ORIGINAL network, neurons
                                 removed since included                                    */
    uint64_t header_bytes;   /* magic, version, table of contents, chunks not known       */
    uint64_t graph_bytes;    /* nodes, shapes, input preparation                          */
    uint64_t names_bytes, history_bytes;
    uint64_t codes_bytes, gaps_bytes;     /* payload, without code tables                 */
    uint64_t tables_bytes;                /* code tables                                  */
    uint64_t codebooks_bytes;
    uint64_t values_bytes;                /* weights stored as numbers                    */
    uint64_t biases_bytes;                /* everything of parameters that are not weights */
    uint64_t params_bytes;                /* rows of sizes and flags of weights, padding  */
    uint32_t n_params;
    dc_param_info *params;
    uint16_t major, minor;
} dc_ledger;

/* The parts of the ledger (without params) in a fixed order: name and bytes; DC_LEDGER_PARTS of
 * them, sum = file_bytes. */
#define DC_LEDGER_PARTS 11
void dc_ledger_part(const char **name, uint64_t *bytes, const dc_ledger *ledger, uint32_t index);

/* ---- writing and reading --------------------------------------------------------------------- */

/* Writes `model` (dense values present) to `path`. `ledger` may be NULL; its arrays come from
 * `arena`. Refuses NaN and infinite weights with DC_EINPUT and their layer. Same model and
 * settings, same bytes, for any number of jobs. */
DC_MUST_USE dc_status dc_model_write(const char *path, const dc_model *model,
                                     const dc_write_settings *settings, bool may_replace,
                                     dc_ledger *ledger, dc_arena *arena);
/* The same bytes to memory (the writer's buffer), for budgets that only ask for a size. */
DC_MUST_USE dc_status dc_model_encode(dc_writer *w, const dc_model *model,
                                      const dc_write_settings *settings, dc_ledger *ledger,
                                      dc_arena *arena);

typedef enum dc_read_mode {
    DC_READ_DENSE,  /* param->values, row-major                                 */
    DC_READ_PACKED, /* param->packed for weights of DC_MATRIX ops, if shared or packed */
    DC_READ_TO_RUN, /* and for large ones of at most 256 levels, by rows, gaps of 8 bits */
    DC_READ_SHAPE   /* neither: graph, names, flags and the ledger only         */
} dc_read_mode;

/* Whether the file can be read and begins as a model file does. */
bool dc_is_model_file(const char *path);

/* Reads a file. DC_ECORRUPT when malformed or not a model (the message says which),
 * DC_EUNSUPPORTED when from a newer major version or with an unknown critical chunk. `ledger`
 * may be NULL. `limit_bytes` bounds memory for values; 0: they, and what is computed from them,
 * must be in proportion to the file (dc_expansion_check). DC_ELIMIT. Owns. */
DC_MUST_USE dc_status dc_model_read(dc_model **out, const char *path, dc_read_mode mode,
                                    uint64_t limit_bytes, dc_ledger *ledger, dc_arena *arena);
DC_MUST_USE dc_status dc_model_decode(dc_model **out, const void *data, uint64_t n,
                                      const char *subject, dc_read_mode mode, uint64_t limit_bytes,
                                      dc_ledger *ledger, dc_arena *arena);

/* ---- deep check ------------------------------------------------------------------------------ */

typedef struct dc_finding {
    uint64_t offset;  /* in the file                       */
    const char *text; /* "chunk WGTS: checksum is wrong"   */
} dc_finding;
/* Checks everything that can be checked without running the network, going on after damage where
 * that is possible. DC_OK with n_findings 0: sound. An unreadable file is a failure (DC_EIO), as is
 * one that asks for more memory than it may (DC_ELIMIT). */
DC_MUST_USE dc_status dc_verify(dc_finding **out, uint32_t *n_findings, const char *path,
                                dc_arena *arena);

/* ---- two files ------------------------------------------------------------------------------- */

typedef struct dc_param_diff {
    const char *name;                      /* a's, or b's when only b has it     */
    const char *name_b;                    /* NULL when only a has it            */
    double density_a, density_b;           /* NaN where the parameter is missing */
    double bits_a, bits_b;                 /* stored bits per weight             */
    double max_difference, rms_difference; /* NaN when shapes differ             */
} dc_param_diff;

/* Layers, that is nodes with parameters. */
typedef struct dc_diff_summary {
    bool is_by_order;   /* paired by their order: the names differ                         */
    uint32_t n_layers;  /* compared                                                        */
    uint32_t n_resized; /* of them: without values, as one file has fewer neurons          */
    uint32_t n_unlike;  /* of the same names in other networks, with other shapes          */
    uint32_t n_only_a, n_only_b;
} dc_diff_summary;
DC_MUST_USE dc_status dc_model_diff(dc_param_diff **out, uint32_t *n_out, dc_diff_summary *summary,
                                    const char *path_a, const char *path_b, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
