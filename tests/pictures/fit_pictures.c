/* SPDX-License-Identifier: MIT
 *
 * fit_pictures warp|short SIZE CROP FILE...: each picture decoded, resized and cropped, as CROP x
 * CROP x 3 bytes on standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

static dc_status put_picture(const char *path, const dc_input *input)
{
    dc_arena arena = { 0 };
    dc_image image;
    dc_status status = data_read_picture(&image, path, &arena);
    if (status == DC_OK)
        status = data_fit(&image, &image, input, &arena);
    for (size_t i = 0; status == DC_OK && i < (size_t)image.width * image.height; i++)
        for (uint32_t c = 0; c < 3; c++)
            putchar(image.pixels[i * image.n_channels + (image.n_channels == 1 ? 0 : c)]);
    dc_arena_clear(&arena);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: fit_pictures warp|short SIZE CROP FILE...\n", stderr);
        return 2;
    }
    const uint32_t crop = (uint32_t)atoi(argv[3]);
    const dc_input input = {
        .shape = dc_shape_of(3, 3, crop, crop, 0),
        .resize = strcmp(argv[1], "warp") == 0 ? DC_RESIZE_WARP : DC_RESIZE_SHORT_SIDE,
        .filter = DC_FILTER_TRIANGLE,
        .resize_size = (uint32_t)atoi(argv[2])
    };
    for (int i = 4; i < argc; i++)
        if (put_picture(argv[i], &input) < 0) {
            fprintf(stderr, "%s\n", dc_message());
            return 1;
        }
    return 0;
}
