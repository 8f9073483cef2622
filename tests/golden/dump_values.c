/* SPDX-License-Identifier: MIT
 *
 * golden_dump_values [--check VALUES.TXT] FILE...: a line for each parameter, "file name shape
 * sha256", the hash being of its float32 values, little-endian, row-major. With --check the
 * lines must be those of the text, whole and in order.
 */
#include <stdio.h>
#include <string.h>

#include "dcomp/file.h"
#include "dcomp/format.h"
#include "golden/sha256.h"

static void hash_values(char text[65], const dc_param *param)
{
    sha256 s;
    sha256_init(&s);
    for (uint64_t i = 0; i < param->n_values; i++) {
        uint32_t bits;
        memcpy(&bits, &param->values[i], sizeof bits);
        for (unsigned k = 0; k < 4; k++)
            sha256_add(&s, (uint8_t)(bits >> 8 * k));
    }
    sha256_text(text, &s);
}

static dc_status dump(dc_writer *w, const char *path, dc_arena *arena)
{
    dc_model *model;
    const char *slash = strrchr(path, '/');
    DC_TRY(dc_model_read(&model, path, DC_READ_DENSE, 0, NULL, NULL));
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        char hash[65];
        hash_values(hash, param);
        const char *line = dc_arena_print(arena, "%s %s %s %s\n", slash != NULL ? slash + 1 : path,
                                          param->name, dc_shape_text(&param->shape, arena), hash);
        dc_put_bytes(w, line, strlen(line));
    }
    dc_model_free(model);
    return w->status;
}

static dc_status check(const dc_writer *w, const char *path)
{
    dc_file_view view;
    DC_TRY(dc_file_open(&view, path, 0));
    uint64_t n = 0;
    while (n < view.size && n < w->size && view.data[n] == w->data[n])
        n++;
    const bool is_equal = view.size == w->size && n == w->size;
    dc_file_close(&view);
    if (is_equal)
        return DC_OK;
    return dc_fail(DC_ECORRUPT, "values differ from '%s' from byte %llu on", path,
                   (unsigned long long)n);
}

int main(int argc, char **argv)
{
    const bool is_check = argc > 2 && strcmp(argv[1], "--check") == 0;
    dc_arena arena = { 0 };
    dc_writer w;
    dc_status status = DC_OK;
    dc_writer_init(&w, 1 << 24);
    for (int i = is_check ? 3 : 1; status == DC_OK && i < argc; i++)
        status = dump(&w, argv[i], &arena);
    if (status == DC_OK && is_check)
        status = check(&w, argv[2]);
    else if (status == DC_OK)
        fwrite(w.data, 1, (size_t)w.size, stdout);
    if (status < 0)
        fprintf(stderr, "%s\n", dc_message());
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
    return status < 0;
}
