// SPDX-License-Identifier: MIT
// Activations of a PE: two register files of R words that change roles, and the activation SRAM
// behind them for vectors that are longer. A flag beside each register says whether it holds a
// word or is 0, so that all accumulators become 0, or go through ReLU, in one cycle.
module eie_act
  import eie_pkg::*;
#(
    parameter int unsigned B = 16,
    parameter int unsigned R = 64,
    parameter int unsigned ACT_LINES = 256,
    localparam int unsigned SLOT_BITS = index_bits(R),
    localparam int unsigned LANES = lanes(B),
    localparam int unsigned LINE_BITS = index_bits(ACT_LINES)
) (
    input  logic                 clk,
    input  logic                 rst,
    // I/O mode
    input  logic                 io_write_line,
    input  logic [LINE_BITS-1:0] io_line,
    input  logic [LANES*B-1:0]   io_line_data,
    input  logic                 io_write_source,
    input  logic [SLOT_BITS-1:0] io_slot,
    input  logic [B-1:0]         io_word,
    output logic [LANES*B-1:0]   io_line_value,
    output logic [B-1:0]         io_source_value,
    // from the control unit
    input  logic                 has_relu,
    input  logic [SLOT_BITS-1:0] slot,
    input  logic                 load,
    input  logic                 store,
    input  logic [LINE_BITS-1:0] line,
    input  logic [SLOT_BITS:0]   line_count,  // lines of this batch or block moved before
    input  logic                 swap,
    input  logic                 clear,
    output logic [B-1:0]         activation,
    // the accumulators
    input  logic [SLOT_BITS-1:0] read_row,
    output logic [B-1:0]         read_value,
    input  logic                 write,
    input  logic [SLOT_BITS-1:0] write_row,
    input  logic [B-1:0]         write_value
);

  localparam int unsigned PLACE_BITS = SLOT_BITS + 1 + $clog2(LANES);

  logic [B-1:0] file[2][R];
  logic source;
  logic [R-1:0] source_holds, destination_holds, negative;
  logic [LANES*B-1:0] sram[ACT_LINES];

  wire destination = ~source;
  wire [R-1:0] rectified = destination_holds & ~(negative & {R{has_relu}});
  wire [LANES*B-1:0] loaded = sram[line];

  assign activation      = source_holds[slot] ? file[source][slot] : '0;
  assign read_value      = destination_holds[read_row] ? file[destination][read_row] : '0;
  assign io_line_value   = sram[io_line];
  assign io_source_value = source_holds[io_slot] ? file[source][io_slot] : '0;

  // Lanes past the last register, where R is no multiple of a line, hold nothing.
  logic [LANES-1:0] lane_used;
  logic [LANES-1:0][SLOT_BITS-1:0] lane_slot;
  logic [LANES*B-1:0] stored;
  for (genvar k = 0; k < LANES; k++) begin : g_lane
    wire [PLACE_BITS-1:0] place = PLACE_BITS'(line_count) * PLACE_BITS'(LANES) + PLACE_BITS'(k);
    assign lane_used[k]   = place < PLACE_BITS'(R);
    assign lane_slot[k]   = SLOT_BITS'(place);
    assign stored[k*B+:B] =
        lane_used[k] && rectified[lane_slot[k]] ? file[destination][lane_slot[k]] : '0;
  end

  always_ff @(posedge clk) begin
    if (rst) source <= 1'b0;
    else if (swap) source <= destination;

    if (swap) source_holds <= rectified;
    if (swap || clear) destination_holds <= '0;

    if (write) begin
      file[destination][write_row] <= write_value;
      destination_holds[write_row] <= 1'b1;
      negative[write_row]          <= write_value[B-1];
    end

    for (int unsigned k = 0; k < LANES; k++)
      if (load && lane_used[k]) begin
        file[source][lane_slot[k]] <= loaded[k*B+:B];
        source_holds[lane_slot[k]] <= 1'b1;
      end
    if (io_write_source) begin
      file[source][io_slot] <= io_word;
      source_holds[io_slot] <= 1'b1;
    end

    if (store) sram[line] <= stored;
    else if (io_write_line) sram[io_line] <= io_line_data;
  end

endmodule
