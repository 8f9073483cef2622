/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

/* A sound sparse layer of 2x8 with one filler, and a dense one of 2x2, to be broken. */
typedef struct fixture {
    float codebook[3];
    uint8_t codes[4], gaps[4];
    dc_packed packed;
} fixture;

static void make_sparse(fixture *f)
{
    *f = (fixture){.codebook = {0, -1, 2}, .codes = {1, 0, 2, 1}, .gaps = {0, 3, 3, 2}};
    f->packed = (dc_packed){.n_rows = 2, .n_cols = 8, .gap_bits = 2, .n_codebook = 3,
                            .codebook = f->codebook, .n_entries = 4, .n_nonzero = 3,
                            .codes = f->codes, .gaps = f->gaps};
}

static void make_dense(fixture *f)
{
    *f = (fixture){.codebook = {-1, 0, 2}, .codes = {1, 0, 2, 1}};
    f->packed = (dc_packed){.n_rows = 2, .n_cols = 2, .is_dense = true, .n_codebook = 3,
                            .codebook = f->codebook, .n_entries = 4, .n_nonzero = 2,
                            .codes = f->codes};
}

static void is_corrupt(const fixture *f)
{
    assert_fails(DC_ECORRUPT, dc_packed_check(&f->packed));
}

static void sound_layers_pass(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    assert_ok(dc_packed_check(&f.packed));
    make_dense(&f);
    assert_ok(dc_packed_check(&f.packed));
}

static void fillers_unpack_to_zero(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    float values[16];
    const float expected[16] = {[0] = -1, [8] = 2, [11] = -1};
    dc_unpack(values, &f.packed);
    for (int i = 0; i < 16; i++)
        assert_near(values[i], expected[i], 0);
}

static void a_broken_codebook_is_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.codebook[0] = 0.5f;
    is_corrupt(&f);
    make_sparse(&f);
    f.codebook[0] = -0.0f;
    is_corrupt(&f);
    make_sparse(&f);
    f.codebook[1] = NAN;
    is_corrupt(&f);
    make_dense(&f);
    f.codebook[2] = INFINITY;
    is_corrupt(&f);
    make_sparse(&f);
    f.packed.n_codebook = 0;
    is_corrupt(&f);
    f.packed.n_codebook = 257;
    is_corrupt(&f);
    make_sparse(&f);
    f.packed.codebook = NULL;
    is_corrupt(&f);
}

static void codes_outside_the_codebook_are_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.codes[3] = 3;
    is_corrupt(&f);
    make_dense(&f);
    f.codes[0] = 255;
    is_corrupt(&f);
}

static void code_zero_without_the_widest_gap_is_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.gaps[1] = 2;
    is_corrupt(&f);
}

static void gaps_wider_than_their_bits_are_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.gaps[0] = 4;
    is_corrupt(&f);
    make_sparse(&f);
    f.packed.gap_bits = 1;
    is_corrupt(&f);
    f.packed.gap_bits = 9;
    is_corrupt(&f);
}

static void a_position_outside_the_matrix_is_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.packed.n_cols = 6;
    assert_ok(dc_packed_check(&f.packed)); /* 12 positions, the last is 11 */
    f.packed.n_rows = 1;
    f.packed.n_cols = 11;
    is_corrupt(&f);
    f.packed.n_cols = 3;
    is_corrupt(&f); /* more entries than weights */
    f.packed.n_cols = 0;
    is_corrupt(&f);
}

static void wrong_counts_are_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.packed.n_nonzero = 4;
    is_corrupt(&f);
    make_dense(&f);
    f.packed.n_nonzero = 3;
    is_corrupt(&f);
    make_dense(&f);
    f.packed.n_entries = 3;
    is_corrupt(&f);
}

static void missing_arrays_are_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.packed.codes = NULL;
    is_corrupt(&f);
    make_sparse(&f);
    f.packed.gaps = NULL;
    is_corrupt(&f);
    make_dense(&f);
    f.packed.gaps = f.gaps;
    is_corrupt(&f);
    make_dense(&f);
    f.packed.gap_bits = 4;
    is_corrupt(&f);
}

static void a_matrix_over_the_limit_is_refused(void **state)
{
    (void)state;
    fixture f;
    make_sparse(&f);
    f.packed.n_rows = f.packed.n_cols = UINT32_MAX;
    assert_fails(DC_ELIMIT, dc_packed_check(&f.packed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_layers_pass),
        cmocka_unit_test(fillers_unpack_to_zero),
        cmocka_unit_test(a_broken_codebook_is_refused),
        cmocka_unit_test(codes_outside_the_codebook_are_refused),
        cmocka_unit_test(code_zero_without_the_widest_gap_is_refused),
        cmocka_unit_test(gaps_wider_than_their_bits_are_refused),
        cmocka_unit_test(a_position_outside_the_matrix_is_refused),
        cmocka_unit_test(wrong_counts_are_refused),
        cmocka_unit_test(missing_arrays_are_refused),
        cmocka_unit_test(a_matrix_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
