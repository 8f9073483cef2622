/* SPDX-License-Identifier: MIT
 *
 * Whole models through the writer and back.
 */
#ifndef DCOMP_TESTS_FORMAT_HELPERS_H
#define DCOMP_TESTS_FORMAT_HELPERS_H

#include "test.h"

#include <stdbool.h>
#include <unistd.h>

#include "dcomp/format.h"
#include "golden/sample_models.h"

static inline dc_write_settings settings_of(dc_level level)
{
    return (dc_write_settings){ .level = level };
}

/* Clear with dc_writer_clear. */
static inline dc_writer encoded(const dc_model *model, const dc_write_settings *settings,
                                dc_ledger *ledger, dc_arena *arena)
{
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 40);
    assert_ok(dc_model_encode(&w, model, settings, ledger, arena));
    return w;
}

static inline dc_model *decoded(const dc_writer *w, dc_read_mode mode)
{
    dc_model *model = NULL;
    assert_ok(dc_model_decode(&model, w->data, w->size, "test.dcm", mode, 0, NULL, NULL));
    return model;
}

static inline void assert_same_values(const dc_model *a, const dc_model *b)
{
    assert_int_equal(a->n_params, b->n_params);
    for (uint32_t i = 0; i < a->n_params; i++) {
        const dc_param *p = &a->params[i], *q = &b->params[i];
        assert_int_equal(p->n_values, q->n_values);
        assert_true(dc_shape_equal(&p->shape, &q->shape));
        assert_int_equal(p->is_pruned, q->is_pruned);
        assert_int_equal(p->is_shared, q->is_shared);
        assert_int_equal(p->role, q->role);
        assert_memory_equal(p->values, q->values, p->n_values * sizeof(float));
    }
}

static inline void assert_same_graph(const dc_model *a, const dc_model *b)
{
    assert_int_equal(a->n_nodes, b->n_nodes);
    assert_int_equal(DC_MAX(a->n_reference_values, dc_model_n_values(a)), b->n_reference_values);
    for (uint32_t i = 0; i < a->n_nodes; i++) {
        const dc_node *p = &a->nodes[i], *q = &b->nodes[i];
        assert_int_equal(p->op, q->op);
        assert_int_equal(p->n_inputs, q->n_inputs);
        assert_true(dc_shape_equal(&p->shape, &q->shape));
        assert_memory_equal(p->attrs, q->attrs, p->kind->n_attrs * sizeof *p->attrs);
        for (uint32_t k = 0; k < p->n_inputs; k++)
            assert_int_equal(p->inputs[k], q->inputs[k]);
    }
    assert_true(dc_shape_equal(&a->input.shape, &b->input.shape));
    assert_int_equal(a->input.resize, b->input.resize);
    assert_int_equal(a->input.filter, b->input.filter);
    assert_int_equal(a->input.channels, b->input.channels);
    assert_int_equal(a->input.resize_size, b->input.resize_size);
    for (uint32_t c = 0; c < DC_MIN(a->input.shape.dims[0], 4u); c++) {
        assert_true(a->input.mean[c] == b->input.mean[c]);
        assert_true(a->input.scale[c] == b->input.scale[c]);
    }
}

static inline uint64_t ledger_sum(const dc_ledger *ledger)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
        const char *name;
        uint64_t bytes;
        dc_ledger_part(&name, &bytes, ledger, i);
        assert_true(name[0] != '\0');
        sum += bytes;
    }
    return sum;
}

/* A path in a folder of the test's own; removed by remove_temporary. */
static inline void temporary_path(char path[256], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/dcomp-%s-%ld.dcm", folder != NULL ? folder : "/tmp", name,
             (long)getpid());
    unlink(path);
}

#endif
