/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

/* A convolution of 2 x 1 x 3 x 3 and a linear layer of 3 x 32. */
#define LAYERS                                                   \
    "{'name':'c','op':'conv','n_outputs':2,'kernel':3,'pad':1}," \
    "{'name':'f','op':'linear','n_outputs':3}"

typedef struct net_case {
    foreign_case file;
    dc_model *model;
} net_case;

/* What is to be wrong in an otherwise good file. */
typedef struct damage {
    uint32_t n_conv;    /* entries of the convolution; 0: 3, as there are */
    float first;        /* of the codebook                                */
    float bias;         /* of the convolution                             */
    uint8_t gap;        /* of the second entry; 0: 15, as it is           */
    int n_cut, n_added; /* bytes at the end                               */
} damage;

/* conv entries: place 1 code 5, place 17 (a filler would stand at 17), ...: gaps 1, 15 ... */
static void put_net(dc_writer *w, const damage *d)
{
    dc_put_u32(w, d->n_conv != 0 ? d->n_conv : 3);
    dc_put_u32(w, 4);
    for (uint32_t i = 0; i < 256; i++)
        dc_put_f32(w, i == 0 ? d->first : (float)i / 8);
    dc_put_f32(w, d->bias);
    dc_put_f32(w, -2);
    dc_put_bytes(w, "\x05\x00\xff", 3);
    /* gaps 1, 14, 0: places 1, 16 and 17 */
    dc_put_u8(w, (uint8_t)(0x01 | (d->gap != 0 ? d->gap : 14) << 4));
    dc_put_u8(w, 0x00);
    for (uint32_t i = 0; i < 16; i++)
        dc_put_f32(w, -(float)i);
    for (uint32_t i = 0; i < 3; i++)
        dc_put_f32(w, (float)i);
    dc_put_bytes(w, "\x21\x0f", 2); /* codes 1, 2, 15, 0 */
    dc_put_bytes(w, "\xf0\x3f", 2); /* gaps 0, 15, 15, 3: places 0, 16, 32, 36 */
    for (int i = 0; i < d->n_added; i++)
        dc_put_u8(w, 0);
    w->size -= (uint64_t)d->n_cut;
}

static dc_status import_net(net_case *c, const damage *d, const char *layers)
{
    case_begin(&c->file, ".net");
    put_net(&c->file.file, d);
    c->model = net_of(layers);
    return import_case(c->model, &c->file);
}

static void end(net_case *c)
{
    dc_model_free(c->model);
    case_end(&c->file);
}

static void entries_are_decoded_to_their_places(void **state)
{
    (void)state;
    net_case c;
    assert_ok(import_net(&c, &(damage){ .bias = 7 }, LAYERS));
    const dc_param *conv = &c.model->params[0], *bias = &c.model->params[1];
    const dc_param *linear = &c.model->params[2];
    for (uint64_t i = 0; i < 18; i++)
        assert_near(conv->values[i], i == 1 ? 5.0 / 8 : i == 17 ? 255.0 / 8 : 0, 0);
    assert_near(bias->values[0], 7, 0);
    assert_near(bias->values[1], -2, 0);
    for (uint64_t i = 0; i < 96; i++)
        assert_near(linear->values[i], i == 0 ? -1 : i == 16 ? -2 : i == 32 ? -15 : 0, 0);
    assert_true(conv->is_shared && conv->is_pruned && linear->is_shared && linear->is_pruned);
    assert_false(bias->is_shared || bias->is_pruned);
    end(&c);
}

static void refuses(const damage *d, dc_status code, const char *layers, const char *text)
{
    net_case c;
    assert_fails(code, import_net(&c, d, layers));
    says(text);
    end(&c);
}

static void lies_are_found(void **state)
{
    (void)state;
    refuses(&(damage){ .n_conv = 19 }, DC_ECORRUPT, LAYERS,
            "19 entries for the 18 weights of 'c'");
    refuses(&(damage){ .n_conv = 4 }, DC_ECORRUPT, LAYERS, "bytes, but its counts");
    refuses(&(damage){ .n_cut = 1 }, DC_ECORRUPT, LAYERS, "bytes, but its counts");
    refuses(&(damage){ .n_added = 1 }, DC_ECORRUPT, LAYERS, "bytes, but its counts");
    refuses(&(damage){ .n_cut = 1120 }, DC_ECORRUPT, LAYERS, "left in");
    refuses(&(damage){ .first = 1 }, DC_ECORRUPT, LAYERS, "c: codebook entry 0 is 1 and not 0");
    refuses(&(damage){ .bias = (float)INFINITY }, DC_ECORRUPT, LAYERS, "bias 0 is not finite");
    refuses(&(damage){ .first = (float)NAN }, DC_ECORRUPT, LAYERS,
            "codebook entry 0 is not finite");
    refuses(&(damage){ .gap = 15 }, DC_ECORRUPT, LAYERS, "entry 2 stands past the 18 weights");
}

static void networks_that_do_not_fit_are_named(void **state)
{
    (void)state;
    refuses(&(damage){ .bias = 0 }, DC_EINPUT, "{'name':'b','op':'batch_norm'}," LAYERS,
            "'b' (batch_norm) has parameters");
    refuses(&(damage){ .bias = 0 }, DC_EINPUT, "{'name':'r','op':'relu'}", "no layer");
    refuses(&(damage){ .bias = 0 }, DC_ECORRUPT, LAYERS ",{'name':'g','op':'linear','n_outputs':3}",
            "3 layers make");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_decoded_to_their_places),
        cmocka_unit_test(lies_are_found),
        cmocka_unit_test(networks_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
