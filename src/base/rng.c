/* SPDX-License-Identifier: MIT
 *
 * xoshiro256** (Blackman and Vigna 2018), its state filled by splitmix64 from seed and stream.
 * dc_rng_below rejects the few values that would make small results likelier; dc_rng_normal is
 * Box-Muller, one value a call, so that the state alone determines what comes next.
 */
#include <assert.h>
#include <math.h>

#include "dcomp/base.h"

static uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

void dc_rng_init(dc_rng *rng, uint64_t seed, uint64_t stream)
{
    uint64_t from_seed = seed, from_stream = ~stream;
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t turned = rotate_left(splitmix_next(&from_stream), 17 * i + 1);
        rng->state[i] = splitmix_next(&from_seed) ^ turned;
    }
    rng->state[3] |= (rng->state[0] | rng->state[1] | rng->state[2]) == 0; /* never all zero */
}

static uint64_t next_of(dc_rng *rng)
{
    uint64_t *const s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t dc_rng_u64(dc_rng *rng)
{
    return next_of(rng);
}

uint64_t dc_rng_below(dc_rng *rng, uint64_t n)
{
    assert(n > 0);
    uint64_t x = next_of(rng);
    if (x < n) { /* else x is above what is rejected, and one division is saved */
        const uint64_t n_rejected = (0 - n) % n; /* 2^64 mod n */
        while (x < n_rejected)
            x = next_of(rng);
    }
    return x % n;
}

double dc_rng_unit(dc_rng *rng)
{
    return (double)(next_of(rng) >> 11) * 0x1p-53;
}

double dc_rng_normal(dc_rng *rng)
{
    const double radius = sqrt(-2.0 * log(1.0 - dc_rng_unit(rng)));
    return radius * cos(6.283185307179586 * dc_rng_unit(rng));
}

void dc_rng_shuffle(dc_rng *rng, uint32_t *items, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t j = (uint32_t)dc_rng_below(rng, i);
        const uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
