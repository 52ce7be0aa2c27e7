#include "calls/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "calls/call_bytes.h"

namespace vernier::core {

namespace {

// An ABI does not say what the ops of a host are; its version does.
constexpr const char* kMagic = "calls of wrappers, vernier " VERNIER_VERSION;
constexpr uint32_t kMostResults = 1 << 16;  // of an op

constexpr std::array kErrorKinds = {ErrorKind::kUsage, ErrorKind::kPlugin, ErrorKind::kGate, ErrorKind::kData,
                                    ErrorKind::kInternal};

template <typename... T>
bool is_any(const RecordedCall& call) {
  return (std::holds_alternative<T>(call) || ...);
}

// Reads each call once and lets it go, so that who makes them meets nothing but calls of their list's kind
// and an end for each beginning.
void check_tree_calls(std::span<const std::byte> bytes) {
  CallReader reader(bytes);
  for (size_t depth = 1; depth > 0;) {
    const RecordedCall call = reader.next<RecordedCall>();
    if (is_any<QuantizeCall, WeightCall, TableCall, OpCall, ForwardCall>(call))
      reader.refuse("a call of a forward while the tree is made");
    if (is_any<ModuleCall>(call)) ++depth;
    if (is_any<EndCall>(call)) --depth;
  }
  if (!reader.done()) reader.refuse("calls behind the root module's end");
}

void check_forward_calls(std::span<const std::byte> bytes) {
  CallReader reader(bytes);
  for (size_t depth = 1; depth > 0;) {
    const RecordedCall call = reader.next<RecordedCall>();
    if (is_any<SiteCall, ParameterCall, ModuleCall, ScalarCall, TieCall>(call))
      reader.refuse("a declaration in a forward");
    if (const auto* op = std::get_if<OpCall>(&call); op != nullptr && op->results > kMostResults)
      reader.refuse("an op with more than 65536 results");
    if (is_any<ForwardCall>(call)) ++depth;
    if (is_any<EndCall>(call)) --depth;
  }
  if (!reader.done()) reader.refuse("calls behind the end of the forward");
}

Error read_error(CallReader& reader) {
  int32_t kind = 0, status = 0;
  std::vector<Diagnostic> diagnostics;
  reader(kind, status, diagnostics);
  const auto* const found = std::find_if(kErrorKinds.begin(), kErrorKinds.end(),
                                         [&](ErrorKind one) { return static_cast<int>(one) == kind; });
  if (found == kErrorKinds.end() || diagnostics.empty()) reader.refuse("an error that is none");
  return Error(*found, std::move(diagnostics)).with(status);
}

TraceCalls read_trace(CallReader& reader) {
  TraceCalls trace;
  uint8_t has_error = 0;
  reader(trace.module, trace.entry, trace.inputs, has_error);
  if (has_error > 1) reader.refuse("a flag that is neither 0 nor 1");
  if (has_error == 1) {
    trace.error = read_error(reader);
    return trace;
  }
  reader(trace.calls);
  check_forward_calls(trace.calls);
  return trace;
}

}  // namespace

void CallReader::refuse(const char* what) const {
  throw plugin_error(
      fmt::format("what the wrappers did where the plan was tried is damaged: {}, at byte {}", what, place()),
      {}, "a plugin may have written over it; `vernier plugins` lists the plugins");
}

std::vector<std::byte> write_calls(const RecordedCalls& calls) {
  std::vector<std::byte> message;
  CallWriter write(message);
  write(std::string(kMagic), calls.type, calls.tree, calls.config_reads,
        static_cast<uint32_t>(calls.traces.size()));
  for (const TraceCalls& trace : calls.traces) {
    write(trace.module, trace.entry, trace.inputs, static_cast<uint8_t>(trace.error.has_value()));
    if (trace.error)
      write(static_cast<int32_t>(trace.error->kind()), static_cast<int32_t>(trace.error->status()),
            trace.error->diagnostics());
    else
      write(trace.calls);
  }
  return message;
}

RecordedCalls read_calls(std::span<const std::byte> message) {
  CallReader reader(message);
  if (reader.next<std::string>() != kMagic)
    reader.refuse("it is none, or of another version than this program's " VERNIER_VERSION);
  RecordedCalls calls;
  uint32_t traces = 0;
  reader(calls.type, calls.tree, calls.config_reads, traces);
  check_tree_calls(calls.tree);
  for (uint32_t i = 0; i < traces; ++i) calls.traces.push_back(read_trace(reader));
  if (!reader.done()) reader.refuse("it goes on behind its end");
  return calls;
}

}  // namespace vernier::core
