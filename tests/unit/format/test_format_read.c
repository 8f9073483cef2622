/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

#include "chunk.h"

/* A small file with every encoding in it: f32, f16, sparse, shared, packed. */
static dc_writer small_file(void)
{
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill packed = { .density = 0.2, .n_distinct = 6 };
    const sample_fill shared = { .density = 1, .n_distinct = 3, .is_shared = true };
    const sample_fill sparse = { .density = 0.3, .is_half = true, .is_pruned = true };
    const sample_fill half = { .density = 1, .is_half = true };
    assert_ok(sample_lenet(&m, 16, 3, 4, 12));
    sample_fill_role(m, DC_ROLE_BIAS, &half, 1);
    sample_fill_param(dc_model_param(m, "conv1.weight"), &shared, 2);
    sample_fill_param(dc_model_param(m, "conv2.weight"), &packed, 3);
    sample_fill_param(dc_model_param(m, "fc1.weight"), &sparse, 4);
    dc_param *last = dc_model_param(m, "fc2.bias");
    for (uint64_t i = 0; i < last->n_values; i++)
        last->values[i] = (float)i / 3;
    assert_ok(dc_model_add_history(m, "train", "{}"));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model_free(m);
    return w;
}

static dc_status read_bytes(const void *data, uint64_t n, dc_read_mode mode, uint64_t limit_bytes)
{
    dc_model *m = NULL;
    const dc_status status = dc_model_decode(&m, data, n, "x.dcm", mode, limit_bytes, NULL, NULL);
    assert_int_equal(status == DC_OK, m != NULL);
    dc_model_free(m);
    return status;
}

static void the_small_file_has_every_encoding(void **state)
{
    (void)state;
    dc_writer w = small_file();
    dc_arena arena = { 0 };
    dc_ledger ledger;
    dc_model *m = NULL;
    unsigned seen = 0;
    assert_ok(dc_model_decode(&m, w.data, w.size, "x", DC_READ_SHAPE, 0, &ledger, &arena));
    for (uint32_t i = 0; i < ledger.n_params; i++)
        seen |= 1u << ledger.params[i].encoding;
    assert_int_equal(seen, 0x1f);
    dc_model_free(m);
    dc_arena_clear(&arena);
    dc_writer_clear(&w);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    dc_writer w = small_file();
    for (uint64_t n = 0; n < w.size; n++) {
        uint8_t *exact = malloc(n + (n == 0)); /* so that a sanitizer sees a step beyond */
        assert_non_null(exact);
        memcpy(exact, w.data, n);
        assert_fails(DC_ECORRUPT, read_bytes(exact, n, DC_READ_DENSE, 0));
        free(exact);
    }
    assert_ok(read_bytes(w.data, w.size, DC_READ_DENSE, 0));
    dc_writer_clear(&w);
}

static void bytes_after_the_end_are_refused(void **state)
{
    (void)state;
    dc_writer w = small_file();
    dc_put_u8(&w, 0);
    assert_fails(DC_ECORRUPT, read_bytes(w.data, w.size, DC_READ_DENSE, 0));
    dc_writer_clear(&w);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    dc_writer w = small_file();
    for (uint64_t i = 0; i < w.size; i++) {
        w.data[i] ^= 0x11;
        assert_true(read_bytes(w.data, w.size, DC_READ_DENSE, 0) < 0);
        w.data[i] ^= 0x11;
    }
    dc_writer_clear(&w);
}

/* Sets the checksums right, so that what is inside is reached. */
static void repair(uint8_t *data, uint64_t size)
{
    const uint64_t n_rows = 5;
    for (uint64_t i = 0; i < n_rows; i++) {
        uint8_t *row = data + 10 + 16 * i;
        dc_reader r = dc_reader_over(row + 4, 28, "row");
        const uint64_t start = dc_get_u64(&r);
        r = dc_reader_over(row + 20, 8, "row");
        const uint64_t end = i + 1 < n_rows ? dc_get_u64(&r) : 0;
        uint32_t crc;
        if (i + 1 == n_rows)
            crc = dc_crc32(0, data, (uint64_t)(row - data) + 12);
        else if (start <= end && end <= size)
            crc = dc_crc32(0, data + start, end - start);
        else
            return;
        for (unsigned k = 0; k < 4; k++)
            row[12 + k] = (uint8_t)(crc >> 8 * k);
    }
}

static void no_changed_byte_behind_right_checksums_does_harm(void **state)
{
    (void)state;
    static const uint8_t changes[] = { 0x01, 0x02, 0x80, 0xff, 0x40, 0x10 };
    static const dc_read_mode modes[] = { DC_READ_DENSE, DC_READ_PACKED, DC_READ_SHAPE };
    dc_writer w = small_file();
    uint8_t *copy = malloc(w.size);
    assert_non_null(copy);
    uint64_t n_refused = 0;
    for (uint64_t i = 10; i < w.size; i++)
        for (size_t k = 0; k < DC_COUNT_OF(changes); k++) {
            memcpy(copy, w.data, w.size);
            copy[i] ^= changes[k];
            repair(copy, w.size);
            n_refused += read_bytes(copy, w.size, modes[(i + k) % 3], 1 << 24) < 0;
        }
    assert_true(n_refused > w.size / 2);
    free(copy);
    dc_writer_clear(&w);
}

static void packed_reading_keeps_coded_weights_packed(void **state)
{
    (void)state;
    dc_writer w = small_file();
    dc_model *dense = decoded(&w, DC_READ_DENSE), *packed = decoded(&w, DC_READ_PACKED);
    uint32_t n_packed = 0;
    for (uint32_t i = 0; i < packed->n_params; i++) {
        const dc_param *p = &packed->params[i], *d = &dense->params[i];
        assert_int_equal((p->packed != NULL) + (p->values != NULL), 1);
        if (p->packed == NULL) {
            assert_memory_equal(p->values, d->values, d->n_values * sizeof(float));
            continue;
        }
        float *values = calloc(d->n_values, sizeof *values);
        assert_non_null(values);
        assert_ok(dc_packed_check(p->packed));
        dc_unpack(values, p->packed);
        assert_memory_equal(values, d->values, d->n_values * sizeof(float));
        free(values);
        n_packed++;
    }
    assert_true(n_packed >= 2);
    dc_model_free(dense);
    dc_model_free(packed);
    dc_writer_clear(&w);
}

static void shape_reading_takes_no_values_but_flags(void **state)
{
    (void)state;
    dc_writer w = small_file();
    dc_model *m = decoded(&w, DC_READ_SHAPE);
    for (uint32_t i = 0; i < m->n_params; i++) {
        assert_null(m->params[i].values);
        assert_null(m->params[i].packed);
    }
    assert_true(dc_model_param(m, "fc1.weight")->is_pruned);
    assert_true(dc_model_param(m, "conv1.weight")->is_shared);
    dc_model_free(m);
    dc_writer_clear(&w);
}

static void values_over_the_limit_are_refused_before_memory_is_taken(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill zero = { .density = 0 };
    assert_ok(sample_layer(&m, 1000, 1000, &zero));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model_free(m);
    assert_true(w.size < 200);
    assert_fails(DC_ELIMIT, read_bytes(w.data, w.size, DC_READ_DENSE, 3999999));
    assert_ok(read_bytes(w.data, w.size, DC_READ_DENSE, 4000000));
    assert_ok(dc_model_decode(&m, w.data, w.size, "x", DC_READ_SHAPE, 1000, &ledger, &arena));
    dc_model_free(m);
    dc_arena_clear(&arena);
    dc_writer_clear(&w);
}

/* The small file with one more chunk between the others. */
static dc_writer with_chunk(const dc_writer *file, uint32_t id)
{
    dc_container c;
    dc_chunk chunks[8];
    dc_writer w;
    assert_ok(dc_container_parse(&c, file->data, file->size, "x"));
    chunks[0] = (dc_chunk){ .id = id, .size = 5, .crc = dc_crc32(0, "hello", 5) };
    memcpy(chunks + 1, c.chunks, c.n_chunks * sizeof *chunks);
    dc_writer_init(&w, 1 << 20);
    dc_container_put(&w, chunks, c.n_chunks + 1);
    dc_put_bytes(&w, "hello", 5);
    dc_put_bytes(&w, file->data + c.table_bytes, file->size - c.table_bytes);
    assert_ok(w.status);
    return w;
}

static void an_unknown_ancillary_chunk_is_skipped(void **state)
{
    (void)state;
    dc_writer w = small_file(), more = with_chunk(&w, DC_CHUNK_ID('x', 'T', 'R', 'A'));
    dc_model *a = decoded(&w, DC_READ_DENSE), *b = NULL;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    assert_ok(dc_model_decode(&b, more.data, more.size, "x", DC_READ_DENSE, 0, &ledger, &arena));
    assert_same_values(a, b);
    assert_int_equal(ledger_sum(&ledger), more.size);
    dc_model_free(a);
    dc_model_free(b);
    dc_writer_clear(&w);
    dc_writer_clear(&more);
    dc_arena_clear(&arena);
}

static void an_unknown_critical_chunk_is_refused(void **state)
{
    (void)state;
    dc_writer w = small_file(), more = with_chunk(&w, DC_CHUNK_ID('X', 'T', 'R', 'A'));
    assert_fails(DC_EUNSUPPORTED, read_bytes(more.data, more.size, DC_READ_DENSE, 0));
    assert_non_null(strstr(dc_message(), "unknown critical chunk XTRA"));
    dc_writer_clear(&w);
    dc_writer_clear(&more);
}

static void a_missing_file_is_no_malformed_file(void **state)
{
    (void)state;
    dc_model *m = NULL;
    assert_fails(DC_EIO, dc_model_read(&m, "/nowhere/x.dcm", DC_READ_DENSE, 0, NULL, NULL));
    assert_null(m);
}

static void failing_memory_is_told_and_leaks_nothing(void **state)
{
    (void)state;
    dc_writer w = small_file();
    dc_status status = DC_ENOMEM;
    uint64_t n = 0;
    while (status < 0 && n < 10000) {
        dc_model *m = NULL;
        dc_ledger ledger;
        dc_arena arena = { 0 };
        dc_fault_arm(DC_FAULT_ALLOC, ++n);
        status = dc_model_decode(&m, w.data, w.size, "x", DC_READ_DENSE, 0, &ledger, &arena);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        if (status < 0)
            assert_int_equal(status, DC_ENOMEM);
        dc_model_free(m);
        dc_arena_clear(&arena);
    }
    assert_ok(status);
    assert_between(n, 2, 9999);
    dc_writer_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_file_has_every_encoding),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(bytes_after_the_end_are_refused),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(no_changed_byte_behind_right_checksums_does_harm),
        cmocka_unit_test(packed_reading_keeps_coded_weights_packed),
        cmocka_unit_test(shape_reading_takes_no_values_but_flags),
        cmocka_unit_test(values_over_the_limit_are_refused_before_memory_is_taken),
        cmocka_unit_test(an_unknown_ancillary_chunk_is_skipped),
        cmocka_unit_test(an_unknown_critical_chunk_is_refused),
        cmocka_unit_test(a_missing_file_is_no_malformed_file),
        cmocka_unit_test(failing_memory_is_told_and_leaks_nothing),
    };
    dc_pool_set_jobs(1); /* many tiny files */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
