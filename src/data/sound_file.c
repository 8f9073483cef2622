/* SPDX-License-Identifier: MIT
 *
 * Sound files by libsndfile, from memory. It makes the best of a file that is cut; who trains wants
 * to be told, so the sizes that a WAV gives are held against the bytes that are there.
 */
#include "sound.h"

#include <math.h>
#include <string.h>

bool sound_is_name(const char *name)
{
    static const char *const endings[] = { ".wav", ".WAV", ".flac" };
    const size_t n = strlen(name);
    for (size_t i = 0; i < DC_COUNT_OF(endings); i++) {
        const size_t n_ending = strlen(endings[i]);
        if (n > n_ending && strcmp(name + n - n_ending, endings[i]) == 0)
            return true;
    }
    return false;
}

#ifdef DCOMP_HAS_SNDFILE
#include <sndfile.h>

#define MAX_CHANNELS 64
#define MAX_RATE 768000
#define MOST_OF_BYTE 1000u /* samples for each byte of the file: FLAC's silence */

/* Bytes as a file. */
typedef struct memory_file {
    const uint8_t *bytes;
    sf_count_t n, at;
} memory_file;

static sf_count_t get_length(void *payload)
{
    return ((memory_file *)payload)->n;
}

static sf_count_t seek(sf_count_t offset, int whence, void *payload)
{
    memory_file *file = payload;
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file->at : file->n;
    if (offset < -base || offset > file->n - base)
        return -1;
    file->at = base + offset;
    return file->at;
}

static sf_count_t read_bytes(void *to, sf_count_t n, void *payload)
{
    memory_file *file = payload;
    const sf_count_t n_read = DC_MAX(DC_MIN(n, file->n - file->at), 0);
    memcpy(to, file->bytes + file->at, (size_t)n_read);
    file->at += n_read;
    return n_read;
}

static sf_count_t tell(void *payload)
{
    return ((memory_file *)payload)->at;
}

dc_status sound_check_build(void)
{
    return DC_OK;
}

/* Whether a WAV says that it has more bytes than there are. A size of 0 or all ones is that of a
 * file that was written as a stream. */
static bool is_cut(const uint8_t *bytes, uint64_t n)
{
    if (n < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return false;
    for (uint64_t at = 12; at + 8 <= n;) {
        const uint64_t size = dc_le(bytes + at + 4, 4);
        const bool is_data = memcmp(bytes + at, "data", 4) == 0;
        if (is_data && (size == 0 || size == UINT32_MAX))
            return false;
        if (size > n - at - 8)
            return true;
        if (is_data)
            return false;
        at += 8 + size + size % 2;
    }
    return true;
}

static dc_status open_sound(SNDFILE **file, SF_INFO *info, memory_file *memory,
                            const char *subject)
{
    SF_VIRTUAL_IO io = { .get_filelen = get_length, .seek = seek, .read = read_bytes,
                         .tell = tell }; /* is copied */
    *info = (SF_INFO){ 0 };
    if (is_cut(memory->bytes, (uint64_t)memory->n))
        return dc_fail(DC_ECORRUPT, "'%s' is cut: its sound goes on behind its end", subject);
    *file = sf_open_virtual(&io, SFM_READ, info, memory);
    if (*file == NULL)
        return dc_fail(DC_ECORRUPT, "'%s' cannot be read as a sound: %s", subject,
                       sf_strerror(NULL));
    dc_status status = DC_OK;
    if (info->frames <= 0)
        status = dc_fail(DC_ECORRUPT, "'%s' has no sound: it is empty", subject);
    else if (info->samplerate < 1 || info->samplerate > MAX_RATE || info->channels < 1 ||
             info->channels > MAX_CHANNELS)
        status = dc_fail(DC_ECORRUPT, "'%s' has %d channels of %d samples a second", subject,
                         info->channels, info->samplerate);
    else if ((uint64_t)info->frames > MOST_OF_BYTE * (uint64_t)memory->n)
        status = dc_fail(DC_ELIMIT, "'%s' says that it has %lld samples in %lld bytes", subject,
                         (long long)info->frames, (long long)memory->n);
    if (status < 0)
        sf_close(*file);
    return status;
}

dc_status sound_look(sound_facts *out, const void *bytes, uint64_t n, const char *subject)
{
    memory_file memory = { bytes, (sf_count_t)n, 0 };
    SNDFILE *file;
    SF_INFO info;
    DC_TRY(open_sound(&file, &info, &memory, subject));
    sf_close(file);
    *out = (sound_facts){ (uint32_t)info.samplerate, (uint32_t)info.channels,
                          (uint64_t)info.frames };
    return DC_OK;
}

#define N_BLOCK 1024
#define LOUDEST 1000.0f /* of full scale, in a file of floats */

static dc_status read_mean(float *samples, uint64_t n, SNDFILE *file, int n_channels,
                           const char *subject, dc_arena *arena)
{
    float *block = dc_arena_take(arena, (uint64_t)N_BLOCK * (uint64_t)n_channels, sizeof *block);
    DC_TRY(arena->status);
    for (uint64_t done = 0; done < n;) {
        const sf_count_t n_wanted = (sf_count_t)DC_MIN(n - done, (uint64_t)N_BLOCK);
        const sf_count_t n_read = sf_readf_float(file, block, n_wanted);
        if (n_read < n_wanted)
            return dc_fail(DC_ECORRUPT, "'%s' ends after %llu of %llu samples", subject,
                           (unsigned long long)done + (unsigned long long)DC_MAX(n_read, 0),
                           (unsigned long long)n);
        for (sf_count_t i = 0; i < n_read; i++) {
            float sum = 0;
            for (int c = 0; c < n_channels; c++)
                sum += block[i * n_channels + c];
            if (!(fabsf(sum) <= LOUDEST * (float)n_channels))
                return dc_fail(DC_ECORRUPT, "sample %llu of '%s' is %g, where 1 is full scale",
                               (unsigned long long)done + (unsigned long long)i, subject,
                               (double)sum / n_channels);
            samples[done + (uint64_t)i] = sum / (float)n_channels;
        }
        done += (uint64_t)n_read;
    }
    return DC_OK;
}

dc_status sound_read(sound *out, const void *bytes, uint64_t n, double most_seconds,
                     const char *subject, dc_arena *arena)
{
    memory_file memory = { bytes, (sf_count_t)n, 0 };
    SNDFILE *file;
    SF_INFO info;
    DC_TRY(open_sound(&file, &info, &memory, subject));
    const double most = ceil(most_seconds * info.samplerate);
    const uint64_t n_samples = (uint64_t)DC_MIN((double)info.frames, most);
    float *samples = dc_arena_take(arena, n_samples, sizeof *samples);
    dc_status status = arena->status;
    if (status == DC_OK)
        status = read_mean(samples, n_samples, file, info.channels, subject, arena);
    sf_close(file);
    *out = (sound){ (uint32_t)info.samplerate, n_samples, samples };
    return status;
}

#else

dc_status sound_check_build(void)
{
    return dc_fail(DC_EUNSUPPORTED, "this dcomp was built without libsndfile and KISS FFT, and "
                                    "reads no sounds");
}

dc_status sound_look(sound_facts *out, const void *bytes, uint64_t n, const char *subject)
{
    (void)out, (void)bytes, (void)n, (void)subject;
    return sound_check_build();
}

dc_status sound_read(sound *out, const void *bytes, uint64_t n, double most_seconds,
                     const char *subject, dc_arena *arena)
{
    (void)out, (void)bytes, (void)n, (void)most_seconds, (void)subject, (void)arena;
    return sound_check_build();
}

#endif
