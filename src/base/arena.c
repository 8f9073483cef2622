/* SPDX-License-Identifier: MIT
 *
 * Memory: a region allocator that remembers its first failure, and the one realloc of the project.
 *
 * Small requests are carved one after another from a block of at least 64 KiB; each new block is
 * twice as large as the last, up to 1 MiB. A request over 256 KiB gets a block of its own from
 * calloc, which for that size hands out pages that the kernel zeroes when they are first touched:
 * a tensor of half a gigabyte costs no memset. The own block goes second in the list, so that the
 * first one, with room left, goes on being carved.
 *
 *     block:  | header | pad | data, 64-byte aligned ...  used_bytes | free ... capacity_bytes |
 *
 * Under AddressSanitizer every request gets its own block and the rest of it is poisoned, so that
 * a step over the end of any part is seen.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_FENCES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_FENCES 1
#endif
#endif
#ifdef HAS_FENCES
#include <sanitizer/asan_interface.h>
#endif

#define ALIGN_BYTES 64u
#define BLOCK_MIN_BYTES (64u << 10)
#define BLOCK_MAX_BYTES (1u << 20)
#ifdef HAS_FENCES
#define OWN_BLOCK_BYTES 0u
#else
#define OWN_BLOCK_BYTES (256u << 10) /* larger requests get a block of their own */
#endif

struct dc_arena_block {
    struct dc_arena_block *next;
    uint8_t *data;
    uint64_t used_bytes, capacity_bytes; /* multiples of ALIGN_BYTES */
};

void dc_arena_init(dc_arena *arena, uint64_t limit_bytes)
{
    *arena = (dc_arena){ .limit_bytes = limit_bytes };
}

void dc_arena_clear(dc_arena *arena)
{
    struct dc_arena_block *block = arena->blocks;
    while (block) {
        struct dc_arena_block *next = block->next;
        free(block);
        block = next;
    }
    dc_arena_init(arena, arena->limit_bytes);
}

static struct dc_arena_block *new_block(uint64_t capacity_bytes)
{
    const uint64_t total = sizeof(struct dc_arena_block) + ALIGN_BYTES + capacity_bytes;
    if (total > SIZE_MAX)
        return NULL;
    struct dc_arena_block *block = calloc(1, (size_t)total);
    if (!block)
        return NULL;
    const uintptr_t after_header = (uintptr_t)(block + 1);
    const uintptr_t pad = (ALIGN_BYTES - after_header % ALIGN_BYTES) % ALIGN_BYTES;
    block->data = (uint8_t *)(block + 1) + pad;
    block->capacity_bytes = capacity_bytes;
    return block;
}

/* The block to carve `size_bytes` (already rounded up) from. */
static struct dc_arena_block *block_for(dc_arena *arena, uint64_t size_bytes)
{
    struct dc_arena_block *first = arena->blocks;
    if (first && first->capacity_bytes - first->used_bytes >= size_bytes)
        return first;
    const bool is_own = size_bytes > OWN_BLOCK_BYTES;
    uint64_t capacity = BLOCK_MIN_BYTES;
    if (first && !is_own)
        capacity = DC_MIN(2 * first->capacity_bytes, (uint64_t)BLOCK_MAX_BYTES);
    struct dc_arena_block *block = new_block(is_own ? size_bytes : DC_MAX(capacity, size_bytes));
    if (!block)
        return NULL;
    if (is_own && first) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->blocks = block;
    }
    return block;
}

static void *carve(struct dc_arena_block *block, uint64_t size_bytes, uint64_t rounded_bytes)
{
    uint8_t *part = block->data + block->used_bytes;
    block->used_bytes += rounded_bytes;
#ifdef HAS_FENCES
    __asan_poison_memory_region(part + size_bytes, (size_t)(rounded_bytes - size_bytes));
#else
    (void)size_bytes;
#endif
    return part;
}

void *dc_arena_take(dc_arena *arena, uint64_t count, size_t size)
{
    assert(size > 0);
    if (arena->status < 0)
        return NULL;
    if (count > (UINT64_MAX / 2) / size) {
        arena->status = dc_fail(DC_ELIMIT, "%" PRIu64 " items of %zu bytes are beyond counting",
                                count, size);
        return NULL;
    }
    const uint64_t bytes = count * size;
    const uint64_t limit = arena->limit_bytes ? arena->limit_bytes : UINT64_MAX;
    if (arena->used_bytes > limit || bytes > limit - arena->used_bytes) {
        arena->status = dc_fail(DC_ELIMIT, "%" PRIu64 " bytes pass the memory limit of %" PRIu64,
                                bytes, limit);
        return NULL;
    }
    const uint64_t units = bytes ? (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES : 1;
    struct dc_arena_block *block = NULL;
    if (!dc_fault_hits(DC_FAULT_ALLOC))
        block = block_for(arena, units * ALIGN_BYTES);
    if (!block) {
        arena->status = dc_fail(DC_ENOMEM, "no memory for %" PRIu64 " bytes", bytes);
        return NULL;
    }
    arena->used_bytes += bytes;
    return carve(block, bytes, units * ALIGN_BYTES);
}

const char *dc_arena_text(dc_arena *arena, const char *text)
{
    if (!text)
        return NULL;
    const size_t n = strlen(text) + 1;
    char *copy = dc_arena_take(arena, n, 1);
    return copy ? memcpy(copy, text, n) : "";
}

const char *dc_arena_print(dc_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = dc_vprint(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : dc_arena_take(arena, (uint64_t)n + 1, 1);
    if (text)
        dc_vprint(text, (size_t)n + 1, format, again);
    va_end(again);
    return text ? text : "";
}

void *dc_grow(void *memory, uint64_t count, size_t size)
{
    assert(size > 0);
    if (count > SIZE_MAX / 2 / size) {
        dc_fail(DC_ELIMIT, "%" PRIu64 " items of %zu bytes are beyond counting", count, size);
        return NULL;
    }
    const size_t bytes = (size_t)count * size;
    void *grown = NULL;
    if (!dc_fault_hits(DC_FAULT_ALLOC))
        grown = realloc(memory, bytes ? bytes : 1);
    if (!grown)
        dc_fail(DC_ENOMEM, "no memory for %zu bytes", bytes);
    return grown;
}

void dc_release(void *memory)
{
    free(memory);
}
