/* SPDX-License-Identifier: MIT
 *
 * Reads fixtures.bin record by record, building each case's model as its nodes come by.
 */
#include "fixture.h"

#include "dcomp/file.h"

static const char *get_text(dc_reader *r, dc_arena *arena)
{
    return dc_get_text(r, 127, arena);
}

static uint32_t get_count(dc_reader *r, uint32_t limit)
{
    const uint32_t n = dc_get_u32(r);
    assert_true(n <= limit);
    return n;
}

static void get_case(fixture_case *c, dc_reader *r, dc_arena *arena)
{
    dc_input input = { .scale = { 1, 1, 1, 1 } };
    c->name = get_text(r, arena);
    c->n = dc_get_u32(r);
    input.shape.n_dims = get_count(r, DC_MAX_DIMS);
    for (uint32_t i = 0; i < input.shape.n_dims; i++)
        input.shape.dims[i] = dc_get_u32(r);
    assert_ok(dc_model_new(&c->model, c->name, &input));
}

static double get_f64(dc_reader *r)
{
    const uint64_t bits = dc_get_u64(r);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void get_attr(double *attrs, dc_reader *r, dc_arena *arena)
{
    const char *name = get_text(r, arena);
    const double value = get_f64(r);
    int attr = 0;
    while (attr < DC_N_ATTRS && strcmp(dc_attr_name((dc_attr)attr), name) != 0)
        attr++;
    if (attr == DC_N_ATTRS)
        fail_msg("unknown attribute \"%s\"", name);
    attrs[attr] = value;
}

static void get_node(fixture_case *c, dc_reader *r, dc_arena *arena)
{
    uint32_t inputs[8];
    double attrs[DC_N_ATTRS];
    const char *name = get_text(r, arena), *op = get_text(r, arena);
    const uint32_t n_inputs = get_count(r, DC_COUNT_OF(inputs));
    for (uint32_t i = 0; i < n_inputs; i++)
        inputs[i] = dc_get_u32(r);
    const dc_op_kind *kind = dc_op_kind_named(op);
    assert_non_null(kind);
    dc_attrs_init(attrs, kind->op);
    for (uint32_t n_attrs = get_count(r, DC_N_ATTRS); n_attrs > 0; n_attrs--)
        get_attr(attrs, r, arena);
    assert_ok(dc_model_add(c->model, name, kind->op, inputs, n_inputs, attrs, true));
}

static void get_tensor(fixture_case *c, dc_reader *r, dc_arena *arena)
{
    assert_true(c->n_tensors < FIXTURE_MAX_TENSORS);
    fixture_tensor *tensor = &c->tensors[c->n_tensors++];
    tensor->name = get_text(r, arena);
    tensor->n_values = get_count(r, UINT32_C(1) << 24);
    float *values = dc_arena_take(arena, tensor->n_values, sizeof *values);
    assert_ok(arena->status);
    for (uint64_t i = 0; i < tensor->n_values; i++)
        values[i] = dc_get_f32(r);
    tensor->values = values;
}

static void end_case(fixture_case *c, dc_reader *r)
{
    c->output = dc_get_u32(r);
    assert_true(c->output < c->model->n_nodes);
    for (uint32_t i = 0; i < c->model->n_params; i++) {
        dc_param *param = &c->model->params[i];
        const fixture_tensor *truth = fixture_need(c, "", param->name);
        assert_int_equal(truth->n_values, param->n_values);
        memcpy(param->values, truth->values, param->n_values * sizeof *param->values);
    }
}

static void get_cases(fixture *f, dc_reader *r)
{
    while (r->status == DC_OK && dc_reader_left(r) > 0) {
        assert_true(f->n_cases < FIXTURE_MAX_CASES);
        fixture_case *c = &f->cases[f->n_cases];
        switch (dc_get_u8(r)) {
        case 'C': get_case(c, r, &f->arena); break;
        case 'N': get_node(c, r, &f->arena); break;
        case 'T': get_tensor(c, r, &f->arena); break;
        case 'E': end_case(c, r), f->n_cases++; break;
        default: fail_msg("unknown record");
        }
    }
    assert_ok(r->status);
}

int fixture_open(void **state)
{
    dc_file_view file;
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_ok(dc_file_open(&file, DCOMP_TESTS_DIR "/reference/fixtures.bin", 0));
    dc_reader r = dc_reader_over(file.data, file.size, "fixtures.bin");
    const uint8_t *magic = dc_get_bytes(&r, 8);
    assert_non_null(magic);
    assert_memory_equal(magic, "DCREF001", 8);
    get_cases(f, &r);
    dc_file_close(&file);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    fixture *f = *state;
    for (uint32_t i = 0; i < f->n_cases; i++)
        dc_model_free(f->cases[i].model);
    dc_arena_clear(&f->arena);
    free(f);
    return 0;
}

const fixture_tensor *fixture_find(const fixture_case *c, const char *prefix, const char *name)
{
    const size_t n_prefix = strlen(prefix);
    for (uint32_t i = 0; i < c->n_tensors; i++)
        if (strncmp(c->tensors[i].name, prefix, n_prefix) == 0 &&
            strcmp(c->tensors[i].name + n_prefix, name) == 0)
            return &c->tensors[i];
    return NULL;
}

const fixture_tensor *fixture_need(const fixture_case *c, const char *prefix, const char *name)
{
    const fixture_tensor *tensor = fixture_find(c, prefix, name);
    if (tensor == NULL)
        fail_msg("%s: no tensor \"%s%s\"", c->name, prefix, name);
    return tensor;
}

void fixture_compare(fixture_score *score, const fixture_tensor *truth, const float *actual,
                     uint64_t n_values)
{
    double largest = FIXTURE_SMALL, worst = 0;
    if (truth->n_values != n_values)
        fail_msg("%s: \"%s\" has %u values, wanted %u", score->of->name, truth->name,
                 (unsigned)n_values, (unsigned)truth->n_values);
    for (uint64_t i = 0; i < n_values; i++) {
        const double error = fabs((double)actual[i] - (double)truth->values[i]);
        largest = DC_MAX(largest, fabs((double)truth->values[i]));
        worst = isnan(error) ? (double)INFINITY : DC_MAX(worst, error);
    }
    score->n_tensors++;
    if (worst / largest >= score->worst) {
        score->worst = worst / largest;
        score->where = truth->name;
    }
}

void fixture_conclude(const fixture_score *score)
{
    print_message("%-16s %-36s %2u tensors, max difference %.1e in \"%s\" (bound %.0e)\n",
                  score->text, score->of->name, (unsigned)score->n_tensors, score->worst,
                  score->where, score->bound);
    if (!(score->worst <= score->bound))
        fail_msg("%s, %s: \"%s\" differs by %g of its largest value", score->text,
                 score->of->name, score->where, score->worst);
}
