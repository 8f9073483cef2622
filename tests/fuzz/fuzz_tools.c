/* SPDX-License-Identifier: MIT
 *
 * Reports, files for readers that take a path, and the sanitizers' settings: an allocation over
 * 64 MiB fails, as DC_ENOMEM, and is no finding.
 */
#include "fuzz.h"

#include <dirent.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=64";
}
#endif

static char folder[64];
static char file_path[128];

_Noreturn void fuzz_broken(const char *file, int line, const char *property)
{
    fprintf(stderr, "%s:%d: does not hold: %s (last message: %s)\n", file, line, property,
            dc_message());
    abort();
}

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strlen(entry->d_name) + sizeof folder >= sizeof file_path)
            continue;
        snprintf(file_path, sizeof file_path, "%s/%.60s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(file_path);
    }
    closedir(dir);
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder[0] != '\0')
        return folder;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/dcomp-fuzz-XXXXXX", base);
    if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0) {
        perror(folder);
        exit(2);
    }
    return folder;
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t n)
{
    snprintf(file_path, sizeof file_path, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(file_path, "wb");
    if (file == NULL || (n > 0 && fwrite(data, 1, n, file) != n) || fclose(file) != 0) {
        perror(file_path);
        exit(2);
    }
    return file_path;
}
