/* SPDX-License-Identifier: MIT
 *
 * From a chart, which is data, to a PNG file. A new kind of chart is a file and a row of
 * DC_CHART_LIST.
 */
#include "axes.h"

static dc_status draw(dc_plot *p, const dc_chart *chart)
{
    switch (chart->kind) {
#define DRAW(number, name) case number: return dc_draw_##name(p, chart);
        DC_CHART_LIST(DRAW)
#undef DRAW
    case DC_N_CHART_KINDS: break;
    }
    return dc_fail(DC_EINPUT, "no such kind of chart");
}

dc_status dc_chart_write(const char *path, const dc_chart *chart, bool may_replace)
{
    dc_plot p = { 0 };
    dc_status status = draw(&p, chart);
    const dc_image image = { .width = p.canvas.width, .height = p.canvas.height, .n_channels = 3,
                             .pixels = p.canvas.pixels };
    if (status == DC_OK)
        status = p.arena.status;
    if (status == DC_OK)
        status = dc_png_write(path, &image, may_replace);
    dc_arena_clear(&p.arena);
    return status;
}

dc_status dc_document_draw(const dc_document *d, bool may_replace)
{
    uint64_t n = 0, n_done = 0;
    DC_TRY(d->arena->status);
    for (const dc_section *s = d->first; s != NULL; s = s->next)
        n += s->path != NULL;
    for (const dc_section *s = d->first; s != NULL; s = s->next) {
        if (s->path == NULL)
            continue;
        DC_TRY(dc_chart_write(s->path, s->chart, may_replace));
        if (n > 1)
            dc_progress("draw", ++n_done, n, s->path);
    }
    return DC_OK;
}
