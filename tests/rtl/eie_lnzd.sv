// SPDX-License-Identifier: MIT
// A node of the leading-non-zero tree: of four children the first that found something wins.
module eie_lnzd #(
    parameter int unsigned WIDTH = 22  // what travels up with the find: bank and activation
) (
    input  logic [3:0]            child_found,
    input  logic [3:0][WIDTH-1:0] child,
    output logic                  found,
    output logic [WIDTH-1:0]      first
);

  assign found = |child_found;

  always_comb begin
    if (child_found[0]) first = child[0];
    else if (child_found[1]) first = child[1];
    else if (child_found[2]) first = child[2];
    else first = child[3];
  end

endmodule
