/* SPDX-License-Identifier: MIT
 *
 * External data: a tensor says in which file, from which byte on and how many bytes. The file's
 * name is taken relative to the model's folder and may not lead out of it.
 */
#include "onnx_external.h"

#include <inttypes.h>
#include <string.h>

#include "onnx/onnx_fields.h"

struct onnx_external {
    struct onnx_external *next;
    const char *location;
    dc_file_view view;
};

void onnx_files_close(onnx_files *files)
{
    for (struct onnx_external *e = files->externals; e != NULL; e = e->next)
        dc_file_close(&e->view);
    files->externals = NULL;
}

static const char *text_of(const dc_reader *bytes, dc_arena *arena)
{
    char *text = dc_arena_take(arena, bytes->size + 1, 1);
    if (text != NULL && bytes->size > 0)
        memcpy(text, bytes->data, bytes->size);
    return text != NULL ? text : "";
}

/* A decimal number; false when it is none or too large. */
static bool number_of(uint64_t *out, const char *text)
{
    uint64_t value = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
    }
    *out = value;
    return text[0] != '\0';
}

dc_status onnx_external_entry(onnx_place *place, dc_reader entry, dc_arena *arena)
{
    onnx_field field;
    const char *key = "", *value = "";
    bool is_sound = true;
    while (onnx_next(&field, &entry)) {
        if (field.number != ENTRY_KEY && field.number != ENTRY_VALUE)
            continue;
        const dc_reader bytes = onnx_message(&field, &entry, entry.subject);
        if (!dc_utf8_is_valid(bytes.data, bytes.size) || bytes.size > ONNX_MAX_TEXT)
            return dc_reader_fail(&entry, DC_ECORRUPT, "external data with a name that is no text");
        *(field.number == ENTRY_KEY ? &key : &value) = text_of(&bytes, arena);
    }
    DC_TRY(entry.status);
    DC_TRY(arena->status);
    if (strcmp(key, "location") == 0)
        place->location = value;
    else if (strcmp(key, "offset") == 0)
        is_sound = number_of(&place->offset, value);
    else if (strcmp(key, "length") == 0)
        is_sound = place->has_length = number_of(&place->length, value);
    return is_sound ? DC_OK : dc_fail(DC_ECORRUPT, "external data whose %s is '%s'", key, value);
}

static bool is_inside(const char *location)
{
    if (location[0] == '/' || location[0] == '\0' || strchr(location, '\\') != NULL)
        return false;
    for (const char *part = location; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static dc_status open_external(struct onnx_external **out, const char *location, onnx_files *files)
{
    for (struct onnx_external *e = files->externals; e != NULL; e = e->next) {
        if (strcmp(e->location, location) == 0) {
            *out = e;
            return DC_OK;
        }
    }
    if (!is_inside(location))
        return dc_fail(DC_ECORRUPT, "external data in '%s', which is not beside the model",
                       location);
    const char *slash = strrchr(files->path, '/');
    const int n_folder = slash == NULL ? 0 : (int)DC_MIN(slash - files->path + 1, 1 << 16);
    const char *path = dc_arena_print(files->arena, "%.*s%s%s", n_folder, files->path,
                                      slash == NULL ? "./" : "", location);
    struct onnx_external *e = dc_arena_take(files->arena, 1, sizeof *e);
    DC_TRY(files->arena->status);
    DC_TRY(dc_file_open_beside(&e->view, path, files->path, 0));
    e->location = location;
    e->next = files->externals;
    files->externals = e;
    if (files->arena->limit_bytes > 0)
        files->arena->limit_bytes += ONNX_ARENA_SHARE * e->view.size;
    files->n_bytes += e->view.size;
    *out = e;
    return DC_OK;
}

dc_status onnx_external_find(onnx_array *array, const onnx_place *place, uint64_t n_bytes,
                             onnx_files *files)
{
    struct onnx_external *e = NULL;
    if (place->location == NULL)
        return dc_fail(DC_ECORRUPT, "external data without a location");
    DC_TRY(open_external(&e, place->location, files));
    if (place->has_length && place->length != n_bytes)
        return dc_fail(DC_ECORRUPT, "%" PRIu64 " bytes in '%s', its dims need %" PRIu64,
                       place->length, place->location, n_bytes);
    if (place->offset > e->view.size || n_bytes > e->view.size - place->offset)
        return dc_fail(DC_ECORRUPT,
                       "'%s' has %" PRIu64 " bytes, its dims need %" PRIu64 " from byte %" PRIu64,
                       place->location, e->view.size, n_bytes, place->offset);
    array->data = e->view.data + place->offset;
    array->file = &e->view;
    return DC_OK;
}
