/* SPDX-License-Identifier: MIT
 *
 * resize as ONNX: by scales, since sizes would have to say the batch.
 */
#include <math.h>

#include "onnx_emission.h"

/* As float32 it must still lead to as many pixels, rounded down. */
static double scale_of(const emission *m, uint32_t axis)
{
    const double said = dc_node_number(m->node, (dc_attr)(DC_ATTR_SCALE_H + axis));
    const double n = input_shape(m, 0)->dims[1 + axis], size = m->node->shape.dims[1 + axis];
    float scale = (float)(said > 0 ? said : size / n);
    while ((double)scale * n < size && said == 0)
        scale = nextafterf(scale, INFINITY);
    return (double)scale;
}

void onnx_emit_resize(const emission *m)
{
    static const char *const places[] = { "half_pixel", "asymmetric", "align_corners",
                                          "pytorch_half_pixel" };
    static const char *const roundings[] = { "round_prefer_floor", "round_prefer_ceil", "floor",
                                             "ceil" };
    const double scales[] = { 1, 1, scale_of(m, 0), scale_of(m, 1) };
    const char *tensor = onnx_numbers(m->e, m->index, "scales", scales, 2 + m->n_sides);
    onnx_begin(m->e, "Resize", m->out);
    onnx_input(m->e, m->in);
    onnx_input(m->e, "");
    onnx_input(m->e, tensor);
    onnx_attr_text(m->e, "mode", whole(m, DC_ATTR_LINEAR) != 0 ? "linear" : "nearest");
    onnx_attr_text(m->e, "coordinate_transformation_mode", places[whole(m, DC_ATTR_PLACES)]);
    onnx_attr_text(m->e, "nearest_mode", roundings[whole(m, DC_ATTR_ROUNDING)]);
    onnx_end(m->e);
}
