#include "file/temporary_folder.h"

#include <unistd.h>

#include <system_error>

#include "file/temporary.h"
#include "file/temporary_names.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

std::filesystem::path place_of_system() {
  std::error_code reason;
  std::filesystem::path place = std::filesystem::temp_directory_path(reason);
  if (reason)
    throw data_error("there is no place for temporary files: " + reason.message(), "$TMPDIR",
                     "set it to a folder that exists");
  return place;
}

}  // namespace

TemporaryFolder::TemporaryFolder() : TemporaryFolder(place_of_system()) {}

TemporaryFolder::TemporaryFolder(const std::filesystem::path& place) {
  sweep_temporaries(place);
  Temporary made = make_temporary_folder(place);
  path_ = std::move(made.path);
  descriptor_ = made.descriptor;
  name_ = path_.string();
  TemporaryNames::remember(name_.c_str());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  TemporaryNames::forget(name_.c_str());
  ::close(descriptor_);
}

}  // namespace vernier::core
