/* SPDX-License-Identifier: MIT
 *
 * What classes are called, in the metadata of a foreign file. A model of texts is lost without:
 * its symbols are called so.
 */
#include "foreign.h"

#define KEY "class_names"

dc_status interop_classes_json(const char **out, const dc_model *model, dc_arena *arena)
{
    *out = NULL;
    if (model->n_class_names == 0)
        return DC_OK;
    dc_json *json = dc_json_new(), *names = dc_json_add_array(json, KEY);
    for (uint32_t i = 0; i < model->n_class_names; i++)
        dc_json_add_text(names, NULL, model->class_names[i]);
    return interop_json_text(out, json, arena);
}

static dc_status take_names(dc_model *model, const dc_json *json)
{
    const dc_json *names = dc_json_get(json, KEY);
    if (dc_json_kind_of(names) != DC_JSON_ARRAY)
        return dc_fail(DC_ECORRUPT, "no list '" KEY "'");
    if (!dc_model_takes_names(model, dc_json_size(names))) {
        dc_warn("'" INTEROP_CLASSES_KEY "' is about another network, with %u classes, and is left "
                "out", (unsigned)dc_json_size(names));
        return DC_OK;
    }
    const dc_status status = dc_class_names_from_json(model, names);
    return status == DC_EINPUT ? DC_ECORRUPT : status;
}

dc_status interop_classes_read(dc_model *model, const char *text, uint64_t n)
{
    dc_json *json;
    DC_TRY(dc_json_parse(&json, text, n, INTEROP_CLASSES_KEY));
    const dc_status status = take_names(model, json);
    dc_json_free(json);
    return dc_fail_within(status, INTEROP_CLASSES_KEY);
}
