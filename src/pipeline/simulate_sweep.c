/* SPDX-License-Identifier: MIT
 *
 * One parameter of the machine through several values: any row of its config_fields that is a
 * number or a word, by its name or the beginning of it. "2..256" doubles; "8,16,32" lists.
 */
#include "simulate_internal.h"

#include <string.h>

#define MAX_VALUES 64u

static bool begins_with(const char *name, const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name[i] != (word[i] == '-' ? '_' : word[i]))
            return false;
    return n > 0;
}

/* "pes, fifo_depth, ..." */
static const char *names_of(const dc_field *fields, dc_arena *arena)
{
    const char *list = fields->name;
    for (const dc_field *field = fields + 1; field->name != NULL; field++)
        if (field->kind != DC_FIELD_BOOL)
            list = dc_arena_print(arena, "%s, %s", list, field->name);
    return list;
}

static dc_status find_field(const dc_field **out, const dc_field *fields, const char *word,
                            size_t n, dc_arena *arena)
{
    const dc_field *found = NULL;
    for (const dc_field *field = fields; field->name != NULL; field++) {
        if (field->kind == DC_FIELD_BOOL || !begins_with(field->name, word, n))
            continue;
        if (field->name[n] == '\0') {
            *out = field;
            return DC_OK;
        }
        if (found != NULL)
            return dc_fail(DC_EINPUT, "'%.*s' is the beginning of '%s' and of '%s'", (int)n, word,
                           found->name, field->name);
        found = field;
    }
    if (found == NULL)
        return dc_fail(DC_EINPUT,
                       "the machine has no parameter '%.*s' to sweep: there are %s", (int)n, word,
                       names_of(fields, arena));
    *out = found;
    return DC_OK;
}

static double number_of(const dc_field *field, const void *machine, const char *text)
{
    const dc_value value = dc_field_get(field, machine);
    switch (field->kind) {
    case DC_FIELD_U32: return value.u32;
    case DC_FIELD_U64: return (double)value.u64;
    case DC_FIELD_NUMBER: return value.number;
    default: return dc_text_number(text, NULL); /* a word, of digits or not */
    }
}

static dc_status add_value(dc_sweep *sweep, const dc_simulate_settings *base, const char *text,
                           dc_arena *arena)
{
    const dc_accelerator *accelerator = base->accelerator;
    if (sweep->n_values == MAX_VALUES)
        return dc_fail(DC_EINPUT, "more than %u values of '%s'", MAX_VALUES, sweep->field->name);
    char *machine = (char *)sweep->machines + sweep->n_values * accelerator->config_bytes;
    memcpy(machine, base->machine, accelerator->config_bytes);
    DC_TRY(dc_record_set(machine, sweep->field, text, arena));
    sweep->numbers[sweep->n_values] = number_of(sweep->field, machine, text);
    sweep->values[sweep->n_values++] = text;
    return accelerator->check(machine);
}

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return n > 0 && n < 10;
}

/* "a..b": a, 2a, 4a, ... and b itself. */
static dc_status add_doublings(dc_sweep *sweep, const dc_simulate_settings *base,
                               const char *from, const char *to, dc_arena *arena)
{
    uint64_t value = 0, last = 0;
    if (!all_digits(from, (size_t)(strstr(from, "..") - from)) || !all_digits(to, strlen(to)))
        return dc_fail(DC_EINPUT, "a range is FROM..TO in whole numbers, not '%s'", from);
    for (const char *c = from; *c != '.'; c++)
        value = value * 10 + (uint64_t)(*c - '0');
    for (const char *c = to; *c != '\0'; c++)
        last = last * 10 + (uint64_t)(*c - '0');
    if (value == 0 || value > last)
        return dc_fail(DC_EINPUT, "a range goes up from 1 or more, unlike '%s'", from);
    for (; value < last; value *= 2)
        DC_TRY(add_value(sweep, base,
                         dc_arena_print(arena, "%llu", (unsigned long long)value), arena));
    return add_value(sweep, base, dc_arena_print(arena, "%llu", (unsigned long long)last), arena);
}

static dc_status add_list(dc_sweep *sweep, const dc_simulate_settings *base, const char *at,
                          dc_arena *arena)
{
    for (;;) {
        const size_t n = strcspn(at, ",");
        DC_TRY(add_value(sweep, base, dc_arena_print(arena, "%.*s", (int)n, at), arena));
        if (at[n] == '\0')
            return DC_OK;
        at += n + 1;
    }
}

dc_status dc_sweep_parse(dc_sweep *out, const char *text, const dc_simulate_settings *settings,
                         dc_arena *arena)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals[1] == '\0')
        return dc_fail(DC_EINPUT, "a sweep is NAME=FROM..TO or NAME=A,B,C, not '%s'", text);
    dc_sweep sweep = { 0 };
    dc_simulate_settings base;
    DC_TRY(simulate_complete(&base, settings, arena));
    DC_TRY(find_field(&sweep.field, base.accelerator->config_fields, text,
                      (size_t)(equals - text), arena));
    sweep.machines = dc_arena_take(arena, MAX_VALUES, base.accelerator->config_bytes);
    sweep.values = dc_arena_take(arena, MAX_VALUES, sizeof *sweep.values);
    sweep.numbers = dc_arena_take(arena, MAX_VALUES, sizeof *sweep.numbers);
    DC_TRY(arena->status);
    const char *dots = strstr(equals + 1, "..");
    if (dots != NULL)
        DC_TRY(add_doublings(&sweep, &base, equals + 1, dots + 2, arena));
    else
        DC_TRY(add_list(&sweep, &base, equals + 1, arena));
    *out = sweep;
    return arena->status;
}

static dc_status run_values(dc_simulate_result *out, const dc_sweep *sweep, const dc_model *model,
                            const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_simulate_settings with = *settings;
    for (uint32_t i = 0; i < sweep->n_values; i++) {
        const unsigned mark = dc_work_enter(1, "%s=%s", sweep->field->name, sweep->values[i]);
        with.machine = (const char *)sweep->machines + i * with.accelerator->config_bytes;
        const dc_status status = simulate_on(&out[i], model, &with, arena);
        dc_work_leave(mark);
        if (status < 0)
            return dc_fail(status, "%s=%s: %s", sweep->field->name, sweep->values[i], dc_message());
    }
    return DC_OK;
}

dc_status dc_sweep_model(dc_simulate_result *out, const dc_sweep *sweep, const char *path,
                         const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_simulate_settings whole;
    dc_model *model;
    DC_TRY(simulate_complete(&whole, settings, arena));
    DC_TRY(simulate_read(&model, path, &whole, arena));
    const unsigned mark = dc_work_enter(sweep->n_values, "sweep");
    const dc_status status = run_values(out, sweep, model, &whole, arena);
    dc_work_leave(mark);
    dc_model_free(model);
    return status;
}
