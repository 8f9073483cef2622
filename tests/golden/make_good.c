/* SPDX-License-Identifier: MIT
 *
 * golden_make_good FOLDER: writes the golden files that are not there yet. A file that is there
 * stays: it was released, and later writers may well choose other bytes for the same model.
 */
#include <stdio.h>

#include "dcomp/file.h"
#include "dcomp/format.h"
#include "golden/sample_models.h"

typedef dc_status make_fn(dc_model **out);

static dc_status lenet_of(dc_model **out, const sample_fill *weights, const sample_fill *biases)
{
    DC_TRY(sample_lenet(out, 16, 6, 8, 60));
    sample_fill_role(*out, DC_ROLE_WEIGHT, weights, 11);
    sample_fill_role(*out, DC_ROLE_BIAS, biases, 5);
    return DC_OK;
}

static dc_status make_dense(dc_model **out)
{
    const sample_fill fill = { .density = 1 };
    return lenet_of(out, &fill, &fill);
}

static dc_status make_half(dc_model **out)
{
    const sample_fill fill = { .density = 1, .is_half = true };
    return lenet_of(out, &fill, &fill);
}

static dc_status make_sparse(dc_model **out)
{
    const sample_fill fill = { .density = 0.15, .is_pruned = true }, biases = { .density = 1 };
    return lenet_of(out, &fill, &biases);
}

static dc_status make_sparse_half(dc_model **out)
{
    const sample_fill fill = { .density = 0.15, .is_half = true, .is_pruned = true };
    return lenet_of(out, &fill, &fill);
}

static dc_status make_shared(dc_model **out)
{
    const sample_fill fill = { .density = 1, .n_distinct = 13, .is_shared = true };
    return lenet_of(out, &fill, &fill);
}

static dc_status make_packed(dc_model **out)
{
    const sample_fill fill = { .density = 0.1, .n_distinct = 15, .is_pruned = true,
                               .is_shared = true };
    const sample_fill biases = { .density = 1, .is_half = true };
    return lenet_of(out, &fill, &biases);
}

static dc_status make_packed_half(dc_model **out)
{
    const sample_fill fill = { .density = 0.1, .n_distinct = 7, .is_half = true, .is_pruned = true,
                               .is_shared = true };
    DC_TRY(lenet_of(out, &fill, &fill));
    (*out)->n_reference_values = dc_model_n_values(*out) + 12345;
    return DC_OK;
}

static dc_status make_column_major(dc_model **out)
{
    const sample_fill fill = { .density = 0.3, .n_distinct = 9, .is_by_column = true };
    return sample_layer(out, 120, 70, &fill);
}

static dc_status make_column_major_sparse(dc_model **out)
{
    const sample_fill fill = { .density = 0.1, .is_half = true, .is_by_column = true };
    return sample_layer(out, 200, 70, &fill);
}

static dc_status make_zero(dc_model **out)
{
    const sample_fill fill = { .density = 0, .is_pruned = true };
    return sample_layer(out, 100, 1000, &fill);
}

static dc_status make_single(dc_model **out)
{
    const sample_fill fill = { .density = 1 };
    return sample_layer(out, 1, 1, &fill);
}

static dc_status make_one_value(dc_model **out)
{
    const sample_fill fill = { .density = 1, .n_distinct = 1, .is_shared = true };
    return sample_layer(out, 300, 300, &fill);
}

static dc_status make_full_codebook(dc_model **out)
{
    const sample_fill fill = { .density = 1, .n_distinct = 256, .is_half = true };
    return sample_layer(out, 100, 70, &fill);
}

/* Streams of more than 65536 symbols, which have jumps. */
static dc_status make_long_streams(dc_model **out)
{
    const sample_fill fill = { .density = 0.9, .n_distinct = 3, .is_half = true };
    return sample_layer(out, 300, 250, &fill);
}

static dc_status make_rising(dc_model **out)
{
    const sample_fill fill = { .density = 1, .n_distinct = 200, .is_shared = true };
    return sample_layer(out, 100, 70, &fill);
}

static dc_status make_rising_packed(dc_model **out)
{
    const sample_fill fill = { .density = 0.3, .n_distinct = 255, .is_half = true,
                               .is_pruned = true, .is_shared = true };
    return sample_layer(out, 200, 70, &fill);
}

/* Streams of under 65536 symbols, gaps and codes with rANS. */
static dc_status make_rans_packed(dc_model **out)
{
    const sample_fill fill = { .density = 0.35, .n_distinct = 15, .is_half = true,
                               .is_pruned = true, .is_shared = true };
    return sample_layer(out, 200, 300, &fill);
}

static dc_status make_no_params(dc_model **out)
{
    const dc_input input = sample_input(1, 8);
    DC_TRY(dc_model_new(out, "model", &input));
    return sample_add(*out, "relu1", DC_OP_RELU, 0, 0, 0);
}

static dc_status make_ends(dc_model **out)
{
    const dc_end image = { .name = "image", .has_shape = true, .shape = { 2, { 2, 3, 0, 0 } } };
    const dc_end scores = { .name = "class scores", .has_shape = true };
    const sample_fill fill = { .density = 1 };
    DC_TRY(sample_layer(out, 1, 6, &fill));
    return dc_model_set_ends(*out, &image, &scores);
}

/* ---- version 2 ------------------------------------------------------------------------------- */

enum { LEVELS_OF_GRID, LEVELS_OF_TRELLIS, LEVELS_OF_ROWS };

/* Small levels, many of them 0, on a grid of each parameter's own. */
static void fill_levels(dc_param *param, int kind, uint64_t seed)
{
    enum { MOST = 9 };
    int16_t levels[1 << 13];
    dc_rng rng;
    const float step = dc_grid_step(0.004 * (double)(seed % 7 + 1), 4);
    const uint64_t n = DC_MIN(param->n_values, DC_COUNT_OF(levels));
    const uint64_t n_cols = n / param->shape.dims[0];
    dc_rng_init(&rng, seed, 2);
    for (uint64_t i = 0; i < n; i++) {
        const int size = (int)dc_rng_below(&rng, 8) - 4;
        levels[i] = (int16_t)(size <= 0 ? 0 : i % MOST == 0 ? MOST : size);
        if (dc_rng_below(&rng, 2) == 0)
            levels[i] = (int16_t)-levels[i];
    }
    if (kind == LEVELS_OF_TRELLIS)
        dc_trellis_values(param->values, levels, n, step);
    for (uint64_t i = 0; kind != LEVELS_OF_TRELLIS && i < n; i++)
        param->values[i] = (float)levels[i] *
                           (kind == LEVELS_OF_ROWS
                                ? dc_grid_step(0.01 + 0.003 * (double)(i / n_cols), 4)
                                : step);
    param->is_pruned = true;
}

static dc_status make_levels(dc_model **out, int kind)
{
    DC_TRY(sample_lenet(out, 16, 6, 8, 60));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        fill_levels(&(*out)->params[i], kind, i);
    return DC_OK;
}

static dc_status make_grid(dc_model **out)
{
    return make_levels(out, LEVELS_OF_GRID);
}

static dc_status make_trellis(dc_model **out)
{
    return make_levels(out, LEVELS_OF_TRELLIS);
}

static dc_status make_rows(dc_model **out)
{
    return make_levels(out, LEVELS_OF_ROWS);
}

/* One step of 8 bits, levels up to thousands. */
static dc_status make_wide_grid(dc_model **out)
{
    const sample_fill fill = { .density = 1 };
    DC_TRY(sample_layer(out, 40, 60, &fill));
    for (uint64_t i = 0; i < (*out)->params[0].n_values; i++)
        (*out)->params[0].values[i] = (float)((i * i * 7919 % 6007) / (i % 5 == 0 ? 1 : 40)) *
                                      (i % 3 == 0 ? -0x1.fep-12f : 0x1.fep-12f);
    return DC_OK;
}

/* Shared values, most of them in one corner, which coders of whole layers see. */
static dc_status make_corner(dc_model **out, uint32_t n_distinct)
{
    const sample_fill fill = { .density = 0.5, .n_distinct = n_distinct, .is_pruned = true,
                               .is_shared = true };
    DC_TRY(sample_layer(out, 150, 120, &fill));
    for (uint32_t i = 0; i < 150 * 120; i++)
        if (i / 120 > 50 + i % 7 || i % 120 > 60)
            (*out)->params[0].values[i] = 0;
    return DC_OK;
}

static dc_status make_values(dc_model **out)
{
    return make_corner(out, 15);
}

static dc_status make_many_values(dc_model **out)
{
    return make_corner(out, 255);
}

#define CODED { .level = DC_LEVEL_CODED }
#define WITH_LITE { .level = DC_LEVEL_CODED, .level_coder_mask = 1u << 1 }
#define WITH_MIX { .level = DC_LEVEL_CODED, .level_coder_mask = 1u << 2 }
#define WITH_BEST { .level = DC_LEVEL_CODED, .level_coder_mask = 1u << 1 | 1u << 2 }
#define STRIPPED_BEST { .level = DC_LEVEL_CODED, .is_stripped = true, .level_coder_mask = 6 }
#define WITH_RANS { .level = DC_LEVEL_CODED, .coder_mask = 1u << 0 | 1u << 1 | 1u << 3 }
#define STRIPPED { .level = DC_LEVEL_CODED, .is_stripped = true }

static const struct golden {
    const char *name;
    make_fn *make;
    dc_write_settings settings;
} goldens[] = {
    { "v1_0_dense_f32", make_dense, { .level = DC_LEVEL_DENSE } },
    { "v1_0_dense_f16", make_half, CODED },
    { "v1_0_sparse_f32", make_sparse, CODED },
    { "v1_0_sparse_f32_raw", make_sparse, { .level = DC_LEVEL_PLAIN } },
    { "v1_0_sparse_f16", make_sparse_half, CODED },
    { "v1_0_shared", make_shared, CODED },
    { "v1_0_shared_raw", make_shared, { .level = DC_LEVEL_PLAIN } },
    { "v1_0_packed", make_packed, CODED },
    { "v1_0_packed_raw", make_packed, { .level = DC_LEVEL_PLAIN } },
    { "v1_0_packed_gaps_2", make_packed, { .level = DC_LEVEL_CODED, .gap_bits = 2 } },
    { "v1_0_packed_gaps_5_raw", make_packed, { .level = DC_LEVEL_PLAIN, .gap_bits = 5 } },
    { "v1_0_packed_as_f32", make_packed, { .level = DC_LEVEL_DENSE } },
    { "v1_0_packed_stripped", make_packed, STRIPPED },
    { "v1_0_packed_f16", make_packed_half, CODED },
    { "v1_0_column_major", make_column_major, CODED },
    { "v1_0_column_major_sparse", make_column_major_sparse, CODED },
    { "v1_0_every_op", sample_every_op, CODED },
    { "v1_0_every_op_stripped", sample_every_op, STRIPPED },
    { "v1_0_later_ops", sample_later_ops, CODED },
    { "v1_0_later_ops_stripped", sample_later_ops, STRIPPED },
    { "v1_0_vector_ops", sample_vector_ops, CODED },
    { "v1_0_vector_ops_stripped", sample_vector_ops, STRIPPED },
    { "v1_0_curves", sample_curves, CODED },
    { "v1_0_more_ops", sample_more_ops, CODED },
    { "v1_0_more_ops_stripped", sample_more_ops, STRIPPED },
    { "v1_0_slices_back", sample_slices_back, CODED },
    { "v1_0_zero", make_zero, CODED },
    { "v1_0_single", make_single, CODED },
    { "v1_0_one_value", make_one_value, CODED },
    { "v1_0_full_codebook", make_full_codebook, CODED },
    { "v1_0_long_streams", make_long_streams, CODED },
    { "v1_0_rising", make_rising, CODED },
    { "v1_0_rising_packed_f16", make_rising_packed, CODED },
    { "v1_0_rans_packed", make_rans_packed, WITH_RANS },
    { "v1_0_rans_long_streams", make_long_streams, WITH_RANS },
    { "v1_0_no_params", make_no_params, STRIPPED },
    { "v1_1_ends", make_ends, CODED },
    { "v2_0_every_op", sample_every_op, WITH_BEST },
    { "v2_0_every_op_stripped", sample_every_op, STRIPPED_BEST },
    { "v2_0_ends", make_ends, WITH_BEST },
    { "v2_0_no_params", make_no_params, STRIPPED_BEST },
    { "v2_0_zero", make_zero, STRIPPED_BEST },
    { "v2_0_dense_f32", make_dense, STRIPPED_BEST },
    { "v2_0_grid_lite", make_grid, WITH_LITE },
    { "v2_0_grid_mix", make_grid, WITH_MIX },
    { "v2_0_trellis_lite", make_trellis, WITH_LITE },
    { "v2_0_trellis_mix", make_trellis, WITH_MIX },
    { "v2_0_rows_lite", make_rows, WITH_LITE },
    { "v2_0_rows_mix", make_rows, WITH_MIX },
    { "v2_0_wide_grid_lite", make_wide_grid, WITH_LITE },
    { "v2_0_wide_grid_mix", make_wide_grid, WITH_MIX },
    { "v2_0_values_lite", make_values, WITH_LITE },
    { "v2_0_values_mix", make_values, WITH_MIX },
    { "v2_0_values_255_lite", make_many_values, WITH_LITE },
    { "v2_0_values_255_mix", make_many_values, WITH_MIX },
    { "v2_0_halves_mix", make_packed_half, WITH_MIX },
    { "v2_0_grid_stripped", make_grid, STRIPPED_BEST },
    { "v2_0_sequences", sample_sequences, WITH_BEST },
    { "v2_0_gates", sample_gates, WITH_BEST },
};

static dc_status make(const struct golden *g, const char *folder)
{
    dc_model *model = NULL;
    dc_arena arena = { 0 };
    const char *path = dc_arena_print(&arena, "%s/%s.dcm", folder, g->name);
    dc_status status = arena.status;
    if (status == DC_OK && !dc_file_exists(path)) {
        status = g->make(&model);
        if (status == DC_OK)
            status = dc_model_write(path, model, &g->settings, false, NULL, &arena);
        dc_model_free(model);
    }
    dc_arena_clear(&arena);
    return status;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < DC_COUNT_OF(goldens); i++)
        if (make(&goldens[i], argv[1]) < 0) {
            fprintf(stderr, "%s: %s\n", goldens[i].name, dc_message());
            return 1;
        }
    return argc == 2 ? 0 : 2;
}
