// The header of a .npy file: a Python dictionary literal such as {'descr': '<f4', 'fortran_order': False,
// 'shape': (3, 4), }.
#pragma once

#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace vernier::core {

struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

// Takes the subset of Python that NumPy writes: these three keys once each, in any order. Throws Error
// (kData) at `label`.
NpyHeader parse_npy_header(std::string_view text, const std::string& label);

}  // namespace vernier::core
