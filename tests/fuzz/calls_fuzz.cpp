// Any bytes as what wrappers did in another process, behind the beginning that names the version: refused
// with Error, or made again, as far as the host grants it.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <variant>

#include "calls/call_bytes.h"
#include "calls/message.h"
#include "support/recorded_calls.h"
#include "vernier/core/error.h"

using namespace vernier;
using namespace vernier::core;

namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::byte> version() {
  std::vector<std::byte> message = write_calls({});
  uint32_t length = 0;
  std::memcpy(&length, message.data(), sizeof(length));
  message.resize(sizeof(length) + length);
  return message;
}

// What a wrapper fills is memory that it wants, up to 2 GiB, which is more than a fuzzer has.
bool fills_much(const RecordedCalls& calls) {
  CallReader reader(calls.tree);
  while (!reader.done()) {
    const RecordedCall call = reader.next<RecordedCall>();
    const auto* parameter = std::get_if<ParameterCall>(&call);
    if (parameter == nullptr) continue;
    int64_t elements = 1;
    for (const int64_t extent : parameter->shape) {
      if (extent > 4096 || extent < 0) return true;
      elements *= extent;
      if (elements > 4096) return true;
    }
  }
  return false;
}

// As samples have them.
bool are_inputs(const std::vector<TensorType>& types) {
  for (const TensorType& one : types) {
    if ((one.dtype != kFloat32 && one.dtype != kInt32 && one.dtype != kBool) || one.shape.size() > 6)
      return false;
    for (const int64_t extent : one.shape) {
      if (extent < 0 || extent > 64) return false;
    }
  }
  return true;
}

void make_again(const RecordedCalls& calls) {
  const std::vector<std::byte> tables(64);
  vernier::test::ReplayedModel model(calls, tables);
  for (const TraceCalls& one : calls.traces) {
    // The host asks for what there is.
    if (one.module >= model.tree->modules.size() || !are_inputs(one.inputs)) continue;
    try {
      (void)model.trace(static_cast<int>(one.module), one.entry, one.inputs);
    } catch (const Error& error) {
      demand(!error.diagnostics().empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::byte> begin = version();
  std::vector<std::byte> message = begin;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  message.insert(message.end(), bytes, bytes + size);
  RecordedCalls calls;
  try {
    calls = read_calls(message);
  } catch (const Error& error) {
    demand(error.kind() == ErrorKind::kPlugin && !error.diagnostics().empty());
    return 0;
  }
  demand(write_calls(calls) == message);
  if (fills_much(calls)) return 0;
  try {
    make_again(calls);
  } catch (const Error& error) {
    demand(!error.diagnostics().empty());
  }
  return 0;
}
