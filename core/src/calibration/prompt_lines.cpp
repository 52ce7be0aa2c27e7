#include "calibration/prompt_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "calibration/input_kinds.h"
#include "text/quote.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr JsonLimits kRequestLimits{kLongestLine, 16, 100'000};

}  // namespace

PromptChoice prompt_choice(const InputRequest& request) {
  PromptChoice choice{request.text("column", ""), 0};
  if (const auto skip = request.description.find("skip"); skip != request.description.end()) {
    if (!skip->is_number_unsigned()) throw usage_error("\"skip\" is no number of lines", request.where);
    choice.skip = *skip;
  }
  return choice;
}

PromptLines::PromptLines(const std::filesystem::path& file, PromptChoice choice)
    : choice_(std::move(choice)), is_text_(file.extension() == ".txt"), label_(file.string()) {
  if (is_text_ && !choice_.column.empty())
    throw data_error("a .txt file has no columns", label_, "leave \"column\" out, or name a .csv file");
  if (file.extension() == ".csv")
    cells_ = read_csv_column(file, choice_.column);
  else
    lines_ = Lines::open(file, is_text_ ? Lines::Kind::kTexts : Lines::Kind::kAll,
                         is_text_ ? "write a text a line" : "write a request, a JSON object, a line");
  if (choice_.skip >= all())
    throw data_error(fmt::format("{} lines are skipped, and there are {}", choice_.skip, all()), label_,
                     "lower \"skip\"");
}

std::string PromptLines::where(size_t line) const {
  const size_t place = line + choice_.skip;
  if (lines_) return lines_->where(place);
  return place < cells_.numbers.size() ? fmt::format("{}:{}", label_, cells_.numbers[place]) : label_;
}

std::string PromptLines::text_request(std::string_view text, size_t line) const {
  try {
    return nlohmann::json{{"text", text}}.dump();
  } catch (const nlohmann::json::exception&) {
    throw data_error("the line is not UTF-8", where(line), "save the file as UTF-8");
  }
}

std::string PromptLines::request(size_t line) const {
  const size_t place = line + choice_.skip;
  if (!lines_) return text_request(cells_.cells.at(place), line);
  if (is_text_) return text_request(lines_->text(place), line);
  const nlohmann::json request =
      parse_strict_json(lines_->text(place), label_, kRequestLimits, lines_->number(place));
  if (!request.is_object())
    throw data_error(fmt::format("the line is no object ({})", request.type_name()), where(line),
                     "write a request: {\"text\": …}, {\"messages\": […]} or {\"prompt\": …}");
  if (choice_.column.empty()) return request.dump();
  const auto found = request.find(choice_.column);
  if (found == request.end() || !found->is_string())
    throw data_error(fmt::format("the line's object has no text {}", in_quotes(choice_.column)), where(line),
                     "\"column\" names the key whose value is the text");
  return text_request(found->get_ref<const std::string&>(), line);
}

}  // namespace vernier::core
