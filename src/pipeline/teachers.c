/* SPDX-License-Identifier: MIT
 *
 * Teachers: the model itself, a file, or several of them, which become one network whose logits are
 * the mean of theirs: their nodes side by side behind one input, a sum, and a division. So whatever
 * asks a teacher asks several at once.
 */
#include "dcomp/pipeline.h"

#include <string.h>

#define MAX_TEACHERS 16u

/* The mean of these nodes becomes one. */
static dc_status add_mean(dc_model *to, uint32_t *mean, const uint32_t *nodes, uint32_t n)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_CONSTANT);
    attrs[DC_ATTR_DIM_0] = 1;
    DC_TRY(dc_model_add(to, "sum", DC_OP_ADD, nodes, n, NULL, true));
    DC_TRY(dc_model_add(to, "number", DC_OP_CONSTANT, NULL, 0, attrs, true));
    const uint32_t parts[] = { to->n_nodes - 2, to->n_nodes - 1 };
    to->params[dc_node_param(&to->nodes[parts[1]], 0)].values[0] = (float)n;
    DC_TRY(dc_model_add(to, "mean", DC_OP_DIV, parts, 2, NULL, true));
    *mean = to->n_nodes - 1;
    return DC_OK;
}

static dc_status check_alike(const dc_model *a, const dc_model *b)
{
    const dc_head ha = dc_model_head(a), hb = dc_model_head(b);
    if (!dc_shape_equal(&a->nodes[0].shape, &b->nodes[0].shape) ||
        !dc_shape_equal(&a->nodes[ha.logits].shape, &b->nodes[hb.logits].shape))
        return dc_fail(DC_EINPUT, "teachers '%s' and '%s' have different inputs or outputs",
                       a->name, b->name);
    return DC_OK;
}

/* Each up to its logits, their mean, and what the first has behind them. */
/* Node `index` of the teacher with this number, named "1/conv1". */
static dc_status add_node(dc_model *to, uint32_t *places, const dc_model *from, uint32_t index,
                          uint32_t number)
{
    const char *name = dc_arena_print(&to->arena, "%u/%s", number, from->nodes[index].name);
    DC_TRY(to->arena.status);
    return dc_model_add_copy(to, name, from, index, places);
}

static dc_status join_at(dc_model *out, dc_model *const *list, uint32_t n, uint32_t *places)
{
    const uint32_t end = dc_model_head(list[0]).logits;
    uint32_t ends[MAX_TEACHERS];
    for (uint32_t i = n; i-- > 0;) {
        DC_TRY(check_alike(list[0], list[i]));
        const uint32_t logits = dc_model_head(list[i]).logits;
        for (uint32_t k = 1; k <= logits; k++)
            DC_TRY(add_node(out, places, list[i], k, i + 1));
        ends[i] = places[logits];
    }
    DC_TRY(add_mean(out, &places[end], ends, n)); /* places: those of the first, added last */
    for (uint32_t k = end + 1; k < list[0]->n_nodes; k++)
        DC_TRY(add_node(out, places, list[0], k, 1));
    return DC_OK;
}

static dc_status join(dc_model **out, dc_model *const *list, uint32_t n)
{
    dc_arena scratch = { 0 };
    uint32_t n_most = 0;
    for (uint32_t i = 0; i < n; i++)
        n_most = DC_MAX(n_most, list[i]->n_nodes);
    uint32_t *places = dc_arena_take(&scratch, n_most, sizeof *places); /* [0]: the input */
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = dc_model_new(out, "teachers", &list[0]->input);
    if (status == DC_OK)
        status = join_at(*out, list, n, places);
    dc_arena_clear(&scratch);
    return status;
}

/* ---- by their names -------------------------------------------------------------------------- */

static dc_status read_one(dc_model **out, const char *name, const dc_model *self, dc_arena *arena)
{
    if (strcmp(name, "self") == 0)
        return dc_model_copy(out, self);
    if (name[0] == '\0')
        return dc_fail(DC_EINPUT, "'teacher' has a name that is empty");
    return dc_model_read(out, name, DC_READ_DENSE, 0, NULL, arena);
}

static dc_status read_all(dc_model **list, uint32_t *n, const char *names, const dc_model *self,
                          dc_arena *arena)
{
    for (const char *at = names;; at++) {
        const int length = (int)strcspn(at, ",");
        const char *name = dc_arena_print(arena, "%.*s", length, at);
        DC_TRY(arena->status);
        if (*n == MAX_TEACHERS)
            return dc_fail(DC_EINPUT, "more than %u teachers", MAX_TEACHERS);
        DC_TRY(read_one(&list[*n], name, self, arena));
        (*n)++;
        at += length;
        if (*at == '\0')
            return DC_OK;
    }
}

dc_status dc_teacher_read(dc_model **out, const char *names, const dc_model *self, dc_arena *arena)
{
    dc_model *list[MAX_TEACHERS] = { NULL };
    uint32_t n = 0;
    *out = NULL;
    dc_status status = read_all(list, &n, names, self, arena);
    if (status == DC_OK && n == 1) {
        *out = list[0];
        return DC_OK;
    }
    if (status == DC_OK)
        status = join(out, list, n);
    for (uint32_t i = 0; i < n; i++)
        dc_model_free(list[i]);
    if (status < 0) {
        dc_model_free(*out);
        *out = NULL;
    }
    return status;
}
