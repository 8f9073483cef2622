/* SPDX-License-Identifier: MIT
 *
 * The "lite" coder of levels: the bits of "mix", each foretold by one counter. It is for layers so
 * large that "mix" would take seconds: a level that is 0 costs a look at a byte of its column, and
 * no more. The contexts are specified in docs/format_levels.md.
 */
#include "level_layer.h"
#include "level_popular.h"
#include "level_sizes.h"
#include "mixer.h"

#define RENEWED_ROWS 16u /* up to this row classes are made anew at each          */
#define RENEWED_EACH 4u  /* then at every fourth                                  */
#define ROW_PERIOD 16u   /* columns between two looks at how popular the row is   */
#define N_RUNS 4u        /* whether the two levels before are 0                   */

typedef struct lite {
    level_slice *slice;
    level_popular popular;
    level_sizes sizes;
    uint8_t *classes; /* by column */
    level_counter zeros[2][N_CLASSES][N_CLASSES][N_RUNS], signs[27];
    level_counter *nodes; /* [node][side][parity]                    */
    const int16_t *above; /* the row that was coded before; NULL: none */
    uint32_t row_nonzero, history;
    unsigned side, state, parity;
} lite;

static void renew(lite *m)
{
    level_popular *p = &m->popular;
    if (p->n_rows >= RENEWED_ROWS && p->n_rows % RENEWED_EACH != 0)
        return;
    dc_level_popular_begin_row(p);
    for (uint32_t i = 0; i < m->slice->n_columns; i++) {
        const uint32_t column = m->slice->columns[i].cell - 1;
        m->classes[i] = (uint8_t)level_class(p->around_logs[column]);
    }
}

static ALWAYS_INLINE uint32_t sign_at(const int16_t *row, uint32_t cell)
{
    const int level = cell > 0 ? row[cell - 1] : 0;
    return level > 0 ? 2 : level < 0;
}

static ALWAYS_INLINE unsigned code_node(void *coder, range_coder *c, uint32_t node, unsigned bit,
                                        range_way way)
{
    lite *m = coder;
    level_counter *k = &m->nodes[(node * 2 + m->side) * 2 + m->parity];
    return counter_decide(k, c, m->slice->tables, bit, way);
}

/* Of a level that is not 0, in a row whose cells begin at `row`. */
static ALWAYS_INLINE int code_some(lite *m, range_coder *coder, const level_column *c,
                                   const int16_t *row, int level, const range_way way)
{
    level_slice *slice = m->slice;
    unsigned is_above = m->sizes.n[1] == 0;
    if (m->sizes.n[0] > 0 && m->sizes.n[1] > 0) {
        const uint32_t context = (sign_at(row, c->left) * 3 + sign_at(row, c->up)) * 3 +
                                 (m->above != NULL ? sign_at(m->above, c->cell) : 0);
        is_above = counter_code(&m->signs[context], coder, slice->tables, level > 0, way);
    }
    m->side = is_above == 0;
    uint32_t size = (uint32_t)(level < 0 ? -level : level);
    size = level_size_code(&m->sizes, m->side, size, coder, m, code_node, way);
    size = way == RANGE_DECODES ? dc_level_slice_bound(slice, size, m->sizes.n[m->side]) : size;
    level_popular_count(&m->popular, c);
    return m->side != 0 ? -(int)size : (int)size;
}

static ALWAYS_INLINE void walk_row(lite *m, uint32_t row, const range_way way)
{
    level_slice *slice = m->slice;
    const int16_t *levels =
        (way == RANGE_DECODES ? slice->decoded : slice->levels) + (uint64_t)row * slice->n_cols;
    const bool is_trellis = slice->stream->is_trellis;
    const uint32_t n_columns = slice->n_columns;
    range_coder coder = slice->coder; /* what counters cannot alias stays in registers */
    uint32_t row_class = level_class(0), last = 0, history = m->history, row_nonzero = 0;
    for (uint32_t i = 0; i < n_columns; i++) {
        const level_column *c = &slice->columns[i];
        if (i % ROW_PERIOD == 0)
            row_class = level_class(level_popularity(&m->popular, row_nonzero, i));
        if (is_trellis) {
            m->state = level_states_skip(m->state, c->cell - 1 - last);
            m->parity = m->state & 1;
        }
        const int given = way == RANGE_DECODES ? 0 : levels[c->cell - 1];
        level_counter *zero = &m->zeros[m->parity][row_class][m->classes[i]][history % N_RUNS];
        const bool is_some = counter_decide(zero, &coder, slice->tables, given != 0, way);
        int level = 0;
        if (is_some) {
            level = code_some(m, &coder, c, levels, given, way);
            if (way == RANGE_DECODES)
                slice->decoded[(uint64_t)row * slice->n_cols + c->cell - 1] = (int16_t)level;
        }
        history = history << 1 | is_some;
        row_nonzero += is_some;
        if (is_trellis)
            m->state = level_state_next(m->state, level);
        last = c->cell;
    }
    if (is_trellis)
        m->state = level_states_skip(m->state, slice->n_cols - last);
    slice->coder = coder;
    m->history = history;
    m->row_nonzero = row_nonzero;
    m->above = levels;
}

static ALWAYS_INLINE void walk_rows(lite *m, const range_way way)
{
    level_slice *slice = m->slice;
    for (uint32_t row = 0; row < slice->n_rows && !dc_level_slice_ends(slice, way); row++) {
        if (slice->row_lives[row] == 0) {
            m->state = level_states_skip(m->state, slice->n_cols);
            continue;
        }
        renew(m);
        walk_row(m, row, way);
        m->popular.n_seen += slice->n_columns;
        m->popular.n_nonzero += m->row_nonzero;
        m->popular.n_rows++;
    }
}

static lite *lite_new(level_slice *s)
{
    lite *m = dc_arena_take(&s->arena, 1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->slice = s;
    level_sizes_init(&m->sizes, s->stream);
    dc_level_popular_init(&m->popular, s, false);
    m->classes = dc_arena_take(&s->arena, s->n_columns, 1);
    m->nodes = dc_arena_take(&s->arena, UINT64_C(4) * m->sizes.n_nodes, sizeof *m->nodes);
    if (s->arena.status != DC_OK)
        return NULL;
    for (uint32_t parity = 0; parity < 2; parity++)
        for (uint32_t row = 0; row < N_CLASSES; row++)
            for (uint32_t col = 0; col < N_CLASSES; col++)
                for (uint32_t run = 0; run < N_RUNS; run++) {
                    const int log = s->head.share_log + ((int)row - 8) * LOG_ONE / 2 +
                                    ((int)col - 8) * LOG_ONE / 2 + LOG_ONE / 2;
                    const int odds = level_odds_of_log(s->tables, log);
                    m->zeros[parity][row][col][run] = counter_from(level_prob(s->tables, odds));
                }
    return m;
}

static void walk_lite(level_slice *slice, range_way way)
{
    lite *m = lite_new(slice);
    if (m == NULL)
        slice->status = slice->arena.status;
    else if (way == RANGE_COUNTS)
        walk_rows(m, RANGE_COUNTS);
    else if (way == RANGE_ENCODES)
        walk_rows(m, RANGE_ENCODES);
    else
        walk_rows(m, RANGE_DECODES);
}

static uint64_t lite_bytes(const dc_level_stream *s, uint64_t give_up_at)
{
    return dc_level_layer_bytes(s, give_up_at, walk_lite);
}

static void lite_encode(dc_writer *w, const dc_level_stream *s)
{
    dc_level_layer_encode(w, s, walk_lite);
}

static dc_status lite_decode(dc_level_take *take, void *payload, const dc_level_stream *shape,
                             const uint8_t *data, uint64_t size)
{
    return dc_level_layer_decode(take, payload, shape, data, size, walk_lite);
}

const dc_level_coder dc_level_coder_lite = { .id = 1,
                                             .name = "lite",
                                             .ns_per_weight = 12,
                                             .ns_per_nonzero = 50,
                                             .bytes = lite_bytes,
                                             .encode = lite_encode,
                                             .decode = lite_decode };
