// The executor around its operators: what it tells of a file, what it refuses and how, and its limits.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/executors/circle/case_file.h"
#include "plugins/executors/circle/executor_fixture.h"
#include "support/expect_error.h"

namespace vernier::test {
namespace {

using Op = circle::BuiltinOperator;

CircleTensor codes(const std::string& name, std::vector<int32_t> shape) {
  return {name, std::move(shape), kUInt8, {0.5f}, {128}, 0, {}};
}
CircleTensor int32(const std::string& name, const std::vector<int32_t>& values) {
  return {name,
          {static_cast<int32_t>(values.size())},
          kInt32,
          {},
          {},
          0,
          packed(nlohmann::json(values), kInt32, values.size())};
}

// x -> NEG -> NEG -> NEG, named x, a, b, c.
CircleFile chain(const std::vector<int32_t>& shape = {4}) {
  CircleFile file;
  for (const char* name : {"x", "a", "b", "c"}) file.add(codes(name, shape));
  for (int32_t i = 0; i < 3; ++i) file.add_operator(Op::NEG, {i}, {i + 1});
  file.inputs = {0};
  file.outputs = {3};
  return file;
}

std::vector<int> codes_of(const core::Tensor& tensor) {
  return {tensor.as<uint8_t>(), tensor.as<uint8_t>() + tensor.bytes()};
}

core::Tensor four(const char* bytes) { return host_tensor(kUInt8, {4}, {bytes, 4}); }

TEST(CircleExecutor, TellsNameShapeAndQparams) {
  CircleExecutor executor;
  CircleFile file = chain({1, 4});
  file.tensors[3] = {"c", {1, 4}, kInt16, {0.25f}, {0}, 0, {}};
  const core::ExecutedFile opened = executor.open_bytes(file.bytes());
  ASSERT_EQ(opened.inputs().size(), 1u);
  EXPECT_EQ(opened.inputs()[0].name, "x");
  EXPECT_EQ(opened.inputs()[0].dtype, kUInt8);
  EXPECT_EQ(opened.inputs()[0].shape, (core::Shape{1, 4}));
  ASSERT_EQ(opened.outputs().size(), 1u);
  EXPECT_EQ(opened.outputs()[0].name, "c");
  ASSERT_TRUE(opened.outputs()[0].qparams);
  EXPECT_EQ(opened.outputs()[0].qparams->scale, std::vector<float>{0.25f});
  EXPECT_EQ(opened.outputs()[0].qparams->axis, -1);
}

TEST(CircleExecutor, GivesWhatItComputesOnTheWayOnlyWhenAsked) {
  CircleExecutor executor;
  core::ExecutedFile file = executor.open_bytes(chain().bytes());
  const core::RunResults some = file.run({four("\x80\x81\x7f\x00")}, true);
  EXPECT_EQ(some.intermediates(), 2u);
  ASSERT_NE(some.find("a"), nullptr);
  EXPECT_EQ(codes_of(some.find("a")->data), (std::vector<int>{128, 127, 129, 255}));
  EXPECT_EQ(codes_of(some.find("b")->data), (std::vector<int>{128, 129, 127, 1}));
  EXPECT_EQ(codes_of(some.output(0).data), (std::vector<int>{128, 127, 129, 255}));
  EXPECT_EQ(file.run({four("\x80\x81\x7f\x00")}, false).intermediates(), 0u);
}

TEST(CircleExecutor, InputsAndConstantsMayBeOutputsAndTwice) {
  CircleExecutor executor;
  CircleFile file = chain();
  const int32_t constant = file.add({"k", {4}, kUInt8, {0.5f}, {128}, 0, "wxyz"});
  file.outputs = {3, 0, constant, 3};
  const core::RunResults results = executor.open_bytes(file.bytes()).run({four("abcd")}, true);
  EXPECT_EQ(codes_of(results.output(1).data), (std::vector<int>{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(codes_of(results.output(2).data), (std::vector<int>{'w', 'x', 'y', 'z'}));
  EXPECT_EQ(codes_of(results.output(3).data), codes_of(results.output(0).data));
}

TEST(CircleExecutor, TensorsWithoutElementsRun) {
  CircleExecutor executor;
  const core::RunResults results =
      executor.open_bytes(chain({0, 4}).bytes()).run({core::Tensor::allocate(kUInt8, {0, 4})}, true);
  EXPECT_EQ(results.output(0).shape, (core::Shape{0, 4}));
}

TEST(CircleExecutor, MemoryIsGivenBackAfterItsLastUse) {
  CircleExecutor executor;
  constexpr int32_t kHalfMebibyte = 1 << 19;
  const core::Tensor input = core::Tensor::allocate(kUInt8, {kHalfMebibyte});
  std::fill_n(core::Tensor(input).mutable_as<uint8_t>(), kHalfMebibyte, uint8_t{0});
  // Three results of half a MiB: never more than two at a time.
  EXPECT_NO_THROW(
      executor.open_bytes(chain({kHalfMebibyte}).bytes(), R"({"max_memory_mib": 1})").run({input}, false));
  CircleFile kept = chain({kHalfMebibyte});
  kept.outputs = {1, 2, 3};
  test::expect_error(core::ErrorKind::kPlugin, "more than 1 MiB at one time", [&] {
    (void)executor.open_bytes(kept.bytes(), R"({"max_memory_mib": 1})").run({input}, false);
  });
}

struct Refusal {
  const char* name;
  void (*damage)(CircleFile&);
  const char* told;
};

class RefusedFile : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedFile, IsToldByName) {
  static CircleExecutor executor;
  CircleFile file = chain();
  GetParam().damage(file);
  try {
    executor.open_bytes(file.bytes(), R"({"max_memory_mib": 1, "max_operations": 100000})")
        .run(std::vector<core::Tensor>(file.inputs.size(), four("abcd")), false);
    FAIL() << "no error";
  } catch (const core::Error& error) {
    EXPECT_THAT(error.format(), testing::HasSubstr(GetParam().told));
  }
}

// Replaces the chain's last operator by `op` on b and constants.
void last(CircleFile& file, Op op, const std::vector<CircleTensor>& constants,
          const nlohmann::json& options = {}) {
  file = CircleFile();
  file.add(codes("x", {4}));
  file.add(codes("c", {4}));
  std::vector<int32_t> operands = {0};
  for (const CircleTensor& constant : constants) operands.push_back(file.add(constant));
  file.add_operator(op, operands, {1},
                    circle_options(circle::EnumNameBuiltinOperator(op),
                                   options.is_null() ? nlohmann::json::object() : options));
  file.inputs = {0};
  file.outputs = {1};
}

CircleTensor weight(std::vector<int32_t> shape) {
  const size_t count = static_cast<size_t>(shape[0]) * static_cast<size_t>(shape[1]);
  return {"w", std::move(shape), kUInt8, {0.5f}, {0}, 0, std::string(count, '\x01')};
}

const nlohmann::json kKeep = {{"keep_num_dims", true}};

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedFile,
    testing::Values(
        Refusal{"OperatorIndex", [](CircleFile& f) { f.add_operator(Op::NEG, {99}, {3}); },
                "operator 3 (NEG) names tensor 99 of 4"},
        Refusal{"InputIndex", [](CircleFile& f) { f.inputs = {-1}; },
                "the subgraph's inputs names tensor -1 of 4"},
        Refusal{"UnknownOperator",
                [](CircleFile& f) { f.add_operator(Op::LSTM, {3}, {f.add(codes("d", {4}))}); },
                "operator 3 (LSTM): this executor does not run that operator"},
        Refusal{"MadeTwice", [](CircleFile& f) { f.add_operator(Op::NEG, {0}, {3}); },
                "operator 3 (NEG) makes tensor \"c\" (uint8 [4]), which exists already"},
        Refusal{"ConstantMade", [](CircleFile& f) { f.tensors[3].bytes = "abcd"; },
                "operator 2 (NEG) makes tensor \"c\""},
        Refusal{"ReadBeforeMade",
                [](CircleFile& f) {
                  f.add_operator(Op::NEG, {f.add(codes("d", {4}))}, {f.add(codes("e", {4}))});
                },
                "reads tensor \"d\" (uint8 [4]) before anything makes it"},
        Refusal{"OutputNeverMade", [](CircleFile& f) { f.outputs = {f.add(codes("d", {4}))}; },
                "the subgraph's outputs reads tensor \"d\""},
        Refusal{"OperandCount",
                [](CircleFile& f) {
                  f.add_operator(Op::NEG, {0, 1}, {f.add(codes("d", {4}))});
                },
                "operator 3 (NEG) has 2 operands and 1 results"},
        Refusal{"AbsentOperand",
                [](CircleFile& f) { f.add_operator(Op::NEG, {-1}, {f.add(codes("d", {4}))}); },
                "operator 3 (NEG) has no operand 0"},
        Refusal{"NegativeExtent", [](CircleFile& f) { f.tensors[1].shape = {-4}; },
                "tensor \"a\" has the extent -4"},
        Refusal{"HugeShape",
                [](CircleFile& f) {
                  f.tensors[1].shape = {1 << 30, 1 << 30, 1 << 30};
                },
                "tensor \"a\" has more than 2^40 elements"},
        Refusal{"HugeShapeWithoutElements",
                [](CircleFile& f) {
                  f.tensors[1].shape = {0, 1 << 30, 1 << 30};
                },
                "tensor \"a\" has more than 2^40 elements"},
        Refusal{"TooManyAxes", [](CircleFile& f) { f.tensors[1].shape = std::vector<int32_t>(9, 1); },
                "tensor \"a\" has 9 axes"},
        Refusal{"Memory",
                [](CircleFile& f) {
                  f = chain({1 << 20});
                  f.tensors[0].shape = {4};
                  f.tensors[1].shape = {1 << 21};
                },
                "raise the option max_memory_mib"},
        Refusal{"InputMemory", [](CircleFile& f) { f = chain({1 << 21}); },
                "raise the option max_memory_mib"},
        Refusal{"Operations",
                [](CircleFile& f) { f.add_operator(Op::NEG, {0}, {f.add(codes("d", {1 << 18}))}); },
                "raise the option max_operations"},
        Refusal{"FloatType", [](CircleFile& f) { f.tensors[1].dtype = kFloat16; },
                "tensor \"a\" is of type FLOAT16"},
        Refusal{"ScaleOfZero", [](CircleFile& f) { f.tensors[1].scale = {0.0f}; },
                "tensor \"a\" (uint8 [4]) has the scale 0.0"},
        Refusal{"ScaleOfNaN", [](CircleFile& f) { f.tensors[1].scale = {NAN}; }, "has the scale nan"},
        Refusal{"ZeroPoint", [](CircleFile& f) { f.tensors[1].zero_point = {256}; },
                "has the zero point 256, which is no code of it"},
        Refusal{"ZeroPointsMissing", [](CircleFile& f) { f.tensors[1].zero_point = {}; },
                "has 1 scales and 0 zero points"},
        Refusal{"ScalesDoNotFit",
                [](CircleFile& f) {
                  f.tensors[1].scale = {1, 1, 1};
                  f.tensors[1].zero_point = {0, 0, 0};
                },
                "has 3 scales, which do not fit its axis 0"},
        Refusal{"ScalesAxis",
                [](CircleFile& f) {
                  f.tensors[1].scale = {1, 1, 1, 1};
                  f.tensors[1].zero_point = {0, 0, 0, 0};
                  f.tensors[1].axis = 1;
                },
                "which do not fit its axis 1"},
        Refusal{"ScaleOnFloat", [](CircleFile& f) { f.tensors[1].dtype = kFloat32; },
                "has scales although it is float32"},
        Refusal{"ConstantLength",
                [](CircleFile& f) {
                  f.add({"k", {4}, kUInt8, {}, {}, 0, "abc"});
                },
                "tensor \"k\" (uint8 [4]) needs 4 bytes, and its buffer has 3"},
        Refusal{"NameNotUtf8", [](CircleFile& f) { f.tensors[1].name = "\xff\xfe"; },
                "tensor 1 has a name that is no UTF-8"},
        Refusal{"ResultShape", [](CircleFile& f) { f.tensors[2].shape = {5}; },
                "operator 1 (NEG) gives \"b\" (uint8 [4]), and the file says \"b\" (uint8 [5])"},
        Refusal{"ResultWithoutQparams",
                [](CircleFile& f) {
                  f.tensors[2].scale = {};
                  f.tensors[2].zero_point = {};
                },
                "the result \"b\" (uint8 [4]) has no scale"},
        Refusal{"NoOptions",
                [](CircleFile& f) { f.add_operator(Op::SOFTMAX, {3}, {f.add(codes("d", {4}))}); },
                "has no options, or those of another operator"},
        Refusal{"WeightDepth",
                [](CircleFile& f) {
                  last(f, Op::FULLY_CONNECTED, {weight({4, 5})}, kKeep);
                },
                "which do not fit"},
        Refusal{"BiasScale",
                [](CircleFile& f) {
                  last(f, Op::FULLY_CONNECTED,
                       {weight({4, 4}), {"k", {4}, kInt32, {0.3f}, {0}, 0, std::string(16, '\0')}}, kKeep);
                },
                "has bias \"k\" (int32 [4]) with the scale 0.3"},
        Refusal{"BiasLength",
                [](CircleFile& f) {
                  last(f, Op::FULLY_CONNECTED,
                       {weight({4, 4}), {"k", {2}, kInt32, {0.25f}, {0}, 0, std::string(8, '\0')}}, kKeep);
                },
                "wants one bias for each of 4 channels"},
        Refusal{"SoftmaxBeta", [](CircleFile& f) { last(f, Op::SOFTMAX, {}); }, "has the beta 0.0"},
        Refusal{"GatherIndex",
                [](CircleFile& f) {
                  last(f, Op::GATHER, {int32("i", {0, 3, 4, 1})});
                },
                "index 4 at 2 of \"i\" (int32 [4]) is not in 0..3"},
        Refusal{"GatherNegativeIndex",
                [](CircleFile& f) {
                  last(f, Op::GATHER, {int32("i", {0, -1, 1, 1})});
                },
                "index -1 at 1"},
        Refusal{"GatherAxis",
                [](CircleFile& f) {
                  last(f, Op::GATHER, {int32("i", {0, 1, 1, 1})}, {{"axis", 1}});
                },
                "names axis 1 of a tensor with 1 axes"},
        Refusal{"ReshapeElements",
                [](CircleFile& f) {
                  last(f, Op::RESHAPE, {int32("s", {5})});
                  f.tensors[1].shape = {5};
                },
                "which has another number of elements"},
        Refusal{"ReshapeContradiction",
                [](CircleFile& f) {
                  last(f, Op::RESHAPE, {int32("s", {2, 2})});
                },
                "has a shape operand that contradicts"},
        Refusal{"SliceEnd",
                [](CircleFile& f) {
                  last(f, Op::SLICE, {int32("b", {1}), int32("s", {4})});
                },
                "reaches past the end of axis 0"},
        Refusal{"SliceBegin",
                [](CircleFile& f) {
                  last(f, Op::SLICE, {int32("b", {5}), int32("s", {-1})});
                },
                "begins at 5 on axis 0"},
        Refusal{"StrideOfZero",
                [](CircleFile& f) {
                  last(f, Op::STRIDED_SLICE, {int32("b", {0}), int32("e", {4}), int32("s", {0})});
                },
                "has the stride 0 on axis 0"},
        Refusal{"SplitPieces",
                [](CircleFile& f) {
                  f.add_operator(Op::SPLIT, {f.add(int32("a", {0})), 3}, {f.add(codes("d", {4}))},
                                 circle_options("SPLIT", {{"num_splits", 2}}));
                },
                "into 1 results, which do not fit"},
        Refusal{"SplitVMore",
                [](CircleFile& f) {
                  f.add_operator(Op::SPLIT_V, {3, f.add(int32("s", {5})), f.add(int32("a", {0}))},
                                 {f.add(codes("d", {5}))});
                },
                "cuts more than there is of axis 0"},
        Refusal{"SplitVLess",
                [](CircleFile& f) {
                  f.add_operator(Op::SPLIT_V, {3, f.add(int32("s", {3})), f.add(int32("a", {0}))},
                                 {f.add(codes("d", {3}))});
                },
                "leaves 1 of axis 0"},
        Refusal{"AxesWithoutEnd",
                [](CircleFile& f) {
                  last(f, Op::MEAN, {{"a", {2000}, kInt32, {}, {}, 0, std::string(8000, '\0')}});
                },
                "longer than a list of axes"},
        Refusal{"TransposeTwice",
                [](CircleFile& f) {
                  last(f, Op::TRANSPOSE, {int32("p", {0, 0})});
                  f.tensors[0].shape = f.tensors[1].shape = {2, 2};
                  f.inputs = {};
                  f.tensors[0].bytes = "abcd";
                },
                "permutes axis 0 twice"},
        Refusal{"MeanAxis", [](CircleFile& f) { last(f, Op::MEAN, {int32("a", {-2})}); },
                "names axis -2 of a tensor with 1 axes"},
        Refusal{"BroadcastExtents",
                [](CircleFile& f) {
                  last(f, Op::ADD, {{"k", {3}, kUInt8, {1}, {0}, 0, "abc"}});
                },
                "whose extents 4 and 3 do not fit together"},
        Refusal{"MixedIntegers", [](CircleFile& f) { last(f, Op::ADD, {int32("k", {1})}); },
                "mixes integers without qparams and reals"}),
    [](const auto& one) { return one.param.name; });

TEST(CircleExecutor, WhatIsNoFileIsTold) {
  CircleExecutor executor;
  const auto told = [&](const std::filesystem::path& path, const std::string& options = "{}") {
    try {
      executor.open(path, options);
    } catch (const core::Error& error) {
      return error.format();
    }
    return std::string("no error");
  };
  EXPECT_THAT(told("/nonexistent/model.circle"),
              testing::HasSubstr("the file cannot be opened: No such file or directory"));
  EXPECT_THAT(told("/"), testing::HasSubstr("this is no file with bytes in it"));
  EXPECT_THAT(told(MemoryFile("").path()), testing::HasSubstr("this is no file with bytes in it"));
  EXPECT_THAT(told(MemoryFile("no circle here").path()),
              testing::HasSubstr("the identifier CIR0 is missing"));
  const MemoryFile sane(chain().bytes());
  EXPECT_THAT(told(sane.path(), R"({"subgraph": 1})"),
              testing::HasSubstr("the file has 1 subgraphs; option subgraph is 1"));
}

}  // namespace
}  // namespace vernier::test
