/* SPDX-License-Identifier: MIT
 *
 * The entropy coders against zlib on the same symbols: bench_huffman [N_SYMBOLS [REPEATS]].
 *
 * The symbols are Laplacian over an alphabet of 32, scaled to an entropy of 4 bits, drawn from a
 * seeded generator. zlib gets them one per byte at level 9 and inflates from memory to memory in
 * one call. Each coder and zlib decode in turn, single thread; the median of the repeats counts. MB
 * are millions of symbols (= bytes out).
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
    dc_histogram counts;
    dc_writer coded;
    uint8_t *deflated;
    uLongf deflated_bytes;
} bench;

typedef struct coder_times {
    const dc_coder *coder;
    uint64_t coded_bytes;
    double price[MAX_REPEATS], encode[MAX_REPEATS], decode[MAX_REPEATS];
} coder_times;

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

static void time_coder(coder_times *t, int repeat, bench *b)
{
    const dc_stream shape = { .n = b->n, .n_symbols = N_ALPHABET };
    dc_stream s = shape;
    s.symbols = b->symbols;
    s.counts = &b->counts;
    dc_writer_clear(&b->coded);
    dc_writer_init(&b->coded, b->n * 2 + 1024);
    double start = dc_clock_seconds();
    dc_histogram_count(&b->counts, b->symbols, b->n);
    t->coded_bytes = t->coder->bytes(&s, UINT64_MAX);
    t->price[repeat] = dc_clock_seconds() - start;
    start = dc_clock_seconds();
    t->coder->encode(&b->coded, &s);
    t->encode[repeat] = dc_clock_seconds() - start;
    if (b->coded.status < 0 || b->coded.size != t->coded_bytes)
        stop("encode");
    start = dc_clock_seconds();
    if (t->coder->decode(b->decoded, &shape, b->coded.data, b->coded.size) < 0)
        stop("decode");
    t->decode[repeat] = dc_clock_seconds() - start;
    check(b, "decode");
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

static void print_coder(const bench *b, coder_times *t, int n_repeats, double inflate_seconds)
{
    const double mega = (double)b->n / 1e6, entropy = dc_histogram_entropy_bits(&b->counts);
    const double bits = (double)t->coded_bytes * 8 / (double)b->n;
    const double decode = median(t->decode, n_repeats);
    printf("%-16s %.4f bits/symbol (%+.3f %% over entropy), decode %.0f MB/s (%.2f x inflate), "
           "price %.0f MB/s, encode %.0f MB/s\n",
           t->coder->name, bits, (bits / entropy - 1) * 100, mega / decode,
           inflate_seconds / decode, mega / median(t->price, n_repeats),
           mega / median(t->encode, n_repeats));
}

int main(int argc, char **argv)
{
    bench b = { .n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000 };
    const int asked = argc > 2 ? atoi(argv[2]) : 5;
    const int n_repeats = asked < 1 ? 1 : asked > MAX_REPEATS ? MAX_REPEATS : asked;
    static coder_times times[DC_MAX_CODERS];
    double inflate_times[MAX_REPEATS];
    uint32_t n_coders = 0;
    prepare(&b);
    for (; dc_coder_at(n_coders + 1) != NULL; n_coders++)
        times[n_coders].coder = dc_coder_at(n_coders + 1); /* all but raw */
    for (int i = 0; i < n_repeats; i++) {
        for (uint32_t k = 0; k < n_coders; k++)
            time_coder(&times[k], i, &b);
        inflate_times[i] = time_inflate(&b);
    }
    const double inflate_seconds = median(inflate_times, n_repeats);
    printf("symbols          %.0f million, alphabet %d, entropy %.4f bits\n", (double)b.n / 1e6,
           N_ALPHABET, dc_histogram_entropy_bits(&b.counts));
    for (uint32_t k = 0; k < n_coders; k++)
        print_coder(&b, &times[k], n_repeats, inflate_seconds);
    printf("zlib -9          %.4f bits/symbol, inflate %.0f MB/s (zlib %s)\n",
           (double)b.deflated_bytes * 8 / (double)b.n, (double)b.n / 1e6 / inflate_seconds,
           zlibVersion());
    dc_writer_clear(&b.coded);
    dc_release(b.symbols);
    dc_release(b.decoded);
    dc_release(b.deflated);
    return 0;
}
