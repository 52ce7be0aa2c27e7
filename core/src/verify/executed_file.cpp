#include "verify/executed_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "abi/handle_space.h"
#include "abi/plugin_object.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumTensors = 10000;

// An executor steps through the array in strides of vernier_tensor as it was when the executor was built.
std::vector<std::byte> packed_views(const std::vector<Tensor>& inputs, uint32_t abi_minor) {
  const uint64_t size = abi_minor < 2 ? VERNIER_SIZE_UP_TO(vernier_tensor, flags) : sizeof(vernier_tensor);
  std::vector<std::byte> bytes(size * inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    vernier_tensor view = inputs[i].view();
    view.size = std::min(view.size, size);
    std::memcpy(bytes.data() + i * size, &view, static_cast<size_t>(size));
  }
  return bytes;
}

}  // namespace

ExecutedFile::ExecutedFile(HostServices& services, LoadedExecutor executor, const std::string& options,
                           const std::filesystem::path& file, const std::string& shown)
    : services_(services),
      executor_(std::move(executor)),
      where_(fmt::format("{} in executor {}", shown.empty() ? file.string() : shown, executor_.name)) {
  const std::string path = std::filesystem::absolute(file).string();
  void* instance = nullptr;
  services_.call(executor_.plugin, where_, [&] {
    return executor_.table->open(executor_.host, to_abi(options), to_abi(path), &instance);
  });
  instance_ = plugin_object(services_, instance, executor_.table->close, executor_.plugin, where_);
  uint64_t inputs = 0, outputs = 0;
  services_.call(executor_.plugin, where_,
                 [&] { return executor_.table->counts(instance_.get(), &inputs, &outputs); });
  if (inputs > kMaximumTensors || outputs > kMaximumTensors) {
    throw plugin_error(fmt::format("the executor counts {} inputs and {} outputs", inputs, outputs),
                       fmt::format("{} (plugin {})", where_, executor_.plugin));
  }
  inputs_ = describe(VERNIER_EXECUTOR_INPUTS, inputs);
  outputs_ = describe(VERNIER_EXECUTOR_OUTPUTS, outputs);
}

void ExecutedFile::check(const std::function<void()>& body) {
  services_.call(executor_.plugin, where_, [&] { return answer(body); });
}

std::vector<FileTensor> ExecutedFile::describe(uint32_t direction, uint64_t count) {
  std::vector<FileTensor> tensors;
  for (uint64_t i = 0; i < count; ++i) {
    vernier_graph_value description{};
    description.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_bytes);
    services_.call(executor_.plugin, where_,
                   [&] { return executor_.table->describe(instance_.get(), direction, i, &description); });
    description.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_bytes);
    check([&] { tensors.push_back(read_description(description)); });
  }
  return tensors;
}

RunResults ExecutedFile::run(const std::vector<Tensor>& inputs, bool intermediates) {
  const std::vector<std::byte> views = packed_views(inputs, executor_.abi_minor);
  RunResults results(outputs_.size());
  const uint32_t flags = intermediates ? VERNIER_EXECUTOR_INTERMEDIATES : 0;
  {
    const Lease<HandleKind::kResults> lease(services_, results);
    services_.call(executor_.plugin, where_, [&] {
      return executor_.table->run(instance_.get(), reinterpret_cast<const vernier_tensor*>(views.data()),
                                  inputs.size(), flags, lease.handle());
    });
  }
  check([&] {
    for (size_t i = 0; i < outputs_.size(); ++i) (void)results.output(i);
  });
  return results;
}

}  // namespace vernier::core
