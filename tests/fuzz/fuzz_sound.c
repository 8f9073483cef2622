/* SPDX-License-Identifier: MIT
 *
 * Sound files, by the data room's door: the input is the only file of a data set. What can be read
 * is finite features of as many steps as the source says, the same at every reading; what cannot is
 * left out, and is a failure to who asks strictly. Without libsndfile all are refused when opened.
 */
#include "fuzz.h"

#include <math.h>

#include "dcomp/data.h"

#define N_STEPS 12u
#define N_BANDS 8u

static const dc_input the_input = { .shape = { 2, { N_STEPS, N_BANDS } },
                                    .sound = { 25000, 10000, 100, 3000 },
                                    .scale = { 1, 1, 1, 1 } };

static void read_sample(const dc_source *source)
{
    static float x[2][N_STEPS * N_BANDS];
    const uint64_t index = 0;
    int32_t labels[2] = { 0, 0 };
    const uint32_t length = dc_source_length(source, 0);
    FUZZ_CHECK(length >= 1 && length <= N_STEPS);
    for (int round = 0; round < 2; round++) {
        FUZZ_CHECK(source->read(source, &index, 1, 0, x[round], &labels[round]) == DC_OK);
        FUZZ_CHECK(labels[round] == 0 || labels[round] == DC_UNREADABLE);
        for (uint32_t i = 0; i < N_STEPS * N_BANDS; i++)
            FUZZ_CHECK(isfinite(x[round][i]) && (i < length * N_BANDS || x[round][i] == 0.0f));
    }
    FUZZ_CHECK(labels[0] == labels[1] && memcmp(x[0], x[1], sizeof x[0]) == 0);
    const dc_status strictly = source->read(source, &index, 1, 0, x[0], NULL);
    FUZZ_CHECK((strictly < 0) == (labels[0] == DC_UNREADABLE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char spec[160];
    dc_source *source;
    fuzz_file("word_0_9.wav", data, n);
    snprintf(spec, sizeof spec, "speech:%s", fuzz_folder());
    if (dc_data_open(&source, spec, DC_SPLIT_TRAIN, &the_input, 0, 1) < 0)
        return 0;
    read_sample(source);
    dc_source_close(source);
    return 0;
}
