/* SPDX-License-Identifier: MIT
 *
 * Every network of the fixtures, imported and run by each backend of this build, against what
 * PyTorch computed for it in float64 (common.py describes the files). A difference is relative to
 * the network's largest output.
 */
#define _DEFAULT_SOURCE /* mkstemps */
#include "test.h"

#include <unistd.h>

#include "dcomp/file.h"
#include "dcomp/interop.h"
#include "dcomp/nn.h"

#define BOUND 1e-4
#define FOLDER DCOMP_TESTS_DIR "/onnx/fixtures/"

/* Value i of an input: from -2 to 2 in steps of 2^-22. */
static void make_input(float *x, uint64_t n)
{
    uint32_t state = 1;
    for (uint64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)((int32_t)(state >> 8) - 8388608) / 4194304.0f;
    }
}

typedef struct network {
    char name[256], path[512];
    uint32_t n_samples, n_inputs, n_outputs;
    const uint8_t *truth; /* float32, little-endian */
} network;

static double truth_at(const network *net, uint64_t index)
{
    dc_reader r = dc_reader_over(net->truth + 4 * index, 4, "truth");
    return (double)dc_get_f32(&r);
}

/* The largest difference between y (n_samples, n_outputs) and the truth. */
static double difference(const network *net, const float *y)
{
    double worst = 0, largest = 0;
    for (uint64_t i = 0; i < (uint64_t)net->n_samples * net->n_outputs; i++) {
        const double error = fabs((double)y[i] - truth_at(net, i));
        worst = isnan(error) ? (double)INFINITY : DC_MAX(worst, error);
        largest = DC_MAX(largest, fabs(truth_at(net, i)));
    }
    return worst / largest;
}

static double run(const network *net, const dc_model *model)
{
    dc_predictor *predictor = NULL;
    const uint64_t n_in = (uint64_t)net->n_samples * net->n_inputs;
    float *x = calloc(n_in, sizeof *x);
    float *y = calloc((uint64_t)net->n_samples * net->n_outputs, sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    make_input(x, n_in);
    assert_ok(dc_predictor_new(&predictor, model, net->n_samples, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, x, net->n_samples, y));
    dc_predictor_free(predictor);
    const double worst = difference(net, y);
    free(x);
    free(y);
    return worst;
}

static bool read_network(network *net, dc_reader *r)
{
    if (dc_reader_left(r) == 0 || r->status < 0)
        return false;
    const uint8_t n_name = dc_get_u8(r);
    const uint8_t *name = dc_get_bytes(r, n_name);
    assert_non_null(name);
    snprintf(net->name, sizeof net->name, "%.*s", n_name, (const char *)name);
    snprintf(net->path, sizeof net->path, "%s%s.onnx", FOLDER, net->name);
    net->n_samples = dc_get_u32(r);
    net->n_inputs = dc_get_u32(r);
    net->n_outputs = dc_get_u32(r);
    net->truth = dc_get_bytes(r, UINT64_C(4) * net->n_samples * net->n_outputs);
    assert_ok(r->status);
    return true;
}

/* The same network by way of an exported file. */
static dc_model *exported(const dc_model *model)
{
    char path[] = "/tmp/dcomp-onnx-XXXXXX.onnx";
    dc_model *again = NULL;
    const int fd = mkstemps(path, 5);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_ok(dc_export(path, model, true));
    assert_ok(dc_import(&again, path));
    assert_int_equal(unlink(path), 0);
    assert_true(dc_model_n_values(again) == dc_model_n_values(model));
    return again;
}

/* How many of the networks in `file` differ by more than the bound. */
static uint32_t check_file(const char *file, const char *backend, bool is_twice)
{
    dc_file_view view;
    network net;
    uint32_t n_bad = 0;
    assert_ok(dc_file_open(&view, file, 0));
    dc_reader r = dc_reader_over(view.data, view.size, file);
    const uint8_t *magic = dc_get_bytes(&r, 8);
    assert_non_null(magic);
    assert_memory_equal(magic, "DCONNX01", 8);
    while (read_network(&net, &r)) {
        dc_model *model = NULL;
        if (dc_import(&model, net.path) < 0) {
            print_message("%s: %s\n", net.name, dc_message());
            n_bad++;
            continue;
        }
        if (is_twice) {
            dc_model *again = exported(model);
            dc_model_free(model);
            model = again;
        }
        assert_int_equal(dc_shape_count(&model->nodes[0].shape), net.n_inputs);
        assert_int_equal(dc_model_n_outputs(model), net.n_outputs);
        const double worst = run(&net, model);
        print_message("%-10s %-24s %3u nodes, max difference %.1e\n", backend, net.name,
                      (unsigned)model->n_nodes, worst);
        n_bad += !(worst <= BOUND);
        dc_model_free(model);
    }
    dc_file_close(&view);
    return n_bad;
}

static void check_backend(const char *backend, bool is_twice)
{
    if (dc_backend_limit(backend) < 0) {
        print_message("%s is not in this build\n", backend);
        skip();
    }
    assert_int_equal(check_file(FOLDER "ops.bin", backend, is_twice), 0);
    assert_int_equal(check_file(FOLDER "networks.bin", backend, is_twice), 0);
    assert_int_equal(check_file(FOLDER "steps.bin", backend, is_twice), 0);
}

static void the_reference_backend_computes_what_pytorch_does(void **state)
{
    (void)state;
    check_backend("ref", false);
}

static void onednn_computes_what_pytorch_does(void **state)
{
    (void)state;
    check_backend("onednn", false);
}

static void what_was_exported_in_between_too(void **state)
{
    (void)state;
    check_backend("auto", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_backend_computes_what_pytorch_does),
        cmocka_unit_test(onednn_computes_what_pytorch_does),
        cmocka_unit_test(what_was_exported_in_between_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
