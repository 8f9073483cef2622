/* SPDX-License-Identifier: MIT
 *
 * Control groups. /proc/self/cgroup names the process's group in each hierarchy, a line each:
 * "0::/path" is version 2, "4:cpu,cpuacct:/path" version 1. A limit of a group holds for all below
 * it, so the least counts. Inside a container the path may be the host's and not be there; then
 * the folders above it count.
 */
#include <stdio.h>
#include <string.h>

#include "groups.h"

#define MAX_PATH 4096

int dc_group_numbers(long long numbers[2], const char *folder, const char *name)
{
    char path[MAX_PATH + 32], text[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    const bool has_text = file != NULL && fgets(text, sizeof text, file) != NULL;
    if (file != NULL)
        fclose(file);
    return has_text ? sscanf(text, "%lld %lld", &numbers[0], &numbers[1]) : 0;
}

/* 0 is no limit. */
static double least(double a, double b)
{
    return a > 0 && b > 0 ? DC_MIN(a, b) : DC_MAX(a, b);
}

/* The least of a folder and all above it, down to the first `n_root` bytes. */
static double least_above(const dc_group_kind *kind, char *folder, size_t n_root, bool is_v2)
{
    double limit = 0;
    for (;;) {
        limit = least(limit, kind->limit_of(folder, is_v2));
        char *slash = strrchr(folder, '/');
        if (slash == NULL || strlen(folder) <= n_root)
            return limit;
        *slash = '\0';
    }
}

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (; *words != '\0'; words += *words == ',') {
        const size_t n_word = strcspn(words, ",");
        if (n_word == n && strncmp(words, word, n) == 0)
            return true;
        words += n_word;
    }
    return false;
}

/* "4:cpu,cpuacct:/path" */
static double limit_of_line(const dc_group_kind *kind, char *line, const char *root)
{
    char folder[MAX_PATH];
    char *kinds = strchr(line, ':');
    char *path = kinds != NULL ? strchr(kinds + 1, ':') : NULL;
    if (path == NULL)
        return 0;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    const bool is_v2 = kinds[1] == '\0';
    if (!is_v2 && !has_word(kinds + 1, kind->controller))
        return 0;
    const int n_root = snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s%s", root,
                                is_v2 ? "" : "/", is_v2 ? "" : kind->controller);
    if (n_root < 0 || (size_t)n_root + strlen(path) >= sizeof folder)
        return 0;
    if (strcmp(path, "/") != 0)
        memcpy(folder + n_root, path, strlen(path) + 1);
    return least_above(kind, folder, (size_t)n_root, is_v2);
}

double dc_group_limit(const dc_group_kind *kind, const char *root)
{
    char path[MAX_PATH], line[MAX_PATH];
    double limit = 0;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        limit = least(limit, limit_of_line(kind, line, root));
    if (file != NULL)
        fclose(file);
    return limit;
}
