/* SPDX-License-Identifier: MIT
 *
 * base: the C we wish we had. It knows nothing of networks.
 *
 * Failure. Every function that can fail returns a dc_status: DC_OK (0) or a negative code. The
 * message is set once, where the failure is born (dc_fail), is kept per thread, and is never
 * rewritten on the way up. Programmer errors are asserted; data errors are reported.
 *
 * Stickiness. Arenas, readers, writers and bit readers remember their first failure in a `status`
 * member, go on harmlessly (NULL, zero) and are asked once:
 *
 *     dc_reader r = dc_reader_over(bytes, n_bytes, "header");
 *     uint32_t magic = dc_get_u32(&r);
 *     uint16_t major = dc_get_u16(&r);
 *     DC_TRY(r.status);
 *
 * Memory. One arena per long-lived object; parts are carved from it and never freed one by one.
 * All memory of the project passes through arena.c, so accounting, limits and injected faults
 * come free.
 *
 * Ownership. A `const T *` argument is borrowed for the call. A returned pointer is borrowed from
 * its parent. A pointer written to `T **out` is the caller's. Exceptions say "Owns".
 *
 * Threads. What a caller holds (arena, reader, writer, output, JSON, random numbers) belongs to one
 * thread at a time, and may be read by many while none changes it. A message is its thread's own.
 * All other functions may be called by several threads at once; what they set (jobs, cpu level,
 * memory limit, listener, faults) is set for the process, and warnings and progress come to the
 * listener one at a time. The environment must not be changed meanwhile.
 *
 * What base does not do: print results (the command line does), or know a tensor.
 */
#ifndef DCOMP_BASE_H
#define DCOMP_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DC_MUST_USE __attribute__((warn_unused_result))
#define DC_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define DC_MUST_USE
#define DC_PRINTF(format_at, args_at)
#endif
#define DC_COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define DC_MIN(a, b) ((a) < (b) ? (a) : (b))
#define DC_MAX(a, b) ((a) > (b) ? (a) : (b))

/* The ending of a noun after its number: "1 sample", "2 samples". */
static inline const char *dc_plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- status ---------------------------------------------------------------------------------- */
#define DC_STATUS_LIST(X)                                                            \
    X(DC_OK, 0, "ok")                                                                \
    X(DC_EINPUT, -1, "bad request")         /* the caller's mistake               */ \
    X(DC_ECORRUPT, -2, "malformed input")   /* bytes lie                          */ \
    X(DC_EUNSUPPORTED, -3, "not supported") /* valid, but this build can't do it  */ \
    X(DC_ENOMEM, -4, "out of memory")                                                \
    X(DC_EIO, -5, "input/output error")                                              \
    X(DC_ELIMIT, -6, "over a stated limit")                                          \
    X(DC_ESTALL, -7, "no progress") /* a simulated machine stopped moving */             \
    X(DC_EDIVERGED, -8, "training diverged") /* the same training would again             */

typedef enum dc_status {
#define DC_STATUS_ENUM(name, value, text) name = value,
    DC_STATUS_LIST(DC_STATUS_ENUM)
#undef DC_STATUS_ENUM
} dc_status;

/* Return at once when `expr` fails. The only control-flow macro of the project. */
#define DC_TRY(expr)                      \
    do {                                  \
        const dc_status dc_try_ = (expr); \
        if (dc_try_ < 0)                  \
            return dc_try_;               \
    } while (0)

/* Set this thread's message and return `code`, which must be negative. Grammar: lower case, cause
 * first, subject in quotes, no full stop, offset when reading a file. Cut after 500 bytes. */
dc_status dc_fail(dc_status code, const char *format, ...) DC_PRINTF(2, 3);
/* Put "subject: " before this thread's message and return `code` unchanged (also when it is
 * DC_OK, then nothing happens). For the one room that knows the layer or file name. */
dc_status dc_fail_within(dc_status code, const char *subject);
/* "cannot VERB 'PATH': ", and errno as text: DC_EIO, of ENOMEM DC_ENOMEM. */
dc_status dc_fail_system(const char *verb, const char *path);
/* This thread's last message, "" when there was none. Borrowed, until the next failure here. */
const char *dc_message(void);
/* The short text of a code, as "malformed input". */
const char *dc_status_text(dc_status code);

/* ---- words that are nearly right ------------------------------------------------------------- */
#define DC_HINT_WORD_BYTES 64

/* "did you mean": every known word is offered, the nearest to the given one is kept.
 *
 *     dc_hint hint = dc_hint_for(word);
 *     for (...)
 *         dc_hint_offer(&hint, known[i]);
 *     return dc_fail(DC_EINPUT, "unknown word '%s'%s", word, dc_hint_text(&hint)); */
typedef struct dc_hint {
    const char *word;   /* borrowed                               */
    size_t n_word;      /* its length; may be made shorter        */
    const char *prefix; /* put before the nearest, as "--"; or "" */
    unsigned distance;
    char nearest[DC_HINT_WORD_BYTES]; /* "" when none is near */
    char text[DC_HINT_WORD_BYTES + 32];
} dc_hint;
dc_hint dc_hint_for(const char *word);
void dc_hint_offer(dc_hint *hint, const char *candidate);
void dc_hint_offer_choices(dc_hint *hint, const char *choices); /* "a|b|c" */
/* ", did you mean 'prune'?" or "", in the hint. */
const char *dc_hint_text(dc_hint *hint);

/* ---- numbers as text ------------------------------------------------------------------------- */
/* snprintf, vsnprintf and strtod with a decimal point whatever the locale of the program is. All
 * text that is written to files or shown comes from these. */
int dc_print(char *out, size_t size, const char *format, ...) DC_PRINTF(3, 4);
int dc_vprint(char *out, size_t size, const char *format, va_list args);
double dc_text_number(const char *text, char **end);
bool dc_text_ends_with(const char *text, const char *ending); /* and has more before it */

/* ---- memory ---------------------------------------------------------------------------------- */
/* What this process may take at one time: arenas, buffers, mapped files, pictures, the values that
 * networks are computed in. 0, the default: three quarters of the machine's or control group's. */
void dc_memory_limit(uint64_t bytes);
uint64_t dc_memory_limit_bytes(void);
uint64_t dc_memory_left(void);
/* Counts memory that a foreign library takes by itself; DC_ELIMIT names the limit. */
DC_MUST_USE dc_status dc_memory_take(uint64_t bytes);
void dc_memory_give(uint64_t bytes);
/* Whether the file `subject`, of `n_file_bytes`, may ask for `bytes` of memory, before they are
 * taken: for 32 MiB, and `most` for each byte of its own. DC_ELIMIT, unless a limit was set. */
#define DC_EXPANSION 1000u /* of a network */
DC_MUST_USE dc_status dc_expansion_check(uint64_t bytes, uint64_t n_file_bytes, unsigned most,
                                         const char *subject);
bool dc_expansion_is_free(void); /* such a limit was set */
bool dc_expansion_is_usual(uint64_t bytes, uint64_t n_file_bytes, unsigned most); /* set or not */
typedef struct dc_arena {
    dc_status status;              /* first failure; later takes return NULL            */
    uint64_t used_bytes;           /* sum of what was taken                             */
    uint64_t limit_bytes;          /* 0: none of its own                                */
    struct dc_arena_block *blocks; /* private                                           */
} dc_arena;
/* An all-zero dc_arena is ready for use too. */
void dc_arena_init(dc_arena *arena, uint64_t limit_bytes);
/* Frees everything taken; the arena is as new afterwards (the limit stays). */
void dc_arena_clear(dc_arena *arena);
/* `count` objects of `size` bytes, zeroed, aligned to 64 bytes. NULL when count * size overflows
 * (DC_ELIMIT), a limit is passed (DC_ELIMIT) or memory is out (DC_ENOMEM): see arena->status.
 * A count of 0 gives a valid pointer to nothing. Requests over 256 KiB get pages of their own. */
void *dc_arena_take(dc_arena *arena, uint64_t count, size_t size);
/* A copy of `text` (NULL gives NULL), or formatted text. "" when the arena has failed. */
const char *dc_arena_text(dc_arena *arena, const char *text);
const char *dc_arena_print(dc_arena *arena, const char *format, ...) DC_PRINTF(2, 3);
/* For buffers that grow, and nothing else: realloc to `count` * `size` bytes. NULL on failure, and
 * `memory` is then untouched; dc_message says why. Owns: free with dc_release (NULL is fine). */
void *dc_grow(void *memory, uint64_t count, size_t size);
void dc_release(void *memory);

/* ---- bytes: sticky little-endian reader and writer ------------------------------------------- */
typedef struct dc_reader {
    const uint8_t *data; /* borrowed                            */
    uint64_t size, pos;
    uint64_t origin;     /* offset of data[0] in the file, for messages */
    dc_status status;
    const char *subject; /* "model.dcm", "chunk GRPH"; borrowed */
} dc_reader;
dc_reader dc_reader_over(const void *data, uint64_t size, const char *subject);
uint8_t dc_get_u8(dc_reader *r);
uint16_t dc_get_u16(dc_reader *r);
uint32_t dc_get_u32(dc_reader *r);
uint32_t dc_get_u32_be(dc_reader *r);
uint64_t dc_get_u64(dc_reader *r);
float dc_get_f32(dc_reader *r);
void dc_get_f32s(dc_reader *r, float *values, uint64_t n); /* zeros past the end */
double dc_get_f64(dc_reader *r);
/* LEB128, at most 10 bytes, shortest form only; a value over `limit` is DC_ECORRUPT, gives 0. */
uint64_t dc_get_varint(dc_reader *r, uint64_t limit);
/* `n` bytes in place, NULL past the end. */
const uint8_t *dc_get_bytes(dc_reader *r, uint64_t n);
/* A reader over the next `n` bytes; empty and failed when there are fewer. */
dc_reader dc_get_part(dc_reader *r, uint64_t n, const char *subject);
/* varint length <= limit, then that many bytes of UTF-8 without NUL; copied to the arena. */
const char *dc_get_text(dc_reader *r, uint64_t limit, dc_arena *arena);
uint64_t dc_reader_left(const dc_reader *r);
/* Records the caller's failure, if it is the first, with subject and offset. Returns r->status. */
dc_status dc_reader_fail(dc_reader *r, dc_status code, const char *format, ...) DC_PRINTF(3, 4);
/* UTF-8 without NUL; overlong forms, surrogates and values over U+10FFFF are none. */
bool dc_utf8_is_valid(const uint8_t *text, uint64_t n);
/* UTF-8 that a terminal shows and does not obey: no control characters (C0, DEL, C1), none that
 * turn the direction of text, no line or paragraph separators. */
bool dc_text_is_plain(const char *text);
/* `text` so that it is plain, cut to `size` bytes with the NUL: what is not is written as \x1b for
 * a byte and \u202e for a character. With `keeps_lines` the end of a line is left as it is. */
void dc_text_show(char *out, size_t size, const char *text, bool keeps_lines);
typedef struct dc_writer {
    uint8_t *data; /* owned until dc_writer_clear */
    uint64_t size, capacity, limit_bytes;
    dc_status status;
} dc_writer;
/* A growable buffer always has a maximum size. */
void dc_writer_init(dc_writer *w, uint64_t limit_bytes);
void dc_writer_clear(dc_writer *w);
void dc_put_u8(dc_writer *w, uint8_t value);
void dc_put_u16(dc_writer *w, uint16_t value);
void dc_put_u32(dc_writer *w, uint32_t value);
void dc_put_u64(dc_writer *w, uint64_t value);
void dc_put_f32(dc_writer *w, float value);
void dc_put_f32s(dc_writer *w, const float *values, uint64_t n);
void dc_put_f64(dc_writer *w, double value);
void dc_put_varint(dc_writer *w, uint64_t value);
void dc_put_bytes(dc_writer *w, const void *data, uint64_t n);
void dc_put_text(dc_writer *w, const char *text);
void dc_put_chars(dc_writer *w, const char *text); /* without its length */
unsigned dc_varint_bytes(uint64_t value); /* that dc_put_varint takes */
/* Room for `n` more bytes to be filled by the caller; NULL when the writer has failed. */
uint8_t *dc_put_space(dc_writer *w, uint64_t n);
/* IEEE binary16. Rounding is to nearest even; overflow gives infinity. */
uint16_t dc_f16_from_f32(float value);
float dc_f32_from_f16(uint16_t half);
/* Index of the first value that is NaN or infinite; n when there is none. */
uint64_t dc_find_not_finite(const float *values, uint64_t n);
/* The float that a half can hold nearest to `value`. */
float dc_f16_round(float value);

/* ---- bits: least significant bit first ------------------------------------------------------- */
typedef struct dc_bit_writer {
    dc_writer *out;    /* borrowed; its status is the status */
    uint64_t pending;  /* low n_pending bits are not yet in out */
    unsigned n_pending;
} dc_bit_writer;
void dc_bit_writer_init(dc_bit_writer *b, dc_writer *out);
/* The low `n_bits` (0..32) of `value`; higher bits must be zero. */
void dc_put_bits(dc_bit_writer *b, uint32_t value, unsigned n_bits);
/* Pad with zero bits to a whole byte. */
void dc_put_bits_end(dc_bit_writer *b);
typedef struct dc_bit_reader {
    const uint8_t *data; /* borrowed */
    uint64_t size, pos;  /* bytes    */
    uint64_t pending;
    unsigned n_pending;
    dc_status status;
} dc_bit_reader;
dc_bit_reader dc_bit_reader_over(const void *data, uint64_t size);
/* `n_bits` 0..32; DC_ECORRUPT past the end, then zeros. */
uint32_t dc_get_bits(dc_bit_reader *b, unsigned n_bits);

/* The little-endian number of n_bytes (at most 8) at `at`. */
static inline uint64_t dc_le(const uint8_t *at, uint32_t n_bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < n_bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* ---- compressed bytes and checksums (zlib) --------------------------------------------------- */
bool dc_is_gzip(const void *data, uint64_t n);
/* A whole gzip stream to `out`; DC_ECORRUPT when damaged or cut, DC_ELIMIT when it holds more than
 * `capacity` bytes. *n_out are there in any case. */
DC_MUST_USE dc_status dc_gunzip(void *out, uint64_t *n_out, uint64_t capacity, const void *data,
                                uint64_t n);
/* The same of a raw deflate stream, which is all of `data`, that was made with a dictionary of at
 * most 32,768 bytes. */
DC_MUST_USE dc_status dc_inflate(void *out, uint64_t *n_out, uint64_t capacity, const void *data,
                                 uint64_t n, const void *dictionary, uint32_t n_dictionary);
uint32_t dc_crc32(uint32_t seed, const void *data, uint64_t n);
/* Not cryptographic; for cache keys. Chain by passing the last result as seed. */
uint64_t dc_hash64(uint64_t seed, const void *data, uint64_t n);
/* A seed of this process's own, for tables of names from files: names that were chosen to collide
 * in one do not in another. Never in what is written. */
uint64_t dc_hash_secret(void);

/* ---- seeded random numbers: xoshiro256** ----------------------------------------------------- */
typedef struct dc_rng {
    uint64_t state[4];
} dc_rng;
/* The same (seed, stream) always gives the same numbers; different streams are independent. */
void dc_rng_init(dc_rng *rng, uint64_t seed, uint64_t stream);
uint64_t dc_rng_u64(dc_rng *rng);
uint64_t dc_rng_below(dc_rng *rng, uint64_t n); /* Uniform in [0, n), without bias; n > 0. */
double dc_rng_unit(dc_rng *rng); /* Uniform in [0, 1), 53 random bits. */
double dc_rng_normal(dc_rng *rng); /* Standard normal. */
void dc_rng_shuffle(dc_rng *rng, uint32_t *items, uint32_t n);
/* The k-th smallest of n values, none of them NaN, k from 0 and below n; reorders them. */
float dc_select_smallest(float *values, uint64_t n, uint64_t k);

/* ---- work on all cores ----------------------------------------------------------------------- */
/* The cores this process may use: those it is bound to, and no more than its control group's share
 * of time is worth. At least 1; the system is asked once. */
unsigned dc_cpu_count(void);
/* 0 sets that number, or OMP_NUM_THREADS if it is less. Holds for OpenMP in the libraries that the
 * calling thread uses, too. */
void dc_pool_set_jobs(unsigned n_jobs);
unsigned dc_pool_jobs(void);
typedef dc_status dc_task(void *payload, uint64_t index);
/* Where part `part` of `n_parts` nearly equal parts of n items starts; part n_parts gives n. */
static inline uint64_t dc_part_start(uint64_t n, uint64_t part, uint64_t n_parts)
{
    const uint64_t share = n / n_parts, rest = n % n_parts;
    return part * share + (part < rest ? part : rest);
}
/* Calls task(payload, 0..n_tasks-1), each once, in any order, on all jobs. Returns the failure with
 * the lowest index, and its message moves to the calling thread. Tasks must write disjoint memory;
 * results are then the same for any number of jobs. Nested calls run in line. Threads wait asleep,
 * and nobody waits for one that has not begun: a core that is taken away costs no more than its
 * share. */
DC_MUST_USE dc_status dc_pool_run(uint64_t n_tasks, dc_task *task, void *payload);
/* The same for what cannot fail. */
typedef void dc_each(void *payload, uint64_t index);
void dc_pool_each(uint64_t n, dc_each *each, void *payload);
/* Calls task(payload, 0) on this thread as if it were one of many: with nothing beside it. For what
 * other libraries prepare for one thread. */
DC_MUST_USE dc_status dc_pool_run_alone(dc_task *task, void *payload);
typedef enum dc_cpu_flag {
    DC_CPU_AVX2 = 1 << 0, /* with FMA and F16C */
    DC_CPU_AVX512 = 1 << 1, /* F, BW, DQ, VL */
    DC_CPU_AVX512_VNNI = 1 << 2,
    DC_CPU_AVX512_BF16 = 1 << 3,
    DC_CPU_AMX_BF16 = 1 << 4,
    DC_CPU_NEON = 1 << 5,
    DC_CPU_AVX512_VBMI2 = 1 << 6
} dc_cpu_flag;
/* Detected flags after DCOMP_CPU=ref|avx2|avx512|native or dc_cpu_limit took some away. */
unsigned dc_cpu_flags(void);
/* `level` as in DCOMP_CPU, for oneDNN's kernels too if none has been made yet. DC_EINPUT for
 * another word, DC_EUNSUPPORTED when the processor lacks it. */
DC_MUST_USE dc_status dc_cpu_limit(const char *level);
const char *dc_cpu_level(void); /* The level that was set last, or "native". */
/* Peak resident memory of this process, and a monotonic clock. */
uint64_t dc_peak_memory_bytes(void);
double dc_clock_seconds(void);
/* Calls task(payload, 0) in a copy of this process, silently, and says by how much the peak of its
 * resident memory grew; of what the task does nothing else comes back but how it failed. DC_ENOMEM
 * where the copy was ended. To be called before libraries have threads: a copy has none of them. */
DC_MUST_USE dc_status dc_run_apart(uint64_t *grown_bytes, dc_task *task, void *payload);

/* ---- talk: warnings and progress, never results ---------------------------------------------- */
typedef struct dc_progress_report {
    const char *label;    /* what is counted, "epoch 5/23"; "" when nothing is as yet  */
    uint64_t done, total; /* of it                                                     */
    const char *extra;    /* "" or a short text such as "loss 0.021"                   */
    bool is_part;         /* of some whole: the members below it are then set          */
    const char *where;    /* "compress  round 3/12  step 2/4 retrain"; "": no whole    */
    double whole;         /* share done of the whole, or of the label when it is none  */
    double seconds;       /* since the whole began                                     */
    double skipped;       /* share that counts as done but took no time                */
    bool is_most;         /* the whole may end before all of it is done                */
    bool is_over;         /* nothing more will come of it: where and label may be ""   */
} dc_progress_report;
/* A process has one listener; without one, warnings and progress are silent. */
typedef struct dc_listener {
    void *payload;
    void (*warn)(void *payload, const char *text);
    void (*progress)(void *payload, const dc_progress_report *report);
} dc_listener;
void dc_set_listener(const dc_listener *listener);
void dc_warn(const char *format, ...) DC_PRINTF(1, 2);
/* Warnings of the calling thread are dropped from true until false: for trials that come to
 * nothing. May be nested. */
void dc_hush(bool is_begun);
/* `done` of `total` steps of `label`; extra may be NULL. */
void dc_progress(const char *label, uint64_t done, uint64_t total, const char *extra);

/* Long work knows beforehand how much it is. The outermost piece is the whole, in units of its
 * maker's choice; a piece entered inside of it is worth `n_units` of them and is itself so many
 * units unless dc_work_divide says another number. Progress in between is that of the innermost
 * piece. Leaving gives back all that was entered since, done or not, and counts the piece as done.
 *
 *     const unsigned whole = dc_work_enter(2 * n, "train");
 *     for (...) {
 *         const unsigned epoch = dc_work_enter(n, "");
 *         ... dc_progress("epoch 1/2", i, n, "loss 0.3") ...
 *         dc_work_leave(epoch);
 *     }
 *     dc_work_leave(whole); */
unsigned dc_work_enter(double n_units, const char *format, ...) DC_PRINTF(2, 3);
void dc_work_divide(double n_units);
void dc_work_is_most(void); /* The whole is an upper bound: it may end earlier. */
void dc_work_leave(unsigned mark);

/* ---- JSON (cJSON) ---------------------------------------------------------------------------- */
typedef struct dc_json dc_json;
typedef enum dc_json_kind {
    DC_JSON_NULL, DC_JSON_BOOL, DC_JSON_NUMBER, DC_JSON_TEXT, DC_JSON_ARRAY, DC_JSON_OBJECT
} dc_json_kind;

/* The whole text must be one value, behind a byte order mark if there is one. DC_ECORRUPT says line
 * and column; duplicate keys and nesting deeper than 64 are refused. `subject` is the file name for
 * messages. */
DC_MUST_USE dc_status dc_json_parse(dc_json **out, const char *text, uint64_t n,
                                  const char *subject);
/* dc_file_open + dc_json_parse. */
DC_MUST_USE dc_status dc_json_read(dc_json **out, const char *path);
void dc_json_free(dc_json *json);

/* All of these take NULL and the wrong kind and answer with nothing: DC_JSON_NULL, 0, "", NULL. */
dc_json_kind dc_json_kind_of(const dc_json *json);
uint32_t dc_json_size(const dc_json *json);
const dc_json *dc_json_at(const dc_json *json, uint32_t index); /* element or member */
const dc_json *dc_json_next(const dc_json *json); /* the one after it, for long lists; NULL: last */
const dc_json *dc_json_get(const dc_json *json, const char *key);
const char *dc_json_key(const dc_json *json);
bool dc_json_bool(const dc_json *json);
double dc_json_number(const dc_json *json);
const char *dc_json_text(const dc_json *json);

/* For messages: the value as JSON writes it, "..." where it is longer. */
#define DC_JSON_SHOWN_BYTES 84
void dc_json_show(char out[DC_JSON_SHOWN_BYTES], const dc_json *json);

/* Building: `key` is NULL when the parent is an array. A NULL parent is ignored. Failures are
 * remembered by the root and returned by dc_json_print. NaN and infinity become null. */
dc_json *dc_json_new(void); /* an object; Owns */
dc_json *dc_json_add_object(dc_json *parent, const char *key);
dc_json *dc_json_add_array(dc_json *parent, const char *key);
void dc_json_add_bool(dc_json *parent, const char *key, bool value);
void dc_json_add_number(dc_json *parent, const char *key, double value);
void dc_json_add_u64(dc_json *parent, const char *key, uint64_t value); /* all 64 bits kept */
void dc_json_add_text(dc_json *parent, const char *key, const char *value);
void dc_json_add_null(dc_json *parent, const char *key);
/* The shortest text that reads back as the same number, as JSON has it; "" for NaN and infinity. */
#define DC_NUMBER_BYTES 40
const char *dc_text_shortest(char out[DC_NUMBER_BYTES], double value);
/* Text ending in a newline; Owns: dc_release. */
DC_MUST_USE dc_status dc_json_print(char **out, const dc_json *json, bool is_pretty);

/* ---- rules: a value for each layer, by name pattern ------------------------------------------ */
/* "0.1" or "fc1=0.08,conv*=0.66" on the command line; a number or an object in JSON. The first
 * pattern that matches wins; the pattern of a bare number is "*". Patterns know * and ?. */
typedef struct dc_rule {
    const char *pattern;
    double value;
} dc_rule;
typedef struct dc_rules {
    uint32_t n_rules;
    const dc_rule *items;
} dc_rules;

DC_MUST_USE dc_status dc_rules_parse(dc_rules *out, const char *text, dc_arena *arena);
/* Whether a rule matches `name`, and its value. */
bool dc_rules_find(double *value, const dc_rules *rules, const char *name);
/* DC_EINPUT naming the first pattern that matches none of the names, and the names there are; or
 * that matches only names which rules before it have taken, and such a rule. */
DC_MUST_USE dc_status dc_rules_check(const dc_rules *rules, const char *const *names,
                                   uint32_t n_names);
bool dc_glob_match(const char *pattern, const char *name);

/* ---- records: a struct and a table of its fields --------------------------------------------- */
/* One table gives a settings struct its recipe keys, its command-line options, its help and its
 * JSON: see dc_record_read, dc_record_set, dc_record_write. A result struct's table says how the
 * result is written (dc_record_write) and shown (report.h: dc_section). */
typedef enum dc_field_kind {
    DC_FIELD_BOOL,     /* bool                                            */
    DC_FIELD_U32,      /* uint32_t                                        */
    DC_FIELD_U64,      /* uint64_t                                        */
    DC_FIELD_NUMBER,   /* double; NaN: not given                          */
    DC_FIELD_TEXT,     /* const char *, as the next four                  */
    DC_FIELD_INPUT,    /* the name of a file to read                      */
    DC_FIELD_OUTPUT,   /* the name of a file to write                     */
    DC_FIELD_FOLDER,   /* the name of a folder to write into              */
    DC_FIELD_SPEC,     /* samples, as data.h names them: files to read    */
    DC_FIELD_CHOICE,   /* uint32_t: index of the word in `choices`        */
    DC_FIELD_RULES     /* dc_rules                                        */
} dc_field_kind;

typedef struct dc_field {
    const char *name; /* snake_case in JSON; dashes on the command line; "": for people alone */
    dc_field_kind kind;
    size_t offset;       /* offsetof in the struct                        */
    const char *unit;    /* "points", "bytes", or NULL                    */
    double min, max;     /* both 0: any value; max INFINITY: no maximum   */
    const char *choices; /* "linear|density|random|optimal", or NULL; of an input words that are
                            no files, of what is written the endings of its names */
    bool is_list;        /* an input: several names, with commas between  */
    const char *help;    /* one line for --help and the docs              */
    char short_name;     /* 'j' for -j, or 0                              */
    /* Of results, as report.h shows them: */
    const char *title;   /* of its column, with the unit; NULL: people do not see it. A text
                            stands left, or right when the title begins with '>' (not shown) */
    const char *group;   /* a title over neighbouring columns that have the same, or NULL */
    double scale;        /* people see the number times this (100: percent); 0: the number */
    uint8_t n_decimals;  /* of the number, for people                     */
    bool may_be_absent;  /* a text that is NULL leaves its JSON key out, and its column where all
                            are; people see nothing for NaN (else "-") and for a whole 0 */
} dc_field;
/* Tables end with a row whose name is NULL. Unknown keys, wrong types and values out of range are
 * DC_EINPUT and name the key and `subject`; members that are absent keep what the struct holds.
 * A whole number over 2^53 is read from text, since JSON's are doubles. `ignored` (or NULL) names
 * keys that are not the record's and ends with NULL. */
DC_MUST_USE dc_status dc_record_read(void *record, const dc_field *fields, const dc_json *object,
                                     const char *const *ignored, const char *subject,
                                     dc_arena *arena);
/* One field from its text form. `field` must be a row of the record's table. */
DC_MUST_USE dc_status dc_record_set(void *record, const dc_field *field, const char *text,
                                    dc_arena *arena);
void dc_record_write(dc_json *object, const void *record, const dc_field *fields);
typedef union dc_value {
    bool flag; uint32_t u32; uint64_t u64; double number; const char *text; dc_rules rules;
} dc_value;
dc_value dc_field_get(const dc_field *field, const void *record);
/* The word that a DC_FIELD_CHOICE has, in `out`; NULL when it has none. */
#define DC_CHOICE_BYTES 64
const char *dc_field_choice(char out[DC_CHOICE_BYTES], const dc_field *field, const void *record);
/* The row called `name` (dashes and underscores alike), or NULL. */
const dc_field *dc_field_find(const dc_field *fields, const char *name);
/* Whether its text may be "400M": a DC_FIELD_U64 in bytes. */
bool dc_field_is_size(const dc_field *field);
bool dc_field_is_text(const dc_field *field); /* Whether the member is a const char *. */
/* Whether `word` is one of the field's choices. */
bool dc_field_has_choice(const dc_field *field, const char *word);

/* ---- 8-bit pictures (libpng) ----------------------------------------------------------------- */
typedef struct dc_image {
    uint32_t width, height, n_channels; /* 1 grey, 3 RGB                    */
    uint8_t *pixels;                    /* (height, width, n_channels)      */
} dc_image;
#define DC_IMAGE_MAX_SIDE 16384u /* pixels */
#define DC_IMAGE_EXPANSION 200u   /* for dc_expansion_check: that of white paper in JPEG */

/* Any PNG as 8-bit grey or RGB, alpha over white. DC_ECORRUPT, DC_ELIMIT over the side limit. */
DC_MUST_USE dc_status dc_png_read(dc_image *out, const void *data, uint64_t n, const char *subject,
                                  dc_arena *arena);
DC_MUST_USE dc_status dc_png_write(const char *path, const dc_image *image, bool may_replace);

/* ---- injected faults, for tests and the DCOMP_FAULT variable --------------------------------- */
typedef enum dc_fault { DC_FAULT_ALLOC, DC_FAULT_READ, DC_FAULT_WRITE } dc_fault;

/* The nth operation from now (1 = the next) and all after it fail; 0 disarms. */
void dc_fault_arm(dc_fault kind, uint64_t nth);
/* For the few places that allocate, read and write: true when this one must fail. */
bool dc_fault_hits(dc_fault kind);
#ifdef __cplusplus
}
#endif
#endif
