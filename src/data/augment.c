/* SPDX-License-Identifier: MIT
 *
 * Samples bent a little, differently each epoch: an affine map (shear, then scale, then rotation,
 * then shift) about the picture's centre and an elastic field, joined and sampled once [Simard
 * 2003]. What happens to a sample is drawn from (seed, epoch, index) alone, so any order and any
 * number of readers give the same pictures. Runs on the caller's thread: the loader has one of its
 * own, and the rest are busy training.
 */
#include "warp.h"

#include "dcomp/data.h"

#include <math.h>
#include <string.h>

#define RADIANS_PER_DEGREE 0.017453292519943295
#define MAX_SHIFT 4096.0 /* pixels */

const dc_field dc_augment_fields[] = {
    { .name = "shift", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_augment_settings, shift),
      .unit = "pixels", .max = MAX_SHIFT,
      .help = "move training pictures by up to so much each way" },
    { .name = "rotate", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_augment_settings, rotate),
      .unit = "degrees", .max = 180, .help = "turn training pictures by up to so much each way" },
    { .name = "scale", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_augment_settings, scale),
      .max = 0.9, .help = "stretch width and height by up to this share; 0.1 is 90 % to 110 %" },
    { .name = "shear", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_augment_settings, shear),
      .max = 4, .help = "slant training pictures by up to this tangent each way" },
    { .name = "elastic", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_augment_settings, elastic),
      .unit = "pixels", .max = MAX_SHIFT,
      .help = "bend training pictures by smooth random fields of so much (root mean square)" },
    { .name = "mirror", .kind = DC_FIELD_BOOL, .offset = offsetof(dc_augment_settings, mirror),
      .help = "swap left and right in half of the training pictures" },
    { .name = "augment_seed", .kind = DC_FIELD_U64, .offset = offsetof(dc_augment_settings, seed),
      .help = "of what happens to each picture" },
    { .name = "ways", .kind = DC_FIELD_U32, .offset = offsetof(dc_augment_settings, n_ways),
      .unit = "epochs", .help = "pictures come again as they were so many before; 0: never" },
    { 0 },
};

typedef struct augmented {
    dc_source source; /* first */
    dc_arena arena;   /* holds this struct too */
    const dc_source *base;
    dc_augment_settings settings;
} augmented;

/* Room to bend one sample. */
typedef struct workspace {
    float *sample, *field, *noise;
} workspace;

static double draw(dc_rng *rng, double amount)
{
    return amount * (2.0 * dc_rng_unit(rng) - 1.0);
}

/* The map from result to picture, so everything is inverted: divided, turned back. */
static void draw_affine(data_warp *warp, const dc_augment_settings *s, dc_rng *rng)
{
    const double angle = draw(rng, s->rotate * RADIANS_PER_DEGREE);
    const double scale_x = 1.0 / (1.0 + draw(rng, s->scale));
    const double scale_y = 1.0 / (1.0 + draw(rng, s->scale));
    const double shear = draw(rng, s->shear);
    const double shift_x = draw(rng, s->shift), shift_y = draw(rng, s->shift);
    const bool is_mirrored = s->mirror && dc_rng_u64(rng) >> 63 != 0;
    const double c = cos(angle), n = sin(angle), flip = is_mirrored ? -1.0 : 1.0;
    const double x_x = scale_x * c, x_y = scale_x * n, y_x = -scale_y * n, y_y = scale_y * c;
    warp->matrix[0] = (float)(flip * (x_x - shear * y_x));
    warp->matrix[1] = (float)(flip * (x_y - shear * y_y));
    warp->matrix[2] = (float)y_x;
    warp->matrix[3] = (float)y_y;
    warp->shift[0] = (float)shift_x;
    warp->shift[1] = (float)shift_y;
}

static void bend(float *x, const augmented *a, uint64_t index, uint64_t epoch,
                 const workspace *space)
{
    const dc_shape *shape = &a->source.shape;
    dc_rng rng;
    const uint32_t n_ways = a->settings.n_ways;
    dc_rng_init(&rng, a->settings.seed, n_ways > 0 ? epoch % n_ways : epoch);
    dc_rng_init(&rng, dc_rng_u64(&rng), index);
    data_warp warp = { .field = NULL };
    draw_affine(&warp, &a->settings, &rng);
    if (a->settings.elastic > 0) {
        data_field_make(space->field, shape->dims[1], shape->dims[2], a->settings.elastic, &rng,
                        space->noise);
        warp.field = space->field;
    }
    memcpy(space->sample, x, dc_shape_count(shape) * sizeof *x);
    data_warp_run(x, space->sample, shape, &warp);
}

static dc_status augmented_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                uint64_t epoch, float *x, int32_t *labels)
{
    const augmented *a = source->state;
    const uint32_t height = source->shape.dims[1], width = source->shape.dims[2];
    const uint64_t n_values = dc_shape_count(&source->shape);
    DC_TRY(dc_source_read(a->base, indices, n, epoch, x, labels));
    dc_arena arena = { 0 };
    const bool is_elastic = a->settings.elastic > 0;
    const workspace space = {
        .sample = dc_arena_take(&arena, n_values, sizeof(float)),
        .field = dc_arena_take(&arena, is_elastic ? UINT64_C(2) * height * width : 0,
                               sizeof(float)),
        .noise = dc_arena_take(&arena, is_elastic ? data_field_n_values(height, width) : 0,
                               sizeof(float)),
    };
    const dc_status status = arena.status;
    for (uint32_t i = 0; status >= 0 && i < n; i++)
        bend(x + i * n_values, a, indices[i], epoch, &space);
    dc_arena_clear(&arena);
    return status;
}

static void augmented_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint32_t *lengths)
{
    const dc_source *base = ((const augmented *)source->state)->base;
    base->lengths(base, indices, n, lengths);
}

static void augmented_warn_unread(const dc_source *source)
{
    const augmented *a = source->state;
    if (a->base->warn_unread != NULL)
        a->base->warn_unread(a->base);
}

static const char *augmented_describe(const dc_source *source, uint64_t index, dc_arena *arena)
{
    return dc_source_describe(((const augmented *)source->state)->base, index, arena);
}

static void augmented_close(dc_source *source)
{
    dc_arena arena = ((augmented *)source->state)->arena;
    dc_arena_clear(&arena);
}

/* What a file or a command line has passed already, but not a caller in C. */
static dc_status check(const dc_augment_settings *s)
{
    const double amounts[] = { s->shift, s->rotate, s->scale, s->shear, s->elastic };
    for (size_t i = 0; i < DC_COUNT_OF(amounts); i++) {
        const dc_field *field = &dc_augment_fields[i];
        if (!(amounts[i] >= field->min && amounts[i] <= field->max))
            return dc_fail(DC_EINPUT, "'%s' must be %g to %g, not %g", field->name, field->min,
                           field->max, amounts[i]);
    }
    return DC_OK;
}

static bool is_off(const dc_augment_settings *s)
{
    return !s->mirror && !(s->shift > 0 || s->rotate > 0 || s->scale > 0 || s->shear > 0 ||
                           s->elastic > 0);
}

dc_status dc_data_augment(dc_source **out, const dc_source *base,
                          const dc_augment_settings *settings)
{
    DC_TRY(check(settings));
    if (is_off(settings)) {
        *out = (dc_source *)(uintptr_t)base;
        return DC_OK;
    }
    if (base->shape.n_dims != 3)
        return dc_fail(DC_EINPUT, "only pictures (C,H,W) can be augmented");
    if (DC_MAX(base->shape.dims[1], base->shape.dims[2]) > DC_IMAGE_MAX_SIDE)
        return dc_fail(DC_ELIMIT, "pictures of %ux%u pixels cannot be augmented",
                       base->shape.dims[1], base->shape.dims[2]);
    dc_arena arena = { 0 };
    augmented *a = dc_arena_take(&arena, 1, sizeof *a);
    DC_TRY(arena.status);
    a->source = *base;
    a->source.text = dc_arena_print(&arena, "%s, augmented", base->text ? base->text : "samples");
    if (arena.status < 0) {
        const dc_status status = arena.status;
        dc_arena_clear(&arena);
        return status;
    }
    a->source.state = a;
    a->source.read = augmented_read;
    a->source.lengths = base->lengths != NULL ? augmented_lengths : NULL;
    a->source.warn_unread = augmented_warn_unread;
    a->source.describe = augmented_describe;
    a->source.close = augmented_close;
    a->arena = arena;
    a->base = base;
    a->settings = *settings;
    *out = &a->source;
    return DC_OK;
}
