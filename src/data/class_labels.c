/* SPDX-License-Identifier: MIT
 *
 * Which folder, or beginning of names, is which class (docs/data.md). When one is called as a class
 * of the model is, all must be; else, when all that have files are called as whole numbers, those
 * are the classes; else classes are in byte order of their names, and a warning says which.
 */
#include "dataset.h"

#include <stdio.h>
#include <string.h>

/* Remembers in taken[] which is its class; another one may not be. */
static dc_status take_label(const char **taken, const data_class_files *c, const char *where)
{
    if (taken[c->label] != NULL)
        return dc_fail(DC_EINPUT, "'%s' and '%s' in '%s' are both class %u",
                       taken[c->label], c->name, where, c->label);
    taken[c->label] = c->name;
    return DC_OK;
}

/* By the model's class names. *is_done tells whether any has one; then all must. */
static dc_status label_by_name(bool *is_done, data_class_files *classes, uint32_t n_classes,
                               const char *where, const data_class_names *names,
                               uint32_t n_outputs, dc_arena *arena)
{
    const char **taken = dc_arena_take(arena, n_outputs, sizeof *taken);
    uint32_t n_known = 0;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_classes; i++) {
        classes[i].label = data_class_find(names, classes[i].name, strlen(classes[i].name));
        n_known += classes[i].label < DATA_MANY_CLASSES;
    }
    *is_done = n_known > 0;
    for (uint32_t i = 0; *is_done && i < n_classes; i++) {
        if (classes[i].label >= DATA_MANY_CLASSES)
            return dc_fail(DC_EINPUT, "the model has no class '%s', as one in '%s' is called",
                           classes[i].name, where);
        if (classes[i].n > 0)
            DC_TRY(take_label(taken, &classes[i], where));
    }
    return DC_OK;
}

/* Whether all that have files are called as numbers, below 0 or not. */
static bool are_numbers(const data_class_files *classes, uint32_t n_classes)
{
    uint32_t number;
    for (uint32_t i = 0; i < n_classes; i++) {
        const char *digits = classes[i].name + (classes[i].name[0] == '-');
        if (classes[i].n > 0 && !data_class_number(&number, digits, strlen(digits)))
            return false;
    }
    return true;
}

static dc_status label_by_number(data_class_files *classes, uint32_t n_classes, const char *where,
                                 uint32_t n_outputs, dc_arena *arena)
{
    const uint32_t n_most = n_outputs > 0 ? n_outputs : DATA_MAX_CLASS + 1;
    const char **taken = dc_arena_take(arena, n_most, sizeof *taken);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_classes; i++) {
        data_class_files *c = &classes[i];
        const bool is_number = data_class_number(&c->label, c->name, strlen(c->name));
        if (c->n == 0)
            continue;
        if (!is_number || c->label >= n_most)
            return dc_fail(DC_EINPUT, "'%s' in '%s' is not one of the classes 0 to %u",
                           c->name, where, n_most - 1);
        DC_TRY(take_label(taken, c, where));
    }
    return DC_OK;
}

/* In byte order of the names, which may not be what the model means: that is said. */
static void label_by_order(data_source *d, data_class_files *classes, uint32_t n_classes,
                           const char *where)
{
    const char **names = dc_arena_take(&d->arena, n_classes, sizeof *names);
    char list[200] = "";
    size_t used = 0;
    if (names == NULL)
        return;
    for (uint32_t i = 0; i < n_classes; i++) {
        classes[i].label = i;
        names[i] = classes[i].name;
        if (i > 2 && i + 1 < n_classes)
            continue;
        const char *gap = i == 0 ? "" : i > 2 && n_classes > 4 ? ", ... " : ", ";
        const int n = snprintf(list + used, sizeof list - used, "%s%u '%.32s'", gap, i, names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    d->source.class_names = names;
    dc_warn("classes of '%s' are numbered in byte order of their names: %s", where, list);
}

dc_status data_label_classes(data_source *d, data_class_files *classes, uint32_t n_classes,
                             const char *where, const dc_data_request *request)
{
    const data_class_names *names;
    bool is_done;
    DC_TRY(data_class_names_new(&names, request, &d->arena));
    DC_TRY(label_by_name(&is_done, classes, n_classes, where, names, request->n_classes,
                         &d->arena));
    if (is_done)
        return DC_OK;
    if (are_numbers(classes, n_classes))
        return label_by_number(classes, n_classes, where, request->n_classes, &d->arena);
    if (request->n_classes > 0 && n_classes > request->n_classes)
        return dc_fail(DC_EINPUT, "%u classes in '%s', but the model has %u",
                       n_classes, where, request->n_classes);
    label_by_order(d, classes, n_classes, where);
    d->source.n_classes = n_classes;
    return d->arena.status;
}
