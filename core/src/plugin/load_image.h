// Loads a library from a descriptor instead of by its name. The host and vernier-probe both use this, so a
// library is tried as it is loaded.
#pragma once

#include <boost/dll/shared_library.hpp>
#include <filesystem>

namespace vernier::core {

// Loads the library whose bytes `descriptor` holds (binding at once, symbols local); `file` is where they
// came from. Throws std::exception with the loader's text, which names `file`. The caller keeps `descriptor`
// open as long as the library is loaded: the system's loader takes an equal name for the same library.
//
// The loader only knows the name /proc/self/fd/N. What follows from that, and what becomes of it:
// - $ORIGIN in the library's RPATH or RUNPATH would be /proc/self/fd. Libraries that it names in folders with
//   $ORIGIN are therefore loaded first, from the folder of `file`; the loader then finds them by their
//   soname.
// - Once the library is loaded its name is `file` again: dladdr(3) and debuggers find it. Its static
//   initializers still see /proc/self/fd/N, and so does $ORIGIN in a dlopen(3) of its own.
// - /proc/PID/maps, and profilers that read it, show /memfd:<file name>.
[[nodiscard]] boost::dll::shared_library load_image(int descriptor, const std::filesystem::path& file);

}  // namespace vernier::core
