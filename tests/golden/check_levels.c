/* SPDX-License-Identifier: MIT
 *
 * golden_check_levels FILE: layers of levels and the bytes that each coder makes of them, for ever.
 * Lines: "shape R I H W bounds ABOVE BELOW plain|trellis"; "sizes ..." for each side, if there are
 * sizes; "levels ..."; "coder ID HEX" for each coder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/entropy.h"

#define MAX_LINE (1 << 20)
#define MAX_WEIGHTS 4096
#define MAX_SIZES 32768

typedef struct layer {
    dc_level_stream stream;
    int16_t levels[MAX_WEIGHTS], decoded[MAX_WEIGHTS];
    uint16_t sizes[2][MAX_SIZES];
    uint64_t n, n_streams;
} layer;

static void stop(const char *what)
{
    fprintf(stderr, "golden_check_levels: %s: %s\n", what, dc_message());
    exit(1);
}

static void read_shape(layer *l, const char *text)
{
    dc_level_stream *s = &l->stream;
    dc_level_shape *shape = &s->shape;
    char kind[16];
    *s = (dc_level_stream){ .levels = l->levels };
    if (sscanf(text, "%u %u %u %u bounds %u %u %15s", &shape->n_rows, &shape->n_inputs,
               &shape->height, &shape->width, &s->n_above, &s->n_below, kind) != 7)
        stop("no shape");
    s->is_trellis = strcmp(kind, "trellis") == 0;
    l->n = (uint64_t)shape->n_rows * shape->n_inputs * shape->height * shape->width;
    if (l->n > MAX_WEIGHTS)
        stop("a layer is too large");
}

static void read_sizes(layer *l, char *text)
{
    const int side = l->stream.sizes[0] != NULL;
    uint32_t k = 1;
    for (char *end = text; k < MAX_SIZES; k++, text = end) {
        const long size = strtol(text, &end, 10);
        if (end == text)
            break;
        l->sizes[side][k] = (uint16_t)size;
    }
    l->stream.sizes[side] = l->sizes[side];
}

static void read_levels(layer *l, char *text)
{
    for (uint64_t i = 0; i < l->n; i++)
        l->levels[i] = (int16_t)strtol(text, &text, 10);
}

static uint64_t read_hex(uint8_t *out, const char *text)
{
    uint64_t n = 0;
    unsigned byte;
    text += strspn(text, " ");
    for (; sscanf(text, "%2x", &byte) == 1; text += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

static void check_stream(layer *l, char *text)
{
    static uint8_t expected[MAX_LINE];
    const dc_level_coder *coder = dc_level_coder_find((uint8_t)strtol(text, &text, 10));
    dc_level_stream shape = l->stream;
    dc_writer w;
    shape.levels = NULL;
    if (coder == NULL)
        stop("no such coder");
    const uint64_t n = read_hex(expected, text);
    if (dc_levels_decode(l->decoded, coder, &shape, expected, n) != DC_OK)
        stop("bytes are refused");
    if (memcmp(l->decoded, l->levels, l->n * sizeof *l->levels) != 0)
        stop("other levels");
    dc_writer_init(&w, MAX_LINE);
    coder->encode(&w, &l->stream);
    if (w.status != DC_OK || w.size != n || memcmp(w.data, expected, n) != 0)
        stop("other bytes");
    dc_writer_clear(&w);
    l->n_streams++;
}

int main(int argc, char **argv)
{
    static layer l;
    static char line[MAX_LINE];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL)
        stop("usage: golden_check_levels FILE");
    while (fgets(line, sizeof line, file) != NULL) {
        char *rest = strchr(line, ' ');
        if (strncmp(line, "sizes", 5) == 0)
            read_sizes(&l, line + 5);
        else if (rest == NULL)
            stop("no such line");
        else if (strncmp(line, "shape", 5) == 0)
            read_shape(&l, rest);
        else if (strncmp(line, "levels", 6) == 0)
            read_levels(&l, rest);
        else
            check_stream(&l, rest);
    }
    fclose(file);
    if (l.n_streams == 0)
        stop("no streams");
    printf("%llu streams are as they were\n", (unsigned long long)l.n_streams);
    return 0;
}
