/* SPDX-License-Identifier: MIT
 *
 * The table of exporters.
 */
#include "foreign.h"

static const interop_exporter *const exporters[] = {
    &interop_onnx_out,
    &interop_safetensors_out,
    &interop_arch_out,
    &interop_c_out,
};

const char *dc_export_formats(void)
{
    return "ONNX (.onnx), safetensors (.safetensors), architecture (.json), C array (.h)";
}

static dc_status check(const dc_model *model)
{
    if (model->n_nodes < 2)
        return dc_fail(DC_EINPUT, "a network without layers cannot be exported");
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].values == NULL)
            return dc_fail(DC_EINPUT, "'%s' has no dense values", model->params[i].name);
    return DC_OK;
}

dc_status dc_export(const char *path, const dc_model *model, bool may_replace)
{
    const interop_exporter *exporter = NULL;
    dc_output *out;
    for (size_t i = 0; i < DC_COUNT_OF(exporters); i++)
        if (dc_text_ends_with(path, exporters[i]->ending))
            exporter = exporters[i];
    if (exporter == NULL)
        return dc_fail(DC_EINPUT, "the name '%s' ends as no format that can be written: %s", path,
                       dc_export_formats());
    DC_TRY(check(model));
    DC_TRY(dc_output_open(&out, path, may_replace));
    const dc_status status = exporter->write(out, model, path);
    if (status == DC_OK)
        return dc_output_commit(out);
    dc_output_discard(out);
    return status;
}
