// Writing a program: derive from Program and say with a ProgramDocument which units a model consists of and
// how they are wired. The contract is a draft: abi/draft/program.h.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "vernier/abi/draft/program.h"
#include "vernier/draft/program_document.h"
#include "vernier/options.h"
#include "vernier/plugin.h"

namespace vernier {

// `T(const Options& config, const Options& profile)` reads the model's config.json and the profile; throw
// Error where this program does not serve them, with the status and the words that abi/draft/program.h says.
class Program {
 public:
  virtual ~Program() = default;
  // Equal arguments give equal documents.
  [[nodiscard]] virtual ProgramDocument document() const = 0;
};

namespace detail {

template <typename T>
struct ProgramThunks {
  struct Instance {
    T program;
    std::string text;
  };
  static vernier_status create(const vernier_host*, vernier_string config, vernier_string profile,
                               void** instance) noexcept {
    return guarded([&] {
      *instance =
          new Instance{T(Options(std::string(to_view(config))), Options(std::string(to_view(profile)))), ""};
    });
  }
  static void destroy(void* instance) noexcept { delete static_cast<Instance*>(instance); }
  static vernier_status document(void* instance, vernier_string* text) noexcept {
    return guarded([&] {
      Instance& self = *static_cast<Instance*>(instance);
      self.text = self.program.document().json();
      *text = to_abi(self.text);
    });
  }
  static constexpr vernier_program table = {VERNIER_SIZE_UP_TO(vernier_program, document), &create, &destroy,
                                            &document};
};

}  // namespace detail

template <typename T>
constexpr Component program(std::string_view name) {
  static_assert(std::is_base_of_v<Program, T>, "a program derives from vernier::Program");
  return {VERNIER_PROGRAM_DRAFT, name, &detail::ProgramThunks<T>::table};
}

}  // namespace vernier
