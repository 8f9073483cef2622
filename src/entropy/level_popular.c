/* SPDX-License-Identifier: MIT
 *
 * The counts of level_popular.h and their logarithms.
 */
#include "level_popular.h"

void dc_level_popular_init(level_popular *p, level_slice *slice, bool has_columns)
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
    if (has_columns)
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

static void make_around_logs(level_popular *p)
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
        p->around_logs[column] = (int16_t)level_clamp(around, -ODDS_MOST, ODDS_MOST);
    }
}

/* Of n counts, each out of as many rows as have been, times `live` if it is not NULL. */
static void make_logs(int16_t *logs, const level_popular *p, const uint32_t *counts,
                      const uint32_t *live, uint32_t n)
{
    uint32_t last_live = 1;
    int all = level_popularity_all(p, p->n_rows);
    for (uint32_t i = 0; i < n; i++) {
        if (live != NULL && live[i] != last_live) {
            last_live = live[i];
            all = level_popularity_all(p, (uint64_t)p->n_rows * last_live);
        }
        logs[i] = (int16_t)(level_popularity_of(p, counts[i]) - all);
    }
}

void dc_level_popular_begin_row(level_popular *p)
{
    const level_slice *slice = p->slice;
    const uint64_t share = level_power(p->t, 16 * LOG_ONE + slice->head.share_log, 0);
    p->usual = (share * SHARE_PRIOR + (p->n_nonzero << 16)) / (SHARE_PRIOR + p->n_seen);
    p->usual = DC_MAX(p->usual, 1);
    p->usual_log = level_log(p->t, p->usual) - 16 * LOG_ONE;
    make_logs(p->input_logs, p, p->by_input, p->live_by_input, slice->stream->shape.n_inputs);
    make_logs(p->place_logs, p, p->by_place, p->live_by_place, slice->n_places);
    if (p->column_logs != NULL)
        make_logs(p->column_logs, p, p->by_column, NULL, slice->n_cols);
    make_around_logs(p);
}
