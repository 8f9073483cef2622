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
    const uint32_t index = (uint32_t)(array - lane->walk.net->arrays);
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

static uint64_t cell_entries(const array_cell *cell)
{
    const array_node *const parts[] = { cell->input, cell->recurrent, cell->projection };
    uint64_t n = 0;
    for (size_t i = 0; i < DC_COUNT_OF(parts); i++)
        n += parts[i] != NULL ? array_part_entries(&parts[i]->parts[0]) : 0;
    return n;
}

static dc_status run_cell_oracle(void *payload, const array_cell *cell, const int32_t *input,
                                 const dc_cell_state *state)
{
    array_lane *lane = payload;
    pace_add(lane->product.pace, cell_entries(cell), cell->cell.name);
    return lane->walk.net->accelerator->ask_cell(cell->oracle, input, state);
}

static dc_status run_cell_machine(void *payload, const array_cell *cell, const int32_t *input,
                                  const dc_cell_state *state)
{
    array_lane *lane = payload;
    const array_net *net = lane->walk.net;
    const uint32_t index = (uint32_t)(cell - net->cells);
    const uint64_t said_bytes = cell->cell.n_said * sizeof *state->said;
    const uint64_t cells_bytes = cell->cell.n_cells * sizeof *state->cells;
    const dc_cell_state expected = { lane->expected_said, lane->expected_cells };
    memcpy(expected.said, state->said, said_bytes);
    memcpy(expected.cells, state->cells, cells_bytes);
    lane->product.n = cell_entries(cell);
    lane->product.n_reported = 0;
    lane->product.what = cell->cell.name;
    DC_TRY(net->accelerator->run_cell(lane->machine, cell->layer, input, state,
                                      array_lane_cell_counters(lane, index)));
    DC_TRY(net->accelerator->ask_cell(cell->oracle, input, &expected));
    lane->n_differing[net->n_arrays + index] +=
        memcmp(state->said, expected.said, said_bytes) != 0 ||
        memcmp(state->cells, expected.cells, cells_bytes) != 0;
    return DC_OK;
}

void *array_lane_cell_counters(const array_lane *lane, uint32_t cell)
{
    const array_net *net = lane->walk.net;
    return lane->counters +
           (net->n_arrays + (uint64_t)cell * DC_MAX_CELL_STAGES) * net->accelerator->counters_bytes;
}

void *array_lane_counters(const array_lane *lane, uint32_t array)
{
    return lane->counters + array * lane->walk.net->accelerator->counters_bytes;
}

static dc_status open_lane(array_lane *lane, const array_net *net, bool has_machine)
{
    const array_engine engine = { lane, has_machine ? run_machine : run_oracle,
                                  has_machine ? run_cell_machine : run_cell_oracle };
    uint32_t n_rows = 1, n_said = 1, n_cells = 1;
    for (uint32_t a = 0; a < net->n_arrays; a++)
        n_rows = DC_MAX(n_rows, net->arrays[a].parts[0].matrix.n_rows);
    for (uint32_t c = 0; c < net->n_cells; c++) {
        n_said = DC_MAX(n_said, net->cells[c].cell.n_said);
        n_cells = DC_MAX(n_cells, net->cells[c].cell.n_cells);
    }
    DC_TRY(array_walk_init(&lane->walk, net, &engine, &lane->arena));
    lane->expected = dc_arena_take(&lane->arena, n_rows, sizeof *lane->expected);
    lane->expected_said = dc_arena_take(&lane->arena, n_said, sizeof *lane->expected_said);
    lane->expected_cells = dc_arena_take(&lane->arena, n_cells, sizeof *lane->expected_cells);
    lane->counters =
        dc_arena_take(&lane->arena, net->n_arrays + (uint64_t)net->n_cells * DC_MAX_CELL_STAGES,
                      net->accelerator->counters_bytes);
    lane->n_differing = dc_arena_take(&lane->arena, (uint64_t)net->n_arrays + net->n_cells,
                                      sizeof *lane->n_differing);
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
