/* SPDX-License-Identifier: MIT
 *
 * Sound files in, log-mel features out (docs/data.md).
 */
#ifndef DCOMP_DATA_SOUND_H
#define DCOMP_DATA_SOUND_H

#include "dataset.h"

/* One channel; the mean of all that the file has. */
typedef struct sound {
    uint32_t rate;       /* samples a second */
    uint64_t n_samples;  /* that were read   */
    const float *samples; /* full scale is -1 to 1 */
} sound;

/* What a file says of itself. */
typedef struct sound_facts {
    uint32_t rate, n_channels;
    uint64_t n_samples; /* of each channel */
} sound_facts;

/* Whether the name ends as a sound file's does. */
bool sound_is_name(const char *name);
/* DC_EUNSUPPORTED in a build that reads no sounds. */
DC_MUST_USE dc_status sound_check_build(void);
/* DC_ECORRUPT for bytes that are no sound, are cut, or hold none. */
DC_MUST_USE dc_status sound_look(sound_facts *out, const void *bytes, uint64_t n,
                                 const char *subject);
/* The first most_seconds of it; from the arena. */
DC_MUST_USE dc_status sound_read(sound *out, const void *bytes, uint64_t n, double most_seconds,
                                 const char *subject, dc_arena *arena);

/* ---- a sound as an input (sound_input.c) ---- */

#define SOUND_MAX_BYTES (UINT64_C(1) << 30)

/* Steps of all sounds together. */
typedef struct sound_steps {
    uint32_t n_most;    /* that the model has; what is longer is cut */
    uint64_t n_cut;     /* sounds that are                           */
    uint64_t n_longest;
} sound_steps;

/* The bytes of a file to x (T, bands). */
DC_MUST_USE dc_status sound_prepare(float *x, const dc_input *input, const void *bytes, uint64_t n,
                                    const char *subject);
/* How many of the T steps its sound fills. One that cannot be read has one; reading it says why. */
uint32_t sound_measure(sound_steps *all, const dc_input *input, const void *bytes, uint64_t n,
                       const char *subject);
/* When some of the n sounds were cut. */
void sound_warn_cut(const sound_steps *all, uint64_t n);

/* ---- features (mel.c) ---- */

/* Steps that a sound of n samples has, at least 1. */
uint64_t mel_steps(const dc_sound *settings, uint32_t rate, uint64_t n_samples);
/* Seconds that n steps are made of. */
double mel_seconds(const dc_sound *settings, uint64_t n_steps);
/* Features x (T, bands) of the input's shape: the sound's steps, then zeros. DC_EUNSUPPORTED when
 * it has not the frequencies that the bands need. */
DC_MUST_USE dc_status mel_features(float *x, const dc_input *input, const sound *in,
                                   dc_arena *arena);

#endif
