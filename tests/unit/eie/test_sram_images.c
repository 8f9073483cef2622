/* SPDX-License-Identifier: MIT
 *
 * The memory images, read as the manual's sections 2 and 7 say and by nothing else: from the hex
 * files and layer.json alone comes the matrix, the bias, and what the machine must answer.
 */
#include "dcomp/file.h"

#include "small_layer.h"

#include <ctype.h>
#include <unistd.h>

enum { MAX_SIDE = 48, MAX_WORD_BYTES = 128 };

static const char *const files[] = { "spmat.hex",   "ptr_even.hex", "ptr_odd.hex", "codebook.hex",
                                     "act.hex",     "expected.hex", "bias.hex",    "layer.json" };

typedef struct folder {
    char name[64];
} folder;

static void folder_make(folder *f)
{
    snprintf(f->name, sizeof f->name, "/tmp/dcomp-unit-XXXXXX");
    assert_non_null(mkdtemp(f->name));
}

static char *path_in(char *path, size_t size, const folder *f, const char *name)
{
    snprintf(path, size, "%s/%s", f->name, name);
    return path;
}

/* Empties it of the images; nothing else may be in it. */
static void folder_remove(const folder *f)
{
    char path[128];
    for (size_t i = 0; i < DC_COUNT_OF(files); i++)
        unlink(path_in(path, sizeof path, f, files[i]));
    assert_int_equal(rmdir(f->name), 0);
}

/* ---- $readmemh ------------------------------------------------------------------------------ */

typedef struct memory {
    uint32_t n_digits; /* of every word; 0: no word was there */
    uint64_t n_words;  /* up to the highest address           */
    uint8_t (*words)[MAX_WORD_BYTES];
    bool *is_set;
} memory;

static void memory_take_word(memory *m, uint64_t address, const char *digits, size_t n_digits)
{
    assert_true(address < m->n_words);
    assert_false(m->is_set[address]); /* no two PEs in one place */
    assert_true(m->n_digits == 0 || m->n_digits == n_digits);
    assert_true(n_digits <= 2 * MAX_WORD_BYTES);
    m->n_digits = (uint32_t)n_digits;
    m->is_set[address] = true;
    for (size_t i = 0; i < n_digits; i++) {
        const char c = digits[n_digits - 1 - i];
        const int digit = isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10;
        assert_between(digit, 0, 15);
        m->words[address][i / 2] |= (uint8_t)(digit << (i % 2 == 0 ? 0 : 4));
    }
}

static void memory_read(memory *m, const folder *f, const char *name, uint64_t n_words,
                        dc_arena *arena)
{
    char path[128];
    dc_file_view view;
    uint64_t address = 0;
    *m = (memory){ .n_words = n_words };
    m->words = dc_arena_take(arena, n_words, sizeof *m->words);
    m->is_set = dc_arena_take(arena, n_words, sizeof *m->is_set);
    assert_ok(arena->status);
    assert_ok(dc_file_open(&view, path_in(path, sizeof path, f, name), 0));
    const char *text = (const char *)view.data;
    for (uint64_t at = 0; at < view.size;) {
        uint64_t end = at;
        while (end < view.size && text[end] != '\n')
            end++;
        if (text[at] == '@')
            address = strtoull(text + at + 1, NULL, 16);
        else
            memory_take_word(m, address++, text + at, (size_t)(end - at));
        at = end + 1;
    }
    dc_file_close(&view);
}

static uint32_t get_field(const uint8_t *word, uint32_t at, uint32_t n_bits)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n_bits; i++)
        value |= (uint32_t)(word[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    return value;
}

/* Two's complement of n_bits. */
static int32_t get_signed(const memory *m, uint64_t address, uint32_t n_bits)
{
    assert_true(address < m->n_words && m->is_set[address]);
    assert_int_equal(m->n_digits, n_bits / 4);
    const uint32_t value = get_field(m->words[address], 0, n_bits);
    const bool is_negative = value >> (n_bits - 1) & 1;
    return (int32_t)((int64_t)value - (is_negative ? INT64_C(1) << n_bits : 0));
}

/* ---- the images as a whole ------------------------------------------------------------------ */

typedef struct images {
    dc_arena arena;
    uint32_t n_pes, sram_width, code_bits, index_bits, precision, act_registers;
    uint32_t n_rows, n_cols, has_bias, has_relu, shift, n_slots, n_batches, n_blocks;
    uint32_t spmat_depth, ptr_depth, bias_depth, act_depth;
    memory spmat, even, odd, codebook, act, expected, bias;
    int32_t weights[MAX_SIDE][MAX_SIDE], biases[MAX_SIDE];
} images;

static uint32_t json_u32(const dc_json *json, const char *key)
{
    const dc_json *value = dc_json_get(json, key);
    assert_non_null(value);
    assert_int_equal(dc_json_kind_of(value), DC_JSON_NUMBER);
    return (uint32_t)dc_json_number(value);
}

static void images_read_manifest(images *im, const folder *f)
{
    char path[128];
    dc_json *json;
    assert_ok(dc_json_read(&json, path_in(path, sizeof path, f, "layer.json")));
    const struct {
        const char *key;
        uint32_t *value;
    } keys[] = {
        { "n_pes", &im->n_pes },           { "sram_width", &im->sram_width },
        { "code_bits", &im->code_bits },   { "index_bits", &im->index_bits },
        { "precision", &im->precision },   { "act_registers", &im->act_registers },
        { "n_rows", &im->n_rows },         { "n_cols", &im->n_cols },
        { "has_bias", &im->has_bias },     { "has_relu", &im->has_relu },
        { "shift", &im->shift },           { "n_slots", &im->n_slots },
        { "n_batches", &im->n_batches },   { "n_blocks", &im->n_blocks },
        { "spmat_depth", &im->spmat_depth }, { "ptr_depth", &im->ptr_depth },
        { "bias_depth", &im->bias_depth }, { "act_depth", &im->act_depth },
    };
    for (size_t i = 0; i < DC_COUNT_OF(keys); i++)
        *keys[i].value = json_u32(json, keys[i].key);
    dc_json_free(json);
}

static void images_read_memories(images *im, const folder *f)
{
    const uint64_t n = im->n_pes;
    memory_read(&im->spmat, f, "spmat.hex", n * im->spmat_depth, &im->arena);
    memory_read(&im->even, f, "ptr_even.hex", n * im->ptr_depth, &im->arena);
    memory_read(&im->odd, f, "ptr_odd.hex", n * im->ptr_depth, &im->arena);
    memory_read(&im->codebook, f, "codebook.hex", 1u << im->code_bits, &im->arena);
    memory_read(&im->act, f, "act.hex", n * im->act_depth, &im->arena);
    memory_read(&im->expected, f, "expected.hex", im->n_rows, &im->arena);
    if (im->has_bias)
        memory_read(&im->bias, f, "bias.hex", n * im->bias_depth, &im->arena);
}

/* Pointer number q of PE k: even ones in one bank, odd ones in the other. */
static uint32_t pointer_of(const images *im, uint32_t k, uint32_t q)
{
    const memory *bank = q % 2 == 0 ? &im->even : &im->odd;
    const uint64_t address = (uint64_t)k * im->ptr_depth + q / 2;
    assert_int_equal(bank->n_digits, 8);
    assert_true(bank->is_set[address]);
    return get_field(bank->words[address], 0, 32);
}

/* One column of one block on PE k: its entries become weights, or biases. */
static void walk_column(images *im, uint32_t k, uint32_t block, uint32_t j)
{
    const uint32_t n_columns = im->n_cols + im->has_bias, q = block * n_columns + j;
    const uint32_t entry_bits = im->code_bits + im->index_bits;
    uint32_t n_entries = 1, local = block * im->act_registers;
    while (2 * n_entries * entry_bits <= im->sram_width)
        n_entries *= 2;
    const uint32_t slot_bits = im->sram_width / n_entries;
    for (uint32_t e = pointer_of(im, k, q); e < pointer_of(im, k, q + 1); e++, local++) {
        const uint64_t line = (uint64_t)k * im->spmat_depth + e / n_entries;
        const uint32_t at = e % n_entries * slot_bits;
        assert_true(e / n_entries < im->spmat_depth && im->spmat.is_set[line]);
        const uint8_t *word = im->spmat.words[line];
        const uint32_t code = get_field(word, at, im->code_bits);
        assert_int_equal(get_field(word, at + entry_bits, slot_bits - entry_bits), 0);
        local += get_field(word, at + im->code_bits, im->index_bits);
        if (code == 0)
            continue;
        const uint32_t row = local * im->n_pes + k;
        assert_true(row < im->n_rows && local < (block + 1) * im->act_registers);
        if (j < im->n_cols) {
            im->weights[row][j] = get_signed(&im->codebook, code, im->precision);
            continue;
        }
        assert_int_equal(code, 1);
        im->biases[row] =
            get_signed(&im->bias, (uint64_t)k * im->bias_depth + local, im->precision);
    }
}

static void images_read(images *im, const folder *f)
{
    memset(im, 0, sizeof *im);
    images_read_manifest(im, f);
    images_read_memories(im, f);
    assert_int_equal(im->spmat.n_digits, im->sram_width / 4);
    for (uint32_t k = 0; k < im->n_pes; k++)
        for (uint32_t block = 0; block < im->n_blocks; block++)
            for (uint32_t j = 0; j < im->n_cols + im->has_bias; j++)
                walk_column(im, k, block, j);
}

static int32_t images_input(const images *im, uint32_t j)
{
    const uint64_t at = (uint64_t)(j % im->n_pes) * im->act_depth + j / im->n_pes;
    return get_signed(&im->act, at, im->precision);
}

/* ---- a layer and its images ----------------------------------------------------------------- */

typedef struct drawn {
    float weights[MAX_SIDE * MAX_SIDE], bias[MAX_SIDE];
    int32_t input[MAX_SIDE];
    uint32_t n_rows, n_cols;
} drawn;

/* Small whole numbers of both signs, of at most n_values sizes. */
static void draw(drawn *d, uint32_t n_rows, uint32_t n_cols, uint32_t n_values, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    *d = (drawn){ .n_rows = n_rows, .n_cols = n_cols };
    for (uint32_t i = 0; i < n_rows * n_cols; i++)
        if (dc_rng_below(&rng, 100) < 20)
            d->weights[i] = (float)dc_rng_below(&rng, n_values) - (float)(n_values / 2);
    for (uint32_t i = 0; i < n_rows; i++)
        d->bias[i] = dc_rng_below(&rng, 2) == 0 ? (float)dc_rng_below(&rng, 9) - 4 : 0;
    for (uint32_t j = 0; j < n_cols; j++)
        d->input[j] = dc_rng_below(&rng, 3) == 0 ? (int32_t)dc_rng_below(&rng, 7) - 3 : 0;
}

static void emit(small_layer *s, const folder *f, const drawn *d)
{
    const uint64_t cycles = small_layer_run(s, d->input);
    assert_ok(dc_eie_layer_emit(s->layer, f->name, d->input, s->output, cycles, false));
}

static void assert_images_hold(const images *im, const drawn *d, bool has_bias)
{
    for (uint32_t i = 0; i < d->n_rows; i++) {
        int64_t sum = has_bias ? im->biases[i] : 0;
        for (uint32_t j = 0; j < d->n_cols; j++) {
            assert_int_equal(im->weights[i][j], (int32_t)d->weights[i * d->n_cols + j]);
            sum += (int64_t)im->weights[i][j] * images_input(im, j);
        }
        assert_int_equal(im->biases[i], has_bias ? (int32_t)d->bias[i] : 0);
        const int64_t wanted = im->has_relu && sum < 0 ? 0 : sum;
        assert_int_equal(get_signed(&im->expected, i, im->precision), wanted);
    }
    for (uint32_t j = 0; j < im->n_slots * im->n_pes; j++)
        assert_int_equal(images_input(im, j), j < d->n_cols ? d->input[j] : 0);
}

static void assert_round_trip(const dc_eie_config *config, const drawn *d, bool has_bias,
                              bool has_relu)
{
    static images im;
    static small_layer s;
    folder f;
    folder_make(&f);
    small_layer_make(&s, config, d->weights, d->n_rows, d->n_cols, has_bias ? d->bias : NULL,
                     has_relu);
    emit(&s, &f, d);
    images_read(&im, &f);
    assert_images_hold(&im, d, has_bias);
    dc_arena_clear(&im.arena);
    small_layer_free(&s);
    folder_remove(&f);
}

/* ---- behaviours ----------------------------------------------------------------------------- */

static void the_matrix_comes_back_for_any_number_of_pes(void **state)
{
    (void)state;
    static const uint32_t pes[] = { 1, 2, 3, 8, 40, 64 };
    static drawn d;
    for (size_t i = 0; i < DC_COUNT_OF(pes); i++) {
        const dc_eie_config config = small_config(pes[i]);
        draw(&d, 37, 23, 15, 3 + i);
        assert_round_trip(&config, &d, i % 2 == 0, i % 3 == 0);
    }
}

static void several_blocks_and_batches_come_back(void **state)
{
    (void)state;
    static const uint32_t registers[] = { 1, 2, 5 };
    static drawn d;
    for (size_t i = 0; i < DC_COUNT_OF(registers); i++) {
        dc_eie_config config = small_config(3);
        config.n_act_registers = registers[i];
        draw(&d, 40, 31, 15, 30 + i);
        assert_round_trip(&config, &d, true, true);
    }
}

static void other_entries_and_lines_come_back(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, code_bits, index_bits;
    } shapes[] = { { 64, 5, 3 },  { 128, 4, 4 }, { 128, 5, 3 }, { 64, 5, 4 },   { 64, 6, 1 },
                   { 16, 8, 8 },  { 32, 7, 2 },  { 256, 4, 8 }, { 1024, 4, 4 },
                   { 1024, 2, 2 }, { 1024, 1, 1 } };
    static drawn d;
    for (size_t i = 0; i < DC_COUNT_OF(shapes); i++) {
        dc_eie_config config = small_config(2);
        config.sram_width_bits = shapes[i].width;
        config.code_bits = shapes[i].code_bits;
        config.index_bits = shapes[i].index_bits;
        draw(&d, 45, 20, DC_MIN(1u << shapes[i].code_bits, 60) - 1, 50 + i);
        assert_round_trip(&config, &d, true, false);
    }
}

static void words_are_as_wide_as_the_precision(void **state)
{
    (void)state;
    static drawn d;
    for (uint32_t precision = 0; precision < 3; precision++) {
        dc_eie_config config = small_config(4);
        config.precision = precision;
        draw(&d, 20, 20, 9, 70 + precision);
        assert_round_trip(&config, &d, true, true);
    }
}

/* The manual's own figure: codes 1 2 0 3 with zeros 3 1 15 2, slot 0 in the lowest byte. */
static void the_manuals_line_is_printed_from_the_highest_slot_down(void **state)
{
    (void)state;
    static drawn d;
    static small_layer s;
    char path[128];
    folder f;
    dc_file_view view;
    const dc_eie_config config = small_config(1);
    d = (drawn){ .n_rows = 25, .n_cols = 1 };
    d.weights[3] = 1, d.weights[5] = 2, d.weights[24] = 3;
    folder_make(&f);
    small_layer_make(&s, &config, d.weights, 25, 1, NULL, false);
    emit(&s, &f, &d);
    assert_ok(dc_file_open(&view, path_in(path, sizeof path, &f, "spmat.hex"), 0));
    const char wanted[] = "@0\n0000000023f01231\n";
    assert_int_equal(view.size, sizeof wanted - 1);
    assert_memory_equal(view.data, wanted, sizeof wanted - 1);
    dc_file_close(&view);
    small_layer_free(&s);
    folder_remove(&f);
}

static void the_manifest_has_every_key_of_the_manual(void **state)
{
    (void)state;
    static drawn d;
    static small_layer s;
    char path[128];
    folder f;
    dc_json *json;
    dc_eie_config config = small_config(3);
    config.n_act_registers = 4;
    config.fifo_depth = 5;
    draw(&d, 40, 31, 15, 4); /* 14 local rows: 4 blocks; 11 slots: 3 batches */
    folder_make(&f);
    small_layer_make(&s, &config, d.weights, 40, 31, d.bias, true);
    small_layer_run(&s, d.input);
    assert_ok(dc_eie_layer_emit(s.layer, f.name, d.input, s.output, 12345, false));
    uint64_t n_entries = 0;
    for (uint32_t k = 0; k < 3; k++)
        n_entries = DC_MAX(n_entries, s.layer->pe_entries[k]);
    const struct {
        const char *key;
        uint64_t value;
    } keys[] = {
        { "n_pes", 3 },        { "fifo_depth", 5 },      { "sram_width", 64 },
        { "code_bits", 4 },    { "index_bits", 4 },      { "precision", 16 },
        { "act_registers", 4 }, { "n_rows", 40 },        { "n_cols", 31 },
        { "has_bias", 1 },     { "has_relu", 1 },        { "shift", 0 },
        { "n_slots", 11 },     { "n_batches", 3 },       { "n_blocks", 4 },
        { "spmat_depth", (n_entries + 7) / 8 },          { "ptr_depth", (4 * 32 + 1 + 1) / 2 },
        { "bias_depth", 16 },  { "act_depth", 11 },      { "cycles", 12345 },
    };
    assert_ok(dc_json_read(&json, path_in(path, sizeof path, &f, "layer.json")));
    for (size_t i = 0; i < DC_COUNT_OF(keys); i++)
        assert_int_equal(json_u32(json, keys[i].key), keys[i].value);
    assert_int_equal(dc_json_size(json), DC_COUNT_OF(keys));
    dc_json_free(json);
    small_layer_free(&s);
    folder_remove(&f);
}

static void without_a_bias_there_is_no_bias_file(void **state)
{
    (void)state;
    static drawn d;
    static small_layer s;
    char path[128];
    folder f;
    const dc_eie_config config = small_config(2);
    draw(&d, 10, 10, 9, 5);
    folder_make(&f);
    small_layer_make(&s, &config, d.weights, 10, 10, NULL, false);
    emit(&s, &f, &d);
    assert_false(dc_file_exists(path_in(path, sizeof path, &f, "bias.hex")));
    assert_true(dc_file_exists(path_in(path, sizeof path, &f, "layer.json")));
    small_layer_free(&s);
    folder_remove(&f);
}

/* PEs without an entry have room all the same. */
static void a_matrix_of_zeros_has_images_too(void **state)
{
    (void)state;
    static drawn d;
    const dc_eie_config config = small_config(4);
    d = (drawn){ .n_rows = 6, .n_cols = 3 };
    d.weights[0] = 1; /* on PE 0 */
    assert_round_trip(&config, &d, false, false);
}

static void files_that_are_there_are_kept_unless_asked(void **state)
{
    (void)state;
    static drawn d;
    static small_layer s;
    char path[128];
    folder f;
    dc_file_view view;
    const dc_eie_config config = small_config(2);
    draw(&d, 10, 10, 9, 6);
    folder_make(&f);
    path_in(path, sizeof path, &f, "spmat.hex");
    assert_ok(dc_file_write(path, "mine", 4, false));
    small_layer_make(&s, &config, d.weights, 10, 10, d.bias, false);
    small_layer_run(&s, d.input);
    assert_fails(DC_EINPUT, dc_eie_layer_emit(s.layer, f.name, d.input, s.output, 1, false));
    assert_ok(dc_file_open(&view, path, 0));
    assert_int_equal(view.size, 4);
    dc_file_close(&view);
    assert_ok(dc_eie_layer_emit(s.layer, f.name, d.input, s.output, 1, true));
    assert_ok(dc_eie_layer_emit(s.layer, f.name, d.input, s.output, 1, true));
    assert_ok(dc_file_open(&view, path, 0));
    assert_true(view.size > 4);
    dc_file_close(&view);
    small_layer_free(&s);
    folder_remove(&f);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    static drawn d;
    static small_layer s;
    const dc_eie_config config = small_config(2);
    draw(&d, 10, 10, 9, 6);
    small_layer_make(&s, &config, d.weights, 10, 10, NULL, false);
    small_layer_run(&s, d.input);
    assert_fails(DC_EIO, dc_eie_layer_emit(s.layer, "/tmp/dcomp-unit-none/none", d.input,
                                           s.output, 1, false));
    assert_non_null(strstr(dc_message(), "spmat.hex"));
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_comes_back_for_any_number_of_pes),
        cmocka_unit_test(several_blocks_and_batches_come_back),
        cmocka_unit_test(other_entries_and_lines_come_back),
        cmocka_unit_test(words_are_as_wide_as_the_precision),
        cmocka_unit_test(the_manuals_line_is_printed_from_the_highest_slot_down),
        cmocka_unit_test(the_manifest_has_every_key_of_the_manual),
        cmocka_unit_test(without_a_bias_there_is_no_bias_file),
        cmocka_unit_test(a_matrix_of_zeros_has_images_too),
        cmocka_unit_test(files_that_are_there_are_kept_unless_asked),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
