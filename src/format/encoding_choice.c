/* SPDX-License-Identifier: MIT
 *
 * The smallest layout by exact count, nothing written. One walk over the values tells whether
 * they are finite, how many are not zero, and whether all are exactly float16; a second finds
 * the codebook and counts its codes; a third and fourth count gaps for every width in row-major
 * and column-major order. From these counts the size of every row that a layout offers follows
 * exactly, and the first of the smallest stays.
 *
 * Coders that look at the symbols themselves would take too long on every row: they price the few
 * rows that are best by counts.
 */
#include "encoding_choice.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "layouts.h"

/* ---- surveying ------------------------------------------------------------------------------- */

static bool is_exact_half(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t exponent = bits >> 23 & 0xffu;
    if ((bits & 0x1fffu) == 0 && exponent >= 113 && exponent <= 142)
        return true; /* a normal half with 10 bits of mantissa */
    return dc_f16_round(value) == value;
}

static bool is_all_half(const float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (values[i] != 0 && !is_exact_half(values[i]))
            return false;
    return true;
}

static dc_status survey_values(dc_choosing *c)
{
    const float *values = c->param->values;
    const uint64_t n = c->param->n_values;
    uint64_t n_nonzero = 0, n_bad = 0;
    for (uint64_t i = 0; i < n; i++) { /* simple enough to be vectorized */
        n_nonzero += values[i] != 0;
        n_bad += !(fabsf(values[i]) <= FLT_MAX);
    }
    for (uint64_t i = 0; n_bad > 0 && i < n; i++)
        if (!isfinite(values[i]))
            return dc_fail(DC_EINPUT, "%s: value %" PRIu64 " of %" PRIu64 " is %s",
                           c->param->name, i, n, isnan(values[i]) ? "not a number" : "infinite");
    c->n_nonzero = n_nonzero;
    c->is_half = is_all_half(values, n);
    return DC_OK;
}

static dc_status survey_codes(dc_choosing *c)
{
    enum { PIECE = 1 << 16 };
    const dc_param *p = c->param;
    dc_histogram h;
    if (!dc_codebook_find(c->values, &c->n_distinct, p->values, p->n_values, DC_MAX_CODEBOOK,
                          false)) {
        c->n_distinct = 0;
        return DC_OK;
    }
    uint8_t *codes = dc_grow(NULL, PIECE, 1);
    if (codes == NULL)
        return DC_ENOMEM;
    for (uint64_t at = 0; at < p->n_values; at += PIECE) {
        const uint64_t n = DC_MIN(p->n_values - at, (uint64_t)PIECE);
        dc_codes_of(codes, p->values + at, n, c->values, c->n_distinct);
        dc_histogram_count(&h, codes, n);
        for (uint32_t i = 0; i < h.n_symbols; i++)
            c->counts[i] += h.counts[i];
    }
    dc_release(codes);
    return DC_OK;
}

static dc_status survey_gaps(dc_choosing *c)
{
    const bool has_one_order = c->n_rows == 1 || c->n_cols == 1 || c->settings->is_row_major;
    if (c->n_nonzero == c->param->n_values)
        return DC_OK;
    c->n_orders = has_one_order ? 1 : 2;
    c->gaps = dc_arena_take(c->scratch, c->n_orders, sizeof *c->gaps);
    DC_TRY(c->scratch->status);
    for (uint32_t order = 0; order < c->n_orders; order++)
        dc_gap_counts_of(&c->gaps[order], c->param->values, c->n_rows, c->n_cols, order == 1);
    return DC_OK;
}

/* What only a matrix has that may be more than numbers. Positions are counted in 32-bit rows and
 * columns; a wider one stays dense. */
static dc_status survey_matrix(dc_choosing *c)
{
    const dc_param *param = c->param;
    if (c->settings->level == DC_LEVEL_DENSE ||
        param->n_values / param->shape.dims[0] > UINT32_MAX)
        return DC_OK;
    dc_param_matrix(param, &c->n_rows, &c->n_cols);
    DC_TRY(survey_codes(c));
    return survey_gaps(c);
}

/* ---- offers ---------------------------------------------------------------------------------- */

dc_row dc_choosing_row(const dc_choosing *c)
{
    return (dc_row){ .layout = c->layout,
                     .encoding = c->layout->encoding,
                     .layer_coder = c->layout->layer_coder,
                     .is_half = c->is_half,
                     .is_pruned = c->param->is_pruned,
                     .is_shared = c->param->is_shared,
                     .n_entries = c->param->n_values };
}

void dc_choosing_price(uint64_t *bytes, uint8_t *coder_id, const dc_choosing *c,
                       const uint64_t *counts, uint32_t n)
{
    dc_histogram h = { .n_symbols = 1 };
    for (uint32_t i = 0; i < n; i++) {
        h.counts[i] = counts[i];
        h.n_total += counts[i];
        if (counts[i] > 0)
            h.n_symbols = i + 1;
    }
    const dc_stream s = { .counts = &h, .n = h.n_total, .n_symbols = n };
    *coder_id = dc_stream_cheapest(bytes, &s, c->coder_mask)->id;
}

unsigned dc_choosing_gap_rows(dc_row rows[DC_MAX_GAP_ROWS], const dc_choosing *c)
{
    const unsigned wanted = c->settings->gap_bits;
    unsigned n = 0;
    for (uint32_t order = 0; order < c->n_orders; order++) {
        const dc_gap_counts *gaps = &c->gaps[order];
        for (unsigned b = DC_MIN_GAP_BITS; b <= DC_MAX_GAP_BITS; b++) {
            if (wanted != 0 && b != wanted)
                continue;
            dc_row *row = &rows[n++];
            *row = dc_choosing_row(c);
            row->is_column_major = order == 1;
            row->gap_bits = (uint8_t)b;
            row->n_entries = gaps->n_nonzero + gaps->n_fillers[b];
            dc_choosing_price(&row->gaps_bytes, &row->gaps_coder, c, gaps->counts[b], 1u << b);
        }
    }
    return n;
}

uint64_t dc_choosing_best(const dc_choosing *c)
{
    return c->best[0].total_bytes;
}

static uint64_t total_bytes(const dc_row *row)
{
    const uint64_t body = dc_row_body_bytes(row);
    return body == UINT64_MAX ? UINT64_MAX : body + dc_row_bytes(row);
}

/* Of equals a plainer codebook is taken, else the first. */
static bool is_better(const dc_row *row, uint64_t total, const dc_choice *than)
{
    const bool is_plainer = than->row.is_rising && !row->is_rising;
    return total < than->total_bytes || (total == than->total_bytes && is_plainer);
}

/* Where the row is to be kept; NULL: it is not among the best. */
static dc_choice *place_for(dc_choosing *c, const dc_row *row, uint64_t total)
{
    unsigned at = 0;
    if (row->layer_coder > 0)
        return is_better(row, total, &c->of_coder[row->layer_coder])
                   ? &c->of_coder[row->layer_coder]
                   : NULL;
    while (at < DC_N_BEST && !is_better(row, total, &c->best[at]))
        at++;
    if (at == DC_N_BEST)
        return NULL;
    memmove(&c->best[at + 1], &c->best[at], (DC_N_BEST - 1 - at) * sizeof *c->best);
    return &c->best[at];
}

static const void *keep(dc_choosing *c, const void *data, uint64_t n)
{
    void *copy = data != NULL ? dc_arena_take(c->kept, n, 1) : NULL;
    if (copy != NULL)
        memcpy(copy, data, (size_t)n);
    return copy;
}

void dc_choosing_offer(dc_choosing *c, const dc_row *row, const dc_book *book)
{
    const uint64_t total = total_bytes(row);
    dc_choice *place = place_for(c, row, total);
    if (place != NULL)
        *place = (dc_choice){ .row = *row, .total_bytes = total,
                              .book = keep(c, book, sizeof *book) };
}

void dc_choosing_offer_body(dc_choosing *c, const dc_row *row, const uint8_t *body)
{
    const uint64_t total = total_bytes(row);
    dc_choice *place = place_for(c, row, total);
    if (place != NULL)
        *place = (dc_choice){ .row = *row, .total_bytes = total,
                              .body = keep(c, body, row->codes_bytes) };
}

/* ---- choosing -------------------------------------------------------------------------------- */

dc_status dc_lay(dc_laid *out, const dc_choice *choice, const dc_param *param, dc_arena *scratch)
{
    DC_TRY(choice->row.layout->lay(out, choice, param, scratch));
    dc_histogram_count(&out->codes_counts, out->codes.symbols, out->codes.n);
    dc_histogram_count(&out->gaps_counts, out->gaps.symbols, out->gaps.n);
    out->codes.counts = &out->codes_counts;
    out->gaps.counts = &out->gaps_counts;
    out->codes.given = dc_row_has_gaps(&choice->row) ? &out->gaps : NULL;
    return DC_OK;
}

static void price_stream(uint64_t *bytes, uint8_t *coder_id, const dc_stream *s, uint32_t mask)
{
    if (s->n > 0)
        *coder_id = dc_stream_cheapest(bytes, s, mask)->id;
}

static dc_status price_symbols(dc_choice *choice, const dc_choosing *c)
{
    dc_row *row = &choice->row;
    dc_arena scratch = { 0 };
    dc_laid *laid = dc_arena_take(&scratch, 1, sizeof *laid);
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = dc_lay(laid, choice, c->param, &scratch);
    if (status == DC_OK) {
        price_stream(&row->codes_bytes, &row->codes_coder, &laid->codes, c->coder_mask);
        price_stream(&row->gaps_bytes, &row->gaps_coder, &laid->gaps, c->coder_mask);
        choice->total_bytes = total_bytes(row);
    }
    dc_arena_clear(&scratch);
    return status;
}

/* The best row again, now with the coders that need the symbols. */
static dc_status choose_by_symbols(dc_choice **best, dc_choosing *c)
{
    for (unsigned i = 0; i < DC_N_BEST; i++) {
        dc_choice *choice = &c->best[i];
        if (choice->row.layout != NULL && choice->row.layout->lay != NULL)
            DC_TRY(price_symbols(choice, c));
        if (choice->total_bytes < (*best)->total_bytes)
            *best = choice;
    }
    return DC_OK;
}

static uint32_t coder_mask_of(const dc_write_settings *settings)
{
    return settings->level < DC_LEVEL_CODED ? 1u << DC_CODER_RAW : settings->coder_mask;
}

static dc_status choose(dc_choices *out, dc_choosing *c, const dc_layout *const *layouts)
{
    dc_choice *best = &c->best[0];
    for (unsigned i = 0; i < DC_N_BEST; i++)
        c->best[i].total_bytes = UINT64_MAX;
    for (unsigned i = 0; i < DC_N_LAYER_CODERS; i++)
        c->of_coder[i].total_bytes = UINT64_MAX;
    DC_TRY(survey_values(c));
    DC_TRY(survey_matrix(c));
    for (; *layouts != NULL; layouts++) {
        c->layout = *layouts;
        c->layout->offer(c);
        DC_TRY(c->status);
        DC_TRY(c->kept->status);
    }
    if (!dc_coder_mask_is_by_counts(c->coder_mask))
        DC_TRY(choose_by_symbols(&best, c));
    out->n_nonzero = c->n_nonzero;
    memcpy(out->of, c->of_coder, sizeof out->of);
    out->of[0] = *best;
    return DC_OK;
}

dc_status dc_choose(dc_choices *out, const dc_param *param, const dc_geometry *geometry,
                    const dc_write_settings *settings, uint32_t level_coder_mask,
                    const dc_layout *const *layouts, dc_arena *kept)
{
    dc_arena scratch = { 0 };
    dc_choosing c = { .param = param,
                      .geometry = *geometry,
                      .settings = settings,
                      .coder_mask = coder_mask_of(settings),
                      .level_coder_mask = level_coder_mask,
                      .scratch = &scratch,
                      .kept = kept };
    const dc_status status = choose(out, &c, layouts);
    dc_arena_clear(&scratch);
    return status;
}

unsigned dc_choices_smallest(const dc_choices *choices)
{
    unsigned best = 0;
    for (unsigned i = 1; i < DC_N_LAYER_CODERS; i++)
        if (choices->of[i].total_bytes < choices->of[best].total_bytes)
            best = i;
    return best;
}
