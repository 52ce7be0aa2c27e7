// Files and folders that exist only while a command runs: random names, locked while they are in use.
#pragma once

#include <filesystem>
#include <string_view>

namespace vernier::core {

// ".vernier-", 16 hexadecimal digits, ".tmp". The same pattern stands in
// plugins/executors/temporary_folder.h.
[[nodiscard]] bool is_temporary_name(std::string_view name);

// An open descriptor that holds the entry's lock (flock). The system releases the lock when the process ends,
// however it ends, so a leftover is known by its free lock and not by a process id.
struct Temporary {
  std::filesystem::path path;
  int descriptor = -1;  // the caller closes it
};

// Makes a new file (open for reading and writing, mode 0666 less the umask) or a new folder (0777 less the
// umask) in `folder`. A name that is taken is replaced by another one. Throws Error (kData) with the path and
// the system's reason.
[[nodiscard]] Temporary make_temporary_file(const std::filesystem::path& folder);
[[nodiscard]] Temporary make_temporary_folder(const std::filesystem::path& folder);

// Removes what ended commands left in `folder`: temporary entries of this user whose lock is free. On a file
// system without locks, those that nobody has changed for a day. Never fails, follows no symbolic link.
void sweep_temporaries(const std::filesystem::path& folder);

}  // namespace vernier::core
