/* SPDX-License-Identifier: MIT
 *
 * images:DIR, pictures and labels.txt: a line for each sample, the file's name (which may have
 * blanks in it, or sub-folders) and its class, a whole number. Empty lines are skipped; every file
 * must be there.
 */
#include "dataset.h"

#include <string.h>

#define LIST_NAME "labels.txt"
#define MAX_LIST_BYTES (UINT64_C(1) << 30)
#define MAX_CLASS 999999

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The class at the end of [line, *end); *end moves to the end of the name before it. -1: there is
 * none. */
static int32_t take_class(const char *line, const char **end)
{
    const char *first = *end;
    while (first > line && !is_blank(first[-1]))
        first--;
    int32_t value = 0;
    for (const char *c = first; c < *end; c++) {
        if (*c < '0' || *c > '9' || value > MAX_CLASS)
            return -1;
        value = value * 10 + (*c - '0');
    }
    if (first == *end || value > MAX_CLASS)
        return -1;
    while (first > line && is_blank(first[-1]))
        first--;
    *end = first;
    return first == line ? -1 : value;
}

static dc_status add_line(data_files *files, const char *line, const char *end, uint64_t number,
                          const char *where, dc_arena *arena)
{
    while (end > line && is_blank(end[-1]))
        end--;
    while (line < end && is_blank(*line))
        line++;
    if (line == end)
        return DC_OK;
    const int32_t label = take_class(line, &end);
    if (label < 0)
        return dc_fail(DC_ECORRUPT, "line %llu of '%s/" LIST_NAME "' is not 'file class'",
                       (unsigned long long)number, where);
    const char *path = dc_arena_print(arena, "%s/%.*s", where, (int)(end - line), line);
    DC_TRY(arena->status);
    if (!dc_file_exists(path))
        return dc_fail(DC_EIO, "no file '%s', which line %llu of " LIST_NAME " names", path,
                       (unsigned long long)number);
    files->paths[files->n_files] = path;
    files->labels[files->n_files++] = label;
    return DC_OK;
}

static dc_status add_lines(data_files *files, const char *text, uint64_t n, const char *where,
                           dc_arena *arena)
{
    uint64_t n_lines = 1, number = 1;
    for (uint64_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    files->paths = dc_arena_take(arena, n_lines, sizeof *files->paths);
    files->labels = dc_arena_take(arena, n_lines, sizeof *files->labels);
    DC_TRY(arena->status);
    for (const char *line = text, *end = text + n; line < end; number++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        DC_TRY(add_line(files, line, stop, number, where, arena));
        line = stop < end ? stop + 1 : end;
    }
    return DC_OK;
}

static dc_status fill(data_source *d, const data_request *request)
{
    data_files *files = d->source.state;
    dc_file_view list;
    if (request->where[0] == '\0')
        return dc_fail(DC_EINPUT, "'images' needs a folder (images:DIR)");
    const char *path = dc_arena_print(&d->arena, "%s/" LIST_NAME, request->where);
    DC_TRY(d->arena.status);
    DC_TRY(dc_file_open(&list, path, MAX_LIST_BYTES));
    const dc_status status =
        add_lines(files, (const char *)list.data, list.size, request->where, &d->arena);
    dc_file_close(&list);
    DC_TRY(status);
    if (files->n_files == 0)
        return dc_fail(DC_ECORRUPT, "'%s' names no pictures", path);
    data_source_name(d, &data_kind_images, request, files->n_files);
    return data_source_over_files(d);
}

const data_kind data_kind_images = { "images", false, sizeof(data_files), fill };
