/* SPDX-License-Identifier: MIT
 *
 * eval's lines and JSON about preprocessing and about single classes.
 */
#include "eval_print.h"

static const char *const resize_words[] = { "none", "warp", "short_side" };
static const char *const filter_words[] = { "triangle", "bilinear" };
static const char *const channel_words[] = { "rgb", "bgr", "grey" };

/* ---- the input ---- */

static bool is_picture(const dc_input *input)
{
    return input->shape.n_dims == 3 &&
           (input->shape.dims[0] == 1 || input->shape.dims[0] == DC_COUNT_OF(channel_words));
}

static uint32_t n_channels_of(const dc_input *input)
{
    return is_picture(input) ? input->shape.dims[0] : 1;
}

/* ", minus (104, 117, 123)", or "" when all values are `neutral`. */
static const char *values_text(const char *word, const float *values, uint32_t n, float neutral,
                               dc_arena *arena)
{
    const char *text = "";
    bool says_nothing = true;
    for (uint32_t i = 0; i < n; i++) {
        says_nothing &= !(values[i] < neutral) && !(values[i] > neutral);
        text = dc_arena_print(arena, "%s%s%.6g", text, i > 0 ? ", " : "", (double)values[i]);
    }
    return says_nothing ? "" : dc_arena_print(arena, ", %s (%s)", word, text);
}

static const char *resize_text(const dc_input *input, dc_arena *arena)
{
    const uint32_t height = input->shape.dims[1], width = input->shape.dims[2];
    const bool is_warp = input->resize == DC_RESIZE_WARP;
    if (input->resize == DC_RESIZE_NONE || !is_picture(input))
        return "";
    const char *size = dc_arena_print(arena, "%u", input->resize_size);
    if (input->resize_size == 0)
        size = is_warp ? dc_arena_print(arena, "%ux%u", height, width)
                       : dc_arena_print(arena, "%u", DC_MAX(height, width));
    const bool is_cropped = !is_warp || (input->resize_size != 0 &&
                                         (input->resize_size != height ||
                                          input->resize_size != width));
    return dc_arena_print(arena, ", %s to %s by %s%s", is_warp ? "warp" : "short side", size,
                          filter_words[input->filter], is_cropped ? ", crop" : "");
}

const char *cli_input_text(const dc_input *input, dc_arena *arena)
{
    const uint32_t n = n_channels_of(input);
    const char *channels = !is_picture(input) ? ""
                           : n == 1           ? " grey"
                                              : dc_arena_print(arena, " %s",
                                                               channel_words[input->channels]);
    return dc_arena_print(arena, "%s%s%s%s%s", dc_shape_text(&input->shape, arena), channels,
                          resize_text(input, arena),
                          values_text("minus", input->mean, n, 0, arena),
                          values_text("times", input->scale, n, 1, arena));
}

void cli_json_input(dc_json *json, const dc_input *input)
{
    dc_json *object = dc_json_add_object(json, "input");
    dc_json *shape = dc_json_add_array(object, "shape");
    for (uint32_t i = 0; i < input->shape.n_dims; i++)
        dc_json_add_u64(shape, NULL, input->shape.dims[i]);
    dc_json_add_text(object, "channels", channel_words[input->channels]);
    dc_json_add_text(object, "resize", resize_words[input->resize]);
    if (input->resize != DC_RESIZE_NONE) {
        dc_json_add_u64(object, "resize_size", input->resize_size);
        dc_json_add_text(object, "filter", filter_words[input->filter]);
    }
    dc_json *mean = dc_json_add_array(object, "mean"), *scale = dc_json_add_array(object, "scale");
    for (uint32_t i = 0; i < n_channels_of(input); i++) {
        dc_json_add_number(mean, NULL, (double)input->mean[i]);
        dc_json_add_number(scale, NULL, (double)input->scale[i]);
    }
}

/* ---- classes ---- */

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

void cli_print_classes(cli_call *call, const dc_model *model, const dc_eval_class *classes)
{
    static const char *const columns[] = { "class", "<name", "samples", "top-1 %", "top-5 %" };
    static const char *const nameless[] = { "class", "samples", "top-1 %", "top-5 %" };
    const bool has_names = model->n_class_names > 0;
    dc_table *t = dc_table_new(&call->arena, has_names ? columns : nameless,
                               has_names ? DC_COUNT_OF(columns) : DC_COUNT_OF(nameless));
    for (uint32_t c = 0; c < dc_model_n_classes(model); c++) {
        if (classes[c].n == 0)
            continue;
        dc_table_print(t, "%u", c);
        if (has_names)
            dc_table_text(t, model->class_names[c]);
        dc_table_u64(t, classes[c].n);
        dc_table_number(t, percent(classes[c].n_top1, classes[c].n), 2);
        dc_table_number(t, percent(classes[c].n_top5, classes[c].n), 2);
    }
    printf("%s\n", dc_table_render(t));
}

void cli_json_classes(dc_json *json, const dc_model *model, const dc_eval_class *classes)
{
    dc_json *array = dc_json_add_array(json, "per_class");
    for (uint32_t c = 0; c < dc_model_n_classes(model); c++) {
        if (classes[c].n == 0)
            continue;
        dc_json *row = dc_json_add_object(array, NULL);
        dc_json_add_u64(row, "class", c);
        if (model->n_class_names > 0)
            dc_json_add_text(row, "name", model->class_names[c]);
        dc_json_add_u64(row, "n_samples", classes[c].n);
        dc_json_add_number(row, "top1", percent(classes[c].n_top1, classes[c].n));
        dc_json_add_number(row, "top5", percent(classes[c].n_top5, classes[c].n));
    }
}
