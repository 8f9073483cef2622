/* SPDX-License-Identifier: MIT
 *
 * Ranks that are processes, by MPI. Messages between two ranks come in the order in which they were
 * sent, and each swap takes one from every rank, so nothing tells swaps apart; the tag tells a
 * failure. How long a message is, is asked when it is there.
 *
 * MPI's own calls wait spinning, which takes the core that another rank needs. So a swap begins all
 * of its transfers and looks at them now and then, asleep in between. Signals are the program's:
 * one that ends it ends it here too.
 */
#include "peers.h"

#include <limits.h>
#include <time.h>

#include <mpi.h>

#define N_LOOKS 16u            /* before the first sleep */
#define FIRST_SLEEP 20000L     /* [ns] */
#define LONGEST_SLEEP 500000L

enum { TAG_BLOCK = 1, TAG_FAILURE = 2 };

typedef struct incoming {
    void *data; /* grows */
    uint64_t capacity;
    bool is_known, is_there;
    MPI_Request request;
} incoming;

typedef struct mpi_ranks {
    dc_arena arena; /* of this and the peers */
    dc_peers peers;
    incoming *in;
    MPI_Request *sends;
    MPI_Comm world;
    bool is_broken; /* transfers are left: MPI cannot be ended in order */
} mpi_ranks;

static dc_status fail_mpi(mpi_ranks *m, int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int n = 0;
    MPI_Error_string(code, text, &n);
    m->is_broken = true;
    return dc_fail(DC_EIO, "MPI: %.*s", n, text);
}

static dc_status check(mpi_ranks *m, int code)
{
    return code == MPI_SUCCESS ? DC_OK : fail_mpi(m, code);
}

/* ---- a swap ---- */

static dc_status begin_sends(mpi_ranks *m, bool is_failure)
{
    const dc_peers *p = &m->peers;
    for (uint32_t i = 0; i < p->n_ranks; i++) {
        m->sends[i] = MPI_REQUEST_NULL;
        m->in[i].is_known = m->in[i].is_there = i == p->rank;
        if (i != p->rank && p->out[i].n > INT_MAX)
            return dc_fail(DC_ELIMIT, "a message of %llu bytes is too long for MPI",
                           (unsigned long long)p->out[i].n);
    }
    for (uint32_t i = 0; i < p->n_ranks; i++)
        if (i != p->rank)
            DC_TRY(check(m, MPI_Isend(p->out[i].data, (int)p->out[i].n, MPI_BYTE, (int)i,
                                      is_failure ? TAG_FAILURE : TAG_BLOCK, m->world,
                                      &m->sends[i])));
    return DC_OK;
}

static dc_status begin_receive(mpi_ranks *m, uint32_t rank)
{
    incoming *in = &m->in[rank];
    int is_there = 0, n = 0;
    MPI_Message message;
    MPI_Status status;
    DC_TRY(check(m, MPI_Improbe((int)rank, MPI_ANY_TAG, m->world, &is_there, &message, &status)));
    if (!is_there)
        return DC_OK;
    MPI_Get_count(&status, MPI_BYTE, &n);
    if ((uint64_t)n > in->capacity || in->data == NULL) {
        void *grown = dc_grow(in->data, (uint64_t)n + 64, 1);
        m->is_broken |= grown == NULL;
        if (grown == NULL)
            return DC_ENOMEM;
        in->data = grown;
        in->capacity = (uint64_t)n + 64;
    }
    m->peers.in[rank] = (dc_block){ in->data, (uint64_t)n };
    m->peers.failed[rank] = status.MPI_TAG == TAG_FAILURE;
    in->is_known = true;
    return check(m, MPI_Imrecv(in->data, n, MPI_BYTE, &message, &in->request));
}

/* Looks at everything once. While bytes are moving it is worth to look again soon: MPI moves more
 * only when it is asked. */
static dc_status look(bool *is_done, bool *is_moving, mpi_ranks *m)
{
    int is_sent = 0;
    *is_done = true;
    *is_moving = false;
    for (uint32_t i = 0; i < m->peers.n_ranks; i++) {
        incoming *in = &m->in[i];
        if (!in->is_known)
            DC_TRY(begin_receive(m, i));
        if (in->is_known && !in->is_there) {
            int is_there = 0;
            DC_TRY(check(m, MPI_Test(&in->request, &is_there, MPI_STATUS_IGNORE)));
            in->is_there = is_there != 0;
        }
        *is_done &= in->is_there;
        *is_moving |= in->is_known && !in->is_there;
    }
    DC_TRY(check(m, MPI_Testall((int)m->peers.n_ranks, m->sends, &is_sent, MPI_STATUSES_IGNORE)));
    *is_moving |= *is_done && !is_sent;
    *is_done &= is_sent != 0;
    return DC_OK;
}

static void rest(uint32_t n_looks)
{
    if (n_looks < N_LOOKS)
        return;
    const long twice = (long)DC_MIN((n_looks - N_LOOKS) / N_LOOKS, 8u);
    const long ns = DC_MIN(FIRST_SLEEP << twice, LONGEST_SLEEP);
    nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static dc_status swap(dc_peers *peers, bool is_failure)
{
    mpi_ranks *m = peers->payload;
    bool is_done = false, is_moving = false;
    DC_TRY(begin_sends(m, is_failure));
    for (uint32_t n = 0;; n++) {
        DC_TRY(look(&is_done, &is_moving, m));
        if (is_done)
            return DC_OK;
        n = is_moving ? DC_MIN(n, N_LOOKS) : n;
        rest(n);
    }
}

/* ---- the whole ---- */

static void close_mpi(dc_peers *peers)
{
    mpi_ranks *m = peers->payload;
    for (uint32_t i = 0; i < peers->n_ranks; i++)
        dc_release(m->in[i].data);
    if (!m->is_broken)
        MPI_Finalize();
    dc_arena arena = m->arena; /* it lies in there itself */
    dc_arena_clear(&arena);
}

static dc_status make(dc_peers **out, int rank, int n_ranks)
{
    dc_arena arena = { 0 };
    mpi_ranks *m = dc_arena_take(&arena, 1, sizeof *m);
    DC_TRY(arena.status);
    m->world = MPI_COMM_WORLD;
    m->peers = (dc_peers){ .rank = (uint32_t)rank, .n_ranks = (uint32_t)n_ranks, .swap = swap,
                           .close = close_mpi, .payload = m };
    m->in = dc_arena_take(&arena, (uint64_t)n_ranks, sizeof *m->in);
    m->sends = dc_arena_take(&arena, (uint64_t)n_ranks, sizeof *m->sends);
    const dc_status status = peers_init(&m->peers, &arena);
    m->arena = arena;
    if (status < 0) {
        dc_arena_clear(&arena);
        return status;
    }
    *out = &m->peers;
    return DC_OK;
}

dc_status peers_mpi_open(dc_peers **out)
{
    int rank = 0, n_ranks = 1, is_begun = 0, provided = 0;
    MPI_Initialized(&is_begun);
    if (is_begun)
        return dc_fail(DC_EINPUT, "a process joins other ranks once");
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return dc_fail(DC_EIO, "MPI could not be started");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    return make(out, rank, n_ranks);
}
