// The host's samples as the file's inputs want them.
#pragma once

#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "verify/run_results.h"

namespace vernier::core {

class Device;

// For each input of the file, which of the entry's inputs it is: by name where all are found, else by order.
// Throws Error (kData) naming both lists where their numbers differ.
std::vector<size_t> match_inputs(const std::vector<FileTensor>& inputs, const std::vector<std::string>& names,
                                 const std::string& file);

// True where each sample tensor has the shape that the file's input wants.
bool fits(const std::vector<FileTensor>& inputs, const std::vector<size_t>& order,
          const std::vector<Tensor>& sample);

// The sample in the file's order and dtypes: coded by the file's own qparams, integers widened or narrowed.
// Throws Error (kData) naming an input that has no such form.
std::vector<Tensor> feed(const std::vector<FileTensor>& inputs, const std::vector<size_t>& order,
                         const std::vector<Tensor>& sample, Device& device);

// A tensor of the file as float32: codes times their scale. Undefined where it is neither codes nor float.
Tensor real_values(const FileTensor& tensor, Device& device);

}  // namespace vernier::core
