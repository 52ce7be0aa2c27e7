#include "file/folder_commit.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "file/folder_lock.h"
#include "file/output_manifest.h"
#include "file/path_place.h"
#include "file/temporary.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kOld = ".old";  // folder of the stage for what has to make room

// Each step can be repeated: what was done before an end is found done.
class Roll {
 public:
  Roll(const fs::path& folder, const FolderCommit& commit, FolderOperations& operations)
      : folder_(folder), commit_(commit), stage_(folder / commit.stage), operations_(operations) {}

  void forward() const {
    for (const std::string& path : commit_.puts) put(path);
    for (const std::string& path : commit_.removes) {
      if (is_there(folder_ / path)) move(folder_ / path, old(path));
    }
  }

  void back() const {
    for (const std::string& path : commit_.puts) {
      if (!is_there(stage_ / path) && is_there(folder_ / path)) move(folder_ / path, stage_ / path);
      if (is_there(old(path))) move(old(path), folder_ / path);
    }
    for (const std::string& path : commit_.removes) {
      if (is_there(old(path)) && !is_there(folder_ / path)) move(old(path), folder_ / path);
    }
  }

  // The new set is whole when its last name is on the disk; only then the journal and the old files go.
  void finish() const {
    std::set<fs::path> folders = {folder_};
    for (const std::string& path : commit_.puts) folders.insert((folder_ / path).parent_path());
    for (const fs::path& each : folders) operations_.sync(each);
    operations_.remove_file(folder_ / kJournalName);
    operations_.sync(folder_);
    for (const std::string& path : commit_.removes) {
      for (fs::path parent = fs::path(path).parent_path(); !parent.empty(); parent = parent.parent_path())
        operations_.remove_empty(folder_ / parent);
    }
    operations_.remove_tree(stage_);
  }

 private:
  [[nodiscard]] fs::path old(const std::string& path) const { return stage_ / kOld / path; }

  void put(const std::string& path) const {
    if (!is_there(stage_ / path)) {
      if (is_there(folder_ / path)) return;
      throw data_error(fmt::format("{} of an unfinished commit is missing", path), folder_.string());
    }
    if (is_there(folder_ / path) && !is_there(old(path))) move(folder_ / path, old(path));
    move(stage_ / path, folder_ / path);
  }

  void move(const fs::path& from, const fs::path& to) const {
    operations_.make_folder(to.parent_path());
    operations_.rename(from, to);
  }

  const fs::path& folder_;
  const FolderCommit& commit_;
  fs::path stage_;
  FolderOperations& operations_;
};

FolderCommit read_journal(const fs::path& folder) {
  const fs::path file = folder / kJournalName;
  std::ifstream in(file, std::ios::binary);
  const json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  try {
    FolderCommit commit{document.at("stage"), document.at("puts"), document.at("removes")};
    bool is_safe = is_temporary_name(commit.stage) && document.at("version") == 1;
    for (const auto* paths : {&commit.puts, &commit.removes}) {
      for (const std::string& path : *paths) is_safe = is_safe && is_inner_path(path);
    }
    std::error_code ignored;
    if (is_safe && fs::is_directory(folder / commit.stage, ignored)) return commit;
  } catch (const json::exception&) {
  }
  throw data_error(
      "the journal of an unfinished commit cannot be read, or its files are gone", file.string(),
      "the files of this folder may be of two runs: remove the journal and run the recipe again");
}

void roll(const fs::path& folder, const FolderCommit& commit, FolderOperations& operations) {
  const Roll work(folder, commit, operations);
  try {
    work.forward();
  } catch (const Error&) {
    work.back();
    work.finish();
    throw;
  }
  work.finish();
}

}  // namespace

void commit_into(const fs::path& folder, const FolderCommit& commit, FolderOperations& operations) {
  const json document = {
      {"version", 1}, {"stage", commit.stage}, {"puts", commit.puts}, {"removes", commit.removes}};
  const fs::path draft = folder / commit.stage / kJournalName;
  operations.write(draft, document.dump(1) + "\n");
  operations.rename(draft, folder / kJournalName);
  operations.sync(folder);
  roll(folder, commit, operations);
}

void settle_folder(const fs::path& folder, FolderOperations& operations) {
  if (!is_there(folder / kJournalName)) return;
  const FolderLock lock(folder, FolderLock::Kind::kExclusive);
  if (!is_there(folder / kJournalName)) return;  // whoever had the lock has completed it
  const FolderCommit commit = read_journal(folder);
  try {
    roll(folder, commit, operations);
  } catch (const Error& error) {
    if (!is_there(folder / kJournalName)) return;  // undone: the earlier set is whole again
    throw data_error(
        fmt::format("the folder holds an unfinished commit that cannot be completed: {}", error.what()),
        folder.string(), "run a command of vernier as a user who may write there");
  }
}

void settle_around(const fs::path& path) {
  std::error_code failure;
  for (fs::path each = fs::weakly_canonical(path, failure); !each.empty(); each = each.parent_path()) {
    settle_folder(each);
    if (!each.has_relative_path()) return;
  }
}

}  // namespace vernier::core
