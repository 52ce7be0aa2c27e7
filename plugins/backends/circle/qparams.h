// Quantization records: what a tensor may carry, and how one code type turns into another without loss.
#pragma once

#include <vernier/dtype.h>
#include <vernier/graph.h>

#include <cstdint>
#include <string>
#include <vector>

namespace circle_backend {

// real = scale * (code - zero_point). No scale: not quantized.
struct QParams {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  int64_t axis = -1;

  [[nodiscard]] bool is_set() const { return !scale.empty(); }
  [[nodiscard]] bool is_per_tensor() const { return scale.size() == 1; }
};

// The type and meaning of a tensor's elements.
struct Element {
  vernier::DType dtype;
  QParams qparams;
};

bool operator==(const Element& a, const Element& b);
inline bool operator!=(const Element& a, const Element& b) { return !(a == b); }

Element element_of(const vernier::GraphValue& value);

// Throws where a record breaks a rule of the format: scales finite and > 0; one, or one per index of the
// axis; zero points inside the type's range, and 0 for int4, int16, int32 and int64. `where` opens the
// message.
void check_element(const Element& element, const std::vector<int64_t>& shape, const std::string& where);

// The type in which an operator can work on operands and a result of these types: theirs where they agree,
// the first one's where only the sign differs, else int16.
vernier::DType common_dtype(const std::vector<vernier::DType>& dtypes);

// The same real values in `dtype`: uint8 and int8 differ by 128 in the zero point; int16 takes a scale of
// 1/128, so each (code - zero_point) * 128 fits. Per tensor only.
Element as_dtype(const Element& element, vernier::DType dtype);

// Code of `real`, rounded half to even and clamped to the type's range. Per tensor only.
int64_t encode(const Element& element, double real);

}  // namespace circle_backend
