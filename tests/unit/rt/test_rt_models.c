/* SPDX-License-Identifier: MIT
 *
 * The models that come with dcomp, as files for the runtime: both modes answer drawn digits as the
 * reference backend does; and handwritten ones, where DCOMP_DATA has them.
 */
#include "rt_case.h"

#include "dcomp/data.h"

#define MAX_SAMPLES 100u
/* Of the largest score. */
#define FLOAT_BOUND 2e-6
#define INTEGER_BOUND 1e-3

static const char *const names[] = { "lenet-300-100", "lenet-300-100-300x", "lenet-5",
                                     "lenet-5-1200x", "lenet-5-700x" };

typedef struct tally {
    unsigned n, n_same; /* samples, and those of the reference's class in integer mode */
    double worst_float, worst_integer;
} tally;

static void compare_sample(tally *t, const dc_model *model, rt_opened modes[2], const float *x)
{
    float wanted[10], y[2][10];
    rt_case_reference(model, x, wanted);
    for (int is_integer = 0; is_integer < 2; is_integer++)
        rt_case_run(&modes[is_integer], x, y[is_integer]);
    t->worst_float = fmax(t->worst_float, rt_case_difference(y[0], wanted, 10));
    t->worst_integer = fmax(t->worst_integer, rt_case_difference(y[1], wanted, 10));
    assert_int_equal(dc_rt_best(y[0], 10), dc_rt_best(wanted, 10));
    t->n_same += dc_rt_best(y[1], 10) == dc_rt_best(wanted, 10);
    t->n++;
}

static void compare_model(const char *name, const char *spec)
{
    char path[512];
    dc_model *model;
    dc_source *source;
    dc_writer file;
    rt_opened modes[2];
    tally t = { 0 };
    float x[784];
    snprintf(path, sizeof path, "%s/models/%s.dcm", DCOMP_SOURCE_DIR, name);
    assert_ok(dc_model_read(&model, path, DC_READ_DENSE, 0, NULL, NULL));
    assert_ok(dc_data_open(&source, spec, DC_SPLIT_TEST, &model->input, MAX_SAMPLES, 1));
    rt_case_encode(&file, model);
    rt_case_open(&modes[0], file.data, file.size, &dc_rt_float);
    rt_case_open(&modes[1], file.data, file.size, &dc_rt_integer);
    assert_int_equal(modes[1].facts.has_integer_scores, 1);
    for (uint64_t i = 0; i < DC_MIN(source->n_samples, (uint64_t)MAX_SAMPLES); i++) {
        assert_ok(dc_source_read(source, &i, 1, 0, x, NULL));
        compare_sample(&t, model, modes, x);
    }
    printf("%s, %s: %u samples, float within %.2g, integer within %.2g, same class %u\n", name,
           spec, t.n, t.worst_float, t.worst_integer, t.n_same);
    assert_true(t.worst_float <= FLOAT_BOUND && t.worst_integer <= INTEGER_BOUND);
    assert_true(t.n - t.n_same <= t.n / 50);
    for (int i = 0; i < 2; i++)
        rt_case_close(&modes[i]);
    dc_writer_clear(&file);
    dc_source_close(source);
    dc_model_free(model);
}

static void shipped_models_answer_drawn_digits_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(names); i++)
        compare_model(names[i], "digits:400");
}

/* What another machine says of the same bytes, too: a change here is one of the arithmetic. */
static void integer_scores_are_these_on_every_machine(void **state)
{
    static const uint32_t crcs[] = { 0x8546281c, 0xfbbd5997, 0x0fbf0db4, 0x1449767b, 0xa7d41b68 };
    uint8_t pixels[784];
    (void)state;
    for (int i = 0; i < 784; i++)
        pixels[i] = (uint8_t)((i % 28) * (i / 28) * 37 % 256);
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        char path[512];
        dc_model *model;
        dc_writer file;
        rt_opened o;
        int exponent;
        snprintf(path, sizeof path, "%s/models/%s.dcm", DCOMP_SOURCE_DIR, names[i]);
        assert_ok(dc_model_read(&model, path, DC_READ_DENSE, 0, NULL, NULL));
        rt_case_encode(&file, model);
        rt_case_open(&o, file.data, file.size, &dc_rt_integer);
        dc_rt_call call = rt_case_call(&o, NULL, NULL);
        call.pixels = pixels;
        assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_OK);
        const int16_t *scores = dc_rt_scores(&exponent, o.model, o.work);
        uint32_t crc = (uint32_t)-exponent;
        for (int k = 0; k < 10; k++) {
            const uint8_t bytes[2] = { (uint8_t)scores[k], (uint8_t)((uint16_t)scores[k] >> 8) };
            crc = dc_crc32(crc, bytes, sizeof bytes);
        }
        if (crc != crcs[i])
            fail_msg("%s: checksum of scores 0x%08x", names[i], (unsigned)crc);
        rt_case_close(&o);
        dc_writer_clear(&file);
        dc_model_free(model);
    }
}

static void shipped_models_answer_handwriting_alike(void **state)
{
    const char *data = getenv("DCOMP_DATA");
    char spec[512];
    (void)state;
    if (data == NULL) {
        printf("DCOMP_DATA is not set: no handwriting\n");
        return;
    }
    snprintf(spec, sizeof spec, "idx:%s/mnist", data);
    for (size_t i = 0; i < DC_COUNT_OF(names); i++)
        compare_model(names[i], spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_models_answer_drawn_digits_alike),
        cmocka_unit_test(shipped_models_answer_handwriting_alike),
        cmocka_unit_test(integer_scores_are_these_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
