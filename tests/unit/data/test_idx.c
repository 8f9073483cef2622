/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

#define N_IMAGES 3
#define HEIGHT 2
#define WIDTH 3
#define HEADER 16
#define IMAGE_BYTES (HEADER + N_IMAGES * HEIGHT * WIDTH)

typedef struct files {
    uint8_t images[IMAGE_BYTES], labels[8 + N_IMAGES];
} files;

static const char *const image_names[] = { "train-images-idx3-ubyte", "t10k-images-idx3-ubyte" };
static const char *const label_names[] = { "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte" };

static void put_be(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static files good_files(void)
{
    files f;
    put_be(f.images, 0x803);
    put_be(f.images + 4, N_IMAGES);
    put_be(f.images + 8, HEIGHT);
    put_be(f.images + 12, WIDTH);
    for (int i = 0; i < IMAGE_BYTES - HEADER; i++)
        f.images[HEADER + i] = (uint8_t)(i * 14);
    put_be(f.labels, 0x801);
    put_be(f.labels + 4, N_IMAGES);
    f.labels[8] = 4;
    f.labels[9] = 0;
    f.labels[10] = 7;
    return f;
}

/* A gzip stream of one stored block. */
static void put_gz(const char *name, const uint8_t *data, uint16_t n)
{
    uint8_t bytes[256] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1 };
    const uint32_t crc = dc_crc32(0, data, n), wide = n;
    char gz_name[64];
    bytes[11] = (uint8_t)n;
    bytes[12] = (uint8_t)(n >> 8);
    bytes[13] = (uint8_t)~bytes[11];
    bytes[14] = (uint8_t)~bytes[12];
    memcpy(bytes + 15, data, n);
    for (unsigned i = 0; i < 4; i++) {
        bytes[15 + n + i] = (uint8_t)(crc >> 8 * i);
        bytes[19 + n + i] = (uint8_t)(wide >> 8 * i);
    }
    snprintf(gz_name, sizeof gz_name, "%s.gz", name);
    put_file(gz_name, bytes, 23 + (size_t)n);
}

static void put_train(const files *f)
{
    put_file(image_names[0], f->images, sizeof f->images);
    put_file(label_names[0], f->labels, sizeof f->labels);
}

static dc_status open_train(dc_source **out)
{
    const dc_input input = plain_input(1, HEIGHT, WIDTH);
    return dc_data_open(out, spec_of("idx", "."), DC_SPLIT_TRAIN, &input, 0, 1);
}

static void check_samples(const dc_source *source, const files *f)
{
    float x[HEIGHT * WIDTH];
    assert_int_equal(source->n_samples, N_IMAGES);
    assert_int_equal(source->n_classes, 8);
    assert_true(source->is_labelled);
    for (uint64_t i = N_IMAGES; i-- > 0;) {
        assert_int_equal(read_one(x, source, i), f->labels[8 + i]);
        for (uint64_t k = 0; k < HEIGHT * WIDTH; k++)
            assert_true(x[k] == f->images[HEADER + i * HEIGHT * WIDTH + k]);
    }
}

static void plain_files_are_read(void **state)
{
    (void)state;
    const files f = good_files();
    dc_source *s;
    put_train(&f);
    assert_ok(open_train(&s));
    check_samples(s, &f);
    dc_source_close(s);
}

static void gzipped_files_are_read(void **state)
{
    (void)state;
    const files f = good_files();
    const dc_input input = plain_input(1, HEIGHT, WIDTH);
    dc_source *s;
    put_gz(image_names[1], f.images, sizeof f.images);
    put_gz(label_names[1], f.labels, sizeof f.labels);
    assert_ok(dc_data_open(&s, spec_of("idx", "."), DC_SPLIT_TEST, &input, 0, 1));
    check_samples(s, &f);
    dc_source_close(s);
}

static void a_gzipped_file_that_is_cut_is_refused(void **state)
{
    (void)state;
    const files f = good_files();
    const dc_input input = plain_input(1, HEIGHT, WIDTH);
    dc_file_view view;
    dc_source *s;
    put_gz(image_names[1], f.images, sizeof f.images);
    assert_ok(dc_file_open(&view, in_scratch("t10k-images-idx3-ubyte.gz"), 0));
    uint8_t bytes[256];
    const size_t n = (size_t)view.size - 10;
    memcpy(bytes, view.data, n);
    dc_file_close(&view);
    put_file("t10k-images-idx3-ubyte.gz", bytes, n);
    assert_fails(DC_ECORRUPT,
                 dc_data_open(&s, spec_of("idx", "."), DC_SPLIT_TEST, &input, 0, 1));
}

static void pixels_are_prepared_and_a_limit_keeps_the_first(void **state)
{
    (void)state;
    const files f = good_files();
    dc_input input = plain_input(1, HEIGHT, WIDTH);
    float x[HEIGHT * WIDTH];
    dc_source *s;
    input.mean[0] = 14;
    input.scale[0] = 0.5f;
    put_train(&f);
    assert_ok(dc_data_open(&s, spec_of("idx", "."), DC_SPLIT_TRAIN, &input, 2, 1));
    assert_int_equal(s->n_samples, 2);
    read_one(x, s, 0);
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        assert_true(x[i] == (float)(i * 14 - 14) * 0.5f);
    const uint64_t beyond = 2;
    assert_fails(DC_EINPUT, s->read(s, &beyond, 1, 0, x, NULL));
    dc_source_close(s);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    const files f = good_files();
    dc_source *s;
    put_train(&f);
    for (size_t n = 0; n < sizeof f.images; n++) {
        put_file(image_names[0], f.images, n);
        assert_fails(DC_ECORRUPT, open_train(&s));
        assert_non_null(strstr(dc_message(), image_names[0]));
    }
    put_train(&f);
    for (size_t n = 0; n < sizeof f.labels; n++) {
        put_file(label_names[0], f.labels, n);
        assert_fails(DC_ECORRUPT, open_train(&s));
        assert_non_null(strstr(dc_message(), label_names[0]));
    }
}

static void refuse_image_word(uint32_t at, uint32_t value)
{
    files f = good_files();
    dc_source *s;
    put_be(f.images + at, value);
    put_train(&f);
    assert_fails(DC_ECORRUPT, open_train(&s));
}

static void wrong_magic_and_hostile_dims_are_refused(void **state)
{
    (void)state;
    refuse_image_word(0, 0x801);
    refuse_image_word(0, 0x00000d03);
    for (uint32_t at = 4; at <= 12; at += 4) {
        refuse_image_word(at, 0);
        refuse_image_word(at, 1);
        refuse_image_word(at, 0x80000001);
        refuse_image_word(at, UINT32_MAX);
    }
    files f = good_files();
    dc_source *s;
    put_be(f.labels, 0x803);
    put_train(&f);
    assert_fails(DC_ECORRUPT, open_train(&s));
}

static void another_number_of_labels_is_refused(void **state)
{
    (void)state;
    files f = good_files();
    dc_source *s;
    put_be(f.labels + 4, 2);
    put_train(&f);
    put_file(label_names[0], f.labels, sizeof f.labels - 1);
    assert_fails(DC_ECORRUPT, open_train(&s));
    assert_non_null(strstr(dc_message(), "2 labels for 3 pictures"));
}

static void unpacked_and_emnists_names_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *images, *labels;
    } names[] = {
        { "train-images.idx3-ubyte", "train-labels.idx1-ubyte" },
        { "emnist-digits-train-images-idx3-ubyte", "emnist-digits-train-labels-idx1-ubyte" },
    };
    const files f = good_files();
    dc_source *s;
    unlink(in_scratch(image_names[0]));
    unlink(in_scratch(label_names[0]));
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        put_file(names[i].images, f.images, sizeof f.images);
        put_file(names[i].labels, f.labels, sizeof f.labels);
        assert_ok(open_train(&s));
        check_samples(s, &f);
        dc_source_close(s);
        if (i == 0) {
            unlink(in_scratch(names[i].images));
            unlink(in_scratch(names[i].labels));
        }
    }
    put_file("emnist-letters-train-images-idx3-ubyte", f.images, sizeof f.images);
    assert_fails(DC_EINPUT, open_train(&s));
    assert_non_null(strstr(dc_message(), "one set a folder"));
    unlink(in_scratch("emnist-letters-train-images-idx3-ubyte"));
    unlink(in_scratch(names[1].images));
    unlink(in_scratch(names[1].labels));
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    const files f = good_files();
    dc_source *s;
    put_train(&f);
    unlink(in_scratch(label_names[0]));
    assert_fails(DC_EIO, open_train(&s));
    assert_non_null(strstr(dc_message(), label_names[0]));
    const dc_input input = plain_input(1, HEIGHT, WIDTH);
    assert_fails(DC_EIO, dc_data_open(&s, spec_of("idx", "nowhere"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_open(&s, "idx", DC_SPLIT_TRAIN, &input, 0, 1));
}

static void pictures_of_another_size_are_refused_or_resized(void **state)
{
    (void)state;
    const files f = good_files();
    dc_input input = plain_input(1, 4, 6);
    float x[24];
    dc_source *s;
    put_train(&f);
    assert_fails(DC_EINPUT, dc_data_open(&s, spec_of("idx", "."), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_non_null(strstr(dc_message(), "2x3"));
    input.resize = DC_RESIZE_WARP;
    assert_ok(dc_data_open(&s, spec_of("idx", "."), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_int_equal(read_one(x, s, 2), 7);
    assert_true(x[0] == f.images[HEADER + 12] && x[23] == f.images[HEADER + 17]);
    dc_source_close(s);
}

static void mnist_is_what_its_makers_published(void **state)
{
    (void)state;
    const char *folder = getenv("DCOMP_DATA");
    if (folder == NULL)
        skip();
    static const uint64_t n_expected[] = { 60000, 10000 };
    static const uint32_t pixel_crcs[] = { 0xf3639b56, 0xe4ca5f57 };
    static const uint32_t label_crcs[] = { 0xba07e8ef, 0xee8604d9 };
    const dc_input input = plain_input(1, 28, 28);
    char spec[512];
    float x[784];
    snprintf(spec, sizeof spec, "idx:%s/mnist", folder);
    for (int split = 0; split < 2; split++) {
        dc_source *s;
        uint32_t pixel_crc = 0, label_crc = 0;
        assert_ok(dc_data_open(&s, spec, (dc_split)split, &input, 0, 1));
        assert_int_equal(s->n_samples, n_expected[split]);
        assert_int_equal(s->n_classes, 10);
        for (uint64_t i = 0; i < s->n_samples; i++) {
            const uint8_t label = (uint8_t)read_one(x, s, i);
            uint8_t pixels[784];
            for (int k = 0; k < 784; k++)
                pixels[k] = (uint8_t)x[k];
            pixel_crc = dc_crc32(pixel_crc, pixels, sizeof pixels);
            label_crc = dc_crc32(label_crc, &label, 1);
        }
        dc_source_close(s);
        assert_int_equal(pixel_crc, pixel_crcs[split]);
        assert_int_equal(label_crc, label_crcs[split]);
    }
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    const files f = good_files();
    const dc_input input = plain_input(1, HEIGHT, WIDTH);
    put_train(&f);
    assert_true(survive_lack_of_memory(spec_of("idx", "."), &input) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_files_are_read),
        cmocka_unit_test(gzipped_files_are_read),
        cmocka_unit_test(a_gzipped_file_that_is_cut_is_refused),
        cmocka_unit_test(pixels_are_prepared_and_a_limit_keeps_the_first),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(wrong_magic_and_hostile_dims_are_refused),
        cmocka_unit_test(another_number_of_labels_is_refused),
        cmocka_unit_test(unpacked_and_emnists_names_are_found),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(pictures_of_another_size_are_refused_or_resized),
        cmocka_unit_test(mnist_is_what_its_makers_published),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
