/* SPDX-License-Identifier: MIT
 *
 * The "huffman" coder against zlib on the same symbols: bench_huffman [N_SYMBOLS [REPEATS]].
 *
 * The symbols are Laplacian over an alphabet of 32, scaled to an entropy of 4 bits, drawn from a
 * seeded generator. zlib gets them one per byte at level 9 and inflates from memory to memory in
 * one call. Both sides decode in turn, single thread; the median of the repeats counts. MB are
 * millions of symbols (= bytes out).
 */
#include "dcomp/entropy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define N_ALPHABET 32
#define ENTROPY_BITS 4.0
#define MAX_REPEATS 101

typedef struct bench {
    uint64_t n;
    uint8_t *symbols, *decoded;
    dc_writer coded;
    uint8_t *deflated;
    uLongf deflated_bytes;
    dc_stream_info info;
} bench;

static double laplacian_entropy(double *weights, double scale)
{
    double sum = 0, bits = 0;
    for (int s = 0; s < N_ALPHABET; s++)
        sum += weights[s] = exp(-fabs(s - (N_ALPHABET - 1) / 2.0) / scale);
    for (int s = 0; s < N_ALPHABET; s++) {
        weights[s] /= sum;
        bits -= weights[s] * log2(weights[s]);
    }
    return bits;
}

static void draw_symbols(uint8_t *symbols, uint64_t n)
{
    double weights[N_ALPHABET], low = 0.1, high = 100;
    for (int i = 0; i < 60; i++) {
        const double scale = (low + high) / 2;
        *(laplacian_entropy(weights, scale) < ENTROPY_BITS ? &low : &high) = scale;
    }
    uint8_t wheel[1 << 16];
    double sum = 0;
    for (int s = 0, at = 0; s < N_ALPHABET; s++)
        for (sum += weights[s]; at < 1 << 16 && at < sum * 65536 + 0.5; at++)
            wheel[at] = (uint8_t)s;
    dc_rng rng;
    dc_rng_init(&rng, 1, 0);
    for (uint64_t i = 0; i < n; i++)
        symbols[i] = wheel[dc_rng_u64(&rng) >> 48];
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return values[n / 2];
}

static void stop(const char *what)
{
    fprintf(stderr, "bench_huffman: %s: %s\n", what, dc_message());
    exit(1);
}

static void check(const bench *b, const char *what)
{
    if (memcmp(b->symbols, b->decoded, b->n) != 0)
        stop(what);
}

static double time_encode(bench *b)
{
    dc_writer_clear(&b->coded);
    dc_writer_init(&b->coded, b->n * 2 + 1024);
    const double start = dc_clock_seconds();
    dc_stream_encode(&b->coded, &b->info, b->symbols, b->n, 1u << 1);
    const double seconds = dc_clock_seconds() - start;
    if (b->coded.status < 0)
        stop("encode");
    return seconds;
}

static double time_decode(bench *b)
{
    const double start = dc_clock_seconds();
    if (dc_stream_decode(b->decoded, b->n, N_ALPHABET, 1, b->coded.data, b->coded.size, NULL) < 0)
        stop("decode");
    const double seconds = dc_clock_seconds() - start;
    check(b, "decode");
    return seconds;
}

static double time_inflate(bench *b)
{
    uLongf n_out = b->n;
    const double start = dc_clock_seconds();
    if (uncompress(b->decoded, &n_out, b->deflated, b->deflated_bytes) != Z_OK)
        stop("inflate");
    const double seconds = dc_clock_seconds() - start;
    check(b, "inflate");
    return seconds;
}

static void prepare(bench *b)
{
    b->deflated_bytes = compressBound(b->n);
    b->symbols = dc_grow(NULL, b->n, 1);
    b->decoded = dc_grow(NULL, b->n, 1);
    b->deflated = dc_grow(NULL, b->deflated_bytes, 1);
    if (b->symbols == NULL || b->decoded == NULL || b->deflated == NULL)
        stop("memory");
    memset(b->decoded, 1, b->n);
    draw_symbols(b->symbols, b->n);
    dc_writer_init(&b->coded, 0);
    if (compress2(b->deflated, &b->deflated_bytes, b->symbols, b->n, 9) != Z_OK)
        stop("deflate");
}

static void print_results(const bench *b, double encode, double decode, double inflate_time)
{
    const double mega = (double)b->n / 1e6;
    const double bits = (double)b->info.total_bytes * 8 / (double)b->n;
    printf("symbols          %.0f million, alphabet %d, entropy %.4f bits\n", mega, N_ALPHABET,
           b->info.entropy_bits);
    printf("size             dcomp %.4f bits/symbol (%+.3f %% over entropy), zlib -9 %.4f\n", bits,
           (bits / b->info.entropy_bits - 1) * 100, (double)b->deflated_bytes * 8 / (double)b->n);
    printf("decode           dcomp %.0f MB/s, zlib %s inflate %.0f MB/s, ratio %.2f\n",
           mega / decode, zlibVersion(), mega / inflate_time, inflate_time / decode);
    printf("encode           dcomp %.0f MB/s, counting included\n", mega / encode);
}

int main(int argc, char **argv)
{
    bench b = { .n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000 };
    const int asked = argc > 2 ? atoi(argv[2]) : 5;
    const int n_repeats = asked < 1 ? 1 : asked > MAX_REPEATS ? MAX_REPEATS : asked;
    double encode[MAX_REPEATS], decode[MAX_REPEATS], inflate_time[MAX_REPEATS];
    prepare(&b);
    for (int i = 0; i < n_repeats; i++) {
        encode[i] = time_encode(&b);
        decode[i] = time_decode(&b);
        inflate_time[i] = time_inflate(&b);
    }
    print_results(&b, median(encode, n_repeats), median(decode, n_repeats),
                  median(inflate_time, n_repeats));
    dc_writer_clear(&b.coded);
    dc_release(b.symbols);
    dc_release(b.decoded);
    dc_release(b.deflated);
    return 0;
}
