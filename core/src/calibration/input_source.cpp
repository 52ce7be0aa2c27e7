#include "calibration/input_source.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "calibration/input_kinds.h"
#include "graph/fingerprint.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

void replace_all(std::string& text, std::string_view place, const std::string& value) {
  for (size_t at = text.find(place); at != text.npos; at = text.find(place, at + value.size()))
    text.replace(at, place.size(), value);
}

}  // namespace

std::string samples_identity(const InputSource& source) {
  if (std::string own = source.identity(); !own.empty()) return own;
  Fingerprint fingerprint;
  for (uint64_t index = 0; index < source.samples(); ++index) {
    for (const Tensor& tensor : source.sample(index)) fingerprint.add(tensor);
  }
  return fmt::format("{} samples, SHA-256 {}", source.samples(), fingerprint.finish());
}

std::string InputRequest::text(const char* key, std::optional<std::string> otherwise) const {
  const auto found = description.find(key);
  if (found == description.end() && otherwise) return *otherwise;
  if (found == description.end()) throw usage_error(fmt::format("\"{}\" is missing", key), where);
  if (!found->is_string() || found->get_ref<const std::string&>().empty())
    throw usage_error(fmt::format("\"{}\" is not a text", key), where);
  return *found;
}

uint64_t InputRequest::count(uint64_t found, const std::string& file, const std::string& missing) const {
  if (found == 0) throw data_error(fmt::format("no samples: there is no {}", missing), file);
  if (!wanted || *wanted <= found) return wanted.value_or(found);
  throw data_error(
      fmt::format("{} samples are asked for, but there are {}: there is no {}", *wanted, found, missing),
      file, fmt::format("lower \"samples\" to {} or leave it out", found));
}

InputRequest::Numbers InputRequest::numbers(const std::function<bool(uint64_t)>& is_there,
                                            const std::function<std::string(uint64_t)>& missing,
                                            const std::string& file) const {
  constexpr uint64_t kLooked = 1000;  // numbers behind the first that is missing
  const uint64_t first = !is_there(0) && is_there(1) ? 1 : 0;
  uint64_t end = first;
  while (is_there(end)) ++end;
  const uint64_t found = end - first;
  if (!wanted || *wanted > found) {
    for (uint64_t later = end + 1; later <= end + kLooked; ++later) {
      if (!is_there(later)) continue;
      throw data_error(fmt::format("there is no {}, but sample {} is there", missing(end), later), file,
                       found == 0
                           ? "samples are numbered from 0 or 1"
                           : fmt::format("samples are numbered without gaps; for those before it alone set "
                                         "\"samples\" to {}",
                                         found));
    }
  }
  return {first, count(found, file, missing(end))};
}

NamePattern::NamePattern(std::string pattern, const InputRequest& request) : pattern_(std::move(pattern)) {
  std::string rest = pattern_;
  replace_all(rest, "{input}", "");
  replace_all(rest, "{sample}", "");
  if (rest.find_first_of("{}") != rest.npos) {
    throw usage_error(
        fmt::format("{} has a place that is neither {{input}} nor {{sample}}", in_quotes(pattern_)),
        request.where);
  }
  if (request.input_names.size() > 1 && pattern_.find("{input}") == pattern_.npos) {
    throw usage_error(fmt::format("{} has no {{input}}, but there are {} inputs", in_quotes(pattern_),
                                  request.input_names.size()),
                      request.where);
  }
}

std::string NamePattern::name(const std::string& input, uint64_t sample) const {
  std::string name = pattern_;
  replace_all(name, "{sample}", std::to_string(sample));  // first: an input's name may hold anything
  replace_all(name, "{input}", input);
  return name;
}

std::unique_ptr<InputSource> open_inputs(const nlohmann::json& description, const std::filesystem::path& base,
                                         const std::vector<std::string>& input_names,
                                         std::optional<uint64_t> wanted, uint64_t seed,
                                         const std::string& where, const ProcessorOpener& open_processor) {
  const InputRequest request{description, base, input_names, wanted, seed, where, open_processor};
  if (!description.is_object()) throw usage_error("\"inputs\" is not an object", where);
  if (input_names.empty()) throw internal_error("the entry has no inputs", where);
  if (wanted && *wanted == 0) throw usage_error("\"samples\" is 0", where, "at least one is needed");
  const std::string kind = request.text("kind");
  if (kind == "safetensors") return open_safetensors_inputs(request);
  if (kind == "npy") return open_npy_inputs(request);
  if (kind == "jsonl") return open_jsonl_inputs(request);
  if (kind == "synthetic") return open_synthetic_inputs(request);
  if (kind == "prompts") return open_prompt_inputs(request);
  throw usage_error(fmt::format("unknown kind of inputs {}", in_quotes(kind)), where,
                    did_you_mean(kind, {"safetensors", "npy", "jsonl", "synthetic", "prompts"}));
}

}  // namespace vernier::core
