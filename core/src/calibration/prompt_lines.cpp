#include "calibration/prompt_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr JsonLimits kRequestLimits{kLongestLine, 16, 100'000};

}  // namespace

PromptLines::PromptLines(const std::filesystem::path& file)
    : is_text_(file.extension() == ".txt"),
      lines_(Lines::open(file, is_text_ ? Lines::Kind::kTexts : Lines::Kind::kAll,
                         is_text_ ? "write a text a line" : "write a request, a JSON object, a line")) {}

std::string PromptLines::request(size_t line) const {
  if (!is_text_) {
    const nlohmann::json request =
        parse_strict_json(lines_.text(line), lines_.label(), kRequestLimits, lines_.number(line));
    if (!request.is_object())
      throw data_error(fmt::format("the line is no object ({})", request.type_name()), lines_.where(line),
                       "write a request: {\"text\": …}, {\"messages\": […]} or {\"prompt\": …}");
    return request.dump();
  }
  try {
    return nlohmann::json{{"text", lines_.text(line)}}.dump();
  } catch (const nlohmann::json::exception&) {
    throw data_error("the line is not UTF-8", lines_.where(line), "save the file as UTF-8");
  }
}

}  // namespace vernier::core
