/* SPDX-License-Identifier: MIT
 *
 * Inside prune: where the channels (or neurons) of a layer go, for what takes them out, sorts them,
 * or moves their biases.
 */
#ifndef DCOMP_PRUNE_CHANNELS_H
#define DCOMP_PRUNE_CHANNELS_H

#include "dcomp/prune.h"

enum { CHANNELS_NOT_REACHED, CHANNELS_PASS, CHANNELS_READ };

typedef struct channels {
    dc_model *model;
    uint32_t layer, n_channels; /* whose channels are looked at */
    uint8_t *reached;           /* (n_nodes): they pass it, or it is a layer that reads them */
} channels;

DC_MUST_USE dc_status channels_init(channels *out, dc_model *model, dc_arena *arena);
/* Whose channels are its first dim, and are made of all channels of its input. */
bool channels_is_layer(const dc_node *node);
/* Looks at this layer; false when its channels reach something that mixes them: then they must
 * stay as they are. */
bool channels_follow(channels *c, uint32_t layer);
/* Its parameter number `which`, or NULL. */
dc_param *channels_param(const dc_model *model, const dc_node *node, uint32_t which);
bool channels_has_pad(const dc_node *node);
/* The channels of everything reached become those of `order`, `n` of them. Values move within
 * their arrays. */
DC_MUST_USE dc_status channels_take(channels *c, const uint32_t *order, uint32_t n);

#endif
