/* SPDX-License-Identifier: MIT
 *
 * golden_check_bad FOLDER: every line of FOLDER/expected.txt is "file code message"; the file
 * must be refused with that code (malformed, unsupported, limit) and a message of one line that
 * holds the given words, by reading in every mode and, but for limits, by verify. Every .dcm
 * file there must have its line.
 */
#include <stdio.h>
#include <string.h>

#include "dcomp/file.h"
#include "dcomp/format.h"

#define LIMIT_BYTES (UINT64_C(64) << 20)

static const char *code_name(dc_status status)
{
    return status == DC_ECORRUPT       ? "malformed"
           : status == DC_EUNSUPPORTED ? "unsupported"
           : status == DC_ELIMIT       ? "limit"
                                       : dc_status_text(status);
}

static bool is_refused(const char *path, dc_read_mode mode, const char *code, const char *words)
{
    dc_model *model = NULL;
    dc_ledger ledger;
    dc_arena arena = { 0 };
    const dc_status status = dc_model_read(&model, path, mode, LIMIT_BYTES, &ledger, &arena);
    dc_arena_clear(&arena);
    dc_model_free(model);
    if (strcmp(code_name(status), code) != 0 || strstr(dc_message(), words) == NULL ||
        strchr(dc_message(), '\n') != NULL) {
        fprintf(stderr, "%s: wanted %s '%s', got %s '%s'\n", path, code, words, code_name(status),
                status < 0 ? dc_message() : "");
        return false;
    }
    return true;
}

static bool is_found(const char *path)
{
    dc_arena arena = { 0 };
    dc_finding *findings;
    uint32_t n = 0;
    const dc_status status = dc_verify(&findings, &n, path, &arena);
    dc_arena_clear(&arena);
    if (status == DC_OK && n > 0)
        return true;
    fprintf(stderr, "%s: verify found nothing\n", path);
    return false;
}

/* `line` is "file code words". */
static bool check_line(const char *folder, char *line)
{
    char path[4096];
    char *code = strchr(line, ' ');
    char *words = code != NULL ? strchr(code + 1, ' ') : NULL;
    if (words == NULL)
        return false;
    *code++ = *words++ = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, line);
    bool is_good = strcmp(code, "limit") == 0 || is_found(path);
    for (dc_read_mode mode = DC_READ_DENSE; mode <= DC_READ_SHAPE; mode++)
        if (mode != DC_READ_SHAPE || strcmp(code, "limit") != 0)
            is_good &= is_refused(path, mode, code, words);
    return is_good;
}

static uint32_t count_files(const char *folder)
{
    const char **names;
    uint32_t n_names, n = 0;
    dc_arena arena = { 0 };
    if (dc_folder_list(&names, &n_names, folder, false, &arena) == DC_OK)
        for (uint32_t i = 0; i < n_names; i++)
            n += strlen(names[i]) > 4 && strcmp(names[i] + strlen(names[i]) - 4, ".dcm") == 0;
    dc_arena_clear(&arena);
    return n;
}

int main(int argc, char **argv)
{
    char path[4096], line[1024];
    uint32_t n_lines = 0, n_bad = 0;
    snprintf(path, sizeof path, "%s/expected.txt", argc == 2 ? argv[1] : ".");
    FILE *f = fopen(path, "r");
    if (argc != 2 || f == NULL)
        return 2;
    for (; fgets(line, sizeof line, f) != NULL; n_lines++) {
        line[strcspn(line, "\n")] = '\0';
        n_bad += !check_line(argv[1], line);
    }
    fclose(f);
    printf("%u files, %u not as expected\n", (unsigned)n_lines, (unsigned)n_bad);
    return n_bad > 0 || n_lines < 30 || n_lines != count_files(argv[1]);
}
