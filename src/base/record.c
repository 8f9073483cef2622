/* SPDX-License-Identifier: MIT
 *
 * A struct and a table of its fields: from JSON, from the text of a command line, to JSON.
 *
 * Both ways in end in the same `store_` functions, which check the range and write the member by
 * memcpy at its offset. JSON numbers are doubles, so integers over 2^53 are taken as text only
 * ("18446744073709551615"): a silently rounded seed would be worse than an error.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dcomp/base.h"
#include "text_parse.h"

#define EXACT_LIMIT 9007199254740992.0 /* 2^53 */

static bool is_same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

const dc_field *dc_field_find(const dc_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (is_same_name(fields->name, name))
            return fields;
    return NULL;
}

/* ---- storing ---- */

static void *member_of(void *record, const dc_field *field)
{
    return (char *)record + field->offset;
}

bool dc_field_is_text(const dc_field *field)
{
    return field->kind >= DC_FIELD_TEXT && field->kind <= DC_FIELD_SPEC;
}

static bool has_range(const dc_field *field)
{
    return field->min < 0.0 || field->min > 0.0 || field->max < 0.0 || field->max > 0.0;
}

static dc_status check_range(const dc_field *field, double value)
{
    const char *blank = field->unit ? " " : "", *unit = field->unit ? field->unit : "";
    if (!has_range(field) || (value >= field->min && value <= field->max))
        return DC_OK;
    if (isinf(field->max))
        return dc_fail(DC_EINPUT, "'%s' must be %.15g or more%s%s, not %.15g", field->name,
                       field->min, blank, unit, value);
    return dc_fail(DC_EINPUT, "'%s' must be %.15g to %.15g%s%s, not %.15g", field->name, field->min,
                   field->max, blank, unit, value);
}

static const char *const expected[] = {
    [DC_FIELD_BOOL] = "true or false",
    [DC_FIELD_U32] = "a whole number",
    [DC_FIELD_U64] = "a whole number",
    [DC_FIELD_NUMBER] = "a number",
    [DC_FIELD_TEXT] = "a text",
    [DC_FIELD_INPUT] = "the name of a file",
    [DC_FIELD_OUTPUT] = "the name of a file",
    [DC_FIELD_FOLDER] = "the name of a folder",
    [DC_FIELD_SPEC] = "a SPEC of samples",
    [DC_FIELD_CHOICE] = "a word",
    [DC_FIELD_RULES] = "a number or numbers by layer name",
};

bool dc_field_is_size(const dc_field *field)
{
    return field->kind == DC_FIELD_U64 && field->unit != NULL && strcmp(field->unit, "bytes") == 0;
}

static dc_status fail_kind(const dc_field *field, const char *given)
{
    const char *kind = dc_field_is_size(field) ? "a number of bytes, as 500000, 400M or 2G"
                                               : expected[field->kind];
    return dc_fail(DC_EINPUT, "'%s' takes %s, not '%.80s'", field->name, kind, given);
}

/* A whole number that the field cannot hold, in its range or not. */
static dc_status fail_whole(const dc_field *field, double value)
{
    DC_TRY(check_range(field, value));
    if (value < 0.0)
        return dc_fail(DC_EINPUT, "'%s' must be 0 or more, not %.15g", field->name, value);
    return dc_fail(DC_EINPUT, "'%s' is too large: %.15g", field->name, value);
}

static dc_status fail_whole_text(const dc_field *field, const char *text)
{
    double value;
    const bool is_whole = text[text[0] == '-'] != '\0' &&
                          text[strspn(text + (text[0] == '-'), "0123456789") +
                               (text[0] == '-')] == '\0';
    if (is_whole && dc_parse_number(&value, text))
        return fail_whole(field, value);
    return fail_kind(field, text);
}

static dc_status store_whole(void *record, const dc_field *field, uint64_t value)
{
    DC_TRY(check_range(field, (double)value));
    if (field->kind == DC_FIELD_U64) {
        memcpy(member_of(record, field), &value, sizeof value);
        return DC_OK;
    }
    if (value > UINT32_MAX)
        return dc_fail(DC_EINPUT, "'%s' is too large: %" PRIu64, field->name, value);
    const uint32_t narrow = (uint32_t)value;
    memcpy(member_of(record, field), &narrow, sizeof narrow);
    return DC_OK;
}

static dc_status store_number(void *record, const dc_field *field, double value)
{
    DC_TRY(check_range(field, value));
    memcpy(member_of(record, field), &value, sizeof value);
    return DC_OK;
}

static dc_status store_bool(void *record, const dc_field *field, bool value)
{
    memcpy(member_of(record, field), &value, sizeof value);
    return DC_OK;
}

static dc_status store_text(void *record, const dc_field *field, const char *text, dc_arena *arena)
{
    const char *copy = dc_arena_text(arena, text);
    DC_TRY(arena->status);
    memcpy(member_of(record, field), &copy, sizeof copy);
    return DC_OK;
}

/* UINT32_MAX when it is none of them. */
static uint32_t choice_index(const dc_field *field, const char *word)
{
    size_t length;
    const char *choice;
    for (uint32_t i = 0; field->choices &&
                         (choice = dc_choice_at(field->choices, i, &length)) != NULL; i++)
        if (strlen(word) == length && memcmp(choice, word, length) == 0)
            return i;
    return UINT32_MAX;
}

bool dc_field_has_choice(const dc_field *field, const char *word)
{
    return choice_index(field, word) != UINT32_MAX;
}

static dc_status store_choice(void *record, const dc_field *field, const char *word)
{
    const uint32_t index = choice_index(field, word);
    if (index != UINT32_MAX) {
        memcpy(member_of(record, field), &index, sizeof index);
        return DC_OK;
    }
    dc_hint hint = dc_hint_for(word);
    dc_hint_offer_choices(&hint, field->choices);
    return dc_fail(DC_EINPUT, "'%s' is one of %s, not '%.80s'%s", field->name, field->choices, word,
                   dc_hint_text(&hint));
}

static dc_status store_rules(void *record, const dc_field *field, const dc_rules *rules)
{
    for (uint32_t i = 0; i < rules->n_rules; i++)
        DC_TRY(check_range(field, rules->items[i].value));
    memcpy(member_of(record, field), rules, sizeof *rules);
    return DC_OK;
}

/* ---- from text ---- */

static dc_status set_rules(void *record, const dc_field *field, const char *text, dc_arena *arena)
{
    dc_rules rules;
    const dc_status status = dc_rules_parse(&rules, text, arena);
    if (status < 0)
        return dc_fail_within(status, field->name);
    return store_rules(record, field, &rules);
}

dc_status dc_record_set(void *record, const dc_field *field, const char *text, dc_arena *arena)
{
    bool flag;
    uint64_t whole;
    double number;
    switch (field->kind) {
    case DC_FIELD_BOOL:
        return dc_parse_bool(&flag, text) ? store_bool(record, field, flag)
                                          : fail_kind(field, text);
    case DC_FIELD_U32:
    case DC_FIELD_U64:
        return (dc_field_is_size(field) ? dc_parse_size : dc_parse_u64)(&whole, text)
                   ? store_whole(record, field, whole)
                   : fail_whole_text(field, text);
    case DC_FIELD_NUMBER:
        return dc_parse_number(&number, text) ? store_number(record, field, number)
                                              : fail_kind(field, text);
    case DC_FIELD_TEXT:
    case DC_FIELD_INPUT:
    case DC_FIELD_OUTPUT:
    case DC_FIELD_FOLDER:
    case DC_FIELD_SPEC:
        return store_text(record, field, text, arena);
    case DC_FIELD_CHOICE:
        return store_choice(record, field, text);
    case DC_FIELD_RULES:
        return set_rules(record, field, text, arena);
    }
    return dc_fail(DC_EINPUT, "'%s' is of no known kind", field->name);
}

/* ---- from JSON ---- */

static dc_status fail_value(const dc_field *field, const dc_json *value)
{
    char shown[DC_JSON_SHOWN_BYTES];
    dc_json_show(shown, value);
    return dc_fail(DC_EINPUT, "'%s' takes %s, not %s", field->name, expected[field->kind], shown);
}

static dc_status read_whole(void *record, const dc_field *field, const dc_json *value)
{
    const double number = dc_json_number(value);
    if (number >= 0.0 && number <= EXACT_LIMIT && floor(number) >= number)
        return store_whole(record, field, (uint64_t)number);
    if (number > EXACT_LIMIT)
        return dc_fail(DC_EINPUT, "'%s' is over 2^53 and must be given in quotes", field->name);
    if (number < 0.0 && floor(number) >= number)
        return fail_whole(field, number);
    return fail_value(field, value);
}

static dc_status read_rules(void *record, const dc_field *field, const dc_json *value,
                            dc_arena *arena)
{
    const bool is_object = dc_json_kind_of(value) == DC_JSON_OBJECT;
    const uint32_t n = is_object ? dc_json_size(value) : 1;
    dc_rule *items = dc_arena_take(arena, n, sizeof *items);
    DC_TRY(arena->status);
    const dc_json *item = is_object ? dc_json_at(value, 0) : value;
    for (uint32_t i = 0; i < n; i++, item = dc_json_next(item)) {
        if (dc_json_kind_of(item) != DC_JSON_NUMBER) {
            char shown[DC_JSON_SHOWN_BYTES];
            dc_json_show(shown, item);
            return dc_fail(DC_EINPUT, "'%s' needs a number for '%.80s', not %s", field->name,
                           dc_json_key(item), shown);
        }
        items[i].pattern = is_object ? dc_arena_text(arena, dc_json_key(item)) : "*";
        items[i].value = dc_json_number(item);
    }
    DC_TRY(arena->status);
    return store_rules(record, field, &(dc_rules){ .n_rules = n, .items = items });
}

static const char *kind_text(dc_json_kind kind)
{
    static const char *const texts[] = {
        [DC_JSON_NULL] = "null", [DC_JSON_BOOL] = "true or false", [DC_JSON_NUMBER] = "a number",
        [DC_JSON_TEXT] = "text", [DC_JSON_ARRAY] = "an array",     [DC_JSON_OBJECT] = "an object",
    };
    return texts[kind];
}

static dc_status read_null(void *record, const dc_field *field, const dc_json *value,
                           dc_arena *arena)
{
    double number;
    if (dc_field_is_text(field))
        return store_text(record, field, NULL, arena);
    if (field->kind == DC_FIELD_NUMBER) {
        memcpy(&number, member_of(record, field), sizeof number);
        if (isnan(number)) /* it may be not given */
            return DC_OK;
    }
    if (field->kind == DC_FIELD_RULES)
        return store_rules(record, field, &(dc_rules){ .n_rules = 0 });
    return fail_value(field, value);
}

static dc_status read_field(void *record, const dc_field *field, const dc_json *value,
                            dc_arena *arena)
{
    const dc_json_kind kind = dc_json_kind_of(value);
    const bool is_rules = field->kind == DC_FIELD_RULES;
    if (kind == DC_JSON_NULL)
        return read_null(record, field, value, arena);
    if (kind == DC_JSON_BOOL && field->kind == DC_FIELD_BOOL)
        return store_bool(record, field, dc_json_bool(value));
    if (kind == DC_JSON_NUMBER && (field->kind == DC_FIELD_U32 || field->kind == DC_FIELD_U64))
        return read_whole(record, field, value);
    if (kind == DC_JSON_NUMBER && field->kind == DC_FIELD_NUMBER)
        return store_number(record, field, dc_json_number(value));
    if ((kind == DC_JSON_NUMBER || kind == DC_JSON_OBJECT) && is_rules)
        return read_rules(record, field, value, arena);
    const bool takes_text = is_rules || dc_field_is_text(field) ||
                            field->kind == DC_FIELD_CHOICE || field->kind == DC_FIELD_U64;
    if (kind == DC_JSON_TEXT && takes_text)
        return dc_record_set(record, field, dc_json_text(value), arena);
    return fail_value(field, value);
}

static dc_status fail_unknown(const dc_field *fields, const char *key)
{
    dc_hint hint = dc_hint_for(key);
    for (const dc_field *field = fields; field->name; field++)
        dc_hint_offer(&hint, field->name);
    return dc_fail(DC_EINPUT, "unknown key '%.80s'%s", key, dc_hint_text(&hint));
}

static bool is_among(const char *const *words, const char *word)
{
    while (words != NULL && *words != NULL && strcmp(*words, word) != 0)
        words++;
    return words != NULL && *words != NULL;
}

dc_status dc_record_read(void *record, const dc_field *fields, const dc_json *object,
                         const char *const *ignored, const char *subject, dc_arena *arena)
{
    if (dc_json_kind_of(object) != DC_JSON_OBJECT)
        return dc_fail(DC_EINPUT, "%s: an object is expected, not %s", subject,
                       kind_text(dc_json_kind_of(object)));
    for (const dc_json *value = dc_json_at(object, 0); value != NULL; value = dc_json_next(value)) {
        const dc_field *field = dc_field_find(fields, dc_json_key(value));
        if (is_among(ignored, dc_json_key(value)))
            continue;
        const dc_status status = field ? read_field(record, field, value, arena)
                                       : fail_unknown(fields, dc_json_key(value));
        if (status < 0)
            return dc_fail_within(status, subject);
    }
    return DC_OK;
}

/* ---- to JSON ---- */

static void write_rules(dc_json *object, const char *key, const dc_rules *rules)
{
    if (rules->n_rules == 0) {
        dc_json_add_null(object, key);
    } else if (rules->n_rules == 1 && strcmp(rules->items[0].pattern, "*") == 0) {
        dc_json_add_number(object, key, rules->items[0].value);
    } else {
        dc_json *by_name = dc_json_add_object(object, key);
        for (uint32_t i = 0; i < rules->n_rules; i++)
            dc_json_add_number(by_name, rules->items[i].pattern, rules->items[i].value);
    }
}

dc_value dc_field_get(const dc_field *field, const void *record)
{
    static const size_t sizes[] = {
        [DC_FIELD_BOOL] = sizeof(bool),           [DC_FIELD_U32] = sizeof(uint32_t),
        [DC_FIELD_U64] = sizeof(uint64_t),        [DC_FIELD_NUMBER] = sizeof(double),
        [DC_FIELD_TEXT] = sizeof(char *),         [DC_FIELD_INPUT] = sizeof(char *),
        [DC_FIELD_OUTPUT] = sizeof(char *),       [DC_FIELD_FOLDER] = sizeof(char *),
        [DC_FIELD_SPEC] = sizeof(char *),         [DC_FIELD_CHOICE] = sizeof(uint32_t),
        [DC_FIELD_RULES] = sizeof(dc_rules),
    };
    dc_value value;
    memset(&value, 0, sizeof value);
    memcpy(&value, (const char *)record + field->offset, sizes[field->kind]);
    return value;
}

const char *dc_field_choice(char out[DC_CHOICE_BYTES], const dc_field *field, const void *record)
{
    size_t length;
    const char *word = dc_choice_at(field->choices, dc_field_get(field, record).u32, &length);
    if (word != NULL)
        snprintf(out, DC_CHOICE_BYTES, "%.*s", (int)length, word);
    return word != NULL ? out : NULL;
}

static void write_field(dc_json *object, const dc_field *field, const void *record)
{
    char word[DC_CHOICE_BYTES];
    const dc_value v = dc_field_get(field, record);
    switch (field->kind) {
    case DC_FIELD_BOOL:
        dc_json_add_bool(object, field->name, v.flag);
        break;
    case DC_FIELD_U32:
        dc_json_add_u64(object, field->name, v.u32);
        break;
    case DC_FIELD_U64:
        dc_json_add_u64(object, field->name, v.u64);
        break;
    case DC_FIELD_NUMBER:
        dc_json_add_number(object, field->name, v.number);
        break;
    case DC_FIELD_TEXT:
    case DC_FIELD_INPUT:
    case DC_FIELD_OUTPUT:
    case DC_FIELD_FOLDER:
    case DC_FIELD_SPEC:
        if (v.text != NULL || !field->may_be_absent)
            dc_json_add_text(object, field->name, v.text);
        break;
    case DC_FIELD_CHOICE:
        dc_json_add_text(object, field->name, dc_field_choice(word, field, record));
        break;
    case DC_FIELD_RULES:
        write_rules(object, field->name, &v.rules);
        break;
    }
}

void dc_record_write(dc_json *object, const void *record, const dc_field *fields)
{
    for (; fields->name; fields++)
        if (fields->name[0] != '\0')
            write_field(object, fields, record);
}
