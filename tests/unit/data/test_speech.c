/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"
#include "sound.h"

#define N_STEPS 20u
#define N_BANDS 24u

static void put_u32(uint8_t *at, uint32_t value, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

typedef struct wav {
    uint32_t rate, n_channels, n_bits, n_samples;
    double hz;
} wav;

/* A sine, all channels the same; returns the size. */
static size_t make_wav(uint8_t *out, const wav *w)
{
    const uint32_t n_each = w->n_bits / 8, n_data = w->n_samples * w->n_channels * n_each;
    memcpy(out, "RIFF....WAVEfmt ", 16);
    put_u32(out + 4, 36 + n_data, 4);
    put_u32(out + 16, 16, 4);
    put_u32(out + 20, 1, 2);
    put_u32(out + 22, w->n_channels, 2);
    put_u32(out + 24, w->rate, 4);
    put_u32(out + 28, w->rate * w->n_channels * n_each, 4);
    put_u32(out + 32, w->n_channels * n_each, 2);
    put_u32(out + 34, w->n_bits, 2);
    memcpy(out + 36, "data", 4);
    put_u32(out + 40, n_data, 4);
    for (uint32_t i = 0; i < w->n_samples * w->n_channels; i++) {
        const double x = 0.5 * sin(2 * acos(-1) * w->hz * (i / w->n_channels) / w->rate);
        const int32_t value = (int32_t)lrint(x * (w->n_bits == 8 ? 127 : 32767));
        put_u32(out + 44 + i * n_each, (uint32_t)(w->n_bits == 8 ? value + 128 : value), n_each);
    }
    return 44 + n_data;
}

static uint8_t bytes[1 << 20];

static void put_wav(const char *name, wav w)
{
    put_file(name, bytes, make_wav(bytes, &w));
}

static dc_input of_sounds(void)
{
    return (dc_input){ .shape = dc_shape_of(2, N_STEPS, N_BANDS, 0, 0),
                       .sound = { 25000, 10000, 100, 4000 },
                       .scale = { 1, 1, 1, 1 } };
}

static int make(void **state)
{
    if (sound_check_build() < 0) {
        printf("no sounds in this build: skipped\n");
        exit(0);
    }
    return make_scratch(state);
}

static void features(float *x, const wav *w)
{
    const dc_input input = of_sounds();
    dc_arena arena = { 0 };
    sound in;
    assert_ok(sound_read(&in, bytes, make_wav(bytes, w), 10, "x.wav", &arena));
    assert_int_equal(in.rate, w->rate);
    assert_int_equal(in.n_samples, w->n_samples);
    assert_ok(mel_features(x, &input, &in, &arena));
    dc_arena_clear(&arena);
}

static uint32_t loudest(const float *x)
{
    uint32_t best = 0;
    for (uint32_t b = 1; b < N_BANDS; b++)
        best = x[b] > x[best] ? b : best;
    return best;
}

static void a_tone_is_loudest_in_its_band_whatever_the_rate(void **state)
{
    (void)state;
    static const wav wavs[] = { { 8000, 1, 16, 1600, 1000 }, { 16000, 1, 16, 3200, 1000 },
                                { 44100, 2, 16, 8820, 1000 }, { 11025, 1, 8, 2205, 1000 } };
    float first[N_STEPS * N_BANDS], x[N_STEPS * N_BANDS];
    const double mel = 2595 * log10(1 + 1000 / 700.0), low = 2595 * log10(1 + 100 / 700.0);
    const double high = 2595 * log10(1 + 4000 / 700.0);
    const double band = (mel - low) / (high - low) * (N_BANDS + 1) - 1;
    features(first, &wavs[0]);
    assert_near(loudest(first), band, 0.75);
    for (size_t i = 1; i < DC_COUNT_OF(wavs); i++) {
        features(x, &wavs[i]);
        assert_int_equal(loudest(x), loudest(first));
        assert_near(x[loudest(x)], first[loudest(first)], 0.1);
    }
}

static void a_louder_tone_is_more_by_the_log_of_its_power(void **state)
{
    (void)state;
    const dc_input input = of_sounds();
    dc_arena arena = { 0 };
    float quiet[N_STEPS * N_BANDS], loud[N_STEPS * N_BANDS], samples[2][800];
    for (uint32_t i = 0; i < 800; i++) {
        samples[0][i] = 0.01f * sinf(0.7f * (float)i);
        samples[1][i] = 10 * samples[0][i];
    }
    assert_ok(mel_features(quiet, &input, &(sound){ 8000, 800, samples[0] }, &arena));
    assert_ok(mel_features(loud, &input, &(sound){ 8000, 800, samples[1] }, &arena));
    assert_near(loud[loudest(loud)] - quiet[loudest(quiet)], log(100), 1e-3);
    const uint64_t n_steps = mel_steps(&input.sound, 8000, 800);
    assert_int_equal(n_steps, 8); /* (800 - 200) / 80 + 1 */
    for (uint64_t i = n_steps * N_BANDS; i < N_STEPS * N_BANDS; i++)
        assert_near(loud[i], 0, 0);
    dc_arena_clear(&arena);
}

static void broken_sounds_are_refused(void **state)
{
    (void)state;
    const wav w = { 8000, 1, 16, 800, 500 }, empty = { 8000, 1, 16, 0, 500 };
    sound_facts facts;
    const size_t n = make_wav(bytes, &w);
    assert_ok(sound_look(&facts, bytes, n, "x.wav"));
    assert_int_equal(facts.n_samples, 800);
    assert_fails(DC_ECORRUPT, sound_look(&facts, bytes, n - 1, "x.wav"));
    assert_non_null(strstr(dc_message(), "cut"));
    for (size_t cut = 0; cut < 44; cut++)
        assert_fails(DC_ECORRUPT, sound_look(&facts, bytes, cut, "x.wav"));
    assert_fails(DC_ECORRUPT, sound_look(&facts, bytes, make_wav(bytes, &empty), "x.wav"));
    assert_fails(DC_ECORRUPT, sound_look(&facts, "RIFF, but no sound", 18, "x.wav"));
}

static void bands_beyond_the_rate_are_refused(void **state)
{
    (void)state;
    dc_input input = of_sounds();
    dc_arena arena = { 0 };
    float x[N_STEPS * N_BANDS];
    const float samples[400] = { 0 };
    assert_fails(DC_EUNSUPPORTED,
                 mel_features(x, &input, &(sound){ 6000, 400, samples }, &arena));
    input.sound.highest_hz = 120; /* 24 bands of half a bin */
    assert_fails(DC_EINPUT, mel_features(x, &input, &(sound){ 8000, 400, samples }, &arena));
    dc_arena_clear(&arena);
}

static void names_tell_words_and_the_test_part(void **state)
{
    (void)state;
    const dc_input input = of_sounds();
    static const char *const names[] = { "no_ann_0.wav", "no_ann_4.wav", "no_ann_5.wav",
                                         "yes_bob_2.wav", "yes_bob_17.wav" };
    assert_ok(dc_folder_make(in_scratch("flat")));
    for (uint32_t i = 0; i < DC_COUNT_OF(names); i++) {
        char path[64];
        snprintf(path, sizeof path, "flat/%s", names[i]);
        put_wav(path, (wav){ 8000, 1, 16, 200 + 80 * i, 500 });
    }
    static const struct { uint64_t n; int32_t labels[3]; uint32_t lengths[3]; } expected[] = {
        [DC_SPLIT_TRAIN] = { 2, { 0, 1 }, { 3, 5 } },
        [DC_SPLIT_TEST] = { 3, { 0, 0, 1 }, { 1, 2, 4 } },
    };
    assert_true(dc_data_has_split(spec_of("speech", "flat")));
    for (int split = 0; split < 2; split++) {
        dc_source *s;
        float x[N_STEPS * N_BANDS];
        assert_ok(dc_data_open(&s, spec_of("speech", "flat"), (dc_split)split, &input, 0, 1));
        assert_int_equal(s->n_samples, expected[split].n);
        assert_string_equal(s->class_names[1], "yes");
        for (uint64_t i = 0; i < s->n_samples; i++) {
            assert_int_equal(read_one(x, s, i), expected[split].labels[i]);
            assert_int_equal(dc_source_length(s, i), expected[split].lengths[i]);
        }
        dc_source_close(s);
    }
    put_wav("flat/yes.wav", (wav){ 8000, 1, 16, 200, 500 });
    dc_source *s;
    assert_fails(DC_EINPUT, dc_data_open(&s, spec_of("speech", "flat"), 0, &input, 0, 1));
}

static void folders_are_words_and_a_list_has_the_test_part(void **state)
{
    (void)state;
    const dc_input input = of_sounds();
    static const char *const folders[] = { "set", "set/on", "set/off", "set/_noise" };
    for (size_t i = 0; i < DC_COUNT_OF(folders); i++)
        assert_ok(dc_folder_make(in_scratch(folders[i])));
    put_wav("set/on/a.wav", (wav){ 8000, 1, 16, 400, 500 });
    put_wav("set/on/b.wav", (wav){ 8000, 1, 16, 40000, 500 });
    put_wav("set/off/c.wav", (wav){ 8000, 1, 16, 400, 500 });
    put_wav("set/_noise/d.wav", (wav){ 8000, 1, 16, 400, 500 });
    put_file("set/off/cut.wav", bytes, make_wav(bytes, &(wav){ 8000, 1, 16, 400, 500 }) - 1);
    const char *spec = spec_of("speech", "set");
    dc_source *s;
    float x[N_STEPS * N_BANDS];
    int32_t label;
    const uint64_t last = 1;
    assert_false(dc_data_has_split(spec));
    listen_to_warnings();
    assert_ok(dc_data_open(&s, spec, DC_SPLIT_TEST, &input, 0, 1));
    assert_int_equal(s->n_samples, 4);
    assert_non_null(strstr(warned, "1 of 4 sounds is longer than the model's 20 steps"));
    assert_int_equal(dc_source_length(s, 3), N_STEPS);
    assert_ok(s->read(s, &last, 1, 0, x, &label)); /* off/cut.wav */
    assert_int_equal(label, DC_UNREADABLE);
    assert_fails(DC_ECORRUPT, s->read(s, &last, 1, 0, x, NULL));
    dc_source_close(s);
    put_file("set/testing_list.txt", "on/b.wav\r\noff/c.wav\n", 20);
    assert_true(dc_data_has_split(spec));
    assert_ok(dc_data_open(&s, spec, DC_SPLIT_TEST, &input, 0, 1));
    assert_int_equal(s->n_samples, 2);
    assert_int_equal(read_one(x, s, 0), 0);
    dc_source_close(s);
    dc_set_listener(NULL);
}

static void a_line_of_a_list_that_names_no_sound_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *list, *text;
        dc_status status;
        const char *message;
    } cases[] = {
        { "testing_list.txt", "on/b.wav\n\non\\a.wav\n", DC_EIO, "line 3 of testing_list.txt" },
        { "testing_list.txt", "on/", DC_EINPUT, "line 1" },
        { "testing_list.txt", "on", DC_EINPUT, "line 1" },
        { "testing_list.txt", "on/b.wav\nx/b.wav", DC_EIO, "line 2" },
        { "testing_list.txt", "set\0on", DC_ECORRUPT, "byte of 0" },
        { "validation_list.txt", "on/bb.wav\n", DC_EIO, "line 1 of validation_list.txt" },
        { "testing_list.txt", "\n", DC_EINPUT, "has no samples" },
        { "testing_list.txt", "_noise/d.wav\n", DC_EINPUT, "has no samples" },
        { "testing_list.txt", "\xef\xbb\xbfon/b.wav \r\n", DC_OK, NULL },
    };
    const dc_input input = of_sounds();
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_source *s;
        const size_t n = strlen(cases[i].text);
        put_file("set/testing_list.txt", "on/b.wav\n", 9);
        put_file("set/validation_list.txt", "off/c.wav\n", 10);
        char name[64];
        snprintf(name, sizeof name, "set/%s", cases[i].list);
        put_file(name, cases[i].text, cases[i].status == DC_ECORRUPT ? n + 3 : n);
        const dc_status status =
            dc_data_open(&s, spec_of("speech", "set"), DC_SPLIT_TEST, &input, 0, 1);
        assert_int_equal(status, cases[i].status);
        if (status == DC_OK)
            dc_source_close(s);
        else
            assert_non_null(strstr(dc_message(), cases[i].message));
    }
}

static void a_model_without_sounds_is_told(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 28, 28);
    dc_source *s;
    assert_fails(DC_EINPUT, dc_data_open(&s, spec_of("speech", "set"), 0, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_open(&s, "speech", 0, &input, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_is_loudest_in_its_band_whatever_the_rate),
        cmocka_unit_test(a_louder_tone_is_more_by_the_log_of_its_power),
        cmocka_unit_test(broken_sounds_are_refused),
        cmocka_unit_test(bands_beyond_the_rate_are_refused),
        cmocka_unit_test(names_tell_words_and_the_test_part),
        cmocka_unit_test(folders_are_words_and_a_list_has_the_test_part),
        cmocka_unit_test(a_line_of_a_list_that_names_no_sound_is_told),
        cmocka_unit_test(a_model_without_sounds_is_told),
    };
    return cmocka_run_group_tests(tests, make, remove_scratch);
}
