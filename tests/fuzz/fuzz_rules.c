/* SPDX-License-Identifier: MIT
 *
 * Rules and settings as text, a line each: names of layers up to an empty line, rules for them, a
 * value for each kind of field; the rest is a record in JSON. A pattern matches as the slowest
 * matcher says; rules are right when each decides for a name; what is read of text or JSON is
 * written to JSON that reads to the same.
 */
#include "fuzz.h"

#include <math.h>

#define MAX_NAMES 8u
#define MAX_LINE 256u

typedef struct record {
    bool flag;
    uint32_t u32, choice;
    uint64_t u64;
    double number;
    const char *text;
    dc_rules rules;
} record;

static const dc_field fields[] = {
    { .name = "flag", .kind = DC_FIELD_BOOL, .offset = offsetof(record, flag), .help = "" },
    { .name = "u32", .kind = DC_FIELD_U32, .offset = offsetof(record, u32), .unit = "pixels",
      .min = 1, .max = 4e9, .help = "" },
    { .name = "u64", .kind = DC_FIELD_U64, .offset = offsetof(record, u64), .help = "" },
    { .name = "a_number", .kind = DC_FIELD_NUMBER, .offset = offsetof(record, number), .min = -1e9,
      .max = INFINITY, .help = "" },
    { .name = "text", .kind = DC_FIELD_TEXT, .offset = offsetof(record, text), .help = "" },
    { .name = "choice", .kind = DC_FIELD_CHOICE, .offset = offsetof(record, choice),
      .choices = "one|two|other", .help = "" },
    { .name = "rules", .kind = DC_FIELD_RULES, .offset = offsetof(record, rules), .unit = "percent",
      .max = 100, .help = "" },
    { 0 },
};

/* The next line without its end, "" behind the last; cut where it is too long. */
static const char *take_line(char out[MAX_LINE], const char **at, const char *end)
{
    const char *stop = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
    const char *next = stop != NULL ? stop + 1 : end;
    const size_t n = DC_MIN((size_t)((stop != NULL ? stop : end) - *at), MAX_LINE - 1);
    if (n > 0)
        memcpy(out, *at, n);
    out[n] = '\0';
    *at = next;
    return out;
}

static bool matches_slowly(const char *pattern, const char *name)
{
    if (*pattern == '\0')
        return *name == '\0';
    if (*pattern == '*')
        return matches_slowly(pattern + 1, name) ||
               (*name != '\0' && matches_slowly(pattern, name + 1));
    return *name != '\0' && (*pattern == '?' || *pattern == *name) &&
           matches_slowly(pattern + 1, name + 1);
}

static bool is_short(const char *pattern)
{
    unsigned n_stars = 0;
    for (const char *c = pattern; *c != '\0'; c++)
        n_stars += *c == '*';
    return n_stars < 5 && strlen(pattern) < 24;
}

static void check_rules(const dc_rules *rules, const char *const *names, uint32_t n_names)
{
    bool decides[MAX_LINE] = { false };
    for (uint32_t i = 0; i < n_names; i++) {
        uint32_t first = rules->n_rules;
        for (uint32_t r = rules->n_rules; r-- > 0;) {
            const char *pattern = rules->items[r].pattern;
            const bool is_match = dc_glob_match(pattern, names[i]);
            if (is_short(pattern) && strlen(names[i]) < 24)
                FUZZ_CHECK(is_match == matches_slowly(pattern, names[i]));
            first = is_match ? r : first;
        }
        double value = 0;
        FUZZ_CHECK(dc_rules_find(&value, rules, names[i]) == (first < rules->n_rules));
        if (first == rules->n_rules)
            continue;
        decides[first] = true;
        FUZZ_CHECK(value >= rules->items[first].value && value <= rules->items[first].value);
    }
    bool all_decide = true;
    for (uint32_t r = 0; r < rules->n_rules; r++)
        all_decide = all_decide && decides[r];
    FUZZ_CHECK((dc_rules_check(rules, names, n_names) == DC_OK) == all_decide);
}

/* To JSON and back, and to JSON once more. */
static void check_record(const record *r, dc_arena *arena)
{
    char *once = NULL, *twice = NULL;
    record again = { .number = 0 };
    dc_json *json = dc_json_new(), *read = NULL, *out = dc_json_new();
    dc_record_write(json, r, fields);
    FUZZ_CHECK(dc_json_print(&once, json, true) == DC_OK);
    FUZZ_CHECK(dc_json_parse(&read, once, strlen(once), "printed") == DC_OK);
    const dc_status status = dc_record_read(&again, fields, read, NULL, "printed", arena);
    /* Whole numbers over 2^53 are printed bare, for other programs, and read from quotes only. */
    if (r->u64 <= UINT64_C(1) << 53) {
        FUZZ_CHECK(status == DC_OK);
        dc_record_write(out, &again, fields);
        FUZZ_CHECK(dc_json_print(&twice, out, true) == DC_OK);
        FUZZ_CHECK(strcmp(once, twice) == 0);
    }
    dc_json_free(json);
    dc_json_free(read);
    dc_json_free(out);
    dc_release(once);
    dc_release(twice);
}

/* Whether a text that is no JSON's may be in it: cJSON keeps what is no UTF-8 as it is. */
static bool is_utf8(const char *text)
{
    return text == NULL || dc_utf8_is_valid((const uint8_t *)text, strlen(text));
}

static void try(const char *at, const char *end, dc_arena *arena)
{
    char line[MAX_LINE];
    const char *names[MAX_NAMES];
    uint32_t n_names = 0;
    dc_rules rules;
    record r = { .u32 = 1, .number = 0 };
    while (n_names < MAX_NAMES && take_line(line, &at, end)[0] != '\0')
        names[n_names++] = dc_arena_text(arena, line);
    const char *text = take_line(line, &at, end);
    if (dc_rules_parse(&rules, text, arena) == DC_OK)
        check_rules(&rules, names, n_names);
    bool is_text = dc_record_set(&r, &fields[6], text, arena) == DC_OK ? is_utf8(text) : true;
    for (uint32_t i = 0; i < 6; i++)
        if (dc_record_set(&r, &fields[i], take_line(line, &at, end), arena) == DC_OK)
            is_text = is_text && is_utf8(line);
    if (is_text)
        check_record(&r, arena);
    dc_json *json = NULL; /* what remains is a record in JSON */
    r = (record){ .u32 = 1, .number = 0 };
    if (at < end && dc_json_parse(&json, at, (size_t)(end - at), "record") == DC_OK &&
        dc_record_read(&r, fields, json, NULL, "record", arena) == DC_OK)
        check_record(&r, arena);
    dc_json_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dc_arena arena = { 0 };
    dc_rules rules;
    try((const char *)data, (const char *)data + n, &arena);
    dc_arena_clear(&arena);
    if (fuzz_fault_begin(data, n)) {
        const dc_status status = dc_rules_parse(&rules, "a=1,b=2", &arena);
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || status == DC_ENOMEM);
        dc_arena_clear(&arena);
    }
    return 0;
}
