/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

#include "chunk.h"
#include "param_row.h"

static dc_writer sample_file(void)
{
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill packed = { .density = 0.2, .n_distinct = 6 };
    const sample_fill half = { .density = 1, .is_half = true };
    assert_ok(sample_lenet(&m, 16, 3, 4, 8));
    sample_fill_role(m, DC_ROLE_WEIGHT, &packed, 1);
    sample_fill_role(m, DC_ROLE_BIAS, &half, 1);
    assert_ok(dc_model_add_history(m, "train", "{}"));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model_free(m);
    return w;
}

/* Findings in these bytes; texts are joined by newlines in `texts`. */
static uint32_t found(char texts[4096], const void *data, uint64_t n)
{
    char path[256];
    dc_arena arena = { 0 };
    dc_finding *findings;
    uint32_t n_findings;
    temporary_path(path, "verify");
    FILE *f = fopen(path, "wb"); /* dc_file_write waits for the disk, and this happens often */
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, (size_t)n, f), n);
    fclose(f);
    assert_ok(dc_verify(&findings, &n_findings, path, &arena));
    texts[0] = '\0';
    for (uint32_t i = 0; i < n_findings; i++) {
        assert_true(findings[i].offset <= n);
        strncat(texts, findings[i].text, 4094 - strlen(texts));
        strncat(texts, "\n", 4095 - strlen(texts));
    }
    unlink(path);
    dc_arena_clear(&arena);
    return n_findings;
}

static void a_sound_file_has_no_findings(void **state)
{
    (void)state;
    char texts[4096];
    dc_writer w = sample_file();
    if (found(texts, w.data, w.size) != 0)
        fail_msg("%s", texts);
    dc_writer_clear(&w);
}

static void every_changed_byte_is_found(void **state)
{
    (void)state;
    char texts[4096];
    dc_writer w = sample_file();
    for (uint64_t i = 0; i < w.size; i++) {
        w.data[i] ^= 0x20;
        assert_true(found(texts, w.data, w.size) > 0);
        w.data[i] ^= 0x20;
    }
    dc_writer_clear(&w);
}

static void every_prefix_is_damage_and_an_empty_file_too(void **state)
{
    (void)state;
    char texts[4096];
    dc_writer w = sample_file();
    for (uint64_t n = 0; n < w.size; n += 7)
        assert_true(found(texts, w.data, n) > 0);
    dc_writer_clear(&w);
}

static void it_goes_on_after_damage(void **state)
{
    (void)state;
    char texts[4096];
    dc_container c;
    dc_writer w = sample_file();
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    w.data[dc_container_find(&c, DC_CHUNK_HISTORY)->offset] = 99;
    w.data[dc_container_find(&c, DC_CHUNK_NAMES)->offset + 1] = 0xff;
    const dc_chunk *weights = dc_container_find(&c, DC_CHUNK_WEIGHTS);
    w.data[weights->offset + weights->size - 1] = 0xff; /* last half of fc2.bias: NaN */
    assert_true(found(texts, w.data, w.size) >= 5);
    assert_non_null(strstr(texts, "chunk WGTS: checksum is wrong"));
    assert_non_null(strstr(texts, "chunk nAME: checksum is wrong"));
    assert_non_null(strstr(texts, "chunk hIST: checksum is wrong"));
    assert_non_null(strstr(texts, "text is not UTF-8"));
    assert_non_null(strstr(texts, "linear2.bias: 1 of 10 numbers are not finite"));
    dc_writer_clear(&w);
}

/* A file of one linear layer, 1 x 4, no bias, with this WGTS chunk. */
static uint32_t found_in_weights(char texts[4096], const char *weights, uint64_t n)
{
    static const char graph[] = "\x20\x04\x01\x82\x00\x02\x8c\x00";
    dc_chunk chunks[2] = { { .id = DC_CHUNK_GRAPH, .size = 9 },
                           { .id = DC_CHUNK_WEIGHTS, .size = n } };
    dc_writer w;
    chunks[0].crc = dc_crc32(0, graph, 9);
    chunks[1].crc = dc_crc32(0, weights, n);
    dc_writer_init(&w, 1 << 20);
    dc_container_put(&w, chunks, 2);
    dc_put_bytes(&w, graph, 9);
    dc_put_bytes(&w, weights, n);
    const uint32_t n_findings = found(texts, w.data, w.size);
    dc_writer_clear(&w);
    return n_findings;
}

static void what_only_a_writer_must_do_is_checked_too(void **state)
{
    (void)state;
    char texts[4096];
    /* shared f16, codebook 1 2, codes 0 1 0 1 raw */
    assert_int_equal(found_in_weights(texts, "\x06\x00\x01\x01\x00\x3c\x00\x40\x44", 9), 0);
    assert_int_equal(found_in_weights(texts, "\x06\x00\x01\x01\x00\x3c\x00\x3c\x44", 9), 1);
    assert_non_null(strstr(texts, "linear1.weight: codebook has equal entries"));
    assert_int_equal(found_in_weights(texts, "\x06\x00\x01\x01\x00\x3c\x00\x40\x00", 9), 1);
    assert_non_null(strstr(texts, "never used"));
    /* packed f16, gaps of 2 bits, one filler at position 3 and nothing after it */
    assert_int_equal(found_in_weights(texts, "\x27\x00\x00\x01\x00\x01\x03", 7), 1);
    assert_non_null(strstr(texts, "filler after the last weight"));
}

/* Findings in the model as it would be written. */
static uint32_t found_in_model(char texts[4096], const dc_model *model, dc_level level)
{
    const dc_write_settings settings = settings_of(level);
    dc_writer w = encoded(model, &settings, NULL, NULL);
    const uint32_t n = found(texts, w.data, w.size);
    dc_writer_clear(&w);
    return n;
}

/* Whatever its values are stored as: what is trained as 256 values must not be more. */
static void a_shared_parameter_of_too_many_values_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        char texts[4096];
        dc_model *m = NULL;
        const bool is_pruned = i & 1;
        const sample_fill fill = { .density = i % 4 >= 2 ? 0.5 : 1,
                                   .is_half = i & 2,
                                   .is_pruned = is_pruned };
        assert_ok(sample_lenet(&m, 16, 4, 5, 200));
        dc_param *param = dc_model_param(m, "fc1.weight");
        sample_fill_param(param, &fill, i + 1);
        param->is_shared = true;
        assert_int_equal(found_in_model(texts, m, (dc_level)(i / 4)), 1);
        assert_non_null(strstr(texts, "'fc1.weight' is shared but has more than 256 distinct"));
        for (uint64_t j = 0; j < param->n_values; j++)
            param->values[j] = (float)(j % 256) * 0.3f; /* zero is one of them */
        assert_int_equal(found_in_model(texts, m, (dc_level)(i / 4)), 0);
        dc_model_free(m);
    }
}

static void a_negative_variance_is_found(void **state)
{
    (void)state;
    char texts[4096];
    dc_model *m = NULL;
    const dc_input input = { .shape = { 3, { 2, 4, 4 } } };
    const uint32_t from = 0;
    assert_ok(dc_model_new(&m, "net", &input));
    assert_ok(dc_model_add(m, "bn", DC_OP_BATCH_NORM, &from, 1, NULL, true));
    float *variance = dc_model_param(m, "bn.variance")->values;
    variance[0] = 1e-12f;
    assert_int_equal(found_in_model(texts, m, DC_LEVEL_CODED), 0); /* 0 is a dead channel's */
    variance[1] = -0.5f;
    assert_int_equal(found_in_model(texts, m, DC_LEVEL_CODED), 1);
    assert_non_null(strstr(texts, "'bn.variance': value 1 is -0.5, a variance is never below 0"));
    dc_model_free(m);
}

static void a_network_without_layers_is_found(void **state)
{
    (void)state;
    char texts[4096];
    dc_model *m = NULL;
    const dc_input input = { .shape = { 1, { 4 } } };
    const uint32_t from = 0;
    assert_ok(dc_model_new(&m, "net", &input));
    assert_int_equal(found_in_model(texts, m, DC_LEVEL_CODED), 1);
    assert_non_null(strstr(texts, "a network without layers has nothing to compute"));
    assert_ok(dc_model_add(m, "softmax", DC_OP_SOFTMAX, &from, 1, NULL, true));
    assert_int_equal(found_in_model(texts, m, DC_LEVEL_CODED), 1);
    assert_ok(dc_model_add(m, "relu", DC_OP_RELU, &from, 1, NULL, true));
    assert_int_equal(found_in_model(texts, m, DC_LEVEL_CODED), 0);
    dc_model_free(m);
}

static void a_file_that_is_missing_is_a_failure(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_finding *findings;
    uint32_t n;
    assert_fails(DC_EIO, dc_verify(&findings, &n, "/nowhere/x.dcm", &arena));
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_has_no_findings),
        cmocka_unit_test(every_changed_byte_is_found),
        cmocka_unit_test(every_prefix_is_damage_and_an_empty_file_too),
        cmocka_unit_test(it_goes_on_after_damage),
        cmocka_unit_test(what_only_a_writer_must_do_is_checked_too),
        cmocka_unit_test(a_shared_parameter_of_too_many_values_is_found),
        cmocka_unit_test(a_negative_variance_is_found),
        cmocka_unit_test(a_network_without_layers_is_found),
        cmocka_unit_test(a_file_that_is_missing_is_a_failure),
    };
    dc_pool_set_jobs(1); /* many tiny files */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
