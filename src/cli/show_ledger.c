/* SPDX-License-Identifier: MIT
 *
 * Where the bytes of a model file went: its sizes, a row a layer, a row a section of the file.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

/* One stream of a layer, in bits for a symbol. */
typedef struct stream_row {
    uint32_t width;
    double entropy, coded;
    double by_coder[DC_MAX_CODERS]; /* by id */
    const char *coder;              /* in the file; NULL: there is no such stream */
} stream_row;

typedef struct layer_row {
    const char *name, *kind, *shape, *encoding;
    uint64_t weights, nonzero, entries, bytes;
    const char *book;
    double step;     /* of a grid; NaN: none */
    uint32_t levels; /* that are not 0       */
    uint32_t n_codebook;
    double density, size_share; /* size_share: of float32 */
    stream_row codes, gaps;
} layer_row;

#define AT(member) offsetof(layer_row, member)

/* Streams follow. */
static const dc_field layer_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "layer" },
    { .name = "kind", .kind = DC_FIELD_TEXT, .offset = AT(kind) },
    { .name = "encoding", .kind = DC_FIELD_TEXT, .offset = AT(encoding) },
    { .name = "", .kind = DC_FIELD_TEXT, .offset = AT(shape), .title = "shape" },
    { .name = "weights", .kind = DC_FIELD_U64, .offset = AT(weights), .title = "weights" },
    { .name = "nonzero", .kind = DC_FIELD_U64, .offset = AT(nonzero) },
    { .name = "entries", .kind = DC_FIELD_U64, .offset = AT(entries) },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = AT(density), .title = "density %",
      .scale = 100, .n_decimals = 2 },
    { .name = "weight_bits", .kind = DC_FIELD_U32, .offset = AT(codes.width), .unit = "bits" },
    { .name = "index_bits", .kind = DC_FIELD_U32, .offset = AT(gaps.width), .unit = "bits" },
    { .name = "codebook", .kind = DC_FIELD_U32, .offset = AT(n_codebook) },
    { .name = "book", .kind = DC_FIELD_TEXT, .offset = AT(book) },
    { .name = "step", .kind = DC_FIELD_NUMBER, .offset = AT(step), .may_be_absent = true },
    { .name = "levels", .kind = DC_FIELD_U32, .offset = AT(levels) },
    { .name = "", .kind = DC_FIELD_U64, .offset = AT(bytes), .title = "bytes" },
    { .name = "", .kind = DC_FIELD_NUMBER, .offset = AT(size_share), .title = "% of f32",
      .scale = 100, .n_decimals = 2 },
    { .name = "", .kind = DC_FIELD_TEXT, .offset = AT(encoding), .title = "stored as" },
};
/* After them. */
static const dc_field bytes_field = { .name = "bytes", .kind = DC_FIELD_U64, .offset = AT(bytes),
                                      .unit = "bytes" };

#define MAX_FIELDS (DC_COUNT_OF(layer_fields) + 2 * (4 + DC_MAX_CODERS) + 2)

/* The coders of which the ledger shows what they take, beside the entropy: the usual ones, and
 * those that a weight of the file is stored with. The raw one's is the width, shown anyway. */
static uint32_t shown_coders(const dc_ledger *ledger)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++)
        mask |= dc_coder_at(i)->is_usual ? 1u << dc_coder_at(i)->id : 0;
    for (uint32_t i = 0; i < ledger->n_params; i++)
        if (dc_role_is_weight(ledger->params[i].role))
            mask |= 1u << ledger->params[i].codes.coder_id | 1u << ledger->params[i].gaps.coder_id;
    return mask & ~(1u << DC_CODER_RAW);
}

/* A column of bits, "rans_bits_per_gap" to programs. */
static dc_field bits_field(const char *key, size_t offset, const char *title, const char *group)
{
    return (dc_field){ .name = key, .kind = DC_FIELD_NUMBER, .offset = offset, .title = title,
                       .group = group, .n_decimals = 2, .may_be_absent = true };
}

/* The columns of one stream, from `f` on: its members are at `at` in the row, `what` is a symbol.
 * They are composed because coders are rows of a table of theirs. Returns where they end. */
static dc_field *put_stream(dc_field *f, size_t at, const char *what, const char *group,
                            uint32_t coders, dc_arena *arena)
{
    *f++ = (dc_field){ .name = "", .kind = DC_FIELD_U32, .title = "raw", .group = group,
                       .offset = at + offsetof(stream_row, width), .may_be_absent = true };
    *f++ = bits_field(dc_arena_print(arena, "entropy_bits_per_%s", what),
                      at + offsetof(stream_row, entropy), "entropy", group);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        if ((coders >> coder->id & 1u) != 0)
            *f++ = bits_field(dc_arena_print(arena, "%s_bits_per_%s", coder->name, what),
                              at + offsetof(stream_row, by_coder) + coder->id * sizeof(double),
                              coder->name, group);
    }
    *f++ = bits_field(dc_arena_print(arena, "bits_per_%s_coded", what),
                      at + offsetof(stream_row, coded), "file", group);
    *f++ = (dc_field){ .name = dc_arena_print(arena, "%s_coder", what), .kind = DC_FIELD_TEXT,
                       .title = "coder", .group = group,
                       .offset = at + offsetof(stream_row, coder) };
    return f;
}

static const dc_field *compose_fields(const dc_ledger *ledger, dc_arena *arena)
{
    static const char over_codes[] = "codes [bits]", over_gaps[] = "gaps [bits]";
    const uint32_t coders = shown_coders(ledger);
    dc_field *fields = dc_arena_take(arena, MAX_FIELDS, sizeof *fields);
    if (fields == NULL)
        return NULL;
    memcpy(fields, layer_fields, sizeof layer_fields);
    dc_field *end = fields + DC_COUNT_OF(layer_fields);
    end = put_stream(end, AT(codes), "weight", over_codes, coders, arena);
    end = put_stream(end, AT(gaps), "gap", over_gaps, coders, arena);
    *end = bytes_field;
    return fields;
}

static double share(double part, uint64_t whole)
{
    return whole > 0 ? part / (double)whole : 0;
}

/* `none` stands where there is no such stream or figure: 0 for programs, NaN for people. */
static stream_row stream_of(const dc_stream_info *s, uint32_t width, double none)
{
    stream_row row = { .width = width, .entropy = none, .coded = none };
    const bool is_there = s->n_symbols_coded > 0;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        const bool is_own = s->coder_id == coder->id;
        row.by_coder[coder->id] =
            is_there && (coder->is_by_counts || is_own) ? s->coder_bits[coder->id] : none;
        if (is_there && is_own)
            row.coder = coder->name;
    }
    if (is_there) {
        row.entropy = s->entropy_bits;
        row.coded = 8 * share((double)s->total_bytes, s->n_symbols_coded);
    }
    return row;
}

static void set_shares(layer_row *row)
{
    row->density = share((double)row->nonzero, row->weights);
    row->size_share = share((double)row->bytes, 4 * row->weights);
}

/* A layer of levels has one stream of all, in which nothing is a code or a gap. */
static stream_row codes_of(const dc_param_info *p, double none)
{
    const dc_stream_info nothing = { 0 };
    if (p->encoding != DC_ENCODING_LAYER)
        return stream_of(&p->codes, p->code_bits, none);
    stream_row row = stream_of(&nothing, 0, none);
    row.coder = p->stored_as;
    return row;
}

static layer_row row_of(const dc_param_info *p, double none, dc_arena *arena)
{
    layer_row row = {
        .name = p->layer,
        .kind = dc_op_kind_of(p->op)->name,
        .shape = dc_shape_text(&p->shape, arena),
        .encoding = p->stored_as,
        .weights = p->n_values,
        .nonzero = p->n_nonzero,
        .entries = p->n_entries,
        .bytes = p->total_bytes,
        .n_codebook = p->n_codebook,
        .book = p->book,
        .step = p->step > 0 ? (double)p->step : (double)NAN,
        .levels = p->n_above + p->n_below,
        .codes = codes_of(p, none),
        .gaps = stream_of(&p->gaps, p->gap_bits, none),
    };
    set_shares(&row);
    return row;
}

/* A row a layer, and one of all; *n is the number of layers. */
static layer_row *make_rows(uint32_t *n, const dc_ledger *ledger, double none, dc_arena *arena)
{
    const dc_stream_info nothing = { 0 };
    layer_row *rows = dc_arena_take(arena, (uint64_t)ledger->n_params + 1, sizeof *rows);
    layer_row all = { .name = "all", .codes = stream_of(&nothing, 0, none),
                      .gaps = stream_of(&nothing, 0, none) };
    *n = 0;
    for (uint32_t i = 0; rows != NULL && i < ledger->n_params; i++) {
        if (!dc_role_is_weight(ledger->params[i].role))
            continue;
        rows[*n] = row_of(&ledger->params[i], none, arena);
        all.weights += rows[*n].weights;
        all.nonzero += rows[*n].nonzero;
        all.bytes += rows[(*n)++].bytes;
    }
    set_shares(&all);
    if (rows != NULL)
        rows[*n] = all;
    return rows;
}

static void add_layers(dc_document *d, const dc_ledger *ledger, bool is_shown)
{
    dc_section s = { .forms = DC_FOR_PROGRAMS, .title = "layers", .key = "layers",
                     .fields = compose_fields(ledger, d->arena), .row_bytes = sizeof(layer_row) };
    s.rows = make_rows(&s.n_rows, ledger, 0, d->arena);
    if (d->arena->status == DC_OK)
        dc_document_add(d, &s);
    s.forms = DC_FOR_PEOPLE;
    s.rows = make_rows(&s.n_rows, ledger, (double)NAN, d->arena);
    s.n_totals = s.n_rows > 1;
    if (is_shown && d->arena->status == DC_OK)
        dc_document_add(d, &s);
}

typedef struct part_row {
    const char *name;
    uint64_t bytes;
    double percent;
} part_row;

static const dc_field part_fields[] = {
    { .name = "section", .kind = DC_FIELD_TEXT, .offset = offsetof(part_row, name),
      .title = "section" },
    { .name = "bytes", .kind = DC_FIELD_U64, .offset = offsetof(part_row, bytes),
      .title = "bytes" },
    { .name = "percent", .kind = DC_FIELD_NUMBER, .offset = offsetof(part_row, percent),
      .title = "%", .n_decimals = 1 },
    { 0 },
};

/* JSON has them as members of one object. */
static void add_parts(dc_document *d, const dc_ledger *ledger, bool is_shown)
{
    part_row *rows = dc_arena_take(d->arena, DC_LEDGER_PARTS + 1, sizeof *rows);
    dc_json *parts = dc_json_add_object(d->at, "ledger");
    if (rows == NULL)
        return;
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
        dc_ledger_part(&rows[i].name, &rows[i].bytes, ledger, i);
        rows[i].percent = 100 * share((double)rows[i].bytes, ledger->file_bytes);
        dc_json_add_u64(parts, rows[i].name, rows[i].bytes);
    }
    rows[DC_LEDGER_PARTS] = (part_row){ "file", ledger->file_bytes, 100 };
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_CSV | (is_shown ? DC_FOR_PEOPLE : 0),
                                      .title = "bytes of the file", .fields = part_fields,
                                      .rows = rows, .row_bytes = sizeof *rows,
                                      .n_rows = DC_LEDGER_PARTS, .n_totals = 1 });
}

typedef struct sizes {
    uint64_t reference_bytes, file_bytes;
    double ratio;
} sizes;

static const dc_field size_fields[] = {
    { .name = "reference_bytes", .kind = DC_FIELD_U64, .offset = offsetof(sizes, reference_bytes) },
    { .name = "file_bytes", .kind = DC_FIELD_U64, .offset = offsetof(sizes, file_bytes) },
    { .name = "ratio", .kind = DC_FIELD_NUMBER, .offset = offsetof(sizes, ratio) },
    { 0 },
};

void cli_add_ledger(dc_document *d, const dc_ledger *ledger, bool is_shown)
{
    char bytes[DC_TEXT_COUNT_BYTES];
    sizes *row = dc_arena_take(d->arena, 1, sizeof *row);
    if (row == NULL)
        return;
    *row = (sizes){ ledger->reference_bytes, ledger->file_bytes,
                    share((double)ledger->reference_bytes, ledger->file_bytes) };
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "sizes",
                                      .fields = size_fields, .rows = row, .is_record = true });
    add_layers(d, ledger, is_shown);
    if (is_shown)
        dc_document_text(d, "\n");
    add_parts(d, ledger, is_shown);
    if (is_shown)
        dc_document_text(d, "\nreference (dense float32)  %s bytes, %.1fx\n",
                         dc_text_count(bytes, row->reference_bytes), row->ratio);
}

void cli_add_written(dc_document *d, const char *path, const dc_ledger *ledger, const char *more)
{
    char bytes[DC_TEXT_COUNT_BYTES];
    dc_document_text(d, "%s  %s bytes, %.1fx%s\n", path,
                     dc_text_count(bytes, ledger->file_bytes),
                     share((double)ledger->reference_bytes, ledger->file_bytes), more);
}
