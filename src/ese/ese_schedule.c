/* SPDX-License-Identifier: MIT
 *
 * The schedule (manual, 4): states, each a product beside the pass of the one before and fetches.
 * It depends on the layout alone, so it is made once for all runs, with an account of where each
 * PE-cycle went.
 */
#include "ese_internal.h"

enum { N_DRAIN = 4 }; /* multiply, add, write, and the scheduler sees it */

typedef struct schedule {
    dc_ese_program *program;
    const dc_ese_config *config;
    uint64_t *takes;      /* (n_pes): when each took the last column, then when it has done it */
    uint64_t *pushes;     /* (fifo_depth): when all had taken the column so many before        */
    uint64_t now;         /* the current tile begins, or the last one has ended                */
    uint64_t fetch_begin; /* of the next tile                                                  */
} schedule;

/* When `n` cycles of the bus are over that begin at `start`: refreshes take their time. */
static uint64_t bus_end(const dc_ese_config *c, uint64_t start, uint64_t n)
{
    const uint64_t interval = c->refresh_interval_cycles, refresh = c->refresh_cycles;
    uint64_t at = start;
    while (n > 0) {
        const uint64_t phase = at % interval;
        if (phase < refresh)
            at += refresh - phase;
        const uint64_t n_here = DC_MIN(n, interval - at % interval);
        at += n_here;
        n -= n_here;
    }
    return at;
}

static uint64_t fetch_end(const schedule *s, const ese_stage *stage, uint32_t tile)
{
    const dc_ese_config *c = s->config;
    const ese_tile *t = &stage->tiles[tile];
    uint64_t n_bursts = ((uint64_t)t->n_cols + 1 + t->n_weight_rows) * ese_row_bursts(c);
    if (tile == 0)
        n_bursts += stage->n_elements * ese_element_bursts(c) +
                    ese_shared_bursts(c, stage->n_shared_words);
    return bus_end(c, s->fetch_begin, (n_bursts + c->n_dimms - 1) / c->n_dimms);
}

/* Cycles of a tile's product; what PEs did in them is added to the cost. */
static uint64_t run_tile(const schedule *s, ese_stage *stage, const ese_tile *tile)
{
    const uint32_t n_pes = s->config->n_pes, depth = s->config->fifo_depth;
    uint64_t push = 0, end = 0, n_empty = 0, done = 0;
    uint64_t *free_at = s->takes;
    for (uint32_t k = 0; k < n_pes; k++)
        free_at[k] = 0;
    for (uint32_t i = 0; i < tile->n_cols; i++) {
        const uint32_t *starts =
            stage->starts + (uint64_t)(tile->first_col + i) * n_pes;
        uint64_t earliest = i > 0 ? push + 1 : 0;
        if (i >= depth && s->pushes[i % depth] + 1 > earliest) {
            stage->cost.held_cycles += s->pushes[i % depth] + 1 - earliest;
            earliest = s->pushes[i % depth] + 1;
        }
        push = earliest;
        uint64_t last_take = 0;
        for (uint32_t k = 0; k < n_pes; k++) {
            const uint32_t n = starts[k + 1] - starts[k];
            const uint64_t take = DC_MAX(push + 1, free_at[k]);
            free_at[k] = take + DC_MAX(n, 1);
            n_empty += n == 0;
            last_take = DC_MAX(last_take, take);
        }
        s->pushes[i % depth] = last_take;
    }
    for (uint32_t k = 0; k < n_pes; k++) {
        end = DC_MAX(end, free_at[k]);
        done += free_at[k];
    }
    end += N_DRAIN;
    stage->cost.empty += n_empty;
    stage->cost.starved += done - n_empty - tile->n_entries;
    stage->cost.finished += end * n_pes - done;
    return end;
}

/* From s->now, when the stage may begin, to the end of its product. */
static void run_product(schedule *s, uint32_t index)
{
    dc_ese_program *program = s->program;
    ese_stage *stage = &program->stages[index];
    const uint32_t n_pes = s->config->n_pes;
    for (uint32_t t = 0; t < stage->n_tiles; t++) {
        const uint64_t there = fetch_end(s, stage, t);
        if (there > s->now) {
            stage->cost.fetch += (there - s->now) * n_pes;
            s->now = there;
        }
        s->fetch_begin = s->now;
        s->now += run_tile(s, stage, &stage->tiles[t]);
    }
}

static uint64_t pass_cycles(const dc_ese_program *program, const ese_stage *stage)
{
    const dc_ese_config *c = &program->config;
    const uint64_t width = c->vector_width, n = (stage->n_rows + width - 1) / width;
    const uint64_t to_write = (2 * width * c->n_channels + c->bus_bytes - 1) / c->bus_bytes;
    return n * (stage->makes_outputs ? to_write : 1) + c->vector_latency_cycles;
}

/* Nothing but the pass of `stage` runs until `end`. */
static void expose(schedule *s, ese_stage *stage, uint64_t end)
{
    stage->cost.exposed_cycles += end - s->now;
    stage->cost.exposed += (end - s->now) * s->config->n_pes;
    stage->cost.cycles += end - s->now;
    s->now = end;
}

void ese_schedule(dc_ese_program *program, uint64_t *takes)
{
    const uint32_t n_pes = program->config.n_pes;
    schedule s = { .program = program, .config = &program->config, .takes = takes,
                   .pushes = takes + n_pes, .fetch_begin = program->config.dram_latency_cycles };
    uint64_t pass_end = 0;
    for (uint32_t i = 0; i < program->n_stages; i++) {
        ese_stage *stage = &program->stages[i];
        const uint64_t n_cycles = pass_cycles(program, stage);
        if (stage->awaits_pass)
            expose(&s, &program->stages[i - 1], pass_end);
        const uint64_t begin = s.now;
        run_product(&s, i);
        if (pass_end > s.now) {
            stage->cost.pass += (pass_end - s.now) * n_pes;
            s.now = pass_end;
        }
        stage->cost.cycles += s.now - begin;
        stage->cost.pass_cycles = n_cycles;
        pass_end = s.now + n_cycles;
    }
    expose(&s, &program->stages[program->n_stages - 1], pass_end);
    program->n_pe_cycles = s.now * n_pes;
}
