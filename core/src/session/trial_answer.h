// How an error travels from the process of a trial to the host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vernier/core/error.h"

namespace vernier::core {

// In the process of a trial, the file that the host gave.
inline constexpr int kRecordDescriptor = 3;

// Where what the wrappers did lies in that file: `table_bytes` of their tables, then
// `call_bytes` of their calls.
struct RecordPlace {
  uint64_t table_bytes = 0;
  uint64_t call_bytes = 0;

  bool operator==(const RecordPlace&) const = default;
};

[[nodiscard]] std::string good_answer(const RecordPlace& record);
// Text that is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string answer_of(const Error& error);

// Nothing where `answer` is no good one.
[[nodiscard]] std::optional<RecordPlace> record_of_answer(const std::string& answer);
// Nothing where `answer`, which a plugin may have damaged, holds no error.
[[nodiscard]] std::optional<Error> error_of_answer(const std::string& answer);

}  // namespace vernier::core
