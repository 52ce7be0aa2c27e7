// How an error travels from the process of a trial to the host.
#pragma once

#include <optional>
#include <string>

#include "vernier/core/error.h"

namespace vernier::core {

[[nodiscard]] std::string good_answer();
// Text that is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string answer_of(const Error& error);

[[nodiscard]] bool is_good_answer(const std::string& answer);
// Nothing where `answer`, which a plugin may have damaged, holds no error.
[[nodiscard]] std::optional<Error> error_of_answer(const std::string& answer);

}  // namespace vernier::core
