/* SPDX-License-Identifier: MIT
 *
 * The code is optimal, limited, complete and canonical.
 */
#include "test.h"

#include "huffman.h"

#define SEED 11

static uint64_t kraft_sum(const dc_huffman *code)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < DC_MAX_SYMBOLS; s++)
        if (code->lengths[s] > 0)
            sum += UINT64_C(1) << (DC_HUFFMAN_MAX_BITS - code->lengths[s]);
    return sum;
}

static unsigned longest(const dc_huffman *code)
{
    unsigned max = 0;
    for (unsigned s = 0; s < DC_MAX_SYMBOLS; s++)
        max = DC_MAX(max, code->lengths[s]);
    return max;
}

/* Unlimited Huffman: the sum of all merged weights. */
static uint64_t unlimited_cost(const dc_histogram *h)
{
    uint64_t weights[DC_MAX_SYMBOLS], cost = 0;
    unsigned n = 0;
    for (unsigned s = 0; s < h->n_symbols; s++)
        if (h->counts[s] > 0)
            weights[n++] = h->counts[s];
    while (n > 1) {
        for (unsigned k = 0; k < 2; k++) { /* the two least to the end */
            unsigned least = 0;
            for (unsigned i = 1; i < n - k; i++)
                if (weights[i] < weights[least])
                    least = i;
            const uint64_t w = weights[least];
            weights[least] = weights[n - 1 - k];
            weights[n - 1 - k] = w;
        }
        n--;
        weights[n - 1] += weights[n];
        cost += weights[n - 1];
    }
    return cost;
}

/* The least cost of a complete code with lengths up to `limit`, by dynamic programming over sorted
 * counts: nodes open at a depth, leaves placed from the most frequent one. */
static uint64_t limited_cost(const uint64_t *rising, unsigned n, unsigned limit, unsigned n_open,
                             unsigned depth)
{
    if (n == 0)
        return n_open == 0 ? 0 : UINT64_MAX;
    if (depth > limit || n_open == 0 || n_open > n)
        return UINT64_MAX;
    uint64_t best = UINT64_MAX, placed = 0;
    for (unsigned k = 0; k <= n_open && k <= n; k++) {
        if (k > 0)
            placed += rising[n - k] * depth;
        const uint64_t rest = limited_cost(rising, n - k, limit, 2 * (n_open - k), depth + 1);
        if (rest != UINT64_MAX)
            best = DC_MIN(best, placed + rest);
    }
    return best;
}

static void draw_counts(dc_histogram *h, unsigned n, unsigned spread, dc_rng *rng)
{
    *h = (dc_histogram){ .n_symbols = n };
    for (unsigned s = 0; s < n; s++) {
        h->counts[s] = dc_rng_below(rng, UINT64_C(1) << dc_rng_below(rng, spread));
        h->n_total += h->counts[s];
    }
}

static void costs_as_little_as_huffman_where_the_limit_does_not_bind(void **state)
{
    (void)state;
    dc_rng rng;
    dc_huffman code;
    dc_histogram h;
    unsigned n_checked = 0;
    dc_rng_init(&rng, SEED, 0);
    for (unsigned i = 0; i < 2000; i++) {
        draw_counts(&h, 2 + (unsigned)dc_rng_below(&rng, 255), 8, &rng);
        h.counts[0]++;
        h.counts[1]++;
        dc_huffman_build(&code, &h);
        if (longest(&code) == DC_HUFFMAN_MAX_BITS)
            continue;
        assert_int_equal(dc_huffman_payload_bits(&code, &h), unlimited_cost(&h));
        n_checked++;
    }
    assert_true(n_checked > 1000);
}

static void costs_as_little_as_any_limited_code(void **state)
{
    (void)state;
    for (unsigned n = 13; n <= 16; n++) {
        dc_histogram h = { .counts = { 1, 1 }, .n_symbols = n };
        for (unsigned s = 2; s < n; s++)
            h.counts[s] = h.counts[s - 1] + h.counts[s - 2];
        dc_huffman code;
        dc_huffman_build(&code, &h);
        assert_int_equal(dc_huffman_payload_bits(&code, &h),
                         limited_cost(h.counts, n, DC_HUFFMAN_MAX_BITS, 2, 1));
    }
}

static void fibonacci_counts_stay_within_the_limit_and_complete(void **state)
{
    (void)state;
    dc_histogram h = { .counts = { 1, 1 }, .n_symbols = 60 };
    dc_huffman code;
    for (unsigned s = 2; s < h.n_symbols; s++)
        h.counts[s] = h.counts[s - 1] + h.counts[s - 2];
    dc_huffman_build(&code, &h);
    assert_int_equal(longest(&code), DC_HUFFMAN_MAX_BITS);
    assert_int_equal(kraft_sum(&code), 1u << DC_HUFFMAN_MAX_BITS);
}

static void every_code_is_complete_and_spares_absent_symbols(void **state)
{
    (void)state;
    dc_rng rng;
    dc_histogram h;
    dc_huffman code;
    dc_rng_init(&rng, SEED, 1);
    for (unsigned i = 0; i < 1000; i++) {
        draw_counts(&h, 3 + (unsigned)dc_rng_below(&rng, 254), 30, &rng);
        h.counts[0]++;
        h.counts[2]++;
        dc_huffman_build(&code, &h);
        assert_int_equal(kraft_sum(&code), 1u << DC_HUFFMAN_MAX_BITS);
        for (unsigned s = 0; s < h.n_symbols; s++)
            assert_int_equal(h.counts[s] > 0, code.lengths[s] > 0);
    }
}

static void words_are_canonical(void **state)
{
    (void)state;
    const dc_histogram h = { .counts = { 2, 8, 0, 2, 4 }, .n_total = 16, .n_symbols = 5 };
    dc_huffman code;
    dc_huffman_build(&code, &h);
    const uint8_t lengths[] = { 3, 1, 0, 3, 2 };
    const uint16_t words[] = { 3, 0, 0, 7, 1 }; /* 110, 0, -, 111, 10 from their first bit */
    assert_memory_equal(code.lengths, lengths, sizeof lengths);
    assert_memory_equal(code.words, words, sizeof words);
    assert_int_equal(code.n_symbols, 5);
}

static void a_shorter_word_belongs_to_a_count_that_is_no_smaller(void **state)
{
    (void)state;
    dc_rng rng;
    dc_histogram h;
    dc_huffman code;
    dc_rng_init(&rng, SEED, 2);
    for (unsigned i = 0; i < 100; i++) {
        draw_counts(&h, 40, 20, &rng);
        h.counts[0]++;
        h.counts[1]++;
        dc_huffman_build(&code, &h);
        for (unsigned a = 0; a < 40; a++)
            for (unsigned b = 0; b < 40; b++)
                if (h.counts[b] > 0 && h.counts[a] > h.counts[b])
                    assert_true(code.lengths[a] <= code.lengths[b]);
    }
}

static void lone_and_no_symbols_need_no_bits(void **state)
{
    (void)state;
    const dc_histogram lone = { .counts = { 0, 0, 7 }, .n_total = 7, .n_symbols = 9 };
    const dc_histogram none = { .n_symbols = 1 };
    dc_huffman code;
    dc_huffman_build(&code, &lone);
    assert_int_equal(code.lengths[2], 0);
    assert_int_equal(code.n_symbols, 3);
    assert_int_equal(dc_huffman_payload_bits(&code, &lone), 0);
    dc_huffman_build(&code, &none);
    assert_int_equal(code.n_symbols, 0);
    assert_int_equal(dc_huffman_stream_bytes(&none), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_as_little_as_huffman_where_the_limit_does_not_bind),
        cmocka_unit_test(costs_as_little_as_any_limited_code),
        cmocka_unit_test(fibonacci_counts_stay_within_the_limit_and_complete),
        cmocka_unit_test(every_code_is_complete_and_spares_absent_symbols),
        cmocka_unit_test(words_are_canonical),
        cmocka_unit_test(a_shorter_word_belongs_to_a_count_that_is_no_smaller),
        cmocka_unit_test(lone_and_no_symbols_need_no_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
