/* SPDX-License-Identifier: MIT
 *
 * Model files that are made here: the bytes choose nodes, weights of every kind, marks, names and
 * history. What is written reads back equal. Then a few places of the file are changed and its
 * checksums made right: what verifies as sound is read, what is read is sound.
 */
#include "fuzz_same.h"

#include <math.h>

#include "dcomp/format.h"

#define MAX_NODES 6u
#define MAX_VALUES 5000u
#define LIMIT_BYTES (UINT64_C(1) << 22)

typedef struct choices {
    const uint8_t *at, *end;
} choices;

static uint8_t take(choices *c)
{
    return c->at < c->end ? *c->at++ : 0;
}

/* ---- a network ---- */

static dc_model *new_model(choices *c)
{
    static const uint32_t shapes[][4] = { { 1, 6, 0, 0 }, { 3, 1, 4, 4 }, { 3, 3, 5, 4 },
                                          { 1, 40, 0, 0 }, { 1, 300, 0, 0 }, { 3, 4, 2, 2 } };
    const uint32_t *s = shapes[take(c) % DC_COUNT_OF(shapes)];
    dc_input input = { .shape = dc_shape_of(s[0], s[1], s[2], s[3], 0) };
    const uint8_t how = take(c);
    dc_model *model = NULL;
    input.channels = s[1] == 1 ? DC_CHANNELS_GREY : (dc_channels)(how & 1);
    input.resize = (dc_resize)((how >> 1) % 3);
    input.resize_size = input.resize != DC_RESIZE_NONE ? how >> 4 : 0;
    input.filter = (dc_filter)(how >> 3 & 1);
    for (uint32_t i = 0; i < 4; i++) {
        input.scale[i] = how & 0x40 ? 0.5f : 1;
        input.mean[i] = how & 0x80 ? (float)i : 0;
    }
    if (dc_model_new(&model, how & 1 ? "net" : "\xc3\xa9", &input) < 0) {
        input.resize = DC_RESIZE_NONE; /* that does not fit the shape */
        input.resize_size = 0;
        FUZZ_CHECK(dc_model_new(&model, "net", &input) == DC_OK);
    }
    return model;
}

/* An op that may not fit; then nothing is added. */
static void add_node(dc_model *model, choices *c)
{
    static const float numbers[] = { 0, 1, 2, 3, 5, 0.5f, 0.1f, -1 };
    const dc_op_kind *kind = dc_op_kind_of(1 + take(c) % (DC_N_OPS - 1u));
    double attrs[DC_N_ATTRS];
    uint32_t inputs[3];
    char name[24];
    const uint8_t how = take(c);
    const uint32_t most = DC_MIN(kind->max_inputs, 3u);
    const uint32_t n_inputs = DC_MIN(DC_MAX(kind->min_inputs, how % 4u), most);
    dc_attrs_init(attrs, kind->op);
    for (uint32_t i = 0; i < kind->n_attrs; i++) {
        const dc_attr attr = kind->attrs[i].attr;
        if (attr == DC_ATTR_N_OUTPUTS || take(c) % 2 != 0)
            attrs[attr] = (double)numbers[take(c) % DC_COUNT_OF(numbers)];
    }
    if (dc_attr_rule_of(kind, DC_ATTR_N_OUTPUTS) != NULL)
        attrs[DC_ATTR_N_OUTPUTS] = 1 + take(c) % 40;
    for (uint32_t i = 0; i < n_inputs; i++)
        inputs[i] = model->n_nodes - 1 - (i > 0 || how & 0x40 ? take(c) % model->n_nodes : 0);
    snprintf(name, sizeof name, how & 0x80 ? "%s%u" : "%.0sn%u", kind->name,
             (unsigned)model->n_nodes);
    const uint32_t n_before = model->n_nodes;
    if (dc_model_add(model, name, kind->op, inputs, n_inputs, attrs, true) < 0)
        FUZZ_CHECK(model->n_nodes == n_before);
}

/* Values as the writer may find them: sparse or not, few or many, halves or floats, in order. */
static void fill(dc_param *param, choices *c)
{
    const uint8_t how = take(c), few = take(c), share = take(c);
    dc_rng rng;
    dc_rng_init(&rng, take(c), few);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const uint64_t random = dc_rng_u64(&rng);
        float value = 0;
        switch (how & 7) {
        case 0: value = (float)(random % (few + 1u)); break;
        case 1: value = (float)dc_rng_normal(&rng); break;
        case 2: value = dc_f16_round((float)dc_rng_normal(&rng)); break;
        case 3: value = (float)(1 + random % (few + 1u)) / 3; break;
        case 4: value = (float)(i % (few + 1u)); break;
        case 5: value = (float)(random % (few + 1u)) * 1e-7f; break;
        case 6: value = random % 2 != 0 ? -0.0f : (float)few; break;
        default: value = (float)few; break;
        }
        param->values[i] = (random >> 32) % 256 < share ? 0 : value;
        if (param->role == DC_ROLE_VARIANCE)
            param->values[i] = fabsf(param->values[i]);
    }
    param->is_pruned = how & 8;
    param->is_shared = (how & 16) && dc_param_can_share(param);
}

static void add_words(dc_model *model, choices *c)
{
    const uint32_t n = dc_model_n_outputs(model);
    const uint8_t how = take(c);
    const dc_end input = { .name = how & 4 ? "in" : NULL, .has_shape = how & 8,
                           .shape = dc_shape_of(2, 1, (uint32_t)dc_shape_count(&model->input.shape),
                                                0, 0) };
    const dc_end output = { .name = how & 16 ? "out" : NULL };
    if (dc_model_set_ends(model, &input, &output) < 0)
        FUZZ_CHECK(dc_message()[0] != '\0');
    for (uint32_t i = 0; i < how >> 6; i++)
        FUZZ_CHECK(dc_model_add_history(model, "prune", how & 32 ? "{}" : "{\"a\":1}") == DC_OK);
    if (!(how & 1) || n > 50)
        return;
    model->class_names = dc_arena_take(&model->arena, n, sizeof *model->class_names);
    FUZZ_CHECK(model->class_names != NULL);
    for (uint32_t i = 0; i < n; i++)
        model->class_names[i] = dc_arena_print(&model->arena, how & 2 ? "c%u" : "%.0u", i);
    model->n_class_names = n;
}

static dc_model *build(choices *c)
{
    dc_model *model = new_model(c);
    const uint32_t n_nodes = 1 + take(c) % MAX_NODES;
    for (uint32_t i = 0; i < n_nodes && dc_model_n_values(model) < MAX_VALUES; i++)
        add_node(model, c);
    for (uint32_t i = 0; i < model->n_params; i++)
        fill(&model->params[i], c);
    add_words(model, c);
    return model;
}

/* ---- its file ---- */

static void check_read(const dc_model *model, const dc_writer *w, bool is_stripped)
{
    dc_arena arena = { 0 };
    dc_model *dense = NULL, *packed = NULL;
    FUZZ_CHECK(dc_model_decode(&dense, w->data, w->size, "dense", DC_READ_DENSE, UINT64_MAX, NULL,
                               NULL) == DC_OK);
    fuzz_check_same(model, dense, is_stripped ? FUZZ_BUT_NAMES : 0);
    FUZZ_CHECK(dc_model_decode(&packed, w->data, w->size, "packed", DC_READ_PACKED, UINT64_MAX,
                               NULL, NULL) == DC_OK);
    for (uint32_t i = 0; i < packed->n_params; i++) {
        const dc_param *param = &packed->params[i];
        if (param->packed == NULL)
            continue;
        float *values = dc_arena_take(&arena, param->n_values, sizeof *values);
        FUZZ_CHECK(values != NULL && dc_packed_check(param->packed) == DC_OK);
        dc_unpack(values, param->packed);
        for (uint64_t j = 0; j < param->n_values; j++)
            FUZZ_CHECK(values[j] >= dense->params[i].values[j] &&
                       values[j] <= dense->params[i].values[j]);
    }
    dc_model_free(dense);
    dc_model_free(packed);
    dc_arena_clear(&arena);
}

/* Up to eight bytes of the file become others. */
static void damage(dc_writer *w, choices *c)
{
    const uint32_t n = 1 + take(c) % 8;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t at = (uint64_t)take(c) << 8 | take(c);
        const uint8_t how = take(c);
        uint8_t *byte = &w->data[at % w->size];
        *byte = (uint8_t)(how < 8 ? *byte ^ 1u << how : how < 16 ? *byte + how - 11u : how);
    }
    fuzz_container_repair(w->data, (size_t)w->size);
}

/* Two readers of one mind. */
static void check_damaged(const dc_writer *w)
{
    dc_arena arena = { 0 };
    dc_finding *findings = NULL;
    uint32_t n_findings = 0;
    dc_model *model = NULL;
    const dc_status read = dc_model_decode(&model, w->data, w->size, "damaged", DC_READ_DENSE,
                                           LIMIT_BYTES, NULL, NULL);
    dc_model_free(model);
    const char *path = fuzz_file("damaged.dcm", w->data, (size_t)w->size);
    const dc_status verified = dc_verify(&findings, &n_findings, path, &arena);
    if (verified == DC_OK && n_findings == 0)
        FUZZ_CHECK(read == DC_OK || read == DC_ELIMIT || read == DC_ENOMEM);
    if (read == DC_ECORRUPT)
        FUZZ_CHECK(verified < 0 || n_findings > 0);
    dc_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    choices c = { data, data + n };
    dc_writer w, again;
    dc_pool_set_jobs(1);
    const uint8_t how = take(&c);
    const dc_write_settings settings = { .level = (how & 3) % 3,
                                         .is_stripped = how & 4,
                                         .coder_mask = how >> 3 & 3,
                                         .level_coder_mask = (how >> 3 & 3) == 3 ? 6 : 0,
                                         .gap_bits = how & 0x20 ? 2 + (how >> 6) : 0 };
    dc_model *model = build(&c);
    dc_writer_init(&w, UINT64_C(1) << 24);
    dc_writer_init(&again, UINT64_C(1) << 24);
    FUZZ_CHECK(dc_model_encode(&w, model, &settings, NULL, NULL) == DC_OK);
    FUZZ_CHECK(dc_model_encode(&again, model, &settings, NULL, NULL) == DC_OK);
    FUZZ_CHECK(w.size == again.size && memcmp(w.data, again.data, w.size) == 0);
    check_read(model, &w, settings.is_stripped);
    for (int i = 0; i < 4 && c.at < c.end; i++) {
        damage(&w, &c);
        check_damaged(&w);
    }
    dc_model_free(model);
    dc_writer_clear(&w);
    dc_writer_clear(&again);
    return 0;
}
