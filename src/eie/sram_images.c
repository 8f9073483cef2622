/* SPDX-License-Identifier: MIT
 *
 * Memory images of a layer for $readmemh (manual, 7): one file a memory, all PEs in it, PE k from
 * address k x depth.
 */
#include "machine.h"

#include "dcomp/file.h"

#include <stdio.h>
#include <string.h>

#define MAX_LINE_BYTES (1024 / 8)
#define MAX_LINE_ENTRIES (1024 / 2) /* of one code bit and one index bit */

/* One text file that grows in memory and is written whole. */
typedef struct image {
    dc_writer text;
    const dc_eie_layer *layer;
} image;

static void say(image *im, const char *text)
{
    dc_put_bytes(&im->text, text, strlen(text));
}

static void say_address(image *im, uint64_t address)
{
    char text[32];
    snprintf(text, sizeof text, "@%llx\n", (unsigned long long)address);
    say(im, text);
}

/* The low n_bits of value as hexadecimal digits. */
static void say_word(image *im, int64_t value, uint32_t n_bits)
{
    char text[32];
    const uint64_t mask = n_bits < 64 ? (UINT64_C(1) << n_bits) - 1 : UINT64_MAX;
    snprintf(text, sizeof text, "%0*llx\n", (int)((n_bits + 3) / 4),
             (unsigned long long)((uint64_t)value & mask));
    say(im, text);
}

/* ---- lines of entries ----------------------------------------------------------------------- */

typedef struct line_shape {
    uint32_t n_entries, slot_bits, width_bits;
} line_shape;

static line_shape shape_of(const dc_eie_config *config)
{
    const uint32_t n = entries_per_line(config);
    return (line_shape){ n, config->sram_width_bits / n, config->sram_width_bits };
}

/* Slot 0 in the lowest bits; printed from the highest byte down. */
static void say_line(image *im, const line_shape *shape, const entry *entries, uint32_t n)
{
    const uint32_t code_bits = im->layer->config.code_bits;
    uint8_t bytes[MAX_LINE_BYTES] = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t word = ENTRY_CODE(entries[i]) | ENTRY_ZEROS(entries[i]) << code_bits;
        for (uint32_t bit = 0; bit < 16; bit++) {
            const uint32_t at = i * shape->slot_bits + bit;
            if (word >> bit & 1)
                bytes[at / 8] |= (uint8_t)(1u << at % 8);
        }
    }
    char text[3];
    for (uint32_t i = shape->width_bits / 8; i-- > 0;) {
        snprintf(text, sizeof text, "%02x", bytes[i]);
        say(im, text);
    }
    say(im, "\n");
}

/* ---- memories ------------------------------------------------------------------------------- */

static uint64_t spmat_depth(const dc_eie_layer *layer)
{
    const uint32_t n = entries_per_line(&layer->config);
    return DC_MAX((layer->fit.n_entries + n - 1) / n, 1);
}

static uint64_t ptr_depth(const dc_eie_layer *layer)
{
    return (layer->n_pointers + 1) / 2;
}

static uint64_t bias_depth(const dc_eie_layer *layer)
{
    return (uint64_t)layer->n_blocks * layer->config.n_act_registers;
}

/* A PE's entries in the order of its Spmat, line by line. */
static void say_entries_of(image *im, const line_shape *shape, uint32_t k)
{
    const dc_eie_layer *layer = im->layer;
    entry line[MAX_LINE_ENTRIES];
    uint32_t n = 0;
    for (uint64_t c = 0; c + 1 < layer->n_pointers; c++) {
        const column_ref *ref = &layer->refs[c * layer->config.n_pes + k];
        for (uint32_t e = ref->start; e < ref[1].start; e++) {
            line[n++] = layer->entries[e];
            if (n == shape->n_entries) {
                say_line(im, shape, line, n);
                n = 0;
            }
        }
    }
    if (n > 0)
        say_line(im, shape, line, n);
}

static void say_spmat(image *im)
{
    const line_shape shape = shape_of(&im->layer->config);
    for (uint32_t k = 0; k < im->layer->config.n_pes; k++) {
        say_address(im, k * spmat_depth(im->layer));
        say_entries_of(im, &shape, k);
    }
}

static void say_pointers(image *im, uint32_t parity)
{
    const dc_eie_layer *layer = im->layer;
    const uint64_t last = layer->n_pointers - 1;
    for (uint32_t k = 0; k < layer->config.n_pes; k++) {
        say_address(im, k * ptr_depth(layer));
        for (uint64_t c = parity; c <= last; c += 2)
            say_word(im,
                     c < last ? layer->refs[c * layer->config.n_pes + k].pointer
                              : layer->pe_entries[k],
                     32);
    }
}

static void say_even(image *im, const int32_t *unused)
{
    (void)unused;
    say_pointers(im, 0);
}

static void say_odd(image *im, const int32_t *unused)
{
    (void)unused;
    say_pointers(im, 1);
}

static void say_entries(image *im, const int32_t *unused)
{
    (void)unused;
    say_spmat(im);
}

static void say_bias(image *im, const int32_t *unused)
{
    const dc_eie_layer *layer = im->layer;
    const uint64_t depth = bias_depth(layer);
    (void)unused;
    for (uint32_t k = 0; k < layer->config.n_pes && layer->has_bias; k++) {
        say_address(im, k * depth);
        for (uint64_t i = 0; i < depth; i++)
            say_word(im, layer->bias[k * depth + i], dc_eie_bits(&layer->config));
    }
}

static void say_codebook(image *im, const int32_t *unused)
{
    const dc_eie_config *config = &im->layer->config;
    (void)unused;
    for (uint32_t i = 0; i < 1u << config->code_bits; i++)
        say_word(im, im->layer->codebook[i], dc_eie_bits(config));
}

static void say_input(image *im, const int32_t *input)
{
    const dc_eie_layer *layer = im->layer;
    const uint32_t n_pes = layer->config.n_pes;
    for (uint32_t k = 0; k < n_pes; k++) {
        say_address(im, (uint64_t)k * layer->n_slots);
        for (uint32_t slot = 0; slot < layer->n_slots; slot++) {
            const uint64_t j = (uint64_t)slot * n_pes + k;
            say_word(im, j < layer->matrix->n_cols ? input[j] : 0, dc_eie_bits(&layer->config));
        }
    }
}

static void say_output(image *im, const int32_t *output)
{
    for (uint32_t i = 0; i < im->layer->matrix->n_rows; i++)
        say_word(im, output[i], dc_eie_bits(&im->layer->config));
}

static void say_manifest(image *im, uint64_t cycles)
{
    const dc_eie_layer *layer = im->layer;
    const dc_eie_config *config = &layer->config;
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        { "n_pes", config->n_pes },
        { "fifo_depth", config->fifo_depth },
        { "sram_width", config->sram_width_bits },
        { "code_bits", config->code_bits },
        { "index_bits", config->index_bits },
        { "precision", dc_eie_bits(config) },
        { "act_registers", config->n_act_registers },
        { "n_rows", layer->matrix->n_rows },
        { "n_cols", layer->matrix->n_cols },
        { "has_bias", layer->has_bias },
        { "has_relu", layer->has_relu },
        { "shift", layer->shift },
        { "n_slots", layer->n_slots },
        { "n_batches", layer->n_batches },
        { "n_blocks", layer->n_blocks },
        { "spmat_depth", spmat_depth(layer) },
        { "ptr_depth", ptr_depth(layer) },
        { "bias_depth", bias_depth(layer) },
        { "act_depth", layer->n_slots },
        { "cycles", cycles },
    };
    char text[96];
    say(im, "{\n");
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++) {
        snprintf(text, sizeof text, "  \"%s\": %llu%s\n", rows[i].key,
                 (unsigned long long)rows[i].value, i + 1 < DC_COUNT_OF(rows) ? "," : "");
        say(im, text);
    }
    say(im, "}\n");
}

static dc_status write_image(image *im, const char *folder, const char *name, bool may_replace)
{
    dc_arena scratch = { 0 };
    const char *path = dc_arena_print(&scratch, "%s/%s", folder, name);
    dc_status status = im->text.status;
    if (status == DC_OK)
        status = scratch.status;
    if (status == DC_OK)
        status = dc_file_write(path, im->text.data, im->text.size, may_replace);
    dc_writer_clear(&im->text);
    dc_arena_clear(&scratch);
    return status;
}

dc_status dc_eie_layer_emit(const dc_eie_layer *layer, const char *folder, const int32_t *input,
                            const int32_t *output, uint64_t cycles, bool may_replace)
{
    const struct {
        const char *name;
        void (*fill)(image *im, const int32_t *values);
        const int32_t *values;
    } files[] = {
        { "spmat.hex", say_entries, NULL },   { "ptr_even.hex", say_even, NULL },
        { "ptr_odd.hex", say_odd, NULL },     { "codebook.hex", say_codebook, NULL },
        { "act.hex", say_input, input },      { "expected.hex", say_output, output },
        { "bias.hex", say_bias, NULL },
    };
    image im = { .layer = layer };
    const size_t n_files = DC_COUNT_OF(files) - (layer->has_bias ? 0 : 1);
    for (size_t i = 0; i < n_files; i++) {
        dc_writer_init(&im.text, UINT64_C(1) << 34);
        files[i].fill(&im, files[i].values);
        DC_TRY(write_image(&im, folder, files[i].name, may_replace));
    }
    dc_writer_init(&im.text, 65536);
    say_manifest(&im, cycles);
    return write_image(&im, folder, "layer.json", may_replace);
}
