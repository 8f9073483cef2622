/* SPDX-License-Identifier: MIT
 *
 * The table of kinds of datasets, and SPEC -> kind. A new kind is a file and a line here.
 */
#include "dataset.h"

#include <string.h>

static const data_kind *const kinds[] = { &data_kind_idx };

static const data_kind *find_kind(const char *spec, const char **where)
{
    const size_t n = strcspn(spec, ":");
    *where = spec[n] == ':' ? spec + n + 1 : spec + n;
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++)
        if (strlen(kinds[i]->name) == n && strncmp(kinds[i]->name, spec, n) == 0)
            return kinds[i];
    return NULL;
}

dc_status dc_data_open(dc_source **out, const char *spec, dc_split split, const dc_input *input,
                       uint64_t limit, uint64_t seed)
{
    data_request request = { .split = split, .input = input, .limit = limit, .seed = seed };
    const data_kind *kind = find_kind(spec, &request.where);
    if (kind == NULL)
        return dc_fail(DC_EINPUT, "unknown kind of data '%s' (there are %s)", spec, dc_data_kinds());
    return kind->open(out, &request);
}

bool dc_data_has_split(const char *spec)
{
    const char *where;
    const data_kind *kind = find_kind(spec, &where);
    return kind != NULL && kind->has_split;
}

const char *dc_data_kinds(void)
{
    return "idx:DIR, folder:DIR, images:DIR, digits[:N], npy:X.npy[,Y.npy]";
}
