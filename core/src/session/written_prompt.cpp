#include "session/written_prompt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "recipe/check.h"
#include "session/request_limits.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

std::string chosen_processor(const std::string& wanted, const Catalog& catalog) {
  if (!wanted.empty()) return wanted;
  const std::vector<std::string> known = catalog.names("processor");
  if (known.empty())
    throw plugin_error("no plugin provides a processor, which makes words into tokens", "--prompt",
                       "`vernier plugins` lists what there is; --ids takes tokens");
  if (known.size() > 1)
    throw plugin_error(fmt::format("there are several processors: {}", fmt::join(known, ", ")), "--prompt",
                       "choose one with --processor");
  return known.front();
}

json parsed_options(const std::string& text) {
  json options = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (options.is_object()) return options;
  throw usage_error("the processor's options are no JSON object: " + one_line(text), "--processor-options",
                    R"(write {"max_soft_tokens": 70})");
}

// How many pictures a request may have, and has at least.
std::pair<int64_t, int64_t> picture_range(const Program& program) {
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter == Counter::kPictures) return {length.minimum, length.maximum};
    }
  }
  return {0, 0};
}

void check_pictures(const WrittenPrompt& prompt, const Program& program) {
  const auto [least, most] = picture_range(program);
  const auto count = static_cast<int64_t>(prompt.images.size());
  if (count >= least && count <= most) return;
  throw data_error(fmt::format("the prompt has {} pictures; the program takes {}", count,
                               most == 0       ? "none"
                               : least == most ? std::to_string(most)
                                               : fmt::format("{} to {}", least, most)),
                   "--image",
                   "a set for other numbers of pictures is made with another profile (model.profile)");
}

json request_words(const WrittenPrompt& prompt) {
  json images = json::array(), parts = json::array();
  for (const std::filesystem::path& image : prompt.images) {
    images.push_back(std::filesystem::absolute(image).string());
    parts.push_back({{"type", "image"}, {"path", images.back()}});
  }
  json request = json::object();
  if (prompt.is_raw) {
    request["prompt"] = prompt.text;
    if (!images.empty()) request["images"] = images;
    return request;
  }
  parts.push_back({{"type", "text"}, {"text", prompt.text}});
  request["messages"] = json::array();
  request["messages"].push_back({{"role", "user"}, {"content", images.empty() ? json(prompt.text) : parts}});
  return request;
}

std::string request_text(const WrittenPrompt& prompt) {
  try {
    return request_words(prompt).dump();
  } catch (const json::exception&) {
    throw usage_error("the prompt, or the path of a picture, is not UTF-8", "--prompt");
  }
}

}  // namespace

PromptProcessor::PromptProcessor(const WrittenPrompt& prompt, const std::filesystem::path& folder,
                                 const Program& program, HostServices& services, PluginHub& hub,
                                 const Catalog& catalog)
    : prompt_(prompt), program_(program) {
  check_pictures(prompt, program);
  const std::string name = chosen_processor(prompt.processor, catalog);
  json options = parsed_options(prompt.processor_options);
  check_processor_options(catalog, name, options);
  add_request_limits(options, catalog, name, program);
  processor_ = std::make_unique<Processor>(services, hub.processor(name), name, options.dump(), folder);
}

Request PromptProcessor::request() const {
  const ProcessedRequest made =
      processor_->encode(request_text(prompt_), std::filesystem::current_path(), "--prompt");
  const std::vector<std::string> names = program_.request_names();
  Request request;
  for (const auto& [name, tensor] : made.inputs) {
    if (std::ranges::find(names, name) != names.end()) request[name] = tensor;
  }
  return request;
}

std::string PromptProcessor::text(const Generated& made) const {
  std::vector<int64_t> tokens(made.tokens.begin(), made.tokens.end());
  if (made.end == Generated::End::kStop) tokens.pop_back();
  return processor_->decode(tokens);
}

}  // namespace vernier::core
