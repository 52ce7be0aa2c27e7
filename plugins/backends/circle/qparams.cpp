#include "qparams.h"

#include <algorithm>
#include <cmath>

namespace circle_backend {

using vernier::DType;

bool operator==(const Element& a, const Element& b) {
  if (a.dtype != b.dtype || a.qparams.scale != b.qparams.scale ||
      a.qparams.zero_point != b.qparams.zero_point)
    return false;
  return a.qparams.scale.size() <= 1 || a.qparams.axis == b.qparams.axis;
}

Element element_of(const vernier::GraphValue& value) {
  return {value.dtype, {value.scale, value.zero_point, value.axis}};
}

void check_element(const Element& element, const std::vector<int64_t>& shape, const std::string& where) {
  const QParams& q = element.qparams;
  const auto fail = [&](const std::string& what) { throw vernier::invalid_argument(where + ": " + what); };
  if (!q.is_set()) return;
  if (!element.dtype.is_integer())
    fail("has qparams although it is " + element.dtype.name() + "; only integer codes can have them");
  if (q.zero_point.size() != q.scale.size())
    fail("has " + std::to_string(q.scale.size()) + " scales and " + std::to_string(q.zero_point.size()) +
         " zero points");
  if (!q.is_per_tensor()) {
    const bool has_axis = q.axis >= 0 && static_cast<size_t>(q.axis) < shape.size();
    if (!has_axis || static_cast<size_t>(shape[static_cast<size_t>(q.axis)]) != q.scale.size()) {
      fail("has " + std::to_string(q.scale.size()) + " scales, which do not fit axis " +
           std::to_string(q.axis) + " of its shape");
    }
  }
  const bool is_symmetric = element.dtype.is_signed() && element.dtype.bits != 8;
  const int64_t low = is_symmetric ? 0 : element.dtype.qmin();
  const int64_t high = is_symmetric ? 0 : element.dtype.qmax();
  for (size_t i = 0; i < q.scale.size(); ++i) {
    if (!std::isfinite(q.scale[i]) || q.scale[i] <= 0)
      fail("has scale " + std::to_string(q.scale[i]) + "; Circle wants finite scales above 0");
    if (q.zero_point[i] >= low && q.zero_point[i] <= high) continue;
    fail("has zero point " + std::to_string(q.zero_point[i]) + "; Circle wants " +
         (is_symmetric ? "0 for " + element.dtype.name() + ": use the symmetric scheme"
                       : std::to_string(low) + ".." + std::to_string(high)));
  }
}

DType common_dtype(const std::vector<DType>& dtypes) {
  const DType first = dtypes.front();
  const auto all = [&](auto test) { return std::all_of(dtypes.begin(), dtypes.end(), test); };
  if (all([&](DType d) { return d == first; })) return first;
  return all([](DType d) { return d.bits == 8; }) ? first : vernier::kInt16;
}

Element as_dtype(const Element& element, DType dtype) {
  if (element.dtype == dtype) return element;
  const float scale = element.qparams.scale.front();
  if (dtype == vernier::kInt16) return {dtype, {{scale / 128.0f}, {0}, -1}};
  const int32_t shift = dtype.is_signed() ? -128 : 128;
  return {dtype, {{scale}, {element.qparams.zero_point.front() + shift}, -1}};
}

int64_t encode(const Element& element, double real) {
  const double code = std::nearbyint(real / static_cast<double>(element.qparams.scale.front())) +
                      element.qparams.zero_point.front();
  return static_cast<int64_t>(
      std::clamp(code, static_cast<double>(element.dtype.qmin()), static_cast<double>(element.dtype.qmax())));
}

}  // namespace circle_backend
