/* SPDX-License-Identifier: MIT
 *
 * Engines: what runs a model from samples to outputs. Each is a row of engines.c, in a file of its
 * own: the backends of nn, with weights as they are kept or dense, and the arithmetic of the
 * accelerator. What walks over samples (dc_eval_model, dc_infer) takes any of them.
 *
 * An engine that decides layer by layer how they are computed tells what it decided, and why.
 *
 * Threads. What was opened belongs to one thread at a time; many may be open on one model.
 */
#ifndef DCOMP_ENGINE_H
#define DCOMP_ENGINE_H

#include "dcomp/model.h"
#include "dcomp/source.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dc_data_settings; /* pipeline.h */

typedef struct dc_engine_settings {
    uint32_t batch_size;          /* samples of a run, at most                             */
    const dc_source *source;      /* what will be run                                      */
    const struct dc_data_settings *data; /* or NULL: where its training split is, for
                                            calibration                                    */
} dc_engine_settings;

/* What an engine does with the weights of one layer. */
typedef struct dc_engine_layer {
    const char *name, *op; /* the layer's; of several weights of one layer the parameter's name  */
    const char *shape;     /* of the weights                                                     */
    double density;        /* share of them that are not 0                                       */
    double expected[2];    /* dense and sparse, for a batch on one core [s]; NaN: there is no
                              sparse product                                                     */
    const char *chosen;    /* "sparse", "dense"                                                  */
    const char *reason;
} dc_engine_layer;
extern const dc_field dc_engine_layer_fields[];

typedef struct dc_engine_choices {
    dc_arena *arena; /* set by who asks: what follows is from it */
    uint32_t batch_size, n_together, n_jobs; /* n_together: samples that are computed together */
    uint32_t n_layers; /* those with weights */
    dc_engine_layer *layers;
} dc_engine_choices;
extern const dc_field dc_engine_choices_fields[]; /* but for layers */

typedef struct dc_engine {
    const char *name; /* the word that asks for it, and what results call it */
    double open_work; /* of opening, where running one sample is 1; 0: next to nothing */
    bool reports_pace;  /* reports the progress of its own runs                          */
    bool forgets;     /* each sample begins anew: dc_batch.state is not looked at        */
    bool is_backend;  /* nn's of this name, whatever dc_backend_limit chose            */
    bool takes_packed; /* runs models that were read packed                             */
    /* Owns: close. DC_EUNSUPPORTED when the engine is not there or cannot run the model. */
    dc_status (*open)(void **out, const dc_model *model, const dc_engine_settings *settings);
    /* Outputs y (n, n_outputs) of a batch's samples. */
    dc_status (*run)(void *opened, const dc_batch *batch, float *y);
    void (*close)(void *opened); /* NULL is fine */
    /* NULL: it has no choice. */
    dc_status (*explain)(dc_engine_choices *out, const void *opened, const dc_model *model);
} dc_engine;
const dc_engine *dc_engine_at(uint32_t index); /* NULL after the last; 0 is the default */
const dc_engine *dc_engine_named(const char *name); /* NULL when there is no such */
extern const char dc_engine_words[];                /* "float|bf16|..." in the table's order */

#ifdef __cplusplus
}
#endif
#endif
