// SPDX-License-Identifier: MIT
// The activation queue: a ring with one slot kept free, so that full and empty are functions of
// the two places alone. The head is popped when its column is taken up. A push into a full queue
// or a pop of an empty one is the caller's fault.
module eie_queue #(
    parameter int unsigned DEPTH = 8,
    parameter int unsigned WIDTH = 32
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             push,
    input  logic [WIDTH-1:0] tail,
    input  logic             pop,
    output logic [WIDTH-1:0] head,
    output logic             empty,
    output logic             full
);

  localparam int unsigned PLACE_BITS = $clog2(DEPTH);

  logic [PLACE_BITS-1:0] read_place, write_place;
  logic [WIDTH-1:0] ring[DEPTH];

  // The depth need not be a power of two.
  function automatic logic [PLACE_BITS-1:0] after(input logic [PLACE_BITS-1:0] place);
    return place == PLACE_BITS'(DEPTH - 1) ? '0 : place + 1'b1;
  endfunction

  assign head  = ring[read_place];
  assign empty = write_place == read_place;
`ifdef EIE_MUTATE_STALL
  // A fault on purpose: full one slot too early, so every value is right and the time is not.
  assign full = after(after(write_place)) == read_place;
`else
  assign full = after(write_place) == read_place;
`endif

  always_ff @(posedge clk) begin
    if (rst) begin
      read_place  <= '0;
      write_place <= '0;
    end else begin
      if (push) write_place <= after(write_place);
      if (pop) read_place <= after(read_place);
    end
    if (push) ring[write_place] <= tail;
  end

endmodule
