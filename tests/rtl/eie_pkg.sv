// SPDX-License-Identifier: MIT
// What the units of the EIE machine share. The machine is defined in docs/eie.md.
package eie_pkg;

  // What I/O mode reaches in a PE.
  typedef enum logic [2:0] {
    IO_SPMAT,     // a line
    IO_PTR_EVEN,  // a pointer
    IO_PTR_ODD,
    IO_BIAS,      // a word, by local row
    IO_ACT,       // a line of the activation SRAM
    IO_SOURCE,    // a register of the source file
    IO_CODEBOOK   // an entry, in every PE at once
  } io_target_t;

  // Wires that can name n things; one thing needs a wire too.
  function automatic int unsigned index_bits(input int unsigned n);
    return n > 1 ? $clog2(n) : 1;
  endfunction

  function automatic int unsigned larger(input int unsigned a, input int unsigned b);
    return a > b ? a : b;
  endfunction

  // Activations in a line of the activation SRAM, moved in one cycle.
  function automatic int unsigned lanes(input int unsigned precision);
    return larger(1, 64 / precision);
  endfunction

  // Entries in a line of Spmat: the largest power of two that fits.
  function automatic int unsigned entries_per_line(input int unsigned line_bits,
                                                   input int unsigned entry_bits);
    return 1 << ($clog2(line_bits / entry_bits + 1) - 1);
  endfunction

  // Nodes of level `level` of the leading-non-zero tree over n PEs, level 0 next to the PEs.
  function automatic int unsigned lnzd_nodes(input int unsigned n, input int unsigned level);
    return ((n - 1) >> (2 * level + 2)) + 1;
  endfunction

  // The level that is a single node.
  function automatic int unsigned lnzd_root(input int unsigned n);
    return n > 1 ? ($clog2(n) + 1) / 2 - 1 : 0;
  endfunction

endpackage
