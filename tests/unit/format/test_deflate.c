/* SPDX-License-Identifier: MIT
 *
 * Graphs deflated with the dictionary: they come back, the usual ones take few bytes, and what is
 * no whole stream is refused.
 */
#include "format_helpers.h"

#include "chunk.h"
#include "deflate.h"
#include "graph_io.h"

static uint64_t deflated_bytes(const uint8_t *bytes, uint64_t n)
{
    static uint8_t back[DC_MAX_DEFLATED_BYTES];
    uint64_t n_back = 0;
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    dc_graph_deflate(&w, bytes, n);
    assert_ok(w.status);
    assert_ok(dc_graph_inflate(back, &n_back, sizeof back, w.data, w.size));
    assert_int_equal(n_back, n);
    assert_memory_equal(back, bytes, n);
    if (n > 0)
        assert_fails(DC_ECORRUPT, dc_graph_inflate(back, &n_back, n - 1, w.data, w.size));
    assert_fails(DC_ECORRUPT, dc_graph_inflate(back, &n_back, sizeof back, w.data, w.size - 1));
    dc_put_u8(&w, 0);
    assert_fails(DC_ECORRUPT, dc_graph_inflate(back, &n_back, sizeof back, w.data, w.size));
    const uint64_t n_bytes = w.size - 1;
    dc_writer_clear(&w);
    return n_bytes;
}

static void bytes_of_every_kind_come_back(void **state)
{
    (void)state;
    static uint8_t bytes[DC_MAX_DEFLATED_BYTES];
    dc_rng rng;
    dc_rng_init(&rng, 7, 1);
    assert_int_equal(deflated_bytes(bytes, 0), 2);
    assert_true(deflated_bytes(bytes, 1000) < 10);
    for (uint64_t n = 1; n < 600; n += 7) {
        for (uint64_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(n % 3 == 0 ? dc_rng_u64(&rng) : dc_rng_below(&rng, 3) * 100);
        assert_true(deflated_bytes(bytes, n) <= (n * 9 + 10 + 7) / 8);
    }
}

/* Copies at every distance and of every length that has a code of its own. */
static void matches_of_every_length_and_distance_come_back(void **state)
{
    (void)state;
    static uint8_t bytes[DC_MAX_DEFLATED_BYTES];
    dc_rng rng;
    dc_rng_init(&rng, 8, 1);
    for (uint32_t length = 3, at = 300; length <= 258; length += length < 12 ? 1 : 9) {
        for (uint32_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)dc_rng_u64(&rng);
        for (uint32_t i = 0; i < length; i++)
            bytes[at + i] = bytes[at + i - 260];
        assert_true(deflated_bytes(bytes, at + length) < (at * 9 + 10 + 64) / 8);
    }
    for (uint32_t distance = 1; distance < 8000; distance += distance / 3 + 1) {
        for (uint32_t i = 0; i < sizeof bytes; i++)
            bytes[i] = i < distance ? (uint8_t)dc_rng_u64(&rng) : bytes[i - distance];
        (void)deflated_bytes(bytes, DC_MIN(distance + 150u, DC_MAX_DEFLATED_BYTES));
    }
}

static void a_usual_network_takes_few_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        uint64_t n_most;
    } cases[] = {
        { "{\"name\": \"a\", \"input\": {\"shape\": [1, 28, 28], \"scale\": 0.00390625},"
          " \"layers\": ["
          "{\"name\": \"n1\", \"op\": \"conv\", \"n_outputs\": 20, \"kernel\": 5},"
          "{\"name\": \"n2\", \"op\": \"max_pool\", \"kernel\": 2, \"stride\": 2},"
          "{\"name\": \"n3\", \"op\": \"conv\", \"n_outputs\": 50, \"kernel\": 5},"
          "{\"name\": \"n4\", \"op\": \"max_pool\", \"kernel\": 2, \"stride\": 2},"
          "{\"name\": \"n5\", \"op\": \"linear\", \"n_outputs\": 500},"
          "{\"name\": \"n6\", \"op\": \"relu\"},"
          "{\"name\": \"n7\", \"op\": \"linear\", \"n_outputs\": 10}]}", 4 },
        { "{\"name\": \"a\", \"input\": {\"shape\": [1, 28, 28], \"scale\": 0.00390625},"
          " \"layers\": ["
          "{\"name\": \"n8\", \"op\": \"conv\", \"n_outputs\": 9, \"kernel\": 5, \"bias\": 0},"
          "{\"name\": \"n9\", \"op\": \"max_pool\", \"kernel\": 2, \"stride\": 2},"
          "{\"name\": \"n10\", \"op\": \"conv\", \"n_outputs\": 25, \"kernel\": 5, \"bias\": 0},"
          "{\"name\": \"n11\", \"op\": \"max_pool\", \"kernel\": 2, \"stride\": 2},"
          "{\"name\": \"n12\", \"op\": \"linear\", \"n_outputs\": 60},"
          "{\"name\": \"n13\", \"op\": \"relu\"},"
          "{\"name\": \"n14\", \"op\": \"linear\", \"n_outputs\": 10}]}", 14 },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_model *model = NULL;
        dc_json *json;
        dc_writer w;
        assert_ok(dc_json_parse(&json, cases[i].json, strlen(cases[i].json), "case"));
        assert_ok(dc_model_from_arch(&model, json, "case"));
        dc_writer_init(&w, 1 << 20);
        dc_graph_put(&w, model);
        assert_true(deflated_bytes(w.data, w.size) <= cases[i].n_most);
        dc_writer_clear(&w);
        dc_json_free(json);
        dc_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_every_kind_come_back),
        cmocka_unit_test(matches_of_every_length_and_distance_come_back),
        cmocka_unit_test(a_usual_network_takes_few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
