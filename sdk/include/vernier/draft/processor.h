// Writing a processor: derive from Processor, read a checkpoint's files, turn requests into inputs. The
// contract is a draft (abi/draft/processor.h): rebuild when it changes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vernier/abi/draft/processor.h"
#include "vernier/dtype.h"
#include "vernier/options.h"
#include "vernier/plugin.h"

namespace vernier {

// One input that a request became.
struct ProcessedTensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  std::vector<char> bytes;  // dense, packed

  [[nodiscard]] vernier_tensor view() const {
    vernier_tensor v{};
    v.size = VERNIER_SIZE_UP_TO(vernier_tensor, range_of);
    v.data = bytes.data();
    v.shape = shape.empty() ? nullptr : shape.data();
    v.rank = shape.size();
    v.dtype = dtype;
    return v;
  }
};

// See vernier_processed.
struct Processed {
  std::vector<ProcessedTensor> tensors;
  uint64_t prompt_tokens = 0, answer_tokens = 0, removed_tokens = 0, pictures = 0;
};

// `T(const Options&, const std::string& folder)` reads the checkpoint's files.
class Processor {
 public:
  virtual ~Processor() = default;
  [[nodiscard]] virtual Processed encode(const std::string& request, const std::string& base) = 0;
  [[nodiscard]] virtual std::string decode(const std::vector<int64_t>& tokens) = 0;
};

namespace detail {

// What the results of an instance's last call lie in.
struct HeldProcessor {
  explicit HeldProcessor(Processor* made) : processor(made) {}
  ~HeldProcessor() { delete processor; }
  HeldProcessor(const HeldProcessor&) = delete;
  HeldProcessor& operator=(const HeldProcessor&) = delete;

  Processor* processor;
  Processed processed = {};
  std::vector<vernier_string> names = {};
  std::vector<vernier_tensor> tensors = {};
  std::string text = {};
};

template <typename T>
struct ProcessorThunks {
  static vernier_status create(const vernier_host*, vernier_string options, vernier_string folder,
                               void** instance) noexcept {
    return guarded([&] {
      *instance =
          new HeldProcessor(new T(Options(std::string(to_view(options))), std::string(to_view(folder))));
    });
  }
  static void destroy(void* instance) noexcept { delete static_cast<HeldProcessor*>(instance); }
  static vernier_status encode(void* instance, vernier_string request, vernier_string base,
                               vernier_processed* result) noexcept {
    return guarded([&] {
      HeldProcessor& held = *static_cast<HeldProcessor*>(instance);
      held.processed = held.processor->encode(std::string(to_view(request)), std::string(to_view(base)));
      held.names.clear();
      held.tensors.clear();
      for (const ProcessedTensor& one : held.processed.tensors) {
        held.names.push_back(to_abi(one.name));
        held.tensors.push_back(one.view());
      }
      vernier_processed made{};
      made.size = result->size;
      made.names = held.names.data();
      made.tensors = held.tensors.data();
      made.count = held.tensors.size();
      made.stride = sizeof(vernier_tensor);
      made.prompt_tokens = held.processed.prompt_tokens;
      made.answer_tokens = held.processed.answer_tokens;
      made.removed_tokens = held.processed.removed_tokens;
      made.pictures = held.processed.pictures;
      std::memcpy(result, &made, static_cast<size_t>(std::min<uint64_t>(result->size, sizeof(made))));
    });
  }
  static vernier_status decode(void* instance, const int64_t* tokens, uint64_t count,
                               vernier_string* text) noexcept {
    return guarded([&] {
      HeldProcessor& held = *static_cast<HeldProcessor*>(instance);
      held.text = held.processor->decode({tokens, tokens + count});
      *text = to_abi(held.text);
    });
  }
  static constexpr vernier_processor table = {VERNIER_SIZE_UP_TO(vernier_processor, decode), &create,
                                              &destroy, &encode, &decode};
};

}  // namespace detail

template <typename T>
constexpr Component processor(std::string_view name) {
  static_assert(std::is_base_of_v<Processor, T>, "a processor derives from vernier::Processor");
  return {VERNIER_PROCESSOR_DRAFT, name, &detail::ProcessorThunks<T>::table};
}

}  // namespace vernier
