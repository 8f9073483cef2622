/* SPDX-License-Identifier: MIT
 *
 * A sound file's bytes as the input of a model of sounds.
 */
#include "sound.h"

dc_status sound_prepare(float *x, const dc_input *input, const void *bytes, uint64_t n,
                        const char *subject)
{
    const double seconds = mel_seconds(&input->sound, input->shape.dims[0]);
    dc_arena arena = { 0 };
    sound in;
    dc_status status = sound_read(&in, bytes, n, seconds, subject, &arena);
    if (status == DC_OK)
        status = dc_fail_within(mel_features(x, input, &in, &arena), subject);
    dc_arena_clear(&arena);
    return status;
}

uint32_t sound_measure(sound_steps *all, const dc_input *input, const void *bytes, uint64_t n,
                       const char *subject)
{
    sound_facts facts;
    if (sound_look(&facts, bytes, n, subject) < 0)
        return 1;
    const uint64_t n_steps = mel_steps(&input->sound, facts.rate, facts.n_samples);
    all->n_cut += n_steps > all->n_most;
    all->n_longest = DC_MAX(all->n_longest, n_steps);
    return (uint32_t)DC_MIN(n_steps, all->n_most);
}

void sound_warn_cut(const sound_steps *all, uint64_t n)
{
    if (all->n_cut > 0)
        dc_warn("%llu of %llu sound%s %s longer than the model's %u steps (up to %llu): %s end is "
                "not heard",
                (unsigned long long)all->n_cut, (unsigned long long)n, dc_plural(n),
                all->n_cut == 1 ? "is" : "are", all->n_most, (unsigned long long)all->n_longest,
                all->n_cut == 1 ? "its" : "their");
}
