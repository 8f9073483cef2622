/* SPDX-License-Identifier: MIT
 *
 * What an import took for pruned or shared: training will keep those zeros zero and those values
 * equal, so the user is shown each layer, and how to have it otherwise.
 */
#include "import_marks.h"

#include <stdio.h>

#define MANY_ZEROS 0.01 /* share of a layer's weights that is worth a line */
#define CHOICES "auto|always|never"

const dc_field cli_marks_fields[] = {
    { .name = "keep_zeros", .kind = DC_FIELD_CHOICE,
      .offset = offsetof(dc_import_settings, keep_zeros), .choices = CHOICES,
      .help = "weights that are 0 are pruned and stay 0; auto: as the file says, or a quarter of "
              "a layer" },
    { .name = "keep_shared", .kind = DC_FIELD_CHOICE,
      .offset = offsetof(dc_import_settings, keep_shared), .choices = CHOICES,
      .help = "layers of at most 256 distinct values are shared; auto: as the file says, or few" },
    { 0 },
};

typedef struct findings {
    double zero_share;
    uint32_t n_distinct; /* when shared */
    bool is_worth_a_line;
} findings;

static findings look_at(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    findings f = { 0 };
    const uint64_t n_zero = param->n_values - dc_param_n_nonzero(param);
    f.zero_share = (double)n_zero / (double)param->n_values;
    f.is_worth_a_line = param->is_pruned || param->is_shared ||
                        (param->role == DC_ROLE_WEIGHT && f.zero_share >= MANY_ZEROS);
    if (param->is_shared)
        (void)dc_codebook_find(codebook, &f.n_distinct, param->values, param->n_values,
                               DC_MAX_CODEBOOK, false);
    return f;
}

static void add_line(dc_document *d, const dc_param *param, const findings *f)
{
    const bool has_zeros = param->is_pruned || f->zero_share >= MANY_ZEROS;
    dc_document_text(d, "%s  ", param->name);
    if (param->is_pruned)
        dc_document_text(d, "%.1f %% zeros taken as pruned", 100 * f->zero_share);
    else if (has_zeros)
        dc_document_text(d, "%.1f %% zeros not taken as pruned (--keep-zeros always keeps them)",
                         100 * f->zero_share);
    if (param->is_shared)
        dc_document_text(d, "%s%u distinct value%s taken as shared", has_zeros ? ", " : "",
                         f->n_distinct, dc_plural(f->n_distinct));
    dc_document_text(d, "\n");
}

void cli_add_marks(dc_document *d, const dc_model *model, bool is_shown)
{
    dc_json *marks = dc_json_add_array(d->at, "marks");
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const findings f = look_at(param);
        if (!f.is_worth_a_line)
            continue;
        dc_json *mark = dc_json_add_object(marks, NULL);
        dc_json_add_text(mark, "name", param->name);
        dc_json_add_bool(mark, "is_pruned", param->is_pruned);
        dc_json_add_bool(mark, "is_shared", param->is_shared);
        dc_json_add_number(mark, "zero_share", f.zero_share);
        if (param->is_shared)
            dc_json_add_u64(mark, "n_distinct", f.n_distinct);
        if (is_shown)
            add_line(d, param, &f);
    }
}
