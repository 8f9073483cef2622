/* SPDX-License-Identifier: MIT
 *
 * Names of classes: how many outputs there are, a list of names, names of folders with a picture in
 * each. A list that is read survives the model file, and is what names the classes of the folders:
 * each is a class of the model, no two folders the same one.
 */
#include "fuzz_same.h"

#include "dcomp/data.h"
#include "dcomp/format.h"

#define MAX_FOLDERS 6u
#define MAX_FOLDER_NAME 40u

static const fuzz_layout layout = { .n_options = 1, .n_parts = 2 };

/* `n` outputs for a picture of 2 x 2. */
static dc_model *network(uint32_t n)
{
    dc_input input = { .channels = DC_CHANNELS_GREY, .scale = { 1, 1, 1, 1 } };
    const uint32_t before = 0;
    double attrs[DC_N_ATTRS] = { 0 };
    dc_model *model = NULL;
    input.shape = dc_shape_of(3, 1, 2, 2, 0);
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = n;
    FUZZ_CHECK(dc_model_new(&model, "net", &input) == DC_OK);
    FUZZ_CHECK(dc_model_add(model, "fc", DC_OP_LINEAR, &before, 1, attrs, true) == DC_OK);
    return model;
}

/* A folder in `root` for each line that can be one's name. */
static uint32_t make_folders(const char *root, const fuzz_part *lines)
{
    char path[256];
    uint32_t n = 0;
    fuzz_folder_empty(root);
    for (const uint8_t *at = lines->data, *end = at + lines->n; at < end && n < MAX_FOLDERS;) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        snprintf(path, sizeof path, "%s/%.*s", root, (int)DC_MIN(stop - at, MAX_FOLDER_NAME),
                 (const char *)at);
        const char *name = path + strlen(root) + 1;
        at = stop + 1;
        if (name[0] == '\0' || strchr(name, '/') != NULL || dc_file_exists(path) ||
            dc_folder_make(path) < 0)
            continue;
        strcat(path, "/a.png");
        fuzz_picture(path);
        n++;
    }
    return n;
}

static void check_classes(const dc_source *source, uint32_t n_outputs)
{
    int32_t labels[MAX_FOLDERS];
    float x[4];
    FUZZ_CHECK(source->n_samples <= MAX_FOLDERS && source->is_labelled);
    for (uint64_t i = 0; i < source->n_samples; i++) {
        FUZZ_CHECK(source->read(source, &i, 1, 0, x, &labels[i]) == DC_OK);
        FUZZ_CHECK(labels[i] >= 0 && (uint32_t)labels[i] < n_outputs);
        for (uint64_t j = 0; j < i; j++)
            FUZZ_CHECK(labels[i] != labels[j]);
    }
}

static void try_folders(const dc_model *model, const fuzz_part *lines)
{
    char root[128], spec[160];
    dc_source *source = NULL;
    snprintf(root, sizeof root, "%s/classes", fuzz_folder());
    snprintf(spec, sizeof spec, "folder:%s", root);
    FUZZ_CHECK(dc_folder_make(root) == DC_OK);
    const dc_data_request request = { .spec = spec,
                                      .input = &model->input,
                                      .n_classes = dc_model_n_outputs(model),
                                      .n_class_names = model->n_class_names,
                                      .class_names =
                                          model->n_class_names > 0 ? model->class_names : NULL };
    (void)make_folders(root, lines);
    if (dc_data_request_open(&source, &request) == DC_OK) {
        check_classes(source, request.n_classes);
        dc_source_close(source);
    }
    if (fuzz_fault_begin(lines->data, lines->n)) {
        const dc_status status = dc_data_request_open(&source, &request);
        fuzz_fault_end();
        if (status == DC_OK)
            dc_source_close(source);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    const bool wants_folders = data[0] & 0x80;
    dc_pool_set_jobs(1);
    dc_model *model = network(1 + data[0] % 8);
    if (dc_class_names_read(model, parts[0].data, parts[0].n, "names.txt") == DC_OK)
        fuzz_check_file(model);
    else
        FUZZ_CHECK(model->n_class_names == 0);
    if (wants_folders)
        try_folders(model, &parts[1]);
    if (fuzz_fault_begin(data, n)) {
        const dc_status status =
            dc_class_names_read(model, parts[0].data, parts[0].n, "names.txt");
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    }
    dc_model_free(model);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
