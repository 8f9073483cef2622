/* SPDX-License-Identifier: MIT
 *
 * The coders of levels: layers of all kinds come back, in the bytes that were foretold, and bytes
 * that are not a coder's are refused. Inputs and outputs end where their heap blocks end, so that a
 * sanitizer sees every byte touched beyond.
 */
#include "test.h"

#include "level_layer.h"
#include "levels.h"
#include "streams.h"

#define SEED 12

/* ---- round trips ----------------------------------------------------------------------------- */

static void check_all_coders(layer *l)
{
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
        check_level_round_trip(dc_level_coder_at(i), &l->stream);
}

static void layers_of_every_shape_come_back(void **state)
{
    (void)state;
    static const dc_level_shape shapes[] = {
        { 1, 1, 1, 1 },  { 1, 7, 1, 1 },    { 9, 1, 1, 1 },   { 5, 4, 3, 3 },
        { 20, 1, 5, 5 }, { 1, 3, 12, 9 },   { 4, 1, 28, 28 }, { 30, 40, 1, 1 },
        { 3, 2, 1, 70 }, { 12, 5, 11, 10 }, { 2, 2, 64, 1 },  { 300, 2, 1, 1 },
    };
    static const double densities[] = { 0.001, 0.1, 0.9 };
    uint64_t seed = 0;
    for (size_t i = 0; i < DC_COUNT_OF(shapes); i++)
        for (size_t d = 0; d < DC_COUNT_OF(densities); d++)
            for (int kind = 0; kind < N_LAYER_KINDS; kind++) {
                layer l = draw_layer(shapes[i], densities[d], (layer_kind)kind, SEED, seed++);
                check_all_coders(&l);
                free_layer(&l);
            }
}

static void layers_of_one_level_come_back(void **state)
{
    (void)state;
    static const int levels[] = { 0, 1, -1, 15, 16, 17, -255, 32767, -32767 };
    for (size_t i = 0; i < DC_COUNT_OF(levels); i++)
        for (uint32_t rows = 1; rows <= 40; rows += 39) {
            layer l = new_layer((dc_level_shape){ rows, 6, 2, 2 });
            for (uint64_t k = 0; k < l.n; k++)
                l.levels[k] = (int16_t)levels[i];
            finish_layer(&l, false);
            check_all_coders(&l);
            free_layer(&l);
        }
}

static void a_layer_with_one_weight_anywhere_comes_back(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 3 * 2 * 4; at++) {
        layer l = new_layer((dc_level_shape){ 3, 2, 2, 2 });
        l.levels[at] = (int16_t)(at % 2 > 0 ? -3 : 300);
        finish_layer(&l, false);
        check_all_coders(&l);
        free_layer(&l);
    }
}

static void layers_of_many_slices_come_back_with_any_number_of_jobs(void **state)
{
    (void)state;
    layer l = new_layer((dc_level_shape){ 700, 12000, 1, 1 });
    dc_rng rng;
    dc_rng_init(&rng, SEED, 999);
    for (uint64_t k = 0; k < l.n; k += 97 * (1 + dc_rng_below(&rng, 9))) /* many columns die */
        l.levels[k / 12000 * 12000 + k % 12000 / 97 * 97] = (int16_t)(k % 5) - 2;
    finish_layer(&l, false);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        const dc_level_coder *coder = dc_level_coder_at(i);
        dc_writer writers[2];
        for (unsigned jobs = 0; jobs < 2; jobs++) {
            dc_pool_set_jobs(jobs > 0 ? 3 : 1);
            dc_writer_init(&writers[jobs], UINT64_C(1) << 30);
            coder->encode(&writers[jobs], &l.stream);
            assert_ok(writers[jobs].status);
            check_level_decode(coder, &l.stream, writers[jobs].data, writers[jobs].size);
        }
        assert_int_equal(writers[0].size, writers[1].size);
        assert_memory_equal(writers[0].data, writers[1].data, writers[0].size);
        dc_writer_clear(&writers[0]);
        dc_writer_clear(&writers[1]);
    }
    dc_pool_set_jobs(0);
    free_layer(&l);
}

static void counting_gives_up_where_it_is_told_to(void **state)
{
    (void)state;
    layer l = draw_layer((dc_level_shape){ 60, 50, 3, 3 }, 0.2, LAYER_GRID, SEED, 5);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        const dc_level_coder *coder = dc_level_coder_at(i);
        const uint64_t bytes = coder->bytes(&l.stream, UINT64_MAX);
        assert_int_equal(coder->bytes(&l.stream, bytes + 1), bytes);
        assert_true(coder->bytes(&l.stream, bytes) == UINT64_MAX);
        assert_true(coder->bytes(&l.stream, 10) == UINT64_MAX);
    }
    free_layer(&l);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void sizes_are_near_the_entropy_of_levels_without_pattern(void **state)
{
    (void)state;
    layer l = draw_layer((dc_level_shape){ 400, 500, 1, 1 }, 0.08, LAYER_GRID, SEED, 77);
    const double bits = layer_entropy_bits(&l);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        const uint64_t bytes = dc_level_coder_at(i)->bytes(&l.stream, UINT64_MAX);
        assert_between(8.0 * (double)bytes / bits, 0.99, 1.03);
    }
    free_layer(&l);
}

static void rows_that_are_empty_cost_little(void **state)
{
    (void)state;
    layer l = draw_layer((dc_level_shape){ 400, 300, 1, 1 }, 0.05, LAYER_GRID, SEED, 78);
    uint64_t full[2];
    for (uint32_t i = 0; i < 2; i++)
        full[i] = dc_level_coder_at(i)->bytes(&l.stream, UINT64_MAX);
    for (uint64_t k = 0; k < l.n; k++)
        if (k / 300 % 4 > 0 || k % 300 % 3 > 0)
            l.levels[k] = 0;
    finish_layer(&l, false);
    for (uint32_t i = 0; i < 2; i++)
        assert_between((double)dc_level_coder_at(i)->bytes(&l.stream, UINT64_MAX) * 12 /
                           (double)full[i],
                       0.8, 1.2);
    free_layer(&l);
}

/* The worked example of docs/format_levels.md. */
static void the_page_is_right(void **state)
{
    (void)state;
    static const uint8_t expected[2][3] = { { 0x08, 0x00, 0x8e }, { 0x08, 0x00, 0x61 } };
    layer l = new_layer((dc_level_shape){ 2, 2, 1, 1 });
    l.levels[0] = l.levels[2] = 1;
    finish_layer(&l, false);
    for (uint32_t i = 0; i < 2; i++) {
        dc_writer w;
        dc_writer_init(&w, 100);
        dc_level_coder_at(i)->encode(&w, &l.stream);
        assert_int_equal(w.size, sizeof expected[i]);
        assert_memory_equal(w.data, expected[i], w.size);
        dc_writer_clear(&w);
    }
    free_layer(&l);
}

/* ---- streams that lie ------------------------------------------------------------------------ */

typedef enum damage { MAY_PASS, MUST_DIFFER, MUST_FAIL } damage;

/* What passes is within the bounds; with MUST_DIFFER it is no other form of the layer's levels. */
static void check_damaged(const dc_level_coder *coder, const layer *l, const uint8_t *data,
                          uint64_t size, damage expected)
{
    dc_level_stream shape = l->stream;
    uint8_t *copy = exact_copy(data, size);
    int16_t *out = malloc(l->n * sizeof *out);
    assert_non_null(out);
    shape.levels = NULL;
    const dc_status status = dc_levels_decode(out, coder, &shape, copy, size);
    if (status != DC_OK || expected == MUST_FAIL)
        assert_int_equal(status, DC_ECORRUPT);
    for (uint64_t i = 0; status == DC_OK && i < l->n; i++)
        assert_between(out[i], -(int)shape.n_below, shape.n_above);
    if (status == DC_OK && expected == MUST_DIFFER)
        assert_memory_not_equal(out, l->levels, l->n * sizeof *out);
    free(out);
    free(copy);
}

#define HEAD_BITS 16u

static void check_every_damage(const dc_level_coder *coder, layer *l)
{
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    coder->encode(&w, &l->stream);
    assert_ok(w.status);
    for (uint64_t bit = 0; bit < 8 * w.size; bit++) {
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        check_damaged(coder, l, w.data, w.size, bit < HEAD_BITS ? MAY_PASS : MUST_DIFFER);
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (uint64_t n = 0; n < w.size; n++)
        check_damaged(coder, l, w.data, n, n < HEAD_BITS / 8 ? MUST_FAIL : MUST_DIFFER);
    for (unsigned more = 0; more < 256; more++) {
        dc_put_u8(&w, (uint8_t)more);
        check_damaged(coder, l, w.data, w.size, MUST_DIFFER);
        w.size--;
    }
    dc_writer_clear(&w);
}

/* Most damage is refused; the rest says other levels, which is for a checksum to find. */
static void levels_have_one_form(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_LAYER_KINDS; kind++)
        for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
            layer l = draw_layer((dc_level_shape){ 9, 8, 3, 3 }, 0.2, (layer_kind)kind, SEED, 3);
            check_every_damage(dc_level_coder_at(i), &l);
            free_layer(&l);
        }
}

static void bytes_of_an_empty_layer_are_refused(void **state)
{
    (void)state;
    layer l = new_layer((dc_level_shape){ 4, 4, 1, 1 });
    finish_layer(&l, false);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        assert_int_equal(dc_level_coder_at(i)->bytes(&l.stream, UINT64_MAX), 0);
        check_damaged(dc_level_coder_at(i), &l, (const uint8_t *)"", 0, MAY_PASS);
        check_damaged(dc_level_coder_at(i), &l, (const uint8_t *)"\1", 1, MUST_FAIL);
    }
    free_layer(&l);
}

static void levels_beyond_the_bounds_are_refused(void **state)
{
    (void)state;
    layer l = draw_layer((dc_level_shape){ 10, 10, 1, 1 }, 0.5, LAYER_WIDE_GRID, SEED, 4);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        dc_writer w;
        dc_writer_init(&w, 1 << 20);
        dc_level_coder_at(i)->encode(&w, &l.stream);
        const dc_level_stream honest = l.stream;
        l.stream.n_above = honest.n_above - 1; /* as many questions, and another bound */
        check_damaged(dc_level_coder_at(i), &l, w.data, w.size, MUST_FAIL);
        l.stream = honest;
        dc_writer_clear(&w);
    }
    free_layer(&l);
}

static void random_bytes_end(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, SEED, 8);
    layer l = draw_layer((dc_level_shape){ 20, 20, 3, 3 }, 0.2, LAYER_CODEBOOK, SEED, 8);
    for (int turn = 0; turn < 300; turn++) {
        uint8_t data[400];
        const uint64_t size = dc_rng_below(&rng, sizeof data);
        for (uint64_t i = 0; i < size; i++)
            data[i] = (uint8_t)(turn % 3 > 0 ? dc_rng_u64(&rng) : turn % 2 > 0 ? 0 : 0xff);
        for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
            check_damaged(dc_level_coder_at(i), &l, data, size, MAY_PASS);
    }
    free_layer(&l);
}

static void the_trellis_has_its_states(void **state)
{
    (void)state;
    static const unsigned next[8][2] = { { 0, 2 }, { 7, 5 }, { 1, 3 }, { 6, 4 },
                                         { 2, 0 }, { 5, 7 }, { 3, 1 }, { 4, 6 } };
    for (unsigned s = 0; s < 8; s++)
        for (int level = -4; level <= 4; level++)
            assert_int_equal(level_state_next(s, level), next[s][abs(level) % 2]);
}

static void coders_have_ids_of_their_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
        assert_ptr_equal(dc_level_coder_find(dc_level_coder_at(i)->id), dc_level_coder_at(i));
    assert_null(dc_level_coder_find(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_of_every_shape_come_back),
        cmocka_unit_test(layers_of_one_level_come_back),
        cmocka_unit_test(a_layer_with_one_weight_anywhere_comes_back),
        cmocka_unit_test(layers_of_many_slices_come_back_with_any_number_of_jobs),
        cmocka_unit_test(counting_gives_up_where_it_is_told_to),
        cmocka_unit_test(sizes_are_near_the_entropy_of_levels_without_pattern),
        cmocka_unit_test(rows_that_are_empty_cost_little),
        cmocka_unit_test(the_page_is_right),
        cmocka_unit_test(levels_have_one_form),
        cmocka_unit_test(bytes_of_an_empty_layer_are_refused),
        cmocka_unit_test(levels_beyond_the_bounds_are_refused),
        cmocka_unit_test(random_bytes_end),
        cmocka_unit_test(the_trellis_has_its_states),
        cmocka_unit_test(coders_have_ids_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
