/* SPDX-License-Identifier: MIT
 *
 * The waveform, read back: the header's grammar, the clock, and each signal held against the
 * registers that another watcher saw in the same cycles.
 */
#include "dcomp/file.h"

#include "small_layer.h"

#include <unistd.h>

enum { MAX_SIGNALS = 80, MAX_TIMES = 400, N_ROWS = 30, N_COLS = 30 };

typedef struct waveform {
    uint32_t n_signals, n_scopes, n_pe_scopes, depth;
    struct {
        char id[8], name[24], scope[24];
        uint32_t n_bits;
        int64_t value; /* -1: none was written */
    } signals[MAX_SIGNALS];
    uint32_t n_times;
    uint64_t times[MAX_TIMES];
    uint32_t n_changes[MAX_TIMES];
    int64_t values[MAX_TIMES][MAX_SIGNALS]; /* after each time's changes */
} waveform;

static char folder[64], path[96];

static void folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/dcomp-unit-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.vcd", folder);
}

/* Nothing is in it, no temporary either. */
static void folder_remove(void)
{
    assert_int_equal(rmdir(folder), 0);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_declaration(waveform *w, const char *line, char *scope)
{
    char name[24], id[8];
    unsigned n_bits;
    if (sscanf(line, "$scope module %23s $end", name) == 1) {
        w->depth++;
        w->n_scopes++;
        w->n_pe_scopes += strncmp(name, "pe", 2) == 0;
        memcpy(scope, name, sizeof name);
        return;
    }
    if (strcmp(line, "$upscope $end") == 0) {
        assert_true(w->depth > 0);
        w->depth--;
        return;
    }
    assert_int_equal(sscanf(line, "$var wire %u %7s %23s $end", &n_bits, id, name), 3);
    assert_true(w->depth == 2 && n_bits >= 1 && n_bits <= 32);
    assert_true(w->n_signals < MAX_SIGNALS);
    for (uint32_t i = 0; i < w->n_signals; i++)
        assert_string_not_equal(w->signals[i].id, id);
    for (const char *c = id; *c != '\0'; c++)
        assert_true(*c >= '!' && *c <= '~');
    memcpy(w->signals[w->n_signals].id, id, sizeof id);
    memcpy(w->signals[w->n_signals].name, name, sizeof name);
    memcpy(w->signals[w->n_signals].scope, scope, sizeof name);
    w->signals[w->n_signals].n_bits = n_bits;
    w->signals[w->n_signals++].value = -1;
}

static uint32_t signal_of_id(const waveform *w, const char *id)
{
    for (uint32_t i = 0; i < w->n_signals; i++)
        if (strcmp(w->signals[i].id, id) == 0)
            return i;
    fail_msg("no signal is called '%s'", id);
    return 0;
}

static void read_change(waveform *w, const char *line)
{
    const char *id = line + 1;
    int64_t value = line[0] - '0';
    uint32_t n_bits = 1;
    assert_true(w->n_times > 0);
    if (line[0] == 'b') {
        value = 0;
        for (n_bits = 0; *id != ' '; id++, n_bits++) {
            assert_true(*id == '0' || *id == '1');
            value = 2 * value + (*id - '0');
        }
        id++;
    }
    const uint32_t i = signal_of_id(w, id);
    assert_int_equal(n_bits, w->signals[i].n_bits);
    assert_true(value != w->signals[i].value); /* only what has changed is written */
    w->signals[i].value = value;
    w->n_changes[w->n_times - 1]++;
}

static void end_time(waveform *w)
{
    for (uint32_t i = 0; i < w->n_signals && w->n_times > 0; i++)
        w->values[w->n_times - 1][i] = w->signals[i].value;
}

static void read_body_line(waveform *w, const char *line)
{
    if (line[0] != '#') {
        read_change(w, line);
        return;
    }
    end_time(w);
    assert_true(w->n_times < MAX_TIMES);
    w->times[w->n_times] = strtoull(line + 1, NULL, 10);
    assert_true(w->n_times == 0 || w->times[w->n_times] > w->times[w->n_times - 1]);
    w->n_times++;
}

static void waveform_read(waveform *w)
{
    char line[128], scope[24] = "";
    bool is_header = true;
    memset(w, 0, sizeof *w);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "$timescale 1ps $end\n");
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "$enddefinitions $end") == 0) {
            assert_true(is_header && w->depth == 0);
            is_header = false;
        } else if (is_header) {
            read_declaration(w, line, scope);
        } else {
            read_body_line(w, line);
        }
    }
    end_time(w);
    fclose(file);
    assert_false(is_header);
}

static uint32_t signal_named(const waveform *w, const char *scope, const char *name)
{
    for (uint32_t i = 0; i < w->n_signals; i++)
        if (strcmp(w->signals[i].scope, scope) == 0 && strcmp(w->signals[i].name, name) == 0)
            return i;
    fail_msg("%s has no signal '%s'", scope, name);
    return 0;
}

/* ---- running -------------------------------------------------------------------------------- */

static float weights[N_ROWS * N_COLS];
static int32_t input[N_COLS];

static void draw(void)
{
    dc_rng rng;
    dc_rng_init(&rng, 8, 0);
    for (uint32_t i = 0; i < N_ROWS * N_COLS; i++)
        weights[i] = dc_rng_below(&rng, 5) == 0 ? (float)(1 + dc_rng_below(&rng, 15)) : 0;
    for (uint32_t j = 0; j < N_COLS; j++)
        input[j] = dc_rng_below(&rng, 2) == 0 ? (int32_t)dc_rng_below(&rng, 9) - 4 : 0;
}

static small_layer layer;

static void begin(const dc_eie_config *config)
{
    draw();
    folder_make();
    small_layer_make(&layer, config, weights, N_ROWS, N_COLS, NULL, false);
}

static void end(void)
{
    small_layer_free(&layer);
    unlink(path);
    folder_remove();
}

/* Runs with a waveform of the window; returns the cycles of one run. */
static uint64_t run(uint64_t first, uint64_t n, uint32_t n_runs)
{
    dc_eie_vcd *vcd;
    uint64_t cycles = 0;
    assert_ok(dc_eie_vcd_open(&vcd, path, false, &layer.config, first, n));
    const dc_eie_watcher watcher = dc_eie_vcd_watcher(vcd);
    dc_eie_machine_watch(layer.machine, &watcher);
    for (uint32_t i = 0; i < n_runs; i++)
        cycles = small_layer_run(&layer, input);
    assert_ok(dc_eie_vcd_close(vcd));
    return cycles;
}

static waveform w;

/* ---- behaviours ----------------------------------------------------------------------------- */

static void the_header_declares_the_ccu_and_every_pe(void **state)
{
    (void)state;
    static const uint32_t pes[] = { 1, 2, 7 };
    for (size_t i = 0; i < DC_COUNT_OF(pes); i++) {
        const dc_eie_config config = small_config(pes[i]);
        begin(&config);
        run(0, 10, 1);
        waveform_read(&w);
        assert_int_equal(w.n_pe_scopes, pes[i]);
        assert_int_equal(w.n_scopes, 2 + pes[i]); /* eie, ccu */
        assert_string_equal(w.signals[0].scope, "ccu");
        for (uint32_t k = 0; k < pes[i]; k++) {
            char scope[24];
            snprintf(scope, sizeof scope, "pe%u", (unsigned)k);
            assert_int_equal(w.signals[signal_named(&w, scope, "pos")].n_bits, 32);
        }
        end();
    }
}

/* More signals than there are printable characters: names of two, none twice. */
static void names_stay_distinct_when_one_character_does_not_do(void **state)
{
    (void)state;
    char line[128], ids[500][8];
    uint32_t n = 0;
    const dc_eie_config config = small_config(40);
    begin(&config);
    run(0, 1, 1);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (n < 500 && sscanf(line, "$var wire %*u %7s", ids[n]) == 1)
            n++;
    fclose(file);
    assert_int_equal(n, 8 + 40 * 9);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    end();
}

static void times_are_the_windows_cycles_at_the_clocks_period(void **state)
{
    (void)state;
    static const struct {
        double clock_mhz;
        uint64_t period_ps;
    } clocks[] = { { 800, 1250 }, { 1000, 1000 }, { 1, 1000000 } };
    for (size_t i = 0; i < DC_COUNT_OF(clocks); i++) {
        dc_eie_config config = small_config(2);
        config.clock_mhz = clocks[i].clock_mhz;
        begin(&config);
        assert_true(run(5, 20, 1) > 25);
        waveform_read(&w);
        assert_int_equal(w.n_times, 20);
        for (uint32_t t = 0; t < 20; t++)
            assert_int_equal(w.times[t], (5 + t) * clocks[i].period_ps);
        end();
    }
}

static void a_period_that_is_no_whole_number_is_rounded_cycle_by_cycle(void **state)
{
    (void)state;
    dc_eie_config config = small_config(2);
    config.clock_mhz = 3;
    begin(&config);
    run(0, 7, 1);
    waveform_read(&w);
    assert_int_equal(w.n_times, 7);
    assert_int_equal(w.times[1], 333333);
    assert_int_equal(w.times[2], 666667);
    assert_int_equal(w.times[6], 2000000); /* no error adds up */
    end();
}

static void cycles_are_counted_over_all_runs(void **state)
{
    (void)state;
    const dc_eie_config config = small_config(2);
    begin(&config);
    const uint64_t cycles = small_layer_run(&layer, input);
    const uint64_t again = run(2 * cycles - 3, 6, 2); /* the end of run 2, the start of run 3 */
    assert_int_equal(again, cycles);
    waveform_read(&w);
    assert_int_equal(w.n_times, 6);
    assert_int_equal(w.times[0], (2 * cycles - 3) * 1250);
    const uint32_t machine_state = signal_named(&w, "ccu", "state");
    assert_int_equal(w.values[2][machine_state], CCU_DONE);
    assert_int_equal(w.values[3][machine_state], CCU_SCAN);
    end();
}

static void a_window_past_the_end_holds_no_time(void **state)
{
    (void)state;
    const dc_eie_config config = small_config(2);
    begin(&config);
    run(100000, 50, 1);
    waveform_read(&w);
    assert_int_equal(w.n_times, 0);
    assert_int_equal(w.n_pe_scopes, 2);
    end();
}

static void the_first_time_says_every_value_and_later_ones_only_changes(void **state)
{
    (void)state;
    const dc_eie_config config = small_config(3);
    begin(&config);
    run(4, 60, 1);
    waveform_read(&w); /* refuses a value that has not changed */
    assert_int_equal(w.n_changes[0], w.n_signals);
    uint32_t n_fewer = 0;
    for (uint32_t t = 1; t < w.n_times; t++)
        n_fewer += w.n_changes[t] < w.n_signals;
    assert_int_equal(n_fewer, w.n_times - 1);
    end();
}

/* Registers of PE 1 and of the control unit, cycle by cycle. */
typedef struct seen {
    uint32_t n;
    struct {
        uint32_t state, slot, bank, b_valid, b_act, queued, walk_valid, pos, end, e_valid, e_code;
        uint32_t s1_valid, s3_valid, s3_row;
    } at[MAX_TIMES];
} seen;

static void note(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    seen *s = payload;
    const ccu_regs *c = &machine->ccu.now;
    const pe_regs *p = &machine->pes[1].now;
    const uint32_t depth = machine->config.fifo_depth;
    if (cycle >= MAX_TIMES)
        return;
    s->at[s->n].state = c->state;
    s->at[s->n].slot = c->slot;
    s->at[s->n].bank = c->bank;
    s->at[s->n].b_valid = c->b.is_valid;
    s->at[s->n].b_act = (uint32_t)c->b.act;
    s->at[s->n].queued = (p->write + depth - p->read) % depth;
    s->at[s->n].walk_valid = (p->flags & WALK_VALID) != 0;
    s->at[s->n].pos = p->pos;
    s->at[s->n].end = p->end;
    s->at[s->n].e_valid = (p->flags & E_VALID) != 0;
    s->at[s->n].e_code = ENTRY_CODE(p->e);
    s->at[s->n].s1_valid = (p->flags & S1_VALID) != 0;
    s->at[s->n].s3_valid = (p->flags & S3_VALID) != 0;
    s->at[s->n++].s3_row = p->s3_row;
}

#define ASSERT_SIGNAL(scope, member)                                                            \
    do {                                                                                        \
        const uint32_t signal_ = signal_named(&w, scope, #member);                              \
        for (uint32_t t_ = 0; t_ < w.n_times; t_++)                                             \
            assert_int_equal(w.values[t_][signal_], s.at[t_].member);                           \
    } while (0)

static void signals_are_the_registers(void **state)
{
    (void)state;
    static seen s;
    const dc_eie_config config = small_config(3);
    begin(&config);
    s.n = 0;
    const dc_eie_watcher watcher = { &s, note };
    dc_eie_machine_watch(layer.machine, &watcher);
    const uint64_t cycles = run(0, MAX_TIMES, 1);
    waveform_read(&w);
    assert_int_equal(w.n_times, cycles);
    assert_int_equal(s.n, cycles);
    ASSERT_SIGNAL("ccu", state);
    ASSERT_SIGNAL("ccu", slot);
    ASSERT_SIGNAL("ccu", bank);
    ASSERT_SIGNAL("ccu", b_valid);
    ASSERT_SIGNAL("ccu", b_act); /* negative ones as two's complement */
    ASSERT_SIGNAL("pe1", queued);
    ASSERT_SIGNAL("pe1", walk_valid);
    ASSERT_SIGNAL("pe1", pos);
    ASSERT_SIGNAL("pe1", end);
    ASSERT_SIGNAL("pe1", e_valid);
    ASSERT_SIGNAL("pe1", e_code);
    ASSERT_SIGNAL("pe1", s1_valid);
    ASSERT_SIGNAL("pe1", s3_valid);
    ASSERT_SIGNAL("pe1", s3_row);
    end();
}

static void discarding_leaves_nothing(void **state)
{
    (void)state;
    dc_eie_vcd *vcd;
    const dc_eie_config config = small_config(2);
    begin(&config);
    assert_ok(dc_eie_vcd_open(&vcd, path, false, &config, 0, 100));
    const dc_eie_watcher watcher = dc_eie_vcd_watcher(vcd);
    dc_eie_machine_watch(layer.machine, &watcher);
    small_layer_run(&layer, input);
    dc_eie_vcd_discard(vcd);
    assert_false(dc_file_exists(path));
    small_layer_free(&layer);
    folder_remove();
}

static void before_it_is_closed_there_is_no_file(void **state)
{
    (void)state;
    dc_eie_vcd *vcd;
    const dc_eie_config config = small_config(2);
    folder_make();
    assert_ok(dc_eie_vcd_open(&vcd, path, false, &config, 0, 100));
    assert_false(dc_file_exists(path));
    assert_ok(dc_eie_vcd_close(vcd));
    assert_true(dc_file_exists(path));
    unlink(path);
    folder_remove();
}

static void no_waveform_is_closed_and_discarded_too(void **state)
{
    (void)state;
    assert_ok(dc_eie_vcd_close(NULL));
    dc_eie_vcd_discard(NULL);
}

static void a_file_that_is_there_is_kept_unless_asked(void **state)
{
    (void)state;
    dc_eie_vcd *vcd;
    const dc_eie_config config = small_config(2);
    folder_make();
    assert_ok(dc_file_write(path, "mine", 4, false));
    assert_fails(DC_EINPUT, dc_eie_vcd_open(&vcd, path, false, &config, 0, 100));
    assert_ok(dc_eie_vcd_open(&vcd, path, true, &config, 0, 100));
    assert_ok(dc_eie_vcd_close(vcd));
    waveform_read(&w);
    unlink(path);
    folder_remove();
    assert_fails(DC_EIO, dc_eie_vcd_open(&vcd, path, false, &config, 0, 100)); /* no folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_declares_the_ccu_and_every_pe),
        cmocka_unit_test(names_stay_distinct_when_one_character_does_not_do),
        cmocka_unit_test(times_are_the_windows_cycles_at_the_clocks_period),
        cmocka_unit_test(a_period_that_is_no_whole_number_is_rounded_cycle_by_cycle),
        cmocka_unit_test(cycles_are_counted_over_all_runs),
        cmocka_unit_test(a_window_past_the_end_holds_no_time),
        cmocka_unit_test(the_first_time_says_every_value_and_later_ones_only_changes),
        cmocka_unit_test(signals_are_the_registers),
        cmocka_unit_test(discarding_leaves_nothing),
        cmocka_unit_test(before_it_is_closed_there_is_no_file),
        cmocka_unit_test(no_waveform_is_closed_and_discarded_too),
        cmocka_unit_test(a_file_that_is_there_is_kept_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
