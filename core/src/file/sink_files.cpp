#include "file/sink_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr size_t kMaximumSuffix = 64;

bool is_suffix(std::string_view suffix) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
  return suffix.size() > 1 && suffix.size() <= kMaximumSuffix && suffix.front() == '.' &&
         std::all_of(suffix.begin(), suffix.end(), fits);
}

}  // namespace

SinkFiles::SinkFiles(std::filesystem::path target, Approve approve)
    : target_(std::move(target)), approve_(std::move(approve)) {
  files_.push_back(std::make_unique<AtomicFile>(target_));
  names_.push_back(std::make_unique<std::string>(target_.filename().string()));
}

SinkFiles::SinkFiles(std::filesystem::path target, Trial trial)
    : target_(std::move(target)), is_trial_(true), left_(trial.keeps), kept_(trial.keeps) {
  files_.emplace_back();
  names_.push_back(std::make_unique<std::string>(target_.filename().string()));
}

void SinkFiles::write(size_t place, std::span<const std::byte> bytes) {
  if (is_trial_) {
    if (bytes.size() <= left_ && (place != 0 || kept_.append(bytes))) {
      left_ -= bytes.size();
      return;
    }
    left_ = 0;
    kept_ = SparseBytes();
    is_cut_ = true;
    throw plugin_error("the trial ends here: nothing is written yet");
  }
  files_.at(place)->write(bytes);
}

size_t SinkFiles::add(std::string_view suffix) {
  if (!is_suffix(suffix))
    throw plugin_error(fmt::format("a companion file cannot end in \"{}\"", suffix), {},
                       "a suffix is like \".data\": letters, digits, \"_\", \"-\", \".\"");
  const std::string name = target_.filename().string() + std::string(suffix);
  if (std::any_of(names_.begin(), names_.end(), [&](const auto& taken) { return *taken == name; }))
    throw plugin_error("the companion file " + name + " is open already");
  // Made first: a companion that cannot be made is not part of the set, and the backend may do without it.
  auto file = is_trial_ ? nullptr : std::make_unique<AtomicFile>(target_.parent_path() / name);
  try {
    if (approve_) approve_(name);
  } catch (...) {
    refusal_ = std::current_exception();
    throw;
  }
  files_.push_back(std::move(file));
  names_.push_back(std::make_unique<std::string>(name));
  return files_.size() - 1;
}

void SinkFiles::rethrow_refusal() const {
  if (refusal_) std::rethrow_exception(refusal_);
}

uint64_t SinkFiles::bytes() const {
  uint64_t total = 0;
  for (const auto& file : files_) total += file->size();
  return total;
}

void SinkFiles::commit() {
  for (size_t i = files_.size(); i-- > 0;) files_[i]->commit(AtomicFile::Names::kLater);
}

}  // namespace vernier::core
