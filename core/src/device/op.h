// The op set of "vernier.ops/1": names, versions, what each argument must be, and which rules give the
// result's shape and dtype. An op's id is its place in the table, which is generated from schemas/ops.json.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core {

enum class ArgumentKind : uint32_t {
  kValue = 1,
  kInteger = 2,
  kNumber = 3,
  kIntegers = 4,
  kValues = 5,
  kText = 6
};

// Each has its function in shape_rules.cpp, or where it says so.
enum class ShapeRule {
  kSame,         // of the first argument
  kLinear,       // [..., in] and [out, in]: [..., out]
  kMatmul,       // batches broadcast
  kBroadcast,    // of all arguments, as NumPy's
  kReduce,       // without the named axes, or with extent 1
  kReshape,      // as asked for
  kPermute,      // axes in another order
  kSlice,        // one axis shorter
  kConcat,       // one axis longer
  kAlongAxis,    // of the first argument, which has the named axis
  kNormalized,   // of the first argument; the others are vectors along its last axis
  kClamped,      // of the first argument; the bounds are numbers
  kGelu,         // of the first argument; the approximation is a known one
  kTableRows,    // of the indices, and the table's columns behind
  kReduceSome,   // kReduce of at least one element each
  kWithoutAxis,  // without the named axis, which has at least one element
  // In movement_shapes.cpp:
  kExpand,        // as asked for; the first argument broadcasts to it
  kPad,           // axes longer
  kGather,        // the indices' axes in place of one
  kStridedSlice,  // one axis shorter
  kOneHot,        // of the indices, and the depth behind
  kRange,         // as many elements as there are steps
  kScatterRows,   // of the first argument
  kUpdateSlice,   // of the first argument
  kSplit,         // one axis in pieces
  kTopk,          // one axis of that many elements; both results alike
  // In window_shapes.cpp:
  kConv1d,  // the windows that fit, and weight's output channels
  kConv2d,
  kConv3d,
  kConvTranspose2d,  // what the windows cover
  kPool2d,           // the windows that fit
  kResize2d          // as asked for
};

// Each has its case in dtype_rules.cpp.
enum class DTypeRule {
  kSame,            // of the first argument
  kSameNumber,      // the same, but not bool
  kFloat,           // float32 or float64, all arguments alike
  kFloatOf,         // of a float; float32 of an integer or bool
  kPromoted,        // the wider of two
  kPromotedNumber,  // the same, neither bool
  kPromotedFloat,   // the wider of two; float32 where that is no float
  kPromotedList,    // the widest of a list
  kTable,           // of a float table; indices are int32 or int64
  kTruth,           // bool
  kBools,           // bool of bools
  kChosen,          // the wider of the second and third; the first is bool
  kIndexOfNumber,   // int64; the first is not bool
  kCast,            // the named one; a float64 stays where float32 is named
  kOneHot,          // the named one; indices are int32 or int64
  kIndexed,         // of the first argument; the second is int32 or int64
  kReplaced,        // the same, and of the third
  kInteger          // int64
};

// What an op refuses when it sees its arguments' elements. Each has its function in element_rules.cpp.
enum class ElementRule {
  kAny,
  kDivisor,   // no 0 in the second argument, where the result is an integer
  kIndices,   // the second argument's inside the first one's axis
  kOneHot,    // the first argument's inside the depth
  kRowsOnce,  // the second argument's inside the first one's rows, none of them twice
  kStarts     // the third argument fits into the first from there
};

struct ArgumentSignature {
  std::string_view name;  // also the attribute's name in the graph
  ArgumentKind kind;
  bool optional = false;
  bool by_rows = false;  // only some rows are read: a table is not expanded for it
};

struct OpSignature {
  std::string_view name;
  uint32_t version;
  ShapeRule shape_rule;
  DTypeRule dtype_rule;
  std::vector<ArgumentSignature> arguments;
  ElementRule element_rule = ElementRule::kAny;
  int results = 1;  // 0: as many as the second argument, a list of integers, has elements
};

// All ops; the index is the id that plugins get.
std::span<const OpSignature> op_signatures();
std::optional<uint32_t> find_op(std::string_view name, uint32_t version);

// An argument as a device sees it; monostate where an optional one is absent.
using OpArgument = std::variant<std::monostate, Tensor, int64_t, double, std::vector<int64_t>,
                                std::vector<Tensor>, std::string>;

}  // namespace vernier::core
