/* SPDX-License-Identifier: MIT
 *
 * A hash with open addressing, at most half full, in arrays that double.
 */
#include "onnx_names.h"

#include <string.h>

#define FREE UINT32_MAX
#define FIRST_CAPACITY 256u

static uint64_t slot_of(const onnx_names *names, const void *text, uint64_t n)
{
    uint64_t slot = dc_hash64(dc_hash_secret(), text, n) & (names->n_slots - 1);
    for (; names->slots[slot] != FREE; slot = (slot + 1) & (names->n_slots - 1)) {
        const char *other = names->texts[names->slots[slot]];
        if (strlen(other) == n && memcmp(other, text, n) == 0)
            break;
    }
    return slot;
}

static void grow(onnx_names *names, uint32_t capacity)
{
    const char **texts = dc_arena_take(names->arena, capacity, sizeof *texts);
    uint32_t *slots = dc_arena_take(names->arena, 2 * (uint64_t)capacity, sizeof *slots);
    if (names->arena->status < 0)
        return;
    if (names->n > 0)
        memcpy(texts, names->texts, names->n * sizeof *texts);
    names->texts = texts;
    names->capacity = capacity;
    names->slots = slots;
    names->n_slots = 2 * capacity;
    memset(slots, 0xff, names->n_slots * sizeof *slots);
    for (uint32_t i = 0; i < names->n; i++)
        slots[slot_of(names, texts[i], strlen(texts[i]))] = i;
}

uint32_t onnx_names_put(onnx_names *names, const void *text, uint64_t n)
{
    if (n == 0 || names->arena->status < 0)
        return 0;
    uint64_t slot = slot_of(names, text, n);
    if (names->slots[slot] != FREE)
        return names->slots[slot];
    if (names->n == names->capacity) {
        grow(names, 2 * names->capacity);
        if (names->arena->status < 0)
            return 0;
        slot = slot_of(names, text, n);
    }
    char *copy = dc_arena_take(names->arena, n + 1, 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, text, n);
    names->texts[names->n] = copy;
    names->slots[slot] = names->n;
    return names->n++;
}

dc_status onnx_names_init(onnx_names *names, dc_arena *arena)
{
    *names = (onnx_names){ .arena = arena };
    grow(names, FIRST_CAPACITY);
    DC_TRY(arena->status);
    names->texts[0] = "";
    names->slots[slot_of(names, "", 0)] = 0;
    names->n = 1;
    return DC_OK;
}
