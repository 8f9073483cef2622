/* SPDX-License-Identifier: MIT
 *
 * PNG pictures, by the base room's door. Checksums of chunks are made right first, so that
 * mutations reach what is inside. What can be read is within the limits, and is the same again
 * after it was written.
 */
#include "fuzz.h"

#include "dcomp/file.h"

#define SIGNATURE_BYTES 8u
#define CHUNK_BYTES 12u /* length, name, checksum */

static uint32_t get_u32_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void repair(uint8_t *data, size_t n)
{
    if (n >= SIGNATURE_BYTES)
        memcpy(data, "\x89PNG\r\n\x1a\n", SIGNATURE_BYTES);
    for (size_t at = SIGNATURE_BYTES; at + CHUNK_BYTES <= n;) {
        const uint32_t length = get_u32_be(data + at);
        if (length > n - at - CHUNK_BYTES)
            return;
        const uint32_t sum = dc_crc32(0, data + at + 4, (uint64_t)length + 4);
        for (unsigned i = 0; i < 4; i++)
            data[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        at += CHUNK_BYTES + length;
    }
}

static void write_and_read(const dc_image *image, dc_arena *arena)
{
    char path[80];
    dc_file_view view;
    dc_image again;
    snprintf(path, sizeof path, "%s", fuzz_file("again.png", (const uint8_t *)"", 0));
    FUZZ_CHECK(dc_png_write(path, image, true) == DC_OK);
    FUZZ_CHECK(dc_file_open(&view, path, 0) == DC_OK);
    FUZZ_CHECK(dc_png_read(&again, view.data, view.size, "again", arena) == DC_OK);
    FUZZ_CHECK(again.width == image->width && again.height == image->height);
    FUZZ_CHECK(again.n_channels == image->n_channels);
    FUZZ_CHECK(memcmp(again.pixels, image->pixels,
                      (size_t)image->width * image->height * image->n_channels) == 0);
    dc_file_close(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dc_arena arena = { 0 };
    dc_image image;
    uint8_t *copy = malloc(n > 0 ? n : 1);
    FUZZ_CHECK(copy != NULL);
    if (n > 0)
        memcpy(copy, data, n);
    repair(copy, n);
    if (dc_png_read(&image, copy, n, "p.png", &arena) == DC_OK) {
        FUZZ_CHECK(image.width > 0 && image.width <= DC_IMAGE_MAX_SIDE);
        FUZZ_CHECK(image.height > 0 && image.height <= DC_IMAGE_MAX_SIDE);
        FUZZ_CHECK(image.n_channels == 1 || image.n_channels == 3);
        if ((uint64_t)image.width * image.height < 10000)
            write_and_read(&image, &arena);
    }
    dc_arena_clear(&arena);
    if (fuzz_fault_begin(copy, n)) {
        const dc_status status = dc_png_read(&image, copy, n, "p.png", &arena);
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
        dc_arena_clear(&arena);
    }
    free(copy);
    return 0;
}
