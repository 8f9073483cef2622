/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

#define FC "{'name':'fc','op':'linear','n_outputs':2}"
#define NORM "{'name':'bn','op':'batch_norm'},{'name':'p','op':'prelu'},"
#define CONV "{'name':'c','op':'conv','n_outputs':2,'kernel':1},"

/* A file with `header` (single quotes for double ones) and n bytes of data: 0, 1, 2, ... as
 * floats. */
static dc_status import_text(dc_model *model, const char *header, uint32_t n_data)
{
    foreign_case c;
    case_begin(&c, ".safetensors");
    dc_put_u64(&c.file, strlen(header));
    for (const char *at = header; *at != '\0'; at++)
        dc_put_u8(&c.file, (uint8_t)(*at == '\'' ? '"' : *at));
    for (uint32_t i = 0; i < n_data / 4; i++)
        dc_put_f32(&c.file, (float)i);
    for (uint32_t i = 0; i < n_data % 4; i++)
        dc_put_u8(&c.file, 0);
    const dc_status status = import_case(model, &c);
    case_end(&c);
    return status;
}

static void refuses(dc_status code, const char *layers, const char *header, uint32_t n_data,
                    const char *text)
{
    dc_model *model = net_of(layers);
    assert_fails(code, import_text(model, header, n_data));
    says(text);
    dc_model_free(model);
}

static void tensors_fill_parameters_in_any_order(void **state)
{
    (void)state;
    dc_model *model = net_of(FC);
    assert_ok(import_text(model,
                          "{'fc.bias':{'dtype':'F32','shape':[2],'data_offsets':[128,136]},"
                          "'__metadata__':{'a':'b'},"
                          "'fc.weight':{'data_offsets':[0,128],'shape':[2,16],'dtype':'F32'}}",
                          136));
    for (uint32_t i = 0; i < 32; i++)
        assert_near(model->params[0].values[i], i, 0);
    assert_near(model->params[1].values[1], 33, 0);
    assert_false(model->params[0].is_shared || model->params[0].is_pruned);
    dc_model_free(model);
}

static void pytorchs_names_and_a_common_prefix_are_known(void **state)
{
    (void)state;
    dc_model *model = net_of(NORM "{'name':'k','op':'constant','dims':[1,4,4]},"
                                  "{'name':'s','op':'add','inputs':['p','k']}");
    assert_ok(import_text(
        model,
        "{'module.m.bn.weight':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
        "'module.m.bn.bias':{'dtype':'F32','shape':[1],'data_offsets':[4,8]},"
        "'module.m.bn.running_mean':{'dtype':'F32','shape':[1],'data_offsets':[8,12]},"
        "'module.m.bn.running_var':{'dtype':'F32','shape':[1],'data_offsets':[12,16]},"
        "'module.m.bn.num_batches_tracked':{'dtype':'I64','shape':[],'data_offsets':[16,24]},"
        "'module.m.p.weight':{'dtype':'F32','shape':[1],'data_offsets':[24,28]},"
        "'module.m.k':{'dtype':'F32','shape':[1,4,4],'data_offsets':[28,92]}}",
        92));
    for (uint32_t i = 0; i < 4; i++)
        assert_near(model->params[i].values[0], i, 0);
    assert_near(dc_model_param(model, "p.slope")->values[0], 6, 0);
    assert_near(dc_model_param(model, "k.value")->values[15], 22, 0);
    dc_model_free(model);
}

static void one_slope_is_that_of_all_channels(void **state)
{
    (void)state;
    dc_model *model = net_of(CONV "{'name':'p','op':'prelu'}");
    assert_ok(import_text(model,
                          "{'c.weight':{'dtype':'F32','shape':[2,1,1,1],'data_offsets':[0,8]},"
                          "'c.bias':{'dtype':'F32','shape':[2],'data_offsets':[8,16]},"
                          "'p.weight':{'dtype':'F32','shape':[1],'data_offsets':[16,20]}}",
                          20));
    assert_near(model->params[2].values[0], 4, 0);
    assert_near(model->params[2].values[1], 4, 0);
    dc_model_free(model);
}

static void other_number_types_are_converted(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = net_of("{'name':'bn','op':'batch_norm'}");
    const char *header =
        "{\"bn.scale\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
        "\"bn.shift\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[8,10]},"
        "\"bn.mean\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[10,12]},"
        "\"bn.variance\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}";
    case_begin(&c, ".safetensors");
    dc_put_u64(&c.file, strlen(header));
    dc_put_bytes(&c.file, header, strlen(header));
    dc_put_u64(&c.file, UINT64_C(0x3fd5555555555555)); /* 1/3 */
    dc_put_u16(&c.file, dc_f16_from_f32(-1.5f));
    dc_put_u16(&c.file, 0x4049); /* 3.140625 */
    dc_put_f32(&c.file, 1e30f);
    assert_ok(import_case(model, &c));
    assert_near(model->params[0].values[0], 1.0f / 3, 0);
    assert_near(model->params[1].values[0], -1.5, 0);
    assert_near(model->params[2].values[0], 3.140625, 0);
    assert_near(model->params[3].values[0], 1e30f, 0);
    case_end(&c);
    dc_model_free(model);
}

static void what_is_missing_left_over_or_of_another_shape_is_named(void **state)
{
    (void)state;
    refuses(DC_EINPUT, FC, "{'fc.weight':{'dtype':'F32','shape':[2,16],'data_offsets':[0,128]}}",
            128, "no tensor for 'fc.bias' (1 are missing)");
    refuses(DC_EINPUT, FC, "{'g.weight':{'dtype':'F32','shape':[2,16],'data_offsets':[0,128]}}",
            128, "no tensor for 'fc.weight' (2 are missing, 1 left over, as 'weight')");
    refuses(DC_EINPUT, FC,
            "{'fc.weight':{'dtype':'F32','shape':[16,2],'data_offsets':[0,128]},"
            "'fc.bias':{'dtype':'F32','shape':[2],'data_offsets':[128,136]}}",
            136, "'fc.weight' is 16x2, the network's is 2x16");
    refuses(DC_EINPUT, FC,
            "{'fc.weight':{'dtype':'F32','shape':[2,16],'data_offsets':[0,128]},"
            "'more':{'dtype':'F32','shape':[],'data_offsets':[136,140]},"
            "'fc.bias':{'dtype':'F32','shape':[2],'data_offsets':[128,136]}}",
            140, "the network has no 'more' (1 tensors left over)");
    refuses(DC_EUNSUPPORTED, FC,
            "{'fc.weight':{'dtype':'I8','shape':[2,16],'data_offsets':[0,32]},"
            "'fc.bias':{'dtype':'F32','shape':[2],'data_offsets':[32,40]}}",
            40, "'fc.weight' has numbers of type I8");
}

static void no_architecture_is_an_error(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = NULL;
    const char *format = "";
    case_begin(&c, ".safetensors");
    dc_put_u64(&c.file, 2);
    dc_put_bytes(&c.file, "{}", 2);
    assert_ok(dc_file_write(c.path, c.file.data, c.file.size, true));
    assert_fails(DC_EINPUT, dc_import(&model, c.path));
    says("an architecture is needed");
    assert_ok(dc_import_format(&format, c.path));
    assert_string_equal(format, "safetensors");
    case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_fill_parameters_in_any_order),
        cmocka_unit_test(pytorchs_names_and_a_common_prefix_are_known),
        cmocka_unit_test(one_slope_is_that_of_all_channels),
        cmocka_unit_test(other_number_types_are_converted),
        cmocka_unit_test(what_is_missing_left_over_or_of_another_shape_is_named),
        cmocka_unit_test(no_architecture_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
