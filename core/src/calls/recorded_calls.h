// What wrappers ask of the host while they are created and while their forwards are traced, as data: a
// wrapper acts through nothing else, so who makes these calls again gets the same tree and the same graphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "device/op_rules.h"
#include "tensor/tensor.h"
#include "vernier/abi/module.h"
#include "vernier/core/error.h"

namespace vernier::core {

// Of a value among those of its trace, in order of creation.
using ValuePlace = uint32_t;
inline constexpr ValuePlace kNoPlace = 0xffffffff;  // an absent input

// As vernier_site_declaration has it.
struct SiteCall {
  std::string name;
  int32_t role = 0;
  DType dtype;
  int32_t scheme = 0;
  int32_t granularity = 0;
  int64_t axis = 0;
  std::string observer;
  double low = 0;
  double high = 0;
  uint32_t has_range = 0;
  std::vector<int64_t> block;

  bool operator==(const SiteCall&) const = default;
};

// As vernier_parameter_declaration has it.
struct ParameterCall {
  std::string name;
  Shape shape;
  std::optional<SiteCall> site;
  double fill = 0;
  uint32_t flags = 0;
  std::string tensor, alias;
  int64_t axis = 0;
  int64_t begin = 0;
  int64_t end = 0;

  bool operator==(const ParameterCall&) const = default;
};

// What the child does follows, to its EndCall.
struct ModuleCall {
  std::string name, type, config;

  bool operator==(const ModuleCall&) const = default;
};

struct ScalarCall {
  std::string name;

  bool operator==(const ScalarCall&) const = default;
};

struct TieCall {
  uint32_t site = 0;  // place in the tree
  std::string path;

  bool operator==(const TieCall&) const = default;
};

// quantize, or quantize_where.
struct QuantizeCall {
  uint32_t site = 0;  // place in the tree
  ValuePlace x = 0;
  ValuePlace where = kNoPlace;

  bool operator==(const QuantizeCall&) const = default;
};

struct WeightCall {
  uint32_t parameter = 0;  // place in the tree

  bool operator==(const WeightCall&) const = default;
};

struct TableCall {
  std::string name;
  DType dtype;
  Shape shape;
  uint64_t offset = 0;  // of its elements in the file of tables

  bool operator==(const TableCall&) const = default;
};

// The alternatives stand as VERNIER_ARGUMENT_* count them.
using CallArgument = std::variant<std::monostate, ValuePlace, int64_t, double, std::vector<int64_t>,
                                  std::vector<ValuePlace>, std::string>;

struct OpCall {
  uint32_t op = 0;
  std::vector<CallArgument> arguments;
  uint32_t results = 0;

  bool operator==(const OpCall&) const = default;
};

// What the child's forward does follows, to its EndCall.
struct ForwardCall {
  uint32_t module = 0;  // place in the tree
  std::string entry;
  std::vector<ValuePlace> inputs;

  bool operator==(const ForwardCall&) const = default;
};

struct LogCall {
  int32_t level = 0;
  std::string plugin, text;

  bool operator==(const LogCall&) const = default;
};

struct EndCall {
  std::vector<ValuePlace> outputs;  // of a forward

  bool operator==(const EndCall&) const = default;
};

using RecordedCall = std::variant<SiteCall, ParameterCall, ModuleCall, ScalarCall, TieCall, QuantizeCall,
                                  WeightCall, TableCall, OpCall, ForwardCall, LogCall, EndCall>;

[[nodiscard]] SiteCall site_call(const vernier_site_declaration& declaration);
[[nodiscard]] ParameterCall parameter_call(const vernier_parameter_declaration& declaration);
// The other way; they point into `call`, that of a parameter into `site` too.
[[nodiscard]] vernier_site_declaration declaration_of(const SiteCall& call);
[[nodiscard]] vernier_parameter_declaration declaration_of(const ParameterCall& call,
                                                           vernier_site_declaration& site);

// An entry of a module, traced for inputs of these types.
struct TraceCalls {
  uint32_t module = 0;  // place in the tree
  std::string entry;
  std::vector<TensorType> inputs;
  std::vector<std::byte> calls;  // as CallWriter puts them, EndCall last
  std::optional<Error> error;    // what the trace ended with, then there are no calls

  [[nodiscard]] bool is_of(uint32_t wanted_module, const std::string& wanted_entry,
                           const std::vector<TensorType>& types) const {
    return module == wanted_module && entry == wanted_entry && inputs == types;
  }
};

struct RecordedCalls {
  std::string type;             // of the root module
  std::vector<std::byte> tree;  // the calls of its creation, EndCall last
  std::string config_reads;     // ConfigReads::state()
  std::vector<TraceCalls> traces;
};

}  // namespace vernier::core
