/* SPDX-License-Identifier: MIT
 *
 * Levels as codes and gaps: slices joined in any order are the packed layer of all levels, and a
 * file that is read to be run keeps its large layers so.
 */
#include "format_helpers.h"

#include "level_packing.h"

enum { LITE = 5, MIX = 6 }; /* words of dc_write_coder_words */

/* ---- slices ---------------------------------------------------------------------------------- */

typedef struct layer {
    dc_level_book book;
    dc_level_shape shape;
    uint64_t n_cols;
    int16_t *levels;
    float *values;
} layer;

static layer layer_of(dc_rng *rng, uint32_t one_in, dc_arena *arena)
{
    static const dc_level_shape shapes[] = { { 1, 1, 1, 1 }, { 40, 7, 1, 1 }, { 33, 5, 3, 3 },
                                             { 64, 1500, 1, 1 } };
    layer l = { .shape = shapes[dc_rng_below(rng, DC_COUNT_OF(shapes))] };
    l.book = (dc_level_book){ .kind = BOOK_GRID, .n_above = 3, .n_below = 252, .step = 0.25f };
    l.n_cols = (uint64_t)l.shape.n_inputs * l.shape.height * l.shape.width;
    const uint64_t n = l.shape.n_rows * l.n_cols;
    l.levels = dc_arena_take(arena, n, sizeof *l.levels);
    l.values = dc_arena_take(arena, n, sizeof *l.values);
    assert_ok(arena->status);
    for (uint64_t i = 0; i < n; i++)
        if (dc_rng_below(rng, one_in) == 0)
            l.levels[i] = (int16_t)((int)dc_rng_below(rng, 256) - 252);
    dc_levels_value(l.values, &l.book, &l.shape, l.levels);
    return l;
}

/* The slices are given from the last to the first. */
static void check_joined(const layer *l, uint32_t n_slices, dc_arena *arena)
{
    dc_level_packing packing = { 0 };
    dc_packed packed;
    const uint64_t n = l->shape.n_rows * l->n_cols;
    float *values = dc_arena_take(arena, n, sizeof *values);
    assert_ok(dc_level_packing_begin(&packing, &l->book, &l->shape));
    for (uint32_t s = n_slices; s-- > 0;) {
        const uint32_t first = (uint32_t)dc_part_start(l->shape.n_rows, s, n_slices);
        const uint32_t end = (uint32_t)dc_part_start(l->shape.n_rows, s + 1, n_slices);
        const dc_level_rows rows = { s, first, end - first, l->levels + first * l->n_cols };
        assert_ok(dc_level_packing_take(&packing, &rows));
    }
    assert_ok(dc_level_packing_end(&packed, &packing, arena));
    dc_level_packing_clear(&packing);
    assert_ok(dc_packed_check(&packed));
    dc_unpack(values, &packed);
    assert_memory_equal(values, l->values, n * sizeof *values);
}

static void slices_are_joined_whatever_lies_between_them(void **state)
{
    (void)state;
    static const uint32_t one_in[] = { 1, 2, 10, 300, 3000, 1000000 };
    dc_rng rng;
    dc_rng_init(&rng, 3, 0);
    for (unsigned i = 0; i < 120; i++) {
        dc_arena arena = { 0 };
        const layer l = layer_of(&rng, one_in[i % DC_COUNT_OF(one_in)], &arena);
        const uint32_t most = DC_MIN(l.shape.n_rows, DC_MAX_LEVEL_SLICES);
        check_joined(&l, 1, &arena);
        check_joined(&l, 1 + (uint32_t)dc_rng_below(&rng, most), &arena);
        dc_arena_clear(&arena);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A tenth is not 0. Levels up to 20 are the rarer the larger they are, so that a coder of levels is
 * worth it; of more, all are there. */
static void fill(dc_param *p, int most, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    for (uint64_t i = 0; i < p->n_values; i++) {
        int size = dc_rng_below(&rng, 10) > 0 ? 0 : 1;
        while (size > 0 && size < most && most <= 20 && dc_rng_below(&rng, 3) > 0)
            size++;
        if (size > 0 && most > 20)
            size += (int)dc_rng_below(&rng, (uint32_t)most);
        p->values[i] = (float)(dc_rng_below(&rng, 2) == 0 ? size : -size) / 8 + 0.0f;
    }
    p->values[0] = (float)most / 8;
    p->values[1] = -p->values[0];
}

/* Which are packed: those that are large and have few levels. */
static void check_read(const dc_model *m, const dc_writer *w)
{
    dc_arena arena = { 0 };
    dc_model *back = decoded(w, DC_READ_TO_RUN);
    assert_non_null(back->params[0].packed);
    assert_null(back->params[0].values);
    assert_null(back->params[2].packed);
    assert_null(back->params[4].packed);
    const dc_packed *packed = back->params[0].packed;
    float *values = dc_arena_take(&arena, m->params[0].n_values, sizeof *values);
    assert_ok(arena.status);
    assert_ok(dc_packed_check(packed));
    dc_unpack(values, packed);
    assert_memory_equal(values, m->params[0].values, m->params[0].n_values * sizeof *values);
    for (uint32_t i = 1; i < m->n_params; i++)
        assert_memory_equal(back->params[i].values, m->params[i].values,
                            m->params[i].n_values * sizeof(float));
    dc_model_free(back);
    dc_arena_clear(&arena);
}

static void large_layers_of_few_levels_are_read_as_codes_and_gaps(void **state)
{
    (void)state;
    const dc_input input = sample_input(1, 24);
    dc_model *m = NULL;
    assert_ok(dc_model_new(&m, "large", &input));
    assert_ok(sample_add(m, "few", DC_OP_LINEAR, 520, 0, 0));
    assert_ok(sample_add(m, "many", DC_OP_LINEAR, 520, 0, 0));
    assert_ok(sample_add(m, "small", DC_OP_LINEAR, 10, 0, 0));
    fill(&m->params[0], 20, 1);
    fill(&m->params[2], 200, 2);
    fill(&m->params[4], 20, 3);
    for (uint32_t word = LITE; word <= MIX; word++) {
        dc_write_settings settings = settings_of(DC_LEVEL_CODED);
        dc_write_allow(&settings, word);
        dc_writer w = encoded(m, &settings, NULL, NULL);
        for (unsigned jobs = 1; jobs <= 2; jobs++) {
            dc_pool_set_jobs(jobs);
            check_read(m, &w);
        }
        dc_pool_set_jobs(1);
        dc_model *back = decoded(&w, DC_READ_PACKED);
        assert_null(back->params[0].packed); /* no row of the file says codes and gaps */
        dc_model_free(back);
        dc_writer_clear(&w);
    }
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_joined_whatever_lies_between_them),
        cmocka_unit_test(large_layers_of_few_levels_are_read_as_codes_and_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
