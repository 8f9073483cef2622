/* SPDX-License-Identifier: MIT
 *
 * That two models are equal.
 */
#include "fuzz_same.h"

#include "dcomp/format.h"

static void check_nodes(const dc_model *a, const dc_model *b, bool has_names)
{
    FUZZ_CHECK(a->n_nodes == b->n_nodes);
    for (uint32_t i = 0; i < a->n_nodes; i++) {
        const dc_node *x = &a->nodes[i], *y = &b->nodes[i];
        FUZZ_CHECK(x->op == y->op && x->n_inputs == y->n_inputs);
        FUZZ_CHECK(dc_shape_equal(&x->shape, &y->shape));
        FUZZ_CHECK(memcmp(x->attrs, y->attrs, x->kind->n_attrs * sizeof *x->attrs) == 0);
        for (uint32_t j = 0; j < x->n_inputs; j++)
            FUZZ_CHECK(x->inputs[j] == y->inputs[j]);
        FUZZ_CHECK(!has_names || strcmp(x->name, y->name) == 0);
    }
}

static void check_params(const dc_model *a, const dc_model *b)
{
    FUZZ_CHECK(a->n_params == b->n_params);
    FUZZ_CHECK(a->n_reference_values == b->n_reference_values);
    for (uint32_t i = 0; i < a->n_params; i++) {
        const dc_param *x = &a->params[i], *y = &b->params[i];
        FUZZ_CHECK(x->n_values == y->n_values && x->role == y->role);
        FUZZ_CHECK(dc_shape_equal(&x->shape, &y->shape));
        FUZZ_CHECK(x->is_pruned == y->is_pruned && x->is_shared == y->is_shared);
        for (uint64_t j = 0; x->values != NULL && y->values != NULL && j < x->n_values; j++)
            FUZZ_CHECK(x->values[j] >= y->values[j] && x->values[j] <= y->values[j]);
    }
}

static void check_input(const dc_input *a, const dc_input *b)
{
    const uint32_t n = a->shape.dims[0];
    FUZZ_CHECK(dc_shape_equal(&a->shape, &b->shape));
    FUZZ_CHECK(a->resize == b->resize && a->filter == b->filter);
    FUZZ_CHECK(a->resize_size == b->resize_size && a->channels == b->channels);
    for (uint32_t c = 0; c < (n <= 4 ? n : 1); c++) {
        FUZZ_CHECK(a->mean[c] >= b->mean[c] && a->mean[c] <= b->mean[c]);
        FUZZ_CHECK(a->scale[c] >= b->scale[c] && a->scale[c] <= b->scale[c]);
    }
}

/* What is not plain text is written so that it is. */
static void check_text(const char *a, const char *b)
{
    FUZZ_CHECK(strcmp(a, b) == 0 || (!dc_text_is_plain(a) && dc_text_is_plain(b)));
}

static void check_words(const dc_model *a, const dc_model *b)
{
    FUZZ_CHECK(strcmp(a->name, b->name) == 0);
    FUZZ_CHECK(a->n_class_names == b->n_class_names);
    for (uint32_t i = 0; i < a->n_class_names; i++)
        check_text(a->class_names[i], b->class_names[i]);
    FUZZ_CHECK(strcmp(dc_model_input_name(a), dc_model_input_name(b)) == 0);
    FUZZ_CHECK(strcmp(dc_model_output_name(a), dc_model_output_name(b)) == 0);
}

static void check_history(const dc_model *a, const dc_model *b)
{
    FUZZ_CHECK(a->n_history == b->n_history);
    for (uint32_t i = 0; i < a->n_history; i++) {
        check_text(a->history[i].stage, b->history[i].stage);
        check_text(a->history[i].settings, b->history[i].settings);
    }
}

void fuzz_check_same(const dc_model *a, const dc_model *b, unsigned but)
{
    check_nodes(a, b, !(but & FUZZ_BUT_NAMES));
    check_params(a, b);
    check_input(&a->input, &b->input);
    if (!(but & FUZZ_BUT_NAMES))
        check_words(a, b);
    if (!(but & (FUZZ_BUT_NAMES | FUZZ_BUT_HISTORY)))
        check_history(a, b);
}

void fuzz_check_file(const dc_model *model)
{
    const dc_write_settings settings = { .level = DC_LEVEL_CODED };
    dc_model *again = NULL;
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 24);
    FUZZ_CHECK(dc_model_encode(&w, model, &settings, NULL, NULL) == DC_OK);
    FUZZ_CHECK(dc_model_decode(&again, w.data, w.size, "again", DC_READ_DENSE, UINT64_MAX, NULL,
                               NULL) == DC_OK);
    fuzz_check_same(model, again, 0);
    dc_model_free(again);
    dc_writer_clear(&w);
}
