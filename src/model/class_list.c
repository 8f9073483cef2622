/* SPDX-License-Identifier: MIT
 *
 * A list of class names: lines, the last one with or without its end; the ends may be those of DOS.
 * Or an array of JSON.
 */
#include <string.h>

#include "arch_json.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The next line without blanks around it; *text moves behind it. */
static dc_reader take_line(const uint8_t **text, const uint8_t *end)
{
    const uint8_t *line = *text;
    const uint8_t *stop = memchr(line, '\n', (size_t)(end - line));
    stop = stop != NULL ? stop : end;
    *text = stop < end ? stop + 1 : end;
    while (stop > line && is_blank(stop[-1]))
        stop--;
    while (line < stop && is_blank(*line))
        line++;
    return dc_reader_over(line, (uint64_t)(stop - line), "line");
}

dc_status dc_class_names_read(dc_model *model, const uint8_t *text, uint64_t n,
                              const char *subject)
{
    const uint32_t n_most = dc_model_n_outputs(model);
    const char **names = dc_arena_take(&model->arena, n_most, sizeof *names);
    uint64_t n_lines = 0, n_filled = 0; /* up to the last one that is not blank */
    DC_TRY(model->arena.status);
    for (const uint8_t *end = text + n; text < end;) {
        const dc_reader line = take_line(&text, end);
        if (line.size == 0 && n_lines >= n_most)
            continue;
        if (line.size > INT16_MAX || !dc_utf8_is_valid(line.data, line.size))
            return dc_fail(DC_ECORRUPT, "line %llu of '%s' is too long or not UTF-8",
                           (unsigned long long)n_lines + 1, subject);
        n_lines++;
        n_filled = line.size > 0 ? n_lines : n_filled;
        if (n_lines > n_most)
            continue;
        const char *name =
            dc_arena_print(&model->arena, "%.*s", (int)line.size, (const char *)line.data);
        DC_TRY(dc_class_name_check(name, (uint32_t)n_lines - 1));
        names[n_lines - 1] = name;
    }
    DC_TRY(model->arena.status);
    if (!dc_model_takes_names(model, n_lines))
        n_lines = dc_model_takes_names(model, n_filled) ? n_filled : n_lines;
    if (!dc_model_takes_names(model, n_lines))
        return dc_fail(DC_EINPUT, "'%s' has %llu names, the network %u outputs", subject,
                       (unsigned long long)n_lines, n_most);
    model->class_names = names;
    model->n_class_names = (uint32_t)n_lines;
    return DC_OK;
}

dc_status dc_class_names_from_json(dc_model *model, const dc_json *json)
{
    DC_TRY(arch_need(json, DC_JSON_ARRAY, "class_names"));
    const uint32_t n = dc_json_size(json);
    if (!dc_model_takes_names(model, n))
        return dc_fail(DC_EINPUT, "%u class names for %u outputs", (unsigned)n,
                       (unsigned)dc_model_n_outputs(model));
    const char **names = dc_arena_take(&model->arena, n, sizeof *names);
    DC_TRY(model->arena.status);
    const dc_json *item = dc_json_at(json, 0);
    for (uint32_t i = 0; i < n; i++, item = dc_json_next(item)) {
        DC_TRY(arch_need(item, DC_JSON_TEXT, "class_names"));
        DC_TRY(dc_class_name_check(dc_json_text(item), i));
        names[i] = dc_arena_text(&model->arena, dc_json_text(item));
    }
    DC_TRY(model->arena.status);
    model->class_names = names;
    model->n_class_names = n;
    return DC_OK;
}
