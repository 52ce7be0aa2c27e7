// The circle executor returns each status that vernier/abi/executor.h promises.
#include <gtest/gtest.h>

#include "plugins/executors/circle/case_file.h"
#include "plugins/executors/circle/executor_fixture.h"

namespace vernier::test {
namespace {

// x -> op -> y, both four codes.
CircleFile file_of(circle::BuiltinOperator op) {
  CircleFile file;
  for (const char* name : {"x", "y"}) file.add({name, {4}, kUInt8, {0.5f}, {128}, 0, {}});
  file.add_operator(op, {0}, {1});
  file.inputs = {0};
  file.outputs = {1};
  return file;
}

TEST(CircleExecutor, GivesEachPromisedStatus) {
  CircleExecutor executor;
  const auto status = [](const auto& call) {
    try {
      call();
    } catch (const core::Error& error) {
      return error.status();
    }
    return VERNIER_OK;
  };
  EXPECT_EQ(status([&] { executor.open_bytes("no circle here"); }), VERNIER_DATA_LOSS);
  EXPECT_EQ(status([&] { executor.open_bytes(file_of(circle::BuiltinOperator::WHILE).bytes()); }),
            VERNIER_UNIMPLEMENTED);
  EXPECT_EQ(status([&] { executor.open("/nonexistent/model.circle"); }), VERNIER_NOT_FOUND);
  core::ExecutedFile file = executor.open_bytes(file_of(circle::BuiltinOperator::NEG).bytes());
  EXPECT_EQ(status([&] { static_cast<void>(file.run({}, false)); }), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status([&] { static_cast<void>(file.run({host_tensor(kUInt8, {3}, "abc")}, false)); }),
            VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status([&] { static_cast<void>(file.run({host_tensor(kUInt8, {4}, "abcd")}, false)); }),
            VERNIER_OK);
  const MemoryFile bytes(file_of(circle::BuiltinOperator::NEG).bytes());
  void* instance = nullptr;
  const std::string path = bytes.path().string();
  ASSERT_EQ(executor.table().open(nullptr, core::to_abi("{}"), core::to_abi(path), &instance), VERNIER_OK);
  vernier_graph_value description{};
  description.size = VERNIER_SIZE_UP_TO(vernier_graph_value, is_filled);
  for (uint32_t direction : {VERNIER_EXECUTOR_INPUTS, VERNIER_EXECUTOR_OUTPUTS}) {
    EXPECT_EQ(executor.table().describe(instance, direction, 0, &description), VERNIER_OK);
    EXPECT_EQ(executor.table().describe(instance, direction, 1, &description), VERNIER_OUT_OF_RANGE);
  }
  executor.table().close(instance);
  core::clear_error();
}

}  // namespace
}  // namespace vernier::test
