/* SPDX-License-Identifier: MIT
 *
 * Distinct float values by their bits, for a few hundred of them: open addressing in 2048 slots, so
 * that a look-up is nearly always one multiplication and one compare, and the table stays in the
 * first-level cache. -0.0f counts as 0.0f, which frees its pattern to mean an empty slot.
 */
#ifndef DCOMP_MODEL_VALUE_HASH_H
#define DCOMP_MODEL_VALUE_HASH_H

#include <string.h>

#include "dcomp/model.h"

#define HASH_BITS 11u
#define HASH_SLOTS (1u << HASH_BITS)
#define HASH_FREE 0x80000000u /* the bits of -0.0f */

typedef struct value_hash {
    uint32_t bits[HASH_SLOTS];
    uint8_t codes[HASH_SLOTS];
} value_hash;

static inline uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == HASH_FREE ? 0 : bits;
}

static inline float value_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void hash_init(value_hash *hash)
{
    for (uint32_t i = 0; i < HASH_SLOTS; i++)
        hash->bits[i] = HASH_FREE;
    memset(hash->codes, 0, sizeof hash->codes);
}

/* Where looking for `bits` begins. */
static inline uint32_t hash_start(uint32_t bits)
{
    return bits * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* The slot that holds `bits`, or the free one where they belong. */
static inline uint32_t hash_slot(const value_hash *hash, uint32_t bits)
{
    uint32_t slot = hash_start(bits);
    while (hash->bits[slot] != bits && hash->bits[slot] != HASH_FREE)
        slot = (slot + 1) % HASH_SLOTS;
    return slot;
}

/* Code i for codebook[i]; of equal values the first one's. */
static inline void hash_codebook(value_hash *hash, const float *codebook, uint32_t n_codebook)
{
    hash_init(hash);
    for (uint32_t i = 0; i < n_codebook; i++) {
        const uint32_t slot = hash_slot(hash, bits_of(codebook[i]));
        if (hash->bits[slot] == HASH_FREE) {
            hash->bits[slot] = bits_of(codebook[i]);
            hash->codes[slot] = (uint8_t)i;
        }
    }
}

/* 0 for a value that is in no codebook. */
static inline uint8_t hash_code(const value_hash *hash, float value)
{
    return hash->codes[hash_slot(hash, bits_of(value))];
}

#endif
