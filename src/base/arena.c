/* SPDX-License-Identifier: MIT
 *
 * Memory: a region allocator that remembers its first failure, and the one realloc of the project.
 * Both count what they take (memory.c); what grows has its size in front of it for this.
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
#include <stddef.h>
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

/* Of a block in all. */
static uint64_t bytes_of(uint64_t capacity_bytes)
{
    return sizeof(struct dc_arena_block) + ALIGN_BYTES + capacity_bytes;
}

void dc_arena_clear(dc_arena *arena)
{
    struct dc_arena_block *block = arena->blocks;
    while (block) {
        struct dc_arena_block *next = block->next;
        dc_memory_give(bytes_of(block->capacity_bytes));
        free(block);
        block = next;
    }
    dc_arena_init(arena, arena->limit_bytes);
}

static dc_status fail_memory(uint64_t bytes)
{
    return dc_fail(DC_ENOMEM, "no memory for %" PRIu64 " bytes", bytes);
}

static dc_status new_block(struct dc_arena_block **out, uint64_t capacity_bytes)
{
    const uint64_t total = bytes_of(capacity_bytes);
    struct dc_arena_block *block = NULL;
    DC_TRY(dc_memory_take(total));
    if (total <= SIZE_MAX)
        block = calloc(1, (size_t)total);
    if (!block) {
        dc_memory_give(total);
        return fail_memory(capacity_bytes);
    }
    const uintptr_t after_header = (uintptr_t)(block + 1);
    const uintptr_t pad = (ALIGN_BYTES - after_header % ALIGN_BYTES) % ALIGN_BYTES;
    block->data = (uint8_t *)(block + 1) + pad;
    block->capacity_bytes = capacity_bytes;
    *out = block;
    return DC_OK;
}

/* The block to carve `size_bytes` (already rounded up) from. */
static dc_status block_for(struct dc_arena_block **out, dc_arena *arena, uint64_t size_bytes)
{
    struct dc_arena_block *first = arena->blocks, *block = NULL;
    *out = first;
    if (first && first->capacity_bytes - first->used_bytes >= size_bytes)
        return DC_OK;
    const bool is_own = size_bytes > OWN_BLOCK_BYTES;
    uint64_t capacity = BLOCK_MIN_BYTES;
    if (first && !is_own)
        capacity = DC_MIN(2 * first->capacity_bytes, (uint64_t)BLOCK_MAX_BYTES);
    DC_TRY(new_block(&block, is_own ? size_bytes : DC_MAX(capacity, size_bytes)));
    if (is_own && first) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->blocks = block;
    }
    *out = block;
    return DC_OK;
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
        arena->status = dc_fail(DC_ELIMIT, "%" PRIu64 " bytes are over the limit of %" PRIu64,
                                arena->used_bytes + bytes, limit);
        return NULL;
    }
    const uint64_t units = bytes ? (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES : 1;
    struct dc_arena_block *block = NULL;
    arena->status = dc_fault_hits(DC_FAULT_ALLOC) ? fail_memory(bytes)
                                                  : block_for(&block, arena, units * ALIGN_BYTES);
    if (arena->status < 0)
        return NULL;
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

/* In front of memory that grows; what follows is aligned as malloc's. */
typedef union grown_head {
    uint64_t bytes;
    max_align_t alignment;
} grown_head;

void *dc_grow(void *memory, uint64_t count, size_t size)
{
    assert(size > 0);
    grown_head *head = memory ? (grown_head *)memory - 1 : NULL;
    if (count > SIZE_MAX / 4 / size) {
        dc_fail(DC_ELIMIT, "%" PRIu64 " items of %zu bytes are beyond counting", count, size);
        return NULL;
    }
    const uint64_t bytes = count * size, before = head ? head->bytes : 0;
    if (bytes > before && dc_memory_take(bytes - before) < 0)
        return NULL;
    head = dc_fault_hits(DC_FAULT_ALLOC) ? NULL : realloc(head, sizeof *head + (size_t)bytes);
    if (!head) {
        if (bytes > before)
            dc_memory_give(bytes - before);
        fail_memory(bytes);
        return NULL;
    }
    if (bytes < before)
        dc_memory_give(before - bytes);
    head->bytes = bytes;
    return head + 1;
}

void dc_release(void *memory)
{
    grown_head *head = memory ? (grown_head *)memory - 1 : NULL;
    if (head)
        dc_memory_give(head->bytes);
    free(head);
}
