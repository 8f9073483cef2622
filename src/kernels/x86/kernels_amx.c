/* SPDX-License-Identifier: MIT
 *
 * Products of bf16 by the tiles of AMX: 32 rows by 32 columns of sums are four tiles, and 32 terms
 * of a and of b two each. A row of a b tile is a pair of terms of 16 columns.
 */
#include <immintrin.h>
#include <string.h>

#include "kernels_body.h"

#define TILE DC_BF16_PANEL   /* rows of a tile; columns of sums */
#define TERMS DC_BF16_TERMS  /* of a tile of a or b             */
#define PANEL_ROW (2 * TILE) /* bf16 numbers of a pair of terms */

typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t n_rows[16];
} tile_config;

/* The sums of a tile, so many rows and columns of them, are added to y. */
static void add_tile(const dc_matmul_bf16 *p, const float *sums, uint64_t row, uint64_t col)
{
    if (row >= p->n_rows || col >= p->n_cols)
        return;
    const uint64_t n_rows = p->n_rows - row < TILE ? p->n_rows - row : TILE;
    const uint64_t n_cols = p->n_cols - col < TILE ? p->n_cols - col : TILE;
    for (uint64_t m = 0; m < n_rows; m++) {
        float *restrict y = p->y + (row + m) * p->y_row + col;
        for (uint64_t k = 0; k < n_cols; k++)
            y[k] += sums[m * TILE + k];
    }
}

static void add_tiles(const dc_matmul_bf16 *p, uint64_t row, uint64_t col)
{
    const uint64_t n_terms = dc_bf16_terms(p->n_terms), a_step = TILE * p->a_row;
    const bool has_rows = row + TILE < p->n_rows, has_cols = col + TILE < p->n_cols;
    const uint16_t *a = p->a + row * p->a_row, *b = p->b + col * n_terms;
    const int a_bytes = (int)(p->a_row * sizeof *a), b_bytes = PANEL_ROW * sizeof *b;
    float sums[4][TILE * TILE];
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (uint64_t t = 0; t < n_terms; t += TERMS, a += TERMS, b += TERMS * TILE) {
        _tile_loadd(4, a, a_bytes);
        _tile_loadd(6, b, b_bytes);
        _tile_dpbf16ps(0, 4, 6);
        if (has_cols) {
            _tile_loadd(7, b + n_terms * TILE, b_bytes);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (has_rows) {
            _tile_loadd(5, a + a_step, a_bytes);
            _tile_dpbf16ps(2, 5, 6);
            if (has_cols)
                _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, sums[0], TILE * sizeof(float));
    _tile_stored(1, sums[1], TILE * sizeof(float));
    _tile_stored(2, sums[2], TILE * sizeof(float));
    _tile_stored(3, sums[3], TILE * sizeof(float));
    for (uint64_t i = 0; i < 4; i++)
        add_tile(p, sums[i], row + i / 2 * TILE, col + i % 2 * TILE);
}

void dc_matmul_bf16_amx(const dc_matmul_bf16 *p)
{
    tile_config config = { .palette = 1 };
    for (uint32_t i = 0; i < 8; i++) {
        config.row_bytes[i] = TILE * sizeof(float);
        config.n_rows[i] = TILE;
    }
    _tile_loadconfig(&config);
    for (uint64_t col = 0; col < p->n_cols; col += 2 * TILE)
        for (uint64_t row = 0; row < p->n_rows; row += 2 * TILE)
            add_tiles(p, row, col);
    _tile_release();
}
