/* SPDX-License-Identifier: MIT
 *
 * The reader of Deep Compression's .net files, by its door. The codebooks would be most of a small
 * file, and its size must be exact, so the input is the rest: counts, the first entries of the
 * codebooks, biases, codes and gaps, from which a file is made that is whole unless the first byte
 * says otherwise.
 */
#include "fuzz.h"

#include "dcomp/interop.h"

static const char architecture[] = "{\"name\":\"net\",\"input\":{\"shape\":[1,4,4]},\"layers\":["
                                   "{\"name\":\"c\",\"op\":\"conv\",\"n_outputs\":2,\"kernel\":3},"
                                   "{\"name\":\"f\",\"op\":\"linear\",\"n_outputs\":3}]}";
enum { N_CONV = 18, N_LINEAR = 24 };

typedef struct bytes {
    const uint8_t *at;
    size_t n;
} bytes;

static uint8_t take(bytes *b)
{
    if (b->n == 0)
        return 0;
    b->n--;
    return *b->at++;
}

static void put_layer(dc_writer *w, bytes *b, uint32_t n_codebook, uint32_t n_bias,
                      uint64_t n_code_bytes, uint64_t n_gap_bytes)
{
    for (uint32_t i = 0; i < n_codebook; i++)
        dc_put_u32(w, i < 3 && b->n % 2 == 1 ? (uint32_t)take(b) << 24 : i << 16);
    for (uint32_t i = 0; i < n_bias; i++)
        dc_put_f32(w, (float)take(b));
    for (uint64_t i = 0; i < n_code_bytes + n_gap_bytes; i++)
        dc_put_u8(w, take(b));
}

static dc_model *network(void)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    FUZZ_CHECK(dc_json_parse(&json, architecture, sizeof architecture - 1, "net") == DC_OK);
    FUZZ_CHECK(dc_model_from_arch(&model, json, "net") == DC_OK);
    dc_json_free(json);
    return model;
}

/* Layers are shared, with no more values than their codebooks; nothing but zeros is no sharing. */
static void check(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *p = &model->params[i];
        float codebook[DC_MAX_CODEBOOK];
        uint32_t n;
        FUZZ_CHECK(dc_codebook_find(codebook, &n, p->values, p->n_values, 256, false));
        const bool is_weight = p->role == DC_ROLE_WEIGHT;
        FUZZ_CHECK(p->is_shared == (is_weight && dc_param_n_nonzero(p) > 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    bytes b = { data, n };
    dc_writer w;
    dc_writer_init(&w, 1u << 20);
    const uint8_t options = take(&b);
    const uint32_t n_conv = take(&b) % (N_CONV + 2), n_linear = take(&b) % (N_LINEAR + 2);
    dc_put_u32(&w, n_conv);
    dc_put_u32(&w, n_linear);
    put_layer(&w, &b, 256, 2, n_conv, (n_conv + 1) / 2);
    put_layer(&w, &b, 16, 3, (n_linear + 1) / 2, (n_linear + 1) / 2);
    FUZZ_CHECK(w.status == DC_OK);
    const uint64_t n_cut = (options & 1) != 0 ? 8 * (uint64_t)take(&b) : 0;
    w.size -= DC_MIN(w.size, n_cut);
    if (options & 2)
        w.data[(uint64_t)take(&b) * 16 % (w.size + 1) % 8] ^= take(&b);
    dc_model *model = network();
    if (dc_import(&model, fuzz_file("x.net", w.data, (size_t)w.size)) == DC_OK)
        check(model);
    dc_model_free(model);
    model = network();
    if (fuzz_fault_begin(data, n)) {
        const dc_status status = dc_import(&model, fuzz_file("x.net", w.data, (size_t)w.size));
        fuzz_fault_end();
        if (status == DC_OK)
            check(model);
    }
    dc_model_free(model);
    dc_writer_clear(&w);
    return 0;
}
