/* SPDX-License-Identifier: MIT
 *
 * The data room's IDX reader, by its door: two bytes of options, two bytes that say how many of
 * the rest are the file of pictures, then the two files. What can be opened can be read to the end,
 * with labels inside the classes.
 */
#include "fuzz.h"

#include "dcomp/data.h"

static const fuzz_layout layout = { .n_options = 2, .n_parts = 2 };

#define MAX_PIXELS 65536u

static uint32_t get_u32_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* An input that fits the pictures as their header describes them, so that it is not the reason for
 * a refusal. */
static dc_input input_for(const uint8_t *pictures, size_t n)
{
    dc_input input = { .channels = DC_CHANNELS_GREY };
    const uint32_t height = n >= 16 ? get_u32_be(pictures + 8) : 28;
    const uint32_t width = n >= 16 ? get_u32_be(pictures + 12) : 28;
    input.shape = dc_shape_of(3, 1, height, width, 0);
    if (dc_shape_count(&input.shape) == 0 || dc_shape_count(&input.shape) > MAX_PIXELS)
        input.shape = dc_shape_of(3, 1, 28, 28, 0);
    for (size_t i = 0; i < DC_COUNT_OF(input.scale); i++)
        input.scale[i] = 1.0f / 256;
    return input;
}

static void read_all(const dc_source *source)
{
    static float x[MAX_PIXELS];
    const uint64_t n_values = dc_shape_count(&source->shape);
    FUZZ_CHECK(n_values <= MAX_PIXELS);
    for (uint64_t i = 0; i < source->n_samples && i < 64; i++) {
        const uint64_t index = i % 2 ? i : source->n_samples - 1 - i;
        int32_t label = -1;
        FUZZ_CHECK(source->read(source, &index, 1, 0, x, &label) == DC_OK);
        FUZZ_CHECK(!source->is_labelled || (label >= 0 && (uint32_t)label < source->n_classes));
        for (uint64_t j = 0; j < n_values; j++)
            FUZZ_CHECK(x[j] >= 0.0f && x[j] < 1.0f);
    }
}

/* Labels and pictures as they are opened; again with less memory. */
static void try(const char *spec, dc_split split, const dc_input *input, uint64_t limit,
                const fuzz_part *pictures)
{
    dc_source *source = NULL;
    if (dc_data_open(&source, spec, split, input, limit, 1) == DC_OK) {
        read_all(source);
        dc_source_close(source);
    }
    if (fuzz_fault_begin(pictures->data, pictures->n)) {
        const dc_status status = dc_data_open(&source, spec, split, input, limit, 1);
        fuzz_fault_end();
        if (status == DC_OK)
            dc_source_close(source);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    const bool is_train = data[0] & 1;
    const fuzz_part *pictures = &parts[0], *labels = &parts[1];
    const dc_input input = input_for(pictures->data, pictures->n);
    char spec[80];
    fuzz_file(is_train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte", pictures->data,
              pictures->n);
    fuzz_file(is_train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte", labels->data,
              labels->n);
    snprintf(spec, sizeof spec, "idx:%s", fuzz_folder());
    try(spec, is_train ? DC_SPLIT_TRAIN : DC_SPLIT_TEST, &input, data[1], pictures);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
