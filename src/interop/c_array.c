/* SPDX-License-Identifier: MIT
 *
 * A model as a C header: the bytes of a .dcm file that the runtime reads where they lie, and the
 * sizes of the memory that it wants, which the runtime itself is asked for. The file has raw codes
 * and no names, and matrices by rows, so that a layer in integers keeps the sums of one output
 * alone.
 */
#include "foreign.h"

#include <ctype.h>
#include <string.h>

#include "dcomp/format.h"
#include "dcomp/rt.h"

#define BYTES_A_LINE 15u
#define MAX_NAME 64u

/* "lenet_5" of "out/lenet-5.h": what names in C are made of. */
static const char *name_of(const char *path, dc_arena *arena)
{
    const char *slash = strrchr(path, '/'), *from = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(from, '.');
    const size_t n = DC_MIN(dot != NULL ? (size_t)(dot - from) : strlen(from), (size_t)MAX_NAME);
    char *name = dc_arena_take(arena, n + 3, 1);
    size_t at = 0;
    if (name == NULL)
        return "";
    if (n == 0 || !isalpha((unsigned char)from[0]))
        name[at++] = 'm';
    for (size_t i = 0; i < n; i++)
        name[at++] = isalnum((unsigned char)from[i]) ? from[i] : '_';
    name[at] = '\0';
    return name;
}

static const char *upper_of(const char *name, dc_arena *arena)
{
    char *upper = dc_arena_take(arena, strlen(name) + 1, 1);
    for (size_t i = 0; upper != NULL && i <= strlen(name); i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    return upper != NULL ? upper : "";
}

/* Headers that the array, its example and the runtime include, or that these include: one by the
 * same name, in a folder where headers are looked for, would be read in their place. */
static const char *const headers[] = {
    "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits",
    "locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic", "stdbit",
    "stdbool", "stdckdint", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string",
    "tgmath", "threads", "time", "uchar", "wchar", "wctype", "alloca", "features", "strings",
    "unistd", "rt", "dcomp_rt",
};

static bool is_same_word(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) /* file systems may not know capitals from small letters */
        if (tolower((unsigned char)a[i]) != b[i])
            return false;
    return b[n] == '\0';
}

static dc_status check_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *from = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(from) - strlen(".h");
    for (size_t i = 0; i < DC_COUNT_OF(headers); i++)
        if (is_same_word(from, headers[i], n))
            return dc_fail(DC_EINPUT, "'%s' would hide the header of this name: call it otherwise",
                           path);
    return DC_OK;
}

/* ---- the runtime's opinion ------------------------------------------------------------------- */

/* Of float32 and of integers, and what they are called. A network with layers over time has modes
 * of its own, which a firmware without such layers does not link. */
typedef struct c_modes {
    const dc_rt_mode *modes[2];
    const char *names[2];
} c_modes;

static const c_modes plain = { { &dc_rt_float, &dc_rt_integer }, { "dc_rt_float",
                                                                   "dc_rt_integer" } };
static const c_modes recurrent = { { &dc_rt_float_recurrent, &dc_rt_integer_recurrent },
                                   { "dc_rt_float_recurrent", "dc_rt_integer_recurrent" } };

static const c_modes *modes_of(const dc_model *m)
{
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        const dc_op op = m->nodes[i].kind->op;
        if (op == DC_OP_LSTM || op == DC_OP_GRU || op == DC_OP_RNN || op == DC_OP_EMBEDDING ||
            op == DC_OP_LAST || op == DC_OP_STEP_MEAN)
            return &recurrent;
    }
    return &plain;
}

typedef struct c_array {
    const dc_model *model;
    const c_modes *modes;
    dc_writer file;
    size_t model_bytes[2], work_bytes[2]; /* of float32 and of integers */
    bool has_integers; /* which do not have every curve of a layer over time */
    dc_rt_facts facts;
    const char *name, *upper;
} c_array;

/* Its refusal as ours, which names the node. */
static dc_status fail_as(const dc_model *model, dc_rt_status status, const dc_rt_fault *fault)
{
    const char *node = fault->node > 0 && fault->node < model->n_nodes
                           ? model->nodes[fault->node].name
                           : model->name;
    if (status == DC_RT_EUNSUPPORTED && fault->node > 0 && fault->node < model->n_nodes &&
        strncmp(fault->text, "op ", 3) == 0)
        return dc_fail(DC_EUNSUPPORTED, "'%s' is %s, which the runtime does not have", node,
                       model->nodes[fault->node].kind->name);
    return dc_fail(status == DC_RT_ELIMIT ? DC_ELIMIT : DC_EUNSUPPORTED,
                   "the runtime cannot take '%s': %s (%u)", node, fault->text,
                   (unsigned)fault->number);
}

static dc_status ask_runtime(c_array *c, int is_integer, dc_arena *arena)
{
    const dc_rt_mode *mode = c->modes->modes[is_integer];
    const dc_rt *opened;
    dc_rt_fault fault = { "", 0, 0 };
    dc_rt_status status = dc_rt_size(&c->model_bytes[is_integer], c->file.data, c->file.size, mode,
                                     &fault);
    if (status == DC_RT_OK) {
        void *memory = dc_arena_take(arena, c->model_bytes[is_integer] / 8 + 1, sizeof(uint64_t));
        DC_TRY(arena->status);
        status = dc_rt_open(&opened, memory, c->model_bytes[is_integer], c->file.data,
                            c->file.size, mode, &fault);
    }
    if (status == DC_RT_EUNSUPPORTED && is_integer)
        return DC_OK; /* float32 has read the same file */
    if (status != DC_RT_OK)
        return fail_as(c->model, status, &fault);
    dc_rt_describe(&c->facts, opened);
    c->work_bytes[is_integer] = c->facts.work_bytes;
    c->has_integers = is_integer != 0;
    return DC_OK;
}

/* ---- the header ------------------------------------------------------------------------------ */

static void put_text(dc_output *out, const char *text)
{
    dc_output_write(out, text, strlen(text));
}

static void put_comment(dc_output *out, const c_array *c, dc_arena *arena)
{
    const dc_model *m = c->model;
    static const char *const parts[] = { "", "values", "steps, values of each",
                                         "channels, rows, columns" };
    put_text(out, dc_arena_print(
        arena, "/* A network for dcomp's runtime (dcomp_rt.h), by dcomp " DCOMP_VERSION ".\n *\n"
        " * input    %s: %s\n * output   %u values%s\n"
        " * flash    %llu bytes, and the runtime's code\n"
        " * RAM      float32   %llu bytes of a model, and %llu of each run at a time\n",
        dc_shape_text(&m->nodes[0].shape, arena), parts[DC_MIN(m->nodes[0].shape.n_dims, 3u)],
        (unsigned)c->facts.n_outputs, m->n_class_names > 0 ? ", of classes with names" : "",
        (unsigned long long)c->file.size, (unsigned long long)c->model_bytes[0],
        (unsigned long long)c->work_bytes[0]));
    if (!c->has_integers)
        put_text(out, " *          integers  do not have all of its curves\n */\n");
    else
        put_text(out, dc_arena_print(
            arena, " *          integers  %llu bytes of a model, and %llu of each run at a time%s\n"
            " */\n", (unsigned long long)c->model_bytes[1], (unsigned long long)c->work_bytes[1],
            c->facts.has_integer_scores ? "; its scores are the same bits on every machine" : ""));
}

/* Modes by name, and the one that a program takes that has no wish: integers, where they can. */
static void put_modes(dc_output *out, const c_array *c, dc_arena *arena)
{
    static const char *const words[] = { "FLOAT", "INTEGER" };
    const char *usual = words[c->has_integers];
    for (int i = 0; i <= c->has_integers; i++)
        put_text(out, dc_arena_print(arena, "#define %s_%s_MODE %s\n", c->upper, words[i],
                                     c->modes->names[i]));
    put_text(out, dc_arena_print(arena, "#define %s_MODE %s_%s_MODE\n", c->upper, c->upper, usual));
    put_text(out, dc_arena_print(arena, "#define %s_MODEL_BYTES %s_%s_MODEL_BYTES\n", c->upper,
                                 c->upper, usual));
    put_text(out, dc_arena_print(arena, "#define %s_WORK_BYTES %s_%s_WORK_BYTES\n", c->upper,
                                 c->upper, usual));
}

static void put_sizes(dc_output *out, const c_array *c, dc_arena *arena)
{
    const struct {
        const char *name;
        uint64_t value;
    } sizes[] = {
        { "N_INPUTS", c->facts.n_inputs },
        { "N_OUTPUTS", c->facts.n_outputs },
        { "FILE_BYTES", c->file.size },
        { "FLOAT_MODEL_BYTES", c->model_bytes[0] },
        { "FLOAT_WORK_BYTES", c->work_bytes[0] },
        { "INTEGER_MODEL_BYTES", c->model_bytes[1] },
        { "INTEGER_WORK_BYTES", c->work_bytes[1] },
    };
    const size_t n = DC_COUNT_OF(sizes) - (c->has_integers ? 0 : 2);
    for (size_t i = 0; i < n; i++)
        put_text(out, dc_arena_print(arena, "#define %s_%s %llu\n", c->upper, sizes[i].name,
                                     (unsigned long long)sizes[i].value));
}

static void put_bytes(dc_output *out, const uint8_t *data, uint64_t n)
{
    static const char digits[] = "0123456789abcdef", indent[] = "   ";
    char line[sizeof indent + BYTES_A_LINE * sizeof " 0x00,"];
    for (uint64_t i = 0; i < n; i += BYTES_A_LINE) {
        size_t at = sizeof indent - 1;
        memcpy(line, indent, at);
        for (uint64_t k = i; k < DC_MIN(i + BYTES_A_LINE, n); k++) {
            const char text[] = { ' ', '0', 'x', digits[data[k] >> 4], digits[data[k] & 15], ',' };
            memcpy(line + at, text, sizeof text);
            at += sizeof text;
        }
        line[at++] = '\n';
        dc_output_write(out, line, at);
    }
}

static dc_status put_header(dc_output *out, c_array *c, const char *path, dc_arena *arena)
{
    const dc_write_settings settings = { .level = DC_LEVEL_CODED, .is_stripped = true,
                                         .is_row_major = true,
                                         .coder_mask = 1u << DC_CODER_RAW };
    DC_TRY(dc_model_encode(&c->file, c->model, &settings, NULL, NULL));
    for (int is_integer = 0; is_integer < 2; is_integer++)
        DC_TRY(ask_runtime(c, is_integer, arena));
    c->name = name_of(path, arena);
    c->upper = upper_of(c->name, arena);
    put_comment(out, c, arena);
    put_text(out, dc_arena_print(arena, "#ifndef %s_DCM_H\n#define %s_DCM_H\n\n"
                                 "#include <stdint.h>\n\n", c->upper, c->upper));
    put_sizes(out, c, arena);
    put_modes(out, c, arena);
    put_text(out, dc_arena_print(arena, "\nstatic const uint8_t %s_file[%s_FILE_BYTES] = {\n",
                                 c->name, c->upper));
    put_bytes(out, c->file.data, c->file.size);
    put_text(out, "};\n\n#endif\n");
    return arena->status;
}

static dc_status write_c(dc_output *out, const dc_model *model, const char *path)
{
    dc_arena arena = { 0 };
    c_array c = { .model = model, .modes = modes_of(model) };
    DC_TRY(check_name(path));
    dc_writer_init(&c.file, INT32_MAX);
    const dc_status status = put_header(out, &c, path, &arena);
    dc_writer_clear(&c.file);
    dc_arena_clear(&arena);
    return status;
}

const interop_exporter interop_c_out = {
    .name = "C array",
    .ending = ".h",
    .write = write_c,
};

/* ---- the example ----------------------------------------------------------------------------- */

/* %1: the header's file, %2: its name in C, %3: in capitals. */
static const char example[] =
    "/* Reads one sample of bytes (pixels: channels, rows, columns) from standard input, says its\n"
    " * class and score. On a device, pixels come from elsewhere, and nothing else differs.\n"
    " *\n"
    " *     cc main.c dcomp_rt.c -lm -o main\n"
    " */\n"
    "#include <stdio.h>\n\n#include \"dcomp_rt.h\"\n#include \"%1\"\n\n"
    "/* Of 8-byte words, as the runtime wants its memory to lie. */\n"
    "static uint64_t model_memory[(%3_MODEL_BYTES + 7) / 8];\n"
    "static uint64_t work_memory[(%3_WORK_BYTES + 7) / 8];\n"
    "static uint8_t pixels[%3_N_INPUTS];\nstatic float scores[%3_N_OUTPUTS];\n"
    "static dc_rt_call call; /* zeros, at first */\n\n"
    "int main(void)\n{\n"
    "    const dc_rt *model;\n    dc_rt_fault fault;\n"
    "    call.work = work_memory;\n    call.work_bytes = sizeof work_memory;\n"
    "    call.pixels = pixels;\n    call.n_x = %3_N_INPUTS;\n"
    "    call.y = scores;\n    call.n_y = %3_N_OUTPUTS;\n"
    "    if (fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels) {\n"
    "        fprintf(stderr, \"%%d bytes are wanted\\n\", (int)sizeof pixels);\n"
    "        return 1;\n    }\n"
    "    if (dc_rt_open(&model, model_memory, sizeof model_memory, %2_file, sizeof %2_file,\n"
    "                   &%3_MODE, &fault) != DC_RT_OK ||\n"
    "        dc_rt_run(model, &call, &fault) != DC_RT_OK) {\n"
    "        fprintf(stderr, \"%%s (node %%u, %%u)\\n\", fault.text, (unsigned)fault.node,\n"
    "                (unsigned)fault.number);\n"
    "        return 1;\n    }\n"
    "    const uint32_t best = dc_rt_best(scores, %3_N_OUTPUTS);\n"
    "    printf(\"class %%u, score %%.4f\\n\", (unsigned)best, (double)scores[best]);\n"
    "    return 0;\n}\n";

dc_status dc_export_c_example(const char *path, const char *header, bool may_replace)
{
    dc_arena arena = { 0 };
    dc_output *out;
    const char *slash = strrchr(header, '/'), *name = name_of(header, &arena);
    const char *const words[] = { slash != NULL ? slash + 1 : header, name,
                                  upper_of(name, &arena) };
    dc_status status = arena.status;
    if (status == DC_OK)
        status = dc_output_open(&out, path, may_replace);
    if (status == DC_OK) {
        for (const char *at = example, *next; *at != '\0'; at = next) {
            next = strchr(at, '%');
            next = next != NULL ? next : at + strlen(at);
            dc_output_write(out, at, (uint64_t)(next - at));
            if (*next == '\0')
                continue;
            put_text(out, next[1] == '%' ? "%" : words[next[1] - '1']);
            next += 2;
        }
        status = dc_output_commit(out);
    }
    dc_arena_clear(&arena);
    return status;
}
