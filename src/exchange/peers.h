/* SPDX-License-Identifier: MIT
 *
 * What makes peers, and what they are made of.
 */
#ifndef DCOMP_EXCHANGE_PEERS_H
#define DCOMP_EXCHANGE_PEERS_H

#include "dcomp/exchange.h"

/* Makes the arrays of a struct whose other members are set; from the arena. */
DC_MUST_USE dc_status peers_init(dc_peers *peers, dc_arena *arena);
/* By MPI. Owns: peers->close. */
DC_MUST_USE dc_status peers_mpi_open(dc_peers **out);

#endif
