/* SPDX-License-Identifier: MIT
 *
 * ONNX files put together in memory, message by message, also such as no exporter would write.
 */
#ifndef DCOMP_TESTS_ONNX_MAKE_H
#define DCOMP_TESTS_ONNX_MAKE_H

#include "test.h"

#include "foreign.h"

/* ---- fields ---- */

static inline void make_varint(dc_writer *w, uint32_t number, int64_t value)
{
    dc_put_varint(w, number << 3);
    dc_put_varint(w, (uint64_t)value);
}

static inline void make_bytes(dc_writer *w, uint32_t number, const void *bytes, uint64_t n)
{
    dc_put_varint(w, number << 3 | 2);
    dc_put_varint(w, n);
    dc_put_bytes(w, bytes, n);
}

static inline void make_text(dc_writer *w, uint32_t number, const char *text)
{
    make_bytes(w, number, text, strlen(text));
}

static inline void make_float(dc_writer *w, uint32_t number, float value)
{
    dc_put_varint(w, number << 3 | 5);
    dc_put_f32(w, value);
}

/* `inner` as a field of `w`; it is empty afterwards. */
static inline void make_message(dc_writer *w, uint32_t number, dc_writer *inner)
{
    make_bytes(w, number, inner->data, inner->size);
    dc_writer_clear(inner);
}

static inline dc_writer make_writer(void)
{
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    return w;
}

/* ---- a graph ---- */

typedef struct maker {
    dc_writer graph;
    int64_t opset;
    const char *key, *value; /* of the metadata; NULL: none */
} maker;

static inline maker make_graph(int64_t opset)
{
    return (maker){ .graph = make_writer(), .opset = opset };
}

/* "1,-2,3" */
static inline uint32_t make_list(int64_t out[16], const char *text)
{
    uint32_t n = 0;
    for (char *end; *text != '\0'; text = *end == ',' ? end + 1 : end) {
        assert_true(n < 16);
        out[n++] = strtoll(text, &end, 10);
        assert_true(end != text);
    }
    return n;
}

/* Input (11) or output (12) of elements of a type; a dim of 0 is free, NULL no shape at all. */
static inline void make_typed_value(maker *m, uint32_t number, const char *name,
                                    int64_t type_number, const char *dims)
{
    dc_writer info = make_writer(), type = make_writer(), tensor = make_writer();
    dc_writer shape = make_writer(), dim = make_writer();
    int64_t sizes[16];
    const uint32_t n = dims != NULL ? make_list(sizes, dims) : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (sizes[i] != 0)
            make_varint(&dim, 1, sizes[i]);
        else
            make_text(&dim, 2, "N");
        make_message(&shape, 1, &dim);
    }
    make_varint(&tensor, 1, type_number);
    if (dims != NULL)
        make_message(&tensor, 2, &shape);
    make_message(&type, 1, &tensor);
    make_text(&info, 1, name);
    make_message(&info, 2, &type);
    make_message(&m->graph, number, &info);
}

/* The same of float32. */
static inline void make_value(maker *m, uint32_t number, const char *name, const char *dims)
{
    make_typed_value(m, number, name, 1, dims);
}

static inline dc_writer make_tensor(const char *name, int64_t type, const char *dims,
                                    const void *raw, uint64_t n_bytes)
{
    dc_writer tensor = make_writer();
    int64_t sizes[16];
    const uint32_t n = make_list(sizes, dims);
    for (uint32_t i = 0; i < n; i++)
        make_varint(&tensor, 1, sizes[i]);
    make_varint(&tensor, 2, type);
    make_text(&tensor, 8, name);
    if (raw != NULL)
        make_bytes(&tensor, 9, raw, n_bytes);
    return tensor;
}

/* An initializer of float32 values: first, first + 1, ... */
static inline void make_floats(maker *m, const char *name, const char *dims, float first)
{
    dc_writer raw = make_writer();
    int64_t sizes[16];
    uint64_t count = 1;
    const uint32_t n = make_list(sizes, dims);
    for (uint32_t i = 0; i < n; i++)
        count *= (uint64_t)sizes[i];
    for (uint64_t i = 0; i < count; i++)
        dc_put_f32(&raw, first + (float)i);
    dc_writer tensor = make_tensor(name, 1, dims, raw.data, raw.size);
    make_message(&m->graph, 5, &tensor);
    dc_writer_clear(&raw);
}

/* An initializer of int64 values, one dim. */
static inline void make_ints(maker *m, const char *name, const char *values)
{
    dc_writer raw = make_writer();
    int64_t items[16];
    char dims[16];
    const uint32_t n = make_list(items, values);
    for (uint32_t i = 0; i < n; i++)
        dc_put_u64(&raw, (uint64_t)items[i]);
    snprintf(dims, sizeof dims, "%u", (unsigned)n);
    dc_writer tensor = make_tensor(name, 7, dims, raw.data, raw.size);
    make_message(&m->graph, 5, &tensor);
    dc_writer_clear(&raw);
}

/* "axis=i1", "alpha=f0.5", "pads=l1,1,2,2" (a list), "mode=sreflect" as an AttributeProto. */
static inline void make_attr(dc_writer *node, const char *text)
{
    dc_writer attr = make_writer();
    int64_t items[16];
    const char *value = strchr(text, '=') + 1;
    make_bytes(&attr, 1, text, (uint64_t)(value - 1 - text));
    switch (value[0]) {
    case 'i':
        make_varint(&attr, 3, strtoll(value + 1, NULL, 10));
        make_varint(&attr, 20, 2);
        break;
    case 'f':
        make_float(&attr, 2, (float)dc_text_number(value + 1, NULL));
        make_varint(&attr, 20, 1);
        break;
    case 's':
        make_text(&attr, 4, value + 1);
        make_varint(&attr, 20, 3);
        break;
    default:
        for (uint32_t i = 0, n = make_list(items, value + 1); i < n; i++)
            make_varint(&attr, 8, items[i]);
        make_varint(&attr, 20, 7);
    }
    make_message(node, 5, &attr);
}

/* Calls `put` for each word of `words`. */
static inline void make_words(dc_writer *w, const char *words, uint32_t number)
{
    char word[128];
    for (int n = 0; sscanf(words, " %127s%n", word, &n) == 1; words += n) {
        if (number == 0)
            make_attr(w, word);
        else
            make_text(w, number, strcmp(word, "-") == 0 ? "" : word);
    }
}

/* A node; inputs, outputs and attributes are words with spaces between, "-" is a left out one. */
static inline void make_node(maker *m, const char *op, const char *name, const char *inputs,
                             const char *outputs, const char *attrs)
{
    dc_writer node = make_writer();
    make_words(&node, inputs, 1);
    make_words(&node, outputs, 2);
    make_text(&node, 3, name);
    make_text(&node, 4, op);
    make_words(&node, attrs, 0);
    make_message(&m->graph, 1, &node);
}

/* The whole file; `m` is empty afterwards. */
static inline dc_writer make_file(maker *m)
{
    dc_writer file = make_writer(), opset = make_writer(), entry = make_writer();
    make_varint(&file, 1, 8);
    make_varint(&opset, 2, m->opset);
    make_message(&file, 8, &opset);
    make_message(&file, 7, &m->graph);
    if (m->key != NULL) {
        make_text(&entry, 1, m->key);
        make_text(&entry, 2, m->value);
        make_message(&file, 14, &entry);
    }
    assert_ok(file.status);
    return file;
}

/* What the importer says to the file; `m` is empty afterwards. */
static inline dc_status make_import_with(dc_model **out, maker *m,
                                         const dc_import_settings *settings)
{
    dc_writer file = make_file(m);
    dc_file_view view = { .data = file.data, .size = file.size };
    *out = NULL;
    bool has_marks = false;
    const dc_status status = interop_onnx_in.read(out, &has_marks, settings, &view, "net.onnx");
    dc_writer_clear(&file);
    return status;
}

/* The same with the defaults. */
static inline dc_status make_import(dc_model **out, maker *m)
{
    const dc_import_settings settings = dc_import_defaults();
    return make_import_with(out, m, &settings);
}

#endif
