/* SPDX-License-Identifier: MIT
 *
 * folder:DIR, one sub-folder a class: classes in byte order of their names, and in each the
 * pictures in byte order of theirs. Other files are left alone.
 */
#include "dataset.h"

#include <string.h>

/* A folder's pictures as dc_folder_list gives them, others taken out. */
static dc_status list_pictures(const char ***names, uint32_t *n, const char *path, dc_arena *arena)
{
    DC_TRY(dc_folder_list(names, n, path, false, arena));
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < *n; i++)
        if (data_is_picture_name((*names)[i]))
            (*names)[n_kept++] = (*names)[i];
    *n = n_kept;
    return DC_OK;
}

typedef struct class_list {
    const char *path;
    const char **names;
    uint32_t n;
} class_list;

static dc_status list_classes(class_list **out, uint32_t *n_classes, uint64_t *n_files,
                              const char *where, dc_arena *arena)
{
    const char **folders;
    DC_TRY(dc_folder_list(&folders, n_classes, where, true, arena));
    class_list *classes = dc_arena_take(arena, *n_classes, sizeof *classes);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < *n_classes; i++) {
        classes[i].path = dc_arena_print(arena, "%s/%s", where, folders[i]);
        DC_TRY(arena->status);
        DC_TRY(list_pictures(&classes[i].names, &classes[i].n, classes[i].path, arena));
        *n_files += classes[i].n;
    }
    *out = classes;
    return DC_OK;
}

static dc_status fill(data_source *d, const data_request *request)
{
    data_files *files = d->source.state;
    class_list *classes;
    uint32_t n_classes;
    if (request->where[0] == '\0')
        return dc_fail(DC_EINPUT, "'folder' needs a folder (folder:DIR)");
    DC_TRY(list_classes(&classes, &n_classes, &files->n_files, request->where, &d->arena));
    if (files->n_files == 0)
        return dc_fail(DC_EINPUT, "no pictures in the sub-folders of '%s'", request->where);
    files->paths = dc_arena_take(&d->arena, files->n_files, sizeof *files->paths);
    files->labels = dc_arena_take(&d->arena, files->n_files, sizeof *files->labels);
    DC_TRY(d->arena.status);
    uint64_t n = 0;
    for (uint32_t c = 0; c < n_classes; c++)
        for (uint32_t i = 0; i < classes[c].n; i++, n++) {
            files->paths[n] = dc_arena_print(&d->arena, "%s/%s", classes[c].path,
                                             classes[c].names[i]);
            files->labels[n] = (int32_t)c;
        }
    data_source_name(d, &data_kind_folder, request, n);
    DC_TRY(data_source_over_files(d));
    d->source.n_classes = n_classes;
    return DC_OK;
}

const data_kind data_kind_folder = { "folder", false, sizeof(data_files), fill };
