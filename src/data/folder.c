/* SPDX-License-Identifier: MIT
 *
 * folder:DIR, one sub-folder a class, and in each the pictures in byte order of their names; other
 * files are left alone. When a sub-folder is called as a class of the model is, all must be; else,
 * when all that have pictures are called as whole numbers, those are the classes; else classes are
 * in byte order of the sub-folders' names, and a warning says which.
 */
#include "dataset.h"

#include <stdio.h>
#include <string.h>

typedef struct class_list {
    const char *path, *folder;
    uint32_t label;
    const char **names; /* of its pictures */
    uint32_t n;
} class_list;

/* ---- which folder is which class ---- */

/* Remembers in taken[] that the folder is its class; another one may not be. */
static dc_status take_label(const char **taken, const class_list *c, const char *where)
{
    if (taken[c->label] != NULL)
        return dc_fail(DC_EINPUT, "folders '%s' and '%s' in '%s' are both class %u",
                       taken[c->label], c->folder, where, c->label);
    taken[c->label] = c->folder;
    return DC_OK;
}

/* By the model's class names. *is_done tells whether any folder has one; then all must. */
static dc_status label_by_name(bool *is_done, class_list *classes, uint32_t n_classes,
                               const char *where, const data_class_names *names,
                               uint32_t n_outputs, dc_arena *arena)
{
    const char **taken = dc_arena_take(arena, n_outputs, sizeof *taken);
    uint32_t n_known = 0;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_classes; i++) {
        classes[i].label = data_class_find(names, classes[i].folder, strlen(classes[i].folder));
        n_known += classes[i].label < DATA_MANY_CLASSES;
    }
    *is_done = n_known > 0;
    for (uint32_t i = 0; *is_done && i < n_classes; i++) {
        if (classes[i].label >= DATA_MANY_CLASSES)
            return dc_fail(DC_EINPUT, "the model has no class '%s', as a folder in '%s' is called",
                           classes[i].folder, where);
        if (classes[i].n > 0)
            DC_TRY(take_label(taken, &classes[i], where));
    }
    return DC_OK;
}

/* Whether all folders that have pictures are called as numbers, below 0 or not. */
static bool are_numbers(const class_list *classes, uint32_t n_classes)
{
    uint32_t number;
    for (uint32_t i = 0; i < n_classes; i++) {
        const char *digits = classes[i].folder + (classes[i].folder[0] == '-');
        if (classes[i].n > 0 && !data_class_number(&number, digits, strlen(digits)))
            return false;
    }
    return true;
}

static dc_status label_by_number(class_list *classes, uint32_t n_classes, const char *where,
                                 uint32_t n_outputs, dc_arena *arena)
{
    const uint32_t n_most = n_outputs > 0 ? n_outputs : DATA_MAX_CLASS + 1;
    const char **taken = dc_arena_take(arena, n_most, sizeof *taken);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_classes; i++) {
        class_list *c = &classes[i];
        const bool is_number = data_class_number(&c->label, c->folder, strlen(c->folder));
        if (c->n == 0)
            continue;
        if (!is_number || c->label >= n_most)
            return dc_fail(DC_EINPUT, "folder '%s' in '%s' is not one of the classes 0 to %u",
                           c->folder, where, n_most - 1);
        DC_TRY(take_label(taken, c, where));
    }
    return DC_OK;
}

/* In byte order of the names, which may not be what the model means: that is said. */
static void label_by_order(data_source *d, class_list *classes, uint32_t n_classes,
                           const char *where)
{
    const char **names = dc_arena_take(&d->arena, n_classes, sizeof *names);
    char list[200] = "";
    size_t used = 0;
    if (names == NULL)
        return;
    for (uint32_t i = 0; i < n_classes; i++) {
        classes[i].label = i;
        names[i] = classes[i].folder;
        if (i > 2 && i + 1 < n_classes)
            continue;
        const char *gap = i == 0 ? "" : i > 2 && n_classes > 4 ? ", ... " : ", ";
        const int n = snprintf(list + used, sizeof list - used, "%s%u '%.32s'", gap, i, names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    d->source.class_names = names;
    dc_warn("classes of '%s' are numbered in byte order of its folders: %s", where, list);
}

static dc_status label_classes(data_source *d, class_list *classes, uint32_t n_classes,
                               const char *where, const dc_data_request *request)
{
    const data_class_names *names;
    bool is_done;
    DC_TRY(data_class_names_new(&names, request, &d->arena));
    DC_TRY(label_by_name(&is_done, classes, n_classes, where, names, request->n_classes,
                         &d->arena));
    if (is_done)
        return DC_OK;
    if (are_numbers(classes, n_classes))
        return label_by_number(classes, n_classes, where, request->n_classes, &d->arena);
    if (request->n_classes > 0 && n_classes > request->n_classes)
        return dc_fail(DC_EINPUT, "%u sub-folders in '%s', but the model has %u classes",
                       n_classes, where, request->n_classes);
    label_by_order(d, classes, n_classes, where);
    d->source.n_classes = n_classes;
    return d->arena.status;
}

/* ---- the folders ---- */

static dc_status list_classes(class_list **out, uint32_t *n_classes, uint64_t *n_files,
                              const char *where, dc_arena *arena)
{
    const char **folders;
    DC_TRY(dc_folder_list(&folders, n_classes, where, true, arena));
    class_list *classes = dc_arena_take(arena, *n_classes, sizeof *classes);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < *n_classes; i++) {
        classes[i].folder = folders[i];
        classes[i].path = dc_arena_print(arena, "%s/%s", where, folders[i]);
        DC_TRY(arena->status);
        DC_TRY(data_list_pictures(&classes[i].names, &classes[i].n, classes[i].path, arena));
        *n_files += classes[i].n;
    }
    *out = classes;
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    data_files *files = d->source.state;
    class_list *classes;
    uint32_t n_classes;
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'folder' needs a folder (folder:DIR)");
    DC_TRY(list_classes(&classes, &n_classes, &files->n_files, where, &d->arena));
    if (files->n_files == 0)
        return dc_fail(DC_EINPUT, "no pictures in the sub-folders of '%s'", where);
    DC_TRY(label_classes(d, classes, n_classes, where, request));
    files->paths = dc_arena_take(&d->arena, files->n_files, sizeof *files->paths);
    files->labels = dc_arena_take(&d->arena, files->n_files, sizeof *files->labels);
    DC_TRY(d->arena.status);
    uint64_t n = 0;
    for (uint32_t c = 0; c < n_classes; c++)
        for (uint32_t i = 0; i < classes[c].n; i++, n++) {
            files->paths[n] = dc_arena_print(&d->arena, "%s/%s", classes[c].path,
                                             classes[c].names[i]);
            files->labels[n] = (int32_t)classes[c].label;
        }
    data_source_name(d, &data_kind_folder, request, where, n);
    return data_source_over_files(d, request);
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    const char **folders;
    uint32_t n = 0;
    if (dc_folder_list(&folders, &n, where, true, arena) < 0)
        return arena->status;
    for (uint32_t i = 0; i < n; i++) {
        const char *path = dc_arena_print(arena, "%s/%s", where, folders[i]);
        DC_TRY(arena->status);
        DC_TRY(data_take_files(path, data_is_picture_name, take, payload, arena));
    }
    return DC_OK;
}

const data_kind data_kind_folder = { "folder", false, sizeof(data_files), fill, name_files };
