// What a program is run on: tensors by name, and the buffers that they become.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "program/program.h"
#include "program/unit_runner.h"

namespace vernier::core {

using Request = std::map<std::string, Tensor>;

struct OpenedRequest {
  std::vector<Tensor> buffers;  // by buffer; undefined but for requests
  int64_t prompt = 0, pictures = 0;
};

// Throws Error (kData) naming the tensor and both sides: one that is missing, or that no buffer takes;
// another dtype or shape; a length or a value that is not legal.
[[nodiscard]] OpenedRequest open_request(const Program& program, const Request& request,
                                         const UnitRunner& runner);

// The legal values of a token: those of the buffer that counts the prompt. Nothing where it has no limits.
void require_token(const Program& program, int64_t token);

}  // namespace vernier::core
