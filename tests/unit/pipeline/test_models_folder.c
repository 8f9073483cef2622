/* SPDX-License-Identifier: MIT
 *
 * The architectures and recipes of models/: every one is listed here, has the number of trainable
 * parameters that its papers say, and a recipe's patterns match the network it is for.
 */
#include "test.h"

#include "dcomp/pipeline.h"

#define FOLDER DCOMP_SOURCE_DIR "/models"

/* Statistics of batch norm are not trained and not counted. */
static const struct {
    const char *name;
    uint64_t n_trained;
    uint32_t n_classes;
} nets[] = {
    { "alexnet", 60965224, 1000 },       { "char-lstm", 2512737, 64 * 65 },
    { "digits-lstm", 53578, 10 },        { "googlenet", 6624904, 1000 },
    { "lenet-300-100", 266610, 10 },     { "lenet-5", 431080, 10 },
    { "mobilenet-v1", 4231976, 1000 },   { "resnet-18", 11689512, 1000 },
    { "resnet-50", 25557032, 1000 },     { "squeezenet-1.0", 1248424, 1000 },
    { "squeezenet-1.1", 1235496, 1000 }, { "vgg-16", 138357544, 1000 },
    { "words-lstm", 5174200, 20 * 3000 },
};

static const struct {
    const char *recipe, *net;
} recipes[] = {
    { "alexnet-2016", "alexnet" },
    { "demo", "lenet-5" },
    { "lenet-300-100", "lenet-300-100" },
    { "lenet-300-100-2016", "lenet-300-100" },
    { "lenet-5", "lenet-5" },
    { "lenet-5-2016", "lenet-5" },
    { "squeezenet-1.0-340k", "squeezenet-1.0" },
    { "squeezenet-1.0-360k", "squeezenet-1.0" },
    { "squeezenet-1.0-390k", "squeezenet-1.0" },
    { "squeezenet-1.0-430k", "squeezenet-1.0" },
    { "vgg-16-2016", "vgg-16" },
};

static dc_json *json_of(const char *path)
{
    dc_json *json = NULL;
    assert_ok(dc_json_read(&json, path));
    return json;
}

static dc_model *net_of(const char *name)
{
    char path[512];
    dc_model *model = NULL;
    snprintf(path, sizeof path, FOLDER "/%s.json", name);
    dc_json *json = json_of(path);
    assert_ok(dc_model_from_arch(&model, json, path));
    assert_string_equal(model->name, name);
    dc_json_free(json);
    return model;
}

static uint64_t n_trained(const dc_model *model)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].role != DC_ROLE_MEAN && model->params[i].role != DC_ROLE_VARIANCE)
            n += model->params[i].n_values;
    return n;
}

static void networks_have_the_parameters_of_their_papers(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(nets); i++) {
        dc_model *model = net_of(nets[i].name);
        if (n_trained(model) != nets[i].n_trained)
            fail_msg("%s: %llu parameters", nets[i].name, (unsigned long long)n_trained(model));
        assert_int_equal(dc_model_n_classes(model), nets[i].n_classes);
        dc_model_free(model);
    }
}

/* Printed and read once more, a network is the same. */
static void networks_survive_being_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(nets); i++) {
        dc_arena arena = { 0 };
        const char *first, *second;
        dc_json *json = NULL;
        dc_model *model = net_of(nets[i].name), *again = NULL;
        assert_ok(dc_model_to_arch(&first, model, &arena));
        assert_ok(dc_json_parse(&json, first, strlen(first), "printed"));
        assert_ok(dc_model_from_arch(&again, json, "printed"));
        assert_ok(dc_model_to_arch(&second, again, &arena));
        assert_string_equal(second, first);
        assert_int_equal(n_trained(again), nets[i].n_trained);
        dc_json_free(json);
        dc_model_free(model);
        dc_model_free(again);
        dc_arena_clear(&arena);
    }
}

/* How many names in a folder end in .json. */
static uint32_t n_json(const char *folder)
{
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n, n_found = 0;
    assert_ok(dc_folder_list(&names, &n, folder, false, &arena));
    for (uint32_t i = 0; i < n; i++)
        n_found += dc_glob_match("*.json", names[i]);
    dc_arena_clear(&arena);
    return n_found;
}

/* Data as far as a recipe is checked against them. */
static dc_source samples = { .is_labelled = true, .text = "samples" };
static const dc_datasets sets = { .train = &samples };

static void every_file_is_tried(void **state)
{
    (void)state;
    assert_int_equal(n_json(FOLDER), DC_COUNT_OF(nets));
    assert_int_equal(n_json(FOLDER "/recipes"), DC_COUNT_OF(recipes));
}

static void recipes_fit_their_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(recipes); i++) {
        char path[512];
        dc_arena arena = { 0 };
        dc_recipe recipe;
        snprintf(path, sizeof path, FOLDER "/recipes/%s.json", recipes[i].recipe);
        dc_json *json = json_of(path);
        dc_model *model = net_of(recipes[i].net);
        assert_ok(dc_recipe_parse(&recipe, json, path, &arena));
        samples.shape = model->nodes[0].shape;
        const dc_status status = dc_recipe_check(&recipe, model, &sets, &arena);
        assert_true(status == DC_OK || (status == DC_EUNSUPPORTED &&
                                         dc_backend_check(DC_PRECISION_BF16) < 0));
        dc_model_free(model);
        dc_json_free(json);
        dc_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_have_the_parameters_of_their_papers),
        cmocka_unit_test(networks_survive_being_printed),
        cmocka_unit_test(every_file_is_tried),
        cmocka_unit_test(recipes_fit_their_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
