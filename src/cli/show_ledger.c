/* SPDX-License-Identifier: MIT
 *
 * Where the bytes of a model file went: its sizes, a row a layer, a row a section of the file.
 */
#include <math.h>

#include "cli.h"

/* Bits for one symbol. */
typedef struct stream_bits {
    double entropy, coded;
    double coder[DC_MAX_CODERS]; /* by id */
} stream_bits;

typedef struct layer_row {
    const char *name, *kind, *shape, *encoding;
    uint64_t weights, nonzero, entries, bytes;
    uint32_t code_bits, gap_bits, n_codebook;
    double density, size_share;           /* size_share: of float32                        */
    stream_bits codes, gaps;
    stream_bits shown_codes, shown_gaps;  /* NaN where there is no such stream or coder    */
} layer_row;

#define AT(member) offsetof(layer_row, member)

/* For programs; bits of codes and gaps stand before the last one. */
static const dc_field layer_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name) },
    { .name = "kind", .kind = DC_FIELD_TEXT, .offset = AT(kind) },
    { .name = "encoding", .kind = DC_FIELD_TEXT, .offset = AT(encoding) },
    { .name = "weights", .kind = DC_FIELD_U64, .offset = AT(weights) },
    { .name = "nonzero", .kind = DC_FIELD_U64, .offset = AT(nonzero) },
    { .name = "entries", .kind = DC_FIELD_U64, .offset = AT(entries) },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = AT(density) },
    { .name = "weight_bits", .kind = DC_FIELD_U32, .offset = AT(code_bits), .unit = "bits" },
    { .name = "index_bits", .kind = DC_FIELD_U32, .offset = AT(gap_bits), .unit = "bits" },
    { .name = "codebook", .kind = DC_FIELD_U32, .offset = AT(n_codebook) },
    { .name = "bytes", .kind = DC_FIELD_U64, .offset = AT(bytes), .unit = "bytes" },
};

/* For people; bits stand behind them. */
static const dc_field shown_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "layer" },
    { .name = "shape", .kind = DC_FIELD_TEXT, .offset = AT(shape), .title = "shape" },
    { .name = "weights", .kind = DC_FIELD_U64, .offset = AT(weights), .title = "weights" },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = AT(density), .title = "density %",
      .scale = 100, .n_decimals = 2 },
    { .name = "bytes", .kind = DC_FIELD_U64, .offset = AT(bytes), .title = "bytes" },
    { .name = "size_share", .kind = DC_FIELD_NUMBER, .offset = AT(size_share),
      .title = "% of f32", .scale = 100, .n_decimals = 2 },
    { .name = "encoding", .kind = DC_FIELD_TEXT, .offset = AT(encoding), .title = "stored as" },
};

#define MAX_FIELDS (DC_COUNT_OF(layer_fields) + 2 * (3 + DC_MAX_CODERS) + 1)

/* The coders of which the ledger shows what they take, beside the entropy: the usual ones, and
 * those that a weight of the file is stored with. The raw one's is the width, shown anyway. */
static uint32_t shown_coders(const dc_ledger *ledger)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++)
        mask |= dc_coder_at(i)->is_usual ? 1u << dc_coder_at(i)->id : 0;
    for (uint32_t i = 0; i < ledger->n_params; i++)
        if (ledger->params[i].role == DC_ROLE_WEIGHT)
            mask |= 1u << ledger->params[i].codes.coder_id | 1u << ledger->params[i].gaps.coder_id;
    return mask & ~(1u << DC_CODER_RAW);
}

/* A table of fields that is composed, because the coders are rows of a table of theirs. */
typedef struct composed {
    dc_field *fields;
    uint32_t n, coders; /* coders: a mask */
    dc_arena *arena;
} composed;

static void compose_bits(composed *c, size_t offset, const char *key, const char *title,
                         const char *group)
{
    c->fields[c->n++] = (dc_field){ .name = key, .kind = DC_FIELD_NUMBER, .offset = offset,
                                    .title = title, .group = group,
                                    .n_decimals = title != NULL ? 2 : 0,
                                    .may_be_absent = true };
}

/* entropy_bits_per_weight, huffman_bits_per_weight, ..., bits_per_weight_coded; or gap. For people
 * the titles are short, under one of the `group`. */
static void compose_stream(composed *c, size_t offset, const char *what, const char *group)
{
    const bool is_shown = group != NULL;
    compose_bits(c, offset + offsetof(stream_bits, entropy),
                 dc_arena_print(c->arena, "entropy_bits_per_%s", what),
                 is_shown ? "entropy" : NULL, group);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        if ((c->coders >> coder->id & 1u) != 0)
            compose_bits(c, offset + offsetof(stream_bits, coder) + coder->id * sizeof(double),
                         dc_arena_print(c->arena, "%s_bits_per_%s", coder->name, what),
                         is_shown ? coder->name : NULL, group);
    }
    compose_bits(c, offset + offsetof(stream_bits, coded),
                 dc_arena_print(c->arena, "bits_per_%s_coded", what), is_shown ? "file" : NULL,
                 group);
}

static void compose_width(composed *c, size_t offset, const char *group)
{
    c->fields[c->n++] = (dc_field){ .name = "raw", .kind = DC_FIELD_U32, .offset = offset,
                                    .title = "raw", .group = group, .may_be_absent = true };
}

static const dc_field *compose_fields(uint32_t coders, bool is_shown, dc_arena *arena)
{
    static const char over_codes[] = "codes [bits]", over_gaps[] = "gaps [bits]";
    const dc_field *plain = is_shown ? shown_fields : layer_fields;
    const uint32_t n = is_shown ? DC_COUNT_OF(shown_fields) : DC_COUNT_OF(layer_fields) - 1;
    composed c = { dc_arena_take(arena, MAX_FIELDS, sizeof *c.fields), 0, coders, arena };
    if (c.fields == NULL)
        return NULL;
    while (c.n < n) {
        c.fields[c.n] = plain[c.n];
        c.n++;
    }
    if (is_shown)
        compose_width(&c, AT(code_bits), over_codes);
    compose_stream(&c, is_shown ? AT(shown_codes) : AT(codes), "weight",
                   is_shown ? over_codes : NULL);
    if (is_shown)
        compose_width(&c, AT(gap_bits), over_gaps);
    compose_stream(&c, is_shown ? AT(shown_gaps) : AT(gaps), "gap", is_shown ? over_gaps : NULL);
    if (!is_shown)
        c.fields[c.n] = layer_fields[n];
    return c.fields;
}

static double share(double part, uint64_t whole)
{
    return whole > 0 ? part / (double)whole : 0;
}

static void set_bits(stream_bits *bits, stream_bits *shown, const dc_stream_info *s)
{
    const bool is_there = s->n_symbols_coded > 0;
    bits->entropy = s->entropy_bits;
    bits->coded = 8 * share((double)s->total_bytes, s->n_symbols_coded);
    shown->entropy = is_there ? bits->entropy : (double)NAN;
    shown->coded = is_there ? bits->coded : (double)NAN;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        const bool is_known = is_there && (coder->is_by_counts || s->coder_id == coder->id);
        bits->coder[coder->id] = s->coder_bits[coder->id];
        shown->coder[coder->id] = is_known ? s->coder_bits[coder->id] : (double)NAN;
    }
}

static void set_shares(layer_row *row)
{
    row->density = share((double)row->nonzero, row->weights);
    row->size_share = share((double)row->bytes, 4 * row->weights);
}

static layer_row row_of(const dc_param_info *p, dc_arena *arena)
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
        .code_bits = p->code_bits,
        .gap_bits = p->gap_bits,
        .n_codebook = p->n_codebook,
    };
    set_shares(&row);
    set_bits(&row.codes, &row.shown_codes, &p->codes);
    set_bits(&row.gaps, &row.shown_gaps, &p->gaps);
    return row;
}

static void add_layers(dc_document *d, const dc_ledger *ledger, bool is_shown)
{
    layer_row *rows = dc_arena_take(d->arena, (uint64_t)ledger->n_params + 1, sizeof *rows);
    layer_row all = { .name = "all" };
    const uint32_t coders = shown_coders(ledger);
    const dc_field *fields = compose_fields(coders, false, d->arena);
    const dc_field *people_fields = compose_fields(coders, true, d->arena);
    uint32_t n = 0;
    if (d->arena->status < 0)
        return;
    set_bits(&all.codes, &all.shown_codes, &(dc_stream_info){ 0 });
    set_bits(&all.gaps, &all.shown_gaps, &(dc_stream_info){ 0 });
    for (uint32_t i = 0; i < ledger->n_params; i++) {
        if (ledger->params[i].role != DC_ROLE_WEIGHT)
            continue;
        rows[n] = row_of(&ledger->params[i], d->arena);
        all.weights += rows[n].weights;
        all.nonzero += rows[n].nonzero;
        all.bytes += rows[n++].bytes;
    }
    set_shares(&all);
    rows[n] = all;
    dc_section s = { .forms = DC_FOR_PROGRAMS, .title = "layers", .key = "layers",
                     .fields = fields, .rows = rows, .row_bytes = sizeof *rows, .n_rows = n };
    dc_document_add(d, &s);
    s.forms = DC_FOR_PEOPLE;
    s.fields = people_fields;
    s.n_totals = n > 1;
    if (is_shown)
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
