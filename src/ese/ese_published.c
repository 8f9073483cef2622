/* SPDX-License-Identifier: MIT
 *
 * The LSTM of 153 inputs, 1,024 cells and a projection to 512, batch 32: times by matrix and of the
 * step, in microseconds, and of other machines [ESE]. The paper's density of 11.2 % counts entries,
 * fillers included; 10.5 % of random weights make as many (manual, 7).
 */
#include "dcomp/ese.h"

#define INPUT(name) { name, 153, 1024, 0.105, 1, 2.9, 5.4, { { 0, 0 } } }
#define RECURRENT(name) { name, 512, 1024, 0.105, 1, 9.6, 10.3, { { 0, 0 } } }

static const dc_published_layer layers[] = {
    INPUT("W_ix"), INPUT("W_fx"), INPUT("W_gx"), INPUT("W_ox"),
    RECURRENT("W_ir"), RECURRENT("W_fr"), RECURRENT("W_gr"), RECURRENT("W_or"),
    { "W_ym", 1024, 512, 0.105, 1, 9.7, 10.0, { { 0, 0 } } },
};

static const dc_published_layer whole = {
    "LSTM", 153, 512, 0.105, 1, 57.0, 82.7, { { 6017.3, 3569.9 }, { 240.2, 287.4 } }
};

const dc_published dc_ese_published = {
    .source = "[ESE]",
    .watts = 41,
    .platforms = { { "CPU", "i7-5930K", 111.0, 38.0 },
                   { "GPU", "Titan X (Pascal)", 202.0, 136.0 } },
    .n_layers = DC_COUNT_OF(layers),
    .layers = layers,
    .whole = &whole,
    .n_streams = 32,
    .n_inputs = 153,
    .n_cells = 1024,
    .n_said = 512,
};
