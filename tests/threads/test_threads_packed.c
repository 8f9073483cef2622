/* SPDX-License-Identifier: MIT
 *
 * Predictors with weights as they are kept, in several threads at once on one model. These need
 * oneDNN, which no sanitizer looks into: its own threads stay out of this (OMP_NUM_THREADS=1), and
 * ours are those of the pool, which sparse products and parts of batches are shared out to.
 */
#include "crew.h"

#include "dcomp/nn.h"

#define N_THREADS 4u
#define N_SAMPLES 150u /* parts of 64, and a short one */
#define N_INPUTS (2 * 9 * 9)
#define N_OUTPUTS 5

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[2,9,9]},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":16,\"kernel\":3},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":300},"
    "{\"name\":\"relu2\",\"op\":\"relu\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";

typedef struct shared_model {
    dc_model *model;
    float x[N_SAMPLES * N_INPUTS];
    float y[2][N_SAMPLES * N_OUTPUTS]; /* of packed and auto, as one thread had them */
    uint32_t n_samples;
} shared_model;

static shared_model shared;

static const dc_packing packings[] = { DC_PACKING_ALL, DC_PACKING_AUTO };

static void begin(shared_model *s)
{
    dc_json *json;
    assert_ok(dc_json_parse(&json, architecture, strlen(architecture), "architecture"));
    assert_ok(dc_model_from_arch(&s->model, json, "architecture"));
    dc_json_free(json);
    dc_model_init(s->model, DC_INIT_HE, 5);
    for (uint32_t i = 0; i < s->model->n_params; i++) {
        dc_param *param = &s->model->params[i];
        for (uint64_t k = 0; k < param->n_values; k++)
            if (dc_role_is_weight(param->role) && k * 7 % 20 > 0)
                param->values[k] = 0;
    }
    for (uint32_t i = 0; i < DC_COUNT_OF(s->x); i++)
        s->x[i] = (float)(i % 23) / 23 - 0.3f;
}

static dc_status predict(float *y, const shared_model *s, dc_packing packing)
{
    dc_predictor *p;
    DC_TRY(dc_predictor_new_packed(&p, s->model, s->n_samples, packing));
    dc_status status = dc_predict(p, s->x, s->n_samples, y);
    if (status == DC_OK)
        status = dc_predict(p, s->x, s->n_samples, y);
    dc_predictor_free(p);
    return status;
}

static bool is_near(const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(a[i] - b[i] < 1e-4f && b[i] - a[i] < 1e-4f))
            return false;
    return true;
}

static dc_status run_the_model(void *payload, uint64_t index)
{
    const shared_model *s = payload;
    const uint32_t which = index % 2;
    float y[N_SAMPLES * N_OUTPUTS];
    for (int turn = 0; turn < 3; turn++) {
        DC_TRY(predict(y, s, packings[which]));
        CREW_EXPECT(is_near(y, s->y[which], s->n_samples * N_OUTPUTS));
    }
    return DC_OK;
}

static void one_model_is_multiplied_as_kept_by_many_threads(void **state)
{
    static const uint32_t batches[] = { 1, 20, N_SAMPLES };
    shared_model *s = &shared;
    (void)state;
    begin(s);
    for (size_t i = 0; i < DC_COUNT_OF(batches); i++) {
        s->n_samples = batches[i];
        for (uint32_t k = 0; k < 2; k++)
            assert_ok(predict(s->y[k], s, packings[k]));
        crew_run(N_THREADS, run_the_model, s);
    }
    dc_model_free(s->model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_model_is_multiplied_as_kept_by_many_threads),
    };
    if (strncmp(dc_backend_text(), "onednn", 6) != 0)
        return 0; /* there are no sparse products */
    dc_pool_set_jobs(3);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
