/* SPDX-License-Identifier: MIT
 *
 * A member of a zip archive in memory, stored or deflated.
 */
#ifndef DCOMP_DATA_ZIP_H
#define DCOMP_DATA_ZIP_H

#include "dcomp/base.h"

typedef struct zip_member {
    const uint8_t *bytes; /* in the archive, or from the arena */
    uint64_t n;
} zip_member;

/* The member of this name; bytes is NULL when there is none. DC_ECORRUPT when the archive or the
 * member is damaged, DC_EUNSUPPORTED for zip64, encryption and other methods, DC_ELIMIT when it
 * is out of proportion to the archive. */
DC_MUST_USE dc_status zip_find(zip_member *out, const uint8_t *zip, uint64_t n, const char *name,
                               const char *subject, dc_arena *arena);
/* The name of the first member that is called none of these, from the arena; NULL: there is none.
 */
DC_MUST_USE dc_status zip_find_other(const char **out, const uint8_t *zip, uint64_t n,
                                     const char *const *names, uint32_t n_names,
                                     const char *subject, dc_arena *arena);

#endif
