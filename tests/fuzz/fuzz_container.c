/* SPDX-License-Identifier: MIT
 *
 * The container of docs/format.md, section 3, as the fuzzers see it: repair makes magic, version,
 * the first offset, the size and all checksums right, of version 2 magic and checksum; the mutator
 * changes one chunk.
 */
#include "fuzz.h"

#define HEADER_BYTES 10u
#define ROW_BYTES 16u
#define MAX_ROWS 64u

typedef struct table {
    size_t n_rows;      /* without the terminating one                    */
    size_t end;         /* of the table                                   */
    uint64_t offsets[MAX_ROWS + 1];
} table;

static uint64_t get(const uint8_t *p, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

static void put(uint8_t *p, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* False when there is no terminating row. */
static bool find_table(table *t, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i <= MAX_ROWS; i++) {
        const size_t at = HEADER_BYTES + i * ROW_BYTES;
        if (at + ROW_BYTES > n)
            return false;
        t->offsets[i] = get(data + at + 4, 8);
        t->n_rows = i;
        t->end = at + ROW_BYTES;
        if (get(data + at, 4) == 0)
            return true;
    }
    return false;
}

#define COMPACT_CRC_AT 5u
#define COMPACT_VERSION 2

static void repair_compact(uint8_t *data, size_t n)
{
    memcpy(data, "\x89" "dcm", 4);
    put(data + COMPACT_CRC_AT, 0, 4);
    put(data + COMPACT_CRC_AT, dc_crc32(0, data, n), 4);
}

void fuzz_container_repair(uint8_t *data, size_t n)
{
    static const uint8_t start[9] = { 0x89, 'd', 'c', 'm', '\r', '\n', 0x1a, '\n', 1 };
    table t;
    if (n >= COMPACT_CRC_AT + 4 && data[4] == COMPACT_VERSION) {
        repair_compact(data, n);
        return;
    }
    if (n >= sizeof start)
        memcpy(data, start, sizeof start);
    if (!find_table(&t, data, n))
        return;
    t.offsets[0] = t.end;
    t.offsets[t.n_rows] = n;
    for (size_t i = 0; i <= t.n_rows; i++) {
        uint8_t *row = data + HEADER_BYTES + i * ROW_BYTES;
        put(row + 4, t.offsets[i], 8);
        if (i == t.n_rows)
            put(row + 12, dc_crc32(0, data, t.end - 4), 4);
        else if (t.offsets[i] < t.offsets[i + 1] && t.offsets[i + 1] <= n)
            put(row + 12, dc_crc32(0, data + t.offsets[i], t.offsets[i + 1] - t.offsets[i]), 4);
    }
}

uint8_t *fuzz_container_repaired(const uint8_t *data, size_t n)
{
    uint8_t *repaired = malloc(n + 1);
    FUZZ_CHECK(repaired != NULL);
    if (n > 0)
        memcpy(repaired, data, n);
    fuzz_container_repair(repaired, n);
    return repaired;
}

#ifdef DCOMP_FUZZ_ENGINE
static bool is_sound(const table *t, size_t n)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->offsets[i] < t->end || t->offsets[i] > t->offsets[i + 1])
            return false;
    return t->n_rows > 0 && t->offsets[t->n_rows] == n;
}

size_t fuzz_mutate_container(uint8_t *data, size_t n, size_t max_n, unsigned seed)
{
    table t;
    if (seed % 16 == 0 || !find_table(&t, data, n) || !is_sound(&t, n))
        return LLVMFuzzerMutate(data, n, max_n);
    const size_t chosen = seed / 16 % t.n_rows;
    const size_t at = (size_t)t.offsets[chosen], next = (size_t)t.offsets[chosen + 1];
    const size_t room = max_n - n + (next - at);
    uint8_t *chunk = malloc(room + 1);
    if (chunk == NULL)
        return n;
    memcpy(chunk, data + at, next - at);
    const size_t size = LLVMFuzzerMutate(chunk, next - at, room);
    memmove(data + at + size, data + next, n - next);
    memcpy(data + at, chunk, size);
    free(chunk);
    for (size_t i = chosen + 1; i <= t.n_rows; i++)
        put(data + HEADER_BYTES + i * ROW_BYTES + 4, t.offsets[i] - next + at + size, 8);
    fuzz_container_repair(data, n - next + at + size);
    return n - next + at + size;
}
#else
size_t fuzz_mutate_container(uint8_t *data, size_t n, size_t max_n, unsigned seed)
{
    (void)data;
    (void)max_n;
    (void)seed;
    return n;
}
#endif
