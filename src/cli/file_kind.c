/* SPDX-License-Identifier: MIT
 *
 * Files of another kind than the command takes: what they are, by their first bytes, and what to do
 * with them.
 */
#include <string.h>

#include "cli.h"
#include "dcomp/interop.h"

static const struct {
    size_t at; /* where the bytes stand */
    const char *bytes;
    const char *what, *way; /* what it is, and what makes ONNX of it */
} foreign[] = {
    { 0, "PK\x03\x04", "an archive of PyTorch or Keras", "torch.onnx.export, tf2onnx" },
    { 0, "\x80\x02", "a Python pickle", "torch.onnx.export" },
    { 0, "\x89HDF", "HDF5", "tf2onnx" },
    { 4, "TFL3", "of TensorFlow Lite", "tf2onnx --tflite" },
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
    if (dc_is_model_file(path))
        return dc_fail(DC_EUNSUPPORTED,
                       "'%s' is a model file already: every command takes it as it is", path);
    DC_TRY(dc_file_open(&file, path, 0));
    for (size_t i = 0; i < DC_COUNT_OF(foreign) && status == DC_OK; i++) {
        const size_t at = foreign[i].at, n = strlen(foreign[i].bytes);
        if (file.size >= at + n && memcmp(file.data + at, foreign[i].bytes, n) == 0)
            status = dc_fail(DC_EUNSUPPORTED,
                             "'%s' is %s, which cannot be imported: export it to ONNX first (%s)",
                             path, foreign[i].what, foreign[i].way);
    }
    dc_file_close(&file);
    return status;
}
