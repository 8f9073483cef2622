/* SPDX-License-Identifier: MIT
 *
 * The nine benchmark layers: shapes and densities of table III, wall-clock times of table IV [EIE],
 * batch 1, in microseconds. Dense times are of the uncompressed layer.
 */
#include "dcomp/eie.h"

static const dc_published_layer layers[] = {
    { "Alex-6", 9216, 4096, 0.09, 0.351, 28.1, 30.3,
      { { 7516.2, 3066.5 }, { 541.5, 134.8 }, { 12437.2, 2879.3 } } },
    { "Alex-7", 4096, 4096, 0.09, 0.353, 11.7, 12.2,
      { { 6187.1, 1282.1 }, { 243.0, 65.8 }, { 5765.0, 1256.5 } } },
    { "Alex-8", 4096, 1000, 0.25, 0.375, 8.9, 9.9,
      { { 1134.9, 890.5 }, { 80.5, 54.6 }, { 2252.1, 837.0 } } },
    { "VGG-6", 25088, 4096, 0.04, 0.183, 28.1, 34.4,
      { { 35022.8, 3774.3 }, { 1467.8, 167.0 }, { 35427.0, 4377.2 } } },
    { "VGG-7", 4096, 4096, 0.04, 0.375, 7.9, 8.7,
      { { 5372.8, 545.1 }, { 243.0, 39.8 }, { 5544.3, 626.3 } } },
    { "VGG-8", 4096, 1000, 0.23, 0.411, 7.3, 8.4,
      { { 774.2, 777.3 }, { 80.5, 48.0 }, { 2243.1, 745.1 } } },
    { "NT-We", 4096, 600, 0.10, 1.0, 5.2, 8.0,
      { { 605.0, 261.2 }, { 65, 17.7 }, { 1316, 240.6 } } },
    { "NT-Wd", 600, 8791, 0.11, 1.0, 13.0, 13.9,
      { { 1361.4, 437.4 }, { 90.1, 41.1 }, { 2565.5, 570.6 } } },
    { "NT-LSTM", 1201, 2400, 0.10, 1.0, 6.5, 7.5,
      { { 470.5, 260.0 }, { 51.9, 18.5 }, { 956.9, 315 } } },
};

const dc_published dc_eie_published = {
    .source = "[EIE tables IV, V]",
    .watts = 0.59,
    .platforms = { { "CPU", "i7-5930K", 73.0 },
                   { "GPU", "Titan X", 159.0 },
                   { "mobile GPU", "Tegra K1", 5.1 } },
    .n_layers = DC_COUNT_OF(layers),
    .layers = layers,
};
