/* SPDX-License-Identifier: MIT
 *
 * source: where samples come from. The second door of the room model, for those
 * who read samples: data makes sources, nn and pipeline read them.
 *
 * A dc_source gives samples by index, so that order, parts, labels and augmentation are wrappers. A
 * dc_loader is one pass over a source in batches, read ahead by threads of its own.
 *
 * A sample's target is its label: one class, or a class at each of its steps, for networks
 * whose output is (steps, classes). A sample may be a sequence (T,C), and may have fewer steps than
 * T: what comes after its length is not looked at, neither trained on nor judged.
 *
 *     dc_loader *loader;
 *     dc_batch batch;
 *     DC_TRY(dc_loader_new(&loader, source, &(dc_loader_settings){ .batch_size = 64 }));
 *     DC_TRY(dc_loader_next(&batch, loader));
 *
 * Threads. A source may be read by many threads at once, a loader belongs to one.
 */
#ifndef DCOMP_SOURCE_H
#define DCOMP_SOURCE_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dc_source dc_source;
struct dc_source {
    uint64_t n_samples;  /* those that cannot be read included        */
    dc_shape shape;      /* of one sample, (C,H,W)                    */
    uint32_t n_classes;  /* 0 when unlabelled                         */
    const char *const *class_names; /* (n_classes), where classes were numbered in the order of
                                       their names; else NULL                                 */
    bool is_labelled;
    uint32_t n_steps;    /* labels of a sample, one a step; 0 is 1: a class a sample          */
    bool is_stream;      /* each sample goes on where the one before ended: what networks carry from
                            step to step is carried over, and samples stay in their order   */
    const char *symbol;  /* what a step is in a text: "character", "word"; else NULL         */
    bool is_slow;        /* a sample takes milliseconds to read: several readers are worth it */
    const char *text;    /* "idx:../mnist (test, 10000 samples)"      */
    void *state;         /* the maker's                               */
    /* Samples indices[0..n-1], prepared, to x (n,C,H,W) and labels (n, n_steps) (may be NULL).
     * Thread-safe. `epoch` seeds augmentation: the same (index, epoch) gives the same sample. A
     * sample that cannot be read is a failure; but when labels are asked for, a source may go on,
     * with the first label DC_UNREADABLE and zeros in its place. The loader leaves such samples
     * out. */
    dc_status (*read)(const dc_source *source, const uint64_t *indices, uint32_t n, uint64_t epoch,
                      float *x, int32_t *labels);
    /* How many steps of these samples count, 1 .. all: of labels, and of the samples themselves
     * where they are sequences (T,C); NULL: all do. */
    void (*lengths)(const dc_source *source, const uint64_t *indices, uint32_t n,
                    uint32_t *lengths);
    /* Warns about the samples that could not be read since its last call; may be NULL. The
     * loader calls it at the end of a pass. */
    void (*warn_unread)(const dc_source *source);
    /* What messages call a sample, in quotes where it is a name; from the arena. NULL: a number. */
    const char *(*describe)(const dc_source *source, uint64_t index, dc_arena *arena);
    void (*close)(dc_source *source); /* frees the source itself too */
};
#define DC_UNREADABLE INT32_MIN
#define DC_MAX_STEPS 65536u
static inline uint32_t dc_source_steps(const dc_source *source)
{
    return source->n_steps > 1 ? source->n_steps : 1;
}
void dc_source_close(dc_source *source); /* NULL is fine */
/* Reads a source: calls its `read`, and fails with DC_ECORRUPT naming the sample when a value is
 * not finite. A wrapper calls this for the source it wraps, so that a sample is named by its number
 * in that source. */
DC_MUST_USE dc_status dc_source_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                     uint64_t epoch, float *x, int32_t *labels);
/* How many steps of a sample count; 0: all. */
static inline uint32_t dc_source_length(const dc_source *source, uint64_t index)
{
    uint32_t length = 0;
    if (source->lengths != NULL)
        source->lengths(source, &index, 1, &length);
    return length;
}
/* What messages call a sample: its file, or its number and the source that it has it in. A wrapper
 * passes on what it wraps calls it. From the arena; "" when that has failed. */
const char *dc_source_describe(const dc_source *source, uint64_t index, dc_arena *arena);
/* Puts that before the message of a failure that the sample caused; nothing for DC_OK. Returns
 * `status`. */
dc_status dc_source_blame(const dc_source *source, uint64_t index, dc_status status);

/* DC_EINPUT when there are none: there is nothing to train on, and nothing to judge by. */
DC_MUST_USE dc_status dc_source_check(const dc_source *source);

/* After a pass that left out all samples: the failure of the first one, as a read without labels
 * reports it. */
DC_MUST_USE dc_status dc_source_fail_unread(const dc_source *source);

/* Samples `first` .. `first + n - 1` of `whole` in the order of a permutation seeded by `seed` (0:
 * as they are). Borrows `whole`, which must live longer. The way to hold out a validation part.
 * Owns. */
DC_MUST_USE dc_status dc_source_part(dc_source **out, const dc_source *whole, uint64_t first,
                                     uint64_t n, uint64_t seed);

/* The labels of n samples. */
typedef struct dc_target {
    const int32_t *classes;  /* (n, n_steps), or NULL when unlabelled                */
    uint32_t n_steps;        /* 1: a class a sample                                  */
    const uint32_t *lengths; /* (n): so many of a sample's steps count; NULL: all do */
} dc_target;
/* How many labels of a sample count. */
static inline uint32_t dc_target_length(const dc_target *target, uint32_t sample)
{
    return target->lengths != NULL ? DC_MIN(target->lengths[sample], target->n_steps)
                                   : target->n_steps;
}

typedef struct dc_batch {
    uint32_t n;
    float *state;            /* (n, n_state) what the samples before these carried on, and in the
                                end what these do; zeros at first; NULL: nothing is carried      */
    const float *x;          /* (n,C,H,W)                       */
    dc_target target;
    const uint64_t *indices; /* (n): which samples these are    */
} dc_batch;

/* When several ranks train together, each reads a part of its own: every n_ranks-th sample of the
 * common order, from number `rank` on. No sample is in two parts, every sample is in one, and sizes
 * differ by one at most. Of a stream a rank has a piece. */
typedef struct dc_loader_settings {
    uint32_t batch_size;
    uint64_t shuffle_seed;  /* 0: in order */
    uint64_t epoch;
    bool drop_last;         /* a last batch that is short */
    uint32_t rank, n_ranks; /* n_ranks 0 is 1 */
    uint64_t n_state;       /* values that a sample of a stream carries on; 0: none */
} dc_loader_settings;

/* One pass over a source. A stream is cut into batch_size lanes, which go side by side, each in its
 * order: batch k has the k-th sample of each lane, and sample i of a batch goes on where that of
 * the one before ended. The last batch may be short; any batch is short by the samples that cannot
 * be read, and is passed over when none can. Owns. */
typedef struct dc_loader dc_loader;
DC_MUST_USE dc_status dc_loader_new(dc_loader **out, const dc_source *source,
                                    const dc_loader_settings *settings);
/* The next batch, borrowed until the next call; out->n is 0 at the end. */
DC_MUST_USE dc_status dc_loader_next(dc_batch *out, dc_loader *loader);
/* Lanes that a stream is judged in: each begins with nothing before it, which costs a little. Of
 * other sources, `batch_size`. */
#define DC_STREAM_LANES 32u
static inline uint32_t dc_source_batch(const dc_source *source, uint32_t batch_size)
{
    return source->is_stream ? DC_STREAM_LANES : batch_size;
}
void dc_loader_free(dc_loader *loader); /* NULL is fine; may come before the end */

#ifdef __cplusplus
}
#endif
#endif
