/* SPDX-License-Identifier: MIT
 *
 * speech:DIR, sounds and what is said in them. Either a sub-folder for each word, as in Speech
 * Commands [Warden 2018], where testing_list.txt names the test files and folders whose names begin
 * with "_" are none (validation_list.txt is only checked); or files WORD_SPEAKER_INDEX.wav, as in
 * the Free Spoken Digit Dataset, whose indices 0 to 4 are the test part.
 */
#include "sound.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LIST_BYTES (UINT64_C(1) << 28)
#define N_TEST_INDICES 5u

/* ---- which files ---- */

typedef enum list_kind { TEST_LIST, VALIDATION_LIST, N_LISTS } list_kind;
static const char *const list_names[N_LISTS] = { "testing_list.txt", "validation_list.txt" };

typedef struct speech_list {
    const char *where;
    const char *const *tests; /* sorted names, from DIR on; NULL: told by the index */
    uint64_t n_tests;
    bool is_flat;
} speech_list;

static const char *list_path(const char *where, list_kind kind, dc_arena *arena)
{
    return dc_arena_print(arena, "%s/%s", where, list_names[kind]);
}

/* Whether there are sounds in DIR itself. */
static bool is_flat(const char *where, dc_arena *arena)
{
    const char **names;
    uint32_t n = 0;
    return data_list_files(&names, &n, where, sound_is_name, arena) == DC_OK && n > 0;
}

static bool has_split(const char *where)
{
    dc_arena arena = { 0 };
    bool is_there = false;
    const char *path = list_path(where, TEST_LIST, &arena);
    bool has = path != NULL && dc_file_find(&is_there, path) == DC_OK && is_there;
    has = has || is_flat(where, &arena);
    dc_arena_clear(&arena);
    return has;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- lists of files: a line each, WORD/FILE.wav ---- */

typedef struct listing {
    const char *where, *name; /* of the list */
    const data_class_files *classes;
    uint32_t n_classes;
    const char **lines; /* those that are not empty */
    uint64_t n_lines, number; /* number: of the line at hand, from 1 */
    dc_arena *arena;
} listing;

/* The word before the slash against a class. */
static int by_word(const void *line, const void *class_files)
{
    const char *name = ((const data_class_files *)class_files)->name;
    const size_t n = strcspn(line, "/");
    const int order = strncmp(line, name, n);
    return order != 0 ? order : name[n] != '\0' ? -1 : 0;
}

static bool is_sample(const listing *l, const char *line)
{
    const data_class_files *c =
        bsearch(line, l->classes, l->n_classes, sizeof *l->classes, by_word);
    const char *slash = strchr(line, '/');
    if (c == NULL || slash == NULL)
        return false;
    const char *name = slash + 1;
    return bsearch(&name, c->names, c->n, sizeof *c->names, by_text) != NULL;
}

/* A line that no sample is called by would leave the part smaller without a word. */
static dc_status check_line(const listing *l, const char *line)
{
    const char *path = dc_arena_print(l->arena, "%s/%s", l->where, line);
    bool is_there;
    DC_TRY(l->arena->status);
    if (is_sample(l, line))
        return DC_OK;
    DC_TRY(dc_file_find(&is_there, path));
    if (!is_there)
        return dc_fail(DC_EIO, "no file '%s', which line %llu of %s names", path,
                       (unsigned long long)l->number, l->name);
    if (line[0] == '_')
        return DC_OK;
    return dc_fail(DC_EINPUT, "line %llu of '%s/%s': '%s' is no sound of a word (WORD/FILE.wav)",
                   (unsigned long long)l->number, l->where, l->name, line);
}

static dc_status add_line(listing *l, const char *line, const char *end)
{
    while (end > line && strchr(" \t\r", end[-1]) != NULL && end[-1] != '\0')
        end--;
    if (line == end)
        return DC_OK;
    if (memchr(line, '\0', (size_t)(end - line)) != NULL)
        return dc_fail(DC_ECORRUPT, "line %llu of '%s/%s' has a byte of 0, which no text has",
                       (unsigned long long)l->number, l->where, l->name);
    char *text = dc_arena_take(l->arena, (uint64_t)(end - line) + 1, 1);
    DC_TRY(l->arena->status);
    memcpy(text, line, (size_t)(end - line));
    l->lines[l->n_lines++] = text;
    return check_line(l, text);
}

static dc_status add_lines(listing *l, const char *text, uint64_t n)
{
    uint64_t n_lines = 1;
    for (uint64_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    l->lines = dc_arena_take(l->arena, n_lines, sizeof *l->lines);
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

/* l->lines stays NULL without such a file. */
static dc_status read_list(listing *l, list_kind kind)
{
    const char *path = list_path(l->where, kind, l->arena);
    bool is_there;
    dc_file_view view;
    DC_TRY(l->arena->status);
    DC_TRY(dc_file_find(&is_there, path));
    if (!is_there)
        return DC_OK;
    DC_TRY(dc_file_open_plain(&view, path, MAX_LIST_BYTES));
    dc_file_view text = view;
    dc_status status = dc_text_begin(&text, path);
    if (status == DC_OK)
        status = add_lines(l, (const char *)text.data, text.size);
    dc_file_close(&view);
    return status;
}

static dc_status read_lists(speech_list *list, const data_class_files *classes,
                            uint32_t n_classes, dc_arena *arena)
{
    for (list_kind kind = 0; kind < N_LISTS; kind++) {
        listing l = { .where = list->where, .name = list_names[kind], .classes = classes,
                      .n_classes = n_classes, .arena = arena };
        DC_TRY(read_list(&l, kind));
        if (kind != TEST_LIST || l.lines == NULL)
            continue;
        qsort(l.lines, l.n_lines, sizeof *l.lines, by_text);
        list->tests = l.lines;
        list->n_tests = l.n_lines;
    }
    return DC_OK;
}

/* ---- words ---- */

/* WORD_SPEAKER_INDEX.wav */
static dc_status split_name(size_t *n_word, uint32_t *index, const char *name, const char *where)
{
    const char *first = strchr(name, '_'), *last = strrchr(name, '_'), *dot = strrchr(name, '.');
    *n_word = first != NULL ? (size_t)(first - name) : 0;
    if (*n_word == 0 || last == first ||
        !data_class_number(index, last + 1, (size_t)(dot - last - 1)))
        return dc_fail(DC_EINPUT,
                       "'%s/%s' is not called WORD_SPEAKER_INDEX.wav, and is in no folder that "
                       "is called as its word",
                       where, name);
    return DC_OK;
}

/* Files in the folder itself, grouped by their words: those of a word are neighbours. */
static dc_status list_flat(data_class_files **out, uint32_t *n_classes, uint64_t *n_files,
                           const char *where, dc_arena *arena)
{
    const char **names;
    uint32_t n;
    DC_TRY(data_list_files(&names, &n, where, sound_is_name, arena));
    data_class_files *classes = dc_arena_take(arena, DC_MAX(n, 1), sizeof *classes);
    DC_TRY(arena->status);
    *n_classes = 0;
    for (uint32_t i = 0; i < n; i++) {
        size_t n_word;
        uint32_t index;
        DC_TRY(split_name(&n_word, &index, names[i], where));
        data_class_files *c = *n_classes > 0 ? &classes[*n_classes - 1] : NULL;
        if (c == NULL || strlen(c->name) != n_word || strncmp(c->name, names[i], n_word) != 0) {
            c = &classes[(*n_classes)++];
            *c = (data_class_files){ .path = where, .names = names + i };
            c->name = dc_arena_print(arena, "%.*s", (int)n_word, names[i]);
            DC_TRY(arena->status);
        }
        c->n++;
    }
    *n_files = n;
    *out = classes;
    return DC_OK;
}

static dc_status list_folders(data_class_files **out, uint32_t *n_classes, uint64_t *n_files,
                              const char *where, dc_arena *arena)
{
    uint32_t n_kept = 0;
    DC_TRY(data_list_classes(out, n_classes, n_files, where, sound_is_name, arena));
    *n_files = 0;
    for (uint32_t i = 0; i < *n_classes; i++) {
        if ((*out)[i].name[0] == '_' || (*out)[i].n == 0)
            continue;
        *n_files += (*out)[i].n;
        (*out)[n_kept++] = (*out)[i];
    }
    *n_classes = n_kept;
    return DC_OK;
}

static dc_status is_test(bool *out, const speech_list *list, const data_class_files *c,
                         const char *name, dc_arena *arena)
{
    size_t n_word;
    uint32_t index = 0;
    if (list->is_flat) {
        DC_TRY(split_name(&n_word, &index, name, list->where));
        *out = index < N_TEST_INDICES;
        return DC_OK;
    }
    const char *wanted = dc_arena_print(arena, "%s/%s", c->name, name);
    DC_TRY(arena->status);
    *out = list->tests != NULL &&
           bsearch(&wanted, list->tests, list->n_tests, sizeof *list->tests, by_text) != NULL;
    return DC_OK;
}

static dc_status take_files(data_files *files, const speech_list *list,
                            const data_class_files *classes, uint32_t n_classes, dc_split split,
                            dc_arena *arena)
{
    const bool is_whole = !list->is_flat && list->tests == NULL;
    for (uint32_t c = 0; c < n_classes; c++) {
        for (uint32_t i = 0; i < classes[c].n; i++) {
            bool is_of_test = false;
            DC_TRY(is_test(&is_of_test, list, &classes[c], classes[c].names[i], arena));
            if (!is_whole && is_of_test != (split == DC_SPLIT_TEST))
                continue;
            files->paths[files->n_files] =
                dc_arena_print(arena, "%s/%s", classes[c].path, classes[c].names[i]);
            files->labels[files->n_files++] = (int32_t)classes[c].label;
        }
    }
    return arena->status;
}

/* ---- samples ---- */

static dc_status read_sound(float *x, const data_source *d, uint64_t index)
{
    const char *path = ((const data_files *)d->source.state)->paths[index];
    dc_file_view file;
    DC_TRY(dc_file_open_plain(&file, path, SOUND_MAX_BYTES));
    const dc_status status = sound_prepare(x, &d->input, file.data, file.size, path);
    dc_file_close(&file);
    return status;
}

/* How many steps each file has. */
static dc_status measure(data_source *d, const data_files *files)
{
    sound_steps all = { .n_most = d->input.shape.dims[0] };
    d->lengths = dc_arena_take(&d->arena, d->source.n_samples, sizeof *d->lengths);
    DC_TRY(d->arena.status);
    for (uint64_t i = 0; i < d->source.n_samples; i++) {
        dc_file_view file;
        d->lengths[i] = 1;
        if (dc_file_open_plain(&file, files->paths[i], SOUND_MAX_BYTES) < 0)
            continue;
        d->lengths[i] = sound_measure(&all, &d->input, file.data, file.size, files->paths[i]);
        dc_file_close(&file);
    }
    sound_warn_cut(&all, d->source.n_samples);
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    data_files *files = d->source.state;
    speech_list list = { .where = where };
    data_class_files *classes;
    uint32_t n_classes;
    uint64_t n_files = 0;
    DC_TRY(sound_check_build());
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'speech' needs a folder (speech:DIR)");
    if (d->input.sound.window_us == 0)
        return dc_fail(DC_EINPUT, "the model takes %s and no sounds",
                       dc_shape_text(&d->input.shape, &d->arena));
    list.is_flat = is_flat(where, &d->arena);
    if (list.is_flat)
        DC_TRY(list_flat(&classes, &n_classes, &n_files, where, &d->arena));
    else
        DC_TRY(list_folders(&classes, &n_classes, &n_files, where, &d->arena));
    if (n_files == 0)
        return dc_fail(DC_EINPUT, "no sounds (.wav, .flac) in '%s' or its sub-folders", where);
    if (!list.is_flat)
        DC_TRY(read_lists(&list, classes, n_classes, &d->arena));
    DC_TRY(data_label_classes(d, classes, n_classes, where, request));
    files->paths = dc_arena_take(&d->arena, n_files, sizeof *files->paths);
    files->labels = dc_arena_take(&d->arena, n_files, sizeof *files->labels);
    DC_TRY(d->arena.status);
    DC_TRY(take_files(files, &list, classes, n_classes, request->split, &d->arena));
    data_source_name(d, &data_kind_speech, request, where, files->n_files);
    DC_TRY(measure(d, files));
    files->read = read_sound;
    d->source.lengths = data_give_lengths;
    return data_source_over_files(d, request);
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    const char **folders;
    uint32_t n = 0;
    for (list_kind kind = 0; kind < N_LISTS; kind++) {
        const char *path = list_path(where, kind, arena);
        DC_TRY(arena->status);
        DC_TRY(take(payload, path));
    }
    DC_TRY(data_take_files(where, sound_is_name, take, payload, arena));
    if (dc_folder_list(&folders, &n, where, true, arena) < 0)
        return arena->status;
    for (uint32_t i = 0; i < n; i++) {
        const char *path = dc_arena_print(arena, "%s/%s", where, folders[i]);
        DC_TRY(arena->status);
        DC_TRY(data_take_files(path, sound_is_name, take, payload, arena));
    }
    return DC_OK;
}

const data_kind data_kind_speech = { "speech", has_split, sizeof(data_files), fill, name_files };
