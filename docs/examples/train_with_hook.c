/* SPDX-License-Identifier: MIT
 *
 * Trains an architecture on drawn digits with a hook that keeps every weight within a limit, and
 * writes the model.
 *
 *     train_with_hook ARCH.json LIMIT OUT.dcm      ARCH.json as models/lenet-300-100.json
 */
#include <dcomp/dcomp.h>
#include <stdio.h>
#include <stdlib.h>

static dc_status limit_weights(void *payload, dc_trained *trained)
{
    const float limit = *(const float *)payload;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_trained_param *p = &trained->params[i];
        for (uint64_t e = 0; e < p->n; e++)
            p->w[e] = DC_MAX(-limit, DC_MIN(limit, p->w[e]));
        p->is_changed = p->n > 0;
    }
    return DC_OK;
}

/* How many samples of each class there are. */
static dc_status count_classes(const dc_source *source)
{
    dc_loader *loader = NULL;
    dc_batch batch;
    uint32_t counts[10] = { 0 };
    DC_TRY(dc_loader_new(&loader, source, &(dc_loader_settings){ .batch_size = 64 }));
    dc_status status = dc_loader_next(&batch, loader);
    while (status == DC_OK && batch.n > 0) {
        for (uint32_t i = 0; i < batch.n; i++)
            counts[batch.target.classes[i] % 10]++;
        status = dc_loader_next(&batch, loader);
    }
    dc_loader_free(loader);
    printf("%u zeros among %llu samples\n", (unsigned)counts[0],
           (unsigned long long)source->n_samples);
    return status;
}

static dc_status train(dc_model *model, const dc_source *part, float *limit)
{
    const dc_train_hook hook = { .name = "limit", .payload = limit, .after_update = limit_weights };
    const dc_train_hooks hooks = { 1, &hook };
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    settings.n_epochs = 2;
    dc_model_init(model, DC_INIT_XAVIER, 1);
    DC_TRY(dc_trainer_new(&trainer, model, part, &settings, &hooks, NULL));
    dc_status status = DC_OK;
    for (uint32_t epoch = 0; epoch < settings.n_epochs && status == DC_OK; epoch++)
        status = dc_trainer_epoch(&stats, trainer);
    if (status == DC_OK)
        status = dc_trainer_sync(trainer);
    dc_trainer_free(trainer);
    return status;
}

/* Trains on the first 1,600 of 2,000 samples in an order drawn by a seed; the others judge. */
static dc_status run(dc_model *model, float *limit, const char *path)
{
    dc_source *all = NULL, *part = NULL, *held_out = NULL;
    dc_score score = { 0 };
    dc_status status = dc_data_open(&all, "digits:2000", DC_SPLIT_TRAIN, &model->input, 0, 1);
    if (status == DC_OK)
        status = dc_source_part(&part, all, 0, 1600, 1);
    if (status == DC_OK)
        status = dc_source_part(&held_out, all, 1600, 400, 1);
    if (status == DC_OK)
        status = count_classes(part);
    if (status == DC_OK)
        status = train(model, part, limit);
    if (status == DC_OK)
        status = dc_evaluate(&score, model, held_out, 64, DC_PRECISION_F32);
    if (status == DC_OK) {
        printf("error %.1f %% of %llu samples held out\n", 100 * score.top1_error,
               (unsigned long long)score.n_samples);
        const dc_write_settings as_coded = { .level = DC_LEVEL_CODED };
        status = dc_model_write(path, model, &as_coded, true, NULL, NULL);
    }
    dc_source_close(held_out);
    dc_source_close(part);
    dc_source_close(all);
    return status;
}

int main(int n_args, char **args)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    if (n_args != 4) {
        fprintf(stderr, "usage: %s ARCH.json LIMIT OUT.dcm\n", args[0]);
        return 2;
    }
    float limit = strtof(args[2], NULL);
    dc_status status = dc_json_read(&json, args[1]);
    if (status == DC_OK)
        status = dc_model_from_arch(&model, json, args[1]);
    if (status == DC_OK)
        status = run(model, &limit, args[3]);
    dc_model_free(model);
    dc_json_free(json);
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    return status < 0;
}
