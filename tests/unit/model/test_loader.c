/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "counting_source.h"

/* All samples of one pass in their order; returns how many batches there were. */
static uint32_t pass(float *order, uint32_t *n_samples, const dc_source *source,
                     uint32_t batch_size, uint64_t seed, uint64_t epoch, bool drop_last)
{
    dc_loader *loader;
    dc_batch batch;
    uint32_t n_batches = 0;
    *n_samples = 0;
    assert_ok(dc_loader_new(&loader, source,
            &(dc_loader_settings){ .batch_size = batch_size,
                                                  .shuffle_seed = seed,
                                                  .epoch = epoch,
                                                  .drop_last = drop_last }));
    for (;;) {
        assert_ok(dc_loader_next(&batch, loader));
        if (batch.n == 0)
            break;
        n_batches++;
        for (uint32_t i = 0; i < batch.n; i++) {
            assert_near(batch.x[2 * i + 1], batch.x[2 * i] + (float)epoch, 0);
            if (source->read == count_read) /* a part has indices of its own */
                assert_near(batch.x[2 * i], batch.indices[i], 0);
            if (source->is_labelled)
                assert_int_equal(batch.target.classes[i], (int32_t)batch.x[2 * i] % 10);
            else
                assert_null(batch.target.classes);
            order[(*n_samples)++] = batch.x[2 * i];
        }
    }
    assert_ok(dc_loader_next(&batch, loader)); /* the end stays the end */
    assert_int_equal(batch.n, 0);
    dc_loader_free(loader);
    return n_batches;
}

static void samples_come_in_order_and_the_last_batch_is_short(void **state)
{
    (void)state;
    counting_source s;
    float order[103];
    uint32_t n;
    assert_int_equal(pass(order, &n, counting_source_init(&s, 103, true), 10, 0, 3, false), 11);
    assert_int_equal(n, 103);
    for (uint32_t i = 0; i < n; i++)
        assert_near(order[i], i, 0);
}

static void a_short_batch_can_be_dropped(void **state)
{
    (void)state;
    counting_source s;
    float order[103];
    uint32_t n;
    assert_int_equal(pass(order, &n, counting_source_init(&s, 103, false), 10, 0, 0, true), 10);
    assert_int_equal(n, 100);
    assert_int_equal(pass(order, &n, &s.source, 104, 0, 0, true), 0);
    assert_int_equal(pass(order, &n, &s.source, 103, 0, 0, true), 1);
    assert_int_equal(pass(order, &n, &s.source, UINT32_MAX, 0, 0, false), 1);
    assert_int_equal(n, 103);
}

static void shuffling_is_a_permutation_by_seed_and_epoch(void **state)
{
    (void)state;
    counting_source s;
    float a[100], b[100], c[100], d[100];
    uint32_t n, seen[100] = {0};
    counting_source_init(&s, 100, true);
    pass(a, &n, &s.source, 7, 5, 0, false);
    pass(b, &n, &s.source, 32, 5, 0, false);
    pass(c, &n, &s.source, 7, 5, 1, false);
    pass(d, &n, &s.source, 7, 6, 0, false);
    for (int i = 0; i < 100; i++)
        seen[(size_t)a[i]]++;
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_memory_equal(a, b, sizeof a); /* the batch size does not matter */
    assert_true(memcmp(a, c, sizeof a) != 0);
    assert_true(memcmp(a, d, sizeof a) != 0);
}

static void many_readers_give_the_same_batches(void **state)
{
    (void)state;
    counting_source s;
    float one[1000], many[1000];
    uint32_t n;
    counting_source_init(&s, 1000, true);
    pass(one, &n, &s.source, 16, 5, 1, false);
    s.source.is_slow = true;
    dc_pool_set_jobs(5);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(pass(many, &n, &s.source, 16, 5, 1, false), 63);
        assert_int_equal(n, 1000);
        assert_memory_equal(one, many, sizeof one);
    }
    dc_pool_set_jobs(0);
}

static void what_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        counting_source s;
        float order[100];
        uint32_t n;
        counting_source_init(&s, 100, way % 2 == 0);
        s.source.is_slow = way / 2 == 0;
        s.unreadable_step = 7; /* 0, 7, ... 98 */
        assert_int_equal(pass(order, &n, &s.source, 10, 0, 0, false), 10);
        assert_int_equal(n, 85);
        for (uint32_t i = 0; i < n; i++)
            assert_near(order[i], i + i / 6 + 1, 0);
        assert_int_equal(s.n_told, 1); /* at the end of the pass, once */
        assert_int_equal(pass(order, &n, &s.source, 1, 0, 0, false), 85); /* no empty batch */
        s.unreadable_step = 1;
        assert_int_equal(pass(order, &n, &s.source, 10, 0, 0, false), 0);
    }
}

static void a_part_tells_what_its_whole_could_not_read(void **state)
{
    (void)state;
    counting_source s;
    dc_source *part;
    float order[100];
    uint32_t n;
    counting_source_init(&s, 100, true);
    s.source.is_slow = true;
    s.unreadable_step = 2;
    assert_ok(dc_source_part(&part, &s.source, 10, 50, 0));
    assert_true(part->is_slow);
    pass(order, &n, part, 8, 3, 0, false);
    assert_int_equal(n, 25);
    assert_int_equal(s.n_told, 1);
    dc_source_close(part);
}

static void an_empty_source_ends_at_once(void **state)
{
    (void)state;
    counting_source s;
    float order[1];
    uint32_t n;
    assert_int_equal(pass(order, &n, counting_source_init(&s, 0, true), 4, 1, 0, false), 0);
}

static void a_batch_stays_until_the_next_call(void **state)
{
    (void)state;
    counting_source s;
    dc_loader *loader;
    dc_batch batch;
    assert_ok(dc_loader_new(&loader, counting_source_init(&s, 400, true),
            &(dc_loader_settings){ .batch_size = 2 }));
    for (uint32_t b = 0; b < 200; b++) {
        assert_ok(dc_loader_next(&batch, loader));
        for (volatile int wait = 0; wait < 2000; wait++)
            continue; /* let the filler run ahead */
        assert_near(batch.x[0], 2 * b, 0);
        assert_near(batch.x[2], 2 * b + 1, 0);
    }
    dc_loader_free(loader);
}

static void a_loader_may_be_freed_at_any_time(void **state)
{
    (void)state;
    counting_source s;
    counting_source_init(&s, 1000, true);
    dc_loader_free(NULL);
    for (uint32_t n_taken = 0; n_taken < 8; n_taken++) {
        dc_loader *loader;
        dc_batch batch;
        assert_ok(dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 3, .shuffle_seed = 1 }));
        for (uint32_t i = 0; i < n_taken; i++)
            assert_ok(dc_loader_next(&batch, loader));
        dc_loader_free(loader);
    }
}

static void a_failing_source_is_reported_when_its_batch_is_due(void **state)
{
    (void)state;
    counting_source s;
    dc_loader *loader;
    dc_batch batch;
    counting_source_init(&s, 100, true);
    s.fails_at = 25;
    assert_ok(dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 10 }));
    assert_ok(dc_loader_next(&batch, loader));
    assert_ok(dc_loader_next(&batch, loader));
    assert_near(batch.x[0], 10, 0);
    for (int again = 0; again < 3; again++) {
        assert_fails(DC_ECORRUPT, dc_loader_next(&batch, loader));
        assert_int_equal(batch.n, 0);
        assert_string_equal(dc_message(), "sample 25 is broken");
    }
    dc_loader_free(loader);
}

static void of_many_failures_the_first_is_reported(void **state)
{
    (void)state;
    dc_pool_set_jobs(4);
    for (int round = 0; round < 50; round++) {
        counting_source s;
        dc_loader *loader;
        dc_batch batch;
        counting_source_init(&s, 100, true);
        s.source.is_slow = true;
        s.fails_at = 25;
        assert_ok(dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 10 }));
        assert_ok(dc_loader_next(&batch, loader));
        assert_ok(dc_loader_next(&batch, loader));
        assert_near(batch.x[18], 19, 0);
        assert_fails(DC_ECORRUPT, dc_loader_next(&batch, loader));
        assert_string_equal(dc_message(), "sample 25 is broken");
        assert_int_equal(s.n_told, 0);
        dc_loader_free(loader);
    }
    dc_pool_set_jobs(0);
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    counting_source s;
    dc_loader *loader;
    counting_source_init(&s, 100, true);
    assert_fails(DC_EINPUT, dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 0 }));
    s.source.n_samples = UINT64_C(1) << 40;
    assert_fails(DC_ELIMIT, dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 1, .shuffle_seed = 1 }));
    s.source.shape = dc_shape_of(3, 1024, 1024, 16, 0);
    assert_fails(DC_ELIMIT, dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = UINT32_MAX }));
    s.source.shape = (dc_shape){0};
    assert_fails(DC_EINPUT, dc_loader_new(&loader, &s.source,
            &(dc_loader_settings){ .batch_size = 1 }));
}

/* Whatever the order: no sample twice, all of them, the same at the next asking. */
static void ranks_share_the_samples_out(void **state)
{
    (void)state;
    counting_source s;
    for (uint32_t n_ranks = 1; n_ranks <= 5; n_ranks++)
        for (uint64_t seed = 0; seed < 2; seed++) {
            uint32_t times[103] = { 0 }, n_least = UINT32_MAX, n_most = 0;
            for (uint32_t rank = 0; rank < n_ranks; rank++) {
                const dc_loader_settings settings = { .batch_size = 10, .shuffle_seed = seed,
                                                      .rank = rank, .n_ranks = n_ranks };
                dc_loader *loader, *again;
                dc_batch batch = { 0 }, same = { 0 };
                uint32_t n = 0;
                counting_source_init(&s, 103, true);
                assert_ok(dc_loader_new(&loader, &s.source, &settings));
                assert_ok(dc_loader_new(&again, &s.source, &settings));
                do {
                    assert_ok(dc_loader_next(&batch, loader));
                    assert_ok(dc_loader_next(&same, again));
                    assert_int_equal(batch.n, same.n);
                    for (uint32_t i = 0; i < batch.n; i++) {
                        assert_int_equal(batch.indices[i], same.indices[i]);
                        times[batch.indices[i]]++;
                    }
                    n += batch.n;
                } while (batch.n > 0);
                n_least = DC_MIN(n_least, n);
                n_most = DC_MAX(n_most, n);
                dc_loader_free(again);
                dc_loader_free(loader);
            }
            assert_true(n_most - n_least <= 1);
            for (uint32_t i = 0; i < 103; i++)
                assert_int_equal(times[i], 1);
        }
}

static void a_rank_beyond_the_number_of_ranks_is_refused(void **state)
{
    (void)state;
    counting_source s;
    dc_loader *loader;
    counting_source_init(&s, 10, true);
    assert_fails(DC_EINPUT,
                 dc_loader_new(&loader, &s.source,
                               &(dc_loader_settings){ .batch_size = 1, .rank = 2, .n_ranks = 2 }));
    assert_fails(DC_EINPUT, dc_loader_new(&loader, &s.source,
                                          &(dc_loader_settings){ .batch_size = 1, .rank = 1 }));
}

/* 10 samples in 4 lanes of 3: the last is 1 long. */
static void lanes_of_a_stream_go_side_by_side(void **state)
{
    (void)state;
    static const float expected[] = { 0, 3, 6, 9, 1, 4, 7, 2, 5, 8 };
    static const float of_rank_1[] = { 5, 8, 6, 9, 7 };
    counting_source s;
    float order[10];
    uint32_t n;
    counting_source_init(&s, 10, true);
    s.source.is_stream = true;
    assert_int_equal(pass(order, &n, &s.source, 4, 77, 1, false), 3);
    assert_int_equal(n, 10);
    assert_memory_equal(order, expected, sizeof order);
    dc_loader *loader;
    dc_batch batch;
    const dc_loader_settings settings = { .batch_size = 2, .rank = 1, .n_ranks = 2, .n_state = 5 };
    assert_ok(dc_loader_new(&loader, &s.source, &settings));
    for (n = 0;; n += batch.n) {
        assert_ok(dc_loader_next(&batch, loader));
        if (batch.n == 0)
            break;
        for (uint32_t i = 0; i < batch.n; i++)
            assert_near(batch.indices[i], of_rank_1[n + i], 0);
        assert_near(batch.state[9], (float)n, 0); /* is kept */
        batch.state[9] = (float)(n + batch.n);
    }
    assert_int_equal(n, 5);
    dc_loader_free(loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_in_order_and_the_last_batch_is_short),
        cmocka_unit_test(a_short_batch_can_be_dropped),
        cmocka_unit_test(shuffling_is_a_permutation_by_seed_and_epoch),
        cmocka_unit_test(many_readers_give_the_same_batches),
        cmocka_unit_test(what_cannot_be_read_is_left_out),
        cmocka_unit_test(a_part_tells_what_its_whole_could_not_read),
        cmocka_unit_test(an_empty_source_ends_at_once),
        cmocka_unit_test(a_batch_stays_until_the_next_call),
        cmocka_unit_test(a_loader_may_be_freed_at_any_time),
        cmocka_unit_test(a_failing_source_is_reported_when_its_batch_is_due),
        cmocka_unit_test(of_many_failures_the_first_is_reported),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(ranks_share_the_samples_out),
        cmocka_unit_test(lanes_of_a_stream_go_side_by_side),
        cmocka_unit_test(a_rank_beyond_the_number_of_ranks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
