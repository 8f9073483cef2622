/* SPDX-License-Identifier: MIT
 *
 * NumPy files as data sets: a byte that picks the model's input, two bytes that say how many of the
 * rest are the file of samples, then that file and the file of labels (none when it is empty). What
 * can be opened can be read to the end, with labels inside the classes.
 */
#include "fuzz.h"

#include "dcomp/data.h"

static const fuzz_layout layout = { .n_options = 1, .n_parts = 2 };

#define N_MOST 64u /* samples looked at */

static const uint32_t shapes[][4] = { /* n_dims, dims */
    { 1, 4, 0, 0 }, { 3, 1, 2, 3 }, { 3, 3, 2, 2 }, { 3, 1, 1, 1 }, { 2, 2, 3, 0 }, { 3, 4, 1, 2 }
};

static dc_input input_for(uint8_t option)
{
    const uint32_t *s = shapes[option % DC_COUNT_OF(shapes)];
    return (dc_input){ .shape = dc_shape_of(s[0], s[1], s[2], s[3], 0),
                       .resize = option & 0x40 ? DC_RESIZE_WARP : DC_RESIZE_NONE,
                       .channels = s[1] == 1 ? DC_CHANNELS_GREY : DC_CHANNELS_RGB,
                       .scale = { 1, 1, 1, 1 } };
}

static void read_all(const dc_source *source)
{
    float x[16];
    FUZZ_CHECK(source->n_samples > 0);
    FUZZ_CHECK(dc_shape_count(&source->shape) <= DC_COUNT_OF(x));
    for (uint64_t i = 0; i < source->n_samples && i < N_MOST; i++) {
        const uint64_t index = i % 2 ? i : source->n_samples - 1 - i;
        int32_t label = -2;
        FUZZ_CHECK(source->read(source, &index, 1, 0, x, &label) == DC_OK);
        FUZZ_CHECK(source->is_labelled ? label >= 0 && (uint32_t)label < source->n_classes
                                       : label == -1);
    }
}

static void try(const char *spec, const dc_input *input, uint64_t limit)
{
    dc_source *source = NULL;
    if (dc_data_open(&source, spec, DC_SPLIT_TEST, input, limit, 1) == DC_OK) {
        read_all(source);
        dc_source_close(source);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    const dc_input input = input_for(data[0]);
    const uint64_t limit = data[0] & 0x80 ? 2 : 0;
    dc_source *source = NULL;
    char spec[200];
    fuzz_file("x.npy", parts[0].data, parts[0].n);
    fuzz_file("y.npy", parts[1].data, parts[1].n);
    snprintf(spec, sizeof spec, parts[1].n > 0 ? "npy:%s/x.npy,%s/y.npy" : "npy:%s/x.npy",
             fuzz_folder(), fuzz_folder());
    try(spec, &input, limit);
    if (fuzz_fault_begin(data, n)) {
        const dc_status status = dc_data_open(&source, spec, DC_SPLIT_TEST, &input, limit, 1);
        fuzz_fault_end();
        if (status == DC_OK)
            dc_source_close(source);
    }
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
