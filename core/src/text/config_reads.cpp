#include "text/config_reads.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

thread_local ConfigReads* active = nullptr;

// True where `pointer` is `above` or lies below it.
bool is_within(std::string_view pointer, std::string_view above) {
  return pointer.substr(0, above.size()) == above &&
         (pointer.size() == above.size() || pointer[above.size()] == '/');
}

}  // namespace

ConfigReads::Scope::Scope(ConfigReads& reads) : outer_(active) { active = &reads; }
ConfigReads::Scope::~Scope() { active = outer_; }
ConfigReads* ConfigReads::current() { return active; }

const std::set<std::string>* ConfigReads::find(std::string_view document) const {
  const auto found = places_.find(document);
  return found == places_.end() ? nullptr : &found->second;
}

void ConfigReads::read(std::string_view document, std::string_view pointer) {
  const std::set<std::string>* places = find(document);
  if (places == nullptr) return;
  is_document(document);
  for (const std::string& place : *places) read_.insert(place + std::string(pointer));
}

void ConfigReads::dumped(std::string_view document, std::string_view pointer, std::string_view text) {
  const std::set<std::string>* places = find(document);
  if (places == nullptr) return;
  if (pointer.empty()) {  // the text is the document's own, so what becomes of it cannot be told apart
    for (const std::string& place : *places) declared_.insert(place);
    return;
  }
  std::set<std::string> inside;
  for (const std::string& place : *places) inside.insert(place + std::string(pointer));
  for (const std::string& place : inside) {
    const bool is_known = std::any_of(dumps_.begin(), dumps_.end(), [&](const Dump& one) {
      return one.pointer == place && one.text == text;
    });
    if (!is_known) dumps_.push_back({place, std::string(text)});
  }
  places_[std::string(text)].merge(inside);
}

void ConfigReads::is_document(std::string_view text) {
  if (documents_.find(text) == documents_.end()) documents_.emplace(text);
}

void ConfigReads::declare(std::string_view document, const std::string& pointer) {
  const std::set<std::string>* places = find(document);
  if (places == nullptr) return;
  for (const std::string& place : *places) declared_.insert(place + pointer);
}

std::string ConfigReads::state() const {
  nlohmann::json dumps = nlohmann::json::array();
  for (const Dump& one : dumps_) dumps.push_back({one.pointer, one.text});
  return nlohmann::json(
             {{"places", std::map<std::string, std::set<std::string>>(places_.begin(), places_.end())},
              {"read", read_},
              {"declared", declared_},
              {"dumps", dumps},
              {"documents", std::set<std::string>(documents_.begin(), documents_.end())}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void ConfigReads::restore(const std::string& state) {
  try {
    const nlohmann::json all = nlohmann::json::parse(state);
    const auto places = all.at("places").get<std::map<std::string, std::set<std::string>>>();
    const auto documents = all.at("documents").get<std::set<std::string>>();
    std::vector<Dump> dumps;
    for (const auto& one : all.at("dumps"))
      dumps.push_back({one.at(0).get<std::string>(), one.at(1).get<std::string>()});
    read_ = all.at("read").get<std::set<std::string>>();
    declared_ = all.at("declared").get<std::set<std::string>>();
    places_ = {places.begin(), places.end()};
    documents_ = {documents.begin(), documents.end()};
    dumps_ = std::move(dumps);
  } catch (const nlohmann::json::exception& error) {
    throw plugin_error(std::string("what the wrappers read of their configs is damaged: ") + error.what());
  }
}

bool ConfigReads::is_read_below(const std::string& pointer) const {
  const std::string inside = pointer + "/";
  const auto next = read_.lower_bound(inside);
  return next != read_.end() && next->compare(0, inside.size(), inside) == 0;
}

bool ConfigReads::is_read_whole(const std::string& pointer) const {
  const auto covers = [&](const std::string& above) { return is_within(pointer, above); };
  return std::any_of(declared_.begin(), declared_.end(), covers) ||
         std::any_of(dumps_.begin(), dumps_.end(), [&](const Dump& one) {
           return covers(one.pointer) && documents_.find(one.text) == documents_.end();
         });
}

std::vector<std::string> ConfigReads::members(const std::string& pointer) const {
  std::set<std::string> found;
  const std::string inside = pointer + "/";
  for (const auto* all : {&read_, &declared_}) {
    for (auto one = all->lower_bound(inside);
         one != all->end() && one->compare(0, inside.size(), inside) == 0; ++one)
      found.insert(one->substr(inside.size(), one->find('/', inside.size()) - inside.size()));
  }
  return {found.begin(), found.end()};
}

}  // namespace vernier::core
