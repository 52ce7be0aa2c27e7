// What a written file holds of each parameter: the words of the report are read back from the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "module/module_tree.h"

namespace vernier::core {

struct StoredParameter {
  DType dtype;         // of the elements: int4 also where words of int32 hold them
  uint64_t bytes = 0;  // that they take in the file
};

// A written file of which stored_parameters knows what it holds.
struct StoredFile {
  std::string name;
  std::map<std::string, StoredParameter> parameters;
};

// By parameter path, those of `tree` that the file holds. Understands Circle, TFLite, safetensors (the
// compressed-tensors layout too) and ONNX, by the file's content; nothing for other formats, which hold no
// parameters that we know of. Throws Error (kData) for a file of these formats that cannot be read.
std::optional<std::map<std::string, StoredParameter>> stored_parameters(const std::filesystem::path& file,
                                                                        const ModuleTree& tree);

}  // namespace vernier::core
