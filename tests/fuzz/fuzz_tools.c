/* SPDX-License-Identifier: MIT
 *
 * Reports, files for readers that take a path, allocations that fail, and the sanitizers' settings:
 * an allocation over 64 MiB fails, as DC_ENOMEM, and is no finding.
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
static char file_path[512];

_Noreturn void fuzz_broken(const char *file, int line, const char *property)
{
    fprintf(stderr, "%s:%d: does not hold: %s (last message: %s)\n", file, line, property,
            dc_message());
    abort();
}

void fuzz_folder_empty(const char *path)
{
    char inner[512];
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        if (unlink(inner) != 0) {
            fuzz_folder_empty(inner);
            rmdir(inner);
        }
    }
    if (dir != NULL)
        closedir(dir);
}

static void remove_folder(void)
{
    fuzz_folder_empty(folder);
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

void fuzz_picture(const char *path)
{
    uint8_t pixels[4] = { 0, 80, 160, 255 };
    const dc_image image = { .width = 2, .height = 2, .n_channels = 1, .pixels = pixels };
    FUZZ_CHECK(dc_png_write(path, &image, true) == DC_OK);
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

bool fuzz_fault_begin(const uint8_t *data, size_t n)
{
    const uint64_t hash = dc_hash64(1, data, n);
    if (hash % 4 != 0)
        return false;
    const unsigned n_bits = (unsigned)(hash >> 8) % 10;
    dc_fault_arm(DC_FAULT_ALLOC, 1 + (hash >> 16) % (UINT64_C(1) << n_bits));
    return true;
}

void fuzz_fault_end(void)
{
    dc_fault_arm(DC_FAULT_ALLOC, 0);
}
