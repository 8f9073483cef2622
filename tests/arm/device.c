/* SPDX-License-Identifier: MIT
 *
 * Runs pictures through three models, in integers, and says every score, on a device and on this
 * machine alike: the lines are compared. With DEVICE_SIZES it is the least that a firmware does,
 * one model and one picture, whose size is what the runtime costs; with DEVICE_ROWS, too, of the
 * model that reads a picture row by row. DEVICE_STACK says its stack.
 */
#include "device.h"

#include "dcomp_rt.h"

#define WORDS(bytes) (((bytes) + 7) / 8)
#define PART_OF(model, part) model##_##part

#if !defined DEVICE_SIZES || defined DEVICE_STACK
static void say_number(long number)
{
    char text[16];
    unsigned at = sizeof text - 1;
    unsigned long left = number < 0 ? (unsigned long)-number : (unsigned long)number;
    text[at] = '\0';
    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        text[--at] = '-';
    device_say(text + at);
}

static void say_stack(unsigned n_bytes)
{
    if (n_bytes > 0) {
        device_say("stack ");
        say_number((long)n_bytes);
        device_say("\n");
    }
}
#endif

#ifdef DEVICE_SIZES

#ifdef DEVICE_ROWS
#include "rows.h"
#define PART(part) PART_OF(ROWS, part)
#define FILE_OF_IT rows_file
#else
#include "lenet.h"
#define PART(part) PART_OF(LENET, part)
#define FILE_OF_IT lenet_file
#endif

#ifdef DEVICE_FLOAT
static uint64_t memory[WORDS(PART(FLOAT_MODEL_BYTES))], work[WORDS(PART(FLOAT_WORK_BYTES))];
#define MODE (&PART(FLOAT_MODE))
#else
static uint64_t memory[WORDS(PART(INTEGER_MODEL_BYTES))], work[WORDS(PART(INTEGER_WORK_BYTES))];
#define MODE (&PART(INTEGER_MODE))
#endif

static const uint8_t picture[PART(N_INPUTS)] = { 1 };
volatile uint32_t device_class;

int device_main(void)
{
    static dc_rt_call call;
    static float scores[PART(N_OUTPUTS)];
    const dc_rt *model;
    call.work = work, call.work_bytes = sizeof work;
    call.pixels = picture, call.n_x = sizeof picture;
    call.y = scores, call.n_y = PART(N_OUTPUTS);
    if (dc_rt_open(&model, memory, sizeof memory, FILE_OF_IT, sizeof FILE_OF_IT, MODE, NULL) !=
            DC_RT_OK || dc_rt_run(model, &call, NULL) != DC_RT_OK)
        return 1;
    device_class = dc_rt_best(scores, PART(N_OUTPUTS));
#ifdef DEVICE_STACK
    say_stack(device_stack_bytes());
#endif
    return 0;
}

#else

#include "digits.h"
#include "lenet.h"
#include "pictures.h"
#include "rows.h"

static uint64_t lenet_memory[WORDS(LENET_INTEGER_MODEL_BYTES)];
static uint64_t lenet_work[WORDS(LENET_INTEGER_WORK_BYTES)];
static uint64_t digits_memory[WORDS(DIGITS_INTEGER_MODEL_BYTES)];
static uint64_t digits_work[WORDS(DIGITS_INTEGER_WORK_BYTES)];
static uint64_t rows_memory[WORDS(ROWS_INTEGER_MODEL_BYTES)];
static uint64_t rows_work[WORDS(ROWS_INTEGER_WORK_BYTES)];

static unsigned n_right;

static int run_one(const dc_rt *model, void *work, size_t work_bytes, unsigned picture)
{
    dc_rt_fault fault = { "", 0, 0 };
    dc_rt_call call = { work, work_bytes, NULL, pictures[picture], sizeof pictures[0], NULL, 0 };
    int exponent, best = 0;
    if (dc_rt_run(model, &call, &fault) != DC_RT_OK) {
        device_say(fault.text);
        return 1;
    }
    const int16_t *scores = dc_rt_scores(&exponent, model, work);
    for (int i = 0; i < 10; i++) {
        best = scores[i] > scores[best] ? i : best;
        say_number(scores[i]);
        device_say(" ");
    }
    n_right += best == labels[picture];
    device_say("2^");
    say_number(exponent);
    device_say("\n");
    return 0;
}

static int run_model(const char *name, const uint8_t *file, size_t n, uint64_t *memory,
                     size_t memory_bytes, void *work, size_t work_bytes, const dc_rt_mode *mode)
{
    dc_rt_fault fault = { "", 0, 0 };
    const dc_rt *model;
    dc_rt_facts facts;
    n_right = 0;
    if (dc_rt_open(&model, memory, memory_bytes, file, n, mode, &fault) != DC_RT_OK) {
        device_say(fault.text);
        return 1;
    }
    dc_rt_describe(&facts, model);
    for (unsigned i = 0; i < N_PICTURES; i++)
        if (run_one(model, work, work_bytes, i) != 0)
            return 1;
    device_say(name);
    device_say(": right ");
    say_number((long)n_right);
    device_say(", work ");
    say_number((long)facts.work_bytes);
    device_say(" bytes\n");
    return 0;
}

int device_main(void)
{
    int status = run_model("lenet", lenet_file, sizeof lenet_file, lenet_memory,
                           sizeof lenet_memory, lenet_work, sizeof lenet_work,
                           &LENET_INTEGER_MODE);
    const unsigned stack = device_stack_bytes();
    if (status == 0)
        status = run_model("digits", digits_file, sizeof digits_file, digits_memory,
                           sizeof digits_memory, digits_work, sizeof digits_work,
                           &DIGITS_INTEGER_MODE);
    if (status == 0)
        status = run_model("rows", rows_file, sizeof rows_file, rows_memory, sizeof rows_memory,
                           rows_work, sizeof rows_work, &ROWS_INTEGER_MODE);
    say_stack(stack);
    return status;
}

#endif
