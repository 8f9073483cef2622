/* SPDX-License-Identifier: MIT
 *
 * Inputs of several files. The mutator changes one part and makes its size right, so that the
 * others stay what they are; seldom a size or an option is what changes.
 */
#include "fuzz.h"

static size_t head_bytes(const fuzz_layout *layout)
{
    return layout->n_options + 2 * (size_t)(layout->n_parts - 1);
}

bool fuzz_split(fuzz_part parts[FUZZ_MAX_PARTS], const fuzz_layout *layout, const uint8_t *data,
                size_t n)
{
    size_t at = head_bytes(layout);
    if (n < at)
        return false;
    for (uint32_t i = 0; i < layout->n_parts; i++) {
        const uint8_t *size = data + layout->n_options + 2 * i;
        const bool is_last = i + 1 == layout->n_parts;
        const size_t said = is_last ? n : (size_t)size[0] << 8 | size[1];
        parts[i] = (fuzz_part){ data + at, DC_MIN(said, n - at) };
        at += parts[i].n;
    }
    return true;
}

#ifdef DCOMP_FUZZ_ENGINE
/* Part `chosen` in place of what it was. */
static size_t mutate_part(const fuzz_layout *layout, uint32_t chosen, uint8_t *data, size_t n,
                          size_t max_n, unsigned seed)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    fuzz_split(parts, layout, data, n);
    const fuzz_part *part = &parts[chosen];
    const size_t at = (size_t)(part->data - data), n_after = n - at - part->n;
    const bool is_last = chosen + 1 == layout->n_parts;
    const size_t room = DC_MIN(max_n - n + part->n, is_last ? max_n : UINT16_MAX);
    uint8_t *changed = malloc(room + 1);
    if (changed == NULL || part->n > room) {
        free(changed);
        return n;
    }
    memcpy(changed, part->data, part->n);
    fuzz_mutator *mutator = layout->mutators[chosen];
    const size_t size = mutator != NULL ? mutator(changed, part->n, room, seed)
                                        : LLVMFuzzerMutate(changed, part->n, room);
    memmove(data + at + size, data + at + part->n, n_after);
    memcpy(data + at, changed, size);
    free(changed);
    if (!is_last) {
        data[layout->n_options + 2 * chosen] = (uint8_t)(size >> 8);
        data[layout->n_options + 2 * chosen + 1] = (uint8_t)size;
    }
    return at + size + n_after;
}

size_t fuzz_mutate_parts(const fuzz_layout *layout, uint8_t *data, size_t n, size_t max_n,
                         unsigned seed)
{
    const size_t n_head = head_bytes(layout);
    const unsigned how = seed % 16;
    seed /= 16;
    if (n < n_head || n > max_n || how == 0)
        return LLVMFuzzerMutate(data, n, max_n);
    if (how == 1) /* as many bytes as before */
        return LLVMFuzzerMutate(data, n_head, n_head) == n_head ? n : n_head;
    if (how < 5 && layout->n_options > 0) {
        data[seed % layout->n_options] ^= (uint8_t)(1u << seed / 8 % 8);
        return n;
    }
    return mutate_part(layout, seed % layout->n_parts, data, n, max_n, seed / layout->n_parts);
}
#else
size_t fuzz_mutate_parts(const fuzz_layout *layout, uint8_t *data, size_t n, size_t max_n,
                         unsigned seed)
{
    (void)layout;
    (void)data;
    (void)max_n;
    (void)seed;
    return n;
}
#endif
