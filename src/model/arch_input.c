/* SPDX-License-Identifier: MIT
 *
 * How an input is prepared: from JSON (docs/architecture-json.md), to JSON, and as a line for
 * people. The words of the three are the same tables.
 */
#include "arch_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_CHANNELS 4u /* of dc_input's arrays */

static const char *const resize_words[] = { "none", "warp", "short_side" };
static const char *const filter_words[] = { "triangle", "bilinear" };
static const char *const channel_words[] = { "rgb", "bgr", "grey" };

dc_status arch_need(const dc_json *json, dc_json_kind kind, const char *key)
{
    static const char *const kinds[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};
    if (json == NULL)
        return dc_fail(DC_EINPUT, "'%s' is missing", key);
    if (dc_json_kind_of(json) == kind)
        return DC_OK;
    char shown[DC_JSON_SHOWN_BYTES];
    dc_json_show(shown, json);
    return dc_fail(DC_EINPUT, "'%s' must be %s, not %s", key, kinds[kind], shown);
}

dc_status arch_get_u32(uint32_t *out, const dc_json *json, const char *key)
{
    DC_TRY(arch_need(json, DC_JSON_NUMBER, key));
    const double value = dc_json_number(json);
    char text[DC_NUMBER_BYTES];
    if (!(value >= 1 && value <= UINT32_MAX) || value != (double)(uint32_t)value)
        return dc_fail(DC_EINPUT, "'%s' is %s, must be a whole number over 0", key,
                       dc_text_shortest(text, value)); /* numbers of JSON are finite */
    *out = (uint32_t)value;
    return DC_OK;
}

/* Index of a text in a list of words. */
static dc_status get_word(uint32_t *out, const dc_json *json, const char *key,
                          const char *const *words, uint32_t n_words)
{
    DC_TRY(arch_need(json, DC_JSON_TEXT, key));
    for (uint32_t i = 0; i < n_words; i++) {
        if (strcmp(words[i], dc_json_text(json)) == 0) {
            *out = i;
            return DC_OK;
        }
    }
    char list[128] = "";
    dc_hint hint = dc_hint_for(dc_json_text(json));
    for (uint32_t i = 0, n = 0; i < n_words && n < sizeof list; i++) {
        n += (uint32_t)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? "|" : "", words[i]);
        dc_hint_offer(&hint, words[i]);
    }
    return dc_fail(DC_EINPUT, "'%s' is one of %s, not '%.80s'%s", key, list,
                   dc_json_text(json), dc_hint_text(&hint));
}

/* One number for all channels, or an array with one for each. */
static dc_status get_per_channel(float out[4], const dc_json *json, const char *key,
                                 uint32_t n_channels)
{
    if (dc_json_kind_of(json) == DC_JSON_NUMBER) {
        for (uint32_t c = 0; c < 4; c++)
            out[c] = (float)dc_json_number(json);
        return DC_OK;
    }
    DC_TRY(arch_need(json, DC_JSON_ARRAY, key));
    if (dc_json_size(json) != n_channels || n_channels > 4)
        return dc_fail(DC_EINPUT, "'%s' has %u values for %u channels", key,
                       (unsigned)dc_json_size(json), (unsigned)n_channels);
    for (uint32_t c = 0; c < n_channels; c++) {
        DC_TRY(arch_need(dc_json_at(json, c), DC_JSON_NUMBER, key));
        out[c] = (float)dc_json_number(dc_json_at(json, c));
    }
    return DC_OK;
}

uint32_t dc_input_channels(const dc_input *input)
{
    return input->shape.n_dims == 2 ? 1 : input->shape.dims[0];
}

static dc_status read_shape(dc_shape *out, const dc_json *json)
{
    DC_TRY(arch_need(json, DC_JSON_ARRAY, "shape"));
    const uint32_t n_dims = dc_json_size(json);
    if (n_dims < 1 || n_dims > 3)
        return dc_fail(DC_EINPUT, "'shape' has %u dims, must have 1 to 3", (unsigned)n_dims);
    *out = (dc_shape){.n_dims = n_dims};
    for (uint32_t i = 0; i < n_dims; i++)
        DC_TRY(arch_get_u32(&out->dims[i], dc_json_at(json, i), "shape"));
    return DC_OK;
}

static dc_status fail_key(const char *key, const char *choices)
{
    dc_hint hint = dc_hint_for(key);
    dc_hint_offer_choices(&hint, choices);
    return dc_fail(DC_EINPUT, "unknown key '%s'%s", key, dc_hint_text(&hint));
}

/* A number over 0 of `json`, times `factor`, as a whole number. */
static dc_status get_scaled(uint32_t *out, const dc_json *json, const char *key, double factor,
                            uint32_t most)
{
    DC_TRY(arch_need(json, DC_JSON_NUMBER, key));
    const double value = floor(dc_json_number(json) * factor + 0.5);
    char text[DC_NUMBER_BYTES];
    if (!(value >= 1 && value <= most))
        return dc_fail(DC_EINPUT, "'%s' of the sound is %s, must be over 0 and at most %g", key,
                       dc_text_shortest(text, dc_json_number(json)), most / factor);
    *out = (uint32_t)value;
    return DC_OK;
}

static dc_status read_sound_member(dc_sound *sound, const dc_json *json)
{
    const char *key = dc_json_key(json);
    if (strcmp(key, "window") == 0)
        return get_scaled(&sound->window_us, json, key, 1000, DC_SOUND_MAX_US);
    if (strcmp(key, "hop") == 0)
        return get_scaled(&sound->hop_us, json, key, 1000, DC_SOUND_MAX_US);
    if (strcmp(key, "lowest") == 0)
        return get_scaled(&sound->lowest_hz, json, key, 1, DC_SOUND_MAX_HZ);
    if (strcmp(key, "highest") == 0)
        return get_scaled(&sound->highest_hz, json, key, 1, DC_SOUND_MAX_HZ);
    return fail_key(key, "window|hop|lowest|highest");
}

static dc_status read_sound(dc_input *input, const dc_json *json)
{
    dc_sound *sound = &input->sound;
    DC_TRY(arch_need(json, DC_JSON_OBJECT, "sound"));
    if (input->shape.n_dims != 2)
        return dc_fail(DC_EINPUT, "'sound' needs a shape of [steps, bands]");
    *sound = (dc_sound){ 25000, 10000, 20, 4000 };
    for (const dc_json *member = dc_json_at(json, 0); member != NULL; member = dc_json_next(member))
        DC_TRY(read_sound_member(sound, member));
    if (sound->lowest_hz >= sound->highest_hz)
        return dc_fail(DC_EINPUT, "'lowest' of the sound must be below 'highest' (%u and %u Hz)",
                       (unsigned)sound->lowest_hz, (unsigned)sound->highest_hz);
    return DC_OK;
}

static dc_status read_input_member(dc_input *input, const dc_json *json)
{
    const char *key = dc_json_key(json);
    uint32_t word = 0;
    if (strcmp(key, "shape") == 0)
        return DC_OK; /* read before the others */
    if (strcmp(key, "mean") == 0)
        return get_per_channel(input->mean, json, key, dc_input_channels(input));
    if (strcmp(key, "scale") == 0)
        return get_per_channel(input->scale, json, key, dc_input_channels(input));
    if (strcmp(key, "resize_size") == 0)
        return arch_get_u32(&input->resize_size, json, key);
    if (strcmp(key, "sound") == 0)
        return read_sound(input, json);
    if (strcmp(key, "resize") == 0) {
        DC_TRY(get_word(&word, json, key, resize_words, DC_COUNT_OF(resize_words)));
        input->resize = (dc_resize)word;
    } else if (strcmp(key, "filter") == 0) {
        DC_TRY(get_word(&word, json, key, filter_words, DC_COUNT_OF(filter_words)));
        input->filter = (dc_filter)word;
    } else if (strcmp(key, "channels") == 0) {
        DC_TRY(get_word(&word, json, key, channel_words, DC_COUNT_OF(channel_words)));
        input->channels = (dc_channels)word;
        if (input->shape.dims[0] != (input->channels == DC_CHANNELS_GREY ? 1u : 3u))
            return dc_fail(DC_EINPUT, "'%s' do not fit a shape of %u channels",
                           channel_words[word], (unsigned)input->shape.dims[0]);
    } else {
        return fail_key(key, "shape|mean|scale|resize|resize_size|filter|channels|sound");
    }
    return DC_OK;
}

dc_status dc_input_from_json(dc_input *input, const dc_json *json)
{
    *input = (dc_input){.scale = {1, 1, 1, 1}};
    DC_TRY(arch_need(json, DC_JSON_OBJECT, "input"));
    DC_TRY(read_shape(&input->shape, dc_json_get(json, "shape")));
    const bool is_grey = input->shape.dims[0] == 1 && input->shape.n_dims != 2;
    input->channels = is_grey ? DC_CHANNELS_GREY : DC_CHANNELS_RGB;
    for (const dc_json *member = dc_json_at(json, 0); member != NULL; member = dc_json_next(member))
        DC_TRY(read_input_member(input, member));
    return DC_OK;
}

/* ---- and back -------------------------------------------------------------------------------- */

/* How many of the means and scales count: one when they are all the same. */
static uint32_t n_different(const float values[N_CHANNELS], uint32_t n_channels)
{
    for (uint32_t c = 1; n_channels <= N_CHANNELS && c < n_channels; c++)
        if (values[c] < values[0] || values[c] > values[0])
            return n_channels;
    return 1;
}

/* The shortest decimal that is this float again: 123.675, not 123.67500305175781. */
static double shortest(float value)
{
    char text[32];
    double decimal = (double)value;
    for (int n_digits = 6; n_digits <= 9; n_digits++) {
        dc_print(text, sizeof text, "%.*g", n_digits, (double)value);
        decimal = dc_text_number(text, NULL);
        if (!((float)decimal < value) && !((float)decimal > value))
            break;
    }
    return decimal;
}

static void add_per_channel(dc_json *json, const char *key, const float values[N_CHANNELS],
                            uint32_t n_channels)
{
    const uint32_t n = n_different(values, n_channels);
    dc_json *array = n > 1 ? dc_json_add_array(json, key) : NULL;
    for (uint32_t c = 0; c < n; c++)
        dc_json_add_number(n > 1 ? array : json, n > 1 ? NULL : key,
                           shortest(values[c]));
}

void dc_input_to_json(dc_json *json, const dc_input *input)
{
    const dc_shape *shape = &input->shape;
    dc_json *dims = dc_json_add_array(json, "shape");
    for (uint32_t i = 0; i < shape->n_dims; i++)
        dc_json_add_u64(dims, NULL, shape->dims[i]);
    if (shape->n_dims == 3 && (shape->dims[0] == 1 || shape->dims[0] == 3))
        dc_json_add_text(json, "channels", channel_words[input->channels]);
    add_per_channel(json, "mean", input->mean, dc_input_channels(input));
    add_per_channel(json, "scale", input->scale, dc_input_channels(input));
    if (input->sound.window_us > 0) {
        dc_json *sound = dc_json_add_object(json, "sound");
        dc_json_add_number(sound, "window", input->sound.window_us / 1000.0);
        dc_json_add_number(sound, "hop", input->sound.hop_us / 1000.0);
        dc_json_add_u64(sound, "lowest", input->sound.lowest_hz);
        dc_json_add_u64(sound, "highest", input->sound.highest_hz);
        return;
    }
    dc_json_add_text(json, "resize", resize_words[input->resize]);
    if (input->resize_size > 0)
        dc_json_add_u64(json, "resize_size", input->resize_size);
    dc_json_add_text(json, "filter", filter_words[input->filter]);
}

/* ", minus (104, 117, 123)", ", times 0.5", or "" when all are `neutral`. */
static const char *numbers_text(const char *word, const float values[N_CHANNELS],
                                uint32_t n_channels, float neutral, dc_arena *arena)
{
    const uint32_t n = n_different(values, n_channels);
    const char *text = dc_arena_print(arena, "%.6g", (double)values[0]);
    if (n == 1 && !(values[0] < neutral) && !(values[0] > neutral))
        return "";
    for (uint32_t c = 1; c < n; c++)
        text = dc_arena_print(arena, "%s, %.6g", text, (double)values[c]);
    return dc_arena_print(arena, n > 1 ? ", %s (%s)" : ", %s %s", word, text);
}

static const char *resize_text(const dc_input *input, dc_arena *arena)
{
    const uint32_t height = input->shape.dims[1], width = input->shape.dims[2];
    const uint32_t size = input->resize_size;
    const bool is_warp = input->resize == DC_RESIZE_WARP;
    const char *to = dc_arena_print(arena, "%u", size > 0 ? size : DC_MAX(height, width));
    if (is_warp && size == 0)
        to = dc_arena_print(arena, "%ux%u", height, width);
    const bool is_cropped = !is_warp || (size > 0 && (size != height || size != width));
    return dc_arena_print(arena, ", %s to %s by %s%s", is_warp ? "warp" : "short side", to,
                          filter_words[input->filter], is_cropped ? ", crop" : "");
}

const char *dc_input_text(const dc_input *input, dc_arena *arena)
{
    const dc_shape *shape = &input->shape;
    const bool is_picture = shape->n_dims == 3 && (shape->dims[0] == 1 || shape->dims[0] == 3);
    const dc_channels channels = shape->dims[0] == 1 ? DC_CHANNELS_GREY : input->channels;
    const char *text = dc_shape_text(shape, arena);
    if (is_picture)
        text = dc_arena_print(arena, "%s %s", text, channel_words[channels]);
    if (is_picture && input->resize != DC_RESIZE_NONE)
        text = dc_arena_print(arena, "%s%s", text, resize_text(input, arena));
    if (input->sound.window_us > 0)
        text = dc_arena_print(arena, "%s log-mel of sounds, %g ms every %g ms, %u to %u Hz", text,
                              input->sound.window_us / 1000.0, input->sound.hop_us / 1000.0,
                              (unsigned)input->sound.lowest_hz,
                              (unsigned)input->sound.highest_hz);
    return dc_arena_print(arena, "%s%s%s", text,
                          numbers_text("minus", input->mean, dc_input_channels(input), 0, arena),
                          numbers_text("times", input->scale, dc_input_channels(input), 1, arena));
}
