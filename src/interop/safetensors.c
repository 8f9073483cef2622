/* SPDX-License-Identifier: MIT
 *
 * safetensors -> the parameters of a given network. Every parameter needs its tensor and every
 * tensor its parameter, under the same name or a usual other one (PyTorch's, for batch norm and
 * PReLU). What all names of a file begin with and no parameter's does ("module.", "model.") is no
 * part of them. All names and shapes are settled before a value is touched.
 */
#include "safetensors.h"

#include <inttypes.h>
#include <string.h>

#define MAX_PREFIX_PARTS 8u /* "module.model." has two */

/* What PyTorch calls a parameter of this role; "" is the layer's own name. */
static const struct {
    dc_role role;
    const char *name;
} aliases[] = {
    { DC_ROLE_SCALE, ".weight" },      { DC_ROLE_SHIFT, ".bias" },
    { DC_ROLE_MEAN, ".running_mean" }, { DC_ROLE_VARIANCE, ".running_var" },
    { DC_ROLE_SLOPE, ".weight" },      { DC_ROLE_VALUE, "" },
};

static bool is_mine(const uint8_t *head, uint64_t n, const char *path)
{
    (void)path;
    return st_is_head(head, n);
}

static bool starts_with(const char *text, const char *start, size_t n)
{
    return strncmp(text, start, n) == 0;
}

/* ---- names ---- */

/* Bytes of the names' first part, its dot included, when all have it and no parameter has; else 0.
 * The names are sorted: what the first and the last begin with, all do. */
static size_t common_part(const st_header *h, const dc_model *model)
{
    const char *first = h->tensors[0].name, *last = h->tensors[h->n_tensors - 1].name;
    const size_t n = strcspn(first, ".") + 1;
    if (first[n - 1] != '.' || !starts_with(last, first, n))
        return 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        if (starts_with(model->params[i].name, first, n))
            return 0;
    return n;
}

static void strip_names(st_header *h, const dc_model *model)
{
    for (uint32_t part = 0; part < MAX_PREFIX_PARTS && h->n_tensors > 0; part++) {
        const size_t n = common_part(h, model);
        for (uint32_t i = 0; i < h->n_tensors; i++)
            h->tensors[i].name += n;
    }
}

const char *st_name(const dc_model *model, const dc_param *param, dc_arena *arena)
{
    for (size_t i = 0; i < DC_COUNT_OF(aliases); i++)
        if (aliases[i].role == param->role)
            return dc_arena_print(arena, "%s%s", model->nodes[param->node].name, aliases[i].name);
    return param->name;
}

static st_tensor *find_tensor(const st_header *h, const dc_model *model, const dc_param *param,
                              dc_arena *arena)
{
    st_tensor *tensor = st_find(h, param->name);
    return tensor != NULL ? tensor : st_find(h, st_name(model, param, arena));
}

/* PyTorch counts the batches that a batch norm has seen; nothing is computed from it. */
static bool is_of_no_use(const st_tensor *tensor)
{
    return tensor->type->is_whole && dc_text_ends_with(tensor->name, ".num_batches_tracked");
}

/* The first tensor that no parameter takes, and how many there are. */
static const st_tensor *first_unused(uint32_t *n_unused, const st_header *h)
{
    const st_tensor *first = NULL;
    *n_unused = 0;
    for (uint32_t i = 0; i < h->n_tensors; i++) {
        const st_tensor *t = &h->tensors[i];
        if (t->is_used || is_of_no_use(t))
            continue;
        first = first != NULL ? first : t;
        ++*n_unused;
    }
    return first;
}

static dc_status fail_missing(const dc_param *param, uint32_t n_missing, const st_header *h)
{
    uint32_t n_unused;
    const st_tensor *unused = first_unused(&n_unused, h);
    if (unused == NULL)
        return dc_fail(DC_EINPUT, "no tensor for '%s' (%" PRIu32 " are missing)", param->name,
                       n_missing);
    return dc_fail(DC_EINPUT,
                   "no tensor for '%s' (%" PRIu32 " are missing, %" PRIu32
                   " left over, as '%.80s')",
                   param->name, n_missing, n_unused, unused->name);
}

/* ---- matching ---- */

/* One slope for all channels is PyTorch's default for PReLU. */
static bool fits(const st_tensor *tensor, const dc_param *param)
{
    return st_has_shape(tensor, &param->shape) ||
           (param->role == DC_ROLE_SLOPE && tensor->n_values == 1);
}

static dc_status check_tensor(const st_tensor *tensor, const dc_param *param, dc_arena *arena)
{
    if (!tensor->type->is_known)
        return dc_fail(DC_EUNSUPPORTED, "'%s' has numbers of type %s", tensor->name,
                       tensor->type->name);
    if (!fits(tensor, param))
        return dc_fail(DC_EINPUT, "'%s' is %s, the network's is %s", tensor->name,
                       st_shape_text(tensor, arena), dc_shape_text(&param->shape, arena));
    return DC_OK;
}

static dc_status match(st_tensor **tensors, const st_header *h, const dc_model *model,
                       dc_arena *arena)
{
    const dc_param *missing = NULL;
    uint32_t n_missing = 0, n_unused;
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        tensors[i] = find_tensor(h, model, param, arena);
        DC_TRY(arena->status);
        if (tensors[i] == NULL) {
            missing = missing != NULL ? missing : param;
            n_missing++;
        } else {
            tensors[i]->is_used = true;
        }
    }
    if (missing != NULL)
        return fail_missing(missing, n_missing, h);
    for (uint32_t i = 0; i < model->n_params; i++)
        DC_TRY(check_tensor(tensors[i], &model->params[i], arena));
    const st_tensor *unused = first_unused(&n_unused, h);
    if (unused != NULL)
        return dc_fail(DC_EINPUT, "the network has no '%.80s' (%" PRIu32 " tensors left over)",
                       unused->name, n_unused);
    return DC_OK;
}

/* ---- values ---- */

static dc_status fill(dc_param *param, const st_tensor *tensor, const st_header *h,
                      dc_file_view *file)
{
    const uint8_t *bytes = h->data + tensor->begin;
    const dc_status status =
        interop_to_f32(param->values, bytes, tensor->n_values, tensor->type->number);
    if (status < 0)
        return dc_fail_within(status, tensor->name);
    for (uint64_t i = tensor->n_values; i < param->n_values; i++)
        param->values[i] = param->values[0];
    dc_file_forget(file, bytes, tensor->end - tensor->begin);
    return DC_OK;
}

static dc_status fill_model(dc_model *model, st_header *h, dc_file_view *file,
                            dc_arena *arena)
{
    st_tensor **tensors = dc_arena_take(arena, model->n_params, sizeof *tensors);
    DC_TRY(arena->status);
    strip_names(h, model);
    DC_TRY(match(tensors, h, model, arena));
    for (uint32_t i = 0; i < model->n_params; i++) {
        DC_TRY(fill(&model->params[i], tensors[i], h, file));
        dc_progress("import", i + 1, model->n_params, "");
    }
    return DC_OK;
}

/* What `dcomp export` wrote about marks. */
static dc_status take_marks(bool *has_marks, dc_model *model, const st_header *h)
{
    const dc_json *said = dc_json_get(dc_json_get(h->json, "__metadata__"), INTEROP_MARKS_KEY);
    if (dc_json_kind_of(said) != DC_JSON_TEXT)
        return DC_OK;
    const char *text = dc_json_text(said);
    return interop_marks_read(has_marks, model, text, strlen(text));
}

static dc_status take_file(dc_model *model, bool *has_marks, st_header *header,
                           dc_file_view *file, dc_arena *arena)
{
    DC_TRY(fill_model(model, header, file, arena));
    return take_marks(has_marks, model, header);
}

static dc_status read_safetensors(dc_model **model, bool *has_marks,
                                  const dc_import_settings *settings, dc_file_view *file,
                                  const char *path)
{
    (void)settings;
    dc_arena arena = { 0 };
    st_header header;
    dc_status status = st_header_read(&header, file, path, &arena);
    if (status == DC_OK) {
        status = dc_fail_within(take_file(*model, has_marks, &header, file, &arena), path);
        st_header_clear(&header);
    }
    dc_arena_clear(&arena);
    return status;
}

const interop_importer interop_safetensors_in = {
    .name = "safetensors",
    .needs_arch = true,
    .is_mine = is_mine,
    .read = read_safetensors,
};
