// One element of a tensor to another tensor: the code itself where both mean the same by it, else its real
// anew.
#pragma once

#include "call.h"

namespace circle_executor {

class Copier {
 public:
  // Throws Error where one of the tensors has reals and the other has not.
  Copier(const Call& call, const Value& from, const Result& to);
  void copy(int64_t from, int64_t to) const {
    if (!as_codes_) {
      writer_.put(to, reals_[from], [&] { return Ratio{reals_.exact(from)}; });
    } else if (is_float_) {
      store(to_.data, to, load<uint32_t>(from_.data, from));
    } else {
      store_code(*to_.tensor, to_.data, to, code_at(from_, from));
    }
  }
  // All of them, in order.
  void copy_all() const;

 private:
  Value from_;
  Result to_;
  bool as_codes_;
  bool is_float_;
  Reals reals_;
  Writer writer_;
};

}  // namespace circle_executor
