/* SPDX-License-Identifier: MIT
 *
 * Inside model: what the readers and the writer of an architecture's parts share.
 */
#ifndef DCOMP_MODEL_ARCH_JSON_H
#define DCOMP_MODEL_ARCH_JSON_H

#include "dcomp/model.h"

/* DC_EINPUT naming the key unless `json` is there and of this kind. */
DC_MUST_USE dc_status arch_need(const dc_json *json, dc_json_kind kind, const char *key);
/* A whole number over 0. */
DC_MUST_USE dc_status arch_get_u32(uint32_t *out, const dc_json *json, const char *key);

/* A key that sets several attributes: a number for all, or one each. */
typedef struct arch_group {
    const char *name;
    uint32_t n_attrs;
    dc_attr attrs[4];
} arch_group;
#define ARCH_N_GROUPS 6
extern const arch_group arch_groups[ARCH_N_GROUPS];

#endif
