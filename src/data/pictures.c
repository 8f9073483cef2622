/* SPDX-License-Identifier: MIT
 *
 * The table of picture formats. The name says whether a file is a picture, its first bytes how
 * to read it, so a wrong ending does no harm. A new format is a file and a line here.
 */
#include "dataset.h"

#include <string.h>

#define MAX_FILE_BYTES (UINT64_C(1) << 30)

#ifdef DCOMP_HAS_JPEG
#define MISSING_JPEG NULL
#else
#define MISSING_JPEG "libjpeg"
#endif

typedef struct picture_format {
    const char *endings[3]; /* lower case */
    const char *magic;
    const char *library; /* that this build lacks, or NULL */
    dc_status (*read)(dc_image *out, const void *data, uint64_t n, const char *subject,
                      dc_arena *arena);
} picture_format;

static const picture_format formats[] = {
    { { ".png" }, "\x89PNG", NULL, dc_png_read },
    { { ".jpg", ".jpeg", ".jpe" }, "\xff\xd8\xff", MISSING_JPEG, data_jpeg_read },
};

static bool ends_with(const char *name, const char *ending)
{
    const size_t n_name = strlen(name), n_ending = strlen(ending);
    if (n_name <= n_ending)
        return false;
    for (const char *c = name + n_name - n_ending; *c != '\0'; c++, ending++)
        if (*c != *ending && !(*c >= 'A' && *c <= 'Z' && *c + ('a' - 'A') == *ending))
            return false;
    return true;
}

/* The format that files of this name have, or NULL. */
static const picture_format *format_of(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(formats); i++)
        for (size_t k = 0; k < DC_COUNT_OF(formats[i].endings); k++)
            if (formats[i].endings[k] != NULL && ends_with(name, formats[i].endings[k]))
                return &formats[i];
    return NULL;
}

bool data_is_picture_name(const char *name)
{
    return format_of(name) != NULL;
}

dc_status data_check_picture_name(const char *name)
{
    const picture_format *format = format_of(name);
    if (format == NULL || format->library == NULL)
        return DC_OK;
    return dc_fail(DC_EUNSUPPORTED, "'%s' needs %s, which this build is without", name,
                   format->library);
}

/* The format that bytes begin with, or NULL. */
static const picture_format *format_in(const uint8_t *bytes, uint64_t n)
{
    for (size_t i = 0; i < DC_COUNT_OF(formats); i++) {
        const size_t n_magic = strlen(formats[i].magic);
        if (n >= n_magic && memcmp(bytes, formats[i].magic, n_magic) == 0)
            return &formats[i];
    }
    return NULL;
}

bool data_is_picture(const uint8_t *bytes, uint64_t n)
{
    return format_in(bytes, n) != NULL;
}

dc_status data_picture_from(dc_image *out, const dc_file_view *file, const char *path,
                            dc_arena *arena)
{
    const picture_format *format = format_in(file->data, file->size);
    if (format == NULL)
        return dc_fail(DC_ECORRUPT, "'%s' is not a picture of a known format", path);
    return format->read(out, file->data, file->size, path, arena);
}

dc_status data_read_picture(dc_image *out, const char *path, dc_arena *arena)
{
    dc_file_view file;
    DC_TRY(dc_file_open_plain(&file, path, MAX_FILE_BYTES));
    const dc_status status = data_picture_from(out, &file, path, arena);
    dc_file_close(&file);
    return status;
}
