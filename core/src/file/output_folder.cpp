#include "file/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "file/folder_commit.h"
#include "file/folder_lock.h"
#include "file/path_place.h"
#include "file/temporary_names.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

// A mount point cannot change places with another folder. A bind mount of the same file system has the device
// of what lies around it, so the mount's own mark counts.
bool is_mount_point(const fs::path& folder) {
  struct statx status {};
  if (::statx(AT_FDCWD, folder.c_str(), 0, STATX_BASIC_STATS, &status) != 0) return true;
  if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  struct stat here {
  }, around{};
  return ::stat(folder.c_str(), &here) != 0 || ::stat((folder / "..").c_str(), &around) != 0 ||
         here.st_dev != around.st_dev;
}

// What a new folder would not have: another owner or group, access lists.
bool has_own_rights(const fs::path& folder, const fs::path& stage) {
  struct stat one {
  }, other{};
  if (::stat(folder.c_str(), &one) != 0 || ::stat(stage.c_str(), &other) != 0) return true;
  const bool is_owned = one.st_uid == other.st_uid && one.st_gid == other.st_gid;
  return !is_owned || ::getxattr(folder.c_str(), "system.posix_acl_access", nullptr, 0) > 0 ||
         ::getxattr(folder.c_str(), "system.posix_acl_default", nullptr, 0) > 0;
}

// "previous/<name>/…" → "<name>"; empty for other paths.
std::string slot_of(const std::string& path) {
  const fs::path parts(path);
  auto part = parts.begin();
  if (part == parts.end() || *part != kPreviousFolder || ++part == parts.end()) return "";
  return part->string();
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& folder, const fs::path& recipe, FolderOperations& operations)
    : folder_(PathPlace(folder).real()), recipe_(PathPlace(recipe).real().string()), operations_(operations) {
  std::error_code failure;
  if (is_there(folder_) && !fs::is_directory(folder_, failure))
    throw data_error("the output folder cannot be made: a file has its name", folder.string(),
                     "choose another --out");
  settle_folder(folder_);
  const fs::path parent = folder_.parent_path();
  for (fs::path missing = parent; !fs::exists(missing, failure) && missing.has_relative_path();
       missing = missing.parent_path())
    made_folders_.push_back(missing);
  fs::create_directories(parent, failure);
  if (failure)
    throw data_error(fmt::format("the folder cannot be made: {}", failure.message()), parent.string(),
                     "choose another --out");
  for (const fs::path& each : made_folders_) TemporaryNames::remember_folder(each.c_str());
  sweep_temporaries(parent);
  sweep_temporaries(folder_);
  sweep_temporaries(fs::temp_directory_path(failure));
  earlier_ = read_manifest(folder_);
  try {
    choose_stage();
  } catch (...) {
    release();
    throw;
  }
}

void OutputFolder::choose_stage() {
  const fs::path parent = folder_.parent_path();
  const fs::path previous = folder_ / kPreviousFolder;
  std::error_code failure;
  if (is_there(previous) && (fs::is_symlink(previous, failure) || !fs::is_directory(previous, failure)))
    throw data_error("the folder for earlier sets cannot be made: its name is taken", previous.string(),
                     "move it away, or choose another --out");
  is_beside_ = !is_there(folder_) || (holds_only(folder_, earlier_) && !is_mount_point(folder_) &&
                                      ::access(parent.c_str(), W_OK) == 0);
  stage_ = make_temporary_folder(is_beside_ ? parent : folder_);
  stage_name_ = stage_.path.string();
  TemporaryNames::remember(stage_name_.c_str());
}

OutputFolder::~OutputFolder() { release(); }

void OutputFolder::release() {
  if (!stage_name_.empty()) {
    std::error_code ignored;
    // An open journal needs its stage.
    if (!is_there(folder_ / kJournalName)) fs::remove_all(stage_.path, ignored);
    TemporaryNames::forget(stage_name_.c_str());
    stage_name_.clear();
  }
  if (stage_.descriptor >= 0) ::close(stage_.descriptor);
  stage_.descriptor = -1;
  for (const fs::path& each : made_folders_) {
    TemporaryNames::forget_folder(each.c_str());
    ::rmdir(each.c_str());  // does nothing where something lies in it
  }
  made_folders_.clear();
}

bool OutputFolder::is_reserved(const fs::path& relative) {
  const fs::path normal = relative.lexically_normal();
  return !normal.empty() &&
         (*normal.begin() == kPreviousFolder || normal == kManifestName || normal == kJournalName ||
          *normal.begin() == kJournalName || *normal.begin() == kManifestName);
}

fs::path OutputFolder::file(const std::string& relative) {
  const std::string normal = fs::path(relative).lexically_normal().string();
  if (!is_inner_path(normal) || is_reserved(normal))
    throw internal_error("no name for an output: " + relative, folder_.string());
  asked_.insert(normal);
  return stage_.path / normal;
}

void OutputFolder::drop(const std::string& relative) {
  const std::string normal = fs::path(relative).lexically_normal().string();
  asked_.erase(normal);
}

fs::path OutputFolder::commit(bool complete) {
  std::optional<FolderLock> lock;
  for (settle_folder(folder_);; settle_folder(folder_)) {
    lock.emplace(folder_, FolderLock::Kind::kExclusive);
    if (!is_there(folder_ / kJournalName)) break;  // of a command that was killed just now
    lock.reset();
  }
  earlier_ = read_manifest(folder_);
  remove_unasked();
  OutputManifest manifest{recipe_, complete, {}, {}};
  const std::string slot = keep_earlier(manifest);
  write_manifest(manifest);
  sync_stage();
  put_in_place();
  for (const fs::path& each : made_folders_) TemporaryNames::forget_folder(each.c_str());
  made_folders_.clear();  // they hold something now
  release();
  return slot.empty() ? fs::path() : folder_ / kPreviousFolder / slot;
}

// What an executor or a backend left beside its files is not of the set.
void OutputFolder::remove_unasked() {
  std::vector<fs::path> unasked;
  for (const auto& entry : fs::recursive_directory_iterator(stage_.path)) {
    const std::string path = entry.path().lexically_relative(stage_.path).string();
    if (!entry.is_directory() || entry.is_symlink()) {
      if (!asked_.contains(path) || !stamp_of(entry.path())) unasked.push_back(entry.path());
    }
  }
  for (const fs::path& path : unasked) operations_.remove_file(path);
  for (const std::string& path : asked_) {
    if (!stamp_of(stage_.path / path))
      throw internal_error("an output was not written: " + path, folder_.string());
  }
}

std::string OutputFolder::slot_for(const std::string& recipe, const OutputManifest& manifest) const {
  for (const auto& [name, owner] : manifest.previous) {
    if (owner == recipe) return name;
  }
  const std::string stem = fs::path(recipe).stem().string();
  std::string name = stem.empty() ? "recipe" : stem;
  for (int i = 2; manifest.previous.contains(name) || is_there(folder_ / kPreviousFolder / name); ++i)
    name = fmt::format("{}-{}", stem, i);
  return name;
}

// Links what stays of earlier sets into the stage. Returns the name below previous/ of the set that was in
// place.
std::string OutputFolder::keep_earlier(OutputManifest& manifest) {
  if (!earlier_) return "";
  const bool is_kept = earlier_->complete && !(manifest.complete && earlier_->recipe == recipe_);
  const std::string slot = is_kept ? slot_for(earlier_->recipe, *earlier_) : "";
  bool is_any = false;
  for (const auto& [path, stamp] : earlier_->files) {
    const std::string inner = slot_of(path);
    std::string target;
    if (!inner.empty()) {
      const auto owner = earlier_->previous.find(inner);
      const bool is_replaced = inner == slot || owner == earlier_->previous.end() ||
                               (manifest.complete && owner->second == recipe_);
      if (is_replaced) continue;
      manifest.previous[inner] = owner->second;
      target = path;
    } else if (is_kept) {
      target = (fs::path(kPreviousFolder) / slot / path).string();
    }
    if (target.empty() || stamp_of(folder_ / path) != stamp) continue;
    is_any = is_any || inner.empty();
    operations_.link(folder_ / path, stage_.path / target);
    asked_.insert(target);
  }
  if (is_any) manifest.previous[slot] = earlier_->recipe;
  return is_any ? slot : "";
}

void OutputFolder::write_manifest(const OutputManifest& manifest) {
  OutputManifest whole = manifest;
  for (const std::string& path : asked_) whole.files[path] = *stamp_of(stage_.path / path);
  operations_.write(stage_.path / kManifestName, to_text(whole));
}

void OutputFolder::sync_stage() {
  for (const auto& entry : fs::recursive_directory_iterator(stage_.path)) {
    if (entry.is_directory()) operations_.sync(entry.path());
  }
  operations_.sync(stage_.path);
}

bool OutputFolder::is_ours_alone() const {
  std::error_code failure;
  return holds_only(folder_, earlier_) && !is_mount_point(folder_) && !has_own_rights(folder_, stage_.path) &&
         !fs::equivalent(folder_, fs::current_path(failure), failure);
}

void OutputFolder::put_in_place() {
  const fs::path parent = folder_.parent_path();
  if (is_beside_) {
    if (!is_there(folder_) && operations_.rename_new(stage_.path, folder_)) {
      operations_.sync(parent);
      return;
    }
    struct stat status {};
    const bool is_alone = is_ours_alone() && ::stat(folder_.c_str(), &status) == 0 &&
                          ::chmod(stage_.path.c_str(), status.st_mode & 07777) == 0;
    if (is_alone && operations_.exchange(stage_.path, folder_)) {
      operations_.sync(parent);
      operations_.remove_tree(stage_.path);  // the earlier set
      return;
    }
  }
  put_with_journal();
}

void OutputFolder::put_with_journal() {
  FolderCommit commit{stage_.path.filename().string(), {kManifestName}, {}};
  const auto is_same_file = [](const fs::path& one, const fs::path& other) {
    struct stat a {
    }, b{};
    return ::lstat(one.c_str(), &a) == 0 && ::lstat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
  };
  for (const std::string& path : asked_) {
    if (!is_same_file(stage_.path / path, folder_ / path)) commit.puts.insert(path);
  }
  if (earlier_) {
    for (const auto& [path, stamp] : earlier_->files) {
      if (!asked_.contains(path) && stamp_of(folder_ / path) == stamp) commit.removes.insert(path);
    }
  }
  if (is_beside_) {
    operations_.rename(stage_.path, folder_ / commit.stage);
    TemporaryNames::forget(stage_name_.c_str());
    stage_.path = folder_ / commit.stage;
    stage_name_ = stage_.path.string();
  }
  // From here on, a crash must not remove what an open journal needs.
  TemporaryNames::forget(stage_name_.c_str());
  commit_into(folder_, commit, operations_);
}

}  // namespace vernier::core
