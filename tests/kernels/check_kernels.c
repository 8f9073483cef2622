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

static void check_row(const dc_kernels *row)
{
    maps m = { malloc(ROOM), malloc(ROOM), malloc(ROOM), malloc(ROOM), malloc(ROOM) };
    for (int round = 0; round < 300; round++)
        check_update(row);
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
    check_levels();
    printf("%u checks, %u failures\n", n_checks, n_failures);
    return n_failures > 0;
}
