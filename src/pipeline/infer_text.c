/* SPDX-License-Identifier: MIT
 *
 * Texts through a network that has fewer steps than they have symbols. Where it carries something
 * from step to step, windows follow each other and each begins with what the one before left; else
 * a window is all that it ever sees, and moves on by a symbol.
 */
#include "infer_text.h"

#include <math.h>
#include <string.h>

dc_status infer_text_new(infer_text *t, dc_arena *arena)
{
    const dc_shape *in = &t->model->nodes[0].shape;
    if (dc_model_n_symbols(t->model) == 0 || in->n_dims != 1)
        return DC_OK;
    t->n_steps = in->dims[0];
    t->x = dc_arena_take(arena, t->n_steps, sizeof *t->x);
    t->y = dc_arena_take(arena, dc_model_n_outputs(t->model), sizeof *t->y);
    return arena->status;
}

/* n symbols, at most as many as there are steps, to t->y. */
static dc_status run_window(infer_text *t, float *state, const uint32_t *symbols, uint32_t n)
{
    const dc_batch batch = { .n = 1, .state = state, .x = t->x,
                             .target = { .n_steps = 1, .lengths = &n } };
    for (uint32_t i = 0; i < t->n_steps; i++)
        t->x[i] = i < n ? (float)symbols[i] : 0;
    return t->engine->run(t->opened, &batch, t->y);
}

static dc_status read_all(infer_text *t, float *state, const uint32_t *symbols, uint64_t n)
{
    for (uint64_t at = 0; at < n; at += t->n_steps) {
        const uint64_t n_here = DC_MIN(n - at, (uint64_t)t->n_steps);
        if (!t->engine->reports_pace)
            dc_progress("read", at, n, "");
        DC_TRY(run_window(t, state, symbols + at, (uint32_t)n_here));
    }
    return DC_OK;
}

dc_status infer_text_before(float *state, infer_text *t, uint64_t index)
{
    dc_arena arena = { 0 };
    dc_symbols symbols = { 0 };
    memset(state, 0, t->n_carried * sizeof *state);
    if (t->n_steps == 0)
        return DC_OK;
    dc_status status = dc_data_symbols(&symbols, t->source, index, &arena);
    if (status == DC_OK && symbols.n > t->n_steps)
        status = read_all(t, state, symbols.numbers, symbols.n - t->n_steps);
    dc_arena_clear(&arena);
    return status;
}

/* ---- going on -------------------------------------------------------------------------------- */

/* How probable a class is, as a power, beside the others. */
static double power_of(const dc_head *head, float score, float top, double temperature)
{
    if (head->kind == DC_HEAD_SCORES)
        return exp(((double)score - (double)top) / temperature);
    return score > 0 ? exp((log((double)score) - log((double)top)) / temperature) : 0;
}

static uint32_t draw(const dc_head *head, const float *y, double temperature, dc_rng *rng)
{
    uint32_t best = 0;
    double sum = 0;
    for (uint32_t c = 1; c < head->n_classes; c++)
        best = y[c] > y[best] ? c : best;
    for (uint32_t c = 0; c < head->n_classes && temperature > 0; c++)
        sum += power_of(head, y[c], y[best], temperature);
    double left = sum * dc_rng_unit(rng);
    for (uint32_t c = 0; c < head->n_classes && temperature > 0; c++) {
        left -= power_of(head, y[c], y[best], temperature);
        if (left < 0)
            return c;
    }
    return best;
}

static void put_symbol(dc_writer *w, const dc_model *model, uint32_t c, bool is_words,
                       dc_arena *arena)
{
    if (is_words && w->size > 0)
        dc_put_u8(w, ' ');
    if (c < model->n_class_names)
        dc_put_chars(w, dc_data_symbol_text(model->class_names[c], arena));
}

/* `window` holds the symbols that the network has seen last, of which there are *n. */
static dc_status take_symbol(infer_text *t, float *state, uint32_t *window, uint32_t *n,
                             uint32_t symbol)
{
    if (state != NULL)
        return run_window(t, state, &symbol, 1);
    if (*n == t->n_steps)
        memmove(window, window + 1, --*n * sizeof *window);
    window[(*n)++] = symbol;
    return run_window(t, NULL, window, *n);
}

static dc_status write_on(dc_writer *w, infer_text *t, const dc_infer_settings *settings,
                          const dc_head *head, const dc_symbols *symbols, float *state,
                          const float *y, dc_rng *rng, dc_arena *arena)
{
    uint32_t *window = dc_arena_take(arena, t->n_steps, sizeof *window);
    uint32_t n = (uint32_t)DC_MIN(symbols->n, (uint64_t)t->n_steps);
    DC_TRY(arena->status);
    memcpy(window, symbols->numbers + (symbols->n - n), n * sizeof *window);
    for (uint32_t i = 0; i < settings->n_generated; i++) {
        if (dc_find_not_finite(y, head->n_outputs) < head->n_outputs)
            return dc_fail(DC_ELIMIT, "outputs are not finite after %u symbols", i);
        const uint32_t symbol = draw(head, y, settings->temperature, rng);
        put_symbol(w, t->model, symbol, symbols->is_words, arena);
        if (i + 1 == settings->n_generated)
            break;
        DC_TRY(take_symbol(t, state, window, &n, symbol));
        y = t->y + (uint64_t)(state != NULL ? 0 : n - 1) * head->n_outputs;
    }
    dc_put_u8(w, 0);
    return w->status < 0 ? w->status : arena->status;
}

dc_status infer_text_go_on(const char **out, infer_text *t, const dc_infer_settings *settings,
                           const dc_head *head, uint64_t index, float *state, const float *y,
                           dc_arena *arena)
{
    dc_symbols symbols;
    dc_rng rng;
    dc_writer w;
    *out = NULL;
    DC_TRY(dc_data_symbols(&symbols, t->source, index, arena));
    if (t->n_steps == 0 || symbols.n == 0 || head->n_steps != t->n_steps)
        return DC_OK;
    dc_rng_init(&rng, settings->seed, index);
    dc_writer_init(&w, UINT64_MAX);
    const dc_status status =
        write_on(&w, t, settings, head, &symbols, state, y, &rng, arena);
    if (status == DC_OK)
        *out = dc_arena_text(arena, (const char *)w.data);
    dc_writer_clear(&w);
    DC_TRY(status);
    return arena->status;
}
