/* SPDX-License-Identifier: MIT
 *
 * A matrix by columns and PEs, with fillers, and cut into tiles that a half of the buffers holds
 * (manual, 2). One walk counts, one writes.
 */
#include "ese_internal.h"

#include <string.h>

#define MAX_ENTRIES (UINT64_C(1) << 30)
#define MAX_REFS (UINT64_C(1) << 28)

uint64_t ese_row_bursts(const dc_ese_config *config)
{
    return (2 * (uint64_t)config->n_pes + config->bus_bytes - 1) / config->bus_bytes;
}

uint64_t ese_element_bursts(const dc_ese_config *config)
{
    return (2 * (uint64_t)config->n_channels + config->bus_bytes - 1) / config->bus_bytes;
}

uint64_t ese_shared_bursts(const dc_ese_config *config, uint64_t n_words)
{
    return (2 * n_words + config->bus_bytes - 1) / config->bus_bytes;
}

typedef struct laying {
    ese_stage *stage;
    const dc_ese_config *config;
    uint32_t *next;    /* by PE: local row behind the last entry  */
    uint64_t *places;  /* by PE: where its next entry goes        */
    uint32_t *fillers; /* by column                               */
    int16_t weights[DC_MAX_CODEBOOK];
} laying;

/* Column j; counts into starts[j N + k + 1], or writes where starts[j N + k] says. */
static void walk_column(const laying *l, uint32_t j, bool is_writing)
{
    ese_stage *s = l->stage;
    const dc_csc *m = s->matrix;
    const uint32_t n_pes = l->config->n_pes, most_zeros = (1u << l->config->index_bits) - 1;
    uint32_t *starts = s->starts + (uint64_t)j * n_pes;
    memset(l->next, 0, n_pes * sizeof *l->next);
    for (uint32_t k = 0; k < n_pes; k++)
        l->places[k] = is_writing ? starts[k] : 0;
    for (uint64_t e = m->starts[j]; e < m->starts[j + 1]; e++) {
        const uint32_t row = m->rows[e] - s->first_row; /* a row before the first is a large one */
        if (row >= s->n_rows)
            continue;
        const uint32_t k = row % n_pes, local = row / n_pes;
        uint32_t zeros = local - l->next[k];
        for (; zeros > most_zeros; zeros -= most_zeros + 1, l->places[k]++) {
            if (is_writing)
                s->entries[l->places[k]] = (ese_entry){ 0, (uint16_t)most_zeros };
            else
                l->fillers[j]++;
        }
        if (is_writing)
            s->entries[l->places[k]] = (ese_entry){ l->weights[m->codes[e]], (uint16_t)zeros };
        else
            s->n_nonzero++;
        l->places[k]++;
        l->next[k] = local + 1;
    }
    for (uint32_t k = 0; k < n_pes && !is_writing; k++)
        starts[k + 1] = (uint32_t)l->places[k];
}

/* `fill` (n_pes): entries of each PE in the tile that is open. */
static void cut_tiles(laying *l, uint32_t *fill)
{
    ese_stage *s = l->stage;
    const uint32_t n_pes = l->config->n_pes;
    ese_tile *tile = s->tiles;
    *tile = (ese_tile){ 0 };
    memset(fill, 0, n_pes * sizeof *fill);
    for (uint32_t j = 0; j < s->n_cols; j++) {
        const uint32_t *starts = s->starts + (uint64_t)j * n_pes;
        bool fits = tile->n_cols + 2 <= l->config->pointer_buffer_words;
        for (uint32_t k = 0; k < n_pes; k++)
            fits &= fill[k] + starts[k + 1] - starts[k] <= l->config->weight_buffer_words;
        if (!fits) {
            *++tile = (ese_tile){ .first_col = j };
            memset(fill, 0, n_pes * sizeof *fill);
        }
        tile->n_cols++;
        tile->n_entries += starts[n_pes] - starts[0];
        tile->n_fillers += l->fillers[j];
        for (uint32_t k = 0; k < n_pes; k++) {
            fill[k] += starts[k + 1] - starts[k];
            tile->n_weight_rows = DC_MAX(tile->n_weight_rows, fill[k]);
        }
    }
    s->n_tiles = (uint32_t)(tile - s->tiles) + 1;
}

static dc_status lay(laying *l, dc_arena *arena, dc_arena *scratch)
{
    ese_stage *s = l->stage;
    const uint32_t n_pes = l->config->n_pes;
    const uint64_t n_refs = (uint64_t)s->n_cols * n_pes;
    uint64_t n_all = 0;
    l->next = dc_arena_take(scratch, n_pes, sizeof *l->next);
    l->places = dc_arena_take(scratch, n_pes, sizeof *l->places);
    l->fillers = dc_arena_take(scratch, s->n_cols, sizeof *l->fillers);
    uint32_t *fill = dc_arena_take(scratch, n_pes, sizeof *fill);
    uint64_t *of_pe = dc_arena_take(scratch, n_pes, sizeof *of_pe);
    s->starts = dc_arena_take(arena, n_refs + 1, sizeof *s->starts);
    s->tiles = dc_arena_take(arena, s->n_cols, sizeof *s->tiles);
    DC_TRY(scratch->status);
    DC_TRY(arena->status);
    for (uint32_t j = 0; j < s->n_cols; j++)
        walk_column(l, j, false);
    for (uint64_t i = 0; i < n_refs; i++) {
        of_pe[i % n_pes] += s->starts[i + 1];
        n_all += s->starts[i + 1];
        s->starts[i + 1] = (uint32_t)n_all;
    }
    for (uint32_t k = 0; k < n_pes; k++)
        s->n_most = DC_MAX(s->n_most, of_pe[k]);
    if (n_all > MAX_ENTRIES)
        return dc_fail(DC_ELIMIT, "'%s' needs %llu entries, fillers included", s->name,
                       (unsigned long long)n_all);
    s->entries = dc_arena_take(arena, n_all + 1, sizeof *s->entries);
    DC_TRY(arena->status);
    for (uint32_t j = 0; j < s->n_cols; j++)
        walk_column(l, j, true);
    cut_tiles(l, fill);
    return DC_OK;
}

dc_status ese_stage_lay(ese_stage *stage, const dc_ese_config *config, dc_arena *arena)
{
    laying l = { .stage = stage, .config = config };
    dc_arena scratch = { 0 };
    if ((uint64_t)stage->n_cols * config->n_pes > MAX_REFS)
        return dc_fail(DC_ELIMIT, "'%s' is too large to be laid out on %u elements", stage->name,
                       config->n_pes);
    for (uint32_t i = 0; i < stage->matrix->n_codebook; i++)
        l.weights[i] = (int16_t)dc_fixed_of((double)stage->matrix->codebook[i],
                                            stage->format.weight, config->weight_bits);
    const dc_status status = lay(&l, arena, &scratch);
    dc_arena_clear(&scratch);
    return status;
}
