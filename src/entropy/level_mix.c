/* SPDX-License-Identifier: MIT
 *
 * The "mix" coder of levels: is it 0, its sign, its size, each bit foretold by six counters in
 * contexts of their own and mixed. What they look at: how popular row, input, place and column have
 * been so far, what lies beside the level, in its kernel and in the rows above, and how large it
 * is there. The contexts are specified in docs/format_levels.md.
 *
 * A counter that is used for the first time starts from what popularities alone foretell, so a
 * small layer is not much worse than one whose counters know.
 */
#include "level_layer.h"
#include "level_popular.h"
#include "level_sizes.h"
#include "mixer.h"

#define MEAN_PRIOR 3u
#define KERNEL_PLACES 64u
#define N_MIXED_NODES 16u /* of sizes; the others have one counter each */

#define RATE_ZERO 5 /* how fast weights of the mixer learn */
#define RATE_SIGN 20
#define RATE_SIZE 8

/* Sums of the sizes of some levels. */
typedef struct size_sum {
    uint32_t n;
    uint64_t sum;
} size_sum;

/* Counters by context. */
typedef struct mix_counters {
    level_counter *zero_input, *zero_beside, *zero_popular, *zero_kernel, *zero_run, *zero_row;
    level_counter *sign_input, *sign_column, *sign_beside, *sign_near, *sign_place, *sign_row;
    level_counter *size_node, *size_by_input, *size_around, *size_scale, *size_row, *size_input;
} mix_counters;

typedef struct mix {
    level_slice *slice;
    const level_tables *t;
    mix_counters counters;
    mixer zero_mixers[4], sign_mixer, size_mixers[N_MIXED_NODES];
    level_sizes sizes;

    level_popular popular;
    size_sum *sizes_by_input, *sizes_by_place, all_sizes;
    uint64_t mean; /* size, in units of 1/16 */
    int mean_log;

    /* The row and the two above it, as cells: [0] is none. */
    int16_t *cells, *above, *above2;
    uint32_t row, row_seen, row_nonzero, history, in_kernel;
    uint32_t kernel_sum;
    size_sum row_sizes;
    unsigned state, parity; /* of the trellis */

    /* Of the size that is coded. */
    unsigned side;
    uint32_t input, scale_class, input_class, around_class;
    int size_first;
} mix;

/* ---- rows ---------------------------------------------------------------------------------- */

/* log2 of how much larger than the mean. */
static ALWAYS_INLINE int scale_of(const mix *m, const size_sum *s, uint32_t prior)
{
    return level_log(m->t, (s->sum << 4) + prior * m->mean) - 4 * LOG_ONE -
           level_log(m->t, s->n + prior) - m->mean_log;
}

/* What is known as a row begins. */
static void begin_row(mix *m, uint32_t row)
{
    const uint64_t mean = level_power(m->t, m->slice->head.mean_log, 4);
    dc_level_popular_begin_row(&m->popular);
    m->mean = (mean * MEAN_PRIOR + (m->all_sizes.sum << 4)) / (MEAN_PRIOR + m->all_sizes.n);
    m->mean = DC_MAX(m->mean, 1);
    m->mean_log = level_log(m->t, m->mean) - 4 * LOG_ONE;
    m->row = row;
    m->row_seen = m->row_nonzero = 0;
    m->row_sizes = (size_sum){ 0 };
}

static void end_row(mix *m)
{
    int16_t *last = m->above2;
    m->popular.n_seen += m->row_seen;
    m->popular.n_nonzero += m->row_nonzero;
    m->popular.n_rows++;
    m->above2 = m->above;
    m->above = m->cells;
    m->cells = last;
}

/* ---- is it 0 --------------------------------------------------------------------------------- */

static ALWAYS_INLINE uint32_t beside_of(const mix *m, const level_column *c)
{
    return (uint32_t)(m->cells[c->left] != 0) | (uint32_t)(m->cells[c->up] != 0) << 1 |
           (uint32_t)(m->cells[c->before] != 0) << 2 | (uint32_t)(m->above[c->cell] != 0) << 3 |
           (uint32_t)(m->above2[c->cell] != 0) << 4;
}

/* In the row so far, of the four that touch it. */
static ALWAYS_INLINE uint32_t n_touching(const mix *m, const level_column *c)
{
    const uint32_t width = m->slice->stream->shape.width;
    const uint32_t x = c->place % width, up = c->up;
    return (uint32_t)(m->cells[c->left] != 0) + (uint32_t)(m->cells[up] != 0) +
           (uint32_t)(up > 0 && x > 0 && m->cells[up - 1] != 0) +
           (uint32_t)(up > 0 && x + 1 < width && m->cells[up + 1] != 0);
}

static ALWAYS_INLINE uint32_t n_set(uint32_t bits)
{
    bits = bits - (bits >> 1 & 0x55);
    bits = (bits & 0x33) + (bits >> 2 & 0x33);
    return (bits + (bits >> 4)) & 0xf;
}

static ALWAYS_INLINE unsigned code_zero(mix *m, const level_column *c, unsigned bit,
                                        const range_way way)
{
    mix_counters *k = &m->counters;
    const int row_log = level_popularity(&m->popular, m->row_nonzero, m->row_seen);
    const uint32_t column = c->cell - 1, row = level_class(row_log), beside = beside_of(m, c);
    const uint32_t around = level_class(m->popular.around_logs[column]),
                   run = n_set(m->history & 255);
    const uint32_t in_kernel = DC_MIN(m->in_kernel, 3), was_before = beside >> 2 & 3;
    const uint32_t kernel = m->popular.is_picture ? around * 5 + n_touching(m, c)
                                                  : DC_MIN(m->in_kernel, 15) * KERNEL_PLACES +
                                                        DC_MIN(c->place, KERNEL_PLACES - 1);
    level_counter *const counters[MIX_INPUTS] = {
        &k->zero_input[c->input],
        &k->zero_beside[m->parity * 32 + beside],
        &k->zero_popular[(m->parity * N_CLASSES + row) * N_CLASSES + around],
        &k->zero_kernel[kernel],
        &k->zero_run[level_class(m->popular.column_logs[column]) * 8 + DC_MIN(run, 7)],
        &k->zero_row[(row * 4 + in_kernel) * 4 + was_before],
    };
    const int first =
        level_odds_of_log(m->t, m->popular.usual_log + row_log + m->popular.around_logs[column]);
    mixer *mixed = &m->zero_mixers[m->parity * 2 + (m->in_kernel > 0)];
    return mixer_code(mixed, counters, first, RATE_ZERO, &m->slice->coder, m->t, bit, way);
}

/* ---- its sign -------------------------------------------------------------------------------- */

static ALWAYS_INLINE uint32_t sign_of(int level)
{
    return level > 0 ? 2 : level < 0;
}

/* 1: above 0. */
static ALWAYS_INLINE unsigned code_sign(mix *m, const level_column *c, unsigned bit,
                                        const range_way way)
{
    mix_counters *k = &m->counters;
    if (m->sizes.n[1] == 0 || m->sizes.n[0] == 0)
        return m->sizes.n[1] == 0;
    const uint32_t left = sign_of(m->cells[c->left]), up = sign_of(m->cells[c->up]);
    const uint32_t before = sign_of(m->cells[c->before]), above = sign_of(m->above[c->cell]);
    level_counter *const counters[MIX_INPUTS] = {
        &k->sign_input[c->input],
        &k->sign_column[c->cell - 1],
        &k->sign_beside[((left * 3 + up) * 3 + before) * 3 + above],
        &k->sign_near[(left * 3 + up) * 3 + above],
        &k->sign_place[c->place * 3 + left],
        &k->sign_row[m->row],
    };
    return mixer_code(&m->sign_mixer, counters, 0, RATE_SIGN, &m->slice->coder, m->t, bit, way);
}

/* ---- its size -------------------------------------------------------------------------------- */

static ALWAYS_INLINE uint32_t worth(const mix *m, int level)
{
    const uint32_t k = level < 0 ? 0u - (uint32_t)level : (uint32_t)level;
    const uint16_t *sizes = m->slice->stream->sizes[level < 0];
    return sizes != NULL && k > 0 ? sizes[k] : k;
}

static void add_size(size_sum *s, uint32_t size)
{
    s->n++;
    s->sum += size;
}

static ALWAYS_INLINE void prepare_size(mix *m, const level_column *c, unsigned side)
{
    const int beside[4] = { m->cells[c->left], m->cells[c->up], m->cells[c->before],
                            m->above[c->cell] };
    size_sum around = { .n = m->in_kernel, .sum = m->kernel_sum };
    for (unsigned i = 0; i < 4; i++) {
        around.n += beside[i] != 0;
        around.sum += worth(m, beside[i]);
    }
    const int row = scale_of(m, &m->row_sizes, MEAN_PRIOR);
    const int input = scale_of(m, &m->sizes_by_input[c->input], MEAN_PRIOR);
    const int place = scale_of(m, &m->sizes_by_place[c->place], 8);
    m->side = side;
    m->input = c->input;
    m->scale_class = level_class(row + input + place);
    m->input_class = level_class(input);
    m->around_class = level_class(scale_of(m, &around, 1));
    m->size_first = 0;
    if (m->slice->stream->sizes[0] == NULL) {
        const int log = m->mean_log + row + input + place;
        m->size_first = -level_odds_of_log(m->t, -DC_MAX(log, 16));
    }
}

static ALWAYS_INLINE unsigned code_node(void *coder, range_coder *c, uint32_t node, unsigned bit,
                                        range_way way)
{
    mix *m = coder;
    mix_counters *k = &m->counters;
    const uint32_t own = node * 2 + m->side, n = own * 2 + m->parity;
    if (node >= N_MIXED_NODES)
        return counter_code(&k->size_node[n], c, m->t, bit, way);
    level_counter *const counters[MIX_INPUTS] = {
        &k->size_node[n],
        &k->size_by_input[n * N_CLASSES + m->input_class],
        &k->size_around[n * N_CLASSES + m->around_class],
        &k->size_scale[n * N_CLASSES + m->scale_class],
        &k->size_row[own * m->slice->n_rows + m->row],
        &k->size_input[own * m->slice->stream->shape.n_inputs + m->input],
    };
    mixer *mixed = &m->size_mixers[node];
    return mixer_code(mixed, counters, m->size_first, RATE_SIZE, c, m->t, bit, way);
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* Returns the level. */
static ALWAYS_INLINE int code_level(mix *m, const level_column *c, int level, const range_way way)
{
    if (code_zero(m, c, level != 0, way) == 0)
        return 0;
    const unsigned side = code_sign(m, c, level > 0, way) == 0;
    prepare_size(m, c, side);
    uint32_t size = (uint32_t)(level < 0 ? -level : level);
    size = level_size_code(&m->sizes, side, size, &m->slice->coder, m, code_node, way);
    size = way == RANGE_DECODES ? dc_level_slice_bound(m->slice, size, m->sizes.n[side]) : size;
    level = side != 0 ? -(int)size : (int)size;
    const uint32_t w = worth(m, level);
    add_size(&m->row_sizes, w);
    add_size(&m->sizes_by_input[c->input], w);
    add_size(&m->sizes_by_place[c->place], w);
    add_size(&m->all_sizes, w);
    m->kernel_sum += w;
    level_popular_count(&m->popular, c);
    return level;
}

static ALWAYS_INLINE void walk_row(mix *m, uint32_t row, const range_way way)
{
    level_slice *slice = m->slice;
    const bool is_trellis = slice->stream->is_trellis;
    const uint64_t start = (uint64_t)row * slice->n_cols;
    uint32_t last = 0;
    for (uint32_t i = 0; i < slice->n_columns; i++) {
        const level_column *c = &slice->columns[i];
        if (is_trellis) {
            m->state = level_states_skip(m->state, c->cell - 1 - last);
            m->parity = m->state & 1;
        }
        if (c->begins_kernel)
            m->in_kernel = m->kernel_sum = 0;
        const int given = way == RANGE_DECODES ? 0 : slice->levels[start + c->cell - 1];
        const int level = code_level(m, c, given, way);
        if (way == RANGE_DECODES)
            slice->decoded[start + c->cell - 1] = (int16_t)level;
        m->cells[c->cell] = (int16_t)level;
        m->history = m->history << 1 | (level != 0);
        m->in_kernel += level != 0;
        m->row_nonzero += level != 0;
        m->row_seen++;
        if (is_trellis)
            m->state = level_state_next(m->state, level);
        last = c->cell;
    }
    if (is_trellis)
        m->state = level_states_skip(m->state, slice->n_cols - last);
}

static ALWAYS_INLINE void walk_rows(mix *m, const range_way way)
{
    level_slice *slice = m->slice;
    for (uint32_t row = 0; row < slice->n_rows && !dc_level_slice_ends(slice, way); row++) {
        if (slice->row_lives[row] == 0) {
            m->state = level_states_skip(m->state, slice->n_cols);
            continue;
        }
        begin_row(m, row);
        walk_row(m, row, way);
        end_row(m);
    }
}

static void take_counters(mix_counters *k, const level_slice *s, uint32_t n_nodes, dc_arena *arena)
{
    const uint32_t n_inputs = s->stream->shape.n_inputs;
    const uint64_t n_mixed = DC_MIN(n_nodes, N_MIXED_NODES);
    const struct {
        level_counter **counters;
        uint64_t n;
    } all[] = {
        { &k->zero_input, n_inputs },
        { &k->zero_beside, 2 * 32 },
        { &k->zero_popular, 2 * N_CLASSES * N_CLASSES },
        { &k->zero_kernel, 16 * KERNEL_PLACES },
        { &k->zero_run, N_CLASSES * 8 },
        { &k->zero_row, N_CLASSES * 4 * 4 },
        { &k->sign_input, n_inputs },
        { &k->sign_column, s->n_cols },
        { &k->sign_beside, 81 },
        { &k->sign_near, 27 },
        { &k->sign_place, UINT64_C(3) * s->n_places },
        { &k->sign_row, s->n_rows },
        { &k->size_node, UINT64_C(4) * n_nodes },
        { &k->size_by_input, 4 * n_mixed * N_CLASSES },
        { &k->size_around, 4 * n_mixed * N_CLASSES },
        { &k->size_scale, 4 * n_mixed * N_CLASSES },
        { &k->size_row, 2 * n_mixed * s->n_rows },
        { &k->size_input, 2 * n_mixed * n_inputs },
    };
    for (size_t i = 0; i < DC_COUNT_OF(all); i++)
        *all[i].counters = dc_arena_take(arena, all[i].n, sizeof(level_counter));
}

static mix *mix_new(level_slice *s)
{
    dc_arena *arena = &s->arena;
    const uint32_t n_inputs = s->stream->shape.n_inputs, n_cells = s->n_cols + 1;
    mix *m = dc_arena_take(arena, 1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->slice = s;
    m->t = s->tables;
    level_sizes_init(&m->sizes, s->stream);
    dc_level_popular_init(&m->popular, s, true);
    take_counters(&m->counters, s, m->sizes.n_nodes, arena);
    m->sizes_by_input = dc_arena_take(arena, n_inputs, sizeof(size_sum));
    m->sizes_by_place = dc_arena_take(arena, s->n_places, sizeof(size_sum));
    m->cells = dc_arena_take(arena, n_cells, sizeof(int16_t));
    m->above = dc_arena_take(arena, n_cells, sizeof(int16_t));
    m->above2 = dc_arena_take(arena, n_cells, sizeof(int16_t));
    if (arena->status != DC_OK)
        return NULL;
    for (size_t i = 0; i < DC_COUNT_OF(m->zero_mixers); i++)
        mixer_init(&m->zero_mixers[i]);
    mixer_init(&m->sign_mixer);
    for (size_t i = 0; i < DC_COUNT_OF(m->size_mixers); i++)
        mixer_init(&m->size_mixers[i]);
    return m;
}

static void walk_mix(level_slice *slice, range_way way)
{
    mix *m = mix_new(slice);
    if (m == NULL)
        slice->status = slice->arena.status;
    else if (way == RANGE_COUNTS)
        walk_rows(m, RANGE_COUNTS);
    else if (way == RANGE_ENCODES)
        walk_rows(m, RANGE_ENCODES);
    else
        walk_rows(m, RANGE_DECODES);
}

static uint64_t mix_bytes(const dc_level_stream *s, uint64_t give_up_at)
{
    return dc_level_layer_bytes(s, give_up_at, walk_mix);
}

static void mix_encode(dc_writer *w, const dc_level_stream *s)
{
    dc_level_layer_encode(w, s, walk_mix);
}

static dc_status mix_decode(dc_level_take *take, void *payload, const dc_level_stream *shape,
                            const uint8_t *data, uint64_t size)
{
    return dc_level_layer_decode(take, payload, shape, data, size, walk_mix);
}

const dc_level_coder dc_level_coder_mix = { .id = 2,
                                            .name = "mix",
                                            .ns_per_weight = 75,
                                            .ns_per_nonzero = 190,
                                            .bytes = mix_bytes,
                                            .encode = mix_encode,
                                            .decode = mix_decode };
