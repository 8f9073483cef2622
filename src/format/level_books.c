/* SPDX-License-Identifier: MIT
 *
 * Which books a layer's values have. Most have none, and that shows after a few values. A layer
 * that follows the trellis was made by it, if it has more than a few weights; one whose rows have
 * coarser grids than the whole was quantized by rows; and few distinct values may be fewer than the
 * levels of the grid that they happen to lie on. What cannot be ruled out is left to the count of
 * bytes, but in large layers, where it takes time, the likelier one is taken.
 */
#include <math.h>

#include "level_book.h"
#include "small_step.h"

#define LARGE_VALUES (UINT64_C(1) << 16)
#define STEP_BITS 5u /* of a row's own step, about */

typedef struct finding {
    const float *values;
    dc_level_shape shape;
    uint64_t n, n_cols;
    dc_arena *arena;
    dc_leveled *out;
    unsigned n_out;
} finding;

static int16_t *take_levels(finding *f)
{
    return dc_arena_take(f->arena, f->n, sizeof(int16_t));
}

static void add(finding *f, const dc_level_book *book, int16_t *levels)
{
    dc_level_book added = *book;
    int most = 0, least = 0;
    for (uint64_t i = 0; i < f->n; i++) {
        most = DC_MAX(most, levels[i]);
        least = DC_MIN(least, levels[i]);
    }
    added.n_above = (uint32_t)most;
    added.n_below = (uint32_t)-least;
    f->out[f->n_out++] = (dc_leveled){ added, levels };
}

/* ---- one grid -------------------------------------------------------------------------------- */

/* Sets *step; 0: there is no grid that can be stored. */
static dc_status find_grid(finding *f, float *step)
{
    uint8_t byte;
    if (!dc_grid_find(step, f->values, f->n) || !dc_step_is_storable(*step)) {
        *step = 0;
        return DC_OK;
    }
    int16_t *levels = take_levels(f);
    DC_TRY(f->arena->status);
    dc_level_book book = { .step = *step, .is_half = dc_small_step_find(&byte, *step) };
    const bool is_trellis = dc_trellis_levels(levels, f->values, f->n, *step);
    book.kind = is_trellis ? BOOK_TRELLIS : BOOK_GRID;
    if (!is_trellis)
        dc_grid_levels(levels, f->values, f->n, *step);
    add(f, &book, levels);
    return DC_OK;
}

/* ---- grids of rows --------------------------------------------------------------------------- */

/* The coarsest grid of one byte's step that a row lies on; false when there is none. */
static bool find_row_step(uint8_t *byte, const float *values, uint64_t n)
{
    float step, most = 0;
    if (!dc_grid_find(&step, values, n))
        return false;
    for (uint64_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(values[i]));
    for (unsigned part = 1; part < 1u << 8; part += 2)
        if (dc_small_step_find(byte, step / (float)part) &&
            dc_small_step(*byte) * (float)part == step)
            return most <= DC_MAX_LEVEL * dc_small_step(*byte);
    return false;
}

static uint64_t count_nonzero(const float *values, uint64_t n)
{
    uint64_t n_nonzero = 0;
    for (uint64_t i = 0; i < n; i++)
        n_nonzero += values[i] != 0;
    return n_nonzero;
}

/* Whole bits that each level is shorter by in a row's own grid. */
static uint64_t bits_of_ratio(float row_step, float step)
{
    uint64_t bits = 0;
    for (; row_step >= 2 * step; row_step /= 2)
        bits++;
    return bits;
}

/* The steps of all rows; false when one has none, or when all of them together gain nothing on the
 * grid of `step` (0: there is none). */
static bool find_row_steps(uint8_t *steps, const finding *f, float step)
{
    uint64_t gain_bits = 0;
    uint8_t last = 0;
    for (uint32_t row = 0; row < f->shape.n_rows; row++) {
        const float *values = f->values + row * f->n_cols;
        const uint64_t n_nonzero = count_nonzero(values, f->n_cols);
        if (n_nonzero > 0 && !find_row_step(&last, values, f->n_cols))
            return false;
        steps[row] = last;
        if (step > 0 && n_nonzero > 0)
            gain_bits += n_nonzero * bits_of_ratio(dc_small_step(last), step);
    }
    for (uint32_t row = 0; row < f->shape.n_rows && count_nonzero(f->values + row * f->n_cols,
                                                                  f->n_cols) == 0; row++)
        steps[row] = steps[f->shape.n_rows - 1]; /* rows of zeros at the front: any step will do */
    return step == 0 || gain_bits > (uint64_t)STEP_BITS * f->shape.n_rows;
}

static dc_status find_rows(finding *f, float step)
{
    dc_level_book book = { .kind = BOOK_ROWS, .is_half = true };
    if (f->shape.n_rows == 1)
        return DC_OK;
    book.row_steps = dc_arena_take(f->arena, f->shape.n_rows, 1);
    DC_TRY(f->arena->status);
    if (!find_row_steps(book.row_steps, f, step))
        return DC_OK;
    int16_t *levels = take_levels(f);
    DC_TRY(f->arena->status);
    for (uint32_t row = 0; row < f->shape.n_rows; row++)
        dc_grid_levels(levels + row * f->n_cols, f->values + row * f->n_cols, f->n_cols,
                       dc_small_step(book.row_steps[row]));
    add(f, &book, levels);
    return DC_OK;
}

/* ---- few values ------------------------------------------------------------------------------ */

static bool is_all_half(const float *numbers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (dc_f16_round(numbers[i]) != numbers[i])
            return false;
    return true;
}

static dc_status find_values(finding *f, const float *distinct, uint32_t n_distinct)
{
    enum { PIECE = 1 << 12 };
    uint8_t codes[PIECE];
    dc_level_book book = { .kind = BOOK_VALUES };
    book.numbers = dc_arena_take(f->arena, n_distinct, sizeof *book.numbers);
    int16_t *levels = take_levels(f);
    DC_TRY(f->arena->status);
    for (uint32_t i = 0; i < n_distinct; i++) {
        book.n_below += distinct[i] < 0;
        book.n_above += distinct[i] > 0;
        if (distinct[i] != 0)
            book.numbers[book.n_below + book.n_above - 1] = distinct[i];
    }
    const bool has_zero = book.n_below + book.n_above < n_distinct;
    if (book.n_below + book.n_above > DC_MAX_BOOK_VALUES)
        return DC_OK;
    book.is_half = is_all_half(book.numbers, book.n_below + book.n_above);
    for (uint64_t at = 0; at < f->n; at += PIECE) {
        const uint64_t n = DC_MIN(f->n - at, (uint64_t)PIECE);
        dc_codes_of(codes, f->values + at, n, distinct, n_distinct);
        for (uint64_t i = 0; i < n; i++) {
            const int rank = codes[i] - (int)book.n_below;
            levels[at + i] = (int16_t)(rank + (rank >= 0 && !has_zero));
        }
    }
    DC_TRY(dc_level_book_size(&book, f->arena));
    add(f, &book, levels);
    return DC_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

dc_status dc_level_books_find(dc_leveled out[DC_MAX_LEVEL_BOOKS], unsigned *n, const float *values,
                              const dc_level_shape *shape, const float *distinct,
                              uint32_t n_distinct, dc_arena *arena)
{
    float step;
    finding f = { .values = values, .shape = *shape, .arena = arena, .out = out };
    f.n_cols = (uint64_t)shape->n_inputs * shape->height * shape->width;
    f.n = shape->n_rows * f.n_cols;
    DC_TRY(find_grid(&f, &step));
    DC_TRY(find_rows(&f, step));
    const dc_level_book *grid = step > 0 ? &out[0].book : NULL;
    const bool is_large = f.n >= LARGE_VALUES;
    const bool is_trellis = grid != NULL && grid->kind == BOOK_TRELLIS && is_large;
    const bool is_scattered = grid == NULL || grid->n_above + grid->n_below > 2 * n_distinct;
    if (n_distinct > 0 && !is_trellis && (!is_large || (is_scattered && f.n_out <= 1))) {
        DC_TRY(find_values(&f, distinct, n_distinct));
        if (is_large && f.n_out == 2)
            out[0] = out[--f.n_out];
    }
    *n = f.n_out;
    return DC_OK;
}
