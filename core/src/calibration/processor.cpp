#include "calibration/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "abi/arguments.h"
#include "abi/plugin_object.h"
#include "abi/sized.h"
#include "text/given_name.h"
#include "text/quote.h"

namespace vernier::core {
namespace {

constexpr uint64_t kMostInputs = 64;
constexpr uint64_t kMostBytes = uint64_t{8} << 30;  // of one input
constexpr uint64_t kLongestText = uint64_t{1} << 30;

uint64_t bytes_of(DType dtype, const Shape& shape, const std::string& name) {
  uint64_t elements = 1;
  for (const int64_t extent : shape) {
    if (extent <= 0 || static_cast<uint64_t>(extent) > kMostBytes / elements)
      throw plugin_error(
          fmt::format("the processor gives {} the shape {}", in_quotes(name), to_string(shape)));
    elements *= static_cast<uint64_t>(extent);
  }
  if (dtype.bytes(elements) > kMostBytes)
    throw plugin_error(
        fmt::format("the processor gives {} {} bytes", in_quotes(name), dtype.bytes(elements)));
  return dtype.bytes(elements);
}

Tensor copy_of(const vernier_tensor& from, const std::string& name) {
  const DType dtype = from.dtype;
  if (dtype != kFloat32 && dtype != kInt32 && dtype != kInt64 && dtype != kBool)
    throw plugin_error(fmt::format("the processor gives {} the dtype {}", in_quotes(name), dtype.name()), {},
                       "inputs are float32, int32, int64 or bool");
  if (from.rank > kMaxRank)
    throw plugin_error(fmt::format("the processor gives {} the rank {}", in_quotes(name), from.rank));
  const auto extents = given(from.shape, from.rank, "an input's shape");
  const Shape shape(extents.begin(), extents.end());
  const uint64_t bytes = bytes_of(dtype, shape, name);
  const auto elements = given(static_cast<const std::byte*>(from.data), bytes, "an input's elements");
  Tensor tensor = Tensor::allocate(dtype, shape);
  std::memcpy(tensor.mutable_as<std::byte>(), elements.data(), bytes);
  if (dtype == kBool &&
      std::any_of(tensor.as<uint8_t>(), tensor.as<uint8_t>() + bytes, [](uint8_t one) { return one > 1; }))
    throw plugin_error(fmt::format("the processor gives {} of bool a byte above 1", in_quotes(name)));
  return tensor;
}

ProcessedRequest read_result(const vernier_processed& result) {
  const vernier_processed made = read_sized(&result);
  if (made.count == 0 || made.count > kMostInputs)
    throw plugin_error(
        fmt::format("the processor gives {} inputs, 1 to {} are read", made.count, kMostInputs));
  if (made.stride < VERNIER_SIZE_UP_TO(vernier_tensor, flags) || made.stride > 1024)
    throw plugin_error(fmt::format("the processor's inputs are {} bytes apart", made.stride));
  const auto names = given(made.names, made.count, "the inputs' names");
  const auto* first = reinterpret_cast<const std::byte*>(&given(made.tensors, "the inputs"));
  ProcessedRequest request{{}, made.prompt_tokens, made.answer_tokens, made.removed_tokens, made.pictures};
  for (uint64_t i = 0; i < made.count; ++i) {
    std::string name = given_name(names[i], "an input's name");
    vernier_tensor tensor{};
    const uint64_t known = std::min<uint64_t>(made.stride, sizeof(tensor));
    std::memcpy(static_cast<void*>(&tensor), first + i * made.stride, static_cast<size_t>(known));
    const bool is_taken =
        std::ranges::any_of(request.inputs, [&](const auto& one) { return one.first == name; });
    if (name.empty() || is_taken)
      throw plugin_error(is_taken ? fmt::format("the processor gives {} twice", in_quotes(name))
                                  : "the processor gives an input without a name");
    Tensor copy = copy_of(tensor, name);
    request.inputs.emplace_back(std::move(name), std::move(copy));
  }
  return request;
}

// What is wrong with a request or with a file that it names is not the plugin's fault.
Error of_data(const Error& error) {
  switch (error.status()) {
    case VERNIER_INVALID_ARGUMENT:
    case VERNIER_NOT_FOUND:
    case VERNIER_OUT_OF_RANGE:
    case VERNIER_DATA_LOSS:
      return Error(ErrorKind::kData, error.diagnostics()).with(error.status());
    default:
      return error;
  }
}

}  // namespace

Processor::Processor(HostServices& services, LoadedProcessor processor, std::string name,
                     const std::string& options, const std::filesystem::path& checkpoint)
    : services_(services), processor_(std::move(processor)), name_(std::move(name)) {
  const std::string folder = std::filesystem::absolute(checkpoint).string();
  const std::string where = "processor " + name_;
  void* instance = nullptr;
  services_.call(processor_.plugin, where, [&] {
    return processor_.table->create(processor_.host, to_abi(options), to_abi(folder), &instance);
  });
  instance_ = plugin_object(services_, instance, processor_.table->destroy, processor_.plugin, where);
}

ProcessedRequest Processor::encode(const std::string& request, const std::filesystem::path& base,
                                   const std::string& where) const {
  const std::lock_guard lock(mutex_);
  const std::string folder = std::filesystem::absolute(base).string();
  const std::string place = fmt::format("{}, processor {}", where, name_);
  vernier_processed result{};
  result.size = VERNIER_SIZE_UP_TO(vernier_processed, pictures);
  try {
    services_.call(processor_.plugin, place, [&] {
      return processor_.table->encode(instance_.get(), to_abi(request), to_abi(folder), &result);
    });
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw of_data(error);
  }
  result.size = VERNIER_SIZE_UP_TO(vernier_processed, pictures);
  try {
    return read_result(result);
  } catch (const Error& error) {
    std::vector<Diagnostic> found = error.diagnostics();
    found.front().where = fmt::format("{} (plugin {})", place, processor_.plugin);
    throw Error(error.kind(), std::move(found)).with(error.status());
  }
}

std::string Processor::decode(const std::vector<int64_t>& tokens) const {
  const std::lock_guard lock(mutex_);
  vernier_string text{};
  services_.call(processor_.plugin, "processor " + name_, [&] {
    return processor_.table->decode(instance_.get(), tokens.data(), tokens.size(), &text);
  });
  if (text.length > kLongestText)
    throw plugin_error(fmt::format("the processor gives a text of {} bytes", text.length),
                       fmt::format("processor {} (plugin {})", name_, processor_.plugin));
  return std::string(given(text, "a text"));
}

}  // namespace vernier::core
