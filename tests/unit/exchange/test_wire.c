/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "wire.h"

#define N_PARTS 4u

static const uint64_t sizes[N_PARTS] = { 500, 20, 400000, 70000 };

typedef struct message {
    dc_arena arena;
    wire_part parts[N_PARTS], back[N_PARTS];
    dc_writer bytes;
} message;

/* Drawn values at drawn places, about one in `one_in`; rounded as the wire has them. */
static void draw(message *m, dc_wire wire, uint32_t one_in, uint64_t seed)
{
    dc_rng rng;
    *m = (message){ 0 };
    dc_rng_init(&rng, seed, one_in);
    for (uint32_t i = 0; i < N_PARTS; i++) {
        const uint32_t n_most = (uint32_t)sizes[i];
        assert_ok(wire_part_init(&m->parts[i], sizes[i], n_most, &m->arena));
        assert_ok(wire_part_init(&m->back[i], sizes[i], n_most, &m->arena));
        wire_part *p = &m->parts[i];
        for (uint32_t at = 0; at < n_most; at++)
            if (dc_rng_below(&rng, one_in) == 0) {
                p->at[p->n_values] = at;
                p->values[p->n_values++] = (float)(1e-5 * dc_rng_normal(&rng));
            }
        wire_round(p, wire);
    }
    dc_writer_init(&m->bytes, UINT64_C(1) << 30);
    wire_put(&m->bytes, wire, 9, m->parts, N_PARTS);
    assert_ok(m->bytes.status);
}

static void clear(message *m)
{
    dc_writer_clear(&m->bytes);
    dc_arena_clear(&m->arena);
}

static void what_is_sent_comes_back_to_the_bit(void **state)
{
    static const uint32_t one_in[] = { 1, 4, 1000, 90000, 10000000 };
    (void)state;
    for (int wire = DC_WIRE_F32; wire <= DC_WIRE_CODED; wire++)
        for (size_t d = 0; d < DC_COUNT_OF(one_in); d++) {
            message m;
            draw(&m, (dc_wire)wire, one_in[d], 3);
            assert_ok(wire_get(m.back, N_PARTS, (dc_wire)wire, 9, m.bytes.data, m.bytes.size));
            for (uint32_t i = 0; i < N_PARTS; i++) {
                const wire_part *a = &m.parts[i], *b = &m.back[i];
                assert_int_equal(a->n_values, b->n_values);
                assert_memory_equal(a->at, b->at, a->n_values * sizeof *a->at);
                assert_memory_equal(a->values, b->values, a->n_values * sizeof *a->values);
            }
            clear(&m);
        }
}

static void rounding_loses_little_and_sends_no_zero(void **state)
{
    dc_arena arena = { 0 };
    wire_part p;
    static const float values[] = { 3e-12f, -1e-3f, 7e-4f, 1e-30f, 2.5e-4f };
    (void)state;
    assert_ok(wire_part_init(&p, 5, 5, &arena));
    for (uint32_t i = 0; i < 5; i++) {
        p.at[i] = i;
        p.values[i] = values[i];
    }
    p.n_values = 5;
    wire_round(&p, DC_WIRE_F16);
    assert_int_equal(p.n_values, 4); /* but for the 1e-30 */
    for (uint32_t i = 0; i < 4; i++) /* halfs of 11 bits, or steps of 2^-24 of the range */
        assert_near(p.values[i], values[p.at[i]],
                    DC_MAX(fabs((double)values[p.at[i]]) / 2048, 1e-3 / 16384 / 16384 / 16));
    dc_arena_clear(&arena);
}

/* At a density of 0.001: 4 + 2 bytes, 2 + 2 bytes, and a quarter less than that. */
static void each_wire_is_as_short_as_it_should_be(void **state)
{
    static const double most[] = { 6.1, 4.1, 3.3 }; /* bytes a value */
    (void)state;
    for (int wire = DC_WIRE_F32; wire <= DC_WIRE_CODED; wire++) {
        message m;
        uint32_t n = 0;
        draw(&m, (dc_wire)wire, 1000, 4);
        for (uint32_t i = 0; i < N_PARTS; i++)
            n += m.parts[i].n_values;
        assert_between((double)m.bytes.size / n, most[wire] - 0.6, most[wire]);
        clear(&m);
    }
}

/* Each is an error or another valid message, and no read beyond the heap block. */
static void damaged_messages_are_refused(void **state)
{
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 11, 0);
    for (int wire = DC_WIRE_F32; wire <= DC_WIRE_CODED; wire++) {
        message m;
        uint32_t n_refused = 0;
        draw(&m, (dc_wire)wire, 3000, 5);
        for (uint32_t turn = 0; turn < 3000; turn++) {
            const uint64_t n = turn % 3 == 0 ? dc_rng_below(&rng, m.bytes.size) : m.bytes.size;
            uint8_t *copy = malloc(n + 1);
            memcpy(copy, m.bytes.data, n);
            for (uint64_t k = dc_rng_below(&rng, 4); n > 0 && k < 4; k++)
                copy[dc_rng_below(&rng, n)] ^= (uint8_t)(1u << dc_rng_below(&rng, 8));
            const dc_status status = wire_get(m.back, N_PARTS, (dc_wire)wire, 9, copy, n);
            n_refused += status < 0;
            assert_true(status == DC_OK || status == DC_ECORRUPT);
            for (uint32_t i = 0; i < N_PARTS && status == DC_OK; i++)
                for (uint32_t k = 0; k < m.back[i].n_values; k++)
                    assert_true(m.back[i].at[k] < sizes[i] && isfinite(m.back[i].values[k]));
            free(copy);
        }
        assert_true(n_refused > 1000); /* all that were cut */
        clear(&m);
    }
}

static void a_message_of_another_step_or_wire_is_refused(void **state)
{
    message m;
    (void)state;
    draw(&m, DC_WIRE_F16, 1000, 6);
    assert_fails(DC_ECORRUPT,
                 wire_get(m.back, N_PARTS, DC_WIRE_F16, 8, m.bytes.data, m.bytes.size));
    assert_fails(DC_ECORRUPT,
                 wire_get(m.back, N_PARTS, DC_WIRE_F32, 9, m.bytes.data, m.bytes.size));
    for (uint32_t i = 0; i < N_PARTS; i++)
        m.back[i].n_most = 1; /* more than were asked for */
    assert_fails(DC_ECORRUPT,
                 wire_get(m.back, N_PARTS, DC_WIRE_F16, 9, m.bytes.data, m.bytes.size));
    clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_comes_back_to_the_bit),
        cmocka_unit_test(rounding_loses_little_and_sends_no_zero),
        cmocka_unit_test(each_wire_is_as_short_as_it_should_be),
        cmocka_unit_test(damaged_messages_are_refused),
        cmocka_unit_test(a_message_of_another_step_or_wire_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
