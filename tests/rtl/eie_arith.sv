// SPDX-License-Identifier: MIT
// The arithmetic of a PE in four stages: codebook and address sum (A1), product (A2), shift and
// saturating sum (A3), write (A4). The stages are registers S1, S2 and S3; the accumulators live
// in eie_act, and what is on its way to them is taken from the bypass.
module eie_arith
  import eie_pkg::*;
#(
    parameter int unsigned CODE_BITS = 4,
    parameter int unsigned INDEX_BITS = 4,
    parameter int unsigned B = 16,
    parameter int unsigned R = 64,
    parameter int unsigned BIAS_DEPTH = 1024,
    localparam int unsigned ROW_BITS = index_bits(R),
    localparam int unsigned BIAS_BITS = index_bits(BIAS_DEPTH)
) (
    input  logic                   clk,
    input  logic                   rst,
    // I/O mode
    input  logic                   io_write_code,
    input  logic [CODE_BITS-1:0]   io_code,
    input  logic                   io_write_bias,
    input  logic [BIAS_BITS-1:0]   io_bias,
    input  logic [B-1:0]           io_word,
    // the layer
    input  logic [$clog2(2*B)-1:0] shift,
    input  logic [BIAS_BITS-1:0]   bias_base,   // local row of the block's first row
    // an entry
    input  logic                   entry_valid,
    input  logic                   entry_first,
    input  logic [CODE_BITS-1:0]   entry_code,
    input  logic [INDEX_BITS-1:0]  entry_zeros,
    input  logic [B-1:0]           entry_activation,
    input  logic                   entry_is_bias,
    output logic                   busy,
    // the accumulators
    output logic [ROW_BITS-1:0]    read_row,
    input  logic [B-1:0]           read_value,
    output logic                   write,
    output logic [ROW_BITS-1:0]    write_row,
    output logic [B-1:0]           write_value
);

  // A product of 2B bits, half a unit of the largest shift and an accumulator fit without loss.
  localparam int unsigned WIDE = 2 * B + 2;
  localparam int unsigned SUM_BITS = larger(ROW_BITS, INDEX_BITS) + 2;

  typedef struct packed {
    logic                valid;
    logic                is_bias;
    logic [ROW_BITS-1:0] row;
    logic [B-1:0]        weight;
    logic [B-1:0]        activation;
  } s1_t;

  typedef struct packed {
    logic                valid;
    logic                is_bias;
    logic [ROW_BITS-1:0] row;
    logic [2*B-1:0]      product;
    logic [B-1:0]        accumulator;
  } s2_t;

  typedef struct packed {
    logic                valid;
    logic [ROW_BITS-1:0] row;
    logic [B-1:0]        sum;
  } s3_t;

  s1_t s1;
  s2_t s2;
  s3_t s3;
  logic [ROW_BITS-1:0] last_row;
  logic [B-1:0] codebook[1 << CODE_BITS];
  logic [B-1:0] bias[BIAS_DEPTH];

  assign busy = s1.valid || s2.valid || s3.valid;

  // A1. A row never leaves its block, so the address sum is exact in the bits that are kept.
  wire [ROW_BITS-1:0] row = ROW_BITS'(
      entry_first ? SUM_BITS'(entry_zeros) : SUM_BITS'(last_row) + SUM_BITS'(entry_zeros) + 1'b1);

  // A2
  logic [B-1:0] sum;
  logic [B-1:0] accumulator;
  assign read_row = s1.row;
  always_comb begin
    if (s2.valid && s2.row == s1.row) accumulator = sum;
`ifndef EIE_MUTATE_BYPASS  // A fault on purpose: a sum on its way to its register is not seen.
    else if (s3.valid && s3.row == s1.row) accumulator = s3.sum;
`endif
    else accumulator = read_value;
  end
  wire signed [2*B-1:0] product =
      (2*B)'($signed(s1.weight)) * (2*B)'($signed(s1.activation));
  wire [B-1:0] bias_word = bias[bias_base+BIAS_BITS'(s1.row)];

  // A3
  localparam logic signed [WIDE-1:0] HIGHEST = (WIDE'(1) << (B - 1)) - 1'b1;
  localparam logic signed [WIDE-1:0] LOWEST = ~HIGHEST;
  logic signed [WIDE-1:0] half, term, total;
  always_comb begin
    half = shift == '0 ? '0 : WIDE'(1) << (shift - 1'b1);
    term = WIDE'($signed(s2.product));
    if (!s2.is_bias) term = (term + half) >>> shift;
    total = WIDE'($signed(s2.accumulator)) + term;
    if (total > HIGHEST) sum = B'(HIGHEST);
    else if (total < LOWEST) sum = B'(LOWEST);
    else sum = B'(total);
  end

  // A4
  assign write       = s3.valid;
  assign write_row   = s3.row;
  assign write_value = s3.sum;

  always_ff @(posedge clk) begin
    if (entry_valid) last_row <= row;
    s1.valid      <= !rst && entry_valid && entry_code != '0;
    s1.is_bias    <= entry_is_bias;
    s1.row        <= row;
    s1.weight     <= codebook[entry_code];
    s1.activation <= entry_activation;

    s2.valid       <= !rst && s1.valid;
    s2.is_bias     <= s1.is_bias;
    s2.row         <= s1.row;
    s2.product     <= s1.is_bias ? (2*B)'($signed(bias_word)) : product;
    s2.accumulator <= accumulator;

    s3.valid <= !rst && s2.valid;
    s3.row   <= s2.row;
    s3.sum   <= sum;

    if (io_write_code) codebook[io_code] <= io_word;
    if (io_write_bias) bias[io_bias] <= io_word;
  end

endmodule
