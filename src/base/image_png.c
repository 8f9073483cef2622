/* SPDX-License-Identifier: MIT
 *
 * 8-bit pictures by libpng; the only file that names it.
 *
 * Reading: the header's sides, and what they ask for, are looked at before libpng is, then any
 * picture is expanded to 8 bits (palettes, 1 to 4 bits, tRNS) or cut to 8 bits (16 bits, rounded),
 * with no gamma correction: a data set means the stored values. Alpha is laid over white in place,
 * row by row, (a * v + (255 - a) * 255) / 255 rounded.
 *
 * libpng leaves by longjmp; every setjmp is in a function that has no other work, calls down into
 * a function that has no cleanup, and all state that must survive lives in the caller's struct.
 */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "dcomp/file.h"

#define MAX_CHUNK_BYTES (8u << 20)       /* of one that is kept */
#define MAX_DEFLATE_RATIO 1040u          /* with one bit a pixel: what n bytes can hold at most */
#define MAX_WRITTEN_BYTES (UINT64_C(1) << 31)

typedef struct png_job {
    png_structp png;
    png_infop info;
    dc_reader reader;
    dc_writer writer;
    dc_arena *arena;
    const dc_image *source;
    dc_image image;
    uint32_t n_stored_channels; /* with alpha */
    bool is_out_of_memory;
    char cause[200];
} png_job;

static void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);
    snprintf(job->cause, sizeof job->cause, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp on_take(png_structp png, png_alloc_size_t size)
{
    png_job *job = png_get_mem_ptr(png);
    void *memory = dc_grow(NULL, size, 1);
    job->is_out_of_memory |= !memory;
    return memory;
}

static void on_release(png_structp png, png_voidp memory)
{
    (void)png;
    dc_release(memory);
}

static void on_read(png_structp png, png_bytep out, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    const uint8_t *bytes = dc_get_bytes(&job->reader, n);
    if (!bytes)
        png_error(png, "picture ends early");
    memcpy(out, bytes, n);
}

static void on_write(png_structp png, png_bytep data, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    dc_put_bytes(&job->writer, data, n);
    if (job->writer.status < 0)
        png_error(png, "picture is too large to write");
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* ---- reading ---- */

/* Bytes of a pixel when it is expanded; transparency, which may follow, included. */
static uint64_t most_channels(uint8_t color_type)
{
    return (color_type & PNG_COLOR_MASK_COLOR) != 0 ? 4 : 2;
}

/* Signature, then IHDR with sides within the limits and no more pixels than `n` bytes can hold. */
static dc_status check_header(const void *data, uint64_t n, const char *subject)
{
    dc_reader r = dc_reader_over(data, n, subject);
    const uint8_t *signature = dc_get_bytes(&r, 8);
    const uint32_t length = dc_get_u32_be(&r);
    const uint8_t *name = dc_get_bytes(&r, 4);
    const uint32_t width = dc_get_u32_be(&r);
    const uint32_t height = dc_get_u32_be(&r);
    (void)dc_get_u8(&r); /* bits of a sample */
    const uint8_t color_type = dc_get_u8(&r);
    DC_TRY(r.status);
    if (png_sig_cmp(signature, 0, 8) != 0 || length != 13 || memcmp(name, "IHDR", 4) != 0)
        return dc_fail(DC_ECORRUPT, "not a PNG picture: '%s'", subject);
    if (width == 0 || height == 0)
        return dc_fail(DC_ECORRUPT, "picture without pixels: '%s'", subject);
    if (width > DC_IMAGE_MAX_SIDE || height > DC_IMAGE_MAX_SIDE)
        return dc_fail(DC_ELIMIT, "picture '%s' is %ux%u, over %u a side", subject, width, height,
                       DC_IMAGE_MAX_SIDE);
    if ((uint64_t)width * height / 8 > n * MAX_DEFLATE_RATIO)
        return dc_fail(DC_ECORRUPT, "picture ends early: '%s'", subject);
    return dc_expansion_check((uint64_t)width * height * most_channels(color_type), n,
                              DC_IMAGE_EXPANSION, subject);
}

static void lay_over_white(dc_image *image, uint32_t n_stored)
{
    const uint64_t n_pixels = (uint64_t)image->width * image->height;
    const uint32_t n_colors = image->n_channels;
    const uint8_t *from = image->pixels;
    uint8_t *to = image->pixels; /* never ahead of `from` */
    for (uint64_t i = 0; i < n_pixels; i++, from += n_stored, to += n_colors) {
        const uint32_t alpha = from[n_colors];
        for (uint32_t c = 0; c < n_colors; c++)
            to[c] = (uint8_t)((alpha * from[c] + (255 - alpha) * 255 + 127) / 255);
    }
}

/* Called below setjmp: may leave by longjmp, so it owns nothing. */
static void read_rows(png_job *job)
{
    png_structp png = job->png;
    /* -1: all that libpng knows but those that make the pixels; texts would be inflated. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, job->info);
    png_set_expand(png);
    png_set_scale_16(png);
    const int n_passes = png_set_interlace_handling(png);
    png_read_update_info(png, job->info);
    dc_image *const image = &job->image;
    image->width = png_get_image_width(png, job->info);
    image->height = png_get_image_height(png, job->info);
    job->n_stored_channels = png_get_channels(png, job->info);
    image->n_channels = job->n_stored_channels < 3 ? 1 : 3;
    const size_t row_bytes = (size_t)image->width * job->n_stored_channels;
    image->pixels = dc_arena_take(job->arena, image->height, row_bytes);
    if (!image->pixels)
        png_error(png, "no memory for a picture");
    for (int pass = 0; pass < n_passes; pass++)
        for (uint32_t y = 0; y < image->height; y++)
            png_read_row(png, image->pixels + y * row_bytes, NULL);
    png_read_end(png, NULL);
}

static bool try_read(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png)))
        return false;
    read_rows(job);
    return true;
}

dc_status dc_png_read(dc_image *out, const void *data, uint64_t n, const char *subject,
                      dc_arena *arena)
{
    DC_TRY(check_header(data, n, subject));
    DC_TRY(arena->status);
    png_job job = { .reader = dc_reader_over(data, n, subject), .arena = arena };
    job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                       on_take, on_release);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    bool is_read = false;
    if (job.info) {
        png_set_user_limits(job.png, DC_IMAGE_MAX_SIDE, DC_IMAGE_MAX_SIDE);
        png_set_chunk_malloc_max(job.png, MAX_CHUNK_BYTES);
        png_set_read_fn(job.png, &job, on_read);
        is_read = try_read(&job);
    }
    png_destroy_read_struct(&job.png, &job.info, NULL);
    DC_TRY(arena->status);
    if (job.is_out_of_memory)
        return dc_fail_within(DC_ENOMEM, subject);
    if (!is_read)
        return dc_fail(DC_ECORRUPT, "%s: '%s'", job.cause, subject);
    if (job.n_stored_channels != job.image.n_channels)
        lay_over_white(&job.image, job.n_stored_channels);
    *out = job.image;
    return DC_OK;
}

/* ---- writing ---- */

/* Called below setjmp: may leave by longjmp, so it owns nothing. */
static void write_rows(png_job *job)
{
    const dc_image *image = job->source;
    const size_t row_bytes = (size_t)image->width * image->n_channels;
    png_set_IHDR(job->png, job->info, image->width, image->height, 8,
                 image->n_channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(job->png, job->info);
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(job->png, image->pixels + y * row_bytes);
    png_write_end(job->png, NULL);
}

static bool try_write(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png)))
        return false;
    write_rows(job);
    return true;
}

static dc_status encode(png_job *job)
{
    job->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, job, on_error, on_warning, job,
                                         on_take, on_release);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    bool is_written = false;
    if (job->info) {
        png_set_write_fn(job->png, job, on_write, on_flush);
        is_written = try_write(job);
    }
    png_destroy_write_struct(&job->png, &job->info);
    DC_TRY(job->writer.status);
    return is_written ? DC_OK : dc_fail(DC_ENOMEM, "no memory to write a picture");
}

dc_status dc_png_write(const char *path, const dc_image *image, bool may_replace)
{
    if (image->width == 0 || image->height == 0 || image->width > DC_IMAGE_MAX_SIDE ||
        image->height > DC_IMAGE_MAX_SIDE || (image->n_channels != 1 && image->n_channels != 3))
        return dc_fail(DC_EINPUT, "cannot write a picture of %ux%u with %u channels", image->width,
                       image->height, image->n_channels);
    png_job job = { .source = image };
    dc_writer_init(&job.writer, MAX_WRITTEN_BYTES);
    dc_status status = encode(&job);
    if (status == DC_OK)
        status = dc_file_write(path, job.writer.data, job.writer.size, may_replace);
    dc_writer_clear(&job.writer);
    return status;
}
