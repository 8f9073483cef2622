/* SPDX-License-Identifier: MIT
 *
 * What is behind dnn.h's nouns, and how it is kept until dc_dnn_close; part of backend_onednn.c and
 * included by nobody else, after onednn_versions.h.
 */
#ifndef DC_NN_ONEDNN_KEEP_H
#define DC_NN_ONEDNN_KEEP_H

struct dc_dnn_layout {
    md_held md;
};

struct dc_dnn_plan {
    dnnl_primitive_desc_t pd;
};

struct dc_dnn_step {
    dnnl_primitive_t primitive;
    int n_args;
    dnnl_exec_arg_t args[DC_DNN_MAX_BOUND + 1]; /* and scratch memory */
};

/* What close must destroy, newest first. */
typedef struct thing {
    struct thing *next;
    int kind;
    void *handle;
} thing;

enum { THING_LAYOUT, THING_MEMORY, THING_PLAN, THING_PRIMITIVE };

static md_ref ref_of(const dc_dnn_layout *layout)
{
    return layout ? AS_REF(layout->md) : NULL;
}

/* Remembers the first failure. */
static bool went_well(dc_dnn *dnn, dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return true;
    if (dnn->status == DC_OK) {
        const dc_status code = status == dnnl_out_of_memory ? DC_ENOMEM : DC_EUNSUPPORTED;
        dnn->status = dc_fail(code, "oneDNN: %s: %s", what, dnnl_status2str(status));
    }
    return false;
}

static void *take(dc_dnn *dnn, size_t size)
{
    void *taken = dc_arena_take(dnn->arena, 1, size);
    if (!taken && dnn->status == DC_OK)
        dnn->status = dnn->arena->status;
    return taken;
}

static void destroy(int kind, void *handle)
{
    switch (kind) {
#if !IS_V2
    case THING_LAYOUT: dnnl_memory_desc_destroy(handle); break;
#endif
    case THING_MEMORY: dnnl_memory_destroy(handle); break;
    case THING_PLAN: dnnl_primitive_desc_destroy(handle); break;
    case THING_PRIMITIVE: dnnl_primitive_destroy(handle); break;
    default: break;
    }
}

static void keep(dc_dnn *dnn, int kind, void *handle)
{
    thing *t = take(dnn, sizeof *t);
    if (!t) {
        destroy(kind, handle);
        return;
    }
    t->kind = kind;
    t->handle = handle;
    t->next = dnn->things;
    dnn->things = t;
}

#endif
