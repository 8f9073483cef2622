/* SPDX-License-Identifier: MIT
 *
 * Log-mel features: the power of a windowed piece of sound in triangular bands that are equally
 * wide on the mel scale, 2595 log10(1 + f / 700) [O'Shaughnessy 1987]. Everything is in seconds and
 * Hz, so a sound of any rate gives about the same, as long as it has the frequencies.
 */
#include "sound.h"

#include <math.h>
#include <string.h>

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

static uint64_t samples_of(uint32_t microseconds, uint32_t rate)
{
    const double n = (double)microseconds * 1e-6 * (double)rate;
    return (uint64_t)DC_MAX(floor(n + 0.5), 1.0);
}

uint64_t mel_steps(const dc_sound *settings, uint32_t rate, uint64_t n_samples)
{
    const uint64_t window = samples_of(settings->window_us, rate);
    const uint64_t hop = samples_of(settings->hop_us, rate);
    return n_samples <= window ? 1 : (n_samples - window) / hop + 1;
}

double mel_seconds(const dc_sound *settings, uint64_t n_steps)
{
    return 1e-6 * ((double)settings->window_us + (double)(n_steps - 1) * settings->hop_us);
}

#ifdef DCOMP_HAS_KISSFFT
#include <kissfft/kiss_fftr.h>

#define MAX_BIN_HZ 16.0
#define LEAST_POWER 1e-12 /* of full scale, in a Hz: below it is silence */

static double mel_of(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

static double hz_of(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

/* A band's weights of the bins first .. first + n - 1; they sum to 1. */
typedef struct band {
    uint32_t first, n;
    float *weights;
} band;

/* What a rate needs. */
typedef struct mel {
    uint32_t n_window, n_fft, n_bands;
    float *window;
    band *bands;
    float scale; /* of squares, to power in a Hz */
} mel;

static dc_status make_band(band *out, double low, double middle, double high, double bin_hz,
                           dc_arena *arena)
{
    double sum = 0;
    out->first = (uint32_t)floor(low / bin_hz) + 1;
    const uint32_t end = (uint32_t)ceil(high / bin_hz);
    out->n = end > out->first ? end - out->first : 0;
    out->weights = dc_arena_take(arena, DC_MAX(out->n, 1), sizeof *out->weights);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < out->n; i++) {
        const double hz = (out->first + i) * bin_hz;
        const double weight = hz < middle ? (hz - low) / (middle - low)
                                          : (high - hz) / (high - middle);
        out->weights[i] = (float)weight;
        sum += weight;
    }
    if (!(sum > 0))
        return dc_fail(DC_EINPUT, "bands of sounds are too narrow at %.0f Hz: fewer are needed",
                       middle);
    for (uint32_t i = 0; i < out->n; i++)
        out->weights[i] = (float)((double)out->weights[i] / sum);
    return DC_OK;
}

static dc_status make_bands(mel *m, const dc_sound *settings, double bin_hz, dc_arena *arena)
{
    const double low = mel_of(settings->lowest_hz);
    const double width = (mel_of(settings->highest_hz) - low) / (m->n_bands + 1);
    m->bands = dc_arena_take(arena, m->n_bands, sizeof *m->bands);
    DC_TRY(arena->status);
    for (uint32_t b = 0; b < m->n_bands; b++)
        DC_TRY(make_band(&m->bands[b], hz_of(low + b * width), hz_of(low + (b + 1) * width),
                         hz_of(low + (b + 2) * width), bin_hz, arena));
    return DC_OK;
}

static dc_status make_mel(mel *m, const dc_input *input, uint32_t rate, dc_arena *arena)
{
    const dc_sound *settings = &input->sound;
    if (rate < 2 * (uint64_t)settings->highest_hz)
        return dc_fail(DC_EUNSUPPORTED,
                       "%u samples a second have no %u Hz, up to which the model listens", rate,
                       settings->highest_hz);
    double energy = 0;
    m->n_bands = input->shape.dims[1];
    m->n_window = (uint32_t)samples_of(settings->window_us, rate);
    m->n_fft = 2;
    while (m->n_fft < m->n_window || rate / (double)m->n_fft > MAX_BIN_HZ)
        m->n_fft *= 2;
    m->window = dc_arena_take(arena, m->n_window, sizeof *m->window);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < m->n_window; i++) {
        const double w = 0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / m->n_window);
        m->window[i] = (float)w;
        energy += w * w;
    }
    m->scale = (float)(2 / (energy * rate));
    return make_bands(m, settings, rate / (double)m->n_fft, arena);
}

/* One step's features from the power in each bin. */
static void step_features(float *x, const mel *m, const kiss_fft_cpx *bins, const dc_input *input)
{
    for (uint32_t b = 0; b < m->n_bands; b++) {
        const band *at = &m->bands[b];
        float power = 0;
        for (uint32_t i = 0; i < at->n; i++) {
            const kiss_fft_cpx *bin = &bins[at->first + i];
            power += at->weights[i] * (bin->r * bin->r + bin->i * bin->i);
        }
        const float log_power = logf(power * m->scale + (float)LEAST_POWER);
        x[b] = (log_power - input->mean[0]) * input->scale[0];
    }
}

dc_status mel_features(float *x, const dc_input *input, const sound *in, dc_arena *arena)
{
    mel m = { 0 };
    DC_TRY(make_mel(&m, input, in->rate, arena));
    const uint64_t hop = samples_of(input->sound.hop_us, in->rate);
    const uint64_t n_most = input->shape.dims[0];
    const uint64_t n_steps =
        DC_MIN(mel_steps(&input->sound, in->rate, in->n_samples), n_most);
    size_t n_state = 0;
    kiss_fftr_alloc((int)m.n_fft, 0, NULL, &n_state);
    void *state = dc_arena_take(arena, n_state, 1);
    float *piece = dc_arena_take(arena, m.n_fft, sizeof *piece);
    kiss_fft_cpx *bins = dc_arena_take(arena, m.n_fft / 2 + 1, sizeof *bins);
    DC_TRY(arena->status);
    kiss_fftr_cfg plan = kiss_fftr_alloc((int)m.n_fft, 0, state, &n_state);
    if (plan == NULL)
        return dc_fail(DC_ENOMEM, "no memory for a transform of %u values", m.n_fft);
    memset(piece, 0, m.n_fft * sizeof *piece);
    memset(x, 0, n_most * m.n_bands * sizeof *x);
    for (uint64_t t = 0; t < n_steps; t++) {
        const uint64_t first = t * hop;
        for (uint32_t i = 0; i < m.n_window; i++)
            piece[i] = first + i < in->n_samples
                           ? m.window[i] * in->samples[first + i]
                           : 0;
        kiss_fftr(plan, piece, bins);
        step_features(x + t * m.n_bands, &m, bins, input);
    }
    return DC_OK;
}

#else

dc_status mel_features(float *x, const dc_input *input, const sound *in, dc_arena *arena)
{
    (void)x, (void)input, (void)in, (void)arena;
    return sound_check_build();
}

#endif
