/* SPDX-License-Identifier: MIT
 *
 * folder:DIR, one sub-folder a class, and in each the pictures in byte order of their names; other
 * files are left alone. When a sub-folder is called as a class of the model is, all must be; else
 * classes are in byte order of the sub-folders' names.
 */
#include "dataset.h"

#include <string.h>

typedef struct class_list {
    const char *path, *folder;
    uint32_t label;
    const char **names; /* of its pictures */
    uint32_t n;
} class_list;

/* Labels by the model's class names, if the folders have such. */
static dc_status label_classes(class_list *classes, uint32_t n_classes, const char *where,
                               const dc_data_request *request, dc_arena *arena)
{
    const data_class_names *names;
    uint32_t n_known = 0;
    DC_TRY(data_class_names_new(&names, request, arena));
    for (uint32_t i = 0; i < n_classes; i++) {
        classes[i].label = data_class_find(names, classes[i].folder, strlen(classes[i].folder));
        n_known += classes[i].label < DATA_MANY_CLASSES;
    }
    for (uint32_t i = 0; i < n_classes; i++)
        if (n_known == 0)
            classes[i].label = i;
        else if (classes[i].label >= DATA_MANY_CLASSES)
            return dc_fail(DC_EINPUT, "the model has no class '%s', as a folder in '%s' is called",
                           classes[i].folder, where);
    if (request->n_classes > 0 && n_classes > request->n_classes)
        return dc_fail(DC_EINPUT, "%u sub-folders in '%s', but the model has %u classes",
                       n_classes, where, request->n_classes);
    return DC_OK;
}

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
    DC_TRY(label_classes(classes, n_classes, where, request, &d->arena));
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
    DC_TRY(data_source_over_files(d, request));
    d->source.n_classes = DC_MAX(d->source.n_classes, n_classes);
    return DC_OK;
}

const data_kind data_kind_folder = { "folder", false, sizeof(data_files), fill };
