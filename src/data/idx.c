/* SPDX-License-Identifier: MIT
 *
 * IDX, the format of MNIST: big-endian magic 0x00000803 (uint8, three dims: n, height, width) or
 * 0x00000801 (uint8, one dim: n), the dims, the bytes; plain or gzipped. Pixels stay bytes in
 * memory.
 */
#include "dataset.h"

#include <string.h>

#define IMAGES_MAGIC 0x00000803u
#define LABELS_MAGIC 0x00000801u
#define MAX_SIDE 4096u
#define MAX_EXPANSION 100u /* pictures are packed to a tenth */
#define HEAD_BYTES 16u /* at most */
#define MAX_FILE_BYTES (UINT64_C(1) << 33)

/* "train", "images", 3: the files' names as they are handed out, as programs unpack them, and as
 * EMNIST's are, whose test set is not called t10k. */
typedef struct part_name {
    const char *part, *emnist_part, *what;
    unsigned n_dims;
} part_name;

static bool has_name(const char *const *names, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* One of EMNIST's sets, when it is alone in the folder; *out stays NULL when there is none. */
static dc_status find_emnist(const char **out, const char *const *names, uint32_t n,
                             const char *folder, const char *pattern)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!dc_glob_match(pattern, names[i]))
            continue;
        if (*out != NULL)
            return dc_fail(DC_EINPUT, "'%s' and '%s' are both in '%s': one set a folder", *out,
                           names[i], folder);
        *out = names[i];
    }
    return DC_OK;
}

static dc_status find_file(const char **out, const char *folder, const part_name *p,
                           dc_arena *arena)
{
    const char **names, *name = NULL;
    uint32_t n;
    DC_TRY(dc_folder_list(&names, &n, folder, false, arena));
    for (unsigned form = 0; form < 4 && name == NULL; form++) {
        const char *wanted = dc_arena_print(arena, "%s-%s%cidx%u-ubyte%s", p->part, p->what,
                                            form < 2 ? '-' : '.', p->n_dims,
                                            form % 2 == 0 ? "" : ".gz");
        DC_TRY(arena->status);
        name = has_name(names, n, wanted) ? wanted : NULL;
    }
    const char *emnist = dc_arena_print(arena, "emnist-*-%s-%s-idx%u-ubyte*", p->emnist_part,
                                        p->what, p->n_dims);
    DC_TRY(arena->status);
    if (name == NULL)
        DC_TRY(find_emnist(&name, names, n, folder, emnist));
    if (name == NULL)
        return dc_fail(DC_EIO, "neither '%s/%s-%s-idx%u-ubyte' nor the same with .idx%u, with .gz "
                               "or as EMNIST calls it is there",
                       folder, p->part, p->what, p->n_dims, p->n_dims);
    *out = dc_arena_print(arena, "%s/%s", folder, name);
    return arena->status;
}

/* Bytes of the whole file by its first ones; what is no IDX file has no more than these. */
static uint64_t file_bytes(const uint8_t *head, uint64_t n)
{
    dc_reader r = dc_reader_over(head, n, "");
    const uint32_t magic = dc_get_u32_be(&r);
    uint64_t n_bytes = dc_get_u32_be(&r);
    for (unsigned i = 0; i < 2 && magic == IMAGES_MAGIC; i++) {
        const uint32_t side = dc_get_u32_be(&r);
        n_bytes *= DC_MIN(side, MAX_SIDE + 1);
    }
    return magic == IMAGES_MAGIC || magic == LABELS_MAGIC ? r.pos + n_bytes : n;
}

/* The header is looked at before there is room for the rest. One byte more than it says is enough
 * to know that there are too many. */
static dc_status unpack(uint8_t **out, uint64_t *n_out, const dc_file_view *file, const char *path,
                        dc_arena *arena)
{
    uint8_t head[HEAD_BYTES];
    uint64_t n_head = 0;
    dc_status status = dc_gunzip(head, &n_head, sizeof head, file->data, file->size);
    if (status < 0 && status != DC_ELIMIT)
        return status;
    const uint64_t capacity = file_bytes(head, n_head) + 1;
    DC_TRY(dc_expansion_check(capacity, file->size, MAX_EXPANSION, path));
    *out = dc_arena_take(arena, capacity, 1);
    DC_TRY(arena->status);
    status = dc_gunzip(*out, n_out, capacity, file->data, file->size);
    return status == DC_ELIMIT ? DC_OK : status;
}

/* Unpacked into the arena. */
static dc_status read_file(dc_reader *out, const char *folder, const part_name *p, dc_arena *arena)
{
    const char *path = NULL;
    dc_file_view file;
    DC_TRY(find_file(&path, folder, p, arena));
    DC_TRY(dc_file_open(&file, path, MAX_FILE_BYTES));
    uint8_t *bytes = NULL;
    uint64_t n = file.size;
    dc_status status = DC_OK;
    if (dc_is_gzip(file.data, file.size))
        status = dc_fail_within(unpack(&bytes, &n, &file, path, arena), path);
    else if ((bytes = dc_arena_take(arena, n, 1)) != NULL)
        memcpy(bytes, file.data, n);
    dc_file_close(&file);
    DC_TRY(status);
    DC_TRY(arena->status);
    *out = dc_reader_over(bytes, n, path);
    return DC_OK;
}

static dc_status check_magic(dc_reader *r, uint32_t wanted, const char *what)
{
    const uint32_t magic = dc_get_u32_be(r);
    DC_TRY(r->status);
    if (magic == wanted)
        return DC_OK;
    r->pos = 0;
    return dc_reader_fail(r, DC_ECORRUPT, "not an IDX file of %s (magic %08x)", what, magic);
}

static dc_status read_images(data_pixels *p, uint64_t *n, dc_reader *r)
{
    DC_TRY(check_magic(r, IMAGES_MAGIC, "pictures"));
    const uint32_t n_images = dc_get_u32_be(r);
    const uint32_t height = dc_get_u32_be(r);
    const uint32_t width = dc_get_u32_be(r);
    DC_TRY(r->status);
    if (n_images == 0 || height == 0 || width == 0 || height > MAX_SIDE || width > MAX_SIDE)
        return dc_reader_fail(r, DC_ECORRUPT, "%u pictures of %u x %u pixels", n_images, height,
                              width);
    const uint64_t n_bytes = (uint64_t)n_images * height * width;
    if (dc_reader_left(r) != n_bytes)
        return dc_reader_fail(r, DC_ECORRUPT, "%u pictures of %u x %u do not fill the file",
                              n_images, height, width);
    p->pixels = dc_get_bytes(r, n_bytes);
    p->height = height;
    p->width = width;
    p->n_channels = 1;
    *n = n_images;
    return DC_OK;
}

static dc_status read_labels(data_pixels *p, uint32_t *n_classes, uint64_t n, dc_reader *r)
{
    DC_TRY(check_magic(r, LABELS_MAGIC, "labels"));
    const uint32_t n_labels = dc_get_u32_be(r);
    DC_TRY(r->status);
    if (n_labels != n)
        return dc_reader_fail(r, DC_ECORRUPT, "%u labels for %llu pictures", n_labels,
                              (unsigned long long)n);
    if (dc_reader_left(r) != n_labels)
        return dc_reader_fail(r, DC_ECORRUPT, "%u labels do not fill the file", n_labels);
    p->labels = dc_get_bytes(r, n_labels);
    *n_classes = 0;
    for (uint32_t i = 0; i < n_labels; i++)
        *n_classes = DC_MAX(*n_classes, p->labels[i] + 1u);
    return DC_OK;
}

static dc_status fill(data_source *d, const dc_data_request *request, const char *where)
{
    const bool is_train = request->split == DC_SPLIT_TRAIN;
    part_name name = { is_train ? "train" : "t10k", is_train ? "train" : "test", "images", 3 };
    data_pixels *p = d->source.state;
    dc_reader images, labels;
    uint64_t n = 0;
    if (where[0] == '\0')
        return dc_fail(DC_EINPUT, "'idx' needs a folder (idx:DIR)");
    DC_TRY(read_file(&images, where, &name, &d->arena));
    DC_TRY(read_images(p, &n, &images));
    name.what = "labels";
    name.n_dims = 1;
    DC_TRY(read_file(&labels, where, &name, &d->arena));
    DC_TRY(read_labels(p, &d->source.n_classes, n, &labels));
    data_source_name(d, &data_kind_idx, request, where, n);
    return data_source_over_pixels(d);
}

static bool is_idx_name(const char *name)
{
    return strstr(name, "idx3-ubyte") != NULL || strstr(name, "idx1-ubyte") != NULL;
}

static dc_status name_files(const char *where, dc_file_fn *take, void *payload, dc_arena *arena)
{
    return data_take_files(where, is_idx_name, take, payload, arena);
}

const data_kind data_kind_idx = { "idx", data_is_split, sizeof(data_pixels), fill, name_files };
