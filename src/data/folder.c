/* SPDX-License-Identifier: MIT
 *
 * folder:DIR, one sub-folder a class, and in each the pictures in byte order of their names; other
 * files are left alone.
 */
#include <inttypes.h>

#include "dataset.h"

/* A network that learned from the first classes alone knows no others. */
static void warn_of_limit(const data_class_files *classes, uint32_t n_classes,
                          const dc_data_request *request, const char *where)
{
    uint64_t n = 0;
    uint32_t n_reached = 0;
    for (uint32_t c = 0; c < n_classes; n += classes[c++].n)
        n_reached += n < request->limit;
    if (request->limit > 0 && n_reached < n_classes)
        dc_warn("the first %" PRIu64 " of 'folder:%s' are of %u of %u classes: a folder is read "
                "class after class", request->limit, where, n_reached, n_classes);
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    data_files *files = d->source.state;
    data_class_files *classes;
    uint32_t n_classes;
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'folder' needs a folder (folder:DIR)");
    DC_TRY(data_list_classes(&classes, &n_classes, &files->n_files, where,
                             data_is_picture_name, &d->arena));
    if (files->n_files == 0)
        return dc_fail(DC_EINPUT, "no pictures in the sub-folders of '%s'", where);
    DC_TRY(data_label_classes(d, classes, n_classes, where, request));
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
    warn_of_limit(classes, n_classes, request, where);
    data_source_name(d, &data_kind_folder, request, where, n);
    return data_source_over_pictures(d, request);
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

const data_kind data_kind_folder = { "folder", NULL, sizeof(data_files), fill, name_files };
