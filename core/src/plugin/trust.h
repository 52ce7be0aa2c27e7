// Whose code a library is. Loading one runs it with all rights of the user, so who may write to it matters.
#pragma once

#include <filesystem>
#include <string>

namespace vernier::core {

// Why `file`, the library that discovery found, is not to be loaded: the file or its folder may be written by
// everybody, or belongs to a user who is neither this one, root, nor the owner of this program. Empty where
// it may be. A folder with the sticky bit may be written by everybody, since each file then keeps its owner.
// Symbolic links are followed. [any thread]
std::string distrust(const std::filesystem::path& file);

}  // namespace vernier::core
