/* SPDX-License-Identifier: MIT
 *
 * file: files and folders. The second door of the room base, for those who read and write files;
 * what only computes does not see it.
 *
 * A file that is read is a view: its bytes, mapped where that can be. A file that is written
 * appears whole or not at all. A failure is DC_EIO with the system's words, unless said otherwise.
 *
 *     dc_file_view view;
 *     DC_TRY(dc_file_open(&view, "model.dcm", 0));
 *     ... view.data, view.size ...
 *     dc_file_close(&view);
 *
 * Threads. A view and an output belong to one thread at a time; dc_output_discard_all takes those
 * of all threads.
 */
#ifndef DCOMP_FILE_H
#define DCOMP_FILE_H

#include "dcomp/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct dc_file_view {
    const uint8_t *data;
    uint64_t size;
    bool is_mapped;     /* private: mapped pages, or read into memory (pipes) */
    uint64_t n_counted; /* private                                            */
} dc_file_view;

/* The whole file, read-only: mapped where it can be, else read ("-" is standard input). DC_EIO when
 * it cannot be opened or read or is a folder, DC_ELIMIT when over `limit_bytes` (0: none). */
DC_MUST_USE dc_status dc_file_open(dc_file_view *out, const char *path, uint64_t limit_bytes);
/* The same, but only the first bytes of a pipe or device that does not begin with `magic`. */
DC_MUST_USE dc_status dc_file_open_as(dc_file_view *out, const char *path, const char *magic);
/* For names that come out of other files: the same of plain files only, and DC_EIO for a pipe or a
 * device. "-" is a name like others. */
DC_MUST_USE dc_status dc_file_open_plain(dc_file_view *out, const char *path, uint64_t limit_bytes);
/* As open_plain, for a `name` written in the file `path`; DC_ECORRUPT when links lead it out of the
 * folder of `path`, and out of that of the file that `path` is a link to. */
DC_MUST_USE dc_status dc_file_open_beside(dc_file_view *out, const char *name, const char *path,
                                          uint64_t limit_bytes);
void dc_file_close(dc_file_view *view);
/* Passes over a byte order mark in a copy of what was opened; DC_EUNSUPPORTED for UTF-16. */
DC_MUST_USE dc_status dc_text_begin(dc_file_view *text, const char *subject);
/* Bytes from .. from + n - 1 of the view will not be read again soon: whole pages among them leave
 * this process's memory (and come back when they are read). Nothing when the view is not mapped. */
void dc_file_forget(dc_file_view *view, const void *from, uint64_t n);

/* ---- writing --------------------------------------------------------------------------------- */

/* An output file appears whole or not at all: bytes go to a temporary file in the same folder,
 * which commit syncs and renames. An unfinished temporary is removed by discard, and by
 * dc_output_discard_all, which is safe in a signal handler; that of a killed process by the next
 * one with the same target. Nobody but its owner can read it until it is whole. Devices, pipes and
 * "-" (standard output) are written directly. At most 16 are open at once. */
typedef struct dc_output dc_output;

/* Whether `path` can be opened so: DC_EINPUT when it exists and !may_replace ("-f" is named in the
 * message), DC_EIO when it is a folder or its folder is missing or refuses. Call it before the work
 * whose result is written; opening checks again. */
DC_MUST_USE dc_status dc_output_check(const char *path, bool may_replace);
/* Whether `path` would be written directly. */
bool dc_output_is_direct(const char *path);
DC_MUST_USE dc_status dc_output_open(dc_output **out, const char *path, bool may_replace);
/* Sticky: a failure is remembered and returned by commit. */
void dc_output_write(dc_output *output, const void *data, uint64_t n);
/* Flush, sync, rename; frees `output` in every case. On failure nothing is left behind. */
DC_MUST_USE dc_status dc_output_commit(dc_output *output);
void dc_output_discard(dc_output *output);
bool dc_output_discard_all(void); /* whether there was one */

/* open + write + commit. */
DC_MUST_USE dc_status dc_file_write(const char *path, const void *data, uint64_t n,
                                  bool may_replace);

/* ---- names ----------------------------------------------------------------------------------- */

/* Which file a name leads to, however it is called: through links, over another folder, "-". */
typedef struct dc_file_id {
    uint64_t device, inode; /* of the file; of its folder when it is not there                  */
    const char *name;       /* NULL; the name in that folder when it is not there, borrowed     */
} dc_file_id;
/* False when it is neither a plain file nor the name of one that could be made. */
bool dc_file_id_of(dc_file_id *out, const char *path);
bool dc_file_id_equal(const dc_file_id *a, const dc_file_id *b);
/* Is called with one file name after another; a failure that it returns ends the list. */
typedef dc_status dc_file_fn(void *payload, const char *path);
/* A file name for a layer, a different one for each: what is no letter, digit, "_", "-" or ".",
 * and a leading dot, is written as %XX. From the arena; "" when that has failed. */
const char *dc_file_name(const char *name, dc_arena *arena);
bool dc_file_exists(const char *path);
DC_MUST_USE dc_status dc_file_find(bool *found, const char *path); /* where "no" must be sure */
void dc_file_remove(const char *path); /* if that can be: one that may stay as well */

/* ---- folders --------------------------------------------------------------------------------- */

/* Makes the folder (one level) unless it is there; a power cut does not lose it. */
DC_MUST_USE dc_status dc_folder_make(const char *path);
DC_MUST_USE dc_status dc_folder_sync(const char *path); /* names in it outlive a power cut */
/* Whether files can be made in the folder; where it is missing, whether it can be made. */
DC_MUST_USE dc_status dc_folder_check(const char *path);
/* Makes a folder that only its owner can read, unless it exists, and locks it for this process;
 * DC_EIO, naming it, when another process has it, or when `path` is a link. *out is for unlock;
 * where folders cannot be locked there is no lock and no failure. */
DC_MUST_USE dc_status dc_folder_lock(int *out, const char *path);
void dc_folder_unlock(int lock);
/* By names, those that begin with a dot included: whether one in the folder is chosen, and removing
 * all files whose names are. A folder that is not there has none. */
typedef bool dc_name_test(const char *name);
DC_MUST_USE dc_status dc_folder_find(bool *found, const char *path, dc_name_test *is_chosen);
DC_MUST_USE dc_status dc_folder_remove_files(const char *path, dc_name_test *is_chosen);
void dc_folder_remove(const char *path); /* if nothing is in it */
bool dc_folder_exists(const char *path);
/* Names of the folders in `path`, or of all else, sorted by byte value, from the arena; those that
 * start with a dot are left out. All else may be pipes and links to nothing: who opens one is told
 * what it is. */
DC_MUST_USE dc_status dc_folder_list(const char ***out, uint32_t *n_out, const char *path,
                                     bool want_folders, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
