/* SPDX-License-Identifier: MIT
 *
 * usage: make_pictures SPEC N
 * Prints N samples of a data set as a C header: bytes, and their classes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/data.h"

#define N_PIXELS 784

static dc_status print_all(const char *spec, uint64_t n)
{
    static float x[N_PIXELS];
    static int32_t labels[1000];
    dc_source *source;
    dc_input input = { .channels = DC_CHANNELS_GREY };
    input.shape = dc_shape_of(3, 1, 28, 28, 0);
    for (uint32_t c = 0; c < 4; c++)
        input.scale[c] = 1;
    DC_TRY(dc_data_open(&source, spec, DC_SPLIT_TEST, &input, n, 1));
    n = DC_MIN(n, DC_MIN(source->n_samples, (uint64_t)DC_COUNT_OF(labels)));
    printf("#define N_PICTURES %u\nstatic const uint8_t pictures[N_PICTURES][%u] = {\n",
           (unsigned)n, N_PIXELS);
    dc_status status = DC_OK;
    for (uint64_t i = 0; i < n && status == DC_OK; i++) {
        status = dc_source_read(source, &i, 1, 0, x, &labels[i]);
        for (int k = 0; k < N_PIXELS; k++)
            printf("%s%d,", k == 0 ? "{" : k % 28 == 0 ? "\n" : "", (int)lrintf(x[k]));
        printf("},\n");
    }
    printf("};\nstatic const int labels[N_PICTURES] = {");
    for (uint64_t i = 0; i < n; i++)
        printf(" %d,", (int)labels[i]);
    printf(" };\n");
    dc_source_close(source);
    return status;
}

int main(int n_args, char **args)
{
    if (n_args == 3 && print_all(args[1], (uint64_t)atoi(args[2])) == DC_OK)
        return 0;
    fprintf(stderr, "%s\n", n_args == 3 ? dc_message() : "usage: make_pictures SPEC N");
    return 1;
}
