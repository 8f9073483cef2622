/* SPDX-License-Identifier: MIT
 *
 * Every row of the table of kernels against the first one, bit for bit. Rows that this processor
 * lacks are named and left out. usage: check_kernels
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/kernels.h"

#define MOST 5000u /* numbers of an array */
#define GUARD 64u  /* and behind them: what must not be written */

static uint64_t drawn = 1;
static unsigned n_checks, n_failures;

static uint32_t draw(uint32_t n)
{
    drawn ^= drawn << 13, drawn ^= drawn >> 7, drawn ^= drawn << 17;
    return (uint32_t)(drawn >> 33) % n;
}

/* Ordinary numbers, and now and then a zero, a denormal, a huge one. */
static float draw_number(void)
{
    static const float odd[] = { 0, -0.0f, 1e-41f, -3e-39f, 1e30f, -2e37f, 1, -1 };
    if (draw(16) == 0)
        return odd[draw(DC_COUNT_OF(odd))];
    return ((float)draw(1u << 20) - (float)(1u << 19)) / (float)(1u << 17);
}

static void fill(float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = draw_number();
}

static void compare(const char *kernel, const char *row, const char *what, const void *a,
                    const void *b, size_t n_bytes)
{
    n_checks++;
    if (memcmp(a, b, n_bytes) == 0)
        return;
    if (n_failures++ < 20)
        printf("%s of %s: %s differs\n", kernel, row, what);
}

/* ---- update ---- */

typedef struct state {
    float w[MOST + GUARD], first[MOST + GUARD], second[MOST + GUARD];
    uint16_t w_bf16[MOST + GUARD];
} state;

static void check_update(const dc_kernels *row)
{
    static state wanted, got;
    static float dw[MOST + GUARD];
    static uint16_t tags[MOST + GUARD];
    dc_update u = { .rule = (dc_update_rule)draw(3), .rate = 0.01f, .momentum = 0.9f,
                    .decay = draw(2) ? 0.001f : 0, .clip = draw(2) ? 1 : 0.37f,
                    .first_scale = 1.7f, .second_scale = 3.1f, .n = draw(6) ? draw(200) : MOST,
                    .dw = dw };
    fill(wanted.w, MOST + GUARD);
    fill(wanted.first, MOST + GUARD);
    for (uint32_t i = 0; i < MOST + GUARD; i++) {
        wanted.second[i] = fabsf(draw_number());
        wanted.w_bf16[i] = (uint16_t)draw(65536);
        tags[i] = (uint16_t)draw(3);
    }
    fill(dw, MOST + GUARD);
    got = wanted;
    const bool is_masked = draw(2), has_bf16 = draw(2), is_adam = u.rule == DC_UPDATE_ADAM;
    u.tags = is_masked ? tags : NULL;
    u.w = wanted.w, u.first = wanted.first, u.second = is_adam ? wanted.second : NULL;
    u.w_bf16 = has_bf16 ? wanted.w_bf16 : NULL;
    dc_kernels_row(0)->update(&u);
    u.w = got.w, u.first = got.first, u.second = is_adam ? got.second : NULL;
    u.w_bf16 = has_bf16 ? got.w_bf16 : NULL;
    row->update(&u);
    compare("update", row->name, "w", wanted.w, got.w, sizeof got.w);
    compare("update", row->name, "first", wanted.first, got.first, sizeof got.first);
    compare("update", row->name, "second", wanted.second, got.second, sizeof got.second);
    compare("update", row->name, "w_bf16", wanted.w_bf16, got.w_bf16, sizeof got.w_bf16);
}

/* ---- channels last ---- */

#define ROOM 400000u

typedef struct maps {
    uint8_t *x, *y, *dy, *wanted, *got;
} maps;

static void run_rows(void (*kernel)(const dc_nhwc_rows *), dc_nhwc_rows job)
{
    const uint64_t n_rows = (uint64_t)job.shape->n * job.shape->out_height;
    const uint64_t middle = n_rows / 3; /* in two calls, as jobs do */
    job.end = middle;
    kernel(&job);
    job.from = middle, job.end = n_rows;
    kernel(&job);
}

static void check_pools(const dc_kernels *row, const maps *m)
{
    const uint32_t kernel[2] = { 1 + draw(3), 1 + draw(3) };
    const uint32_t out[2] = { 1 + draw(4), 1 + draw(4) };
    dc_nhwc s = { .n = 1 + draw(3), .n_channels = 1 + draw(70), .out_height = out[0],
                  .out_width = out[1], .height = out[0] * kernel[0] + draw(kernel[0]),
                  .width = out[1] * kernel[1] + draw(kernel[1]),
                  .kernel = { kernel[0], kernel[1] }, .stride = { kernel[0], kernel[1] },
                  .dilation = { 1, 1 }, .is_bf16 = draw(2) };
    memset(m->wanted, 0x55, ROOM);
    memset(m->got, 0x55, ROOM);
    run_rows(dc_kernels_row(0)->max_pool,
             (dc_nhwc_rows){ .shape = &s, .x = m->x, .out = m->wanted });
    run_rows(row->max_pool, (dc_nhwc_rows){ .shape = &s, .x = m->x, .out = m->got });
    compare("max_pool", row->name, "y", m->wanted, m->got, ROOM);
    memcpy(m->y, m->wanted, ROOM);
    memset(m->wanted, 0x55, ROOM);
    memset(m->got, 0x55, ROOM);
    const dc_nhwc_rows back = { .shape = &s, .x = m->x, .y = m->y, .dy = m->dy, .out = m->wanted };
    dc_nhwc_rows again = back;
    again.out = m->got;
    run_rows(dc_kernels_row(0)->max_pool_back, back);
    run_rows(row->max_pool_back, again);
    compare("max_pool_back", row->name, "dx", m->wanted, m->got, ROOM);
}

static void check_patches(const dc_kernels *row, const maps *m)
{
    dc_nhwc s = { .n = 1 + draw(2), .n_channels = 1 + draw(20), .height = 3 + draw(8),
                  .width = 3 + draw(8), .kernel = { 1 + draw(3), 1 + draw(3) },
                  .stride = { 1 + draw(2), 1 + draw(2) }, .dilation = { 1 + draw(2), 1 + draw(2) },
                  .pad = { draw(3), draw(3) }, .is_bf16 = draw(2) };
    s.out_height = 1 + draw(s.height);
    s.out_width = 1 + draw(s.width);
    memset(m->wanted, 0x55, ROOM);
    memset(m->got, 0x55, ROOM);
    run_rows(dc_kernels_row(0)->patches,
             (dc_nhwc_rows){ .shape = &s, .x = m->x, .out = m->wanted });
    run_rows(row->patches, (dc_nhwc_rows){ .shape = &s, .x = m->x, .out = m->got });
    compare("patches", row->name, "rows", m->wanted, m->got, ROOM);
}

/* Numbers of a few kinds, so that maxima tie; as bf16 their bits are numbers too. */
static void fill_map(uint8_t *map)
{
    for (uint32_t i = 0; i < ROOM / sizeof(float); i++) {
        const float value = (float)draw(9) / 4 - 1;
        memcpy(map + i * sizeof value, &value, sizeof value);
    }
}

/* ---- layers over time ---- */

/* The plain row against sums in double, and the others against the plain row. */
/* A large b is one that is gone through by panels. */
static void check_matmul(const dc_kernels *row, bool is_large)
{
    static float a[30 * MOST], b[120 * MOST], wanted[5 * MOST + GUARD], got[5 * MOST + GUARD];
    dc_matmul p = { .n_rows = 1 + draw(21), .n_cols = 1 + draw(draw(2) ? 20 : 150),
                     .n_terms = draw(60), .a = a, .b = b };
    if (is_large) {
        p.n_cols = 500 + draw(500);
        p.n_terms = ((1u << 19) + p.n_cols - 1) / p.n_cols + draw(2);
    }
    const bool is_by_columns = draw(2);
    p.a_row = is_by_columns ? 1 : p.n_terms + draw(5);
    p.a_term = is_by_columns ? p.n_rows + draw(5) : draw(5) > 0;
    p.b_row = p.n_cols + draw(9);
    p.y_row = p.n_cols + draw(9);
    for (uint32_t i = 0; i < (is_large ? DC_COUNT_OF(a) : 2 * MOST); i++)
        a[i] = (float)draw(2001) / 1000 - 1;
    for (uint32_t i = 0; i < (is_large ? DC_COUNT_OF(b) : 4 * MOST); i++)
        b[i] = (float)draw(2001) / 1000 - 1;
    fill(wanted, DC_COUNT_OF(wanted));
    memcpy(got, wanted, sizeof got);
    p.y = wanted;
    dc_kernels_row(0)->matmul(&p);
    n_checks++;
    for (uint64_t m = 0; m < p.n_rows; m++)
        for (uint64_t k = 0; k < p.n_cols; k++) {
            double sum = (double)got[m * p.y_row + k], size = fabs(sum);
            for (uint64_t c = 0; c < p.n_terms; c++) {
                const double term = (double)a[m * p.a_row + c * p.a_term] *
                                    (double)b[c * p.b_row + k];
                sum += term, size += fabs(term);
            }
            if (!(fabs((double)wanted[m * p.y_row + k] - sum) <=
                  (double)(60 + p.n_terms) * 1.2e-7 * size))
                printf("product of plain: %u terms differ\n", (unsigned)p.n_terms), n_failures++;
        }
    p.y = got;
    row->matmul(&p);
    compare("product", row->name, "y", wanted, got, sizeof got);
}

/* ---- products of bf16 ---- */

enum { ROWS = 80, TERMS = 200, COLS = 100, A_ROW = 230 };

/* Of 7 bits: so products and sums are exact, in any order. */
static float draw_short(void)
{
    return ((float)draw(255) - 127) / 64;
}

static void check_matmul_bf16(dc_matmul_bf16_kernel *kernel)
{
    static float a[ROWS][TERMS], b[TERMS][COLS], y[ROWS * COLS], wanted[ROWS * COLS];
    static uint16_t a_short[ROWS * A_ROW], b_short[(TERMS + 31) * (COLS + 15)];
    dc_matmul_bf16 p = { .n_rows = 1 + draw(70), .n_cols = 1 + draw(COLS - 9),
                         .n_terms = draw(TERMS + 1), .a = a_short, .b = b_short, .y = y };
    const uint64_t n_terms = dc_bf16_terms(p.n_terms);
    p.a_row = n_terms + draw(3);
    p.y_row = p.n_cols + draw(9);
    for (uint32_t i = 0; i < ROWS * TERMS; i++)
        a[i / TERMS][i % TERMS] = draw_short();
    for (uint32_t i = 0; i < TERMS * COLS; i++)
        b[i / COLS][i % COLS] = draw_short();
    memset(a_short, 0x7f, sizeof a_short); /* rows behind those that count may hold anything */
    for (uint64_t m = 0; m < p.n_rows; m++)
        for (uint64_t t = 0; t < n_terms; t++)
            a_short[m * p.a_row + t] = t < p.n_terms ? dc_bf16_from_f32(a[m][t]) : 0;
    for (uint64_t t = 0; t < n_terms; t += 2)
        dc_bf16_put_pair(b_short + t * DC_BF16_PANEL, t < p.n_terms ? b[t] : NULL,
                         t + 1 < p.n_terms ? b[t + 1] : NULL, p.n_terms, p.n_cols);
    for (uint32_t i = 0; i < ROWS * COLS; i++)
        y[i] = wanted[i] = draw_short();
    for (uint64_t m = 0; m < p.n_rows; m++)
        for (uint64_t t = 0; t < p.n_terms; t++)
            for (uint64_t c = 0; c < p.n_cols; c++)
                wanted[m * p.y_row + c] += a[m][t] * b[t][c];
    kernel(&p);
    compare("product", "bf16", "y", wanted, y, sizeof y);
}

static double exact_of(dc_curve curve, float a, double x)
{
    if (curve == DC_CURVE_SIGMOID)
        return 1 / (1 + exp(-fmax(x, -86)));
    if (curve == DC_CURVE_TANH)
        return tanh(x);
    return curve == DC_CURVE_RELU ? fmax(x, 0) : fmin(fmax((double)a * x + 0.5, 0), 1);
}

/* In units in the last place of the float32 next to y; of hard sigmoid, which is a difference, of
 * the largest, 1. */
static double ulps_between(float x, double y, dc_curve curve)
{
    int exponent;
    frexp(curve == DC_CURVE_HARD_SIGMOID ? 1 : y, &exponent);
    return fabs((double)x - y) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static void check_curve(const dc_kernels *row)
{
    static float x[MOST], wanted[MOST + GUARD], got[MOST + GUARD];
    const uint64_t n = draw(6) ? draw(200) : MOST;
    const dc_curve curve = (dc_curve)draw(4);
    const float a = 0.2f;
    fill(x, MOST);
    x[0] = NAN, x[1] = INFINITY, x[2] = -INFINITY;
    for (uint32_t i = 3; i < MOST; i += 2)
        x[i] *= 11;
    fill(wanted, MOST + GUARD);
    memcpy(got, wanted, sizeof got);
    dc_kernels_row(0)->curve(curve, a, wanted, x, n);
    row->curve(curve, a, got, x, n);
    if (n > 0) { /* of a NaN's bits nothing is said */
        n_checks++;
        if (!(isnan(wanted[0]) && isnan(got[0])))
            printf("curve of %s: NaN is lost\n", row->name), n_failures++;
        wanted[0] = got[0] = 0;
    }
    compare("curve", row->name, "y", wanted, got, sizeof got);
    double worst = 0;
    for (uint64_t i = 1; i < n; i++)
        worst = fmax(worst,
                     ulps_between(wanted[i], exact_of(curve, a, (double)x[i]), curve));
    n_checks++;
    if (!(worst <= DC_CURVE_ULPS))
        printf("curve %d of plain: %g ulps\n", (int)curve, worst), n_failures++;
    memcpy(got, x, sizeof x);
    row->curve(curve, a, got, got, n);
    compare("curve", row->name, "y in place of x", wanted + 1, got + 1,
            (n > 1 ? n - 1 : 0) * sizeof *got);
}

/* ---- sparse matrices ---- */

enum { SPARSE_ROWS = 70, SPARSE_COLS = 700, MOST_STEPS = 6000, WIDE = 448 };

typedef struct sparse {
    dc_sparse_rows a;
    uint32_t order[80], n_used[80];
    uint64_t first[6];
    uint8_t moves[16 * MOST_STEPS], codes[16 * MOST_STEPS];
    float values[16 * MOST_STEPS], book[256];
    float dense[SPARSE_ROWS][SPARSE_COLS]; /* the same matrix */
} sparse;

/* Steps of lanes are drawn, and the dense matrix follows; lanes end where they cannot move on. */
static void draw_slice(sparse *s, uint32_t slice, uint64_t n_steps, uint32_t most_move)
{
    for (uint32_t lane = 0; lane < 16; lane++) {
        const uint32_t row = s->order[16 * slice + lane];
        const uint64_t n_own = row < s->a.n_rows ? draw((uint32_t)n_steps + 1) : 0;
        uint32_t col = 0;
        for (uint64_t i = 0; i < n_steps; i++) {
            const uint64_t at = (s->first[slice] + i) * 16 + lane;
            const uint32_t move = (i > 0) + draw(most_move);
            const bool is_entry = i < n_own && col + move < s->a.n_cols;
            const uint32_t code = is_entry ? draw(s->a.kind == DC_SPARSE_NIBBLES ? 16 : 256) : 0;
            s->moves[at] = is_entry ? (uint8_t)move : 0;
            col += s->moves[at];
            s->values[at] = is_entry ? draw_number() : 0;
            const float value = s->a.kind == DC_SPARSE_FLOATS ? s->values[at] : s->book[code];
            if (is_entry)
                s->dense[row][col] = value;
            if (s->a.kind == DC_SPARSE_NIBBLES && lane < 8)
                s->codes[at / 16 * 8 + lane] = (uint8_t)code;
            else if (s->a.kind == DC_SPARSE_NIBBLES)
                s->codes[at / 16 * 8 + lane - 8] |= (uint8_t)(code << 4);
            else
                s->codes[at] = (uint8_t)code;
        }
    }
}

static void draw_sparse(sparse *s)
{
    const uint32_t n_rows = 1 + draw(SPARSE_ROWS), n_slices = (n_rows + 15) / 16;
    s->a = (dc_sparse_rows){ .n_rows = n_rows, .n_cols = 1 + draw(SPARSE_COLS),
                             .n_slices = n_slices, .kind = (dc_sparse_codes)draw(3),
                             .order = s->order, .first = s->first, .moves = s->moves,
                             .codes = s->codes, .values = s->values, .book = s->book };
    memset(s->dense, 0, sizeof s->dense);
    fill(s->book, 256);
    s->book[0] = 0;
    for (uint32_t i = 0; i < 16 * n_slices; i++)
        s->order[i] = DC_MIN(i, n_rows);
    for (uint32_t i = n_rows; i-- > 1;) {
        const uint32_t other = draw(i + 1), kept = s->order[i];
        s->order[i] = s->order[other], s->order[other] = kept;
    }
    s->first[0] = 0;
    for (uint32_t slice = 0; slice < n_slices; slice++) {
        const uint64_t n_steps = draw(100);
        s->first[slice + 1] = s->first[slice] + n_steps;
        draw_slice(s, slice, n_steps, draw(2) ? 9 : 255);
    }
}

/* The plain row against its definition, in its order; zeros that are not entries change nothing. */
static void check_sum(const char *kernel, const sparse *s, uint32_t row, const float *x,
                      float sum, const dc_sparse_end *end, float got)
{
    for (uint32_t c = 0; c < s->a.n_cols; c++)
        if (s->dense[row][c] < 0 || s->dense[row][c] > 0)
            sum += s->dense[row][c] * x[c];
    if (end != NULL) {
        sum = end->scale[row] * sum + end->shift[row];
        sum = sum < end->low ? end->low : sum > end->high ? end->high : sum;
    }
    n_checks++;
    if (!(sum <= got && sum >= got) && !(isnan(sum) && isnan(got)) && n_failures++ < 20)
        printf("%s of plain: row %u has %g, not %g\n", kernel, (unsigned)row, (double)got,
               (double)sum);
}

static void check_sparse_product(const dc_kernels *row, const sparse *s)
{
    static float x[SPARSE_COLS], wanted[SPARSE_ROWS + GUARD], got[SPARSE_ROWS + GUARD];
    const uint32_t middle = draw(s->a.n_slices + 1);
    fill(x, SPARSE_COLS);
    fill(wanted, SPARSE_ROWS + GUARD);
    memcpy(got, wanted, sizeof got);
    dc_sparse_product p = { &s->a, 0, s->a.n_slices, x, wanted };
    dc_kernels_row(0)->sparse_product(&p);
    for (uint32_t r = 0; r < s->a.n_rows; r++)
        check_sum("sparse_product", s, r, x, 0, NULL, wanted[r]);
    p.y = got, p.end_slice = middle;
    row->sparse_product(&p);
    p.first_slice = middle, p.end_slice = s->a.n_slices;
    row->sparse_product(&p);
    compare("sparse_product", row->name, "y", wanted, got, sizeof got);
}

static void check_sparse_tiles(const dc_kernels *row, const sparse *s)
{
    static float x[SPARSE_COLS * WIDE], wanted[SPARSE_ROWS * (WIDE + 9) + GUARD];
    static float got[DC_COUNT_OF(wanted)], before[DC_COUNT_OF(wanted)];
    static dc_sparse_cursor cursors[80];
    static uint32_t places[SPARSE_COLS];
    static float scale[SPARSE_ROWS], shift[SPARSE_ROWS];
    const dc_sparse_end end = { scale, shift, -1, draw(2) ? INFINITY : 1.5f };
    const bool begins = draw(2), ends = draw(2);
    const uint64_t n = 16 * (1 + draw(draw(3) ? 8 : WIDE / 16));
    dc_sparse_tiles t = { .a = &s->a, .end_slice = s->a.n_slices, .cursors = cursors, .x = x,
                          .places = places, .n = n, .y_row = n + draw(9) };
    for (uint32_t c = 0; c < SPARSE_COLS; c++)
        places[c] = draw((uint32_t)(DC_COUNT_OF(x) - n));
    fill(x, DC_COUNT_OF(x));
    fill(scale, SPARSE_ROWS);
    fill(shift, SPARSE_ROWS);
    fill(before, DC_COUNT_OF(before));
    memcpy(wanted, before, sizeof got);
    memcpy(got, before, sizeof got);
    for (int turn = 0; turn < 2; turn++) { /* the plain row at once, the other by columns */
        memset(cursors, 0, sizeof cursors);
        t.y = turn == 0 ? wanted : got;
        t.end_col = turn == 0 ? s->a.n_cols : 1 + draw(s->a.n_cols);
        t.is_first = begins;
        while (true) {
            t.end = ends && t.end_col == s->a.n_cols ? &end : NULL;
            (turn == 0 ? dc_kernels_row(0) : row)->sparse_tiles(&t);
            t.is_first = false;
            if (t.end_col == s->a.n_cols)
                break;
            t.end_col = DC_MIN(t.end_col + 1 + draw(200), s->a.n_cols);
        }
    }
    compare("sparse_tiles", row->name, "y", wanted, got, sizeof got);
    for (int i = 0; i < 40; i++) {
        const uint32_t r = draw(s->a.n_rows), at = draw((uint32_t)n);
        static float column[SPARSE_COLS];
        for (uint32_t c = 0; c < s->a.n_cols; c++)
            column[c] = x[places[c] + at];
        check_sum("sparse_tiles", s, r, column, begins ? 0 : before[r * t.y_row + at],
                  ends ? &end : NULL, wanted[r * t.y_row + at]);
    }
}

enum { BITMAP_ROWS = 300, BITMAP_COLS = 100, BITMAP_BLOCKS = (BITMAP_ROWS + 63) / 64 };

typedef struct bitmap {
    dc_sparse_columns a;
    uint64_t masks[BITMAP_COLS * BITMAP_BLOCKS];
    uint32_t first[BITMAP_COLS];
    uint8_t codes[BITMAP_COLS * BITMAP_ROWS + 32];
    float book[256], dense[BITMAP_COLS][BITMAP_ROWS];
} bitmap;

static uint8_t *draw_block(bitmap *m, uint32_t col, uint32_t block, uint32_t density, uint8_t *at)
{
    const bool is_bytes = m->a.kind == DC_SPARSE_BYTES;
    uint32_t n = 0;
    uint64_t mask = 0;
    for (uint32_t bit = 0; bit < 64; bit++) {
        const uint32_t row = 64 * block + 16 * (bit % 4) + bit / 4;
        if (row >= m->a.n_rows || draw(100) >= density)
            continue;
        const uint32_t code = 1 + draw(is_bytes ? 255 : 15);
        m->dense[col][row] = m->book[code];
        mask |= UINT64_C(1) << bit;
        if (is_bytes)
            at[n++] = (uint8_t)code;
        else {
            at[n / 2] = (uint8_t)(n % 2 == 0 ? code : at[n / 2] | code << 4);
            n++;
        }
    }
    m->masks[col * m->a.n_blocks + block] = mask;
    return at + (is_bytes ? n : (n + 1) / 2);
}

static void draw_bitmap(bitmap *m)
{
    const uint32_t n_rows = 1 + draw(BITMAP_ROWS), density = draw(3) ? draw(40) : 100;
    memset(m, 0, sizeof *m);
    memset(m->codes, 0xff, sizeof m->codes); /* what is read ahead means nothing */
    m->a = (dc_sparse_columns){ .n_rows = n_rows, .n_cols = 1 + draw(BITMAP_COLS),
                                .n_blocks = (n_rows + 63) / 64,
                                .kind = draw(2) ? DC_SPARSE_BYTES : DC_SPARSE_NIBBLES,
                                .masks = m->masks, .first = m->first, .codes = m->codes,
                                .book = m->book };
    for (uint32_t i = 1; i < 256; i++)
        m->book[i] = (float)draw(2000) / 1000 - 0.9995f; /* never 0 */
    uint8_t *at = m->codes;
    for (uint32_t c = 0; c < m->a.n_cols; c++) {
        m->first[c] = (uint32_t)(at - m->codes);
        for (uint32_t b = 0; b < m->a.n_blocks; b++)
            at = draw_block(m, c, b, density, at);
    }
}

/* Of some blocks; a column that is not finite counts where it has entries. */
static void check_sparse_columns(const char *name, dc_sparse_columns_kernel *kernel)
{
    static bitmap m;
    static float x[BITMAP_COLS], y[BITMAP_ROWS + GUARD], wanted[BITMAP_ROWS + GUARD];
    draw_bitmap(&m);
    for (uint32_t c = 0; c < m.a.n_cols; c++)
        x[c] = draw(3) ? (float)draw(2001) / 1000 - 1 : draw(2) ? 0 : -0.0f;
    if (draw(4) == 0)
        x[draw(m.a.n_cols)] = INFINITY;
    const uint32_t first = draw(m.a.n_blocks), end = first + draw(m.a.n_blocks - first + 1);
    fill(y, BITMAP_ROWS + GUARD);
    memcpy(wanted, y, sizeof y);
    for (uint32_t r = 64 * first; r < 64 * end && r < m.a.n_rows; r++) {
        wanted[r] = 0;
        for (uint32_t c = 0; c < m.a.n_cols; c++)
            if (x[c] != 0 && m.dense[c][r] != 0)
                wanted[r] += m.dense[c][r] * x[c];
    }
    const dc_sparse_by_columns product = { &m.a, first, end, x, y };
    kernel(&product);
    compare("sparse_columns", name, "y", wanted, y, sizeof y);
}

static void check_sparse(const dc_kernels *row)
{
    static sparse s;
    for (int round = 0; round < 50; round++) {
        draw_sparse(&s);
        check_sparse_product(row, &s);
        check_sparse_tiles(row, &s);
        check_sparse_columns(row->name, row->sparse_columns);
    }
}

static void check_row(const dc_kernels *row)
{
    maps m = { malloc(ROOM), malloc(ROOM), malloc(ROOM), malloc(ROOM), malloc(ROOM) };
    for (int round = 0; round < 300; round++)
        check_update(row), check_matmul(row, round % 30 == 0), check_curve(row);
    check_sparse(row);
    for (int round = 0; m.x && m.y && m.dy && m.wanted && m.got && round < 120; round++) {
        if (round % 20 == 0)
            fill_map(m.x), fill_map(m.dy);
        check_pools(row, &m);
        check_patches(row, &m);
    }
    free(m.x), free(m.y), free(m.dy), free(m.wanted), free(m.got);
}

/* The row that is picked at each level is one that the level allows. */
static void check_levels(void)
{
    static const char *const levels[] = { "ref", "avx2", "avx512", "native" };
    for (size_t i = 0; i < DC_COUNT_OF(levels); i++) {
        n_checks++;
        if (dc_cpu_limit(levels[i]) < 0)
            continue; /* this processor lacks it */
        const dc_kernels *picked = dc_kernels_pick();
        if ((picked->needs & ~dc_cpu_flags()) != 0 || (i == 0 && picked != dc_kernels_row(0)))
            printf("level %s runs %s\n", levels[i], picked->name), n_failures++;
    }
}

int main(void)
{
    const dc_kernels *row;
    for (uint32_t i = 1; (row = dc_kernels_row(i)) != NULL; i++) {
        if ((dc_cpu_flags() & row->needs) != row->needs) {
            printf("%s: this processor lacks it\n", row->name);
            continue;
        }
        check_row(row);
        printf("%s: %u comparisons\n", row->name, n_checks);
    }
    dc_matmul_bf16_kernel *kernel = dc_matmul_bf16_pick();
    for (int round = 0; kernel != NULL && round < 300; round++)
        check_matmul_bf16(kernel);
    dc_sparse_columns_kernel *expand = dc_sparse_expand_pick();
    for (int round = 0; expand != NULL && round < 200; round++)
        check_sparse_columns("expand", expand);
    printf("expand: %s\n", expand != NULL ? "200 products" : "this processor lacks it");
    printf("bf16: %s\n", kernel != NULL ? "300 products" : "this processor lacks it");
    check_levels();
    printf("%u checks, %u failures\n", n_checks, n_failures);
    return n_failures > 0;
}
