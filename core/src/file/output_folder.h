// The output folder of a command: its files appear as one set.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "file/folder_operations.h"
#include "file/output_manifest.h"
#include "file/temporary.h"

namespace vernier::core {

// Files are written into a stage, a folder that nobody reads, on the file system of the output folder.
// commit() then gives all of them their names at once: where the output folder is new or holds nothing but
// what an earlier run wrote, the two folders change places in one step; elsewhere a journal makes the steps
// one (see folder_commit.h). At any moment, whatever ends the process, the output folder is the earlier set
// or the new one for every command of vernier.
//
// What an earlier run wrote is known by a manifest in the folder, .vernier-outputs.json; nothing else is ever
// removed. The earlier set is replaced where the same recipe wrote it and this run is complete. Otherwise, if
// it was complete, it is kept whole in previous/<recipe>/, until a complete run of its own recipe.
class OutputFolder {
 public:
  // Completes what a killed run began here, removes what it left (here, beside the folder and in $TMPDIR),
  // and makes the stage. `recipe` says whose files these are. Throws Error (kData) where nothing can be
  // written.
  OutputFolder(const std::filesystem::path& folder, const std::filesystem::path& recipe,
               FolderOperations& operations = FolderOperations::real());
  // Without commit() nothing is left, and the folder is as it was.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  // Where to write the file that will be `relative` in the folder. Only files that were asked for here are
  // kept, and they must be on the disk (AtomicFile does that) before commit().
  [[nodiscard]] std::filesystem::path file(const std::string& relative);
  // Takes a file that was asked for out of the set again.
  void drop(const std::string& relative);

  // `complete`: the set holds all that its recipe asks for. Returns the folder where the earlier set is kept;
  // empty where it is not kept. Throws Error (kData); the folder is then as it was.
  std::filesystem::path commit(bool complete);

  static bool is_reserved(const std::filesystem::path& relative);

 private:
  void choose_stage();
  [[nodiscard]] bool is_ours_alone() const;
  void write_manifest(const OutputManifest& manifest);
  std::string keep_earlier(OutputManifest& manifest);
  [[nodiscard]] std::string slot_for(const std::string& recipe, const OutputManifest& manifest) const;
  void remove_unasked();
  void sync_stage();
  void put_in_place();
  void put_with_journal();
  void release();

  std::filesystem::path folder_;
  std::string recipe_;
  FolderOperations& operations_;
  std::vector<std::filesystem::path> made_folders_;  // innermost first
  Temporary stage_;
  std::string stage_name_;  // text that a crash handler reads
  bool is_beside_ = false;  // the stage lies beside the folder, not in it
  std::set<std::string> asked_;
  std::optional<OutputManifest> earlier_;
};

}  // namespace vernier::core
