// SPDX-License-Identifier: MIT
// The central control unit: the root of the leading-non-zero tree, the counters that step through
// blocks, batches, rows and banks, and the broadcast register B.
module eie_ccu
  import eie_pkg::*;
#(
    parameter int unsigned N = 64,
    parameter int unsigned B = 16,
    parameter int unsigned R = 64,
    parameter int unsigned PTR_DEPTH = 8192,
    parameter int unsigned BIAS_DEPTH = 1024,
    parameter int unsigned ACT_LINES = 256,
    localparam int unsigned BANK_BITS = index_bits(N),
    localparam int unsigned COLUMN_BITS = $clog2(2 * PTR_DEPTH),
    localparam int unsigned SLOT_BITS = index_bits(R),
    localparam int unsigned LINE_BITS = index_bits(ACT_LINES),
    localparam int unsigned BIAS_BITS = index_bits(BIAS_DEPTH)
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    start,
    output logic                    done,
    output logic [63:0]             cycles,
    // the layer, steady while it runs
    input  logic [COLUMN_BITS-1:0]  n_cols,
    input  logic                    has_bias,
    input  logic [COLUMN_BITS-1:0]  n_batches,
    input  logic [COLUMN_BITS-1:0]  n_blocks,
    input  logic [SLOT_BITS:0]      last_batch_slots,
    input  logic [SLOT_BITS:0]      last_block_slots,
    input  logic [BANK_BITS:0]      last_row_banks,   // inputs in the very last row, 1..N
    input  logic [LINE_BITS-1:0]    output_line,      // where outputs begin in activation SRAM
    // the PEs
    input  logic [N-1:0][B-1:0]     activations,      // source registers of row `slot`
    input  logic                    any_full,
    input  logic                    all_idle,
    output logic                    push,
    output logic [COLUMN_BITS-1:0]  push_column,
    output logic [B-1:0]            push_activation,
    output logic                    push_is_bias,
    output logic [SLOT_BITS-1:0]    slot,
    output logic                    load,
    output logic                    store,
    output logic [LINE_BITS-1:0]    line,
    output logic [SLOT_BITS:0]      line_count,
    output logic                    swap,
    output logic                    clear,
    output logic [BIAS_BITS-1:0]    bias_base
);

  localparam int unsigned LANES = lanes(B);
  localparam int unsigned ROOT = lnzd_root(N);
  localparam int unsigned FIND_BITS = BANK_BITS + B;

  typedef enum logic [2:0] { IDLE, LOAD, SCAN, BIAS, DRAIN, STORE, DONE } state_t;
  state_t state;

  logic [COLUMN_BITS-1:0] block, batch;
  logic [BANK_BITS-1:0] bank;
  logic [SLOT_BITS:0] count;
  // Sums of the counters, kept as registers of their own so that nothing is multiplied: bC,
  // bC + (tR + slot)N, and the next lines to load and to store.
  logic [COLUMN_BITS-1:0] block_column, row_column;
  logic [LINE_BITS-1:0] load_line, store_line;

  typedef struct packed {
    logic                   valid;
    logic [COLUMN_BITS-1:0] column;
    logic [B-1:0]           activation;
    logic                   is_bias;
  } broadcast_t;
  broadcast_t b;

  wire last_batch = batch + 1'b1 == n_batches;
  wire last_block = block + 1'b1 == n_blocks;
  wire [SLOT_BITS:0] batch_slots = last_batch ? last_batch_slots : (SLOT_BITS + 1)'(R);
  wire [SLOT_BITS:0] block_slots = last_block ? last_block_slots : (SLOT_BITS + 1)'(R);
  wire last_slot = {1'b0, slot} + 1'b1 == batch_slots;

  // Leading-non-zero tree. Banks before `bank` are done; those past the last input are zero.
  wire [N-1:0] banks_open = {N{1'b1}} << bank;
  wire [N-1:0] banks_filled =
      last_batch && last_slot ? ~({N{1'b1}} << last_row_banks) : {N{1'b1}};
  logic [N-1:0] leaf_found;
  logic [N-1:0][FIND_BITS-1:0] leaf;
  for (genvar k = 0; k < N; k++) begin : g_leaf
    assign leaf_found[k] = activations[k] != '0 && banks_open[k] && banks_filled[k];
    assign leaf[k]       = {BANK_BITS'(k), activations[k]};
  end

  for (genvar level = 0; level <= ROOT; level++) begin : g_level
    localparam int unsigned NODES = lnzd_nodes(N, level);
    // Children that a last node lacks find nothing.
    logic [4*NODES-1:0] child_found;
    logic [4*NODES-1:0][FIND_BITS-1:0] child;
    logic [NODES-1:0] found;
    logic [NODES-1:0][FIND_BITS-1:0] first;

    if (level == 0) begin : g_from
      assign child_found = (4 * NODES)'(leaf_found);
      assign child       = (4 * NODES * FIND_BITS)'(leaf);
    end else begin : g_from
      assign child_found = (4 * NODES)'(g_level[level-1].found);
      assign child       = (4 * NODES * FIND_BITS)'(g_level[level-1].first);
    end

    for (genvar i = 0; i < NODES; i++) begin : g_node
      eie_lnzd #(
          .WIDTH(FIND_BITS)
      ) node (
          .child_found(child_found[4*i+:4]),
          .child      (child[4*i+:4]),
          .found      (found[i]),
          .first      (first[i])
      );
    end
  end

  wire found = g_level[ROOT].found[0];
  logic [BANK_BITS-1:0] found_bank;
  logic [B-1:0] found_activation;
  assign {found_bank, found_activation} = g_level[ROOT].first[0];

  // What a cycle does
  wire may_load = !b.valid || !any_full;
  wire take_find = state == SCAN && found && may_load;
  wire take_bias = state == BIAS && may_load;
  wire row_change = state == SCAN && may_load && (!found || found_bank == BANK_BITS'(N - 1));
  wire batch_change = row_change && last_slot;
  wire drained = state == DRAIN && !b.valid && all_idle;
  wire [SLOT_BITS+3:0] moved = ((SLOT_BITS + 4)'(count) + 1'b1) * (SLOT_BITS + 4)'(LANES);
  wire loaded = state == LOAD && moved >= (SLOT_BITS + 4)'(batch_slots);
  wire stored = state == STORE && moved >= (SLOT_BITS + 4)'(block_slots);
  wire begins = start && (state == IDLE || state == DONE);
  wire next_block = stored && !last_block;

  assign load            = state == LOAD;
  assign store           = state == STORE;
  assign line            = load ? load_line : store_line;
  assign line_count      = count;
  assign push            = b.valid && !any_full;
  assign push_column     = b.column;
  assign push_activation = b.activation;
  assign push_is_bias    = b.is_bias;
  assign done            = state == DONE;
  // With several blocks outputs leave through the SRAM and the source registers must still hold
  // the inputs of the next block, so the files keep their roles.
  assign swap            = drained && n_blocks == COLUMN_BITS'(1);
  assign clear           = begins || stored;

  always_ff @(posedge clk) begin
    if (rst) state <= IDLE;
    else begin
      case (state)
        LOAD: if (loaded) state <= SCAN;
        SCAN:
        if (batch_change) begin
          if (!last_batch) state <= LOAD;
          else if (has_bias) state <= BIAS;
          else state <= DRAIN;
        end
        BIAS: if (take_bias) state <= DRAIN;
        DRAIN: if (drained) state <= swap ? DONE : STORE;
        STORE: if (stored && last_block) state <= DONE;
        else if (stored) state <= n_batches > COLUMN_BITS'(1) ? LOAD : SCAN;
        default: if (begins) state <= n_batches > COLUMN_BITS'(1) ? LOAD : SCAN;
      endcase
    end
  end

  always_ff @(posedge clk) begin
    if (begins) cycles <= '0;
    else if (state != IDLE && state != DONE) cycles <= cycles + 1'b1;

    if (begins || loaded || stored) count <= '0;
    else if (load || store) count <= count + 1'b1;

    if (begins || next_block) load_line <= '0;
    else if (load) load_line <= load_line + 1'b1;
    if (begins) store_line <= output_line;
    else if (store) store_line <= store_line + 1'b1;

    if (begins) begin
      block        <= '0;
      block_column <= '0;
      bias_base    <= '0;
    end else if (next_block) begin
      block        <= block + 1'b1;
      block_column <= block_column + n_cols + COLUMN_BITS'(has_bias);
      bias_base    <= bias_base + BIAS_BITS'(R);
    end

    if (begins || next_block) batch <= '0;
    else if (batch_change && !last_batch) batch <= batch + 1'b1;

    if (begins || next_block || batch_change) slot <= '0;
    else if (row_change) slot <= slot + 1'b1;

    if (begins || next_block || row_change) bank <= '0;
    else if (take_find) bank <= found_bank + 1'b1;

    if (begins) row_column <= '0;
    else if (next_block) row_column <= block_column + n_cols + COLUMN_BITS'(has_bias);
    else if (row_change) row_column <= row_column + COLUMN_BITS'(N);

    if (rst) b.valid <= 1'b0;
    else if (take_find || take_bias) b.valid <= 1'b1;
    else if (!any_full) b.valid <= 1'b0;
    if (take_find) begin
      b.column     <= row_column + COLUMN_BITS'(found_bank);
      b.activation <= found_activation;
      b.is_bias    <= 1'b0;
    end else if (take_bias) begin
      b.column     <= block_column + n_cols;
      b.activation <= '0;
      b.is_bias    <= 1'b1;
    end
  end

endmodule
