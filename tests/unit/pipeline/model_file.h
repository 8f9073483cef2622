/* SPDX-License-Identifier: MIT
 *
 * A folder with a model file in it whose weights are shared, for the tests of the simulation.
 */
#ifndef DCOMP_TESTS_MODEL_FILE_H
#define DCOMP_TESTS_MODEL_FILE_H

#include "test.h"

#include "dcomp/eie.h"
#include "small_run.h"

/* 28 x 28 digits: conv1 (4, 36 positions), relu, pool, fc (10). */
static const char digits_net[] =
    "{\"name\":\"digits\",\"input\":{\"shape\":[1,28,28],\"scale\":0.00390625},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":5,\"stride\":4},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"pool1\",\"op\":\"max_pool\",\"kernel\":2},"
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":10}]}";

/* 40 values: fc1 (30), relu, fc2 (5). */
static const char linear_net[] =
    "{\"name\":\"linear\",\"input\":{\"shape\":[40]},\"layers\":["
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":30},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";

typedef struct model_file {
    char folder[64], path[96];
    dc_model *model; /* as it was written */
    dc_arena arena;
} model_file;

/* Weights share 2^bits values; with 0 bits they are all distinct. One job: on a busy machine more
 * of them would only wait for each other. */
static inline void model_file_begin(model_file *f, const char *architecture, double bits)
{
    const dc_write_settings write = { .level = DC_LEVEL_CODED };
    const dc_rule rule = { "*", bits };
    dc_pool_set_jobs(1);
    memset(f, 0, sizeof *f);
    snprintf(f->path, sizeof f->path, "%s/net.dcm", new_folder(f->folder, sizeof f->folder));
    f->model = model_of(architecture);
    dc_model_init(f->model, DC_INIT_XAVIER, 4);
    if (bits > 0) {
        dc_quantize_settings settings = dc_quantize_defaults();
        settings.bits = (dc_rules){ 1, &rule };
        assert_ok(dc_quantize(f->model, &settings, NULL));
    }
    assert_ok(dc_model_write(f->path, f->model, &write, false, NULL, &f->arena));
}

/* folder/name, from the arena. */
static inline const char *model_file_beside(model_file *f, const char *name)
{
    const char *path = dc_arena_print(&f->arena, "%s/%s", f->folder, name);
    assert_ok(f->arena.status);
    return path;
}

static inline void remove_all(const char *path)
{
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n;
    for (int wants_folders = 0; wants_folders < 2; wants_folders++) {
        assert_ok(dc_folder_list(&names, &n, path, wants_folders == 1, &arena));
        for (uint32_t i = 0; i < n; i++) {
            const char *inner = dc_arena_print(&arena, "%s/%s", path, names[i]);
            if (wants_folders == 1)
                remove_all(inner);
            else
                unlink(inner);
        }
    }
    assert_int_equal(rmdir(path), 0); /* nothing hidden was left in it */
    dc_arena_clear(&arena);
}

static inline void model_file_end(model_file *f)
{
    remove_all(f->folder);
    dc_model_free(f->model);
    dc_arena_clear(&f->arena);
}

/* Small machines are quick. */
static dc_eie_config small_machine;

static inline dc_simulate_settings small_settings(void)
{
    dc_simulate_settings settings = dc_simulate_defaults();
    small_machine = dc_eie_defaults();
    small_machine.n_pes = 4;
    settings.machine = &small_machine;
    return settings;
}

#endif
