/* SPDX-License-Identifier: MIT
 *
 * The curve that a compression walks down: its states are files in a folder, named by their bytes,
 * and nothing else says where the walk was. So a run that is killed and resumed has them all, and
 * what the curve shows in the end was measured on the files.
 */
#include "run_internal.h"

#include <string.h>

#define STATE_ENDING ".dcm"

/* "000001437.dcm": the files in the folder are in the order of their bytes. */
static bool is_state(const char *name)
{
    size_t n = strspn(name, "0123456789");
    return n == 9 && strcmp(name + n, STATE_ENDING) == 0;
}

static bool is_of_curve(const char *name)
{
    return is_state(name) || strcmp(name, DC_CURVE_PICTURE) == 0;
}

dc_status curve_begin(const dc_run *run, bool may_replace)
{
    const char *folder = run->curve_folder;
    bool found;
    if (folder == NULL)
        return DC_OK;
    DC_TRY(dc_folder_make(folder));
    if (run->settings.is_resumed)
        return DC_OK;
    DC_TRY(dc_folder_find(&found, folder, is_of_curve));
    if (found && !may_replace)
        return dc_fail(DC_EINPUT, "'%s' has another curve (-f replaces it)", folder);
    return found ? dc_folder_remove_files(folder, is_of_curve) : DC_OK;
}

dc_status curve_keep(const dc_run *run, const dc_model *model)
{
    uint64_t bytes;
    dc_arena scratch = { 0 };
    dc_write_settings write = run->write;
    if (run->curve_folder == NULL)
        return DC_OK;
    write.level = DC_LEVEL_CODED;
    DC_TRY(compress_size(&bytes, run, model, write.is_stripped));
    const char *path = dc_arena_print(&scratch, "%s/%09llu" STATE_ENDING, run->curve_folder,
                                      (unsigned long long)bytes);
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = dc_model_write(path, model, &write, true, NULL, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status measure(dc_curve_state *out, const char *path, const dc_run *run, dc_arena *arena)
{
    dc_model *model;
    dc_score score;
    dc_ledger ledger;
    DC_TRY(dc_model_read(&model, path, DC_READ_DENSE, dc_memory_limit_bytes(), &ledger, arena));
    const dc_status status = run_score(&score, run, model);
    *out = (dc_curve_state){ .file = path, .bytes = ledger.file_bytes,
                             .error = 100 * score.top1_error, .loss = score.loss };
    dc_model_free(model);
    return status;
}

dc_status curve_take(dc_curve_state **out, uint32_t *n_out, const dc_run *run, dc_arena *arena)
{
    const char **names;
    uint32_t n;
    *n_out = 0;
    if (run->curve_folder == NULL)
        return DC_OK;
    DC_TRY(dc_folder_list(&names, &n, run->curve_folder, false, arena));
    dc_curve_state *list = *out = dc_arena_take(arena, n, sizeof *list);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++) {
        if (!is_state(names[i]))
            continue;
        const char *path = dc_arena_print(arena, "%s/%s", run->curve_folder, names[i]);
        DC_TRY(arena->status);
        DC_TRY(measure(&list[*n_out], path, run, arena));
        (*n_out)++;
    }
    return DC_OK;
}
