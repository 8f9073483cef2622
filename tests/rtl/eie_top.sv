// SPDX-License-Identifier: MIT
// The EIE machine: N processing elements under one control unit. I/O mode (the io_ ports) works
// while no layer runs: it loads memories and register files, and reads results a cycle after they
// are asked for. A layer starts with `start` for one cycle, and ends with `done`; its description
// is on the layer's ports from the cycle before until then.
module eie_top
  import eie_pkg::*;
#(
    parameter int unsigned N = 64,
    parameter int unsigned FIFO_DEPTH = 8,
    parameter int unsigned SRAM_WIDTH = 64,
    parameter int unsigned CODE_BITS = 4,
    parameter int unsigned INDEX_BITS = 4,
    parameter int unsigned B = 16,
    parameter int unsigned R = 64,
    parameter int unsigned SPMAT_DEPTH = 16384,  // lines
    parameter int unsigned PTR_DEPTH = 8192,     // pointers in a bank
    parameter int unsigned BIAS_DEPTH = 1024,    // words
    parameter int unsigned ACT_DEPTH = 1024,     // words, inputs and outputs together
    localparam int unsigned BANK_BITS = index_bits(N),
    localparam int unsigned COLUMN_BITS = $clog2(2 * PTR_DEPTH),
    localparam int unsigned SLOT_BITS = index_bits(R),
    localparam int unsigned ACT_LINES = ACT_DEPTH / lanes(B),
    localparam int unsigned LINE_BITS = index_bits(ACT_LINES),
    localparam int unsigned BIAS_BITS = index_bits(BIAS_DEPTH),
    localparam int unsigned IO_BITS = larger(SRAM_WIDTH, 64),
    localparam int unsigned IO_ADDR_BITS = larger(
        larger(index_bits(SPMAT_DEPTH), index_bits(PTR_DEPTH)),
        larger(larger(BIAS_BITS, LINE_BITS), larger(SLOT_BITS, CODE_BITS)))
) (
    input  logic                    clk,
    input  logic                    rst,
    // I/O mode
    input  logic                    io_write,
    input  logic [2:0]              io_target,  // io_target_t
    input  logic [BANK_BITS-1:0]    io_pe,
    input  logic [IO_ADDR_BITS-1:0] io_addr,
    input  logic [IO_BITS-1:0]      io_wdata,
    output logic [63:0]             io_rdata,
    // the layer
    input  logic [COLUMN_BITS-1:0]  n_cols,
    input  logic                    has_bias,
    input  logic                    has_relu,
    input  logic [$clog2(2*B)-1:0]  shift,
    input  logic [COLUMN_BITS-1:0]  n_batches,
    input  logic [COLUMN_BITS-1:0]  n_blocks,
    input  logic [SLOT_BITS:0]      last_batch_slots,
    input  logic [SLOT_BITS:0]      last_block_slots,
    input  logic [BANK_BITS:0]      last_row_banks,
    input  logic [LINE_BITS-1:0]    output_line,
    // the run
    input  logic                    start,
    output logic                    done,
    output logic [63:0]             cycles
);

  logic push, push_is_bias, load, store, swap, clear;
  logic [COLUMN_BITS-1:0] push_column;
  logic [B-1:0] push_activation;
  logic [SLOT_BITS-1:0] slot;
  logic [LINE_BITS-1:0] line;
  logic [SLOT_BITS:0] line_count;
  logic [BIAS_BITS-1:0] bias_base;
  logic [N-1:0] full, idle;
  logic [N-1:0][B-1:0] activations;
  logic [N-1:0][63:0] pe_rdata;

  // Requests and the description are taken into registers: the host is far away.
  typedef struct packed {
    logic                    write;
    logic [2:0]              target;
    logic [BANK_BITS-1:0]    pe;
    logic [IO_ADDR_BITS-1:0] addr;
    logic [IO_BITS-1:0]      wdata;
  } io_t;
  io_t io;
  always_ff @(posedge clk) io <= {io_write && !rst, io_target, io_pe, io_addr, io_wdata};
  assign io_rdata = pe_rdata[io.pe];

  typedef struct packed {
    logic [COLUMN_BITS-1:0] n_cols;
    logic                   has_bias;
    logic                   has_relu;
    logic [$clog2(2*B)-1:0] shift;
    logic [COLUMN_BITS-1:0] n_batches;
    logic [COLUMN_BITS-1:0] n_blocks;
    logic [SLOT_BITS:0]     last_batch_slots;
    logic [SLOT_BITS:0]     last_block_slots;
    logic [BANK_BITS:0]     last_row_banks;
    logic [LINE_BITS-1:0]   output_line;
  } layer_t;
  layer_t layer;
  always_ff @(posedge clk)
    layer <= {n_cols, has_bias, has_relu, shift, n_batches, n_blocks, last_batch_slots,
              last_block_slots, last_row_banks, output_line};

  eie_ccu #(
      .N(N), .B(B), .R(R), .PTR_DEPTH(PTR_DEPTH), .BIAS_DEPTH(BIAS_DEPTH), .ACT_LINES(ACT_LINES)
  ) ccu (
      .clk, .rst, .start, .done, .cycles, .activations, .push, .push_column, .push_activation,
      .push_is_bias, .slot, .load, .store, .line, .line_count, .swap, .clear, .bias_base,
      .any_full        (|full),
      .all_idle        (&idle),
      .n_cols          (layer.n_cols),
      .has_bias        (layer.has_bias),
      .n_batches       (layer.n_batches),
      .n_blocks        (layer.n_blocks),
      .last_batch_slots(layer.last_batch_slots),
      .last_block_slots(layer.last_block_slots),
      .last_row_banks  (layer.last_row_banks),
      .output_line     (layer.output_line)
  );

  for (genvar k = 0; k < N; k++) begin : g_pe
    eie_pe #(
        .FIFO_DEPTH(FIFO_DEPTH), .SRAM_WIDTH(SRAM_WIDTH), .CODE_BITS(CODE_BITS),
        .INDEX_BITS(INDEX_BITS), .B(B), .R(R), .SPMAT_DEPTH(SPMAT_DEPTH), .PTR_DEPTH(PTR_DEPTH),
        .BIAS_DEPTH(BIAS_DEPTH), .ACT_LINES(ACT_LINES), .IO_BITS(IO_BITS),
        .IO_ADDR_BITS(IO_ADDR_BITS)
    ) pe (
        .clk, .rst, .bias_base, .push, .push_column, .push_activation, .push_is_bias, .slot,
        .load, .store, .line, .line_count, .swap, .clear,
        .has_relu  (layer.has_relu),
        .shift     (layer.shift),
        .io_write  (io.write && (io.pe == BANK_BITS'(k) || io.target == IO_CODEBOOK)),
        .io_target (io_target_t'(io.target)),
        .io_addr   (io.addr),
        .io_wdata  (io.wdata),
        .io_rdata  (pe_rdata[k]),
        .full      (full[k]),
        .idle      (idle[k]),
        .activation(activations[k])
    );
  end

endmodule
