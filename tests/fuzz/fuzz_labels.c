/* SPDX-License-Identifier: MIT
 *
 * labels.txt of a folder of pictures: a byte of options, the model's class names, the file. There
 * are a few pictures with names of all sorts. What opens is files that are there and classes that
 * the model has, the same at the second opening; and dc_data_files names each of the files.
 */
#include "fuzz.h"

#include "dcomp/data.h"

#define MAX_CLASSES 8u

static const fuzz_layout layout = { .n_options = 1, .n_parts = 2 };
static const char *const pictures[] = { "a.png", "b c.png", "1.png",       "images/d.png",
                                        "x",     "cat 1",   "images/a.png" };
static const dc_input input = { .shape = { 3, { 1, 2, 2 } },
                                .channels = DC_CHANNELS_GREY,
                                .scale = { 1, 1, 1, 1 } };

static void make_pictures(void)
{
    static bool is_done;
    char path[256];
    snprintf(path, sizeof path, "%s/images", fuzz_folder());
    FUZZ_CHECK(is_done || dc_folder_make(path) == DC_OK);
    for (size_t i = 0; !is_done && i < DC_COUNT_OF(pictures); i++) {
        snprintf(path, sizeof path, "%s/%s", fuzz_folder(), pictures[i]);
        fuzz_picture(path);
    }
    is_done = true;
}

/* Lines of the text, MAX_CLASSES at most. */
static uint32_t split_names(const char *names[MAX_CLASSES], const fuzz_part *text, dc_arena *arena)
{
    uint32_t n = 0;
    for (const uint8_t *at = text->data, *end = at + text->n; at < end && n < MAX_CLASSES;) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        names[n++] = dc_arena_print(arena, "%.*s", (int)(stop - at), (const char *)at);
        at = stop + 1;
    }
    return n;
}

/* ---- files that were named ---- */

typedef struct search {
    const char *path;
    bool found;
} search;

static dc_status look_for(void *payload, const char *path)
{
    search *s = payload;
    s->found = s->found || strcmp(s->path, path) == 0;
    return DC_OK;
}

static void check_samples(const dc_source *source, const dc_data_request *request)
{
    for (uint64_t i = 0; i < source->n_samples && i < 8; i++) {
        search s = { .path = dc_data_file(source, i) };
        int32_t label = -1;
        float x[4];
        FUZZ_CHECK(s.path != NULL && dc_file_exists(s.path));
        FUZZ_CHECK(dc_data_files(request->spec, look_for, &s) == DC_OK && s.found);
        FUZZ_CHECK(source->is_labelled);
        const dc_status status = source->read(source, &i, 1, 0, x, &label);
        FUZZ_CHECK(status == DC_OK || request->is_strict);
        if (status < 0 || label == DC_UNREADABLE) /* a folder, or labels.txt itself */
            continue;
        FUZZ_CHECK(label >= 0);
        FUZZ_CHECK(request->n_classes == 0 || (uint32_t)label < request->n_classes);
        FUZZ_CHECK(request->n_classes > 0 || (uint32_t)label < source->n_classes);
    }
}

static void try(const dc_data_request *request)
{
    dc_source *source = NULL, *again = NULL;
    const dc_status status = dc_data_request_open(&source, request);
    if (status < 0)
        return;
    FUZZ_CHECK(dc_data_request_open(&again, request) == DC_OK);
    FUZZ_CHECK(again->n_samples == source->n_samples && again->n_samples > 0);
    for (uint64_t i = 0; i < source->n_samples; i++)
        FUZZ_CHECK(strcmp(dc_data_file(source, i), dc_data_file(again, i)) == 0);
    check_samples(source, request);
    dc_source_close(source);
    dc_source_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    dc_arena arena = { 0 };
    const char *names[MAX_CLASSES];
    char spec[128];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    make_pictures();
    fuzz_file("labels.txt", parts[1].data, parts[1].n);
    snprintf(spec, sizeof spec, "images:%s", fuzz_folder());
    const uint32_t n_names = split_names(names, &parts[0], &arena);
    const dc_data_request request = { .spec = spec,
                                      .input = &input,
                                      .limit = data[0] >> 4 & 3,
                                      .n_classes = data[0] & 1 ? n_names : data[0] >> 6,
                                      .n_class_names = data[0] & 1 ? n_names : 0,
                                      .class_names = data[0] & 1 ? names : NULL,
                                      .is_strict = data[0] & 2 };
    try(&request);
    if (fuzz_fault_begin(data, n)) {
        dc_source *source = NULL;
        const dc_status status = dc_data_request_open(&source, &request);
        fuzz_fault_end();
        if (status == DC_OK)
            dc_source_close(source);
    }
    dc_arena_clear(&arena);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
