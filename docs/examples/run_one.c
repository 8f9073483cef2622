/* SPDX-License-Identifier: MIT
 *
 * Runs one sample through a model file and prints the class with the largest output.
 *
 *     run_one MODEL.dcm          an input of all zeros
 *     run_one MODEL.dcm SPEC     the first sample of a data set, as idx:../mnist or digits
 */
#include <dcomp/dcomp.h>
#include <stdio.h>

static dc_status load_sample(float *x, const dc_model *model, const char *spec)
{
    const uint64_t first = 0;
    dc_source *source = NULL;
    DC_TRY(dc_data_open(&source, spec, DC_SPLIT_TEST, &model->input, 1, 1));
    const dc_status status = source->read(source, &first, 1, 0, x, NULL);
    dc_source_close(source);
    return status;
}

static dc_status run_one(const char *path, const char *spec, dc_arena *arena)
{
    dc_model *model = NULL;
    dc_predictor *predictor = NULL;
    DC_TRY(dc_model_read(&model, path, DC_READ_DENSE, 0, NULL, NULL));
    const uint32_t n_classes = dc_model_n_classes(model);
    float *x = dc_arena_take(arena, dc_shape_count(&model->input.shape), sizeof *x);
    float *y = dc_arena_take(arena, n_classes, sizeof *y);
    dc_status status = arena->status;
    if (status == DC_OK && spec != NULL)
        status = load_sample(x, model, spec);
    if (status == DC_OK)
        status = dc_predictor_new(&predictor, model, 1, DC_PRECISION_F32);
    if (status == DC_OK)
        status = dc_predict(predictor, x, 1, y);
    if (status == DC_OK) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < n_classes; i++)
            best = y[i] > y[best] ? i : best;
        printf("class %u, output %g\n", (unsigned)best, (double)y[best]);
    }
    dc_predictor_free(predictor);
    dc_model_free(model);
    return status;
}

int main(int n_args, char **args)
{
    dc_arena arena = { 0 };
    if (n_args < 2) {
        fprintf(stderr, "usage: %s MODEL.dcm [SPEC]\n", args[0]);
        return 2;
    }
    const dc_status status = run_one(args[1], args[2], &arena);
    dc_arena_clear(&arena);
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    return status < 0;
}
