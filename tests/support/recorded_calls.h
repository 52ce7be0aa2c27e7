// What a small wrapper with a child would have asked of a host, and a host for it without a plugin.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "calls/call_bytes.h"
#include "checkpoint/parameter_source.h"
#include "device/op_rules.h"
#include "kernels/thread_pool.h"
#include "module/tree_builder.h"
#include "trace/replay.h"
#include "trace/tracer.h"

namespace vernier::test {

inline std::vector<std::byte> bytes_of(const std::vector<core::RecordedCall>& calls) {
  std::vector<std::byte> bytes;
  core::CallWriter write(bytes);
  for (const core::RecordedCall& one : calls) write(one);
  return bytes;
}

inline core::SiteCall site(const std::string& name, int32_t role = VERNIER_ROLE_ACTIVATION) {
  core::SiteCall call;
  call.name = name;
  call.role = role;
  return call;
}

inline core::ParameterCall weight_call() {
  core::ParameterCall call;
  call.name = "weight";
  call.shape = {3, 4};
  call.site = site("weight", VERNIER_ROLE_WEIGHT);
  return call;
}

// Of a root with sites act, weight and inner/y (0, 1, 2), a weight [3, 4], a number and a child.
inline std::vector<core::RecordedCall> tree_calls() {
  return {site("act"),
          weight_call(),
          core::ScalarCall{"bound"},
          core::ModuleCall{"inner", "Inner", R"({"a":1})"},
          core::LogCall{VERNIER_LOG_INFO, "org.example", "created"},
          site("y"),
          core::EndCall{},
          core::TieCall{0, "inner/y"},
          core::EndCall{}};
}

// Values: 0 the input [2, 4], 1 the weight, 2 linear of both, 3 the child's, 4 a table [3], 5 their sum, 6 it
// quantized.
inline std::vector<core::RecordedCall> forward_calls() {
  return {core::WeightCall{0},
          core::OpCall{*core::find_op("linear", 1), {core::ValuePlace{0}, core::ValuePlace{1}, {}}, 1},
          core::ForwardCall{1, "forward", {2}},
          core::QuantizeCall{2, 2, core::kNoPlace},
          core::EndCall{{3}},
          core::TableCall{"table", kFloat32, {3}, 4},
          core::OpCall{*core::find_op("add", 1), {core::ValuePlace{3}, core::ValuePlace{4}}, 1},
          core::LogCall{VERNIER_LOG_WARNING, "org.example", "computed"},
          core::QuantizeCall{0, 5, core::kNoPlace},
          core::EndCall{{6}}};
}

inline core::RecordedCalls recorded_calls(const std::vector<core::RecordedCall>& tree = tree_calls(),
                                          const std::vector<core::RecordedCall>& forward = forward_calls()) {
  core::RecordedCalls calls;
  calls.type = "Root";
  calls.tree = bytes_of(tree);
  calls.config_reads = "{}";
  calls.traces.push_back({0, "forward", {{kFloat32, {2, 4}}}, bytes_of(forward), {}});
  return calls;
}

// A checkpoint that has what anybody asks for, without elements, as long as it is small.
class AnyParameters final : public core::ParameterSource {
 public:
  [[nodiscard]] bool contains(std::string_view name) const override { return name.size() % 2 == 0; }
  [[nodiscard]] core::Tensor parameter(std::string_view name, const core::Shape& wanted) const override {
    core::Shape shape = wanted;
    for (int64_t& extent : shape) {
      if (extent == -1) extent = 2;
      if (extent < 0 || extent > 4096 || shape.size() > 4)
        throw core::data_error("no such tensor", std::string(name));
    }
    return {kFloat32, shape, nullptr, nullptr};
  }
  [[nodiscard]] core::Tensor scalar(std::string_view) const override {
    core::Tensor one = core::Tensor::allocate(kFloat32, {});
    *one.mutable_as<float>() = 2;
    return one;
  }
};

// Tree and traces of recorded calls.
class ReplayedModel {
 public:
  // `tables` is what the file of tables holds.
  explicit ReplayedModel(core::RecordedCalls calls, std::span<const std::byte> tables = {})
      : type_(calls.type), replay_(services, std::move(calls), file_of(tables), tables.size()) {
    core::TreeBuilder builder(services, source_, [this](const std::string&, const std::string&) {
      return core::LoadedWrapper{core::Replay::table(), replay_.host(), "org.example", nullptr};
    });
    tree = builder.build("", type_, nullptr);
    tree->replay = &replay_;
  }
  core::Graph trace(int module, const std::string& entry, const std::vector<core::TensorType>& types) {
    std::vector<core::NamedType> inputs;
    for (const core::TensorType& one : types) inputs.push_back({"x", one});
    return core::Tracer(services, *tree).trace(module, entry, inputs);
  }

  core::ThreadPool pool{1};
  core::HostServices services{pool};

 private:
  static std::unique_ptr<core::ScratchFile> file_of(std::span<const std::byte> bytes) {
    auto file = std::make_unique<core::ScratchFile>("tables");
    file->write(0, bytes);
    return file;
  }

  const std::string type_;
  const AnyParameters source_;
  core::Replay replay_;

 public:
  std::unique_ptr<core::ModuleTree> tree;  // goes before what it came from
};

}  // namespace vernier::test
