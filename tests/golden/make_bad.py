#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_bad.py GOOD BAD: one file per refusal in BAD, and BAD/expected.txt (file, code, words).

Where a check inside a chunk is meant, all checksums are right. Files that were fixed bugs stay
for ever.
"""
import os
import struct
import sys

from dcm_make import (FLAT_6, GRAPH_1X6, LINEAR_1, LINEAR_2, bits, chunks_in, compact_file,
                      compact_file_of, compact_head, deflated, file_of, floats, halves, levels_row,
                      row, rows_of, table, text, varint, with_graph, with_weights)

NAN, INF = float("nan"), float("inf")
BIG = (1 << 64) - 1
BAD = "malformed"


# ---- container -------------------------------------------------------------------------------


def flipped(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def headers(good):
    short = "bytes needed"
    yield "empty", b"", BAD, "not a .dcm model"
    yield "truncated_in_magic", good[:5], BAD, "not a .dcm model"
    yield "truncated_in_version", good[:9], BAD, short
    yield "truncated_in_table", good[:30], BAD, short
    yield "truncated_in_end_row", good[:80], BAD, "past the end"
    yield "magic_wrong", b"PK\3\4" + good[4:], BAD, "not a .dcm model"
    yield "magic_bit_7_lost", bytes(b & 0x7f for b in good), BAD, "text mode"
    yield "magic_lf_only", good.replace(b"\r\n", b"\n"), BAD, "text mode"
    yield "magic_crlf", good.replace(b"\n", b"\r\n"), BAD, "text mode"
    yield "version_newer_major", file_of(chunks_in(good), major=2), "unsupported", "newer than 1."
    yield "version_zero", file_of(chunks_in(good), major=0), BAD, "no format version 0"
    yield "crc_of_table", flipped(good, 22), BAD, "checksum of header and table"
    yield "crc_of_minor_version", flipped(good, 9), BAD, "checksum of header and table"
    yield "appended_byte", good + b"\0", BAD, "the table of chunks says"


def containers(good):
    chunks = chunks_in(good)
    rows, body = rows_of(chunks), b"".join(data for _, data in chunks)
    for (name, offset, _), (_, data) in zip(rows, chunks):
        label = name.decode().lower()
        yield "truncated_in_" + label, good[:offset + len(data) // 2], BAD, "past the end"
        yield ("crc_of_" + label, flipped(good, offset + len(data) // 2), BAD,
               "chunk %s: checksum is wrong" % name.decode())

    def moved(which, offset):
        changed = list(rows)
        changed[which] = (rows[which][0], offset, rows[which][2])
        return table(changed) + body

    yield ("chunk_unknown_critical", file_of(chunks + [(b"XTRA", b"?")]), "unsupported",
           "unknown critical chunk XTRA")
    yield "chunk_twice", file_of(chunks + [chunks[0]]), BAD, "chunk GRPH occurs twice"
    yield "chunk_id_no_letters", file_of(chunks + [(b"a1b2", b"?")]), BAD, "not four letters"
    yield "chunk_overlap", moved(2, rows[1][1] - 1), BAD, "chunk offsets fall"
    yield "chunk_gap_after_table", moved(0, rows[0][1] + 1), BAD, "first chunk is at"
    yield "chunk_in_table", moved(0, 10), BAD, "first chunk is at"
    yield "chunk_offset_past_end", moved(2, len(good) + 1), BAD, "past the end"
    yield "chunk_offset_huge", moved(1, BIG), BAD, "past the end"
    yield "chunk_end_early", moved(4, len(good) - 1), BAD, "the table of chunks says"
    yield ("chunks_too_many", file_of([(b"a" + bytes([65 + i // 26, 65 + i % 26, 65]), b"")
                                       for i in range(65)]), BAD, "more than 64 chunks")
    yield "chunk_graph_missing", file_of(chunks[1:]), BAD, "GRPH is missing"
    yield "chunk_weights_missing", file_of(chunks[:1]), BAD, "WGTS is missing"
    yield "chunks_none", file_of([]), BAD, "GRPH is missing"


# ---- graph, names, history -----------------------------------------------------------------------


def graphs():
    def one(node, tail=b"\0"):
        return with_graph(FLAT_6 + b"\x01" + node + tail)

    relu, image = b"\x05", b"\x00\x02\x04\x04"
    yield "graph_forward_reference", one(b"\x45\x01\x02"), BAD, "takes a node 2 before it"
    yield "graph_own_input", one(b"\x45\x01\x00"), BAD, "takes a node 0 before it"
    yield "graph_op_unknown", one(b"\x3f\x01"), "unsupported", "has op 64"
    yield "graph_op_more_unknown", one(b"\x3f\x05"), "unsupported", "has op 68"
    yield "graph_op_more_last", one(b"\xbf\xff\x80\x00"), "unsupported", "has op 318"
    yield "graph_op_cut", one(b"\x3f", b""), BAD, "bytes needed"
    yield "graph_op_input", one(b"\x00"), BAD, "has op 0"
    yield "graph_inputs_none", one(b"\x45\x00"), BAD, "cannot have 0 inputs"
    yield "graph_inputs_too_many", one(b"\x45\x02\x01\x01"), BAD, "cannot have 2 inputs"
    yield "graph_inputs_huge", one(b"\x49\xff\xff\x03"), BAD, "inputs in"
    yield "graph_attr_not_of_op", one(b"\x82\x81\x04"), BAD, "has no attribute 1"
    yield "graph_attr_unknown", one(b"\x82\x9f\x04"), BAD, "has no attribute 31"
    yield "graph_attr_out_of_order", one(b"\x82\x0c\x00\x80\x04"), BAD, "out of order"
    yield "graph_attr_twice", one(b"\x82\x00\x04\x80\x04"), BAD, "out of order"
    yield "graph_attr_reserved_form", one(b"\x82\x80\x03"), BAD, "reserved form 3"
    yield ("graph_attr_nan", one(b"\x88\x95\x01" + struct.pack("<d", NAN)), BAD,
           "not finite")
    yield "graph_attr_not_whole", one(b"\x82\x80\x01" + struct.pack("<d", 1.5)), BAD, "whole"
    yield "graph_outputs_zero", one(b"\x82\x80\x00"), BAD, "n_outputs"
    yield ("graph_outputs_huge", one(b"\x82\x80" + varint(1 << 32)), BAD, "n_outputs")
    yield ("graph_dims_overflow", with_graph(b"\x20" + varint((1 << 32) - 1) + b"\x01\x82\x80" +
                                             varint(1 << 31) + b"\0"), BAD, "too large")
    yield ("graph_input_dims_overflow", with_graph(b"\x00" + varint((1 << 32) - 1) * 3 + b"\0\0"),
           BAD, "empty or too large")
    yield "graph_input_dim_zero", with_graph(b"\x20\x00\x00\x00"), BAD, "empty or too large"
    yield "graph_input_dim_over_limit", with_graph(b"\x20" + varint(1 << 32) + b"\0\0"), BAD, (
        "over the limit of 4294967295")
    yield "graph_input_reserved", with_graph(b"\x23\x06\x05\x00\x00"), BAD, "reserved"
    yield ("graph_input_scale_nan", with_graph(b"\x60\x06" + floats(NAN) + b"\0\0"), BAD,
           "not finite")
    yield "graph_conv_of_flat", one(b"\x81\x80\x04"), BAD, "needs an input of 3 dims"
    yield ("graph_kernel_too_large", with_graph(image + b"\x01\x83\xa1\x0a\0"), BAD,
           "does not fit")
    for name, op in ("add", b"\x4a"), ("mul", b"\x56"), ("sub", b"\x57"), ("div", b"\x58"):
        two = FLAT_6 + b"\x02" + LINEAR_2 + op + b"\x02\x01\x02\0"
        yield "graph_%s_of_two_shapes" % name, with_graph(two), BAD, "differ in shape"
    yield "graph_nodes_too_many", with_graph(FLAT_6 + varint(65536)), BAD, "over the limit"
    yield "graph_nodes_missing", with_graph(FLAT_6 + b"\x09" + relu), BAD, "bytes needed"
    yield "graph_left_over", one(relu, b"\0\0"), BAD, "1 bytes left over"
    yield "graph_removed_huge", one(relu, varint(1 << 48)), BAD, "over the limit"
    yield "graph_varint_not_shortest", one(relu, b"\x80\x00"), BAD, "shortest form"
    yield "graph_varint_too_long", one(relu, b"\xff" * 10 + b"\x01"), BAD, "64 bits"
    yield "graph_empty", with_graph(b""), BAD, "bytes needed"


def later_ops():
    def one(node, given=FLAT_6):
        return with_graph(given + b"\x01" + node + b"\0")

    image, order = b"\x00\x02\x04\x04", "are no order of its input's"
    yield "graph_constant_with_input", one(b"\x9d\x9b\x04"), BAD, "cannot have 1 inputs"
    yield "graph_constant_without_dims", one(b"\x5d\x00"), BAD, "'dims' are missing"
    yield ("graph_constant_too_large", one(b"\xdd\x00\xbb" + varint(1 << 31)), BAD,
           "empty or too large")
    yield "graph_dims_with_hole", one(b"\x9a\x1b\x04\x9d\x06"), BAD, "before it is not"
    yield "graph_dims_without_first", one(b"\x9a\x9c\x0c"), BAD, "before it is not"
    yield "graph_reshape_of_other_count", one(b"\x9a\x9b\x0a"), BAD, "the shape of 5"
    yield "graph_transpose_twice", one(b"\x9b\x3b\x02\x9d\x04", image), BAD, order
    yield "graph_transpose_too_few", one(b"\x9b\x1b\x02\x9c\x04", image), BAD, order
    yield "graph_transpose_outside", one(b"\x9b\x1b\x02\x1c\x04\x9d\x08", image), BAD, order
    yield "graph_slice_outside", one(b"\x99\x0f\x08\x9a\x06"), BAD, "up to 7 of a dim of 6"
    step = b"\x01" + struct.pack("<d", -3.0)
    yield ("graph_slice_below_0", one(b"\x99\x0f\x06\x1a\x06\x9b" + step), BAD,
           "places from 3 down to -3")
    yield "graph_slice_step_0", one(b"\x99\x0f\x06\x9b\x00"), BAD, "'step' is 0"
    yield "graph_slice_axis_outside", one(b"\x99\x99\x02"), BAD, "its input has 1 dims"
    yield "graph_clip_crossed", one(b"\x8e\x96\x0e"), BAD, "over 'max' 6"
    yield "graph_pad_of_flat", one(b"\x1c"), BAD, "needs an input of 3 dims"
    yield "graph_sub_of_three", one(b"\x57\x03\x01\x01\x01"), BAD, "cannot have 3 inputs"
    yield "graph_sigmoid_with_attr", one(b"\x8f\x96\x02"), BAD, "sigmoid has no attribute 22"
    yield "graph_slope_zero", one(b"\x91\x9f\x00"), BAD, "'slope'"
    yield "graph_linear_axis_outside", one(b"\x82\x00\x02\x99\x02"), BAD, "its input has 1 dims"
    yield "graph_softmax_axis_outside", one(b"\x8c\x99\x02"), BAD, "its input has 1 dims"
    yield "graph_log_softmax_axis_outside", one(b"\x9e\x99\x02"), BAD, "its input has 1 dims"
    yield "graph_elu_k_zero", one(b"\x9f\x92\x00"), BAD, "'k'"
    yield "graph_gelu_with_attr", one(b"\xa2\x92\x02"), BAD, "gelu has no attribute 18"
    four = b"\x9a\x3b\x02\x1d\x0c\x9e\x02"
    yield "graph_softmax_of_four_dims", with_graph(FLAT_6 + b"\x02" + four + b"\x0c\0"), BAD, "dims"


def newest_ops():
    """Those after gelu, and numbers that none has yet."""
    def one(node):
        return with_graph(FLAT_6 + b"\x01" + node + b"\0")

    yield "graph_op_of_later", one(b"\x3f\x02"), "unsupported", "has op 65"
    yield "graph_gelu_attr_unknown", one(b"\xa2\x81\x02"), BAD, "gelu has no attribute 1"
    yield "graph_layer_norm_axis_outside", one(b"\xae\x80\x02"), BAD, "its input has 1 dims"
    yield "graph_group_norm_groups", one(b"\xaf\x80\x08"), BAD, "4 groups do not divide 6"
    yield "graph_conv_transpose_of_flat", one(b"\xb1\x80\x02"), BAD, "an input of 3 dims"
    yield "graph_resize_of_flat", one(b"\x32"), BAD, "needs an input of 3 dims"
    yield "graph_reduce_without_dims", one(b"\x33"), BAD, "its 'dims' are missing"
    yield "graph_reduce_twice", one(b"\xb3\xa0\x02"), BAD, "not named yet"
    yield "graph_reduce_outside", one(b"\xb3\x80\x04"), BAD, "'dim_0' is 2"
    yield "graph_arg_max_axis_outside", one(b"\xb8\x80\x02"), BAD, "its input has 1 dims"


def names():
    def named(data):
        return file_of([(b"GRPH", FLAT_6 + b"\x02\x05\x05\0"), (b"WGTS", b""), (b"nAME", data)])

    yield "names_not_utf8", named(text(b"\xff")), BAD, "not UTF-8"
    yield "names_overlong_utf8", named(text(b"\xc0\xaf")), BAD, "not UTF-8"
    yield "names_with_zero", named(text(b"a\0b")), BAD, "not UTF-8"
    yield "names_with_control", named(text("m") + text("a\nb")), BAD, "control character"
    yield "names_with_c1", named(text("m") + text("a\u009b31mb")), BAD, "control character"
    yield "names_turned_around", named(text("m\u202etxt") + text("a")), BAD, "control character"
    yield "names_equal", named(text("m") + text("a") + text("a") + b"\0"), BAD, "two nodes"
    yield "names_like_default", named(text("m") + text("relu2") + b"\0\0"), BAD, "two nodes"
    yield "names_like_input", named(text("m") + text("input") + b"\0\0"), BAD, "two nodes"
    yield "names_too_long", named(text("m" * 256)), BAD, "over the limit of 255"
    yield "names_missing", named(text("m")), BAD, "bytes needed"
    yield "names_left_over", named(b"\0\0\0\0\0"), BAD, "left over"
    yield "names_classes_wrong", named(b"\0\0\0\x02" + text("a") * 2), BAD, "2 class names"
    yield "names_classes_huge", named(b"\0\0\0" + varint((1 << 32) - 1)), BAD, "class names in"


def histories():
    def told(data):
        return file_of([(b"GRPH", FLAT_6 + b"\x01\x05\0"), (b"WGTS", b""), (b"hIST", data)])

    yield "history_too_long", told(varint(65536)), BAD, "over the limit"
    yield "history_text_past_end", told(b"\x01\x05abc"), BAD, "bytes needed"
    yield "history_settings_huge", told(b"\x01\x01a" + varint((1 << 20) + 1)), BAD, "limit"
    yield "history_left_over", told(b"\x00\x00"), BAD, "left over"


def ends():
    def named(data):
        graph = FLAT_6 + b"\x01\x05\0"
        return file_of([(b"GRPH", graph), (b"WGTS", b""), (b"eNDS", data)], minor=1)

    same = b"\0\0"
    yield "ends_missing", named(same), BAD, "bytes needed"
    yield "ends_left_over", named(same + same + b"\0"), BAD, "left over"
    yield "ends_not_utf8", named(text(b"\xff") + b"\0" + same), BAD, "not UTF-8"
    yield "ends_with_control", named(text("a\tb") + b"\0" + same), BAD, "control character"
    yield "ends_too_long", named(same + text("m" * 256) + b"\0"), BAD, "over the limit of 255"
    yield "ends_of_five_dims", named(b"\0\x06" + b"\1\1\1\2\3" + same), BAD, "an end of 5 dims"
    yield "ends_of_other_values", named(b"\0\x03\x02\x02" + same), BAD, "dims of 4 values"
    yield "ends_of_one_number", named(same + b"\0\x01"), BAD, "dims of 1 values"
    yield "ends_dim_zero", named(same + b"\0\x03\x06\0"), BAD, "dims of 0 values"
    yield "ends_dim_huge", named(same + b"\0\x02" + varint(1 << 32)), BAD, "over the limit"


# ---- weights ---------------------------------------------------------------------------------


def rows():
    w = with_weights
    yield "row_dense_with_gaps", w(b"\x24" + halves(*range(6))), BAD, "left over"
    yield "row_layer_coder_unknown", w(b"\x60\0"), "unsupported", "unknown coder 3 of whole layers"
    yield "row_sparse_without_gaps", w(b"\x05\0\x01\x01"), BAD, "row kind"
    yield "row_sparse_with_codes_coder", w(b"\x25\x01\x01\x01"), BAD, "row coders"
    yield "row_shared_with_gaps_coder", w(b"\x06\x10\x00\x01"), BAD, "row coders"
    yield "row_coders_reserved", w(b"\x06\x80\0\x01" + halves(1) + b"\0"), BAD, "left over"
    yield "row_missing", w(b""), BAD, "1 parameters in 0 bytes"
    yield "row_cut", w(b"\x27\x00"), BAD, "bytes needed"
    yield "row_entries_over_values", w(row(3, b"\0", b"\0", gap_bits=2, n_entries=7) + b"\0\0"), (
        BAD), "7 is over the limit of 6"
    yield "row_codes_past_end", w(b"\x06\0\0\x7f" + halves(1) + b"\0"), BAD, "bytes needed"
    yield "row_codes_huge", w(b"\x06\0\0" + varint(BIG) + halves(1)), BAD, "bytes needed"
    yield ("row_sizes_overflow", w(b"\x27\0\0\x01" + varint(BIG // 2 + 1) * 2), BAD,
           "bytes needed")
    yield "row_dense_past_end", w(row(0) + halves(1, 2, 3)), BAD, "bytes needed"
    yield "row_left_over", w(row(0) + halves(*range(7))), BAD, "2 bytes left over"
    yield "row_codes_coder_unknown", w(row(2, b"\0", codes_coder=2) + halves(1) + b"\0"), (
        "unsupported"), "unknown coder 2"
    yield ("row_gaps_coder_unknown", w(row(1, gaps=b"\0", gap_bits=2, gaps_coder=7, n_entries=1) +
                                       b"\0" + halves(1)), "unsupported", "unknown coder 7")
    huge = b"\x20" + varint(1 << 20) + b"\x01\x82\x00" + varint(1 << 14) + b"\x8c\0\0"
    yield ("limit_all_zero_layer", w(b"\x21\0\0\0", huge), "limit",
           "values need more than the limit")
    lone = b"\x23\x11\0" + varint(1 << 33) + b"\x01\x01\x03\x03"
    yield "limit_lone_symbol", w(lone, huge), "limit", "more than the limit"
    wide = b"\x20" + varint((1 << 32) - 1) + b"\x01" + LINEAR_1 + b"\0"
    yield "limit_dims", w(b"\x21\0\0\0", wide), "limit", "more than the limit"


def numbers():
    w = with_weights
    yield "number_dense_nan", w(row(0, half=0) + floats(1, 2, NAN, 4, 5, 6)), BAD, "not finite"
    yield "number_dense_half_inf", w(row(0) + halves(1, 2, 3, 4, 5, -INF)), BAD, "not finite"
    codes = bits("0 1 0 1 0 1")
    yield ("number_codebook_nan", w(row(2, codes, n_codebook=2) + halves(1, NAN) + codes),
           BAD, "not finite")
    yield ("number_codebook_inf", w(row(2, codes, half=0, n_codebook=2) + floats(INF, 1) + codes),
           BAD, "not finite")
    codes, gaps = bits("1"), bits("00")
    packed = row(3, codes, gaps, gap_bits=2, n_codebook=2, n_entries=1) + halves(NAN)
    yield "number_packed_codebook_nan", w(packed + codes + gaps), BAD, "not finite"
    yield ("number_sparse_inf", w(row(1, gaps=gaps, gap_bits=2, n_entries=1) + gaps + halves(INF)),
           BAD, "not finite")


def rising():
    def u(value, n):
        return "".join(str(value >> i & 1) for i in range(n))

    def shared(book, half=1, n=2):
        codes = bits("0 1 0 1 0 1")
        return with_weights(row(2, codes, half=half, n_codebook=n, rising=book) + book + codes)

    def packed(book):
        codes, gaps = bits("10 01 10"), bits("10 10 10")
        return with_weights(row(3, codes, gaps, gap_bits=2, n_codebook=3, n_entries=3,
                                rising=book) + book + codes + gaps)

    one, float_one = u(9, 5) + u(0xbc00, 16), u(31, 5) + u(0xbf800000, 32)
    good = one + "10 0" + "1" * 9  # 1, 2
    yield ("rising_inf", shared(bits(u(15, 5) + u(0xbc00, 16) + "0" + u(0x3fff, 15))), BAD,
           "not finite")
    yield ("rising_nan_first", shared(bits(u(9, 5) + u(0x03ff, 16) + "0" + u(0, 9))), BAD,
           "not finite")
    yield ("rising_inf_f32", shared(bits(float_one + "0" + u(0x3fffffff, 31)), 0), BAD,
           "not finite")
    yield ("rising_past_top", shared(bits(float_one + "10 0" + u(0x7fffffff, 31)), 0), BAD,
           "not finite")
    yield "rising_k_16", shared(bits(u(16, 5) + u(0xbc00, 16) + "0" + u(0, 16))), BAD, "k = 16"
    yield ("rising_unary_long", shared(bits(u(9, 5) + u(0x0400, 16) + "1" * 8 + "0" + "0" * 17)),
           BAD, "over 16 bits")
    yield ("rising_unary_long_f32", shared(bits(u(0, 5) + u(0x00800000, 32) + "1" * 600), 0), BAD,
           "over 32 bits")
    yield "rising_minus_zero", shared(bits(u(9, 5) + u(0x7fff, 16) + "0" + u(0, 9))), BAD, "-0"
    yield "rising_packed_zero", packed(bits(u(9, 5) + u(0x8000, 16) + "0" + u(0, 9))), BAD, "a 0"
    yield "rising_cut", shared(bits(good)[:-1]), BAD, "bit stream ends early"
    yield "rising_empty", shared(b""), BAD, "bit stream ends early"
    yield "rising_left_over", shared(bits(good) + b"\0"), BAD, "bytes left over"
    yield "rising_padding", shared(bits(one + "0" + "1" * 9 + "1")), BAD, "padding"
    yield ("rising_bytes_huge", with_weights(b"\x06\x80\x01" + varint(BIG) + b"\x01" + bits(good) +
                                             b"\0"), BAD, "bytes needed")
    yield ("rising_sizes_overflow", with_weights(b"\x27\x80\x01" + varint(BIG // 2 + 1) + b"\x01" +
                                                  varint(BIG // 2 + 1) * 2), BAD,
           "bytes needed")
    yield "rising_no_numbers", with_weights(b"\x27\x80\0\0\0\0\0"), BAD, "no numbers"
    yield "rising_sparse", with_weights(b"\x25\x80\x01\x01\0" + halves(1)), BAD, "row coders"


def positions():
    def packed(codes, gaps, n, n_codebook=2):
        return with_weights(row(3, codes, gaps, gap_bits=2, n_codebook=n_codebook, n_entries=n) +
                            halves(*range(1, n_codebook)) + codes + gaps)

    def sparse(gaps, *values):
        return with_weights(row(1, gaps=gaps, gap_bits=2, n_entries=len(values)) + gaps +
                            halves(*values))

    yield "position_packed_outside", packed(bits("1000 1000"), bits("1100 1100"), 2), BAD, (
        "last position is 8 of 6")
    yield "position_packed_zero_no_filler", packed(bits("1000 0000"), bits("0000 1000"), 2), BAD, (
        "where no filler is")
    yield ("position_packed_code_outside", packed(bits("1100 0000"), bytes(1), 2, 3), BAD,
           "outside the alphabet of 3")
    yield "position_gap_outside", packed(bits("1000"), b"\x04", 1), BAD, (
        "outside the alphabet of 4")
    yield "position_sparse_outside", sparse(bits("1100 1100"), 1, 1), BAD, "position 7 of 6"
    yield "position_sparse_filler_outside", sparse(bits("1100 1100"), 0, 0), BAD, "position 7 of 6"
    yield "position_sparse_zero_no_filler", sparse(bits("01"), 0), BAD, "no filler"


def streams(good):
    def shared(codes, coder=1, n_codebook=3):
        return with_weights(row(2, codes, codes_coder=coder, n_codebook=n_codebook) +
                            halves(*range(n_codebook)) + codes)

    yield "raw_code_outside", shared(bits("11 00 00 00 00 00"), 0), BAD, "outside the alphabet"
    yield "raw_padding", shared(bits("00 00 00 00 00 00 0001"), 0), BAD, "padding"
    yield "raw_long", shared(bytes(9), 0), BAD, "whole number of bits"
    tail = "0 0 0 0 0 0"
    yield "huffman_length_13", shared(bits("00 1011" + tail)), BAD, "bad length"
    yield "huffman_over_full", shared(bits("00 1000 10 110" + tail)), BAD, "more words"
    yield ("huffman_past_alphabet", shared(bits("00 0000 11000 1000 0" + tail)), BAD,
           "passes the alphabet")
    yield "huffman_table_cut", shared(bits("00 0100 0")), BAD, "bit stream ends early"
    yield "huffman_payload_cut", shared(bits("00 1000 0 0")), BAD, "end early"
    yield "huffman_left_over", shared(bits("00 1000 0" + tail) + b"\0"), BAD, "bytes left over"
    yield "huffman_padding", shared(bits("00 1000 0" + tail + "001")), BAD, "padding"
    yield "huffman_empty", shared(b"ends early"), BAD, ""
    yield "huffman_lone_outside", shared(bits("11 110000")), BAD, "outside the alphabet of 3"
    yield "huffman_lone_left_over", shared(bits("11 100000") + b"\0"), BAD, "bytes left over"
    yield "huffman_lone_long_way", shared(bits("11 111111 10000000")), BAD, "shortest form"
    # A row of 5 bytes, four halves, the stream: a short table, then jumps, the first at a quarter.
    (_, graph), (_, weights) = chunks_in(good)[:2]
    jumps = next(i for i in range(13, 21)
                 if 0.2 < struct.unpack_from("<I", weights, i)[0] / 8 / len(weights) < 0.3)
    yield ("huffman_jump", with_weights(flipped(weights, jumps + 4), graph), BAD,
           "coded symbols end early")
    yield ("huffman_jump_past_end", with_weights(flipped(weights, jumps + 7, 0x80), graph),
           BAD, "quarter")


def rans():
    def shared(codes, n_codebook=3):
        return with_weights(row(2, codes, codes_coder=3, n_codebook=n_codebook) +
                            halves(*range(n_codebook)) + codes)

    def coded(state):
        return bits("000 00 0 0 0") + struct.pack("<I", state)  # three equal weights

    state, freqs, starts = 1 << 16, (1366, 1365, 1365), (0, 1366, 2731)
    for symbol in (0, 1, 2, 2, 1, 0):
        state = (state // freqs[symbol] << 12) + state % freqs[symbol] + starts[symbol]
    yield "rans_item_long", shared(bits("000 00" + "1" * 13 + "0" * 14)), BAD, "over 12 bits"
    yield "rans_level_high", shared(bits("000 00 101")), BAD, "out of range"
    yield "rans_level_low", shared(bits("000 00 11111 0 10000")), BAD, "out of range"
    yield "rans_no_symbol", shared(bits("000 00 11001 101")), BAD, "no symbol"
    yield "rans_past_alphabet", shared(bits("000 00 11001 11000")), BAD, "passes the alphabet of 3"
    yield "rans_table_cut", shared(bits("000 00 11")), BAD, "bit stream ends early"
    yield "rans_padding", shared(bits("000 00 0000 0000001") + bytes(4), 4), BAD, "padding"
    yield "rans_no_state", shared(coded(state)[:4]), BAD, "bytes needed"
    yield "rans_state_low", shared(coded(0xffff)), BAD, "state 0 of the coded symbols"
    yield "rans_word_missing", shared(coded(0x10000)), BAD, "end early"
    yield "rans_other_end", shared(coded(state + (1 << 24))), BAD, "do not end where they began"
    yield "rans_left_over", shared(coded(state) + b"\0\0"), BAD, "bytes left over"
    yield "rans_lone_left_over", shared(bits("000 00 0") + b"\0", 1), BAD, "bytes left over"


# ---- version 2 -----------------------------------------------------------------------------------


def compact():
    weights, crc = b"\x00" + floats(*range(6)), "checksum of the file"
    good = compact_file_of(GRAPH_1X6, weights)
    head, short = compact_head(len(GRAPH_1X6)), "bytes needed"
    yield "compact_crc", flipped(good, 20), BAD, crc
    yield "compact_crc_of_version", flipped(good, 5), BAD, crc
    yield "compact_truncated", good[:-1], BAD, crc
    yield "compact_truncated_in_crc", good[:7], BAD, short
    yield "compact_appended_byte", good + b"\0", BAD, crc
    yield ("compact_version_newer", compact_file(head + GRAPH_1X6 + weights, 3), "unsupported",
           "version 3 is newer than 2")
    yield "compact_empty", compact_file(b""), BAD, short
    yield "compact_graph_past_end", compact_file(compact_head(99) + GRAPH_1X6), BAD, short
    yield "compact_graph_huge", compact_file(compact_head((1 << 62) - 1) + GRAPH_1X6), BAD, short
    yield ("compact_weights_past_end", compact_file(compact_head(len(GRAPH_1X6), 99) + GRAPH_1X6 +
                                                    weights), BAD, short)
    yield ("compact_weights_left_over", compact_file_of(GRAPH_1X6, weights + b"\0"), BAD,
           "left over")

    def more(*further):
        return compact_file_of(GRAPH_1X6, weights, further)

    name = text("m") + text("n") + b"\0"
    yield "compact_further_cut", compact_file(more((b"nAME", name))[9:-1]), BAD, short
    yield "compact_further_no_letters", more((b"n4ME", name)), BAD, "not four letters"
    yield "compact_further_twice", more((b"nAME", name), (b"nAME", name)), BAD, "occurs twice"
    yield "compact_further_weights", more((b"WGTS", weights)), BAD, "WGTS occurs twice"
    yield ("compact_further_critical", more((b"XTRA", b"?")), "unsupported",
           "unknown critical chunk XTRA")
    yield ("compact_chunks_too_many", more(*[(b"a" + bytes([65 + i // 26, 65 + i % 26, 65]), b"")
                                             for i in range(63)]), BAD, "more than 64 chunks")

    def inflated(graph):
        return compact_file_of(graph, weights, is_deflated=True)

    stream = deflated(GRAPH_1X6)
    yield "compact_deflate_damaged", inflated(b"\xff" + stream), BAD, "stream is damaged"
    yield "compact_deflate_cut", inflated(stream[:-1]), BAD, "ends early"
    yield "compact_deflate_left_over", inflated(stream + b"\0"), BAD, "after the deflate stream"
    yield "compact_deflate_too_long", inflated(deflated(bytes(8193))), BAD, "more than 8192 bytes"


# ---- levels --------------------------------------------------------------------------------------


def levels():
    def one(body, half=1, coder=2):
        return with_weights(levels_row(body, coder, half))

    step = "step of the grid is out of range"
    yield "levels_zeros_of_half", one(b""), BAD, "layer of zeros"
    yield "levels_without_levels", one(b"\x00\x9a\x00"), BAD, "book of 0 levels"
    yield "levels_head_cut", one(b"\x04"), BAD, "bytes needed"
    yield "levels_above_huge", one(b"\x1c\xf9\xff\x01\x9a"), BAD, "over the limit"
    yield "levels_step_0", one(b"\x04\x00\x00\x00", 0), BAD, step
    yield "levels_step_below_0", one(b"\x04\x80\xbf\x00", 0), BAD, step
    yield "levels_step_not_normal", one(b"\x04\x7f\x00\x00", 0), BAD, step
    yield "levels_step_infinite", one(b"\x04\x80\x7f\x00", 0), BAD, step
    yield "levels_step_nan", one(b"\x04\xc0\x7f\x00", 0), BAD, step
    yield "levels_grid_infinite", one(b"\x08\x00\x7f\x00", 0), BAD, step
    yield "levels_trellis_infinite", one(b"\x05\x00\x7f\x00", 0), BAD, step
    yield "levels_rows_of_two_bytes", one(b"\x06\x80\x3f\x00", 0), BAD, "of one byte each"
    yield "levels_rows_range", one(b"\x06\xff\x01\x00"), BAD, "have a range of 1"
    yield "levels_rows_cut", one(b"\x06\x10\x01\x09\x00"), BAD, "bytes needed"
    yield "levels_book_of_256", one(b"\xff\x79\x79\x00"), BAD, "book of 256 levels"
    # 1 as f16 is bc00: it is above 0, and the one number of this book is below
    above = bits("00000 0000000000111101")
    yield "levels_wrong_side", one(b"\x23" + varint(len(above)) + above), BAD, "wrong side of 0"
    zero = bits("00000 0000000000000001")
    yield "levels_number_0", one(b"\x07" + varint(len(zero)) + zero), BAD, "wrong side of 0"
    yield "levels_numbers_cut", one(b"\x07\x05\x00"), BAD, "bytes needed"
    yield "levels_numbers_left_over", one(b"\x07\x04" + above + b"\0"), BAD, "left over"
    yield "levels_body_past_end", with_weights(b"\x44\x09\x04\x9a"), BAD, "bytes needed"


def main(good, bad):
    def read(name):
        with open(os.path.join(good, name + ".dcm"), "rb") as f:
            return f.read()

    every_op = read("v1_0_every_op")
    lines = []
    for name, data, code, words in [*headers(every_op), *containers(every_op), *graphs(),
                                    *later_ops(), *newest_ops(), *names(), *ends(),
                                    *histories(), *rows(), *numbers(), *rising(), *positions(),
                                    *streams(read("v1_0_long_streams")), *rans(), *compact(),
                                    *levels()]:
        with open(os.path.join(bad, name + ".dcm"), "wb") as f:
            f.write(data)
        lines.append("%s.dcm %s %s\n" % (name, code, words))
    with open(os.path.join(bad, "expected.txt"), "w", encoding="utf-8") as f:
        f.writelines(lines)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
