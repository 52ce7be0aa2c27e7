#include "session/trial_answer.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace vernier::core {

namespace {

constexpr std::array kKinds = {ErrorKind::kUsage,       ErrorKind::kPlugin,    ErrorKind::kGate,
                               ErrorKind::kData,        ErrorKind::kInternal,  ErrorKind::kHangup,
                               ErrorKind::kInterrupted, ErrorKind::kTerminated};

}  // namespace

std::string good_answer(const RecordPlace& record) {
  return nlohmann::json({{"tables", record.table_bytes}, {"calls", record.call_bytes}}).dump();
}

std::string answer_of(const Error& error) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Diagnostic& one : error.diagnostics())
    rows.push_back({{"what", one.what}, {"where", one.where}, {"hint", one.hint}});
  return nlohmann::json(
             {{"kind", static_cast<int>(error.kind())}, {"status", error.status()}, {"error", rows}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<RecordPlace> record_of_answer(const std::string& answer) {
  const nlohmann::json said = nlohmann::json::parse(answer, nullptr, false);
  const auto has = [&](const char* key) { return said.contains(key) && said[key].is_number_unsigned(); };
  if (!said.is_object() || said.size() != 2 || !has("tables") || !has("calls")) return std::nullopt;
  return RecordPlace{said["tables"].get<uint64_t>(), said["calls"].get<uint64_t>()};
}

std::optional<Error> error_of_answer(const std::string& answer) {
  try {
    const nlohmann::json said = nlohmann::json::parse(answer);
    const int code = said.at("kind").get<int>();
    const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                          [&](ErrorKind one) { return static_cast<int>(one) == code; });
    std::vector<Diagnostic> found;
    for (const auto& row : said.at("error"))
      found.push_back({row.at("what"), row.at("where"), row.at("hint")});
    if (found.empty() || kind == kKinds.end()) return std::nullopt;
    return Error(*kind, std::move(found)).with(said.at("status").get<vernier_status>());
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace vernier::core
