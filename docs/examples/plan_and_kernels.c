/* SPDX-License-Identifier: MIT
 *
 * Prints in which order the nodes of a model are run and how much memory their values take, and
 * runs one kernel by every instruction set that this processor has.
 *
 *     plan_and_kernels MODEL.dcm
 */
#include <dcomp/dcomp.h>
#include <dcomp/kernels.h>
#include <dcomp/plan.h>
#include <stdio.h>

static dc_status show_plan(const dc_model *model, dc_arena *arena)
{
    dc_plan plan;
    DC_TRY(dc_plan_make(&plan, model, &(dc_plan_settings){ .output = model->n_nodes - 1 }, arena));
    for (uint32_t s = 0; s < plan.n_steps; s++) {
        const dc_node *node = &model->nodes[plan.steps[s]];
        printf("step %u: %s (%s) in buffer %u\n", (unsigned)s, node->name, node->kind->name,
               (unsigned)plan.values[plan.steps[s]].buffer);
    }
    printf("%u buffers of %llu values a sample\n", (unsigned)plan.n_buffers,
           (unsigned long long)dc_plan_values(&plan));
    return DC_OK;
}

/* One step of SGD: w -= rate dw. */
static void show_kernels(void)
{
    const dc_kernels *k = dc_kernels_row(0);
    for (uint32_t i = 0; k != NULL; k = dc_kernels_row(++i)) {
        float w[2] = { 1, 1 }, first[2] = { 0 };
        const float dw[2] = { 1, -1 };
        const dc_update update = { .rule = DC_UPDATE_SGD, .rate = 0.5f, .clip = 1, .n = 2,
                                   .w = w, .first = first, .dw = dw };
        if ((dc_cpu_flags() & k->needs) != k->needs)
            continue;
        k->update(&update);
        printf("kernels %s%s: %g %g\n", k->name, k == dc_kernels_pick() ? " (the best)" : "",
               (double)w[0], (double)w[1]);
    }
}

int main(int n_args, char **args)
{
    dc_arena arena = { 0 };
    dc_model *model = NULL;
    if (n_args != 2) {
        fprintf(stderr, "usage: %s MODEL.dcm\n", args[0]);
        return 2;
    }
    dc_status status = dc_model_read(&model, args[1], DC_READ_SHAPE, 0, NULL, NULL);
    if (status == DC_OK)
        status = show_plan(model, &arena);
    if (status == DC_OK)
        show_kernels();
    dc_model_free(model);
    dc_arena_clear(&arena);
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    return status < 0;
}
