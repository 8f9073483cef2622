/* SPDX-License-Identifier: MIT
 *
 * How much work a run is, before it is done: for its progress, and for a forecast of the time. A
 * sample that is trained on goes forward once and backward once, which costs twice as much again;
 * a teacher goes forward, too.
 */
#include "run_internal.h"

#define TRAINED_WORK 3.0 /* of a sample, where running it is 1 */

dc_amount amount_add(dc_amount a, double n, dc_amount b)
{
    return (dc_amount){ a.n_epochs + n * b.n_epochs, a.n_trained + n * b.n_trained,
                        a.n_run + n * b.n_run };
}

bool amount_is_labelled(const dc_run *run, const dc_source *source)
{
    return source != NULL && (source->is_labelled || run->settings.is_taught);
}

dc_amount amount_of_validation(const dc_run *run)
{
    const dc_source *source = run->data != NULL ? run->data->validation : NULL;
    if (!amount_is_labelled(run, source))
        return (dc_amount){ 0 };
    return (dc_amount){ .n_run = (double)source->n_samples };
}

dc_amount amount_of_step(const dc_run *run, const dc_step *step)
{
    if (step->stage->amount == NULL || run->data == NULL)
        return (dc_amount){ 0 };
    return step->stage->amount(run, step->settings);
}

dc_amount amount_of_recipe(const dc_run *run, const dc_recipe *recipe)
{
    dc_amount sum = { 0 };
    for (uint32_t i = 0; i < recipe->n_steps; i++)
        sum = amount_add(sum, 1, amount_of_step(run, &recipe->steps[i]));
    return sum;
}

double amount_work(const dc_run *run, dc_amount amount)
{
    return amount.n_trained * (TRAINED_WORK + (run->settings.is_taught ? 1 : 0)) + amount.n_run;
}

double amount_products(const dc_model *model)
{
    double n = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        if (dc_node_param(node, 0) != DC_NONE && node->shape.dims[0] > 0)
            n += (double)model->params[dc_node_param(node, 0)].n_values *
                 (double)dc_shape_count(&node->shape) / node->shape.dims[0];
    }
    return n;
}
