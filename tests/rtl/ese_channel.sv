// SPDX-License-Identifier: MIT
//
// One channel of the machine of docs/ese.md, with its scheduler, buffers and memory, written from
// that page: PEs with queues and two halves of accumulators, ping-pong buffers of pointers and
// weights that a fetch unit fills burst by burst, an element-wise unit of one cell a cycle (its
// pipeline is a wait at the end of a pass). It runs one program, whose files `ese_programs` writes,
// and compares outputs, cells and the cycles of each product with what the simulator says.
module ese_channel #(
    parameter int N = 32, K = 32, DEPTH = 8, WBITS = 12, IBITS = 4, WBUF = 512, PBUF = 512,
    parameter int ABUF = 128, DIMMS = 2, BUS = 64, LATENCY = 40, REFI = 1560, RFC = 52,
    parameter int VLAT = 20, SAMPLES = 2048
) (
    input logic clk,
    output logic done,
    output logic ok
);
    localparam int ROWS = 1 << 16, TILES = 4096, WORDS = 1 << 13, STAGES = 64;
    localparam int ROW_BURSTS = (2 * N + BUS - 1) / BUS;
    localparam int WRITE_CYCLES = (2 * K + BUS - 1) / BUS;
    localparam int N_DRAIN = 4;

    // ---- memory and program -----------------------------------------------------------------
    logic [N*16-1:0] dram[ROWS];
    int head[16];
    int stage_words[STAGES*16];
    int tile_words[TILES*4];
    logic signed [15:0] bias[WORDS], peepholes[WORDS], sigmoid[SAMPLES], tangent[SAMPLES];
    logic signed [15:0] x[WORDS], y[WORDS], c[WORDS], m[WORDS], outputs[WORDS];
    logic signed [15:0] want[WORDS], want_cells[WORDS], gates[4*WORDS];

    string folder;
    initial begin
        if ($value$plusargs("dir=%s", folder) == 0) $fatal(1, "+dir=FOLDER");
        $readmemh({folder, "/dram.hex"}, dram);
        $readmemh({folder, "/head.hex"}, head);
        $readmemh({folder, "/stages.hex"}, stage_words);
        $readmemh({folder, "/tiles.hex"}, tile_words);
        $readmemh({folder, "/bias.hex"}, bias);
        $readmemh({folder, "/peepholes.hex"}, peepholes);
        $readmemh({folder, "/sigmoid.hex"}, sigmoid);
        $readmemh({folder, "/tanh.hex"}, tangent);
        $readmemh({folder, "/x.hex"}, x);
        $readmemh({folder, "/y.hex"}, y);
        $readmemh({folder, "/c.hex"}, c);
        $readmemh({folder, "/want.hex"}, want);
        $readmemh({folder, "/want_cells.hex"}, want_cells);
        bursts_left = bursts_of(0); // fetch begins with the run
    end

    typedef enum int { PASS_INPUT, PASS_RECURRENT, PASS_SAID, PASS_LINEAR } pass_kind;
    typedef enum int { GATE_I, GATE_O, GATE_F, GATE_G } gate_kind;
    typedef struct {
        int pass, gate, first_row, n_rows, first_tile, n_tiles, shift, extra_bursts, cycles;
        logic awaits, makes_outputs;
    } stage_t;
    function automatic stage_t stage_of(int s);
        stage_t st;
        st.pass = stage_words[16*s];
        st.gate = stage_words[16*s+1];
        st.first_row = stage_words[16*s+2];
        st.n_rows = stage_words[16*s+3];
        st.first_tile = stage_words[16*s+4];
        st.n_tiles = stage_words[16*s+5];
        st.shift = stage_words[16*s+6];
        st.extra_bursts = stage_words[16*s+7];
        st.awaits = stage_words[16*s+8] != 0;
        st.makes_outputs = stage_words[16*s+9] != 0;
        st.cycles = stage_words[16*s+10];
        return st;
    endfunction
    function automatic int tile_first_col(int t); return tile_words[4*t]; endfunction
    function automatic int tile_cols(int t); return tile_words[4*t+1]; endfunction
    function automatic int tile_weight_rows(int t); return tile_words[4*t+2]; endfunction
    function automatic int tile_dram(int t); return tile_words[4*t+3]; endfunction

    wire int n_stages = head[0];
    wire int n_cells = head[2];

    // ---- scheduler --------------------------------------------------------------------------
    typedef enum int { WAIT_FETCH, RUN, DRAIN, WAIT_PASS, EXPOSED, ENDED } state_t;
    state_t state = WAIT_FETCH;
    int now = 0, stage = 0, tile = 0, drain = 0, pass_left = 0;
    int stage_cycles[STAGES];
    int bursts_left, burst_no = 0; // of the tile that is fetched
    int fetch_tile = 0, fetch_half = 0, run_half = 0, act_half = 0, pass_half = 0, pass_stage = 0;
    logic is_told = 1'b0;

    // Tiles are numbered over all stages; this one is the first of its stage.
    function automatic int extra_of(int t);
        for (int s = 0; s < head[0]; s++)
            if (stage_words[16*s+4] == t) return stage_words[16*s+7];
        return 0;
    endfunction
    function automatic int bursts_of(int t);
        return t >= head[1] ? 0
             : (tile_cols(t) + 1 + tile_weight_rows(t)) * ROW_BURSTS + extra_of(t);
    endfunction

    wire stage_t st = stage_of(stage);
    wire int n_cols = tile_cols(tile);
`ifdef ESE_MUTATE_REFRESH
    wire logic bus_moves = now >= LATENCY && now % REFI >= RFC - 1; // a cycle too early
`else
    wire logic bus_moves = now >= LATENCY && now % REFI >= RFC;
`endif
    wire int bursts_next = !bus_moves ? bursts_left : bursts_left > DIMMS ? bursts_left - DIMMS : 0;
    wire int pass_next = pass_left > 0 ? pass_left - 1 : 0;
    wire logic is_last_tile = tile + 1 == st.first_tile + st.n_tiles;
    wire logic tile_done;

    logic begins_run, begins_stage, ends_stage;
    state_t state_next;
    always_comb begin
        begins_run = 1'b0;
        ends_stage = 1'b0;
        state_next = state;
        case (state)
            WAIT_FETCH: begins_run = bursts_next == 0;
            RUN: if (tile_done) state_next = DRAIN;
            DRAIN:
                if (drain == N_DRAIN - 1) begin
                    if (!is_last_tile) begins_run = bursts_next == 0;
                    else ends_stage = pass_next == 0;
                    state_next = is_last_tile ? WAIT_PASS : WAIT_FETCH;
                end
            WAIT_PASS: ends_stage = pass_next == 0;
            EXPOSED:
                if (pass_next == 0) begin
                    begins_run = stage < n_stages && bursts_next == 0;
                    state_next = stage < n_stages ? WAIT_FETCH : ENDED;
                end
            default: ;
        endcase
        if (ends_stage) begin
            if (stage + 1 == n_stages || stage_words[16*(stage+1)+8] != 0) state_next = EXPOSED;
            else begin
                begins_run = bursts_next == 0;
                state_next = WAIT_FETCH;
            end
        end
        if (begins_run) state_next = RUN;
        begins_stage = begins_run && (state == WAIT_FETCH ? tile == st.first_tile
                                      : state == EXPOSED || ends_stage);
    end

    wire stage_t finished = stage_of(stage);
    always_ff @(posedge clk) begin
        now <= now + 1;
        state <= state_next;
        drain <= state == DRAIN ? drain + 1 : 0;
        pass_left <= pass_next;
        if (state != ENDED)
            stage_cycles[state == EXPOSED ? stage - 1 : stage] <=
                stage_cycles[state == EXPOSED ? stage - 1 : stage] + 1;
        if (state == DRAIN && drain == N_DRAIN - 1 && !is_last_tile) tile <= tile + 1;
        if (ends_stage) begin
            pass_left <= finished.n_rows * (finished.makes_outputs ? WRITE_CYCLES : 1) + VLAT;
            pass_stage <= stage;
            pass_half <= act_half;
            act_half <= 1 - act_half;
            stage <= stage + 1;
            tile <= tile + 1;
        end
    end

    // ---- fetch ------------------------------------------------------------------------------
    logic [15:0] pointers[2][N][PBUF];
    logic [15:0] entries[2][N][WBUF];
    always_ff @(posedge clk) begin
        automatic int b = burst_no;
        bursts_left <= bursts_next;
        if (bus_moves) begin
            for (int d = 0; d < DIMMS; d++) begin
                automatic int row = b / ROW_BURSTS;
                automatic int row_of_weights = row - (tile_cols(fetch_tile) + 1);
                if (b < bursts_of(fetch_tile) && b % ROW_BURSTS == ROW_BURSTS - 1)
                    for (int k = 0; k < N; k++) begin
                        if (row_of_weights < 0)
                            pointers[fetch_half][k][row] <=
                                dram[tile_dram(fetch_tile) + row][16*k+:16];
                        else if (row_of_weights < tile_weight_rows(fetch_tile))
                            entries[fetch_half][k][row_of_weights] <=
                                dram[tile_dram(fetch_tile) + row][16*k+:16];
                    end
                b++;
            end
            burst_no <= b;
        end
        if (begins_run) begin
            run_half <= fetch_half;
            fetch_half <= 1 - fetch_half;
            fetch_tile <= fetch_tile + 1;
            bursts_left <= bursts_of(fetch_tile + 1);
            burst_no <= 0;
        end
    end

    // ---- elements ---------------------------------------------------------------------------
    int n_pushed = 0;
    logic [N-1:0] is_full, is_done;
    wire logic pushes = state == RUN && n_pushed < n_cols && is_full == '0;
    wire int push_col = tile_first_col(tile) + n_pushed;
    wire logic signed [15:0] pushed = st.pass == PASS_RECURRENT ? y[push_col]
                                    : st.pass == PASS_SAID ? m[push_col] : x[push_col];
    assign tile_done = n_pushed == n_cols && &is_done;
    always_ff @(posedge clk) begin
        if (begins_run) n_pushed <= 0;
        else if (pushes) n_pushed <= n_pushed + 1;
    end

    logic signed [31:0] accumulators[2][N][ABUF];
    logic [ABUF-1:0] is_written[2][N]; // else an accumulator is 0
    function automatic logic signed [31:0] sum_of(int half, int k, int row);
        return is_written[half][k][row] ? accumulators[half][k][row] : 32'sd0;
    endfunction
    function automatic logic signed [31:0] add32(logic signed [31:0] a, logic signed [31:0] p);
        automatic longint sum = longint'(a) + longint'(p);
        return sum > 64'sd2147483647 ? 32'sh7fffffff
             : sum < -64'sd2147483648 ? 32'sh80000000 : sum[31:0];
    endfunction

    for (genvar k = 0; k < N; k++) begin : pe
        logic signed [15:0] queue[DEPTH];
        int n_queued = 0, read = 0, write = 0, n_taken = 0, left = 0, at = 0, next_row = 0;
        logic signed [15:0] walked;
        logic e_valid = 1'b0, p_valid = 1'b0;
        logic signed [WBITS-1:0] e_weight;
        logic signed [15:0] e_act;
        logic signed [31:0] p_product;
        int e_row, p_row;

        wire logic takes = state == RUN && left == 0 && n_queued > 0;
        wire int first = int'(pointers[run_half][k][n_taken]);
        wire int n_new = int'(pointers[run_half][k][n_taken+1]) - first;
        wire logic walks = takes ? n_new > 0 : left > 0 && state == RUN && at >= 0;
        wire logic [15:0] word = entries[run_half][k][takes ? first : at];
        wire int row = (takes ? 0 : next_row) + int'(word[WBITS+:IBITS]);
        wire int left_next = takes ? (n_new > 1 ? n_new - 1 : 0) : left > 0 ? left - 1 : 0;
        assign is_full[k] = n_queued == DEPTH;
        assign is_done[k] = n_taken + int'(takes) == n_cols && left_next == 0;

        always_ff @(posedge clk) begin
            n_queued <= n_queued + int'(pushes) - int'(takes);
            if (pushes) begin
                queue[write] <= pushed;
                write <= (write + 1) % DEPTH;
            end
            if (takes) begin
                read <= (read + 1) % DEPTH;
                walked <= queue[read];
                at <= first + 1;
            end else if (left > 0) at <= at + 1;
            left <= left_next;
            next_row <= row + 1;
            n_taken <= begins_run ? 0 : n_taken + int'(takes);
            e_valid <= walks;
            e_weight <= word[WBITS-1:0];
            e_act <= takes ? queue[read] : walked;
            e_row <= row;
            p_valid <= e_valid;
            p_product <= e_weight * e_act;
            p_row <= e_row;
            if (p_valid) begin
                accumulators[act_half][k][p_row] <= add32(sum_of(act_half, k, p_row), p_product);
                is_written[act_half][k][p_row] <= 1'b1;
            end
            if (begins_stage) // in the half that the product gets
                is_written[ends_stage ? 1 - act_half : act_half][k] <= '0;
        end
    end

    // ---- element-wise unit ------------------------------------------------------------------
    function automatic logic signed [15:0] clamp16(longint v);
        return v > 64'sd32767 ? 16'sh7fff : v < -64'sd32768 ? 16'sh8000 : v[15:0];
    endfunction
    function automatic logic signed [15:0] rounded(longint v, int shift);
`ifdef ESE_MUTATE_ROUND
        return clamp16(v >>> shift);
`else
        return clamp16((v + (shift > 0 ? 64'sd1 <<< (shift - 1) : 64'sd0)) >>> shift);
`endif
    endfunction
    function automatic int sample(logic signed [15:0] v, int fraction, int range);
        automatic longint one = 64'sd1 <<< fraction;
        automatic longint twice = 2 * (longint'(v) + longint'(range) * one) * SAMPLES +
                                  2 * longint'(range) * one;
        automatic longint k = twice < 0 ? 0 : twice / (4 * longint'(range) * one);
        return k >= SAMPLES ? SAMPLES - 1 : int'(k);
    endfunction
    function automatic logic signed [15:0] peephole(int gate, int i, logic signed [15:0] cell_);
        return head[5] == 0 ? 16'sd0 : rounded(peepholes[gate*n_cells+i] * cell_, head[6]);
    endfunction
    function automatic logic signed [15:0] of_input(int gate, int i, logic signed [15:0] sum);
        automatic logic signed [15:0] a = clamp16(longint'(sum) + longint'(bias[gate*n_cells+i]));
        if (gate == GATE_G || gate == GATE_O) return a;
        return clamp16(longint'(a) + longint'(peephole(gate, i, c[i])));
    endfunction

    int pass_row = 0;
    wire stage_t ps = stage_of(pass_stage);
    always_ff @(posedge clk) begin
        automatic logic signed [15:0] sum, a, g, o, cell_;
        pass_row <= ends_stage ? 0 : pass_row + 1;
        if (pass_left > 0 && pass_row < ps.n_rows) begin
            sum = rounded(longint'(sum_of(pass_half, pass_row % N, pass_row / N)), ps.shift);
            case (ps.pass)
                PASS_INPUT: gates[ps.gate*n_cells+pass_row] <= of_input(ps.gate, pass_row, sum);
                PASS_SAID: y[pass_row] <= sum;
                PASS_LINEAR: begin
                    a = head[8] != 0
                        ? clamp16(longint'(sum) + longint'(bias[ps.first_row+pass_row])) : sum;
                    outputs[ps.first_row+pass_row] <= head[7] != 0 && a < 0 ? 16'sd0 : a;
                end
                default: begin
                    a = head[3] != 0 ? gates[ps.gate*n_cells+pass_row]
                                     : of_input(ps.gate, pass_row, x[ps.gate*n_cells+pass_row]);
                    sum = clamp16(longint'(a) + longint'(sum));
                    if (ps.gate == GATE_G) begin
                        g = tangent[sample(sum, head[9], head[11])];
                        c[pass_row] <= clamp16(
                            longint'(rounded(gates[GATE_F*n_cells+pass_row] * c[pass_row], 14)) +
                            longint'(rounded(gates[GATE_I*n_cells+pass_row] * g, 17)));
                    end else if (ps.gate == GATE_O) begin
                        cell_ = c[pass_row];
                        sum = clamp16(longint'(sum) + longint'(peephole(GATE_O, pass_row, cell_)));
                        o = sigmoid[sample(sum, head[9], head[10])];
                        o = rounded(o * tangent[sample(cell_, 11, head[11])], 14);
                        m[pass_row] <= o;
                        if (head[4] == 0) y[pass_row] <= o;
                    end else
                        gates[ps.gate*n_cells+pass_row] <= sigmoid[sample(sum, head[9], head[10])];
                end
            endcase
        end
    end

    // ---- comparison -------------------------------------------------------------------------
    assign done = is_told;
    always_ff @(posedge clk) begin
        automatic logic is_same = 1'b1;
        if (state == ENDED && !is_told) begin
            for (int s = 0; s < n_stages; s++)
                if (stage_cycles[s] != stage_words[16*s+10]) begin
                    is_same = 1'b0;
                    $display("%s: product %0d takes %0d cycles, the simulator says %0d", folder, s,
                             stage_cycles[s], stage_words[16*s+10]);
                end
            for (int i = 0; i < head[12]; i++)
                if ((head[2] != 0 ? y[i] : outputs[i]) != want[i]) begin
                    is_same = 1'b0;
                    $display("%s: output %0d is %0d, wanted %0d", folder, i,
                             head[2] != 0 ? y[i] : outputs[i], want[i]);
                end
            for (int i = 0; i < n_cells; i++)
                if (c[i] != want_cells[i]) begin
                    is_same = 1'b0;
                    $display("%s: cell %0d is %0d, wanted %0d", folder, i, c[i], want_cells[i]);
                end
            is_told <= 1'b1;
            ok <= is_same;
        end
    end
endmodule
