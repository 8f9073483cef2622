/* SPDX-License-Identifier: MIT
 *
 * Photographs to inputs, one thread:
 *
 *     bench_pictures run SPEC [ROUNDS]    milliseconds of CPU a photograph, a line a round: from
 *                                         the file to 3 x 227 x 227 float32 (warp, crop, mean)
 *     bench_pictures write SPEC N X.npy   inputs of the first N, for evaluations without files
 */
#include "dcomp/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static dc_input the_input(void)
{
    return (dc_input){ .shape = dc_shape_of(3, 3, 227, 227, 0),
                       .resize = DC_RESIZE_WARP,
                       .filter = DC_FILTER_TRIANGLE,
                       .resize_size = 256,
                       .channels = DC_CHANNELS_BGR,
                       .mean = { 104, 117, 123 },
                       .scale = { 1, 1, 1, 1 } };
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A fresh source each time: it remembers what it has decoded. */
static dc_status run(const char *spec, const dc_input *input, float *x)
{
    dc_source *source;
    DC_TRY(dc_data_open(&source, spec, DC_SPLIT_TEST, input, 0, 1));
    const double start = cpu_seconds();
    dc_status status = DC_OK;
    for (uint64_t i = 0; status == DC_OK && i < source->n_samples; i++)
        status = source->read(source, &i, 1, 0, x, NULL);
    printf("%.4f\n", 1e3 * (cpu_seconds() - start) / (double)source->n_samples);
    dc_source_close(source);
    return status;
}

static dc_status write(const char *spec, const dc_input *input, uint32_t n, const char *path)
{
    dc_source *source;
    DC_TRY(dc_data_open(&source, spec, DC_SPLIT_TEST, input, n, 1));
    const uint64_t n_values = dc_shape_count(&input->shape);
    const dc_shape shape = dc_shape_of(4, (uint32_t)source->n_samples, 3, 227, 227);
    float *all = malloc(source->n_samples * n_values * sizeof *all);
    dc_status status = all != NULL ? DC_OK : DC_ENOMEM;
    for (uint64_t i = 0; status == DC_OK && i < source->n_samples; i++)
        status = source->read(source, &i, 1, 0, all + i * n_values, NULL);
    if (status == DC_OK)
        status = dc_npy_write(path, all, &shape, true);
    free(all);
    dc_source_close(source);
    return status;
}

int main(int argc, char **argv)
{
    const dc_input input = the_input();
    dc_status status = DC_OK;
    if (argc >= 3 && strcmp(argv[1], "run") == 0) {
        float *x = malloc(dc_shape_count(&input.shape) * sizeof *x);
        const int n_rounds = argc > 3 ? atoi(argv[3]) : 1;
        for (int i = 0; x != NULL && status == DC_OK && i < n_rounds; i++)
            status = run(argv[2], &input, x);
        free(x);
    } else if (argc == 5 && strcmp(argv[1], "write") == 0) {
        status = write(argv[2], &input, (uint32_t)atoi(argv[3]), argv[4]);
    } else {
        fputs("usage: bench_pictures run SPEC [ROUNDS] | write SPEC N X.npy\n", stderr);
        return 2;
    }
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    return status < 0;
}
