// How a staged set of files takes the place of an earlier one in a folder that holds others' files as well.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "file/folder_operations.h"

namespace vernier::core {

// A journal of this name in a folder says that its files are being replaced.
inline constexpr const char* kJournalName = ".vernier-journal.json";

// The work of one commit. Paths are relative to the folder; `stage` is a folder in it that holds the files of
// `puts`.
struct FolderCommit {
  std::string stage;
  std::set<std::string> puts;     // from the stage to the folder
  std::set<std::string> removes;  // of an earlier set
};

// Writes the journal, moves the files, removes the journal and the stage. A process that ends on the way
// leaves an open journal; one that fails on the way has put everything back. Throws Error (kData).
void commit_into(const std::filesystem::path& folder, const FolderCommit& commit,
                 FolderOperations& operations = FolderOperations::real());

// Completes what a killed command began in `folder`, or undoes it where it cannot be completed. Does nothing
// where no journal is open; waits for a command that is at it. Throws Error (kData) where neither is
// possible, so that nobody reads half a set.
void settle_folder(const std::filesystem::path& folder,
                   FolderOperations& operations = FolderOperations::real());

// The same for each folder that `path` lies in, and for `path` itself. For what a command is about to read.
void settle_around(const std::filesystem::path& path);

}  // namespace vernier::core
