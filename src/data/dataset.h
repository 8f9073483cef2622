/* SPDX-License-Identifier: MIT
 *
 * What the kinds of datasets share: a row of the table, sources that own themselves, and the way
 * from any picture to the model's input.
 */
#ifndef DCOMP_DATA_DATASET_H
#define DCOMP_DATA_DATASET_H

#include "dcomp/data.h"

/* A source that owns itself. The kind fills in n_samples, n_classes, is_labelled, text and read,
 * and picture when there are pictures; `state` is the kind's own. */
typedef struct data_source data_source;
struct data_source {
    dc_source source; /* first: a dc_source * of ours is a data_source * */
    dc_arena arena;   /* holds this struct too */
    dc_input input;
    dc_file_view file; /* open as long as the source, or empty */
    void (*clear)(data_source *d); /* what the state holds besides the arena's; may be NULL */
    /* Raw pixels of a sample, borrowed from the source or made in `arena`; NULL: none. */
    dc_status (*picture)(dc_image *out, const data_source *d, uint64_t index, dc_arena *arena);
    /* Of a source of given files, as dc_data_symbols and dc_data_place; NULL: of others. */
    dc_status (*symbols)(dc_symbols *out, const data_source *d, uint64_t index, dc_arena *arena);
    uint64_t (*place)(uint64_t *n_of_file, const data_source *d, uint64_t index);
    const char **paths; /* of the samples, or NULL */
    uint32_t *lengths;  /* of the samples, for data_give_lengths; or NULL */
};

typedef struct data_kind {
    const char *name;
    /* Whether these data have a test part of their own; NULL: none has. */
    bool (*has_split)(const char *where);
    size_t state_bytes;
    /* `where` is what stands behind the colon of the SPEC, "" when there is none. */
    dc_status (*fill)(data_source *d, const dc_data_request *request, const char *where);
    /* As dc_data_files; NULL: no files. */
    dc_status (*files)(const char *where, dc_file_fn *take, void *payload, dc_arena *arena);
} data_kind;

/* Of kinds that always have one. */
bool data_is_split(const char *where);

extern const data_kind data_kind_given; /* of request->files; it is in no SPEC */
extern const data_kind data_kind_idx, data_kind_folder, data_kind_images, data_kind_digits,
    data_kind_npy, data_kind_npz, data_kind_speech, data_kind_text, data_kind_words;

/* A source's `lengths` that gives those it has. */
void data_give_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                       uint32_t *lengths);
/* n_samples after `limit`, and the text: "kind:where (train, 60000 samples)". */
void data_source_name(data_source *d, const data_kind *kind, const dc_data_request *request,
                      const char *where, uint64_t n_samples);
/* DC_EINPUT when `index` is not a sample of `source`. */
DC_MUST_USE dc_status data_check_index(const dc_source *source, uint64_t index);

/* Pixels held in memory, (n, height, width, n_channels) uint8, all of one size. */
typedef struct data_pixels {
    uint32_t width, height, n_channels;
    const uint8_t *pixels;
    const uint8_t *labels; /* NULL when there are none */
    bool is_fitted_late;   /* whenever they are read, as all together would be too large */
} data_pixels;

/* Makes `d`, whose state is a data_pixels and whose n_samples is known, read from it. Pictures
 * that are not of the input's size are resized if the input says so, now or, when all would take
 * much memory, as they are read; else refused. */
DC_MUST_USE dc_status data_source_over_pixels(data_source *d);
DC_MUST_USE dc_status data_read_pixels(const dc_source *source, const uint64_t *indices,
                                       uint32_t n, uint64_t epoch, float *x, int32_t *labels);

/* ---- from a picture to the input ---- */

/* Whether the input has the shape of grey or colour pictures. */
bool data_takes_pictures(const dc_input *input);

/* `in` resized and cropped to the input's height and width; `in` itself when it fits already.
 * DC_EINPUT when it does not fit and the input does not resize. */
DC_MUST_USE dc_status data_fit(dc_image *out, const dc_image *in, const dc_input *input,
                               dc_arena *arena);

/* One picture, already of the input's size, to x (C,H,W) = (pixel - mean) * scale in the input's
 * channel order. Grey and RGB are turned into each other as the input asks. */
void data_prepare(float *x, const dc_image *image, const dc_input *input);

/* The part of a resized picture that is wanted: `size` pixels, of which n from `first` on. */
typedef struct data_span {
    uint32_t size, first, n;
} data_span;

/* `in` resized to x.size by y.size pixels, of which only the spans are made. */
DC_MUST_USE dc_status data_resize(dc_image *out, const dc_image *in, data_span x, data_span y,
                                  dc_filter filter, dc_arena *arena);

/* ---- picture files ---- */

/* Whether the name ends as a picture's does; and any such file, known by its first bytes. */
bool data_is_picture_name(const char *name);
/* Whether n bytes begin as a picture does. */
bool data_is_picture(const uint8_t *bytes, uint64_t n);
DC_MUST_USE dc_status data_picture_from(dc_image *out, const dc_file_view *file, const char *path,
                                        dc_arena *arena);
DC_MUST_USE dc_status data_read_picture(dc_image *out, const char *path, dc_arena *arena);

/* Any JPEG as 8-bit grey or RGB. DC_ECORRUPT when damaged or cut, DC_ELIMIT over a limit,
 * DC_EUNSUPPORTED for rare kinds, and for all of them in a build without libjpeg. */
DC_MUST_USE dc_status data_jpeg_read(dc_image *out, const void *data, uint64_t n,
                                     const char *subject, dc_arena *arena);

/* DC_EUNSUPPORTED when this build cannot read files whose name ends so. */
DC_MUST_USE dc_status data_check_picture_name(const char *name);

/* State of a source whose samples are files. */
typedef struct data_files {
    uint64_t n_files;
    const char **paths;
    int32_t *labels; /* NULL: unlabelled */
    /* Sample `index` prepared, to x. Thread-safe. */
    dc_status (*read)(float *x, const data_source *d, uint64_t index);
    struct data_file_cache *cache; /* resized pixels of the files read so far; NULL: too many, or
                                      no pictures                                             */
    struct file_faults *faults;    /* files that cannot be read; NULL: they are failures      */
    bool (*is_needed)(const data_source *d, uint64_t index); /* its own is one all the same; or
                                                                NULL: no sample is            */
} data_files;

/* Makes `d`, whose state is a data_files with its reader and whose n_samples is known, read from
 * them; and the same with the reader of pictures. */
DC_MUST_USE dc_status data_source_over_files(data_source *d, const dc_data_request *request);
void data_files_clear(data_source *d); /* its `clear`, for who sets another one */
DC_MUST_USE dc_status data_source_over_pictures(data_source *d, const dc_data_request *request);

/* Files of one class in a folder, or with one beginning of their names. */
typedef struct data_class_files {
    const char *path, *name; /* of the class: a folder's name, or that beginning */
    uint32_t label;
    const char **names; /* of its files */
    uint32_t n;
} data_class_files;
/* Labels classes by the model's names, by numbers, or in their order (docs/data.md), which sets the
 * source's class names. */
DC_MUST_USE dc_status data_label_classes(data_source *d, data_class_files *classes,
                                         uint32_t n_classes, const char *where,
                                         const dc_data_request *request);
/* The files in a folder whose names are wanted, in byte order of their names. */
DC_MUST_USE dc_status data_list_files(const char ***names, uint32_t *n, const char *path,
                                      bool (*is_wanted)(const char *name), dc_arena *arena);
/* The classes that are sub-folders of `where`, with such files. */
DC_MUST_USE dc_status data_list_classes(data_class_files **out, uint32_t *n_classes,
                                        uint64_t *n_files, const char *where,
                                        bool (*is_wanted)(const char *name), dc_arena *arena);

/* Names the files in the folder `path` whose names are wanted, if there is such a folder. */
DC_MUST_USE dc_status data_take_files(const char *path, bool (*is_wanted)(const char *name),
                                      dc_file_fn *take, void *payload, dc_arena *arena);

/* ---- the model's class names ---- */

/* Names sorted for search. A class is called by the whole of its name, or by the first word. */
typedef struct data_class_names data_class_names;

/* From the arena; *out is NULL when the request has no names. */
DC_MUST_USE dc_status data_class_names_new(const data_class_names **out,
                                           const dc_data_request *request, dc_arena *arena);
/* The class that the n bytes at `text` call, DC_NONE when there is none, DATA_MANY_CLASSES when
 * there are several. `names` may be NULL. */
uint32_t data_class_find(const data_class_names *names, const char *text, size_t n);
#define DATA_MANY_CLASSES (DC_NONE - 1)
/* Whether the n bytes at `text` are a whole number; *out stops growing beyond DATA_MAX_CLASS. */
bool data_class_number(uint32_t *out, const char *text, size_t n);
#define DATA_MAX_CLASS 999999u

#endif
