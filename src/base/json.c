/* SPDX-License-Identifier: MIT
 *
 * JSON by cJSON; a dc_json is a cJSON node under another name, and only this file knows.
 *
 * Reading: json_scan.c checks grammar and depth with line and column, cJSON builds the tree, and a
 * walk in document order refuses duplicate keys and numbers beyond double; the count of keys
 * passed tells the scanner where a duplicate stands.
 *
 * Building: numbers are written by us as raw text, the shortest of 15, 16 or 17 digits that reads
 * back as the same double (cJSON compares with a tolerance) and all 64 bits of a counter. A failed
 * addition marks its parent (the unused `valueint` of a container); print looks for marks.
 */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/file.h"
#include "json_scan.h"
#include "print.h"

#define MAX_TEXT_BYTES (UINT64_C(1) << 30)
#define FAILED_MARK 0x6661696c

static pthread_once_t hooks_once = PTHREAD_ONCE_INIT;

/* The hooks are the whole program's, who may have had memory from cJSON before they were set, and
 * may free what it gets by itself: so it is plain memory. It is counted by check_room. */
static void *json_take(size_t size)
{
    return dc_fault_hits(DC_FAULT_ALLOC) ? NULL : malloc(size);
}

static void set_hooks(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = json_take, .free_fn = free });
}

static cJSON *node_of(const dc_json *json)
{
    return (cJSON *)(uintptr_t)json;
}

static dc_json *json_of(const cJSON *node)
{
    return (dc_json *)(uintptr_t)node;
}

static bool is_container(const cJSON *node)
{
    return cJSON_IsArray(node) || cJSON_IsObject(node);
}

/* ---- reading ---- */

typedef struct walk {
    uint64_t n_keys;             /* passed so far, in document order */
    const cJSON *duplicate;      /* the second of two equal keys */
    uint64_t duplicate_ordinal;
    bool has_huge_number;
} walk;

typedef struct keyed {
    const cJSON *node;
    uint32_t order;
} keyed;

static int compare_keyed(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    const int order = strcmp(x->node->string, y->node->string);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* The member of `object` that first repeats an earlier key, or NULL. */
static dc_status find_duplicate(const cJSON **out, const cJSON *object)
{
    const uint32_t n = (uint32_t)cJSON_GetArraySize(object);
    keyed *items = dc_grow(NULL, n, sizeof *items);
    if (!items)
        return DC_ENOMEM;
    uint32_t i = 0, first = UINT32_MAX;
    for (const cJSON *member = object->child; member; member = member->next, i++)
        items[i] = (keyed){ member, i };
    qsort(items, n, sizeof *items, compare_keyed);
    *out = NULL;
    for (i = 1; i < n; i++) {
        const bool is_same = strcmp(items[i - 1].node->string, items[i].node->string) == 0;
        if (is_same && items[i].order < first) {
            first = items[i].order;
            *out = items[i].node;
        }
    }
    dc_release(items);
    return DC_OK;
}

/* Depth is at most DC_JSON_MAX_DEPTH: the scanner has seen to it. */
static dc_status walk_tree(walk *w, const cJSON *node)
{
    const cJSON *duplicate = NULL;
    w->has_huge_number |= cJSON_IsNumber(node) && !isfinite(node->valuedouble);
    if (cJSON_IsObject(node) && node->child && node->child->next)
        DC_TRY(find_duplicate(&duplicate, node));
    for (const cJSON *child = is_container(node) ? node->child : NULL; child; child = child->next) {
        if (child == duplicate) {
            w->duplicate = child;
            w->duplicate_ordinal = w->n_keys;
        }
        w->n_keys += child->string != NULL;
        if (!w->duplicate)
            DC_TRY(walk_tree(w, child));
        if (w->duplicate)
            return DC_OK;
    }
    return DC_OK;
}

static dc_status check_tree(const cJSON *root, const char *text, uint64_t n, const char *subject)
{
    walk w = { 0 };
    DC_TRY(walk_tree(&w, root));
    if (w.duplicate) {
        const dc_json_place at = dc_json_key_place(text, n, w.duplicate_ordinal);
        return dc_fail(DC_ECORRUPT, "key '%.80s' appears twice in '%s' at line %u, column %u",
                       w.duplicate->string, subject, at.line, at.column);
    }
    return w.has_huge_number ? dc_fail(DC_ECORRUPT, "number is too large in '%s'", subject) : DC_OK;
}

/* A node for each bracket and comma at most, and the texts. */
static dc_status check_room(const char *text, uint64_t n)
{
    uint64_t n_nodes = 1;
    for (uint64_t i = 0; i < n; i++)
        n_nodes += text[i] == ',' || text[i] == '[' || text[i] == '{';
    const uint64_t bytes = n_nodes * (sizeof(cJSON) + 32) + n;
    DC_TRY(dc_memory_take(bytes));
    dc_memory_give(bytes);
    return DC_OK;
}

dc_status dc_json_parse(dc_json **out, const char *text, uint64_t n, const char *subject)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, which some editors put first */
    pthread_once(&hooks_once, set_hooks);
    if (n > MAX_TEXT_BYTES)
        return dc_fail(DC_ELIMIT, "'%s' is over 1 GiB of JSON", subject);
    if (n >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        n -= 3;
    }
    DC_TRY(dc_json_scan(text, n, subject));
    DC_TRY(check_room(text, n));
    const locale_t before = dc_locale_enter();
    cJSON *root = cJSON_ParseWithLength(text, (size_t)n);
    dc_locale_leave(before);
    if (!root) /* the grammar is right, so memory it was */
        return dc_fail(DC_ENOMEM, "no memory for the JSON of '%s'", subject);
    const dc_status status = check_tree(root, text, n, subject);
    if (status < 0) {
        cJSON_Delete(root);
        return status;
    }
    *out = json_of(root);
    return DC_OK;
}

dc_status dc_json_read(dc_json **out, const char *path)
{
    dc_file_view file;
    DC_TRY(dc_file_open(&file, path, MAX_TEXT_BYTES));
    dc_file_view text = file;
    dc_status status = dc_text_begin(&text, path);
    if (status == DC_OK)
        status = dc_json_parse(out, (const char *)text.data, text.size, path);
    dc_file_close(&file);
    return status;
}

void dc_json_free(dc_json *json)
{
    cJSON_Delete(node_of(json));
}

dc_json_kind dc_json_kind_of(const dc_json *json)
{
    const cJSON *node = node_of(json);
    if (cJSON_IsBool(node))
        return DC_JSON_BOOL;
    if (cJSON_IsNumber(node) || cJSON_IsRaw(node))
        return DC_JSON_NUMBER;
    if (cJSON_IsString(node))
        return DC_JSON_TEXT;
    if (cJSON_IsArray(node))
        return DC_JSON_ARRAY;
    return cJSON_IsObject(node) ? DC_JSON_OBJECT : DC_JSON_NULL;
}

uint32_t dc_json_size(const dc_json *json)
{
    const cJSON *node = node_of(json);
    return is_container(node) ? (uint32_t)cJSON_GetArraySize(node) : 0;
}

const dc_json *dc_json_at(const dc_json *json, uint32_t index)
{
    const cJSON *child = is_container(node_of(json)) ? node_of(json)->child : NULL;
    while (child && index-- > 0)
        child = child->next;
    return json_of(child);
}

const dc_json *dc_json_next(const dc_json *json)
{
    return json != NULL ? json_of(node_of(json)->next) : NULL;
}

const dc_json *dc_json_get(const dc_json *json, const char *key)
{
    const cJSON *node = node_of(json);
    return cJSON_IsObject(node) ? json_of(cJSON_GetObjectItemCaseSensitive(node, key)) : NULL;
}

const char *dc_json_key(const dc_json *json)
{
    return json && node_of(json)->string ? node_of(json)->string : "";
}

bool dc_json_bool(const dc_json *json)
{
    return cJSON_IsTrue(node_of(json));
}

double dc_json_number(const dc_json *json)
{
    return dc_json_kind_of(json) == DC_JSON_NUMBER ? node_of(json)->valuedouble : 0.0;
}

const char *dc_json_text(const dc_json *json)
{
    return cJSON_IsString(node_of(json)) ? node_of(json)->valuestring : "";
}

/* ---- building ---- */

dc_json *dc_json_new(void)
{
    pthread_once(&hooks_once, set_hooks);
    return json_of(cJSON_CreateObject());
}

/* `item` (NULL: its making failed) becomes the parent's; returns it, NULL on failure. */
static dc_json *add(dc_json *parent, const char *key, cJSON *item)
{
    cJSON *node = node_of(parent);
    bool is_added = false;
    if (item && node)
        is_added = key ? cJSON_AddItemToObject(node, key, item) : cJSON_AddItemToArray(node, item);
    if (is_added)
        return json_of(item);
    cJSON_Delete(item);
    if (node)
        node->valueint = FAILED_MARK;
    return NULL;
}

dc_json *dc_json_add_object(dc_json *parent, const char *key)
{
    return add(parent, key, cJSON_CreateObject());
}

dc_json *dc_json_add_array(dc_json *parent, const char *key)
{
    return add(parent, key, cJSON_CreateArray());
}

void dc_json_add_bool(dc_json *parent, const char *key, bool value)
{
    add(parent, key, cJSON_CreateBool(value));
}

void dc_json_add_null(dc_json *parent, const char *key)
{
    add(parent, key, cJSON_CreateNull());
}

static void add_raw(dc_json *parent, const char *key, const char *text, double value)
{
    cJSON *item = cJSON_CreateRaw(text);
    if (item)
        item->valuedouble = value;
    add(parent, key, item);
}

const char *dc_text_shortest(char out[DC_NUMBER_BYTES], double value)
{
    out[0] = '\0';
    for (int n_digits = 15; n_digits <= 17 && isfinite(value); n_digits++) {
        dc_print(out, DC_NUMBER_BYTES, "%.*g", n_digits, value);
        const double back = dc_text_number(out, NULL);
        if (!(back < value) && !(back > value))
            break;
    }
    return out;
}

void dc_json_add_number(dc_json *parent, const char *key, double value)
{
    char text[DC_NUMBER_BYTES];
    if (isfinite(value))
        add_raw(parent, key, dc_text_shortest(text, value), value);
    else
        dc_json_add_null(parent, key);
}

void dc_json_add_u64(dc_json *parent, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    add_raw(parent, key, text, (double)value);
}

/* A name from a file system need not be UTF-8, JSON must: then only its ASCII is shown. */
void dc_json_add_text(dc_json *parent, const char *key, const char *value)
{
    cJSON *item = value ? cJSON_CreateString(value) : cJSON_CreateNull();
    if (item && value && !dc_utf8_is_valid((const uint8_t *)value, strlen(value)))
        for (char *c = item->valuestring; *c; c++)
            *c = (unsigned char)*c < 0x80 ? *c : '?';
    add(parent, key, item);
}

static bool has_mark(const cJSON *node)
{
    if (!is_container(node))
        return false;
    if (node->valueint == FAILED_MARK)
        return true;
    for (const cJSON *child = node->child; child; child = child->next)
        if (has_mark(child))
            return true;
    return false;
}

/* cJSON writes characters below a blank out, but not the others that a terminal obeys. Returns the
 * end. */
static char *write_out(char *out, const char *text)
{
    while (*text != '\0') {
        const unsigned char lead = (unsigned char)*text;
        const size_t n_bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        char one[5] = "";
        memcpy(one, text, strnlen(text, n_bytes));
        if (lead < 0x7f || dc_text_is_plain(one)) {
            memcpy(out, one, strlen(one));
            out += strlen(one);
        } else { /* of two or three bytes, or DEL */
            unsigned point = lead < 0xc0 ? lead : lead & (lead < 0xe0 ? 0x1fu : 0x0fu);
            for (size_t k = 1; k < strlen(one); k++)
                point = point << 6 | ((unsigned char)one[k] & 0x3fu);
            out += snprintf(out, 7, "\\u%04x", point);
        }
        text += strlen(one);
    }
    *out = '\0';
    return out;
}

dc_status dc_json_print(char **out, const dc_json *json, bool is_pretty)
{
    const cJSON *node = node_of(json);
    if (!node || has_mark(node))
        return dc_fail(DC_ENOMEM, "no memory for a JSON result");
    char *text = is_pretty ? cJSON_Print(node) : cJSON_PrintUnformatted(node);
    if (!text)
        return dc_fail(DC_ENOMEM, "no memory for a JSON text");
    char *shown = dc_grow(NULL, 6 * strlen(text) + 2, 1);
    if (shown != NULL)
        strcpy(write_out(shown, text), "\n");
    free(text);
    *out = shown;
    return shown != NULL ? DC_OK : DC_ENOMEM;
}

void dc_json_show(char out[DC_JSON_SHOWN_BYTES], const dc_json *json)
{
    char *text = cJSON_PrintUnformatted(node_of(json));
    const size_t n = text != NULL ? strlen(text) : 0, n_most = DC_JSON_SHOWN_BYTES - 4;
    snprintf(out, DC_JSON_SHOWN_BYTES, "%.*s%s", (int)DC_MIN(n, n_most), text != NULL ? text : "",
             n > n_most ? "..." : "");
    free(text);
}
