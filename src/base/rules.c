/* SPDX-License-Identifier: MIT
 *
 * Rules: a value for each layer, by name pattern; the first that matches wins.
 *
 *     text  = item { "," item }         item = [ pattern "=" ] number
 *
 * A bare number matches every name, so it must come last; a rule that decides for no layer is a
 * mistake, never passed over. The glob matcher goes back to its last
 * star only: a later star can do all that an earlier one could, so it costs O(pattern * name).
 */
#include <stdio.h>
#include <string.h>

#include "dcomp/base.h"
#include "text_parse.h"

bool dc_glob_match(const char *pattern, const char *name)
{
    const char *after_star = NULL, *retry = NULL;
    while (*name) {
        if (*pattern == '*') {
            after_star = ++pattern;
            retry = name;
        } else if (*pattern && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (after_star) {
            pattern = after_star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* One item; `text` is a private copy and is cut up. */
static dc_status parse_item(dc_rule *rule, char *text)
{
    char *equals = strrchr(text, '=');
    const char *number = equals ? equals + 1 : text;
    rule->pattern = equals ? text : "*";
    if (!dc_parse_number(&rule->value, number))
        return dc_fail(DC_EINPUT, "'%s' needs a number, as 0.1 or fc1=0.1", text);
    if (equals == text)
        return dc_fail(DC_EINPUT, "'%s' has no name before '='", text);
    if (equals)
        *equals = '\0';
    return DC_OK;
}

/* What no layer's name can excuse: a rule behind "*", or the same as an earlier one. */
static dc_status check_order(const dc_rule *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const bool is_for_all = strcmp(items[i].pattern, "*") == 0;
        if (is_for_all && strcmp(items[n].pattern, "*") == 0)
            return dc_fail(DC_EINPUT, "two numbers for all layers, %g and %g (a comma begins "
                                      "another rule; a decimal is written 0.1)",
                           items[i].value, items[n].value);
        if (is_for_all || strcmp(items[i].pattern, items[n].pattern) == 0)
            return dc_fail(DC_EINPUT, "rule '%s' has no effect: '%s' before it matches all its "
                                      "layers",
                           items[n].pattern, items[i].pattern);
    }
    return DC_OK;
}

dc_status dc_rules_parse(dc_rules *out, const char *text, dc_arena *arena)
{
    uint32_t n_items = 1;
    for (const char *c = text; *c; c++)
        n_items += *c == ',';
    const size_t n_bytes = strlen(text) + 1;
    dc_rule *items = dc_arena_take(arena, n_items, sizeof *items);
    char *copy = dc_arena_take(arena, n_bytes, 1);
    DC_TRY(arena->status);
    memcpy(copy, text, n_bytes);
    for (uint32_t i = 0; i < n_items; i++) {
        char *comma = strchr(copy, ',');
        if (comma)
            *comma = '\0';
        DC_TRY(parse_item(&items[i], copy));
        DC_TRY(check_order(items, i));
        copy = comma ? comma + 1 : copy;
    }
    *out = (dc_rules){ .n_rules = n_items, .items = items };
    return DC_OK;
}

/* The rule that decides for `name`; n_rules when there is none. */
static uint32_t first_match(const dc_rules *rules, const char *name)
{
    uint32_t rule = 0;
    while (rule < rules->n_rules && !dc_glob_match(rules->items[rule].pattern, name))
        rule++;
    return rule;
}

bool dc_rules_find(double *value, const dc_rules *rules, const char *name)
{
    const uint32_t rule = first_match(rules, name);
    if (rule == rules->n_rules)
        return false;
    *value = rules->items[rule].value;
    return true;
}

static dc_status fail_unmatched(const char *pattern, const char *const *names, uint32_t n_names)
{
    char list[360] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < n_names && used < sizeof list; i++) {
        const int n = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    dc_hint hint = dc_hint_for(pattern);
    if (used >= sizeof list) { /* one may have to be looked for */
        memcpy(list + sizeof list - 4, "...", 4);
        for (uint32_t i = 0; i < n_names; i++)
            dc_hint_offer(&hint, names[i]);
    }
    return dc_fail(DC_EINPUT, "no layer matches '%.100s'%s; there are: %s", pattern,
                   dc_hint_text(&hint), n_names ? list : "none");
}

/* Rule r must decide for a layer: match one that no rule before it matches. */
static dc_status check_rule(const dc_rules *rules, uint32_t r, const char *const *names,
                            uint32_t n_names)
{
    const char *pattern = rules->items[r].pattern;
    uint32_t winner = r;
    bool are_many = false;
    for (uint32_t i = 0; i < n_names; i++) {
        if (!dc_glob_match(pattern, names[i]))
            continue;
        const uint32_t first = first_match(rules, names[i]);
        if (first == r)
            return DC_OK;
        are_many = are_many || (winner != r && first != winner);
        winner = winner == r ? first : winner;
    }
    if (winner == r)
        return fail_unmatched(pattern, names, n_names);
    return dc_fail(DC_EINPUT, "rule '%.100s' has no effect: '%.100s'%s before it %s all its layers",
                   pattern, rules->items[winner].pattern, are_many ? " and other rules" : "",
                   are_many ? "match" : "matches");
}

dc_status dc_rules_check(const dc_rules *rules, const char *const *names, uint32_t n_names)
{
    for (uint32_t r = 0; r < rules->n_rules; r++)
        DC_TRY(check_rule(rules, r, names, n_names));
    return DC_OK;
}
