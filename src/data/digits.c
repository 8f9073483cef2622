/* SPDX-License-Identifier: MIT
 *
 * digits[:N], drawn digits for when no data is at hand: N training pictures and a sixth as many
 * for the test, drawn when opened. Every ten in a row are the ten digits in random order. A
 * picture depends on (seed, split, index) alone.
 */
#include "dataset.h"
#include "digit_draw.h"

#define N_DEFAULT 60000u
#define N_MOST 4000000u
#define TRAIN_PER_TEST 6u
#define N_CLASSES 10u
#define GROUP 100u /* pictures a task; a multiple of N_CLASSES */

typedef struct drawing {
    uint64_t seed, n;
    uint32_t split;
    uint8_t *pixels, *labels;
} drawing;

static void draw_group(void *payload, uint64_t group)
{
    const drawing *d = payload;
    const uint64_t end = DC_MIN((group + 1) * GROUP, d->n);
    uint32_t order[N_CLASSES] = { 0 };
    dc_rng rng;
    for (uint64_t i = group * GROUP; i < end; i++) {
        if (i % N_CLASSES == 0) {
            for (uint32_t k = 0; k < N_CLASSES; k++)
                order[k] = k;
            dc_rng_init(&rng, d->seed, ~(2 * (i / N_CLASSES) + d->split));
            dc_rng_shuffle(&rng, order, N_CLASSES);
        }
        dc_rng_init(&rng, d->seed, 2 * i + d->split);
        d->labels[i] = (uint8_t)order[i % N_CLASSES];
        digit_draw(d->pixels + i * DIGIT_PIXELS, d->labels[i], &rng);
    }
}

static dc_status parse_count(uint64_t *out, const char *text)
{
    if (text[0] == '\0') {
        *out = N_DEFAULT;
        return DC_OK;
    }
    uint64_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        n = *c >= '0' && *c <= '9' ? n * 10 + (uint64_t)(*c - '0') : 0;
        if (n == 0 || n > N_MOST)
            return dc_fail(DC_EINPUT, "'digits' takes a number from 1 to %u, not '%.40s'", N_MOST,
                           text);
    }
    *out = n;
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    data_pixels *p = d->source.state;
    uint64_t n = 0;
    DC_TRY(parse_count(&n, where));
    if (request->split == DC_SPLIT_TEST)
        n = DC_MAX(n / TRAIN_PER_TEST, 1);
    data_source_name(d, &data_kind_digits, request, where, n);
    n = d->source.n_samples;
    drawing drawn = { .seed = request->seed, .n = n, .split = request->split == DC_SPLIT_TEST };
    drawn.pixels = dc_arena_take(&d->arena, n, DIGIT_PIXELS);
    drawn.labels = dc_arena_take(&d->arena, n, 1);
    DC_TRY(d->arena.status);
    dc_pool_each((n + GROUP - 1) / GROUP, draw_group, &drawn);
    *p = (data_pixels){ DIGIT_SIDE, DIGIT_SIDE, 1, drawn.pixels, drawn.labels, false };
    d->source.n_classes = N_CLASSES;
    return data_source_over_pixels(d);
}

const data_kind data_kind_digits = { "digits", data_is_split, sizeof(data_pixels), fill, NULL };
