/* SPDX-License-Identifier: MIT
 *
 * A matrix in the memories of N PEs (manual, 2). One walk over the columns says how many entries,
 * fillers included, each PE has in each column of each block; running sums of these are the
 * pointers, and say where the entries go; a second walk writes them. The bias column is walked like
 * the others. Where a row goes is looked up: divisions are done once a row, not once a weight.
 */
#include "machine.h"

#include <inttypes.h>
#include <string.h>

/* Columns times PEs, 8 bytes each: 2 GiB. Fillers included, entries must not pass 32 bits. */
#define MAX_REFS (UINT64_C(1) << 28)
#define MAX_ENTRIES (UINT64_C(1) << 30)

uint32_t batch_slots(const dc_eie_layer *layer, uint32_t batch)
{
    const uint32_t room = layer->config.n_act_registers;
    return DC_MIN(room, layer->n_slots - batch * room);
}

uint32_t block_rows(const dc_eie_layer *layer, uint32_t block)
{
    const uint32_t room = layer->config.n_act_registers;
    return DC_MIN(room, layer->n_local - block * room);
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* A block of one PE, in the column that is walked. */
typedef struct lane {
    uint32_t next; /* local row behind the last entry         */
    uint32_t at;   /* entries so far; where the next one goes */
} lane;

typedef struct row_place {
    uint32_t lane, local;
} row_place;

typedef struct laying {
    dc_eie_layer *layer;
    lane *lanes;       /* (n_blocks, n_pes)                */
    row_place *places; /* (n_rows)                         */
    uint32_t *rows;    /* of the bias column, n_bias_rows  */
    uint8_t *codes;
    uint32_t n_bias_rows;
} laying;

static dc_status prepare(laying *l, dc_eie_layer *layer, dc_arena *scratch)
{
    const dc_csc *m = layer->matrix;
    const uint32_t n_pes = layer->config.n_pes, room = layer->config.n_act_registers;
    *l = (laying){ .layer = layer };
    l->lanes = dc_arena_take(scratch, (uint64_t)layer->n_blocks * n_pes, sizeof *l->lanes);
    l->places = dc_arena_take(scratch, m->n_rows, sizeof *l->places);
    l->rows = dc_arena_take(scratch, m->n_rows, sizeof *l->rows);
    l->codes = dc_arena_take(scratch, m->n_rows, sizeof *l->codes);
    DC_TRY(scratch->status);
    for (uint32_t i = 0; i < m->n_rows; i++) {
        const uint32_t local = i / n_pes;
        l->places[i] = (row_place){ local / room * n_pes + i % n_pes, local };
        l->codes[i] = 1;
        if (layer->has_bias && m->bias[i] != 0)
            l->rows[l->n_bias_rows++] = i;
    }
    return DC_OK;
}

static column_ref *refs_of(const dc_eie_layer *layer, uint32_t block, uint32_t column)
{
    return layer->refs + ((uint64_t)block * layer->n_columns + column) * layer->config.n_pes;
}

static void begin_column(const laying *l, uint32_t column, bool is_counting)
{
    const dc_eie_layer *layer = l->layer;
    const uint32_t n_pes = layer->config.n_pes;
    for (uint32_t b = 0; b < layer->n_blocks; b++) {
        const uint32_t first_row = b * layer->config.n_act_registers;
        const column_ref *refs = refs_of(layer, b, column);
        lane *lanes = l->lanes + (uint64_t)b * n_pes;
        for (uint32_t k = 0; k < n_pes; k++)
            lanes[k] = (lane){ first_row, is_counting ? 0 : refs[k].start };
    }
}

/* refs[i + 1].start becomes the count of i. */
static void count_column(const laying *l, uint32_t column, const uint32_t *rows, uint64_t n)
{
    dc_eie_layer *layer = l->layer;
    const uint32_t n_pes = layer->config.n_pes, index_bits = layer->config.index_bits;
    const row_place *places = l->places;
    lane *lanes = l->lanes;
    begin_column(l, column, true);
    for (uint64_t e = 0; e < n; e++) {
        const row_place place = places[rows[e]];
        lane *to = &lanes[place.lane];
        const uint32_t n_fillers = (place.local - to->next) >> index_bits;
        to->at += n_fillers + 1;
        to->next = place.local + 1;
        if (n_fillers > 0)
            layer->column_fillers[place.lane / n_pes * (uint64_t)layer->n_columns + column] +=
                n_fillers;
    }
    for (uint32_t b = 0; b < layer->n_blocks; b++) {
        column_ref *refs = refs_of(layer, b, column);
        const lane *of_block = lanes + (uint64_t)b * n_pes;
        uint32_t n_entries = 0;
        for (uint32_t k = 0; k < n_pes; k++) {
            refs[k + 1].start = of_block[k].at;
            n_entries += of_block[k].at;
        }
        layer->column_entries[(uint64_t)b * layer->n_columns + column] = n_entries;
    }
}

static void write_column(const laying *l, uint32_t column, const uint32_t *rows,
                         const uint8_t *codes, uint64_t n)
{
    const dc_eie_layer *layer = l->layer;
    const uint32_t most_zeros = (1u << layer->config.index_bits) - 1;
    const row_place *places = l->places;
    lane *lanes = l->lanes;
    entry *entries = layer->entries;
    begin_column(l, column, false);
    for (uint64_t e = 0; e < n; e++) {
        const row_place place = places[rows[e]];
        lane *to = &lanes[place.lane];
        uint32_t zeros = place.local - to->next;
        for (; zeros > most_zeros; zeros -= most_zeros + 1)
            entries[to->at++] = ENTRY(0, most_zeros);
        entries[to->at++] = ENTRY(codes[e], zeros);
        to->next = place.local + 1;
    }
}

static void count_all(const laying *l)
{
    const dc_csc *m = l->layer->matrix;
    for (uint32_t j = 0; j < m->n_cols; j++)
        count_column(l, j, m->rows + m->starts[j], m->starts[j + 1] - m->starts[j]);
    if (l->layer->has_bias)
        count_column(l, m->n_cols, l->rows, l->n_bias_rows);
}

static void write_all(const laying *l)
{
    const dc_csc *m = l->layer->matrix;
    for (uint32_t j = 0; j < m->n_cols; j++)
        write_column(l, j, m->rows + m->starts[j], m->codes + m->starts[j],
                     m->starts[j + 1] - m->starts[j]);
    if (l->layer->has_bias)
        write_column(l, m->n_cols, l->rows, l->codes, l->n_bias_rows);
}

/* ---- memories ------------------------------------------------------------------------------- */

static void sum_counts(dc_eie_layer *layer)
{
    const uint32_t n_pes = layer->config.n_pes;
    const uint64_t n_refs = (layer->n_pointers - 1) * n_pes;
    for (uint64_t i = 0, k = 0; i < n_refs; i++, k = k + 1 == n_pes ? 0 : k + 1) {
        layer->refs[i].pointer = layer->pe_entries[k];
        layer->pe_entries[k] += layer->refs[i + 1].start;
        layer->refs[i + 1].start += layer->refs[i].start;
    }
    for (uint32_t k = 0; k < n_pes; k++)
        layer->fit.n_entries = DC_MAX(layer->fit.n_entries, layer->pe_entries[k]);
}

static void measure_fit(dc_eie_layer *layer)
{
    const dc_eie_config *config = &layer->config;
    dc_eie_fit *fit = &layer->fit;
    const uint32_t per_line = entries_per_line(config), n_lanes = 64 / dc_eie_bits(config);
    const uint64_t n_lines = (fit->n_entries + per_line - 1) / per_line;
    fit->n_pointers = layer->n_pointers;
    fit->n_activation_lines = 0; /* each batch and block begins a line */
    for (uint32_t t = 0; layer->n_batches > 1 && t < layer->n_batches; t++)
        fit->n_activation_lines += (batch_slots(layer, t) + n_lanes - 1) / n_lanes;
    for (uint32_t b = 0; layer->n_blocks > 1 && b < layer->n_blocks; b++)
        fit->n_activation_lines += (block_rows(layer, b) + n_lanes - 1) / n_lanes;
    fit->spmat_bytes = n_lines * config->sram_width_bits / 8;
    fit->pointer_bytes = (layer->n_pointers * config->pointer_bits + 7) / 8;
    fit->act_bytes = fit->n_activation_lines * 8;
    fit->fits_pointer = fit->n_entries < UINT64_C(1) << config->pointer_bits;
    fit->fits_spmat = fit->spmat_bytes <= config->spmat_bytes;
    fit->fits_pointer_sram = fit->pointer_bytes <= config->pointer_bytes;
    fit->fits_act = fit->act_bytes <= config->act_bytes;
}

static dc_status take_entries(dc_eie_layer *layer, dc_arena *arena)
{
    const uint64_t n_columns_all = layer->n_pointers - 1;
    uint64_t n_all = 0;
    for (uint64_t c = 0; c < n_columns_all; c++)
        n_all += layer->column_entries[c];
    if (n_all > MAX_ENTRIES)
        return dc_fail(DC_ELIMIT, "'%s' needs %" PRIu64 " entries, fillers included", layer->name,
                       n_all);
    /* one more: the place behind a column may be looked at */
    layer->entries = dc_arena_take(arena, n_all + 1, sizeof *layer->entries);
    return arena->status;
}

static dc_status lay(dc_eie_layer *layer, dc_arena *arena, dc_arena *scratch)
{
    const uint32_t n_pes = layer->config.n_pes;
    const uint64_t n_columns_all = layer->n_pointers - 1;
    laying l;
    layer->refs = dc_arena_take(arena, n_columns_all * n_pes + 1, sizeof *layer->refs);
    layer->pe_entries = dc_arena_take(arena, n_pes, sizeof *layer->pe_entries);
    layer->column_entries = dc_arena_take(arena, n_columns_all, sizeof(uint32_t));
    layer->column_fillers = dc_arena_take(arena, n_columns_all, sizeof(uint32_t));
    DC_TRY(arena->status);
    DC_TRY(prepare(&l, layer, scratch));
    count_all(&l);
    DC_TRY(take_entries(layer, arena));
    sum_counts(layer);
    write_all(&l);
    measure_fit(layer);
    return DC_OK;
}

static dc_status check_size(const dc_eie_layer *layer)
{
    const dc_csc *m = layer->matrix;
    const uint64_t n_refs = layer->n_pointers * layer->config.n_pes;
    if (m->n_codebook > 1u << layer->config.code_bits)
        return dc_fail(DC_EINPUT,
                       "'%s' shares %u values besides zero, codes of %u bits name %u: requantize "
                       "(--requantize) or widen the codes (--code-bits)",
                       layer->name, m->n_codebook - 1, layer->config.code_bits,
                       (1u << layer->config.code_bits) - 1);
    if (m->starts[m->n_cols] > MAX_ENTRIES || n_refs > MAX_REFS)
        return dc_fail(DC_ELIMIT, "'%s' is too large to be laid out on %u elements", layer->name,
                       layer->config.n_pes);
    return DC_OK;
}

dc_status dc_eie_layer_new(dc_eie_layer **out, const dc_csc *matrix, const dc_eie_config *config,
                           const char *name, bool has_relu, dc_arena *arena)
{
    const uint32_t n_pes = config->n_pes, room = config->n_act_registers;
    dc_eie_layer *layer = dc_arena_take(arena, 1, sizeof *layer);
    DC_TRY(arena->status);
    DC_TRY(dc_eie_check(config));
    *layer = (dc_eie_layer){ .matrix = matrix,
                             .name = name,
                             .config = *config,
                             .has_relu = has_relu,
                             .has_bias = matrix->bias != NULL,
                             .n_slots = (matrix->n_cols + n_pes - 1) / n_pes,
                             .n_local = (matrix->n_rows + n_pes - 1) / n_pes };
    layer->n_batches = (layer->n_slots + room - 1) / room;
    layer->n_blocks = (layer->n_local + room - 1) / room;
    layer->n_columns = matrix->n_cols + layer->has_bias;
    layer->n_pointers = (uint64_t)layer->n_blocks * layer->n_columns + 1;
    DC_TRY(check_size(layer));
    if (layer->has_bias)
        layer->bias =
            dc_arena_take(arena, (uint64_t)n_pes * layer->n_blocks * room, sizeof *layer->bias);
    dc_arena scratch = { 0 };
    const dc_status status = lay(layer, arena, &scratch);
    dc_arena_clear(&scratch);
    DC_TRY(status);
    const char *misfit = dc_eie_fit_text(&layer->fit, config, arena);
    if (config->is_strict && misfit[0] != '\0')
        return dc_fail(DC_ELIMIT, "'%s' does not fit: %s", name, misfit);
    *out = layer;
    return DC_OK;
}

void dc_eie_layer_set_format(dc_eie_layer *layer, const dc_fixed_format *format)
{
    const dc_csc *m = layer->matrix;
    const uint32_t n_bits = dc_eie_bits(&layer->config), n_pes = layer->config.n_pes;
    const uint64_t n_places = (uint64_t)layer->n_blocks * layer->config.n_act_registers;
    layer->format = *format;
    layer->shift = (uint32_t)(format->weight + format->input - format->output);
    for (uint32_t i = 0; i < m->n_codebook; i++)
        layer->codebook[i] = dc_fixed_of((double)m->codebook[i], format->weight, n_bits);
    for (uint32_t i = 0; i < m->n_rows && layer->has_bias; i++)
        layer->bias[i % n_pes * n_places + i / n_pes] =
            dc_fixed_of((double)m->bias[i], format->output, n_bits);
}

const dc_eie_fit *dc_eie_layer_fit(const dc_eie_layer *layer)
{
    return &layer->fit;
}

uint64_t dc_eie_layer_entries(uint64_t *n_fillers, const dc_eie_layer *layer)
{
    *n_fillers = 0;
    for (uint64_t c = 0; c + 1 < layer->n_pointers; c++)
        *n_fillers += layer->column_fillers[c];
    return layer->refs[(layer->n_pointers - 1) * layer->config.n_pes].start;
}

const char *dc_eie_fit_text(const dc_eie_fit *fit, const dc_eie_config *config, dc_arena *arena)
{
    const char *text = "";
    if (!fit->fits_pointer)
        text = dc_arena_print(arena, "%" PRIu64 " entries in a PE, pointers of %u bits count %llu",
                              fit->n_entries, config->pointer_bits,
                              (1ull << config->pointer_bits) - 1);
    const struct {
        const char *what;
        bool fits;
        uint64_t wanted, have;
    } memories[] = {
        { "Spmat", fit->fits_spmat, fit->spmat_bytes, config->spmat_bytes },
        { "pointers", fit->fits_pointer_sram, fit->pointer_bytes, config->pointer_bytes },
        { "activations", fit->fits_act, fit->act_bytes, config->act_bytes },
    };
    for (size_t i = 0; i < DC_COUNT_OF(memories); i++)
        if (!memories[i].fits)
            text = dc_arena_print(arena, "%s%s%s need %" PRIu64 " bytes of a PE's %" PRIu64, text,
                                  text[0] != '\0' ? "; " : "", memories[i].what,
                                  memories[i].wanted, memories[i].have);
    return text;
}
