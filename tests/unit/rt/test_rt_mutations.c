/* SPDX-License-Identifier: MIT
 *
 * Every byte of small files changed, as it is and with checksums made right again: such a file is
 * refused when it is opened, or runs without harm, which sanitizers see.
 */
#include "rt_case.h"
#include "rt_networks.h"
#include "rt_sequences.h"

#define MAX_WORK_BYTES (64u << 10) /* what is larger is not run: no time for it */

static void put_crc(uint8_t *at, uint32_t crc)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(crc >> 8 * i);
}

static uint64_t offset_at(const uint8_t *row)
{
    uint64_t offset = 0;
    for (unsigned i = 0; i < 8; i++)
        offset |= (uint64_t)row[4 + i] << 8 * i;
    return offset;
}

/* Of a file of two chunks. */
static void repair(uint8_t *data, size_t n)
{
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *row = data + 10 + i * 16;
        const uint64_t begin = offset_at(row), end = offset_at(row + 16);
        if (begin <= end && end <= n)
            put_crc(row + 12, dc_crc32(0, data + begin, end - begin));
    }
    put_crc(data + 54, dc_crc32(0, data, 54));
}

static unsigned n_opened, n_refused;

static const dc_rt_mode *const all_modes[] = { &dc_rt_float, &dc_rt_integer, &dc_rt_float_recurrent,
                                               &dc_rt_integer_recurrent };

/* In two of the modes. */
static void try(const uint8_t *data, size_t n, const dc_rt_mode *const *modes)
{
    static float x[4096], y[65536];
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        rt_opened o;
        if (rt_case_try(&o, data, n, modes[is_integer]) != DC_RT_OK) {
            n_refused++;
            assert_non_null(o.fault.text);
            continue;
        }
        n_opened++;
        if (o.facts.work_bytes <= MAX_WORK_BYTES && o.facts.n_inputs <= DC_COUNT_OF(x) &&
            o.facts.n_outputs <= DC_COUNT_OF(y)) {
            o.work = rt_case_block(o.facts.work_bytes);
            rt_case_run(&o, x, y);
        }
        rt_case_close(&o);
    }
}

static void mutate_all(const dc_writer *file, const dc_rt_mode *const *modes)
{
    static const uint8_t flips[] = { 0x01, 0x02, 0x10, 0x80, 0xff };
    uint8_t *copy = rt_case_block(file->size);
    for (uint64_t i = 0; i < file->size; i++)
        for (size_t k = 0; k < DC_COUNT_OF(flips); k++) {
            rt_opened o;
            memcpy(copy, file->data, file->size);
            copy[i] ^= flips[k];
            /* All but the minor version stands under a checksum. */
            if (i != 9)
                assert_true(rt_case_try(&o, copy, file->size, modes[0]) < 0);
            repair(copy, file->size);
            try(copy, file->size, modes);
        }
    free(copy);
    for (uint64_t n = 0; n < file->size; n++) { /* cut short */
        copy = rt_case_block(n);
        memcpy(copy, file->data, n);
        try(copy, n, modes);
        free(copy);
    }
}

static void every_byte_of_small_files_may_lie(void **state)
{
    rt_lot lot;
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        dc_writer file;
        dc_model *model = rt_draw_network(&lot, 7000 + seed, false);
        rt_case_encode(&file, model);
        if (model->n_nodes > 1 && file.size < 1500)
            mutate_all(&file, all_modes);
        dc_writer_clear(&file);
        dc_model_free(model);
    }
    printf("%u files opened, %u refused\n", n_opened, n_refused);
    assert_true(n_opened > 1000 && n_refused > 1000);
}

static void every_byte_of_small_files_over_time_may_lie(void **state)
{
    rt_lot lot;
    (void)state;
    n_opened = n_refused = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        dc_writer file;
        dc_model *model = rt_draw_sequences(&lot, 8000 + seed, seed % 3 > 0);
        rt_case_encode(&file, model);
        if (file.size < 1500)
            mutate_all(&file, all_modes + 2);
        dc_writer_clear(&file);
        dc_model_free(model);
    }
    printf("%u files opened, %u refused\n", n_opened, n_refused);
    assert_true(n_opened > 1000 && n_refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_small_files_may_lie),
        cmocka_unit_test(every_byte_of_small_files_over_time_may_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
