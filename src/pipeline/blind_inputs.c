/* SPDX-License-Identifier: MIT
 *
 * Made-up inputs. A picture is a pile of shapes, large and small, one hiding another: the "dead
 * leaves" that have the edges, flat parts and range of scales of photographs [Lee 2001]. Networks
 * answer them much as they answer photographs, where white noise leaves most of their channels
 * silent. Samples are of two kinds, in turn: bright pictures full of shapes, and a few shapes on
 * black, as digits are; what holds for both is likely to hold for real ones. Sequences and symbols
 * are in blind_sequences.c. Other inputs are normal numbers, and such with half of them zero.
 *
 * Pixels are prepared as the model's input says. Where it says nothing (mean 0, scale 1), they may
 * be meant as they are or brought to about one: every second kind is so.
 */
#include "blind.h"

#include <math.h>
#include <string.h>

#define MIN_SIDE 8u     /* of a picture, pixels */
#define N_OCTAVES 6u    /* of the texture       */
#define MIN_RADIUS 0.02 /* of the shorter side, and a pixel more */
#define MAX_RADIUS 0.7

typedef struct canvas {
    const dc_input *input;
    uint32_t n_channels, height, width;
    float *x;        /* (C,H,W), pixels 0 .. 255                     */
    float *texture;  /* (H,W): smooth noise of deviation 1           */
    double *colours; /* (C)                                          */
    dc_rng rng;
} canvas;

/* What a sample's shapes have in common. */
typedef struct scene {
    bool is_dark;
    double light, spread, greyness; /* mean of the colours, their deviation, what channels share */
} scene;

static double between(dc_rng *rng, double low, double high)
{
    return low + (high - low) * dc_rng_unit(rng);
}

/* Whole, as pixels are: the same on machines whose logarithms differ in the last bit. */
static float pixel(double value)
{
    return (float)floor(fmin(fmax(value, 0), 255) + 0.5);
}

/* Noise of one size: normal numbers on a grid of `cell` pixels, bilinear in between. */
static void add_octave(canvas *c, uint32_t cell, double amplitude, float *grid)
{
    const uint32_t n_cols = c->width / cell + 2, n_rows = c->height / cell + 2;
    for (uint32_t i = 0; i < n_rows * n_cols; i++)
        grid[i] = (float)dc_rng_normal(&c->rng);
    for (uint32_t h = 0; h < c->height; h++)
        for (uint32_t w = 0; w < c->width; w++) {
            const float *at = grid + h / cell * n_cols + w / cell;
            const double down = (double)(h % cell) / cell, right = (double)(w % cell) / cell;
            const double upper = (double)at[0] + right * (double)(at[1] - at[0]);
            const double lower =
                (double)at[n_cols] + right * (double)(at[n_cols + 1] - at[n_cols]);
            c->texture[h * c->width + w] += (float)(amplitude * (upper + down * (lower - upper)));
        }
}

static void weave(canvas *c, float *grid)
{
    const uint64_t n = (uint64_t)c->height * c->width;
    double energy = 0;
    for (uint64_t i = 0; i < n; i++)
        c->texture[i] = 0;
    for (uint32_t octave = 0; octave < N_OCTAVES; octave++)
        add_octave(c, 1u << octave, sqrt((double)(1u << octave)), grid);
    for (uint64_t i = 0; i < n; i++)
        energy += (double)c->texture[i] * (double)c->texture[i];
    const float factor = (float)(1 / sqrt(energy / (double)n));
    for (uint64_t i = 0; i < n; i++)
        c->texture[i] *= factor;
}

/* An ellipse or a box, turned, whose colour runs from one side to the other. */
typedef struct leaf {
    double x, y, cosine, sine, long_half, short_half; /* centre, direction, half axes [pixels] */
    double right, down, roughness; /* change of colour along the picture's axes, texture  */
    bool is_box;
} leaf;

static bool covers(const leaf *l, double right, double down)
{
    const double a = (l->cosine * right + l->sine * down) / l->long_half;
    const double b = (l->cosine * down - l->sine * right) / l->short_half;
    return l->is_box ? fabs(a) <= 1 && fabs(b) <= 1 : a * a + b * b <= 1;
}

/* Places of an axis of `n` that are within `reach` of `middle`: from *low to *high - 1. */
static void clip_span(uint32_t *low, uint32_t *high, double middle, double reach, uint32_t n)
{
    *low = (uint32_t)fmax(middle - reach, 0);
    *high = (uint32_t)fmin(fmax(middle + reach + 1, 0), n);
}

static void paint(canvas *c, const leaf *l)
{
    const uint64_t plane = (uint64_t)c->height * c->width;
    const double reach = l->long_half + l->short_half;
    uint32_t top, bottom, left, end;
    clip_span(&top, &bottom, l->y, reach, c->height);
    clip_span(&left, &end, l->x, reach, c->width);
    for (uint32_t h = top; h < bottom; h++)
        for (uint32_t w = left; w < end; w++) {
            const double right = w - l->x, down = h - l->y;
            const uint64_t at = (uint64_t)h * c->width + w;
            if (!covers(l, right, down))
                continue;
            const double more =
                l->right * right + l->down * down + l->roughness * (double)c->texture[at];
            for (uint32_t k = 0; k < c->n_channels; k++)
                c->x[k * plane + at] = pixel(c->colours[k] + more);
        }
}

static void choose_colours(canvas *c, const scene *s)
{
    const double common = dc_rng_normal(&c->rng);
    for (uint32_t k = 0; k < c->n_channels; k++)
        c->colours[k] = s->light + s->spread * (s->greyness * common +
                                                (1 - s->greyness) * dc_rng_normal(&c->rng));
}

static void drop_leaf(canvas *c, const scene *s)
{
    const double side = DC_MIN(c->height, c->width), angle = between(&c->rng, 0, acos(-1));
    const double low = MIN_RADIUS * side + 1, high = MAX_RADIUS * side;
    /* Sizes r with density r^-2; on black, strokes of middle size. */
    const double any = 1 / between(&c->rng, 1 / high, 1 / low);
    const double radius = s->is_dark ? side * between(&c->rng, 0.05, 0.25) : any;
    const double share = between(&c->rng, 0.2, 1) * (s->is_dark ? 0.5 : 1);
    const double rough = dc_rng_unit(&c->rng) * dc_rng_unit(&c->rng);
    const leaf l = { .x = between(&c->rng, 0, c->width),
                     .y = between(&c->rng, 0, c->height),
                     .cosine = cos(angle),
                     .sine = sin(angle),
                     .long_half = radius,
                     .short_half = radius * share,
                     .right = 30 / side * dc_rng_normal(&c->rng),
                     .down = 30 / side * dc_rng_normal(&c->rng),
                     .roughness = 30 * rough,
                     .is_box = dc_rng_below(&c->rng, 5) < 2 };
    choose_colours(c, s);
    paint(c, &l);
}

static void draw(canvas *c, bool is_dark)
{
    const uint64_t n = (uint64_t)c->n_channels * c->height * c->width;
    const scene s = { is_dark, between(&c->rng, 60, 195), between(&c->rng, 20, 100),
                      dc_rng_unit(&c->rng) };
    const uint64_t n_leaves =
        is_dark ? 3 + dc_rng_below(&c->rng, 12) : 8 + dc_rng_below(&c->rng, 120);
    choose_colours(c, &s);
    for (uint64_t i = 0; i < n; i++) {
        const double colour = c->colours[i / (n / c->n_channels)];
        c->x[i] = is_dark ? 0 : pixel(colour);
    }
    for (uint64_t i = 0; i < n_leaves; i++)
        drop_leaf(c, &s);
}

bool blind_is_prepared(const dc_input *input)
{
    bool is_prepared = false;
    for (uint32_t k = 0; k < DC_COUNT_OF(input->mean); k++)
        is_prepared |= input->mean[k] < 0 || input->mean[k] > 0 || input->scale[k] < 1 ||
                       input->scale[k] > 1;
    return is_prepared;
}

static void prepare(canvas *c, bool is_guessed)
{
    const uint64_t plane = (uint64_t)c->height * c->width;
    for (uint32_t k = 0; k < c->n_channels; k++) {
        const uint32_t of = k < DC_COUNT_OF(c->input->mean) ? k : 0;
        const float mean = is_guessed ? 127.5f : c->input->mean[of];
        const float scale = is_guessed ? 1.0f / 64 : c->input->scale[of];
        for (uint64_t i = 0; i < plane; i++)
            c->x[k * plane + i] = (c->x[k * plane + i] - mean) * scale;
    }
}

static void make_numbers(float *x, uint64_t n, bool is_sparse, dc_rng *rng)
{
    for (uint64_t i = 0; i < n; i++) {
        const double value = floor(256 * dc_rng_normal(rng) + 0.5) / 256; /* as pixels: whole */
        x[i] = is_sparse && dc_rng_below(rng, 2) == 0 ? 0 : (float)value;
    }
}

static dc_status make_others(float *x, const dc_model *model, uint32_t n, uint64_t seed,
                             dc_arena *arena)
{
    const dc_shape *shape = &model->input.shape;
    const uint64_t n_values = dc_shape_count(shape);
    const uint32_t n_symbols = dc_model_n_symbols(model);
    dc_rng rng;
    if (n_symbols > 0)
        blind_symbols_make(x, n_values, n_symbols, n, seed);
    else if (shape->n_dims == 2)
        return blind_sequences_make(x, shape, n, seed, arena);
    for (uint32_t i = 0; i < n && n_symbols == 0; i++) {
        dc_rng_init(&rng, seed, i);
        make_numbers(x + i * n_values, n_values, i % BLIND_KINDS == 1, &rng);
    }
    return DC_OK;
}

dc_status blind_inputs_make(float *x, const dc_model *model, uint32_t n, uint64_t seed,
                            dc_arena *arena)
{
    const dc_input *input = &model->input;
    const dc_shape *shape = &input->shape;
    const uint64_t n_values = dc_shape_count(shape);
    const bool is_picture =
        shape->n_dims == 3 && shape->dims[1] >= MIN_SIDE && shape->dims[2] >= MIN_SIDE;
    canvas c = { .input = input, .n_channels = shape->dims[0], .height = shape->dims[1],
                 .width = shape->dims[2] };
    if (!is_picture)
        return make_others(x, model, n, seed, arena);
    c.texture = dc_arena_take(arena, (uint64_t)c.height * c.width, sizeof *c.texture);
    c.colours = dc_arena_take(arena, c.n_channels, sizeof *c.colours);
    float *grid = dc_arena_take(arena, (uint64_t)(c.height + 2) * (c.width + 2), sizeof *grid);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++) {
        const bool is_second = i % BLIND_KINDS == 1;
        c.x = x + i * n_values;
        dc_rng_init(&c.rng, seed, i);
        weave(&c, grid);
        draw(&c, is_second);
        prepare(&c, is_second && !blind_is_prepared(input));
    }
    return DC_OK;
}

dc_status blind_inputs_read(float *x, const dc_source *samples, uint32_t n, dc_arena *arena)
{
    const uint32_t n_steps = dc_source_steps(samples);
    const uint64_t n_values = dc_shape_count(&samples->shape);
    int32_t *labels = dc_arena_take(arena, (uint64_t)n * n_steps, sizeof *labels);
    uint64_t *indices = dc_arena_take(arena, n, sizeof *indices);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++)
        indices[i] = i;
    DC_TRY(dc_source_read(samples, indices, n, 0, x, labels));
    for (uint32_t i = 1; i < n; i++)
        if (labels[(uint64_t)i * n_steps] == DC_UNREADABLE)
            memcpy(x + i * n_values, x + (i - 1) * n_values, n_values * sizeof *x);
    return DC_OK;
}
