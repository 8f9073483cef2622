/* SPDX-License-Identifier: MIT
 *
 * What all kinds of charts promise, and charts as sections of a document.
 */
#include "chart_probe.h"

static const double xs[] = { 0, 1, 2 }, ys[] = { 1, 4, 2 };
static const float cells[] = { 1, 0, -1, 0.5f };
static const char *const names[] = { "conv1", "conv2", "fc" };
static const dc_series series[] = { { "before", 3, xs, ys, false }, { "after", 3, xs, xs, false } };

/* One of its kind with all that it may have. */
static dc_chart sample_of(uint32_t kind)
{
    return (dc_chart){ .kind = (dc_chart_kind)kind, .title = "Title", .note = "a note",
                       .x = { .label = "x [bytes]", .min = 0, .max = 4 }, .y = { .label = "y" },
                       .series = series, .n_series = 2, .names = names, .n_names = 3,
                       .markers = { .label = "centroids", .n_points = 3, .x = xs },
                       .cells = cells, .n_rows = 2, .n_cols = 2 };
}

static void every_kind_is_drawn_the_same_twice(void **state)
{
    probe *p = *state;
    for (uint32_t kind = 0; kind < DC_N_CHART_KINDS; kind++) {
        const dc_chart chart = sample_of(kind);
        dc_file_view first, again;
        char other[80];
        snprintf(other, sizeof other, "%s/again.png", p->folder);
        assert_ok(dc_chart_write(p->path, &chart, true));
        assert_ok(dc_chart_write(other, &chart, true));
        assert_ok(dc_file_open(&first, p->path, 0));
        assert_ok(dc_file_open(&again, other, 0));
        assert_int_equal(first.size, again.size);
        assert_memory_equal(first.data, again.data, first.size);
        dc_file_close(&first);
        dc_file_close(&again);
        unlink(other);
        probe_read(p);
        assert_true(probe_count_all(p, probe_white) + 5000 < p->image.width * p->image.height);
    }
}

static void kinds_do_not_look_alike(void **state)
{
    probe *p = *state;
    uint64_t sizes[DC_N_CHART_KINDS];
    for (uint32_t kind = 0; kind < DC_N_CHART_KINDS; kind++) {
        const dc_chart chart = sample_of(kind);
        dc_file_view file;
        assert_ok(dc_chart_write(p->path, &chart, true));
        assert_ok(dc_file_open(&file, p->path, 0));
        sizes[kind] = file.size;
        dc_file_close(&file);
        for (uint32_t i = 0; i < kind; i++)
            assert_true(sizes[i] != sizes[kind]);
    }
}

static void a_kind_that_is_none_is_refused(void **state)
{
    probe *p = *state;
    const dc_chart chart = sample_of(DC_N_CHART_KINDS);
    assert_fails(DC_EINPUT, dc_chart_write(p->path, &chart, false));
    assert_false(dc_file_exists(p->path));
}

static void an_existing_file_is_kept_unless_told(void **state)
{
    probe *p = *state;
    assert_ok(dc_file_write(p->path, "mine", 4, false));
    for (uint32_t kind = 0; kind < DC_N_CHART_KINDS; kind++) {
        const dc_chart chart = sample_of(kind);
        assert_fails(DC_EINPUT, dc_chart_write(p->path, &chart, false));
    }
    dc_file_view view;
    assert_ok(dc_file_open(&view, p->path, 0));
    assert_int_equal(view.size, 4);
    dc_file_close(&view);
    const dc_chart chart = sample_of(0);
    assert_ok(dc_chart_write(p->path, &chart, true));
    probe_read(p);
}

static void a_folder_that_is_not_there_is_reported(void **state)
{
    (void)state;
    const dc_chart chart = sample_of(0);
    assert_fails(DC_EIO, dc_chart_write("/tmp/dcomp-no-such-folder/c.png", &chart, false));
}

static void running_out_of_memory_is_reported_everywhere(void **state)
{
    probe *p = *state;
    for (uint32_t kind = 0; kind < DC_N_CHART_KINDS; kind++) {
        const dc_chart chart = sample_of(kind);
        dc_status status = DC_ENOMEM;
        uint64_t nth = 0;
        while (status < 0 && nth < 1000) {
            dc_fault_arm(DC_FAULT_ALLOC, ++nth);
            status = dc_chart_write(p->path, &chart, true);
            dc_fault_arm(DC_FAULT_ALLOC, 0);
            assert_true(status == DC_OK || status == DC_ENOMEM);
            assert_true(status == DC_OK || !dc_file_exists(p->path));
        }
        assert_int_equal(status, DC_OK);
        assert_true(nth > 1);
        unlink(p->path);
    }
}

/* ---- in a document --------------------------------------------------------------------------- */

static const char *rendered(const dc_document *d, const char *name)
{
    dc_writer w;
    uint32_t format = 0;
    while (strcmp(dc_renderer_at(format)->name, name) != 0)
        format++;
    dc_writer_init(&w, UINT64_MAX);
    assert_ok(dc_document_render(&w, d, format));
    dc_put_u8(&w, 0);
    const char *text = dc_arena_text(d->arena, (const char *)w.data);
    dc_writer_clear(&w);
    return text;
}

static void a_document_draws_the_charts_that_have_a_path(void **state)
{
    probe *p = *state;
    dc_document d;
    dc_document_init(&d, "dcomp test", "dcomp.test/1", &p->arena);
    dc_document_text(&d, "a line\n");
    for (uint32_t kind = 0; kind < DC_N_CHART_KINDS; kind++) {
        dc_chart chart = sample_of(kind);
        dc_document_chart(&d, &chart, kind == DC_CHART_STACKED ? p->path : NULL);
        memset(&chart, 0, sizeof chart); /* the document has its own */
    }
    assert_ok(dc_document_draw(&d, false));
    probe_read(p);
    assert_int_equal(p->image.width, 960);
    assert_true(p->image.height < 400); /* three bars, and not a plot of 600 */
    assert_fails(DC_EINPUT, dc_document_draw(&d, false));
    assert_ok(dc_document_draw(&d, true));
    dc_document_clear(&d);
}

static void charts_are_pictures_in_markdown_and_nothing_elsewhere(void **state)
{
    probe *p = *state;
    dc_document d;
    dc_chart chart = sample_of(DC_CHART_LINES);
    chart.title = "a_b [%]";
    dc_document_init(&d, "dcomp test", "dcomp.test/1", &p->arena);
    dc_document_chart(&d, &chart, "my plots/a (1)\xC3\xA9.png");
    dc_document_chart(&d, &chart, NULL);
    assert_string_equal(rendered(&d, "markdown"),
                        "# dcomp test\n\n![a\\_b \\[%\\]](my%20plots/a%20%281%29%C3%A9.png)\n\n");
    assert_string_equal(rendered(&d, "text"), "");
    assert_string_equal(rendered(&d, "csv"), "");
    assert_string_equal(rendered(&d, "json"), "{\n\t\"schema\":\t\"dcomp.test/1\"\n}\n");
    dc_document_clear(&d);
}

static void a_chart_that_found_no_memory_is_reported_when_it_is_drawn(void **state)
{
    (void)state;
    dc_arena arena;
    dc_document d;
    const dc_chart chart = sample_of(0);
    dc_arena_init(&arena, 16);
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_chart(&d, &chart, NULL);
    assert_fails(DC_ELIMIT, dc_document_draw(&d, false));
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

#define CHART_TEST(f) cmocka_unit_test_setup_teardown(f, probe_open, probe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHART_TEST(every_kind_is_drawn_the_same_twice),
        CHART_TEST(kinds_do_not_look_alike),
        CHART_TEST(a_kind_that_is_none_is_refused),
        CHART_TEST(an_existing_file_is_kept_unless_told),
        CHART_TEST(a_folder_that_is_not_there_is_reported),
        CHART_TEST(running_out_of_memory_is_reported_everywhere),
        CHART_TEST(a_document_draws_the_charts_that_have_a_path),
        CHART_TEST(charts_are_pictures_in_markdown_and_nothing_elsewhere),
        CHART_TEST(a_chart_that_found_no_memory_is_reported_when_it_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
