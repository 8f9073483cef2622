/* SPDX-License-Identifier: MIT
 *
 * A document as one JSON object: it is made while sections are added.
 */
#include "grid.h"

static void render(dc_writer *out, const dc_document *d)
{
    char *text = NULL;
    const dc_status status = dc_json_print(&text, d->json, true);
    if (status < 0)
        out->status = status;
    else
        dc_put_chars(out, text);
    dc_release(text);
}

const dc_renderer dc_render_json = { "json", DC_FOR_JSON, render };
