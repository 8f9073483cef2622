/* SPDX-License-Identifier: MIT
 *
 * JPEG pictures, by the data room's door: the input is the file of a data set of one. What can be
 * decoded is a picture within the limits and is the same sample at every reading; what cannot is
 * left out, and is a failure to who asks strictly. Without libjpeg all are refused when opened.
 */
#include "fuzz.h"

#include "dcomp/data.h"

#define SIDE 16u

static const dc_input the_input = { .resize = DC_RESIZE_WARP,
                                    .resize_size = SIDE + 3,
                                    .channels = DC_CHANNELS_RGB,
                                    .scale = { 1, 1, 1, 1 } };

static dc_status look_at(const dc_source *source)
{
    dc_arena arena = { 0 };
    dc_image image;
    const dc_status status = dc_data_picture(&image, source, 0, &arena);
    if (status == DC_OK) {
        FUZZ_CHECK(image.width > 0 && image.width <= DC_IMAGE_MAX_SIDE);
        FUZZ_CHECK(image.height > 0 && image.height <= DC_IMAGE_MAX_SIDE);
        FUZZ_CHECK(image.n_channels == 1 || image.n_channels == 3);
        dc_hash64(0, image.pixels, (uint64_t)image.width * image.height * image.n_channels);
    }
    dc_arena_clear(&arena);
    return status;
}

static void read_sample(const dc_source *source, bool is_picture)
{
    static float x[2][3 * SIDE * SIDE];
    const uint64_t index = 0;
    for (int round = 0; round < 2; round++) {
        int32_t label = 0;
        FUZZ_CHECK(source->read(source, &index, 1, 0, x[round], &label) == DC_OK);
        FUZZ_CHECK(is_picture ? label == 7 : label == DC_UNREADABLE);
    }
    FUZZ_CHECK(memcmp(x[0], x[1], sizeof x[0]) == 0);
    for (size_t i = 0; i < DC_COUNT_OF(x[0]); i++)
        FUZZ_CHECK(x[0][i] >= 0 && x[0][i] <= 255);
    FUZZ_CHECK((source->read(source, &index, 1, 0, x[0], NULL) == DC_OK) == is_picture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char spec[80];
    dc_input input = the_input;
    dc_source *source = NULL;
    input.shape = dc_shape_of(3, 3, SIDE, SIDE, 0);
    fuzz_file("p.jpg", data, n);
    fuzz_file("labels.txt", (const uint8_t *)"p.jpg 7\n", 8);
    snprintf(spec, sizeof spec, "images:%s", fuzz_folder());
    const dc_status status = dc_data_open(&source, spec, DC_SPLIT_TEST, &input, 0, 1);
    if (status == DC_EUNSUPPORTED)
        return 0;
    FUZZ_CHECK(status == DC_OK);
    const dc_status seen = look_at(source);
    if (seen != DC_ENOMEM)
        read_sample(source, seen == DC_OK);
    dc_source_close(source);
    if (fuzz_fault_begin(data, n)) {
        const dc_status again = dc_data_open(&source, spec, DC_SPLIT_TEST, &input, 0, 1);
        if (again == DC_OK) {
            (void)look_at(source);
            dc_source_close(source);
        }
        fuzz_fault_end();
    }
    return 0;
}
