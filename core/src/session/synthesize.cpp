#include "vernier/core/synthesize.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "checkpoint/synthetic_checkpoint.h"
#include "file/mapped_file.h"
#include "file/output_folder.h"
#include "session/output_check.h"
#include "text/strict_json.h"

namespace vernier::core {

void synthesize(const std::filesystem::path& description, const std::filesystem::path& folder,
                const RunControl& control) {
  OutputCheck check(folder, "--out " + folder.string());
  check.add_input(description, "the description", description.string());
  for (const char* name : {"model.safetensors", "config.json"})
    check.add_output(name, "the output", "--out " + folder.string());
  const auto file = MappedFile::open(description);
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  const nlohmann::json document = parse_strict_json(text, description.string());
  OutputFolder outputs(folder, description);
  const std::filesystem::path stage = outputs.file("model.safetensors").parent_path();
  (void)outputs.file("config.json");
  write_synthetic_checkpoint(document, stage, description.string(), control);
  (void)outputs.commit(true);
}

}  // namespace vernier::core
