/* SPDX-License-Identifier: MIT
 *
 * A model file on the accelerator: layers laid out for the machine, every sample run through it,
 * each product held against the oracle, counters and energy by layer.
 */
#include "simulate_internal.h"

#include <math.h>
#include <string.h>

#define DEFAULT_ACT_DENSITY 0.35 /* about that of the paper's layers after a ReLU */
#define BATCH 64u
#define ORACLE_WORK 0.06 /* of a sample through the oracle or in float, where the machine's is 1 */

#define AT(member) offsetof(dc_simulate_settings, member)

const dc_field dc_simulate_fields[] = {
    { .name = "input", .kind = DC_FIELD_INPUT, .offset = AT(input),
      .help = "samples from a .npy file, (N,C,H,W) or (N,C) float32" },
    { .name = "act_density", .kind = DC_FIELD_NUMBER, .offset = AT(act_density), .min = 1e-6,
      .max = 1,
      .help = "without data: share of random inputs that are not zero, 0.35 if not given" },
    { .name = "requantize", .kind = DC_FIELD_BOOL, .offset = AT(requantizes),
      .help = "share the weights again where the codebook is too small" },
    { .name = "trace", .kind = DC_FIELD_OUTPUT, .offset = AT(trace), .choices = "vcd",
      .help = "of eie: write a window of the first sample's run as VCD" },
    { .name = "trace_from", .kind = DC_FIELD_U64, .offset = AT(trace_from_cycle), .unit = "cycles",
      .help = "the window's first cycle" },
    { .name = "trace_cycles", .kind = DC_FIELD_U64, .offset = AT(trace_cycles), .unit = "cycles",
      .min = 1, .max = 0x1p40, .help = "the window's length" },
    { .name = "plot", .kind = DC_FIELD_OUTPUT, .offset = AT(plot), .choices = "png",
      .help = "draw a PNG: the sweep; or, of eie, activity of PEs over the first sample" },
    { .name = "emit_sram", .kind = DC_FIELD_FOLDER, .offset = AT(sram_folder),
      .choices = "hex|json",
      .help = "of eie: write memory images of each layer for $readmemh into this folder" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = AT(seed),
      .help = "of random inputs and synthetic weights" },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = AT(may_replace),
      .help = "replace files that exist", .short_name = 'f' },
    { 0 },
};

dc_simulate_settings dc_simulate_defaults(void)
{
    return (dc_simulate_settings){ .data = dc_data_defaults(),
                                   .trace_cycles = 2000,
                                   .seed = 1 };
}

double dc_simulate_act_density(const dc_simulate_settings *settings)
{
    return settings->act_density > 0 ? settings->act_density : DEFAULT_ACT_DENSITY;
}

/* ---- random samples ------------------------------------------------------------------------- */

typedef struct random_source {
    dc_source source;
    dc_arena arena;
    double act_density;
    uint64_t seed;
} random_source;

static dc_status read_random(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const random_source *r = (const random_source *)source;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    (void)labels;
    double *values = dc_grow(NULL, n_values, sizeof *values);
    if (values == NULL)
        return DC_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        dc_synthetic_inputs(values, (uint32_t)n_values, r->act_density, r->seed + indices[i]);
        for (uint64_t k = 0; k < n_values; k++)
            x[i * n_values + k] = (float)values[k];
    }
    dc_release(values);
    return DC_OK;
}

static void close_random(dc_source *source)
{
    dc_arena arena = ((random_source *)source)->arena;
    dc_arena_clear(&arena);
}

static dc_status open_random(dc_source **out, const dc_simulate_settings *settings,
                             const dc_shape *shape)
{
    dc_arena arena = { 0 };
    random_source *r = dc_arena_take(&arena, 1, sizeof *r);
    const char *text = dc_arena_print(&arena, "random inputs, density %g, seed %llu",
                                      dc_simulate_act_density(settings),
                                      (unsigned long long)settings->seed);
    if (arena.status < 0) {
        const dc_status status = arena.status;
        dc_arena_clear(&arena);
        return status;
    }
    *r = (random_source){ .source = { .n_samples = DC_MAX(settings->data.limit, 1),
                                      .shape = *shape,
                                      .text = text,
                                      .read = read_random,
                                      .close = close_random },
                          .arena = arena,
                          .act_density = dc_simulate_act_density(settings),
                          .seed = settings->seed };
    *out = &r->source;
    return DC_OK;
}

static dc_status open_samples(dc_source **out, const dc_simulate_settings *settings,
                              const dc_model *model, dc_arena *arena)
{
    dc_data_settings data = settings->data;
    if (settings->input != NULL && data.data != NULL)
        return dc_fail(DC_EINPUT, "'input' and 'data' contradict each other");
    if (settings->input == NULL && data.data == NULL)
        return open_random(out, settings, &model->input.shape);
    if (data.data == NULL)
        data.data = dc_arena_print(arena, "npy:%s", settings->input);
    DC_TRY(arena->status);
    DC_TRY(dc_data_settings_open(out, &data, (dc_split)data.split, model));
    const dc_status status = dc_data_dump(&data, *out, model);
    if (status < 0)
        dc_source_close(*out);
    return status;
}

dc_status calibration_open(dc_source **out, const dc_data_settings *data, const dc_model *model)
{
    dc_data_settings first = *data;
    *out = NULL;
    if (data->data == NULL || !dc_data_has_split(data->data))
        return DC_OK;
    first.limit = CALIBRATION_SAMPLES;
    const dc_status status = dc_data_settings_open(out, &first, DC_SPLIT_TRAIN, model);
    if (status != DC_EIO)
        return status;
    dc_warn("formats are chosen from the samples themselves: %s", dc_message());
    *out = NULL;
    return DC_OK;
}

/* ---- the model ------------------------------------------------------------------------------ */

/* 2^bits - 1 values besides zero, which is what the codebook holds: as in a pruned layer. */
static dc_status requantize(dc_model *model, uint32_t code_bits)
{
    dc_quantize_settings settings = dc_quantize_defaults();
    const dc_rule rule = { "*", code_bits };
    settings.bits = (dc_rules){ 1, &rule };
    settings.biases = DC_NUMBER_F32;
    for (uint32_t i = 0; i < model->n_params; i++)
        model->params[i].is_pruned |= dc_role_is_weight(model->params[i].role);
    return dc_quantize(model, &settings, NULL);
}

dc_status simulate_read(dc_model **out, const char *path, const dc_simulate_settings *settings,
                        dc_arena *arena)
{
    const dc_read_mode mode = settings->requantizes ? DC_READ_DENSE : DC_READ_PACKED;
    return dc_model_read(out, path, mode, 0, NULL, arena);
}

/* ---- results -------------------------------------------------------------------------------- */

/* The first input of a layer over time has a value for each gate, cell and step. */
static void fill_host(dc_simulate_result *out, const array_net *net, dc_arena *arena)
{
    const char *text = "";
    for (uint32_t i = 0; i < net->model->n_nodes; i++) {
        const dc_node *node = &net->model->nodes[i];
        const bool is_recurrent = net->kinds[i] == NODE_RECURRENT;
        if (net->kinds[i] != NODE_HOST && !is_recurrent)
            continue;
        text = dc_arena_print(arena, "%s%s%s (%s%s)", text, text[0] != '\0' ? ", " : "",
                              node->name, is_recurrent ? "gates of " : "", node->kind->name);
        const dc_node *made = is_recurrent ? &net->model->nodes[node->inputs[0]] : node;
        out->n_host_values += dc_shape_count(&made->shape);
    }
    out->host_ops = text;
}

static dc_status fill_layer(dc_simulate_layer *out, const array_net *net, const array_node *array,
                            const array_batch *batch, dc_arena *arena)
{
    const dc_accelerator *accelerator = net->accelerator;
    const uint32_t index = (uint32_t)(array - net->arrays);
    void *counters = dc_arena_take(arena, accelerator->counters_bytes, 1);
    DC_TRY(arena->status);
    *out = (dc_simulate_layer){ .name = dc_arena_text(arena, array->name),
                                .kind = net->model->nodes[array->node].kind->name,
                                .n_rows = array->parts[0].matrix.n_rows,
                                .n_cols = array->parts[0].matrix.n_cols,
                                .n_parts = array->n_parts,
                                .n_weights = array->n_weights,
                                .n_nonzero = array->n_nonzero,
                                .format = array->format,
                                .counters = counters,
                                .output_error = (double)NAN };
    for (uint32_t g = 0; g < array->n_parts; g++) {
        const dc_machine_layout *part = &array->parts[g].layout, sum = out->layout;
        if (part->n_most >= sum.n_most)
            out->layout = *part;
        out->layout.n_entries = sum.n_entries + part->n_entries;
        out->layout.n_fillers = sum.n_fillers + part->n_fillers;
    }
    for (uint32_t l = 0; l < batch->n_lanes; l++) {
        dc_counters_add(counters, array_lane_counters(&batch->lanes[l], index),
                        accelerator->counter_fields);
        out->n_differing += batch->lanes[l].n_differing[index];
        out->n_clamped += batch->lanes[l].walk.n_clamped[index];
    }
    accelerator->figures(&out->figures, counters, net->machine);
    return DC_OK;
}

/* Stage `index` of a cell; what is of the whole step stands at its first. */
static dc_status fill_stage(dc_simulate_layer *out, const array_net *net, const array_cell *cell,
                            uint32_t index, const array_batch *batch, dc_arena *arena)
{
    const dc_accelerator *accelerator = net->accelerator;
    const dc_cell_stage *stage = &cell->stages[index];
    const uint32_t at = (uint32_t)(cell - net->cells);
    char *counters = dc_arena_take(arena, accelerator->counters_bytes, 1);
    DC_TRY(arena->status);
    *out = (dc_simulate_layer){ .name = dc_arena_text(arena, stage->name),
                                .kind = net->model->nodes[cell->node].kind->name,
                                .n_rows = stage->n_rows,
                                .n_cols = stage->n_cols,
                                .n_parts = 1,
                                .n_weights = (uint64_t)stage->n_rows * stage->n_cols,
                                .n_nonzero = stage->n_nonzero,
                                .format = stage->format,
                                .layout = stage->layout,
                                .counters = counters,
                                .output_error = (double)NAN };
    for (uint32_t l = 0; l < batch->n_lanes; l++) {
        const array_lane *lane = &batch->lanes[l];
        const char *of_cell = array_lane_cell_counters(lane, at);
        dc_counters_add(counters, of_cell + index * accelerator->counters_bytes,
                        accelerator->counter_fields);
        if (index > 0)
            continue;
        out->n_differing += lane->n_differing[net->n_arrays + at];
        out->n_clamped += lane->walk.n_clamped[net->array_index[cell->node]];
    }
    accelerator->figures(&out->figures, counters, net->machine);
    return DC_OK;
}

dc_status simulate_begin(dc_simulate_result *out, const dc_accelerator *accelerator,
                         const void *machine, uint32_t n_layers, dc_arena *arena)
{
    char *copy = dc_arena_take(arena, accelerator->config_bytes, 1);
    out->accelerator = accelerator;
    out->machine = copy;
    out->facts = accelerator->facts(machine);
    out->n_layers = n_layers;
    out->layers = dc_arena_take(arena, n_layers, sizeof *out->layers);
    DC_TRY(arena->status);
    memcpy(copy, machine, accelerator->config_bytes);
    return DC_OK;
}

dc_status simulate_sum(dc_simulate_result *out, dc_arena *arena)
{
    const dc_accelerator *accelerator = out->accelerator;
    void *counters = dc_arena_take(arena, accelerator->counters_bytes, 1);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < out->n_layers; i++) {
        dc_counters_add(counters, out->layers[i].counters, accelerator->counter_fields);
        out->n_differing += out->layers[i].n_differing;
    }
    out->counters = counters;
    accelerator->figures(&out->figures, counters, out->machine);
    out->outputs_match = out->n_differing == 0;
    return DC_OK;
}

/* A layer for each array and for each stage of a cell, in the order of the graph. */
static dc_status fill_result(dc_simulate_result *out, const array_net *net,
                             const array_batch *batch, dc_arena *arena)
{
    uint32_t n_layers = 0, n = 0, cell = 0;
    for (uint32_t a = 0; a < net->n_arrays; a++)
        n_layers += !net->arrays[a].is_in_cell;
    for (uint32_t c = 0; c < net->n_cells; c++)
        n_layers += net->cells[c].n_stages;
    DC_TRY(simulate_begin(out, net->accelerator, net->machine, n_layers, arena));
    fill_host(out, net, arena);
    for (uint32_t a = 0; a < net->n_arrays; a++) {
        if (!net->arrays[a].is_in_cell)
            DC_TRY(fill_layer(&out->layers[n++], net, &net->arrays[a], batch, arena));
        if (cell == net->n_cells || &net->arrays[a] != net->cells[cell].recurrent)
            continue;
        for (uint32_t s = 0; s < net->cells[cell].n_stages; s++)
            DC_TRY(fill_stage(&out->layers[n++], net, &net->cells[cell], s, batch, arena));
        cell++;
    }
    return simulate_sum(out, arena);
}

/* ---- a run ---------------------------------------------------------------------------------- */

static dc_status calibrate(array_net *net, const dc_data_settings *data, const dc_source *source)
{
    dc_source *training;
    DC_TRY(calibration_open(&training, data, net->model));
    const unsigned mark = dc_work_enter(ORACLE_WORK * CALIBRATION_SAMPLES, "%s", "");
    const dc_status status =
        array_net_calibrate(net, training != NULL ? training : source, CALIBRATION_SAMPLES);
    dc_work_leave(mark);
    dc_source_close(training);
    return status;
}

static dc_status run_batch(dc_simulate_result *out, const array_net *net, const dc_source *source,
                           array_batch *batch, dc_arena *arena)
{
    const dc_engine engine = {
        .name = net->accelerator->name, .reports_pace = true, .run = array_batch_run
    };
    const dc_eval_settings eval = { .batch_size = BATCH };
    const unsigned mark = dc_work_enter((double)source->n_samples, "%s", "");
    DC_TRY(eval_run(&out->eval, net->model, source, &eval, &engine, batch));
    dc_work_leave(mark);
    return fill_result(out, net, batch, arena);
}

static dc_status run_samples(dc_simulate_result *out, const array_net *net,
                             const dc_source *source, dc_arena *arena)
{
    array_batch batch = { 0 };
    dc_status status = array_batch_open(&batch, net, true, source->n_samples, net->arena);
    if (status == DC_OK)
        status = run_batch(out, net, source, &batch, arena);
    array_batch_close(&batch);
    return status;
}

/* `scratch` holds the network, `arena` the result. */
static dc_status run_model(dc_simulate_result *out, const dc_model *model, const dc_source *source,
                           const dc_simulate_settings *settings, dc_arena *scratch,
                           dc_arena *arena)
{
    array_net net;
    DC_TRY(dc_source_check(source));
    DC_TRY(array_net_new(&net, model, settings->accelerator, settings->machine,
                         ", or requantize (--requantize)", scratch));
    dc_work_divide(ORACLE_WORK * CALIBRATION_SAMPLES + 1 + (double)source->n_samples);
    DC_TRY(calibrate(&net, &settings->data, source));
    DC_TRY(array_net_lay(&net, true));
    const unsigned mark = dc_work_enter(1, "%s", "");
    DC_TRY(simulate_watch(out, &net, source, settings, arena));
    dc_work_leave(mark);
    return run_samples(out, &net, source, arena);
}

static dc_status run_source(dc_simulate_result *out, const dc_model *model,
                            const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_arena scratch = { 0 };
    dc_source *source;
    DC_TRY(open_samples(&source, settings, model, arena));
    const dc_status status = run_model(out, model, source, settings, &scratch, arena);
    out->source = dc_arena_text(arena, source->text);
    dc_source_close(source);
    dc_arena_clear(&scratch);
    return status == DC_OK ? arena->status : status;
}

dc_status simulate_complete(dc_simulate_settings *out, const dc_simulate_settings *settings,
                            dc_arena *arena)
{
    *out = *settings;
    if (out->accelerator == NULL)
        out->accelerator = dc_accelerator_at(0);
    if (out->machine == NULL)
        out->machine = dc_accelerator_config(out->accelerator, arena);
    return arena->status;
}

static dc_status run_requantized(dc_simulate_result *out, const dc_model *model,
                                 const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_model *own;
    DC_TRY(dc_model_copy(&own, model));
    dc_status status = requantize(own, settings->accelerator->facts(settings->machine).code_bits);
    if (status == DC_OK)
        status = run_source(out, own, settings, arena);
    dc_model_free(own);
    return status;
}

dc_status simulate_on(dc_simulate_result *out, const dc_model *model,
                      const dc_simulate_settings *settings, dc_arena *arena)
{
    *out = (dc_simulate_result){ 0 };
    const unsigned mark = dc_work_enter(1, "simulate");
    const dc_status status = settings->requantizes ? run_requantized(out, model, settings, arena)
                                                   : run_source(out, model, settings, arena);
    dc_work_leave(mark);
    return status;
}

dc_status dc_simulate_model(dc_simulate_result *out, const char *path,
                            const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_simulate_settings whole;
    dc_model *model;
    DC_TRY(simulate_complete(&whole, settings, arena));
    DC_TRY(whole.accelerator->check(whole.machine));
    DC_TRY(simulate_read(&model, path, &whole, arena));
    const dc_status status = simulate_on(out, model, &whole, arena);
    dc_model_free(model);
    return status;
}
