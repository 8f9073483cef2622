/* SPDX-License-Identifier: MIT
 *
 * The frame of a coded layer: head, sizes of slices, slices. A large layer is cut into slices of
 * rows, each with counters and an end of its own, that are coded on all cores. Rows and columns
 * without anything may be marked by a bit each and are then left out; whether they are, small
 * layers try, and large ones tell by how much would be left out.
 */
#include "level_layer.h"

#include <assert.h>
#include <string.h>

#include "mixer.h"

#define SLICE_WEIGHTS (UINT64_C(1) << 22) /* a layer has a slice for each so many */
#define TRIED_WEIGHTS (UINT64_C(1) << 18) /* up to so many marks are tried */
#define MARKED_SHARE 8u                   /* else marks leave out a part of 1/8 or more */

#define HEAD_BYTES 2u
#define SHARE_UNIT 32 /* of its byte, in LOG_ONE: 1/8 */
#define MEAN_UNIT 16
#define MARKS_BIT 0x80u

/* A layer on its way through: what its slices have in common, and what becomes of them. */
typedef struct level_layer {
    const dc_level_stream *stream;
    level_walk *walk;
    range_way way;
    level_head head;
    level_tables tables;
    uint64_t n_cols;
    uint32_t n_slices;
    uint64_t give_up_at;
    dc_level_take *take; /* decoding */
    void *payload;
    dc_writer slices[DC_MAX_LEVEL_SLICES];    /* encoding           */
    const uint8_t *data[DC_MAX_LEVEL_SLICES]; /* decoding: borrowed */
    uint64_t n_bytes[DC_MAX_LEVEL_SLICES];    /* of the slice       */
} level_layer;

static uint64_t n_cols_of(const dc_level_shape *shape)
{
    return (uint64_t)shape->n_inputs * shape->height * shape->width;
}

static uint32_t n_slices_of(const dc_level_stream *s)
{
    const uint64_t n = s->shape.n_rows * n_cols_of(&s->shape);
    const uint64_t most = DC_MIN(DC_MAX_LEVEL_SLICES, s->shape.n_rows);
    const uint64_t wanted = DC_MIN(n / SLICE_WEIGHTS, most);
    return s->is_trellis ? 1 : (uint32_t)DC_MAX(wanted, 1);
}

/* ---- head ------------------------------------------------------------------------------------ */

static uint32_t size_of_level(const dc_level_stream *s, int level)
{
    const uint32_t k = level < 0 ? 0u - (uint32_t)level : (uint32_t)level;
    return s->sizes[level < 0] != NULL ? s->sizes[level < 0][k] : k;
}

/* Rows and columns with something in them, 1 each. */
static void find_marks(uint8_t *rows, uint8_t *cols, const int16_t *levels, uint32_t n_rows,
                       uint64_t n_cols)
{
    for (uint32_t r = 0; r < n_rows; r++, levels += n_cols) {
        uint8_t any = 0;
        for (uint64_t c = 0; c < n_cols; c++) {
            const uint8_t is_some = levels[c] != 0;
            any |= is_some;
            cols[c] |= is_some;
        }
        rows[r] = any;
    }
}

static uint64_t sum_of(const uint8_t *marks, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += marks[i];
    return sum;
}

/* Of how many levels rows and columns say nothing of themselves, over the whole layer. */
static dc_status count_live(uint64_t *out, const dc_level_stream *s)
{
    dc_arena arena = { 0 };
    const uint64_t n_cols = n_cols_of(&s->shape);
    uint8_t *rows = dc_arena_take(&arena, s->shape.n_rows, 1);
    uint8_t *cols = dc_arena_take(&arena, n_cols, 1);
    if (arena.status == DC_OK) {
        find_marks(rows, cols, s->levels, s->shape.n_rows, n_cols);
        *out = sum_of(rows, s->shape.n_rows) * sum_of(cols, n_cols);
    }
    const dc_status status = arena.status;
    dc_arena_clear(&arena);
    return status;
}

/* Rounded, in units of `unit`, from 0 to `most`. */
static int head_units(int log, int unit, int most)
{
    return level_clamp((log + unit / 2) / unit, 0, most) * unit;
}

static void find_head(level_layer *l, uint64_t n_live)
{
    const dc_level_stream *s = l->stream;
    const uint64_t n = s->shape.n_rows * l->n_cols;
    uint64_t n_nonzero = 0, sum = 0;
    for (uint64_t i = 0; i < n; i++)
        if (s->levels[i] != 0) {
            n_nonzero++;
            sum += size_of_level(s, s->levels[i]);
        }
    const int all = level_log(&l->tables, DC_MAX(l->head.has_marks ? n_live : n, 1));
    const int nonzero = level_log(&l->tables, DC_MAX(n_nonzero, 1));
    l->head.share_log = -head_units(all - nonzero, SHARE_UNIT, 127);
    l->head.mean_log = head_units(level_log(&l->tables, DC_MAX(sum, 1)) - nonzero, MEAN_UNIT, 255);
}

/* ---- a slice --------------------------------------------------------------------------------- */

bool dc_level_slice_ends(level_slice *slice, range_way way)
{
    if (way == RANGE_COUNTS)
        return slice->coder.n_bytes >= slice->give_up_at;
    if (way == RANGE_DECODES && slice->status == DC_OK && range_is_past_end(&slice->coder))
        slice->status = dc_fail(DC_ECORRUPT, "coded levels end early");
    return slice->status != DC_OK;
}

uint32_t dc_level_slice_bound(level_slice *slice, uint32_t size, uint32_t most)
{
    if (size > most && slice->status == DC_OK)
        slice->status = dc_fail(DC_ECORRUPT, "a coded level is out of bounds");
    return DC_MIN(size, most);
}

static unsigned code_mark(level_counter *counter, level_slice *slice, unsigned mark, range_way way)
{
    range_coder *c = &slice->coder;
    const level_tables *t = slice->tables;
    return way == RANGE_COUNTS    ? counter_code(counter, c, t, mark, RANGE_COUNTS)
           : way == RANGE_ENCODES ? counter_code(counter, c, t, mark, RANGE_ENCODES)
                                  : counter_code(counter, c, t, mark, RANGE_DECODES);
}

/* Each in the context of the one before; a column also in that of the one above it in its picture,
 * or of the input before. */
static void code_marks(level_slice *slice, uint8_t *cols, range_way way)
{
    const uint32_t width = slice->stream->shape.width, places = slice->n_places;
    level_counter rows[2] = { 0 }, columns[4] = { 0 };
    unsigned last = 1;
    for (uint32_t r = 0; r < slice->n_rows; r++)
        last = slice->row_lives[r] =
            (uint8_t)code_mark(&rows[last], slice, slice->row_lives[r], way);
    for (uint32_t c = 0; c < slice->n_cols; c++) {
        const uint32_t back = c % places >= width && places > 1 ? width : places;
        const unsigned left = c > 0 ? cols[c - 1] : 1, up = c >= back ? cols[c - back] : 1;
        cols[c] = (uint8_t)code_mark(&columns[2 * left + up], slice, cols[c], way);
    }
}

static void list_columns(level_slice *slice, const uint8_t *cols)
{
    const uint32_t width = slice->stream->shape.width, places = slice->n_places;
    uint32_t last_input = UINT32_MAX;
    for (uint32_t c = 0; c < slice->n_cols; c++) {
        if (cols[c] == 0)
            continue;
        const uint32_t input = c / places, place = c % places;
        level_column *column = &slice->columns[slice->n_columns++];
        *column = (level_column){ .cell = c + 1, .input = input, .place = place };
        column->begins_kernel = input != last_input;
        last_input = input;
        column->before = input > 0 ? c + 1 - places : 0;
        if (places == 1) {
            column->left = c;
            column->up = c > 0 ? c - 1 : 0;
        } else {
            column->left = place % width > 0 ? c : 0;
            column->up = place >= width ? c + 1 - width : 0;
        }
    }
}

static void run_slice(level_slice *slice, level_walk *walk, range_way way)
{
    uint8_t *cols = dc_arena_take(&slice->arena, slice->n_cols, 1);
    slice->row_lives = dc_arena_take(&slice->arena, slice->n_rows, 1);
    slice->columns = dc_arena_take(&slice->arena, slice->n_cols, sizeof *slice->columns);
    slice->status = slice->arena.status;
    if (slice->status != DC_OK)
        return;
    if (!slice->head.has_marks) {
        memset(cols, 1, slice->n_cols);
        memset(slice->row_lives, 1, slice->n_rows);
    } else {
        if (way != RANGE_DECODES)
            find_marks(slice->row_lives, cols, slice->levels, slice->n_rows, slice->n_cols);
        code_marks(slice, cols, way);
    }
    list_columns(slice, cols);
    walk(slice, way);
    if (way != RANGE_DECODES)
        range_end(&slice->coder, way);
    else if (slice->status == DC_OK && !range_is_at_end(&slice->coder))
        slice->status = dc_fail(DC_ECORRUPT, "coded levels do not end where their bytes do");
}

static dc_status run_one(void *payload, uint64_t index)
{
    level_layer *l = payload;
    const dc_level_stream *s = l->stream;
    const uint64_t first = dc_part_start(s->shape.n_rows, index, l->n_slices);
    const uint64_t last = dc_part_start(s->shape.n_rows, index + 1, l->n_slices);
    level_slice slice = { .stream = s,
                          .tables = &l->tables,
                          .head = l->head,
                          .n_rows = (uint32_t)(last - first),
                          .n_cols = (uint32_t)l->n_cols,
                          .n_places = s->shape.height * s->shape.width,
                          .give_up_at = l->give_up_at };
    if (l->way == RANGE_DECODES) {
        slice.decoded =
            dc_arena_take(&slice.arena, slice.n_rows * l->n_cols, sizeof *slice.decoded);
        range_begin_decode(&slice.coder, l->data[index], l->n_bytes[index]);
    } else {
        slice.levels = s->levels + first * l->n_cols;
        range_begin(&slice.coder, l->way == RANGE_ENCODES ? &l->slices[index] : NULL);
    }
    run_slice(&slice, l->walk, l->way);
    if (l->way == RANGE_COUNTS)
        l->n_bytes[index] = slice.coder.n_bytes;
    if (slice.status == DC_OK && l->way == RANGE_DECODES)
        slice.status = l->take(l->payload, &(dc_level_rows){ (uint32_t)index, (uint32_t)first,
                                                             slice.n_rows, slice.decoded });
    dc_arena_clear(&slice.arena);
    return slice.status;
}

/* ---- a layer --------------------------------------------------------------------------------- */

/* Owns: dc_release. NULL when there is no memory. */
static level_layer *layer_new(const dc_level_stream *s, level_walk *walk)
{
    level_layer *l = dc_grow(NULL, 1, sizeof *l);
    if (l == NULL)
        return NULL;
    memset(l, 0, sizeof *l);
    l->stream = s;
    l->walk = walk;
    l->n_cols = n_cols_of(&s->shape);
    l->n_slices = n_slices_of(s);
    dc_level_tables_init(&l->tables);
    return l;
}

static bool is_empty(const dc_level_stream *s)
{
    return s->n_above + s->n_below == 0 || s->shape.n_rows * n_cols_of(&s->shape) == 0;
}

/* Of head and slices, when all are known. */
static uint64_t sum_bytes(const level_layer *l)
{
    uint64_t sum = HEAD_BYTES;
    for (uint32_t i = 0; i < l->n_slices; i++)
        sum += l->n_bytes[i] + (i + 1 < l->n_slices ? dc_varint_bytes(l->n_bytes[i]) : 0);
    return sum;
}

static dc_status count_bytes(uint64_t *out, level_layer *l, uint64_t give_up_at)
{
    l->way = RANGE_COUNTS;
    l->give_up_at = give_up_at;
    DC_TRY(dc_pool_run(l->n_slices, run_one, l));
    *out = sum_bytes(l);
    return DC_OK;
}

/* Leaves the better of the heads; UINT64_MAX in *out: bytes are not known. */
static dc_status choose_head(uint64_t *out, level_layer *l, uint64_t give_up_at)
{
    const uint64_t n = l->stream->shape.n_rows * l->n_cols;
    uint64_t n_live = 0, marked = UINT64_MAX, plain = UINT64_MAX;
    *out = UINT64_MAX;
    DC_TRY(count_live(&n_live, l->stream));
    l->head.has_marks = n_live < n && n - n_live >= n / MARKED_SHARE;
    if (n <= TRIED_WEIGHTS && n_live < n) {
        l->head.has_marks = false;
        find_head(l, n_live);
        DC_TRY(count_bytes(&plain, l, give_up_at));
        l->head.has_marks = true;
        find_head(l, n_live);
        DC_TRY(count_bytes(&marked, l, DC_MIN(plain, give_up_at)));
        l->head.has_marks = marked < plain;
        *out = DC_MIN(marked, plain);
    }
    find_head(l, n_live);
    return DC_OK;
}

uint64_t dc_level_layer_bytes(const dc_level_stream *s, uint64_t give_up_at, level_walk *walk)
{
    uint64_t bytes = 0;
    if (is_empty(s))
        return 0;
    level_layer *l = layer_new(s, walk);
    if (l == NULL)
        return UINT64_MAX;
    dc_status status = choose_head(&bytes, l, give_up_at);
    if (status == DC_OK && bytes == UINT64_MAX)
        status = count_bytes(&bytes, l, give_up_at);
    dc_release(l);
    return status == DC_OK && bytes < give_up_at ? bytes : UINT64_MAX;
}

static void put_layer(dc_writer *w, level_layer *l)
{
    const level_head *h = &l->head;
    dc_put_u8(w,
              (uint8_t)((unsigned)(-h->share_log / SHARE_UNIT) | (h->has_marks ? MARKS_BIT : 0)));
    dc_put_u8(w, (uint8_t)(h->mean_log / MEAN_UNIT));
    for (uint32_t i = 0; i + 1 < l->n_slices; i++)
        dc_put_varint(w, l->slices[i].size);
    for (uint32_t i = 0; i < l->n_slices; i++)
        dc_put_bytes(w, l->slices[i].data, l->slices[i].size);
}

static dc_status encode_layer(dc_writer *w, level_layer *l)
{
    uint64_t bytes;
    DC_TRY(choose_head(&bytes, l, UINT64_MAX));
    l->way = RANGE_ENCODES;
    DC_TRY(dc_pool_run(l->n_slices, run_one, l));
    for (uint32_t i = 0; i < l->n_slices; i++)
        DC_TRY(l->slices[i].status);
    put_layer(w, l);
    return w->status;
}

void dc_level_layer_encode(dc_writer *w, const dc_level_stream *s, level_walk *walk)
{
    if (is_empty(s) || w->status != DC_OK)
        return;
    level_layer *l = layer_new(s, walk);
    if (l == NULL) {
        w->status = DC_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < l->n_slices; i++)
        dc_writer_init(&l->slices[i], w->limit_bytes);
    w->status = encode_layer(w, l);
    for (uint32_t i = 0; i < l->n_slices; i++)
        dc_writer_clear(&l->slices[i]);
    dc_release(l);
}

static dc_status get_layer(level_layer *l, const uint8_t *data, uint64_t size)
{
    dc_reader r = dc_reader_over(data, size, "coded levels");
    const unsigned share = dc_get_u8(&r), mean = dc_get_u8(&r);
    l->head.share_log = -(int)(share % MARKS_BIT) * SHARE_UNIT;
    l->head.has_marks = share >= MARKS_BIT;
    l->head.mean_log = (int)mean * MEAN_UNIT;
    for (uint32_t i = 0; i + 1 < l->n_slices; i++)
        l->n_bytes[i] = dc_get_varint(&r, size);
    for (uint32_t i = 0; i < l->n_slices; i++) {
        if (i + 1 == l->n_slices)
            l->n_bytes[i] = dc_reader_left(&r);
        l->data[i] = dc_get_bytes(&r, l->n_bytes[i]);
    }
    return r.status;
}

dc_status dc_level_layer_decode(dc_level_take *take, void *payload, const dc_level_stream *shape,
                                const uint8_t *data, uint64_t size, level_walk *walk)
{
    if (is_empty(shape))
        return size == 0 ? DC_OK : dc_fail(DC_ECORRUPT, "bytes for levels that are all 0");
    level_layer *l = layer_new(shape, walk);
    if (l == NULL)
        return DC_ENOMEM;
    l->way = RANGE_DECODES;
    l->take = take;
    l->payload = payload;
    dc_status status = get_layer(l, data, size);
    if (status == DC_OK)
        status = dc_pool_run(l->n_slices, run_one, l);
    dc_release(l);
    return status;
}

typedef struct levels_to {
    int16_t *levels;
    uint64_t n_cols;
} levels_to;

static dc_status take_levels(void *payload, const dc_level_rows *rows)
{
    const levels_to *to = payload;
    memcpy(to->levels + rows->first_row * to->n_cols, rows->levels,
           rows->n_rows * to->n_cols * sizeof *to->levels);
    return DC_OK;
}

dc_status dc_levels_decode(int16_t *levels, const dc_level_coder *coder,
                           const dc_level_stream *shape, const uint8_t *data, uint64_t size)
{
    levels_to to = { levels, n_cols_of(&shape->shape) };
    memset(levels, 0, shape->shape.n_rows * to.n_cols * sizeof *levels);
    return coder->decode(take_levels, &to, shape, data, size);
}
