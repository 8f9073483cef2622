/* SPDX-License-Identifier: MIT
 *
 * Texts, by the data room's door: the first byte says which kind and how many symbols the model
 * has, the rest is the text. What opens is symbols of the model, each the label of the one before;
 * with the names that it gave the same text is the same symbols again.
 */
#include "fuzz.h"

#include "dcomp/data.h"

#define N_STEPS 5u

static const dc_input the_input = { .shape = { 1, { N_STEPS } }, .scale = { 1, 1, 1, 1 } };

static uint64_t read_all(const dc_source *source, uint32_t n_symbols)
{
    uint64_t hash = 0;
    float before = -1;
    for (uint64_t i = 0; i < source->n_samples; i++) {
        float x[N_STEPS];
        int32_t labels[N_STEPS];
        const uint32_t length = dc_source_length(source, i);
        FUZZ_CHECK(source->read(source, &i, 1, 0, x, labels) == DC_OK);
        FUZZ_CHECK(length >= 1 && length <= N_STEPS);
        for (uint32_t t = 0; t < length; t++) {
            FUZZ_CHECK(labels[t] >= 0 && (uint32_t)labels[t] < n_symbols);
            FUZZ_CHECK(before < 0 || x[t] == before);
            before = (float)labels[t];
        }
        hash = dc_hash64(hash, labels, length * sizeof *labels);
    }
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char spec[160];
    dc_source *source, *again;
    if (n == 0)
        return 0;
    const uint32_t n_symbols = 1 + (data[0] & 127);
    dc_data_request request = { .spec = spec, .input = &the_input,
                                .n_classes = n_symbols * N_STEPS };
    snprintf(spec, sizeof spec, "%s:%s", data[0] & 128 ? "words" : "text",
             fuzz_file("a.txt", data + 1, n - 1));
    if (dc_data_request_open(&source, &request) < 0)
        return 0;
    FUZZ_CHECK(source->n_classes <= n_symbols);
    const uint64_t hash = read_all(source, n_symbols);
    request.n_class_names = source->n_classes;
    request.class_names = source->class_names;
    FUZZ_CHECK(dc_data_request_open(&again, &request) == DC_OK);
    FUZZ_CHECK(read_all(again, n_symbols) == hash);
    dc_source_close(again);
    dc_source_close(source);
    return 0;
}
