#include "choose.h"

#include <vernier/error.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "damaged.h"

namespace circle_executor {

namespace {

constexpr size_t kShownNames = 16;
constexpr size_t kShownBytes = 100;  // of each

struct WayIn {
  std::string_view name;  // in the file
  uint64_t subgraph = 0;
};

std::string_view text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

std::vector<WayIn> ways_in(const circle::Model& file) {
  std::vector<WayIn> ways;
  const auto* signatures = file.signature_defs();
  if (signatures != nullptr && signatures->size() != 0) {
    for (const circle::SignatureDef* one : *signatures)
      ways.push_back({text_of(one->signature_key()), one->subgraph_index()});
    return ways;
  }
  for (const circle::SubGraph* one : *file.subgraphs()) ways.push_back({text_of(one->name()), ways.size()});
  return ways;
}

std::string names_of(const std::vector<WayIn>& ways) {
  std::string names;
  for (size_t i = 0; i < std::min(ways.size(), kShownNames); ++i)
    names += (i == 0 ? "" : ", ") + std::string(ways[i].name.substr(0, kShownBytes));
  if (ways.size() > kShownNames) names += " and " + std::to_string(ways.size() - kShownNames) + " more";
  return names;
}

uint64_t by_name(const std::vector<WayIn>& ways, const std::string& name) {
  const auto is_it = [&](const WayIn& way) { return way.name == name; };
  const auto found = std::find_if(ways.begin(), ways.end(), is_it);
  if (found == ways.end())
    throw vernier::Error(VERNIER_NOT_FOUND,
                         "the file has no signature \"" + name + "\"; it has: " + names_of(ways));
  if (std::find_if(found + 1, ways.end(), is_it) != ways.end())
    damaged("two of the file's graphs are called \"" + name.substr(0, kShownBytes) + "\"");
  return found->subgraph;
}

}  // namespace

uint64_t choose_subgraph(const circle::Model& file, const Choice& choice) {
  const uint64_t count = file.subgraphs() == nullptr ? 0 : file.subgraphs()->size();
  if (count == 0) damaged("the model has no subgraph");
  if (choice.subgraph && choice.signature)
    throw vernier::invalid_argument("options subgraph and signature both choose what is run; give one");
  if (choice.subgraph && *choice.subgraph >= count)
    throw vernier::Error(VERNIER_OUT_OF_RANGE, "the file has " + std::to_string(count) +
                                                   " subgraphs; option subgraph is " +
                                                   std::to_string(*choice.subgraph));
  if (choice.subgraph) return *choice.subgraph;
  if (count == 1 && !choice.signature) return 0;
  const std::vector<WayIn> ways = ways_in(file);
  if (!choice.signature && ways.size() > 1)
    throw vernier::invalid_argument("the file has " + std::to_string(ways.size()) +
                                    " graphs; choose one with the option signature: " + names_of(ways));
  const uint64_t chosen = choice.signature ? by_name(ways, *choice.signature) : ways.front().subgraph;
  if (chosen >= count)
    damaged("a signature names subgraph " + std::to_string(chosen) + " of " + std::to_string(count));
  return chosen;
}

}  // namespace circle_executor
