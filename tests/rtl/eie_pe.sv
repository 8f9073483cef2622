// SPDX-License-Identifier: MIT
// A processing element: the queue of activations, the pointer reader that turns a column into a
// walk over its entries, the Spmat reader that fetches one entry a cycle, and the units that
// accumulate (eie_arith) and keep (eie_act) the activations.
module eie_pe
  import eie_pkg::*;
#(
    parameter int unsigned FIFO_DEPTH = 8,
    parameter int unsigned SRAM_WIDTH = 64,
    parameter int unsigned CODE_BITS = 4,
    parameter int unsigned INDEX_BITS = 4,
    parameter int unsigned B = 16,
    parameter int unsigned R = 64,
    parameter int unsigned SPMAT_DEPTH = 16384,
    parameter int unsigned PTR_DEPTH = 8192,
    parameter int unsigned BIAS_DEPTH = 1024,
    parameter int unsigned ACT_LINES = 256,
    parameter int unsigned IO_BITS = 64,
    parameter int unsigned IO_ADDR_BITS = 14,
    localparam int unsigned COLUMN_BITS = $clog2(2 * PTR_DEPTH),
    localparam int unsigned SLOT_BITS = index_bits(R),
    localparam int unsigned LINE_BITS = index_bits(ACT_LINES),
    localparam int unsigned BIAS_BITS = index_bits(BIAS_DEPTH)
) (
    input  logic                    clk,
    input  logic                    rst,
    // I/O mode
    input  logic                    io_write,
    input  io_target_t              io_target,
    input  logic [IO_ADDR_BITS-1:0] io_addr,
    input  logic [IO_BITS-1:0]      io_wdata,
    output logic [63:0]             io_rdata,
    // the layer
    input  logic                    has_relu,
    input  logic [$clog2(2*B)-1:0]  shift,
    input  logic [BIAS_BITS-1:0]    bias_base,
    // the broadcast
    input  logic                    push,
    input  logic [COLUMN_BITS-1:0]  push_column,
    input  logic [B-1:0]            push_activation,
    input  logic                    push_is_bias,
    output logic                    full,
    output logic                    idle,
    // activations
    input  logic [SLOT_BITS-1:0]    slot,
    output logic [B-1:0]            activation,
    input  logic                    load,
    input  logic                    store,
    input  logic [LINE_BITS-1:0]    line,
    input  logic [SLOT_BITS:0]      line_count,
    input  logic                    swap,
    input  logic                    clear
);

  localparam int unsigned LANES = lanes(B);
  localparam int unsigned ENTRY_BITS = CODE_BITS + INDEX_BITS;
  localparam int unsigned ENTRIES = entries_per_line(SRAM_WIDTH, ENTRY_BITS);
  localparam int unsigned ENTRY_SPACING = SRAM_WIDTH / ENTRIES;
  localparam int unsigned SPMAT_BITS = index_bits(SPMAT_DEPTH);
  localparam int unsigned PTR_BITS = COLUMN_BITS - 1;
  localparam int unsigned POS_BITS = $clog2(SPMAT_DEPTH * ENTRIES + 2);  // one past an end too
  localparam int unsigned BIT_BITS = $clog2(SRAM_WIDTH);

  wire write_spmat = io_write && io_target == IO_SPMAT;
  wire write_even = io_write && io_target == IO_PTR_EVEN;
  wire write_odd = io_write && io_target == IO_PTR_ODD;

  // The walk over the entries of a column
  typedef struct packed {
    logic                valid;
    logic                first;
    logic                is_bias;
    logic [POS_BITS-1:0] pos;
    logic [POS_BITS-1:0] ends;
    logic [B-1:0]        activation;
  } walk_t;
  walk_t walk;

  // An empty column has no entry to be the last, and is over at once.
  wire last = walk.valid && walk.pos + 1'b1 >= walk.ends;

  // Activation queue
  logic empty;
  logic [COLUMN_BITS-1:0] column;
  logic [B-1:0] column_activation;
  logic column_is_bias;
  wire take = !empty && (!walk.valid || last);
  eie_queue #(
      .DEPTH(FIFO_DEPTH),
      .WIDTH(COLUMN_BITS + B + 1)
  ) queue (
      .clk, .rst, .push, .empty, .full,
      .tail({push_column, push_activation, push_is_bias}),
      .pop (take),
      .head({column, column_activation, column_is_bias})
  );

  // Pointer reader: of p[c] and p[c+1] one has an even number and one an odd number.
  logic [POS_BITS-1:0] ptr_even[PTR_DEPTH];
  logic [POS_BITS-1:0] ptr_odd[PTR_DEPTH];
  wire [PTR_BITS-1:0] half_column = column[COLUMN_BITS-1:1];
  wire [POS_BITS-1:0] from_even = ptr_even[half_column+PTR_BITS'(column[0])];
  wire [POS_BITS-1:0] from_odd = ptr_odd[half_column];

  always_ff @(posedge clk) begin
    if (rst) walk.valid <= 1'b0;
    else if (take) walk.valid <= 1'b1;
    else if (last) walk.valid <= 1'b0;
    if (take) begin
      walk.pos        <= column[0] ? from_odd : from_even;
      walk.ends       <= column[0] ? from_even : from_odd;
      walk.activation <= column_activation;
      walk.is_bias    <= column_is_bias;
      walk.first      <= 1'b1;
    end else if (!last) begin
      walk.pos   <= walk.pos + 1'b1;
      walk.first <= 1'b0;
    end
    if (write_even) ptr_even[io_addr[PTR_BITS-1:0]] <= io_wdata[POS_BITS-1:0];
    if (write_odd) ptr_odd[io_addr[PTR_BITS-1:0]] <= io_wdata[POS_BITS-1:0];
  end

  // Spmat reader
  logic [SRAM_WIDTH-1:0] spmat[SPMAT_DEPTH];
  wire [SRAM_WIDTH-1:0] spmat_line = spmat[SPMAT_BITS'(walk.pos / POS_BITS'(ENTRIES))];
  wire [BIT_BITS-1:0] spmat_bit =
      BIT_BITS'(walk.pos % POS_BITS'(ENTRIES)) * BIT_BITS'(ENTRY_SPACING);

  typedef struct packed {
    logic                  valid;
    logic                  first;
    logic                  is_bias;
    logic [INDEX_BITS-1:0] zeros;
    logic [CODE_BITS-1:0]  code;
    logic [B-1:0]          activation;
  } entry_t;
  entry_t entry;

  always_ff @(posedge clk) begin
    entry.valid               <= !rst && walk.valid && walk.pos < walk.ends;
    entry.first               <= walk.first;
    entry.is_bias             <= walk.is_bias;
    entry.activation          <= walk.activation;
    {entry.zeros, entry.code} <= spmat_line[spmat_bit+:ENTRY_BITS];
    if (write_spmat) spmat[io_addr[SPMAT_BITS-1:0]] <= io_wdata[SRAM_WIDTH-1:0];
  end

  logic arith_busy;
  logic [SLOT_BITS-1:0] read_row, write_row;
  logic [B-1:0] read_value, write_value;
  logic write;
  eie_arith #(
      .CODE_BITS(CODE_BITS), .INDEX_BITS(INDEX_BITS), .B(B), .R(R), .BIAS_DEPTH(BIAS_DEPTH)
  ) arith (
      .clk, .rst, .shift, .bias_base, .read_row, .read_value, .write, .write_row, .write_value,
      .io_write_code   (io_write && io_target == IO_CODEBOOK),
      .io_code         (io_addr[CODE_BITS-1:0]),
      .io_write_bias   (io_write && io_target == IO_BIAS),
      .io_bias         (io_addr[BIAS_BITS-1:0]),
      .io_word         (io_wdata[B-1:0]),
      .entry_valid     (entry.valid),
      .entry_first     (entry.first),
      .entry_code      (entry.code),
      .entry_zeros     (entry.zeros),
      .entry_activation(entry.activation),
      .entry_is_bias   (entry.is_bias),
      .busy            (arith_busy)
  );

  logic [LANES*B-1:0] io_line_value;
  logic [B-1:0] io_source_value;
  eie_act #(
      .B(B), .R(R), .ACT_LINES(ACT_LINES)
  ) act (
      .clk, .rst, .has_relu, .slot, .load, .store, .line, .line_count, .swap, .clear,
      .activation, .read_row, .read_value, .write, .write_row, .write_value, .io_line_value,
      .io_source_value,
      .io_write_line  (io_write && io_target == IO_ACT),
      .io_line        (io_addr[LINE_BITS-1:0]),
      .io_line_data   (io_wdata[LANES*B-1:0]),
      .io_write_source(io_write && io_target == IO_SOURCE),
      .io_slot        (io_addr[SLOT_BITS-1:0]),
      .io_word        (io_wdata[B-1:0])
  );

  assign idle     = empty && !walk.valid && !entry.valid && !arith_busy;
  assign io_rdata = io_target == IO_ACT ? 64'(io_line_value) : 64'(io_source_value);

endmodule
