/* SPDX-License-Identifier: MIT
 *
 * A folder for a test's files, and the inputs that tests open datasets for.
 */
#ifndef DCOMP_TESTS_SCRATCH_H
#define DCOMP_TESTS_SCRATCH_H

#include <unistd.h>

#include "dcomp/data.h"

static char scratch[64]; /* the folder's path */

static inline int make_scratch(void **state)
{
    (void)state;
    snprintf(scratch, sizeof scratch, "/tmp/dcomp-data-XXXXXX");
    return mkdtemp(scratch) == NULL;
}

static inline void remove_tree(const char *path)
{
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n;
    for (int folders = 0; folders < 2; folders++)
        if (dc_folder_list(&names, &n, path, folders == 1, &arena) == DC_OK)
            for (uint32_t i = 0; i < n; i++) {
                const char *inner = dc_arena_print(&arena, "%s/%s", path, names[i]);
                if (folders == 1)
                    remove_tree(inner);
                else
                    unlink(inner);
            }
    rmdir(path);
    dc_arena_clear(&arena);
}

static inline int remove_scratch(void **state)
{
    (void)state;
    remove_tree(scratch);
    return 0;
}

/* scratch/name; one of four buffers in turn. */
static inline const char *in_scratch(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* "kind:scratch/name" */
static inline const char *spec_of(const char *kind, const char *name)
{
    static char spec[300];
    snprintf(spec, sizeof spec, "%s:%s", kind, in_scratch(name));
    return spec;
}

static inline void put_file(const char *name, const void *data, size_t n)
{
    assert_ok(dc_file_write(in_scratch(name), data, n, true));
}

/* Pixels as they are: mean 0, scale 1. */
static inline dc_input plain_input(uint32_t n_channels, uint32_t height, uint32_t width)
{
    return (dc_input){ .shape = dc_shape_of(3, n_channels, height, width, 0),
                       .channels = n_channels == 1 ? DC_CHANNELS_GREY : DC_CHANNELS_RGB,
                       .scale = { 1, 1, 1, 1 } };
}

/* What was warned of, a line each. */
static char warned[4096];

static inline void take_warning(void *payload, const char *text)
{
    const size_t n = strlen(warned);
    (void)payload;
    snprintf(warned + n, sizeof warned - n, "%s\n", text);
}

static inline void listen_to_warnings(void)
{
    static const dc_listener listener = { NULL, take_warning, NULL };
    warned[0] = '\0';
    dc_set_listener(&listener);
}

/* x of one sample. */
static inline int32_t read_one(float *x, const dc_source *source, uint64_t index)
{
    int32_t label = -2;
    assert_ok(source->read(source, &index, 1, 0, x, &label));
    return label;
}

/* Opens, reads and looks with allocation 1, 2, ... failing, until all is well; how many failed. */
static inline int survive_lack_of_memory(const char *spec, const dc_input *input)
{
    float *x = calloc(dc_shape_count(&input->shape), sizeof *x);
    const uint64_t first = 0;
    int n_failures = 0;
    for (uint64_t nth = 1;; nth++, n_failures++) {
        dc_arena arena = { 0 };
        dc_image image;
        dc_source *s = NULL;
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        dc_status status = dc_data_open(&s, spec, DC_SPLIT_TRAIN, input, 0, 1);
        if (status == DC_OK)
            status = s->read(s, &first, 1, 0, x, NULL);
        if (status == DC_OK)
            status = dc_data_picture(&image, s, 0, &arena);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        dc_arena_clear(&arena);
        dc_source_close(s);
        if (status == DC_OK)
            break;
        assert_int_equal(status, DC_ENOMEM);
    }
    free(x);
    return n_failures;
}

#endif
