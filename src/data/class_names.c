/* SPDX-License-Identifier: MIT
 *
 * Classes by name: the whole of a class name ("n01440764 tench"), or its first word when no other
 * class begins with that word. Names are sorted by bytes, so those that begin alike stand together.
 */
#include "dataset.h"

#include <stdlib.h>
#include <string.h>

typedef struct named {
    const char *name;
    uint32_t index;
} named;

struct data_class_names {
    uint32_t n;
    named *sorted;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

dc_status data_class_names_new(const data_class_names **out, const dc_data_request *request,
                               dc_arena *arena)
{
    *out = NULL;
    if (request->class_names == NULL || request->n_classes == 0 ||
        request->n_class_names != request->n_classes)
        return DC_OK;
    data_class_names *names = dc_arena_take(arena, 1, sizeof *names);
    named *sorted = dc_arena_take(arena, request->n_classes, sizeof *sorted);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < request->n_classes; i++)
        sorted[i] = (named){ request->class_names[i], i };
    qsort(sorted, request->n_classes, sizeof *sorted, by_name);
    *names = (data_class_names){ request->n_classes, sorted };
    *out = names;
    return DC_OK;
}

/* Whether the name is `text`, or is longer and has a blank behind it. */
static bool is_called(const char *name, const char *text, size_t n, bool may_go_on)
{
    return strncmp(name, text, n) == 0 &&
           (name[n] == '\0' || (may_go_on && (name[n] == ' ' || name[n] == '\t')));
}

/* The first name that is not less than `text`. */
static uint32_t lower_bound(const data_class_names *names, const char *text, size_t n)
{
    uint32_t low = 0, high = names->n;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (strncmp(names->sorted[middle].name, text, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t find(const data_class_names *names, const char *text, size_t n, bool may_go_on)
{
    uint32_t found = DC_NONE;
    for (uint32_t i = lower_bound(names, text, n);
         i < names->n && strncmp(names->sorted[i].name, text, n) == 0; i++) {
        if (!is_called(names->sorted[i].name, text, n, may_go_on))
            continue;
        if (found != DC_NONE)
            return DATA_MANY_CLASSES;
        found = names->sorted[i].index;
    }
    return found;
}

uint32_t data_class_find(const data_class_names *names, const char *text, size_t n)
{
    if (names == NULL || n == 0)
        return DC_NONE;
    const uint32_t whole = find(names, text, n, false);
    const bool is_word = memchr(text, ' ', n) == NULL && memchr(text, '\t', n) == NULL;
    return whole == DC_NONE && is_word ? find(names, text, n, true) : whole;
}

bool data_class_number(uint32_t *out, const char *text, size_t n)
{
    size_t i = 0;
    *out = 0;
    for (; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        *out = DC_MIN(*out * 10 + (uint32_t)(text[i] - '0'), DATA_MAX_CLASS + 1);
    return n > 0 && i == n;
}
