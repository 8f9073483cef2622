/* SPDX-License-Identifier: MIT
 *
 * The counts of level_popular.h and their logarithms.
 */
#include "level_popular.h"

void dc_level_popular_init(level_popular *p, level_slice *slice)
{
    dc_arena *arena = &slice->arena;
    const uint32_t n_inputs = slice->stream->shape.n_inputs;
    *p = (level_popular){ .slice = slice, .t = slice->tables };
    p->is_picture = slice->n_places >= LEVEL_PICTURE_PLACES;
    p->by_column = dc_arena_take(arena, slice->n_cols, sizeof(uint32_t));
    p->by_input = dc_arena_take(arena, n_inputs, sizeof(uint32_t));
    p->by_place = dc_arena_take(arena, slice->n_places, sizeof(uint32_t));
    p->live_by_input = dc_arena_take(arena, n_inputs, sizeof(uint32_t));
    p->live_by_place = dc_arena_take(arena, slice->n_places, sizeof(uint32_t));
    p->column_logs = dc_arena_take(arena, slice->n_cols, sizeof(int16_t));
    p->around_logs = dc_arena_take(arena, slice->n_cols, sizeof(int16_t));
    p->input_logs = dc_arena_take(arena, n_inputs, sizeof(int16_t));
    p->place_logs = dc_arena_take(arena, slice->n_places, sizeof(int16_t));
    if (arena->status != DC_OK)
        return;
    for (uint32_t i = 0; i < slice->n_columns; i++) {
        p->live_by_input[slice->columns[i].input]++;
        p->live_by_place[slice->columns[i].place]++;
    }
}

/* The sum of the 3 x 3 around a column, as far as they are in the picture; `n` of them. */
static uint64_t picture_sum(const level_popular *p, uint32_t column, uint32_t *n)
{
    const int height = (int)p->slice->stream->shape.height;
    const int width = (int)p->slice->stream->shape.width;
    const int place = (int)(column % p->slice->n_places), y = place / width, x = place % width;
    uint64_t sum = 0;
    *n = 0;
    for (int i = level_clamp(y - 1, 0, y); i <= y + 1 && i < height; i++)
        for (int j = level_clamp(x - 1, 0, x); j <= x + 1 && j < width; j++) {
            sum += p->by_column[(int)column + (i - y) * width + (j - x)];
            ++*n;
        }
    return sum;
}

static void make_column_logs(level_popular *p)
{
    const level_slice *slice = p->slice;
    for (uint32_t i = 0; i < slice->n_columns; i++) {
        const level_column *c = &slice->columns[i];
        const uint32_t column = c->cell - 1;
        int around = p->input_logs[c->input] + p->place_logs[c->place];
        if (p->is_picture) {
            uint32_t n;
            const uint64_t sum = picture_sum(p, column, &n);
            around = level_popularity(p, sum, (uint64_t)n * p->n_rows);
        }
        p->column_logs[column] = (int16_t)level_popularity(p, p->by_column[column], p->n_rows);
        p->around_logs[column] = (int16_t)level_clamp(around, -ODDS_MOST, ODDS_MOST);
    }
}

void dc_level_popular_begin_row(level_popular *p)
{
    const level_slice *slice = p->slice;
    const uint64_t share = level_power(p->t, 16 * LOG_ONE + slice->head.share_log, 0);
    p->usual = (share * SHARE_PRIOR + (p->n_nonzero << 16)) / (SHARE_PRIOR + p->n_seen);
    p->usual = DC_MAX(p->usual, 1);
    p->usual_log = level_log(p->t, p->usual) - 16 * LOG_ONE;
    for (uint32_t i = 0; i < slice->stream->shape.n_inputs; i++)
        p->input_logs[i] =
            (int16_t)level_popularity(p, p->by_input[i], (uint64_t)p->n_rows * p->live_by_input[i]);
    for (uint32_t k = 0; k < slice->n_places; k++)
        p->place_logs[k] =
            (int16_t)level_popularity(p, p->by_place[k], (uint64_t)p->n_rows * p->live_by_place[k]);
    make_column_logs(p);
}
