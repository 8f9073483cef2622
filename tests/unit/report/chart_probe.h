/* SPDX-License-Identifier: MIT
 *
 * A chart written to a temporary folder and read back, for looking at its pixels.
 */
#ifndef DCOMP_TESTS_CHART_PROBE_H
#define DCOMP_TESTS_CHART_PROBE_H

#include <unistd.h>

#include "test.h"

#include "dcomp/file.h"
#include "dcomp/report.h"

typedef struct probe {
    char folder[32], path[64];
    dc_arena arena;
    dc_image image;
} probe;

static inline int probe_open(void **state)
{
    static probe p;
    memset(&p, 0, sizeof p);
    snprintf(p.folder, sizeof p.folder, "/tmp/dcomp-chart-XXXXXX");
    if (mkdtemp(p.folder) == NULL)
        return -1;
    snprintf(p.path, sizeof p.path, "%s/chart.png", p.folder);
    *state = &p;
    return 0;
}

static inline int probe_close(void **state)
{
    probe *p = *state;
    dc_arena_clear(&p->arena);
    unlink(p->path);
    return rmdir(p->folder);
}

static inline void probe_read(probe *p)
{
    dc_file_view view;
    assert_ok(dc_file_open(&view, p->path, 0));
    assert_ok(dc_png_read(&p->image, view.data, view.size, p->path, &p->arena));
    dc_file_close(&view);
    assert_int_equal(p->image.n_channels, 3);
}

/* Pixels of exactly this colour within [x0, x1) x [y0, y1). */
static inline uint32_t probe_count(const probe *p, uint32_t x0, uint32_t y0, uint32_t x1,
                                   uint32_t y1, const uint8_t rgb[3])
{
    uint32_t n = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            n += memcmp(&p->image.pixels[3 * ((size_t)y * p->image.width + x)], rgb, 3) == 0;
    return n;
}

static inline uint32_t probe_count_all(const probe *p, const uint8_t rgb[3])
{
    return probe_count(p, 0, 0, p->image.width, p->image.height, rgb);
}

static const uint8_t probe_white[3] = { 255, 255, 255 };
static const uint8_t probe_blue[3] = { 0, 114, 178 };
static const uint8_t probe_vermillion[3] = { 213, 94, 0 };

/* No mark of the data in either of the first two colours; but for the legend. */
static inline void assert_no_data_below(const probe *p, uint32_t y)
{
    assert_int_equal(probe_count(p, 0, y, p->image.width, p->image.height, probe_blue), 0);
    assert_int_equal(probe_count(p, 0, y, p->image.width, p->image.height, probe_vermillion), 0);
}

#endif
