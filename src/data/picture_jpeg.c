/* SPDX-License-Identifier: MIT
 *
 * JPEG pictures by libjpeg-turbo's classic interface; the only file that names it.
 *
 * Grey stays grey; YCbCr becomes RGB with libjpeg's accurate transform and smooth upsampling, which
 * are the same on every CPU. Four channels are CMYK, or YCCK that libjpeg turns into it; ink is
 * stored inverted, as Adobe does it and Pillow assumes: red = C K / 255, rounded as below. EXIF's
 * orientation is not applied: a data set means the stored rows.
 *
 * A warning of libjpeg is an error here unless the picture is whole in spite of it: what is read
 * past the end of the data, or past a bad code, is no picture. Sides are looked at before anything
 * is allocated. The coefficients of a picture of several scans, which libjpeg keeps for itself, are
 * counted and must be in proportion to the file, pixels included, and so must what all scans go
 * over together, so a small file cannot ask for much memory or time.
 *
 * libjpeg leaves by longjmp; the one setjmp is in a function that has no other work, and what must
 * survive lives in the caller's struct.
 */
#include "dataset.h"

#ifdef DCOMP_HAS_JPEG

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#define MAX_PIXELS_PER_BYTE 1024u        /* one bit a block, in blocks of 32 x 32 pixels at most */
#define MAX_SCANS 200 /* of a progressive picture */
#define N_ROWS 16u    /* asked for at a time */

typedef struct jpeg_job {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf leave;
    const uint8_t *data;
    uint64_t n_bytes;
    const char *subject;
    dc_arena *arena;
    dc_image image;
    uint64_t n_pixels, n_counted; /* n_counted: bytes of dc_memory_take */
    int n_scans;                  /* that have begun                    */
    dc_status status;
    bool has_message; /* dc_message is the cause */
    char cause[JMSG_LENGTH_MAX];
} jpeg_job;

static const struct {
    int code;
    dc_status status;
    const char *cause; /* NULL: libjpeg's own words */
} causes[] = {
    { JWRN_JPEG_EOF, DC_ECORRUPT, "picture ends early" },
    { JWRN_HIT_MARKER, DC_ECORRUPT, "picture ends early" },
    { JERR_INPUT_EOF, DC_ECORRUPT, "picture ends early" },
    { JERR_OUT_OF_MEMORY, DC_ENOMEM, "no memory for a picture" },
    { JERR_NO_BACKING_STORE, DC_ELIMIT, "picture of too many coefficients" },
    { JERR_IMAGE_TOO_BIG, DC_ELIMIT, NULL },
    { JERR_WIDTH_OVERFLOW, DC_ELIMIT, NULL },
    { JERR_BAD_PRECISION, DC_EUNSUPPORTED, NULL },
    { JERR_SOF_UNSUPPORTED, DC_EUNSUPPORTED, NULL },
    { JERR_ARITH_NOTIMPL, DC_EUNSUPPORTED, NULL },
    { JERR_CCIR601_NOTIMPL, DC_EUNSUPPORTED, NULL },
    { JERR_CONVERSION_NOTIMPL, DC_EUNSUPPORTED, NULL },
    { JERR_NOT_COMPILED, DC_EUNSUPPORTED, NULL },
};

/* Bytes between segments, and notes about headers, leave all pixels as they were meant. */
static bool is_harmless(int code)
{
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
}

static void leave(jpeg_job *job, dc_status status, const char *cause)
{
    job->status = status;
    snprintf(job->cause, sizeof job->cause, "%s", cause);
    longjmp(job->leave, 1);
}

/* With dc_message, which names the picture. */
static void leave_if(jpeg_job *job, dc_status status)
{
    if (status >= 0)
        return;
    job->has_message = true;
    leave(job, status, "");
}

static void on_error(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    for (size_t i = 0; i < DC_COUNT_OF(causes); i++)
        if (causes[i].code == jpeg->err->msg_code)
            leave(job, causes[i].status, causes[i].cause != NULL ? causes[i].cause : text);
    leave(job, DC_ECORRUPT, text);
}

static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && !is_harmless(jpeg->err->msg_code))
        on_error(jpeg);
}

static void on_text(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void on_progress(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    if (job->jpeg.input_scan_number <= job->n_scans)
        return;
    job->n_scans = job->jpeg.input_scan_number;
    if (job->n_scans > MAX_SCANS)
        leave(job, DC_ELIMIT, "picture of too many scans");
    leave_if(job, dc_expansion_check(job->n_pixels * (uint64_t)job->n_scans, job->n_bytes,
                                     DC_EXPANSION, job->subject));
}

/* The size and kind of picture, now that the header is read. */
static void check_header(jpeg_job *job)
{
    const uint32_t width = job->jpeg.image_width, height = job->jpeg.image_height;
    char text[100];
    if (width > DC_IMAGE_MAX_SIDE || height > DC_IMAGE_MAX_SIDE) {
        snprintf(text, sizeof text, "picture of %ux%u pixels, over %u a side", width, height,
                 DC_IMAGE_MAX_SIDE);
        leave(job, DC_ELIMIT, text);
    }
    if ((uint64_t)width * height / MAX_PIXELS_PER_BYTE > job->n_bytes)
        leave(job, DC_ECORRUPT, "picture ends early");
    if (job->jpeg.num_components == 2 || job->jpeg.num_components > 4)
        leave(job, DC_EUNSUPPORTED, "picture of 2 or more than 4 channels");
    job->n_pixels = (uint64_t)width * height;
    job->jpeg.out_color_space = job->jpeg.num_components == 1   ? JCS_GRAYSCALE
                                : job->jpeg.num_components == 3 ? JCS_RGB
                                                                : JCS_CMYK;
}

/* a * b / 255 to the nearest, for a and b up to 255. */
static uint32_t share_of_255(uint32_t a, uint32_t b)
{
    const uint32_t product = a * b + 128;
    return (product + (product >> 8)) >> 8;
}

/* Stored ink is inverted: 255 is none. */
static void rgb_of_cmyk(uint8_t *rgb, const uint8_t *cmyk, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++, rgb += 3, cmyk += 4)
        for (uint32_t c = 0; c < 3; c++)
            rgb[c] = (uint8_t)(cmyk[3] - share_of_255(255u - cmyk[c], cmyk[3]));
}

/* What libjpeg keeps of all components until the last scan is read. */
static uint64_t coefficient_bytes(j_decompress_ptr jpeg)
{
    uint64_t n_blocks = 0;
    for (int i = 0; i < jpeg->num_components && jpeg_has_multiple_scans(jpeg); i++) {
        const jpeg_component_info *part = &jpeg->comp_info[i];
        const uint64_t width = (uint64_t)part->width_in_blocks + (unsigned)part->h_samp_factor;
        n_blocks += width * ((uint64_t)part->height_in_blocks + (unsigned)part->v_samp_factor);
    }
    return n_blocks * sizeof(JBLOCK);
}

static void check_memory(jpeg_job *job)
{
    const uint64_t n_coefficients = coefficient_bytes(&job->jpeg);
    const uint64_t n_most = n_coefficients + job->n_pixels * (uint64_t)job->jpeg.num_components;
    leave_if(job, dc_expansion_check(n_most, job->n_bytes, DC_IMAGE_EXPANSION, job->subject));
    leave_if(job, dc_fail_within(dc_memory_take(n_coefficients), job->subject));
    job->n_counted = n_coefficients;
}

static void read_cmyk(jpeg_job *job)
{
    const uint32_t width = job->image.width;
    uint8_t *cmyk = dc_arena_take(job->arena, width, 4);
    if (cmyk == NULL)
        leave(job, job->arena->status, "no memory for a picture");
    while (job->jpeg.output_scanline < job->image.height) {
        uint8_t *rgb = job->image.pixels + (size_t)job->jpeg.output_scanline * width * 3;
        jpeg_read_scanlines(&job->jpeg, &cmyk, 1);
        rgb_of_cmyk(rgb, cmyk, width);
    }
}

static void read_rows(jpeg_job *job)
{
    const size_t row_bytes = (size_t)job->image.width * job->image.n_channels;
    while (job->jpeg.output_scanline < job->image.height) {
        uint8_t *rows[N_ROWS];
        const uint32_t first = job->jpeg.output_scanline;
        const uint32_t n = DC_MIN(N_ROWS, job->image.height - first);
        for (uint32_t i = 0; i < n; i++)
            rows[i] = job->image.pixels + (first + i) * row_bytes;
        jpeg_read_scanlines(&job->jpeg, rows, n);
    }
}

/* Called below setjmp: may leave by longjmp, so it owns nothing. */
static void read_picture(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &job->progress;
    jpeg_mem_src(jpeg, job->data, (unsigned long)job->n_bytes);
    jpeg_read_header(jpeg, TRUE);
    check_header(job);
    check_memory(job);
    jpeg_start_decompress(jpeg);
    job->image = (dc_image){ .width = jpeg->output_width,
                             .height = jpeg->output_height,
                             .n_channels = jpeg->num_components == 1 ? 1 : 3 };
    job->image.pixels = dc_arena_take(job->arena, job->image.height,
                                      (size_t)job->image.width * job->image.n_channels);
    if (job->image.pixels == NULL)
        leave(job, job->arena->status, "no memory for a picture");
    if (jpeg->out_color_space == JCS_CMYK)
        read_cmyk(job);
    else
        read_rows(job);
    jpeg_finish_decompress(jpeg);
}

static bool try_read(jpeg_job *job)
{
    if (setjmp(job->leave))
        return false;
    read_picture(job);
    return true;
}

dc_status data_jpeg_read(dc_image *out, const void *data, uint64_t n, const char *subject,
                         dc_arena *arena)
{
    jpeg_job job = { .data = data, .n_bytes = n, .subject = subject, .arena = arena };
    DC_TRY(arena->status);
    job.jpeg.err = jpeg_std_error(&job.errors);
    job.errors.error_exit = on_error;
    job.errors.emit_message = on_message;
    job.errors.output_message = on_text;
    job.progress.progress_monitor = on_progress;
    job.jpeg.client_data = &job;
    const bool is_read = try_read(&job);
    jpeg_destroy_decompress(&job.jpeg);
    dc_memory_give(job.n_counted);
    if (job.has_message)
        return job.status;
    if (!is_read)
        return dc_fail(job.status, "%s: '%s'", job.cause, subject);
    *out = job.image;
    return DC_OK;
}

#else

dc_status data_jpeg_read(dc_image *out, const void *data, uint64_t n, const char *subject,
                         dc_arena *arena)
{
    (void)out;
    (void)data;
    (void)n;
    (void)arena;
    return dc_fail(DC_EUNSUPPORTED, "JPEG needs libjpeg, which this build is without: '%s'",
                   subject);
}

#endif
