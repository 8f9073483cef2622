/* SPDX-License-Identifier: MIT
 *
 * images:DIR, pictures and labels.txt: a line for each sample, the file's name (which may have
 * blanks in it, or sub-folders) and its class. A class is a number, or a name of the model's: the
 * whole line that the model has for it, or the first word of that. Empty lines are skipped; every
 * file must be there, in DIR or in DIR/images. Without labels.txt the samples are the pictures in
 * DIR or else in DIR/images, without labels.
 */
#include "dataset.h"

#include <string.h>

#define LIST_NAME "labels.txt"
#define INNER_NAME "images"
#define MAX_LIST_BYTES (UINT64_C(1) << 30)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* ---- one line ---- */

typedef struct list {
    data_files *files;
    const char *where;
    uint32_t n_classes;
    const data_class_names *names; /* or NULL */
    dc_arena *arena;
    unsigned long long number; /* of the line */
} list;

/* A class name of several words at the end of the line; where it begins, or NULL. */
static const char *find_long_name(uint32_t *out, const list *l, const char *line, const char *end)
{
    const char *last_word = end;
    while (last_word > line && !is_blank(last_word[-1]))
        last_word--;
    for (const char *at = line + 1; at < last_word && l->names != NULL; at++) {
        if (!is_blank(at[-1]) || is_blank(*at))
            continue;
        *out = data_class_find(l->names, at, (size_t)(end - at));
        if (*out != DC_NONE)
            return at;
    }
    return NULL;
}

static dc_status fail_class(const list *l, const char *word, const char *end, uint32_t label)
{
    const int n = (int)DC_MIN(end - word, 100);
    if (label == DATA_MANY_CLASSES)
        return dc_fail(DC_EINPUT, "line %llu of '%s/" LIST_NAME "': several classes are '%.*s'",
                       l->number, l->where, n, word);
    if (label != DC_NONE && l->n_classes > 0)
        return dc_fail(DC_EINPUT,
                       "line %llu of '%s/" LIST_NAME "': class %.*s, but the model has %u",
                       l->number, l->where, n, word, l->n_classes);
    if (l->names != NULL && n > 0)
        return dc_fail(DC_EINPUT, "line %llu of '%s/" LIST_NAME "': the model has no class '%.*s'",
                       l->number, l->where, n, word);
    if (label == DC_NONE && n > 0)
        return dc_fail(DC_ECORRUPT, "line %llu of '%s/" LIST_NAME "': '%.*s' is no number of a "
                                    "class, and the model has no names for its classes",
                       l->number, l->where, n, word);
    return dc_fail(DC_ECORRUPT, "line %llu of '%s/" LIST_NAME "' is not 'file class'", l->number,
                   l->where);
}

/* A number, unless the model calls another class so, or a name. */
static dc_status find_class(uint32_t *out, const list *l, const char *word, const char *end)
{
    uint32_t number;
    *out = data_class_find(l->names, word, (size_t)(end - word));
    if (!data_class_number(&number, word, (size_t)(end - word)))
        return DC_OK;
    if (*out < DATA_MANY_CLASSES && *out != number)
        return dc_fail(DC_EINPUT, "line %llu of '%s/" LIST_NAME "': '%.*s' is the name of the "
                                  "model's class %u and the number of another",
                       l->number, l->where, (int)(end - word), word, *out);
    *out = number;
    return DC_OK;
}

/* The class at the end of [line, *end); *end moves to the end of the name before it. */
static dc_status take_class(int32_t *out, const list *l, const char *line, const char **end)
{
    uint32_t label;
    const char *first = find_long_name(&label, l, line, *end);
    if (first == NULL) {
        for (first = *end; first > line && !is_blank(first[-1]);)
            first--;
        if (first == line) /* a file alone */
            return fail_class(l, first, first, DC_NONE);
        DC_TRY(find_class(&label, l, first, *end));
    }
    if (label >= (l->n_classes > 0 ? l->n_classes : DATA_MAX_CLASS + 1))
        return fail_class(l, first, *end, label);
    while (first > line && is_blank(first[-1]))
        first--;
    *out = (int32_t)label;
    *end = first;
    return DC_OK;
}

/* DIR/name or DIR/images/name. */
static dc_status find_file(const char **out, const list *l, const char *name, int n)
{
    const char *path = dc_arena_print(l->arena, "%s/%.*s", l->where, n, name);
    bool is_there;
    DC_TRY(l->arena->status);
    DC_TRY(dc_file_find(&is_there, path));
    if (!is_there)
        *out = dc_arena_print(l->arena, "%s/" INNER_NAME "/%.*s", l->where, n, name);
    else
        *out = path;
    DC_TRY(l->arena->status);
    DC_TRY(dc_file_find(&is_there, *out));
    if (!is_there && name[0] == '/')
        return dc_fail(DC_EINPUT,
                       "line %llu of '%s/" LIST_NAME "': '%.*s' begins at the root, but files are "
                       "named from '%s' on",
                       l->number, l->where, n, name, l->where);
    if (!is_there)
        return dc_fail(DC_EIO, "no file '%s', which line %llu of " LIST_NAME " names", path,
                       l->number);
    return DC_OK;
}

static dc_status add_line(const list *l, const char *line, const char *end)
{
    data_files *files = l->files;
    if (memchr(line, '\0', (size_t)(end - line)) != NULL)
        return dc_fail(DC_ECORRUPT,
                       "line %llu of '%s/" LIST_NAME "' has a byte of 0, which no text "
                                    "has",
                       l->number, l->where);
    while (end > line && is_blank(end[-1]))
        end--;
    while (line < end && is_blank(*line))
        line++;
    if (line == end)
        return DC_OK;
    DC_TRY(take_class(&files->labels[files->n_files], l, line, &end));
    DC_TRY(find_file(&files->paths[files->n_files], l, line, (int)(end - line)));
    files->n_files++;
    return DC_OK;
}

/* ---- the list ---- */

static dc_status add_lines(list *l, const char *text, uint64_t n)
{
    uint64_t n_lines = 1;
    for (uint64_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    l->files->paths = dc_arena_take(l->arena, n_lines, sizeof *l->files->paths);
    l->files->labels = dc_arena_take(l->arena, n_lines, sizeof *l->files->labels);
    DC_TRY(l->arena->status);
    for (const char *line = text, *end = text + n; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        l->number++;
        DC_TRY(add_line(l, line, stop));
        line = stop < end ? stop + 1 : end;
    }
    return DC_OK;
}

static dc_status read_list(data_source *d, const dc_data_request *request, const char *where,
                           const char *path)
{
    dc_file_view view;
    list l = { .files = d->source.state,
               .where = where,
               .n_classes = request->n_classes,
               .arena = &d->arena };
    DC_TRY(data_class_names_new(&l.names, request, &d->arena));
    DC_TRY(dc_file_open_plain(&view, path, MAX_LIST_BYTES));
    dc_file_view text = view;
    dc_status status = dc_text_begin(&text, path);
    if (status == DC_OK)
        status = add_lines(&l, (const char *)text.data, text.size);
    dc_file_close(&view);
    DC_TRY(status);
    return l.files->n_files > 0 ? DC_OK : dc_fail(DC_ECORRUPT, "'%s' names no pictures", path);
}

/* ---- no list ---- */

static dc_status take_all(data_source *d, const char *where)
{
    data_files *files = d->source.state;
    const char **names;
    uint32_t n;
    DC_TRY(data_list_files(&names, &n, where, data_is_picture_name, &d->arena));
    if (n == 0)
        return DC_OK;
    files->paths = dc_arena_take(&d->arena, n, sizeof *files->paths);
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < n; i++)
        files->paths[i] = dc_arena_print(&d->arena, "%s/%s", where, names[i]);
    files->n_files = n;
    return d->arena.status;
}

static dc_status list_files(data_source *d, const char *where)
{
    const data_files *files = d->source.state;
    const char *inner = dc_arena_print(&d->arena, "%s/" INNER_NAME, where);
    bool has_inner = false;
    DC_TRY(take_all(d, where));
    if (files->n_files == 0)
        DC_TRY(dc_file_find(&has_inner, inner));
    if (has_inner)
        DC_TRY(take_all(d, inner));
    if (files->n_files == 0)
        return dc_fail(DC_EINPUT, "neither " LIST_NAME " nor pictures in '%s'", where);
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    data_files *files = d->source.state;
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'images' needs a folder (images:DIR)");
    const char *path = dc_arena_print(&d->arena, "%s/" LIST_NAME, where);
    bool has_list;
    DC_TRY(d->arena.status);
    DC_TRY(dc_file_find(&has_list, path));
    DC_TRY(has_list ? read_list(d, request, where, path) : list_files(d, where));
    data_source_name(d, &data_kind_images, request, where, files->n_files);
    return data_source_over_pictures(d, request);
}

/* ---- which files ---- */

/* Where a file's name ends is for its class to say; here any beginning of the line that ends before
 * a blank may be one. */
static dc_status name_files_of_line(const char *where, const char *line, const char *end,
                                    dc_file_fn *take, void *payload)
{
    static const char *const folders[] = { "", INNER_NAME "/" };
    dc_arena arena = { 0 };
    dc_status status = DC_OK;
    while (line < end && is_blank(*line))
        line++;
    for (const char *at = line + 1; at < end; at++) {
        for (size_t i = 0; i < DC_COUNT_OF(folders) && is_blank(*at) && status == DC_OK; i++) {
            const char *path =
                dc_arena_print(&arena, "%s/%s%.*s", where, folders[i], (int)(at - line), line);
            status = arena.status < 0 ? arena.status : take(payload, path);
        }
    }
    dc_arena_clear(&arena);
    return status;
}

static dc_status name_listed(const char *where, const dc_file_view *view, dc_file_fn *take,
                             void *payload)
{
    const char *line = (const char *)view->data, *end = line + view->size;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        DC_TRY(name_files_of_line(where, line, stop, take, payload));
        line = stop < end ? stop + 1 : end;
    }
    return DC_OK;
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    const char *path = dc_arena_print(arena, "%s/" LIST_NAME, where);
    const char *inner = dc_arena_print(arena, "%s/" INNER_NAME, where);
    dc_file_view view;
    DC_TRY(arena->status);
    if (dc_file_open_plain(&view, path, MAX_LIST_BYTES) == DC_OK) {
        dc_file_view text = view;
        dc_status status = take(payload, path);
        if (status == DC_OK && dc_text_begin(&text, path) == DC_OK)
            status = name_listed(where, &text, take, payload);
        dc_file_close(&view);
        return status;
    }
    DC_TRY(data_take_files(where, data_is_picture_name, take, payload, arena));
    return data_take_files(inner, data_is_picture_name, take, payload, arena);
}

const data_kind data_kind_images = { "images", NULL, sizeof(data_files), fill, name_files };
