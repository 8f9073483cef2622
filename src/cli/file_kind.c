/* SPDX-License-Identifier: MIT
 *
 * Files of another kind than the command takes: what they are, by their first bytes, and what to do
 * with them.
 */
#include <string.h>

#include "cli.h"
#include "dcomp/interop.h"

static bool is_zip(const uint8_t *head)
{
    return memcmp(head, "PK\x03\x04", 4) == 0;
}

/* A protocol from 2 on, and an opcode. */
static bool is_pickle(const uint8_t *head)
{
    return head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && head[2] >= '(' && head[2] < 0xa0;
}

static bool is_hdf5(const uint8_t *head)
{
    return memcmp(head, "\x89HDF", 4) == 0;
}

static bool is_tflite(const uint8_t *head)
{
    return memcmp(head + 4, "TFL3", 4) == 0;
}

/* The length that safetensors begins with may have any bytes, also those of another kind. */
static bool is_length_of_json(const uint8_t *head)
{
    return memcmp(head + 4, "\0\0\0\0{", 5) == 0;
}

#define HEAD_BYTES 9u

static const struct {
    bool (*is_it)(const uint8_t *head);
    const char *what, *way; /* what it is, and what makes ONNX of it */
} foreign[] = {
    { is_zip, "an archive of PyTorch or Keras", "torch.onnx.export, tf2onnx" },
    { is_pickle, "a Python pickle", "torch.onnx.export" },
    { is_hdf5, "HDF5", "tf2onnx" },
    { is_tflite, "of TensorFlow Lite", "tf2onnx --tflite" },
};

dc_status cli_check_json(const char *path, const char *what, const char *advice)
{
    const char *format;
    if (strcmp(path, "-") == 0) /* which can be read only once */
        return DC_OK;
    if (dc_is_model_file(path))
        return dc_fail(DC_ECORRUPT, "'%s' is a model file and not %s: %s", path, what, advice);
    if (dc_import_format(&format, path) == DC_OK)
        return dc_fail(DC_ECORRUPT,
                       "'%s' is a network in %s and not %s: 'dcomp import' makes a model of it",
                       path, format, what);
    return DC_OK; /* if it is none of these, or cannot be read, its reader says so */
}

dc_status cli_check_foreign(const char *path)
{
    dc_file_view file;
    dc_status status = DC_OK;
    uint8_t head[HEAD_BYTES] = { 0 };
    if (dc_is_model_file(path))
        return dc_fail(DC_EUNSUPPORTED,
                       "'%s' is a model file already: every command takes it as it is", path);
    DC_TRY(dc_file_open(&file, path, 0));
    if (file.size > 0)
        memcpy(head, file.data, DC_MIN(file.size, sizeof head));
    const bool is_known = is_length_of_json(head);
    for (size_t i = 0; i < DC_COUNT_OF(foreign) && !is_known && status == DC_OK; i++)
        if (foreign[i].is_it(head))
            status = dc_fail(DC_EUNSUPPORTED,
                             "'%s' is %s, which cannot be imported: export it to ONNX first (%s)",
                             path, foreign[i].what, foreign[i].way);
    dc_file_close(&file);
    return status;
}
