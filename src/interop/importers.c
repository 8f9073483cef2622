/* SPDX-License-Identifier: MIT
 *
 * The table of importers, in the order in which they are asked.
 */
#include "foreign.h"

#include <string.h>

#define HEAD_BYTES 256u

static const interop_importer *const importers[] = {
    &interop_onnx_in,
    &interop_safetensors_in,
    &interop_net_in,
};

const char *dc_import_formats(void)
{
    return "ONNX, safetensors, Deep Compression .net";
}

static const interop_importer *importer_of(const dc_file_view *file, const char *path)
{
    const uint64_t n = DC_MIN(file->size, HEAD_BYTES);
    for (size_t i = 0; i < DC_COUNT_OF(importers); i++)
        if (importers[i]->is_mine(file->data, n, path))
            return importers[i];
    return NULL;
}

/* Opens the file; DC_EUNSUPPORTED when its format is unknown. */
static dc_status open_with(const interop_importer **importer, dc_file_view *file, const char *path)
{
    DC_TRY(dc_file_open(file, path, 0));
    *importer = importer_of(file, path);
    if (*importer != NULL)
        return DC_OK;
    dc_file_close(file);
    return dc_fail(DC_EUNSUPPORTED, "'%s' is in none of the formats that can be imported: %s", path,
                   dc_import_formats());
}

dc_status dc_import_format(const char **out, const char *path)
{
    const interop_importer *importer;
    dc_file_view file;
    DC_TRY(open_with(&importer, &file, path));
    dc_file_close(&file);
    *out = importer->name;
    return DC_OK;
}

dc_import_settings dc_import_defaults(void)
{
    return (dc_import_settings){ .keep_zeros = DC_KEEP_AUTO, .keep_shared = DC_KEEP_AUTO };
}

dc_status dc_import(dc_model **model, const char *path)
{
    const dc_import_settings settings = dc_import_defaults();
    return dc_import_with(model, path, &settings);
}

/* Marks, and what every stage takes for granted. */
static dc_status mark_all(dc_model *model, const dc_import_settings *settings, bool has_marks,
                          const char *path)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        interop_mark(&model->params[i], settings, has_marks);
        if (dc_param_check(&model->params[i]) < 0)
            return dc_fail(DC_ECORRUPT, "%s in '%s'", dc_message(), path);
    }
    return DC_OK;
}

/* Whether what was asked for suits the kind of file. */
static dc_status check_request(const interop_importer *importer, const dc_model *model,
                               const dc_import_settings *settings, const char *path)
{
    if (importer->needs_arch && model == NULL)
        return dc_fail(DC_EINPUT,
                       "'%s' is %s and has no graph: an architecture is needed (--arch)", path,
                       importer->name);
    if (!importer->needs_arch && model != NULL)
        return dc_fail(DC_EINPUT, "'%s' is %s and has a graph: an architecture is of no use", path,
                       importer->name);
    if (importer->needs_arch && (settings->n_dims > 0 || settings->output != NULL))
        return dc_fail(DC_EINPUT,
                       "'%s' is %s and has no graph: --shape and --output-name are of no use", path,
                       importer->name);
    return DC_OK;
}

static dc_status import_file(dc_model **model, const interop_importer *importer,
                             const dc_import_settings *settings, dc_file_view *file,
                             const char *path)
{
    bool has_marks = false;
    DC_TRY(importer->read(model, &has_marks, settings, file, path));
    return mark_all(*model, settings, has_marks, path);
}

dc_status dc_import_with(dc_model **model, const char *path, const dc_import_settings *settings)
{
    const interop_importer *importer;
    dc_file_view file;
    DC_TRY(open_with(&importer, &file, path));
    dc_status status = check_request(importer, *model, settings, path);
    if (status == DC_OK) {
        status = import_file(model, importer, settings, &file, path);
        if (status < 0 && !importer->needs_arch) {
            dc_model_free(*model);
            *model = NULL;
        }
    }
    dc_file_close(&file);
    return status;
}
