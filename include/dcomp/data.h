/* SPDX-License-Identifier: MIT
 *
 * data: datasets in, dc_source out.
 *
 * A dataset is named by a SPEC: kind, colon, where.
 *
 *     idx:DIR       MNIST's four IDX files, plain or .gz
 *     folder:DIR    pictures (PNG, JPEG), one sub-folder a class: the class of the model with the
 *                   folder's name; or the folder's name as a number; or, with a warning, classes
 *                   in byte order of the folders' names
 *     images:DIR    pictures and labels.txt, lines "file class", where a class is a number or a
 *                   name of the model's; without labels.txt, all pictures in byte order and no
 *                   labels. Files are looked for in DIR and in DIR/images
 *     digits[:N]    N drawn digits (default 60000) and N/6 for the test: 28 x 28 grey, ten classes,
 *                   made here from strokes; the same seed gives the same on every machine
 *     npy:X.npy[,Y.npy[,L.npy]]   samples (N,C,H,W), (N,H,W) or (N,C), float32 (the input as it is)
 *                                 or uint8 (pixels); labels (N), or (N,T) for T steps, int64, int32
 *                                 or uint8; L: how many of the T count (N), 1 to T. Symbols are
 *                                 samples (N,T) of int64 or int32
 *     npz:FILE     the same as members x, y and lengths (or arr_0, arr_1, arr_2) of an archive
 *     speech:DIR   sounds (WAV, FLAC) in sub-folders, one a word, with a list of the test files or
 *                  without; or files WORD_SPEAKER_INDEX.wav. Their log-mel features, for a model
 *                  whose input is of sounds; lengths are the sounds' own
 *     text:FILE[,TEST]   a text's characters, each with the next one as its label, for a model
 *                  whose input is [steps] of symbols: its class names
 *     words:FILE[,TEST]  the same with its words
 *
 * Kinds are rows of one table (datasets.c). Pixels are prepared as the model's dc_input says, as
 * Pillow and torchvision do it; a data set whose pictures do not fit the model's input and that the
 * input does not resize is DC_EINPUT.
 *
 * Threads. Datasets may be opened by many threads at once; one that is open may be read by many
 * (dc_source, dc_data_picture), but is closed by one, when the others are done with it.
 *
 * A picture file that cannot be read is left out, and reported at the end of a pass; a request can
 * ask for a failure instead.
 */
#ifndef DCOMP_DATA_H
#define DCOMP_DATA_H

#include "dcomp/file.h"
#include "dcomp/source.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dc_split { DC_SPLIT_TRAIN, DC_SPLIT_TEST } dc_split;

typedef struct dc_data_request {
    const char *spec;
    const char *const *files; /* given ones (below) instead of a spec, or NULL */
    uint32_t n_files;
    dc_split split; /* kinds without a split (folder, images, npy) give all they have for both */
    const dc_input *input;
    uint64_t limit; /* the first so many samples; 0: all */
    uint64_t seed;  /* of drawn digits */
    uint32_t n_classes;             /* outputs of the model; 0: any class will do        */
    uint32_t n_symbols;             /* that its input may be of (dc_model_n_symbols); 0: any */
    uint32_t n_class_names;         /* 0; n_classes; or, of steps, as many as one has    */
    const char *const *class_names;
    bool is_strict;                 /* a file that cannot be read is a failure           */
} dc_data_request;

/* Opens a dataset for a model's input. DC_EINPUT for a bad SPEC, for a part without samples and for
 * classes that the model does not have, DC_EIO and DC_ECORRUPT name the file, DC_EUNSUPPORTED when
 * the files are JPEGs and the build has no libjpeg. Owns: dc_source_close. */
DC_MUST_USE dc_status dc_data_request_open(dc_source **out, const dc_data_request *request);
/* The same, for any number of classes. */
DC_MUST_USE dc_status dc_data_open(dc_source **out, const char *spec, dc_split split,
                                   const dc_input *input, uint64_t limit, uint64_t seed);
/* Whether this kind has separate training and test parts. */
bool dc_data_has_split(const char *spec);
/* "idx:DIR, folder:DIR, ..." for help and messages. */
const char *dc_data_kinds(void);

/* Names each file that samples of this SPEC, whatever their split, may be read from. A SPEC that
 * cannot be opened has no files: opening it says why. */
DC_MUST_USE dc_status dc_data_files(const char *spec, dc_file_fn *take, void *payload);

/* The file that sample `index` is read from; NULL when it has none of its own. */
const char *dc_data_file(const dc_source *source, uint64_t index);

/* ---- given files ----
 *
 * Samples of files that somebody names, in their order and without labels: pictures, sounds, texts
 * and arrays (.npy), whatever the model's input takes, told by their first bytes. "-" is standard
 * input. A folder stands for the files in it whose names end as such do, in byte order. A picture
 * or a sound is a sample; an array as many as it holds, one where it has the very shape of the
 * input; a text one: the last of its symbols, as many as the model has steps. One that is named
 * must be readable, whatever is_strict is. */

/* All symbols of the text that sample `index` is, as numbers of the model's; none for other
 * samples. From the arena. */
typedef struct dc_symbols {
    const uint32_t *numbers;
    uint64_t n;
    bool is_words;
} dc_symbols;
DC_MUST_USE dc_status dc_data_symbols(dc_symbols *out, const dc_source *source, uint64_t index,
                                      dc_arena *arena);
/* What stands in a text for the symbol that a class is called by; from the arena. */
const char *dc_data_symbol_text(const char *class_name, dc_arena *arena);
/* Which sample of its file sample `index` is, and of how many. */
uint64_t dc_data_place(uint64_t *n_of_file, const dc_source *source, uint64_t index);

/* ---- to look at ---- */

/* Raw pixels of sample `index` before preparation, to look at; of a part or an augmented source
 * (and of float32 samples) the prepared values stretched to 0..255. */
DC_MUST_USE dc_status dc_data_picture(dc_image *out, const dc_source *source, uint64_t index,
                                      dc_arena *arena);

/* A PNG of the first `n` samples that can be read, as a model with this input gets them, but with
 * pixels instead of prepared values; 1-channel or RGB. DC_EINPUT when the samples are no pictures,
 * DC_ELIMIT when the sheet would be too large. */
DC_MUST_USE dc_status dc_data_sheet_write(const char *path, const dc_source *source,
                                          const dc_input *input, uint32_t n, bool may_replace);

typedef struct dc_augment_settings {
    double shift;    /* pixels, each way, sub-pixel            */
    double rotate;   /* degrees, each way                      */
    double scale;    /* share, each way: 0.1 is 90 % to 110 %  */
    double shear;    /* each way, tangent                      */
    double elastic;  /* root mean square of smooth random fields [pixels]; 0: off;
                        alpha 34 of [Simard 2003] is 1.4   */
    bool mirror;     /* left-right, half of the samples        */
    uint64_t seed;
    uint32_t n_ways; /* an epoch is bent as the one so many before it; 0: as none */
} dc_augment_settings;
/* shift, rotate, scale, shear, elastic, mirror, augment_seed, ways. */
extern const dc_field dc_augment_fields[];

/* Every sample of `base` (borrowed, must live longer) bent a little, differently each epoch;
 * outside the picture its edge goes on. With all amounts 0 `*out` is `base` itself, and not to be
 * closed twice. DC_EINPUT for amounts out of range and samples that are no pictures. Owns. */
DC_MUST_USE dc_status dc_data_augment(dc_source **out, const dc_source *base,
                                      const dc_augment_settings *settings);

/* NumPy files, for dumps and tests: float32, C order. */
DC_MUST_USE dc_status dc_npy_write(const char *path, const float *values, const dc_shape *shape,
                                   bool may_replace);

#ifdef __cplusplus
}
#endif
#endif
