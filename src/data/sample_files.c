/* SPDX-License-Identifier: MIT
 *
 * Samples that are files, of whatever kind: their labels, and what happens to a file that cannot be
 * read. It is given the label DC_UNREADABLE and remembered, to be reported. It is tried again
 * whenever it is asked for: that is rare, and cheap.
 */
#include "dataset.h"
#include "file_faults.h"

#include <string.h>

/* Whether the file is at fault, not the request or the machine. */
static bool is_files_fault(dc_status status)
{
    return status == DC_ECORRUPT || status == DC_EUNSUPPORTED || status == DC_ELIMIT ||
           status == DC_EIO;
}

static bool may_leave_out(const data_source *d, const data_files *files, uint64_t index)
{
    return files->faults != NULL && (files->is_needed == NULL || !files->is_needed(d, index));
}

static dc_status read_files(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    const data_source *d = (const data_source *)source;
    const data_files *files = source->state;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++, x += n_values) {
        DC_TRY(data_check_index(source, indices[i]));
        const dc_status status = files->read(x, d, indices[i]);
        const bool is_left_out = is_files_fault(status) && labels != NULL &&
                                 may_leave_out(d, files, indices[i]);
        if (!is_left_out)
            DC_TRY(status);
        if (is_left_out) {
            file_faults_note(files->faults, indices[i]);
            memset(x, 0, n_values * sizeof *x);
            labels[i] = DC_UNREADABLE;
        } else if (labels != NULL) {
            labels[i] = files->labels != NULL ? files->labels[indices[i]] : -1;
        }
    }
    return DC_OK;
}

static void warn_of_faults(const dc_source *source)
{
    const data_files *files = source->state;
    if (files->faults != NULL)
        file_faults_warn(files->faults);
}

static const char *describe_file(const dc_source *source, uint64_t index, dc_arena *arena)
{
    return dc_arena_print(arena, "'%s'", ((const data_files *)source->state)->paths[index]);
}

void data_files_clear(data_source *d)
{
    file_faults_free(((data_files *)d->source.state)->faults);
}

dc_status data_source_over_files(data_source *d, const dc_data_request *request)
{
    data_files *files = d->source.state;
    d->clear = data_files_clear;
    if (!request->is_strict) {
        files->faults = file_faults_new(d->source.n_samples);
        if (files->faults == NULL)
            return dc_fail(DC_ENOMEM, "no memory for a list of files");
    }
    for (uint64_t i = 0; files->labels != NULL && i < files->n_files; i++)
        d->source.n_classes = DC_MAX(d->source.n_classes, (uint32_t)files->labels[i] + 1);
    d->source.is_labelled = files->labels != NULL;
    d->source.is_slow = true;
    d->source.read = read_files;
    d->source.warn_unread = warn_of_faults;
    d->source.describe = describe_file;
    d->paths = files->paths;
    return d->arena.status;
}

dc_status data_list_files(const char ***names, uint32_t *n, const char *path,
                          bool (*is_wanted)(const char *name), dc_arena *arena)
{
    DC_TRY(dc_folder_list(names, n, path, false, arena));
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < *n; i++)
        if (is_wanted((*names)[i]))
            (*names)[n_kept++] = (*names)[i];
    *n = n_kept;
    return DC_OK;
}

dc_status data_list_classes(data_class_files **out, uint32_t *n_classes, uint64_t *n_files,
                            const char *where, bool (*is_wanted)(const char *name),
                            dc_arena *arena)
{
    const char **folders;
    DC_TRY(dc_folder_list(&folders, n_classes, where, true, arena));
    data_class_files *classes = dc_arena_take(arena, *n_classes, sizeof *classes);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < *n_classes; i++) {
        classes[i].name = folders[i];
        classes[i].path = dc_arena_print(arena, "%s/%s", where, folders[i]);
        DC_TRY(arena->status);
        DC_TRY(data_list_files(&classes[i].names, &classes[i].n, classes[i].path, is_wanted,
                               arena));
        *n_files += classes[i].n;
    }
    *out = classes;
    return DC_OK;
}
