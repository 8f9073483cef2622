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

#define CODED { .level = DC_LEVEL_CODED }
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
