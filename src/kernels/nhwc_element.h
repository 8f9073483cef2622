/* SPDX-License-Identifier: MIT
 *
 * Maximum pools on one type of element. Included once for each by nhwc_body.h, which defines
 *     ELEMENT       the type          NAME(f)       f with the type's suffix
 *     IS_MORE(a,b)  a > b
 *
 * The backward of a maximum pool needs no memory of winners: `rest` starts as dy and is given to
 * the first place in the window that equals the maximum.
 */
#define BLOCK 16u /* channels: a fixed count is what compilers make whole vectors of */
#define REST 64u  /* channels at a time whose rest is on the stack                   */

INLINE void NAME(maximum)(ELEMENT *restrict y, const ELEMENT *restrict x, uint32_t n)
{
    for (uint32_t c = 0; c < n; c++)
        y[c] = IS_MORE(x[c], y[c]) ? x[c] : y[c];
}

/* Windows of 2 x 2, the commonest, in one go: n channels of the places x0..x3. */
INLINE void NAME(maximum_of_four)(ELEMENT *restrict y, const ELEMENT *restrict x0,
                                  const ELEMENT *restrict x1, const ELEMENT *restrict x2,
                                  const ELEMENT *restrict x3, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const ELEMENT upper = IS_MORE(x1[i], x0[i]) ? x1[i] : x0[i];
        const ELEMENT lower = IS_MORE(x3[i], x2[i]) ? x3[i] : x2[i];
        y[i] = IS_MORE(lower, upper) ? lower : upper;
    }
}

INLINE void NAME(give_four)(ELEMENT *restrict dx0, ELEMENT *restrict dx1, ELEMENT *restrict dx2,
                            ELEMENT *restrict dx3, const ELEMENT *restrict x0,
                            const ELEMENT *restrict x1, const ELEMENT *restrict x2,
                            const ELEMENT *restrict x3, const ELEMENT *restrict y,
                            const ELEMENT *restrict dy, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const ELEMENT top = y[i];
        ELEMENT rest = dy[i];
        dx0[i] = x0[i] == top ? rest : 0;
        rest = x0[i] == top ? 0 : rest;
        dx1[i] = x1[i] == top ? rest : 0;
        rest = x1[i] == top ? 0 : rest;
        dx2[i] = x2[i] == top ? rest : 0;
        rest = x2[i] == top ? 0 : rest;
        dx3[i] = x3[i] == top ? rest : 0;
    }
}

/* The last block begins where it ends at the last channel: what is done twice is done the same. */
INLINE void NAME(pool_four)(ELEMENT *y, const ELEMENT *x, uint64_t line, uint32_t n_channels)
{
    const ELEMENT *x1 = x + n_channels, *x2 = x + line, *x3 = x + line + n_channels;
    for (uint32_t c = 0; c + BLOCK <= n_channels; c += BLOCK)
        NAME(maximum_of_four)(y + c, x + c, x1 + c, x2 + c, x3 + c, BLOCK);
    const uint32_t c = n_channels < BLOCK ? 0 : n_channels - BLOCK;
    if (n_channels < BLOCK)
        NAME(maximum_of_four)(y, x, x1, x2, x3, n_channels);
    else
        NAME(maximum_of_four)(y + c, x + c, x1 + c, x2 + c, x3 + c, BLOCK);
}

INLINE void NAME(back_four)(ELEMENT *dx, const ELEMENT *x, const ELEMENT *y, const ELEMENT *dy,
                            uint64_t line, uint32_t n_channels)
{
    ELEMENT *dx1 = dx + n_channels, *dx2 = dx + line, *dx3 = dx + line + n_channels;
    const ELEMENT *x1 = x + n_channels, *x2 = x + line, *x3 = x + line + n_channels;
    for (uint32_t c = 0; c + BLOCK <= n_channels; c += BLOCK)
        NAME(give_four)(dx + c, dx1 + c, dx2 + c, dx3 + c, x + c, x1 + c, x2 + c, x3 + c, y + c,
                        dy + c, BLOCK);
    const uint32_t c = n_channels < BLOCK ? 0 : n_channels - BLOCK;
    if (n_channels < BLOCK)
        NAME(give_four)(dx, dx1, dx2, dx3, x, x1, x2, x3, y, dy, n_channels);
    else
        NAME(give_four)(dx + c, dx1 + c, dx2 + c, dx3 + c, x + c, x1 + c, x2 + c, x3 + c, y + c,
                        dy + c, BLOCK);
}

INLINE void NAME(give)(ELEMENT *restrict dx, ELEMENT *restrict rest, const ELEMENT *restrict x,
                       const ELEMENT *restrict y, uint32_t n)
{
    for (uint32_t c = 0; c < n; c++) {
        const bool wins = x[c] == y[c];
        dx[c] = wins ? rest[c] : 0;
        rest[c] = wins ? 0 : rest[c];
    }
}

INLINE void NAME(pool_row)(const dc_nhwc_rows *job, uint64_t row)
{
    const dc_nhwc *s = job->shape;
    const uint32_t n = s->n_channels;
    const uint64_t line = (uint64_t)s->width * n;
    for (uint32_t col = 0; col < s->out_width; col++) {
        ELEMENT *y = (ELEMENT *)job->out + (row * s->out_width + col) * n;
        const ELEMENT *x = (const ELEMENT *)job->x + pixel_at(s, row, 0, col, 0);
        if (is_two_by_two(s)) {
            NAME(pool_four)(y, x, line, n);
            continue;
        }
        memcpy(y, x, n * sizeof *x);
        for (uint32_t k = 1; k < s->kernel[0] * s->kernel[1]; k++)
            NAME(maximum)(y, x + k / s->kernel[1] * line + (uint64_t)(k % s->kernel[1]) * n, n);
    }
}

INLINE void NAME(back_window)(const dc_nhwc_rows *job, uint64_t row, uint32_t col, uint32_t first,
                              uint32_t n)
{
    const dc_nhwc *s = job->shape;
    const uint64_t at = (row * s->out_width + col) * s->n_channels + first;
    ELEMENT rest[REST];
    memcpy(rest, (const ELEMENT *)job->dy + at, n * sizeof *rest);
    for (uint32_t k = 0; k < s->kernel[0] * s->kernel[1]; k++) {
        const uint64_t to = pixel_at(s, row, k / s->kernel[1], col, k % s->kernel[1]) + first;
        NAME(give)((ELEMENT *)job->out + to, rest, (const ELEMENT *)job->x + to,
                   (const ELEMENT *)job->y + at, n);
    }
}

INLINE void NAME(back_row)(const dc_nhwc_rows *job, uint64_t row)
{
    const dc_nhwc *s = job->shape;
    const uint32_t n = s->n_channels;
    const uint64_t line = (uint64_t)s->width * n;
    for (uint32_t col = 0; col < s->out_width; col++) {
        const uint64_t at = (row * s->out_width + col) * n, x = pixel_at(s, row, 0, col, 0);
        if (is_two_by_two(s))
            NAME(back_four)((ELEMENT *)job->out + x, (const ELEMENT *)job->x + x,
                            (const ELEMENT *)job->y + at, (const ELEMENT *)job->dy + at, line, n);
        for (uint32_t first = 0; !is_two_by_two(s) && first < n; first += REST)
            NAME(back_window)(job, row, col, first, DC_MIN(n - first, REST));
    }
}

#undef BLOCK
#undef REST
