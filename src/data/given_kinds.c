/* SPDX-License-Identifier: MIT
 *
 * The table of what given files may be, told by their first bytes, or in folders by how their names
 * end. Text is what begins like none of the others.
 */
#include "given.h"
#include "npy.h"

#include <string.h>

static bool begins(const uint8_t *bytes, uint64_t n, const char *magic)
{
    const size_t n_magic = strlen(magic);
    return n >= n_magic && memcmp(bytes, magic, n_magic) == 0;
}

/* ---- pictures ---- */

static bool takes_pictures(const data_source *d)
{
    return data_takes_pictures(&d->input);
}

static dc_status read_picture(float *x, const data_source *d, const given_file *file,
                              const dc_file_view *bytes, uint64_t sample, dc_arena *arena)
{
    dc_image raw, image;
    (void)sample;
    DC_TRY(data_picture_from(&raw, bytes, file->name, arena));
    DC_TRY(dc_fail_within(data_fit(&image, &raw, &d->input, arena), file->name));
    data_prepare(x, &image, &d->input);
    return DC_OK;
}

/* ---- sounds ---- */

static bool is_sound(const uint8_t *bytes, uint64_t n)
{
    return begins(bytes, n, "fLaC") ||
           (begins(bytes, n, "RIFF") && n >= 12 && memcmp(bytes + 8, "WAVE", 4) == 0);
}

static bool takes_sounds(const data_source *d)
{
    return d->input.sound.window_us != 0;
}

static dc_status look_at_sound(given_file *file, data_source *d, const dc_file_view *bytes)
{
    given_files *g = d->source.state;
    DC_TRY(sound_check_build());
    g->n_sounds++;
    file->n_steps = sound_measure(&g->sounds, &d->input, bytes->data, bytes->size, file->name);
    return DC_OK;
}

static dc_status read_sound(float *x, const data_source *d, const given_file *file,
                            const dc_file_view *bytes, uint64_t sample, dc_arena *arena)
{
    (void)sample, (void)arena;
    return sound_prepare(x, &d->input, bytes->data, bytes->size, file->name);
}

/* ---- arrays ---- */

static bool is_array(const uint8_t *bytes, uint64_t n)
{
    return begins(bytes, n, "\x93NUMPY");
}

static bool is_array_name(const char *name)
{
    return dc_text_ends_with(name, ".npy");
}

static bool takes_any(const data_source *d)
{
    (void)d;
    return true;
}

static bool has_shape(const npy_array *a, const dc_shape *shape)
{
    if (a->n_dims != shape->n_dims)
        return false;
    for (uint32_t i = 0; i < a->n_dims; i++)
        if (a->dims[i] != shape->dims[i])
            return false;
    return true;
}

static bool is_samples(const npy_array *a, const dc_input *input)
{
    return npy_is_input(a, &input->shape) ||
           (npy_is_pictures(a) && data_takes_pictures(input));
}

/* The same values as one sample. */
static npy_array as_one(const npy_array *a)
{
    npy_array one = *a;
    if (a->n_dims == NPY_MAX_DIMS)
        return one;
    one.dims[0] = 1;
    memcpy(one.dims + 1, a->dims, a->n_dims * sizeof *a->dims);
    one.n_dims++;
    return one;
}

static dc_status parse_array(npy_array *out, const data_source *d, const given_file *file,
                             const dc_file_view *bytes, dc_arena *arena)
{
    const dc_shape *shape = &d->input.shape;
    DC_TRY(npy_parse(out, bytes->data, bytes->size, file->name));
    const npy_array one = as_one(out);
    if (has_shape(out, shape) || (!is_samples(out, &d->input) && is_samples(&one, &d->input)))
        *out = one;
    if (!is_samples(out, &d->input))
        return dc_fail(DC_EINPUT, "the samples of '%s' do not fit the model's input of %s",
                       file->name, dc_shape_text(shape, arena));
    return DC_OK;
}

static dc_status look_at_array(given_file *file, data_source *d, const dc_file_view *bytes)
{
    npy_array a;
    DC_TRY(parse_array(&a, d, file, bytes, &d->arena));
    file->n = a.dims[0];
    return DC_OK;
}

static dc_status read_pixels(float *x, const data_source *d, const npy_array *a,
                             const given_file *file, uint64_t sample, dc_arena *arena)
{
    dc_image raw = { 0 }, image;
    DC_TRY(npy_picture_size(&raw.width, &raw.height, &raw.n_channels, a, file->name));
    raw.pixels = dc_arena_take(arena, a->n_values / a->dims[0], 1);
    DC_TRY(arena->status);
    npy_get_pixels(raw.pixels, a, sample, raw.n_channels);
    DC_TRY(dc_fail_within(data_fit(&image, &raw, &d->input, arena), file->name));
    data_prepare(x, &image, &d->input);
    return DC_OK;
}

static dc_status read_array(float *x, const data_source *d, const given_file *file,
                            const dc_file_view *bytes, uint64_t sample, dc_arena *arena)
{
    npy_array a;
    DC_TRY(parse_array(&a, d, file, bytes, arena));
    if (sample >= a.dims[0])
        return dc_fail(DC_ECORRUPT, "'%s' has become shorter", file->name);
    if (npy_is_pictures(&a) && data_takes_pictures(&d->input))
        return read_pixels(x, d, &a, file, sample, arena);
    npy_get_input(x, &a, sample, &d->input);
    return npy_fits(&a, sample, x)
               ? DC_OK
               : npy_fail_range(&a, sample, x, d->source.describe(&d->source, file->first + sample,
                                                                  arena));
}

/* ---- texts ---- */

static bool is_text_name(const char *name)
{
    return dc_text_ends_with(name, ".txt");
}

static bool is_anything(const uint8_t *bytes, uint64_t n)
{
    (void)bytes, (void)n;
    return true;
}

static bool takes_texts(const data_source *d)
{
    return ((const given_files *)d->source.state)->takes_texts;
}

static dc_status number_text(dc_symbols *out, const given_files *g, const given_file *file,
                             const dc_file_view *bytes, dc_arena *arena)
{
    symbol_text text;
    DC_TRY(symbols_take_text(&text, bytes->data, bytes->size, file->name, g->is_words, arena));
    uint32_t *numbers = dc_arena_take(arena, text.n_pieces, sizeof *numbers);
    DC_TRY(arena->status);
    if (text.n_pieces == 0)
        return dc_fail(DC_ECORRUPT, "'%s' has no %s", file->name,
                       g->is_words ? "words" : "characters");
    DC_TRY(symbols_number(numbers, &g->symbols, &text, g->n_rows, arena));
    *out = (dc_symbols){ numbers, text.n_pieces, g->is_words };
    return DC_OK;
}

static dc_status look_at_text(given_file *file, data_source *d, const dc_file_view *bytes)
{
    const given_files *g = d->source.state;
    dc_arena scratch = { 0 };
    dc_symbols symbols = { 0 };
    const dc_status status = number_text(&symbols, g, file, bytes, &scratch);
    file->n_steps = (uint32_t)DC_MIN(symbols.n, (uint64_t)d->input.shape.dims[0]);
    if (status == DC_OK)
        symbols_warn_of_unknown(&g->symbols, symbols.numbers, symbols.n, file->name, g->is_words);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status read_text(float *x, const data_source *d, const given_file *file,
                           const dc_file_view *bytes, uint64_t sample, dc_arena *arena)
{
    const uint64_t n_steps = d->input.shape.dims[0];
    dc_symbols symbols = { 0 };
    (void)sample;
    DC_TRY(number_text(&symbols, d->source.state, file, bytes, arena));
    const uint64_t n = DC_MIN(symbols.n, n_steps), first = symbols.n - n;
    if (n != file->n_steps)
        return dc_fail(DC_ECORRUPT, "'%s' has changed while it was read", file->name);
    for (uint64_t t = 0; t < n_steps; t++)
        x[t] = t < n ? (float)symbols.numbers[first + t] : 0;
    return DC_OK;
}

/* ---- the table ---- */

static const given_kind kinds[] = {
    { .word = "a picture", .many = "pictures (PNG, JPEG)", .is_name = data_is_picture_name,
      .is_begun = data_is_picture, .is_taken = takes_pictures, .read = read_picture },
    { .word = "a sound", .many = "sounds (WAV, FLAC)", .is_name = sound_is_name,
      .is_begun = is_sound, .is_taken = takes_sounds, .look = look_at_sound,
      .read = read_sound },
    { .word = "an array", .many = "arrays (.npy)", .is_name = is_array_name, .is_begun = is_array,
      .is_taken = takes_any, .look = look_at_array, .read = read_array },
    { .word = "a text", .many = "texts (.txt)", .is_name = is_text_name, .is_begun = is_anything,
      .is_taken = takes_texts, .number = number_text, .look = look_at_text, .read = read_text },
};

const given_kind *given_kind_at(uint32_t index)
{
    return index < DC_COUNT_OF(kinds) ? &kinds[index] : NULL;
}
