/* SPDX-License-Identifier: MIT
 *
 * Replays files, and all files of folders, through one fuzz target: the corpus as a test for any
 * compiler. Arguments are files and folders; at least one file must be found.
 */
#include "fuzz.h"

#include "dcomp/file.h"

static unsigned replay(const char *path)
{
    dc_file_view view;
    if (dc_file_open(&view, path, 0) < 0) {
        fprintf(stderr, "%s\n", dc_message());
        exit(2);
    }
    /* A copy of the exact size, so that a step over the end is seen. */
    uint8_t *data = malloc(view.size + (view.size == 0));
    FUZZ_CHECK(data != NULL);
    if (view.size > 0)
        memcpy(data, view.data, view.size);
    const size_t n = view.size;
    dc_file_close(&view);
    LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 1;
}

static unsigned replay_folder(const char *path)
{
    dc_arena arena = { 0 };
    const char **names = NULL;
    uint32_t n_names = 0;
    if (dc_folder_list(&names, &n_names, path, false, &arena) < 0)
        return replay(path);
    for (uint32_t i = 0; i < n_names; i++)
        replay(dc_arena_print(&arena, "%s/%s", path, names[i]));
    dc_arena_clear(&arena);
    return n_names;
}

int main(int n_args, char **args)
{
    unsigned n_files = 0;
    for (int i = 1; i < n_args; i++)
        n_files += replay_folder(args[i]);
    printf("%u inputs\n", n_files);
    return n_files > 0 ? 0 : 1;
}
