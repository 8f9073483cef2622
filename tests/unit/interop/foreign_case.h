/* SPDX-License-Identifier: MIT
 *
 * A file put together in memory, a network for it, and the import of the one into the other.
 */
#ifndef DCOMP_TESTS_FOREIGN_CASE_H
#define DCOMP_TESTS_FOREIGN_CASE_H

#include "test.h"

#include <unistd.h>

#include "foreign.h"

/* Single quotes stand for double ones. */
static inline dc_model *net_of(const char *layers)
{
    char text[4096];
    snprintf(text, sizeof text, "{'name':'net','input':{'shape':[1,4,4]},'layers':[%s]}", layers);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    dc_json *json = NULL;
    dc_model *model = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "net"));
    assert_ok(dc_model_from_arch(&model, json, "net"));
    dc_json_free(json);
    return model;
}

/* Parameter i holds i, i + 1/4, i + 2/4, ... */
static inline void count_values(dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t j = 0; j < model->params[i].n_values; j++)
            model->params[i].values[j] = (float)i + 0.25f * (float)j;
}

typedef struct foreign_case {
    dc_writer file;
    char path[64];
} foreign_case;

static inline void case_begin(foreign_case *c, const char *ending)
{
    dc_writer_init(&c->file, 1u << 20);
    snprintf(c->path, sizeof c->path, "/tmp/dcomp-interop-%ld%s", (long)getpid(), ending);
}

static inline void case_end(foreign_case *c)
{
    dc_writer_clear(&c->file);
    unlink(c->path);
}

static inline dc_status import_case(dc_model *model, const foreign_case *c)
{
    assert_ok(c->file.status);
    assert_ok(dc_file_write(c->path, c->file.data, c->file.size, true));
    return dc_import(&model, c->path);
}

static inline void says(const char *text)
{
    if (strstr(dc_message(), text) == NULL)
        fail_msg("message \"%s\" lacks \"%s\"", dc_message(), text);
}

#endif
