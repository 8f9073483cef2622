/* SPDX-License-Identifier: MIT
 *
 * Files that somebody names, as samples in their order (data.h). Only what must be known before the
 * first sample is read is looked at: how many samples an array holds, how many steps a sound or a
 * text has. A file is open while it is read and no longer; what can be read but once (a pipe,
 * standard input) is kept.
 */
#include "given.h"

#include <string.h>

#define MAX_FILE_BYTES (UINT64_C(1) << 32)

static const given_file *file_of(const data_source *d, uint64_t sample)
{
    const given_files *g = d->source.state;
    return &g->items[g->owners[sample]];
}

/* ---- what the model takes ---- */

/* "1x28x28: pictures (PNG, JPEG), arrays (.npy)" */
static const char *taken_text(const data_source *d, dc_arena *arena)
{
    const char *text = dc_arena_print(arena, "%s:", dc_shape_text(&d->input.shape, arena));
    const char *comma = "";
    const given_kind *kind;
    for (uint32_t i = 0; (kind = given_kind_at(i)) != NULL; i++)
        if (kind->is_taken(d)) {
            text = dc_arena_print(arena, "%s%s %s", text, comma, kind->many);
            comma = ",";
        }
    return text;
}

/* The kind of what begins so. */
static dc_status tell_kind(const given_kind **out, data_source *d, const given_file *file,
                           const dc_file_view *bytes)
{
    const given_kind *kind = NULL;
    uint32_t i = 0;
    if (bytes->size == 0)
        return dc_fail(DC_ECORRUPT, "'%s' is empty", file->name);
    while (!given_kind_at(i)->is_begun(bytes->data, bytes->size))
        i++;
    kind = given_kind_at(i);
    *out = kind;
    if (kind->is_taken(d))
        return DC_OK;
    if (given_kind_at(i + 1) == NULL) /* anything is text */
        return dc_fail(DC_ECORRUPT, "'%s' is nothing that the model takes (%s)", file->name,
                       taken_text(d, &d->arena));
    return dc_fail(DC_EINPUT, "'%s' is %s, and the model takes %s", file->name,
                   kind->word, taken_text(d, &d->arena));
}

/* Texts are of the model's own symbols, so these must have names: as many as a step has outputs. */
static dc_status find_symbols(data_source *d, const dc_data_request *request)
{
    given_files *g = d->source.state;
    const dc_shape *shape = &d->input.shape;
    const uint32_t n_steps = shape->dims[0], n_names = request->n_class_names;
    if (request->n_symbols == 0 || shape->n_dims != 1 || n_names == 0 ||
        request->n_classes % n_steps != 0 || n_names > request->n_classes / n_steps)
        return DC_OK;
    g->takes_texts = true;
    g->n_rows = request->n_symbols;
    g->is_words = symbols_are_words(request, &d->arena);
    return symbols_of_names(&g->symbols, request, &d->arena);
}

/* ---- which files ---- */

/* What is named: a file, or a folder's files of the kinds that the model takes. */
typedef struct argument {
    const char *path;
    const char **names; /* NULL: a file */
    uint32_t n;
} argument;

static const given_kind *kind_of_name(const data_source *d, const char *name)
{
    const given_kind *kind;
    for (uint32_t i = 0; (kind = given_kind_at(i)) != NULL; i++)
        if (kind->is_taken(d) && kind->is_name(name))
            return kind;
    return NULL;
}

static dc_status list_argument(argument *out, data_source *d, const char *path)
{
    *out = (argument){ .path = path, .n = 1 };
    if (strcmp(path, "-") == 0 || !dc_folder_exists(path)) /* if not a file, opening it says so */
        return DC_OK;
    DC_TRY(dc_folder_list(&out->names, &out->n, path, false, &d->arena));
    uint32_t n = 0;
    for (uint32_t i = 0; i < out->n; i++)
        if (kind_of_name(d, out->names[i]) != NULL)
            out->names[n++] = out->names[i];
    out->n = n;
    if (n > 0)
        return DC_OK;
    return dc_fail(DC_EINPUT, "no file in '%s' is what the model takes (%s)", path,
                   taken_text(d, &d->arena));
}

static dc_status add_argument(given_files *g, const data_source *d, const argument *from,
                              dc_arena *arena)
{
    const size_t n_path = strlen(from->path);
    const char *slash = n_path > 0 && from->path[n_path - 1] == '/' ? "" : "/";
    for (uint32_t i = 0; i < from->n; i++) {
        given_file *file = &g->items[g->n_items++];
        const bool is_named = from->names == NULL;
        file->is_named = is_named;
        file->path = is_named ? from->path
                              : dc_arena_print(arena, "%s%s%s", from->path, slash, from->names[i]);
        DC_TRY(arena->status);
        file->name = is_named && strcmp(file->path, "-") == 0 ? "standard input" : file->path;
        file->kind = is_named ? NULL : kind_of_name(d, from->names[i]);
        file->n = 1;
    }
    return DC_OK;
}

static dc_status list_files(data_source *d, const dc_data_request *request)
{
    given_files *g = d->source.state;
    argument *arguments = dc_arena_take(&d->arena, request->n_files, sizeof *arguments);
    uint64_t n = 0;
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < request->n_files; i++) {
        DC_TRY(list_argument(&arguments[i], d, request->files[i]));
        n += arguments[i].n;
    }
    if (n > UINT32_MAX)
        return dc_fail(DC_ELIMIT, "%llu files are too many", (unsigned long long)n);
    g->items = dc_arena_take(&d->arena, n, sizeof *g->items);
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < request->n_files; i++)
        DC_TRY(add_argument(g, d, &arguments[i], &d->arena));
    return DC_OK;
}

/* ---- bytes ---- */

static dc_status open_file(dc_file_view *out, const given_file *file)
{
    *out = file->kept;
    if (file->kept.data != NULL)
        return DC_OK;
    return file->is_named ? dc_file_open(out, file->path, MAX_FILE_BYTES)
                          : dc_file_open_plain(out, file->path, MAX_FILE_BYTES);
}

static void close_file(dc_file_view *bytes, const given_file *file)
{
    if (file->kept.data == NULL)
        dc_file_close(bytes);
}

/* What is not mapped came from where it does not come twice. */
static dc_status look_at_named(given_file *file, data_source *d)
{
    dc_file_view bytes;
    DC_TRY(open_file(&bytes, file));
    if (!bytes.is_mapped && bytes.data != NULL)
        file->kept = bytes;
    dc_status status = tell_kind(&file->kind, d, file, &bytes);
    if (status == DC_OK && file->kind->look != NULL)
        status = file->kind->look(file, d, &bytes);
    close_file(&bytes, file);
    return status;
}

/* One that cannot be read stays one sample: reading it says why. */
static dc_status look_at_found(given_file *file, data_source *d)
{
    dc_file_view bytes;
    DC_TRY(data_check_picture_name(file->path));
    if (file->kind->look == NULL || open_file(&bytes, file) < 0)
        return DC_OK;
    if (file->kind->look(file, d, &bytes) < 0) {
        file->n = 1;
        file->n_steps = 1;
    }
    dc_file_close(&bytes);
    return d->arena.status;
}

static dc_status look_at_all(uint64_t *n_samples, data_source *d)
{
    given_files *g = d->source.state;
    *n_samples = 0;
    for (uint32_t i = 0; i < g->n_items; i++) {
        given_file *file = &g->items[i];
        DC_TRY(file->is_named ? look_at_named(file, d) : look_at_found(file, d));
        file->first = *n_samples;
        *n_samples += file->n;
    }
    sound_warn_cut(&g->sounds, g->n_sounds);
    return DC_OK;
}

/* ---- samples ---- */

static dc_status read_sample(float *x, const data_source *d, uint64_t index)
{
    const given_file *file = file_of(d, index);
    dc_arena arena = { 0 };
    dc_file_view bytes;
    DC_TRY(open_file(&bytes, file));
    const dc_status status = file->kind->read(x, d, file, &bytes, index - file->first, &arena);
    close_file(&bytes, file);
    dc_arena_clear(&arena);
    return status == DC_EINPUT && !file->is_named ? DC_ECORRUPT : status; /* nobody asked for it */
}

static dc_status symbols_of(dc_symbols *out, const data_source *d, uint64_t index, dc_arena *arena)
{
    const given_file *file = file_of(d, index);
    dc_file_view bytes;
    if (file->kind->number == NULL)
        return DC_OK;
    DC_TRY(open_file(&bytes, file));
    const dc_status status = file->kind->number(out, d->source.state, file, &bytes, arena);
    close_file(&bytes, file);
    return status;
}

static bool is_needed(const data_source *d, uint64_t index)
{
    return file_of(d, index)->is_named;
}

static uint64_t place_of(uint64_t *n_of_file, const data_source *d, uint64_t index)
{
    const given_file *file = file_of(d, index);
    *n_of_file = file->n;
    return index - file->first;
}

static const char *describe(const dc_source *source, uint64_t index, dc_arena *arena)
{
    const given_file *file = file_of((const data_source *)source, index);
    if (file->n == 1)
        return dc_arena_print(arena, "'%s'", file->name);
    return dc_arena_print(arena, "sample %llu of '%s'", (unsigned long long)(index - file->first),
                          file->name);
}

static void clear(data_source *d)
{
    given_files *g = d->source.state;
    for (uint32_t i = 0; i < g->n_items; i++)
        if (g->items[i].kept.data != NULL)
            dc_file_close(&g->items[i].kept);
    data_files_clear(d);
}

/* What is told of each sample: its file, its steps. */
static dc_status share_out(data_source *d, uint64_t n)
{
    given_files *g = d->source.state;
    const bool has_steps = d->input.sound.window_us != 0 || g->takes_texts;
    g->owners = dc_arena_take(&d->arena, n, sizeof *g->owners);
    g->files.paths = dc_arena_take(&d->arena, n, sizeof *g->files.paths);
    d->lengths = has_steps ? dc_arena_take(&d->arena, n, sizeof *d->lengths) : NULL;
    DC_TRY(d->arena.status);
    for (uint32_t i = 0; i < g->n_items; i++) {
        const given_file *file = &g->items[i];
        for (uint64_t at = file->first; at < file->first + file->n; at++) {
            g->owners[at] = i;
            g->files.paths[at] = file->name;
            if (has_steps)
                d->lengths[at] = file->n_steps > 0 ? file->n_steps : d->input.shape.dims[0];
        }
    }
    d->source.lengths = has_steps ? data_give_lengths : NULL;
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    given_files *g = d->source.state;
    uint64_t n;
    (void)where;
    d->clear = clear;
    g->sounds.n_most = d->input.shape.dims[0];
    DC_TRY(find_symbols(d, request));
    DC_TRY(list_files(d, request));
    DC_TRY(look_at_all(&n, d));
    data_source_name(d, &data_kind_given, request, request->files[0], n);
    g->files.n_files = n;
    g->files.read = read_sample;
    g->files.is_needed = is_needed;
    d->symbols = symbols_of;
    d->place = place_of;
    DC_TRY(share_out(d, n));
    DC_TRY(data_source_over_files(d, request));
    d->clear = clear;
    d->source.describe = describe;
    return DC_OK;
}

const data_kind data_kind_given = { "files", NULL, sizeof(given_files), fill, NULL };
