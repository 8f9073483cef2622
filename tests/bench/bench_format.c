/* SPDX-License-Identifier: MIT
 *
 * Writing and reading a network of the size of VGG-16 (138 M weights, pruned and shared as in
 * Deep Compression): seconds, peak memory, bytes. `bench_format [jobs]`; prints one line a step.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/format.h"

typedef struct layer {
    const char *name;
    uint32_t n_outputs;
    double density;
    uint32_t n_distinct;
} layer;

/* Convolutions as one large 3 x 3 layer each stage, then fc6, fc7, fc8 [DC, table of VGG-16]. */
static const layer convs[] = { { "conv1", 64, 0.5, 255 },  { "conv2", 128, 0.34, 255 },
                               { "conv3", 256, 0.4, 255 }, { "conv4", 512, 0.3, 255 },
                               { "conv5", 512, 0.33, 255 }, { "conv6", 512, 0.35, 255 },
                               { "conv7", 512, 0.35, 255 } };
static const layer fcs[] = { { "fc6", 4096, 0.04, 31 }, { "fc7", 4096, 0.04, 31 },
                             { "fc8", 1000, 0.23, 31 } };

static void fill(dc_param *param, const layer *l, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    const uint64_t kept = (uint64_t)(l->density * 65536);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const uint64_t r = dc_rng_u64(&rng);
        const uint64_t bell = (r >> 16 & 255) + (r >> 24 & 255) + (r >> 32 & 255);
        const uint64_t level = bell * l->n_distinct / 768;
        param->values[i] = (r & 65535) < kept ? ((float)level - 3.1f) * 1.01f : 0.0f;
    }
    param->is_pruned = param->is_shared = true;
}

static dc_status add(dc_model *m, const layer *l, dc_op op)
{
    double attrs[DC_N_ATTRS];
    const uint32_t last = m->n_nodes - 1;
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_N_OUTPUTS] = l->n_outputs;
    attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = 3;
    for (int side = DC_ATTR_PAD_TOP; side <= DC_ATTR_PAD_RIGHT; side++)
        attrs[side] = 1;
    DC_TRY(dc_model_add(m, l->name, op, &last, 1, attrs, true));
    fill(&m->params[dc_node_param(&m->nodes[m->n_nodes - 1], 0)], l, m->n_nodes);
    return DC_OK;
}

static dc_status make(dc_model **out)
{
    dc_input input = { .scale = { 1, 1, 1, 1 } };
    input.shape = dc_shape_of(3, 3, 7, 7, 0);
    DC_TRY(dc_model_new(out, "vgg16", &input));
    for (size_t i = 0; i < DC_COUNT_OF(convs); i++)
        DC_TRY(add(*out, &convs[i], DC_OP_CONV));
    for (size_t i = 0; i < DC_COUNT_OF(fcs); i++)
        DC_TRY(add(*out, &fcs[i], DC_OP_LINEAR));
    return DC_OK;
}

static dc_status time_read(const char *path, dc_read_mode mode, const char *name)
{
    dc_model *m;
    const double start = dc_clock_seconds();
    DC_TRY(dc_model_read(&m, path, mode, 0, NULL, NULL));
    printf("%-12s %6.2f s\n", name, dc_clock_seconds() - start);
    dc_model_free(m);
    return DC_OK;
}

static dc_status time_level(dc_model *m, const char *path, dc_level level, const char *name)
{
    dc_arena arena = { 0 };
    dc_ledger ledger;
    const dc_write_settings settings = { .level = (uint32_t)level };
    const double start = dc_clock_seconds();
    DC_TRY(dc_model_write(path, m, &settings, true, &ledger, &arena));
    printf("%-12s %6.2f s  %12llu bytes  peak %llu MB\n", name, dc_clock_seconds() - start,
           (unsigned long long)ledger.file_bytes,
           (unsigned long long)(dc_peak_memory_bytes() >> 20));
    dc_arena_clear(&arena);
    return DC_OK;
}

static dc_status run(const char *path)
{
    dc_model *m;
    DC_TRY(make(&m));
    printf("%llu values, %u jobs, peak %llu MB\n", (unsigned long long)dc_model_n_values(m),
           dc_pool_jobs(), (unsigned long long)(dc_peak_memory_bytes() >> 20));
    DC_TRY(time_level(m, path, DC_LEVEL_DENSE, "write f32"));
    DC_TRY(time_level(m, path, DC_LEVEL_CODED, "write coded"));
    dc_model_free(m);
    DC_TRY(time_read(path, DC_READ_PACKED, "read packed"));
    return time_read(path, DC_READ_DENSE, "read dense");
}

int main(int argc, char **argv)
{
    const char *path = "bench_format.dcm";
    dc_pool_set_jobs(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0);
    const dc_status status = run(path);
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    remove(path);
    return status < 0;
}
