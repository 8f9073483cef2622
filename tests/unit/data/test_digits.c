/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

#define PINNED_HASH UINT64_C(0x23ea404ad9be0e3d)

static dc_source *open_digits(const char *spec, dc_split split, uint64_t limit, uint64_t seed)
{
    const dc_input input = plain_input(1, 28, 28);
    dc_source *s = NULL;
    assert_ok(dc_data_open(&s, spec, split, &input, limit, seed));
    return s;
}

/* Of pictures and labels first .. first + n - 1. */
static uint64_t hash_of(const dc_source *s, uint64_t first, uint64_t n)
{
    uint64_t hash = 0;
    for (uint64_t i = first; i < first + n; i++) {
        float x[784];
        uint8_t bytes[785];
        bytes[784] = (uint8_t)read_one(x, s, i);
        for (int k = 0; k < 784; k++)
            bytes[k] = (uint8_t)x[k];
        hash = dc_hash64(hash, bytes, sizeof bytes);
    }
    return hash;
}

static void pictures_are_the_same_everywhere(void **state)
{
    (void)state;
    dc_source *s = open_digits("digits:1000", DC_SPLIT_TRAIN, 0, 1);
    const uint64_t hash = hash_of(s, 0, 1000);
    if (hash != PINNED_HASH)
        fail_msg("hash 0x%016llx", (unsigned long long)hash);
    dc_source_close(s);
}

static void a_picture_depends_on_seed_split_and_index_alone(void **state)
{
    (void)state;
    dc_source *some = open_digits("digits:250", DC_SPLIT_TRAIN, 0, 5);
    dc_source *more = open_digits("digits:1000", DC_SPLIT_TRAIN, 333, 5);
    dc_source *other = open_digits("digits:250", DC_SPLIT_TRAIN, 0, 6);
    dc_source *test = open_digits("digits:1500", DC_SPLIT_TEST, 0, 5);
    dc_pool_set_jobs(1);
    dc_source *alone = open_digits("digits:250", DC_SPLIT_TRAIN, 0, 5);
    dc_pool_set_jobs(0);
    const uint64_t hash = hash_of(some, 0, 250);
    assert_true(hash == hash_of(more, 0, 250));
    assert_true(hash == hash_of(alone, 0, 250));
    assert_true(hash != hash_of(other, 0, 250));
    assert_true(hash != hash_of(test, 0, 250));
    dc_source *const all[] = { some, more, other, test, alone };
    for (size_t i = 0; i < DC_COUNT_OF(all); i++)
        dc_source_close(all[i]);
}

static void numbers_of_samples_are_as_asked_for(void **state)
{
    (void)state;
    static const struct { const char *spec; dc_split split; uint64_t limit, n; } cases[] = {
        { "digits:120", DC_SPLIT_TRAIN, 0, 120 }, { "digits:120", DC_SPLIT_TEST, 0, 20 },
        { "digits:1", DC_SPLIT_TRAIN, 0, 1 },     { "digits:1", DC_SPLIT_TEST, 0, 1 },
        { "digits", DC_SPLIT_TRAIN, 7, 7 },       { "digits", DC_SPLIT_TEST, 0, 10000 },
        { "digits:", DC_SPLIT_TEST, 12, 12 },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_source *s = open_digits(cases[i].spec, cases[i].split, cases[i].limit, 1);
        assert_int_equal(s->n_samples, cases[i].n);
        dc_source_close(s);
    }
}

static void classes_are_balanced_and_every_one_of_them_is_drawn(void **state)
{
    (void)state;
    dc_source *s = open_digits("digits:2000", DC_SPLIT_TRAIN, 0, 9);
    uint32_t counts[10] = { 0 }, n_in_order = 0;
    float x[784];
    assert_int_equal(s->n_classes, 10);
    for (uint64_t i = 0; i < 2000; i++) {
        const int32_t label = read_one(x, s, i);
        double ink = 0, most = 0;
        assert_true(label >= 0 && label < 10);
        counts[label]++;
        n_in_order += (uint64_t)label == i % 10;
        for (int k = 0; k < 784; k++) {
            ink += (double)x[k] / 255;
            most = fmax(most, (double)x[k]);
        }
        assert_true(ink > 12 && ink < 330 && most > 150);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(counts[i], 200);
    assert_true(n_in_order < 400);
    dc_source_close(s);
}

static void strange_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "digits:0", "digits:-5", "digits:12x", "digits:1e3",
                                       "digits: 5", "digits:4000001",
                                       "digits:99999999999999999999999" };
    const dc_input input = plain_input(1, 28, 28);
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        dc_source *s;
        assert_fails(DC_EINPUT, dc_data_open(&s, bad[i], DC_SPLIT_TRAIN, &input, 0, 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_the_same_everywhere),
        cmocka_unit_test(a_picture_depends_on_seed_split_and_index_alone),
        cmocka_unit_test(numbers_of_samples_are_as_asked_for),
        cmocka_unit_test(classes_are_balanced_and_every_one_of_them_is_drawn),
        cmocka_unit_test(strange_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
