// Recorded graphs and what folding makes of each.
#pragma once

#include <functional>

#include "core/graph/graph_builder.h"

namespace vernier::core::testing {
inline QParams stays_float() {
  QParams qparams;
  qparams.is_float = true;
  return qparams;
}

inline const QParams kA = per_tensor(0.5f, 128), kB = per_tensor(0.25f, 7), kC = per_tensor(2.0f, 0, kInt16);
inline const Shape kShape = {2, 4};

struct FoldCase {
  const char* name;
  std::function<Graph()> record;
  const char* folded;
};

inline const FoldCase kFoldCases[] = {
    {"input_and_output_get_their_qparams",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       return b.outputs({b.quantize(b.node("neg", {x}, kShape, {}, "y"), kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "y: uint8*0.25 = neg(x)\n"
     "return y"},
    {"equal_qparams_are_the_same_value",  // rms_norm/act_out and projection/act_in saw the same tensor
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "n/act_in");
       const ValueIndex n = b.node("rms_norm", {x, b.coded("gamma", {4}, kB)}, kShape, {{"eps", 1e-6}}, "n");
       const ValueIndex p = b.quantize(b.quantize(n, kB, "n/act_out"), kB, "p/act_in");
       const ValueIndex y = b.node(
           "linear", {p, b.coded("w", {4, 4}, per_channel(0, {1, 2, 3, 4})), kNoValue}, kShape, {}, "y");
       return b.outputs({b.quantize(y, kA, "p/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant gamma: uint8*0.25\n"
     "constant w: uint8*[1,2,3,4]@0\n"
     "n: uint8*0.25 = rms_norm(x, gamma)\n"
     "y: uint8*0.5 = linear(n, w, -)\n"
     "return y"},
    {"other_qparams_are_a_requantize",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.quantize(b.input("x", kShape), kA, "a/act_out"), kC, "b/act_in");
       return b.outputs({b.quantize(b.node("neg", {x}, kShape, {}, "y"), kC, "b/act_out")});
     },
     "input x: uint8*0.5\n"
     "b/act_in: int16*2 = requantize(x)\n"
     "y: int16*2 = neg(b/act_in)\n"
     "return y"},
    {"siblings_requantize_the_first_once",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       const ValueIndex one = b.quantize(x, kA, "a/act_in"), two = b.quantize(x, kB, "b/act_in"),
                        three = b.quantize(x, kB, "c/act_in");
       const ValueIndex y = b.quantize(b.node("add", {one, two}, kShape, {}, "y"), kA, "d");
       return b.outputs({y, b.quantize(b.node("neg", {three}, kShape, {}, "z"), kB, "e")});
     },
     "input x: uint8*0.5\n"
     "b/act_in: uint8*0.25 = requantize(x)\n"
     "y: uint8*0.5 = add(x, b/act_in)\n"
     "z: uint8*0.25 = neg(b/act_in)\n"
     "return y, z"},
    {"read_as_float_too_stays_float_and_gets_a_quantize",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       const ValueIndex q = b.quantize(x, kA, "m/act_in");
       const ValueIndex y = b.quantize(b.node("neg", {q}, kShape, {}, "y"), kB, "m/act_out");
       return b.outputs({y, b.node("tanh", {x}, kShape, {}, "z")});
     },
     "input x: float32\n"
     "m/act_in: uint8*0.5 = quantize(x)\n"
     "y: uint8*0.25 = neg(m/act_in)\n"
     "z: float32 = tanh(x)\n"
     "return y, z"},
    {"graph_output_read_as_float",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex y = b.node("neg", {x}, kShape, {}, "y");
       return b.outputs({y, b.quantize(y, kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "x.float: float32 = dequantize(x)\n"
     "y: float32 = neg(x.float)\n"
     "m/act_out: uint8*0.25 = quantize(y)\n"
     "return y, m/act_out"},
    {"identity_sites_vanish",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), stays_float(), "m/act_in");
       const ValueIndex y = b.node("neg", {x}, kShape, {}, "y");
       return b.outputs({b.quantize(y, stays_float(), "m/act_out")});
     },
     "input x: float32\n"
     "y: float32 = neg(x)\n"
     "return y"},
    {"float_operand_makes_the_op_float",  // and its quantized result is made after it
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex y = b.node("add", {x, b.constant("c", {4})}, kShape, {}, "y");
       return b.outputs({b.quantize(y, kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant c: float32\n"
     "x.float: float32 = dequantize(x)\n"
     "y: float32 = add(x.float, c)\n"
     "m/act_out: uint8*0.25 = quantize(y)\n"
     "return m/act_out"},
    {"weight_only_quantization_dequantizes_the_weight",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       return b.outputs(
           {b.node("linear", {x, b.coded("w", {4, 4}, kC), b.constant("b", {4})}, kShape, {}, "y")});
     },
     "input x: float32\n"
     "constant w: int16*2\n"
     "constant b: float32\n"
     "w.float: float32 = dequantize(w)\n"
     "y: float32 = linear(x, w.float, b)\n"
     "return y"},
    {"dequantize_is_made_once",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       return b.outputs({b.node("neg", {x}, kShape, {}, "y"), b.node("tanh", {x}, kShape, {}, "z")});
     },
     "input x: uint8*0.5\n"
     "x.float: float32 = dequantize(x)\n"
     "y: float32 = neg(x.float)\n"
     "z: float32 = tanh(x.float)\n"
     "return y, z"},
    {"float_bias_leaves_a_linear_quantized",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex y =
           b.node("linear", {x, b.coded("w", {4, 4}, per_channel(0, {1, 2, 3, 4})), b.constant("b", {4})},
                  kShape, {}, "y");
       return b.outputs({b.quantize(y, kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant w: uint8*[1,2,3,4]@0\n"
     "constant b: float32\n"
     "y: uint8*0.25 = linear(x, w, b)\n"
     "return y"},
    {"bias_that_has_no_scale_makes_a_linear_float",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex y =
           b.node("linear", {x, b.coded("w", {4, 4}, per_channel(1, {1, 2, 3, 4})), b.constant("b", {4})},
                  kShape, {}, "y");
       return b.outputs({b.quantize(y, kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant w: uint8*[1,2,3,4]@1\n"
     "constant b: float32\n"
     "x.float: float32 = dequantize(x)\n"
     "w.float: float32 = dequantize(w)\n"
     "y: float32 = linear(x.float, w.float, b)\n"
     "m/act_out: uint8*0.25 = quantize(y)\n"
     "return m/act_out"},
    {"embedding_reads_plain_indices",
     [] {
       GraphBuilder b;
       const ValueIndex ids = b.input("ids", {2}, kInt64);
       const ValueIndex y = b.node(
           "embedding", {b.coded("table", {3, 4}, per_channel(0, {1, 2, 3}, kUInt4)), ids}, kShape, {}, "y");
       return b.outputs({b.quantize(y, kC, "m/act_out")});
     },
     "input ids: int64\n"
     "constant table: uint4*[1,2,3]@0\n"
     "y: int16*2 = embedding(table, ids)\n"
     "return y"},
    {"float_constant_operand_is_coded",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex c = b.quantize(b.constant("c", {4}), kC, "m/c");
       return b.outputs({b.quantize(b.node("mul", {x, c}, kShape, {}, "y"), kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant c: int16*2\n"
     "y: uint8*0.25 = mul(x, c)\n"
     "return y"},
    {"views_carry_qparams_forward",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", {2, 4}), kA, "m/act_in");
       const ValueIndex r = b.node("reshape", {x}, {4, 2}, {{"shape", std::vector<int64_t>{4, 2}}}, "r");
       const ValueIndex p = b.node("permute", {r}, {2, 4}, {{"axes", std::vector<int64_t>{1, 0}}}, "p");
       const ValueIndex s = b.node("slice", {p}, {2, 2},
                                   {{"axis", int64_t{1}}, {"begin", int64_t{0}}, {"end", int64_t{2}}}, "s");
       return b.outputs({b.node("concat", {s, p}, {2, 6}, {{"axis", int64_t{1}}}, "c")});
     },
     "input x: uint8*0.5\n"
     "r: uint8*0.5 = reshape(x)\n"
     "p: uint8*0.5 = permute(r)\n"
     "s: uint8*0.5 = slice(p)\n"
     "c: uint8*0.5 = concat(s, p)\n"
     "return c"},
    {"views_carry_qparams_backward",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       const ValueIndex y = b.node("neg", {x}, {2, 4}, {}, "y");
       const ValueIndex r = b.node("reshape", {y}, {8}, {}, "r");
       return b.outputs({b.quantize(r, kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "y: uint8*0.25 = neg(x)\n"
     "r: uint8*0.25 = reshape(y)\n"
     "return r"},
    {"view_of_quantized_requantizes_after_it",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       return b.outputs({b.quantize(b.node("reshape", {x}, {8}, {}, "r"), kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "r: uint8*0.5 = reshape(x)\n"
     "m/act_out: uint8*0.25 = requantize(r)\n"
     "return m/act_out"},
    {"view_read_as_float_is_float",
     [] {
       GraphBuilder b;
       const ValueIndex r = b.node("reshape", {b.input("x", kShape)}, {8}, {}, "r");
       return b.outputs({b.quantize(r, kB, "m/act_out"), r});
     },
     "input x: float32\n"
     "r: float32 = reshape(x)\n"
     "m/act_out: uint8*0.25 = quantize(r)\n"
     "return m/act_out, r"},
    {"float_op_reads_a_quantized_view",
     [] {
       GraphBuilder b;
       const ValueIndex r =
           b.node("reshape", {b.quantize(b.input("x", kShape), kA, "m/act_in")}, {8}, {}, "r");
       return b.outputs({b.node("neg", {r}, {8}, {}, "y")});
     },
     "input x: uint8*0.5\n"
     "r: uint8*0.5 = reshape(x)\n"
     "r.float: float32 = dequantize(r)\n"
     "y: float32 = neg(r.float)\n"
     "return y"},
    {"slices_with_different_qparams_leave_the_whole_float",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       const ValueIndex left = b.node("slice", {x}, {2, 2}, {{"axis", int64_t{1}}}, "left");
       const ValueIndex right = b.node("slice", {x}, {2, 2}, {{"axis", int64_t{1}}}, "right");
       return b.outputs({b.quantize(left, kA, "m/left"), b.quantize(right, kB, "m/right")});
     },
     "input x: float32\n"
     "left: float32 = slice(x)\n"
     "right: float32 = slice(x)\n"
     "m/left: uint8*0.5 = quantize(left)\n"
     "m/right: uint8*0.25 = quantize(right)\n"
     "return m/left, m/right"},
    {"slices_with_equal_qparams_give_them_to_the_whole",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       const ValueIndex left = b.node("slice", {x}, {2, 2}, {{"axis", int64_t{1}}}, "left");
       const ValueIndex right = b.node("slice", {x}, {2, 2}, {{"axis", int64_t{1}}}, "right");
       return b.outputs({b.quantize(left, kA, "m/left"), b.quantize(right, kA, "m/right")});
     },
     "input x: uint8*0.5\n"
     "left: uint8*0.5 = slice(x)\n"
     "right: uint8*0.5 = slice(x)\n"
     "return left, right"},
    {"concat_gives_its_inputs_its_qparams",  // a from the view, b requantized, c quantized because its
                                             // producer is float
     [] {
       GraphBuilder b;
       const ValueIndex a = b.input("a", kShape);
       const ValueIndex q = b.quantize(b.input("b", kShape), kB, "m/b");
       const ValueIndex c = b.node("tanh", {b.input("c", kShape)}, kShape, {}, "t");
       return b.outputs(
           {b.quantize(b.node("concat", {a, q, c}, {6, 4}, {{"axis", int64_t{0}}}, "y"), kA, "m/act_out")});
     },
     "input a: uint8*0.5\n"
     "input b: uint8*0.25\n"
     "input c: float32\n"
     "t: float32 = tanh(c)\n"
     "b.codes: uint8*0.5 = requantize(b)\n"
     "t.codes: uint8*0.5 = quantize(t)\n"
     "y: uint8*0.5 = concat(a, b.codes, t.codes)\n"
     "return y"},
    {"concat_of_different_qparams_without_its_own_is_float",
     [] {
       GraphBuilder b;
       const ValueIndex one = b.quantize(b.input("a", kShape), kA, "m/a"),
                        two = b.quantize(b.input("b", kShape), kB, "m/b");
       return b.outputs({b.node("concat", {one, two}, {4, 4}, {{"axis", int64_t{0}}}, "y")});
     },
     "input a: uint8*0.5\n"
     "input b: uint8*0.25\n"
     "a.float: float32 = dequantize(a)\n"
     "b.float: float32 = dequantize(b)\n"
     "y: float32 = concat(a.float, b.float)\n"
     "return y"},
    {"permute_moves_the_channel_axis",
     [] {
       GraphBuilder b;
       const ValueIndex w = b.node("permute", {b.coded("w", {2, 4}, per_channel(0, {1, 2}))}, {4, 2},
                                   {{"axes", std::vector<int64_t>{-1, 0}}}, "wt");
       const ValueIndex x = b.quantize(b.input("x", kShape), kA, "m/act_in");
       return b.outputs({b.quantize(b.node("matmul", {x, w}, {2, 2}, {}, "y"), kB, "m/act_out")});
     },
     "input x: uint8*0.5\n"
     "constant w: uint8*[1,2]@0\n"
     "wt: uint8*[1,2]@1 = permute(w)\n"
     "y: uint8*0.25 = matmul(x, wt)\n"
     "return y"},
    {"slice_takes_its_channels",
     [] {
       GraphBuilder b;
       const ValueIndex w = b.coded("w", {4, 2}, per_channel(0, {1, 2, 3, 4}));
       return b.outputs({b.node("slice", {w}, {2, 2},
                                {{"axis", int64_t{-2}}, {"begin", int64_t{1}}, {"end", int64_t{-1}}}, "y")});
     },
     "constant w: uint8*[1,2,3,4]@0\n"
     "y: uint8*[2,3]@0 = slice(w)\n"
     "return y"},
    {"reshape_cannot_carry_channels",
     [] {
       GraphBuilder b;
       return b.outputs({b.node("reshape", {b.coded("w", {2, 2}, per_channel(0, {1, 2}))}, {4}, {}, "y")});
     },
     "constant w: uint8*[1,2]@0\n"
     "w.float: float32 = dequantize(w)\n"
     "y: float32 = reshape(w.float)\n"
     "return y"},
    {"unused_values_go_and_unused_inputs_stay",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("x", kShape);
       b.input("mask", kShape);
       const ValueIndex dead = b.node("add", {x, b.constant("c", {4})}, kShape, {}, "dead");
       b.quantize(dead, kC, "m/dead");
       return b.outputs({b.quantize(x, kA, "m/act_in")});
     },
     "input x: uint8*0.5\n"
     "input mask: float32\n"
     "return x"},
    {"names_stay_unique",
     [] {
       GraphBuilder b;
       const ValueIndex x = b.input("m/act_in", kShape), y = b.input("y", kShape);
       const ValueIndex one = b.quantize(x, kA, "m/act_in"), two = b.quantize(y, kA, "m/act_in");
       return b.outputs({one, two, x, y});
     },
     "input m/act_in: float32\n"
     "input y: float32\n"
     "m/act_in#2: uint8*0.5 = quantize(m/act_in)\n"
     "m/act_in#3: uint8*0.5 = quantize(y)\n"
     "return m/act_in#2, m/act_in#3, m/act_in, y"},
};

}  // namespace vernier::core::testing
