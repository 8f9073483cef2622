/* SPDX-License-Identifier: MIT
 *
 * Batches of samples through the array, a lane a job. Each product of the machine is held against
 * the oracle's, number by number.
 */
#include "array_net.h"

#include <string.h>

static dc_status run_oracle(void *payload, const array_node *array, uint32_t part,
                            const int32_t *input, int32_t *output)
{
    const array_lane *lane = payload;
    const array_part *p = &array->parts[part];
    lane->walk.net->accelerator->ask(p->oracle, input, output);
    pace_add(lane->product.pace, array_part_entries(p), p->name);
    return DC_OK;
}

static dc_status run_machine(void *payload, const array_node *array, uint32_t part,
                             const int32_t *input, int32_t *output)
{
    array_lane *lane = payload;
    const array_part *p = &array->parts[part];
    const dc_accelerator *accelerator = lane->walk.net->accelerator;
    const uint32_t index = lane->walk.net->array_index[array->node];
    lane->product.n = array_part_entries(p);
    lane->product.n_reported = 0;
    lane->product.what = p->name;
    DC_TRY(accelerator->run(lane->machine, p->layer, input, output,
                            array_lane_counters(lane, index)));
    accelerator->ask(p->oracle, input, lane->expected);
    lane->n_differing[index] +=
        memcmp(output, lane->expected, p->matrix.n_rows * sizeof *output) != 0;
    return DC_OK;
}

void *array_lane_counters(const array_lane *lane, uint32_t array)
{
    return lane->counters + array * lane->walk.net->accelerator->counters_bytes;
}

static dc_status open_lane(array_lane *lane, const array_net *net, bool has_machine)
{
    const array_engine engine = { lane, has_machine ? run_machine : run_oracle };
    uint32_t n_rows = 1;
    for (uint32_t a = 0; a < net->n_arrays; a++)
        n_rows = DC_MAX(n_rows, net->arrays[a].parts[0].matrix.n_rows);
    DC_TRY(array_walk_init(&lane->walk, net, &engine, &lane->arena));
    lane->expected = dc_arena_take(&lane->arena, n_rows, sizeof *lane->expected);
    lane->counters =
        dc_arena_take(&lane->arena, net->n_arrays, net->accelerator->counters_bytes);
    lane->n_differing = dc_arena_take(&lane->arena, net->n_arrays, sizeof *lane->n_differing);
    DC_TRY(lane->arena.status);
    if (!has_machine)
        return DC_OK;
    return net->accelerator->open(&lane->machine, net->machine, pace_product_report,
                                  &lane->product);
}

dc_status array_batch_open(array_batch *out, const array_net *net, bool has_machine,
                           uint64_t n_samples, dc_arena *arena)
{
    const uint32_t n_lanes = dc_pool_jobs();
    array_lane *lanes = dc_arena_take(arena, n_lanes, sizeof *lanes);
    DC_TRY(arena->status);
    *out = (array_batch){ .net = net, .n_lanes = n_lanes, .lanes = lanes };
    out->pace.n_all = n_samples * array_net_entries(net);
    for (uint32_t l = 0; l < n_lanes; l++) {
        lanes[l].product.pace = &out->pace;
        DC_TRY(open_lane(&lanes[l], net, has_machine));
    }
    return DC_OK;
}

void array_batch_close(array_batch *batch)
{
    for (uint32_t l = 0; l < batch->n_lanes; l++) {
        batch->net->accelerator->close(batch->lanes[l].machine);
        dc_arena_clear(&batch->lanes[l].arena);
    }
    *batch = (array_batch){ 0 };
}

typedef struct batch_job {
    array_batch *batch;
    const dc_batch *samples;
    float *y;
} batch_job;

/* Lane l takes samples l, l + n_lanes, ... */
static dc_status lane_task(void *payload, uint64_t lane)
{
    const batch_job *job = payload;
    const dc_model *model = job->batch->net->model;
    const uint64_t n_in = dc_shape_count(&model->nodes[0].shape);
    const uint64_t n_out = dc_model_n_outputs(model);
    const uint32_t *lengths = job->samples->target.lengths;
    array_walk *walk = &job->batch->lanes[lane].walk;
    for (uint64_t i = lane; i < job->samples->n; i += job->batch->n_lanes) {
        walk->length = lengths != NULL ? lengths[i] : 0;
        DC_TRY(array_walk_run(walk, job->samples->x + i * n_in, job->y + i * n_out));
    }
    return DC_OK;
}

dc_status array_batch_run(void *payload, const dc_batch *samples, float *y)
{
    array_batch *batch = payload;
    batch_job job = { batch, samples, y };
    return dc_pool_run(batch->n_lanes, lane_task, &job);
}
