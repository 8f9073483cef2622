/* SPDX-License-Identifier: MIT */
#include "test.h"

typedef struct heard {
    char warning[100], progress[100], where[100];
    dc_progress_report last;
    unsigned n_over;
} heard;

static heard h;

static void hear_warning(void *payload, const char *text)
{
    snprintf(((heard *)payload)->warning, 100, "%s", text);
}

static void hear_progress(void *payload, const dc_progress_report *r)
{
    heard *to = payload;
    to->last = *r;
    to->n_over += r->is_over;
    snprintf(to->where, 100, "%s", r->where);
    snprintf(to->progress, 100, "%s %d/%d %s", r->label, (int)r->done, (int)r->total, r->extra);
}

static int listen(void **state)
{
    const dc_listener listener = { &h, hear_warning, hear_progress };
    (void)state;
    h = (heard){ "", "", "", { 0 }, 0 };
    dc_set_listener(&listener);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    dc_work_leave(0);
    dc_set_listener(NULL);
    return 0;
}

static void the_listener_hears_until_it_is_taken_away(void **state)
{
    (void)state;
    dc_warn("%d of %s", 3, "four");
    dc_progress("train", 2, 9, NULL);
    dc_set_listener(NULL);
    dc_warn("late");
    dc_progress("late", 1, 1, NULL);
    assert_string_equal(h.warning, "3 of four");
    assert_string_equal(h.progress, "train 2/9 ");
}

static void alone_a_label_is_the_whole(void **state)
{
    (void)state;
    dc_progress("eval", 3, 4, "x");
    assert_string_equal(h.progress, "eval 3/4 x");
    assert_false(h.last.is_part);
    assert_near(h.last.whole, 0.75, 1e-12);
    assert_false(h.last.is_over);
    dc_progress("eval", 4, 4, NULL);
    assert_true(h.last.is_over);
}

static void a_piece_inside_is_worth_its_units(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(200, "compress");
    const unsigned step = dc_work_enter(50, "step %d/%d", 1, 2);
    assert_string_equal(h.where, "compress  step 1/2");
    dc_progress("epoch", 1, 2, NULL);
    assert_true(h.last.is_part);
    assert_near(h.last.whole, 0.125, 1e-12);
    const unsigned epoch = dc_work_enter(25, "%s", "");
    dc_progress("epoch", 1, 1, NULL);
    dc_work_leave(epoch);
    dc_progress("write", 1, 1, NULL); /* between pieces: no part of the plan */
    assert_near(h.last.whole, 0.125, 1e-12);
    dc_work_leave(step);
    const unsigned next = dc_work_enter(150, "step 2/2");
    assert_near(h.last.whole, 0.25, 1e-12);
    assert_string_equal(h.where, "compress  step 2/2");
    dc_work_leave(next);
    assert_int_equal(h.n_over, 0);
    dc_work_leave(whole);
    assert_int_equal(h.n_over, 1);
}

static void a_piece_may_be_divided_anew(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(10, "prune");
    const unsigned scan = dc_work_enter(5, "scan");
    dc_work_divide(4);
    for (int i = 0; i < 4; i++) {
        const unsigned one = dc_work_enter(1, "layer %d", i);
        assert_near(h.last.whole, 0.125 * i, 1e-12);
        dc_progress("validate", 1, 2, NULL);
        assert_near(h.last.whole, 0.125 * i + 0.0625, 1e-12);
        dc_work_leave(one);
    }
    dc_work_leave(scan);
    dc_progress("x", 0, 1, NULL);
    assert_near(h.last.whole, 0.5, 1e-12);
    dc_work_leave(whole);
}

static void what_was_not_worked_on_is_counted_apart(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(4, "train");
    dc_work_leave(dc_work_enter(2, "%s", "")); /* a checkpoint had it */
    const unsigned epoch = dc_work_enter(1, "%s", "");
    dc_progress("epoch", 1, 2, NULL);
    assert_near(h.last.whole, 0.625, 1e-12);
    assert_near(h.last.skipped, 0.5, 1e-12);
    dc_progress("epoch", 2, 2, NULL);
    dc_work_leave(epoch);
    dc_progress("validate", 0, 1, NULL);
    assert_near(h.last.skipped, 0.5, 1e-12);
    dc_work_leave(whole);
}

static void an_outer_piece_takes_what_was_not_left_along(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(4, "train");
    const unsigned step = dc_work_enter(1, "step");
    (void)dc_work_enter(1, "epoch"); /* a failure came */
    dc_work_leave(step);
    dc_progress("x", 0, 1, NULL);
    assert_string_equal(h.where, "train");
    assert_near(h.last.whole, 0.25, 1e-12);
    dc_work_leave(whole);
    dc_progress("x", 0, 1, NULL);
    assert_false(h.last.is_part);
}

static void more_than_was_planned_is_no_more_than_all(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(1, "short");
    for (int i = 0; i < 3; i++) {
        const unsigned one = dc_work_enter(1, "%s", "");
        dc_progress("x", 1, 1, NULL);
        assert_near(h.last.whole, 1, 1e-12);
        dc_work_leave(one);
    }
    dc_work_leave(whole);
}

static void nothing_planned_and_too_deep_are_no_trouble(void **state)
{
    (void)state;
    const unsigned whole = dc_work_enter(0, "nothing");
    dc_work_is_most();
    unsigned marks[20];
    for (size_t i = 0; i < DC_COUNT_OF(marks); i++)
        marks[i] = dc_work_enter(1, "deeper");
    dc_progress("x", 1, 3, NULL);
    assert_true(h.last.whole >= 0 && h.last.whole <= 1);
    assert_true(h.last.is_most);
    for (size_t i = DC_COUNT_OF(marks); i > 0; i--)
        dc_work_leave(marks[i - 1]);
    assert_int_equal(h.n_over, 0);
    dc_work_leave(whole);
    assert_int_equal(h.n_over, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, listen, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_listener_hears_until_it_is_taken_away),
        TEST(alone_a_label_is_the_whole),
        TEST(a_piece_inside_is_worth_its_units),
        TEST(a_piece_may_be_divided_anew),
        TEST(what_was_not_worked_on_is_counted_apart),
        TEST(an_outer_piece_takes_what_was_not_left_along),
        TEST(more_than_was_planned_is_no_more_than_all),
        TEST(nothing_planned_and_too_deep_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
