/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/sparse.h"

static void draw(float *values, uint64_t n, double density, bool is_coded, dc_rng *rng)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = dc_rng_unit(rng) >= density ? 0
                    : is_coded ? ((float)dc_rng_below(rng, 12) - 5.5f) / 4
                               : (float)dc_rng_normal(rng);
}

static dc_param param_of(float *values, uint32_t n_rows, uint32_t n_cols)
{
    return (dc_param){ .name = "w", .shape = { 2, { n_rows, n_cols } },
                       .n_values = (uint64_t)n_rows * n_cols, .values = values };
}

static float ended(const dc_sparse_end *end, uint32_t row, float sum)
{
    const float scale = end->scale ? end->scale[row] : 1;
    const float value = scale * sum + (end->shift ? end->shift[row] : 0);
    return fminf(fmaxf(value, end->low), end->high);
}

static dc_sparse_end draw_end(float *numbers, uint32_t n_rows, dc_rng *rng)
{
    dc_sparse_end end = DC_SPARSE_END;
    draw(numbers, 2 * n_rows, 1, false, rng);
    if (dc_rng_below(rng, 2))
        end.scale = numbers;
    if (dc_rng_below(rng, 2))
        end.shift = numbers + n_rows;
    if (dc_rng_below(rng, 2))
        end.low = 0;
    if (dc_rng_below(rng, 2))
        end.high = 1.5f;
    return end;
}

/* The same bits, whatever is multiplied how: sums are in the order of columns. */
static void linear_layers_are_their_sums(void **state)
{
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 1, 0);
    for (int round = 0; round < 60; round++) {
        dc_arena arena = { 0 };
        const uint32_t n_rows = 1 + (uint32_t)dc_rng_below(&rng, round % 4 ? 90 : 400);
        const uint32_t n_cols = 1 + (uint32_t)dc_rng_below(&rng, 900);
        const uint32_t n = 1 + (uint32_t)dc_rng_below(&rng, round % 3 ? 6 : round == 9 ? 1300 : 70);
        float *w = dc_arena_take(&arena, (uint64_t)n_rows * n_cols, sizeof *w);
        float *x = dc_arena_take(&arena, (uint64_t)n * n_cols, sizeof *x);
        float *y = dc_arena_take(&arena, (uint64_t)n * n_rows, sizeof *y);
        float *numbers = dc_arena_take(&arena, 2 * n_rows, sizeof *numbers);
        const dc_sparse_order order = (dc_sparse_order)dc_rng_below(&rng, 2);
        draw(w, (uint64_t)n_rows * n_cols, 0.2, order == DC_SPARSE_BY_COLUMNS || round % 2, &rng);
        draw(x, (uint64_t)n * n_cols, 0.6, false, &rng);
        const dc_sparse_end end = draw_end(numbers, n_rows, &rng);
        const dc_param param = param_of(w, n_rows, n_cols);
        dc_sparse a;
        assert_ok(dc_sparse_make(&a, &param, order, &arena));
        float *room = dc_arena_take(&arena, dc_sparse_linear_room(&a, n), sizeof *room);
        dc_pool_set_jobs(1 + (unsigned)round % 3);
        dc_sparse_linear(&a, &end, x, n, y, room);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t r = 0; r < n_rows; r++) {
                float sum = 0;
                for (uint32_t c = 0; c < n_cols; c++)
                    if (w[r * n_cols + c] != 0)
                        sum += w[r * n_cols + c] * x[i * n_cols + c];
                assert_true(ended(&end, r, sum) == y[i * n_rows + r]);
            }
        dc_arena_clear(&arena);
    }
    dc_pool_set_jobs(0);
}

static dc_sparse_window draw_window(dc_rng *rng)
{
    dc_sparse_window w = { .n_inputs = 1 + (uint32_t)dc_rng_below(rng, 20) };
    for (int d = 0; d < 2; d++) {
        w.kernel[d] = 1 + (uint32_t)dc_rng_below(rng, 4);
        w.stride[d] = 1 + (uint32_t)dc_rng_below(rng, dc_rng_below(rng, 5) ? 3 : 9);
        w.dilation[d] = 1 + (uint32_t)dc_rng_below(rng, dc_rng_below(rng, 5) ? 2 : 5);
        w.pad[d] = (uint32_t)dc_rng_below(rng, 3);
        w.in[d] = 1 + (uint32_t)dc_rng_below(rng, 30);
        w.out[d] = 1 + (uint32_t)dc_rng_below(rng, (w.in[d] + w.pad[d]) / w.stride[d] + 1);
    }
    return w;
}

static float term(const dc_sparse_window *w, const float *x, uint32_t input, uint32_t r, uint32_t s,
                  uint32_t line, uint32_t col)
{
    const int64_t y = (int64_t)line * w->stride[0] + r * w->dilation[0] - w->pad[0];
    const int64_t at = (int64_t)col * w->stride[1] + s * w->dilation[1] - w->pad[1];
    if (y < 0 || y >= w->in[0] || at < 0 || at >= w->in[1])
        return 0;
    return x[((uint64_t)input * w->in[0] + (uint64_t)y) * w->in[1] + (uint64_t)at];
}

static void check_pixel(const dc_sparse_window *w, const dc_sparse_end *end, const float *weights,
                        const float *x, uint32_t row, uint32_t line, uint32_t col, float got)
{
    float sum = 0;
    for (uint32_t input = 0; input < w->n_inputs; input++)
        for (uint32_t r = 0; r < w->kernel[0]; r++)
            for (uint32_t s = 0; s < w->kernel[1]; s++, weights++)
                if (*weights != 0)
                    sum += *weights * term(w, x, input, r, s, line, col);
    assert_true(ended(end, row, sum) == got);
}

static void check_conv(const dc_sparse_window *w, uint32_t n, uint32_t n_rows, double density,
                       dc_rng *rng)
{
    dc_arena arena = { 0 };
    const uint32_t n_cols = w->n_inputs * w->kernel[0] * w->kernel[1];
    const uint64_t n_in = (uint64_t)w->n_inputs * w->in[0] * w->in[1];
    const uint64_t n_out = (uint64_t)n_rows * w->out[0] * w->out[1];
    float *weights = dc_arena_take(&arena, (uint64_t)n_rows * n_cols, sizeof *weights);
    float *x = dc_arena_take(&arena, n * n_in, sizeof *x);
    float *y = dc_arena_take(&arena, n * n_out, sizeof *y);
    float *numbers = dc_arena_take(&arena, 2 * n_rows, sizeof *numbers);
    draw(weights, (uint64_t)n_rows * n_cols, density, dc_rng_below(rng, 2), rng);
    draw(x, n * n_in, 1, false, rng);
    const dc_sparse_end end = draw_end(numbers, n_rows, rng);
    const dc_param param = param_of(weights, n_rows, n_cols);
    dc_sparse a;
    assert_ok(dc_sparse_make(&a, &param, DC_SPARSE_BY_ROWS, &arena));
    const uint64_t n_room = dc_sparse_conv_room(&a, w, n);
    float *room = dc_arena_take(&arena, n_room + 16, sizeof *room);
    assert_ok(arena.status);
    for (uint64_t i = 0; i < n_room + 16; i++)
        room[i] = NAN; /* what is read was written */
    dc_sparse_conv(&a, w, &end, x, n, y, room);
    for (int i = 0; i < 16; i++)
        assert_true(isnan(room[n_room + (uint64_t)i]));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t row = 0; row < n_rows; row++)
            for (uint32_t line = 0; line < w->out[0]; line++)
                for (uint32_t col = 0; col < w->out[1]; col++)
                    check_pixel(w, &end, weights + (uint64_t)row * n_cols, x + i * n_in, row, line,
                                col, y[i * n_out + (row * w->out[0] + line) * w->out[1] + col]);
    dc_arena_clear(&arena);
}

static void convolutions_are_their_sums(void **state)
{
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 2, 0);
    for (int round = 0; round < 150; round++) {
        const dc_sparse_window w = draw_window(&rng);
        dc_pool_set_jobs(1 + (unsigned)round % 3);
        check_conv(&w, 1 + (uint32_t)dc_rng_below(&rng, 5), 1 + (uint32_t)dc_rng_below(&rng, 40),
                   round % 10 == 0 ? 1 : 0.15, &rng);
    }
    const dc_sparse_window large = { 3, { 60, 70 }, { 60, 70 }, { 3, 3 }, { 1, 1 },
                                     { 1, 1 },  { 1, 1 } };
    check_conv(&large, 2, 20, 0.3, &rng);
    dc_pool_set_jobs(0);
}

/* Strides of which the window reads next to nothing, and windows that no copy is made for. */
static void phases_that_are_not_read_take_no_room(void **state)
{
    static const uint32_t strides[] = { 50, 4096, UINT32_C(1) << 20, UINT32_MAX };
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 3, 0);
    for (size_t i = 0; i < DC_COUNT_OF(strides); i++) {
        const dc_sparse_window w = { 3, { 9, 7 }, { 1, 1 }, { 2, 3 }, { strides[i], strides[i] },
                                     { 1, 2 }, { 1, 1 } };
        assert_true(dc_sparse_conv_fits(&w));
        check_conv(&w, 3, 20, 0.5, &rng);
    }
    const dc_sparse_window far = { 3, { 9, 7 }, { 1, 1 }, { 2, 2 }, { 1, 1 },
                                   { UINT32_MAX, UINT32_MAX }, { 1, 1 } };
    const dc_sparse_window padded = { 3, { 1, 1 }, { 1, 1 }, { 100000, 100000 }, { 1, 1 },
                                      { 1, 1 }, { 50000, 50000 } };
    assert_false(dc_sparse_conv_fits(&far));
    assert_false(dc_sparse_conv_fits(&padded));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_layers_are_their_sums),
        cmocka_unit_test(convolutions_are_their_sums),
        cmocka_unit_test(phases_that_are_not_read_take_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
