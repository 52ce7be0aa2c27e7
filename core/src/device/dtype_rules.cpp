#include "device/dtype_rules.h"

namespace vernier::core {

namespace {

bool is_float(DType dtype) { return dtype == kFloat32 || dtype == kFloat64; }

bool is_known(DType dtype) {
  for (DType one : {kFloat32, kFloat64, kInt64, kInt32, kInt16, kInt8, kUInt8, kBool}) {
    if (dtype == one) return true;
  }
  return false;
}

// bool, then integers, then floats.
int kind_of(DType dtype) { return dtype == kBool ? 0 : dtype.is_integer() ? 1 : 2; }

DType wider(DType a, DType b) {
  if (kind_of(a) != kind_of(b)) return kind_of(a) > kind_of(b) ? a : b;
  if (a == b) return a;
  // uint8 and int8 fit together in int16 only.
  if (a.bits == b.bits) return kInt16;
  return a.bits > b.bits ? a : b;
}

const TensorType& float_argument(const CallTypes& call, size_t i) {
  const TensorType& type = call.tensor(i);
  if (is_float(type.dtype)) return type;
  throw call.refused(fmt::format("{} is {}; it takes float32", call.name_of(i), to_string(type)),
                     "integers and bool are not converted to float on the way");
}

// All tensor arguments are of one float dtype.
DType one_float(const CallTypes& call) {
  const DType first = float_argument(call, 0).dtype;
  for (size_t i = 1; i < call.count(); ++i) {
    if (!call.is_tensor(i) || float_argument(call, i).dtype == first) continue;
    throw call.refused(fmt::format("{} is {}, {} is {}; they must have one dtype", call.name_of(0),
                                   first.name(), call.name_of(i), call.tensor(i).dtype.name()));
  }
  return first;
}

DType not_bool(const CallTypes& call, DType result) {
  for (size_t i = 0; i < call.count(); ++i) {
    if (call.is_tensor(i) && call.tensor(i).dtype == kBool)
      throw call.refused(fmt::format("{} is bool; it takes numbers", call.name_of(i)));
  }
  return result;
}

void require_bool(const CallTypes& call, size_t i) {
  if (call.tensor(i).dtype == kBool) return;
  throw call.refused(fmt::format("{} is {}; it takes bool", call.name_of(i), to_string(call.tensor(i))),
                     "a comparison gives bool");
}

DType promoted_of_list(const CallTypes& call) {
  const std::vector<TensorType>& types = call.tensors(0);
  if (types.empty()) throw call.refused("no tensors were given");
  DType result = types[0].dtype;
  for (const TensorType& type : types) result = wider(result, type.dtype);
  return result;
}

void require_index(const CallTypes& call, size_t i) {
  const DType dtype = call.tensor(i).dtype;
  if (dtype == kInt32 || dtype == kInt64) return;
  throw call.refused(
      fmt::format("{} is {}; it takes int32 or int64", call.name_of(i), to_string(call.tensor(i))));
}

// The dtype that text argument i names. Plugins see no float64.
DType named(const CallTypes& call, size_t i) {
  const DType dtype = DType::parse(call.text(i));
  if (dtype != kFloat64 && is_known(dtype)) return dtype;
  throw call.refused(fmt::format("{} is \"{}\"", call.name_of(i), call.text(i)),
                     "use float32, int64, int32, int16, int8, uint8 or bool");
}

// So that a cast to float32 in the exact run does not round what all around it is float64.
DType cast(const CallTypes& call) {
  const DType to = named(call, 1);
  return to == kFloat32 && call.tensor(0).dtype == kFloat64 ? kFloat64 : to;
}

DType replaced(const CallTypes& call) {
  require_index(call, 1);
  const DType dtype = call.tensor(0).dtype;
  if (call.tensor(2).dtype == dtype) return dtype;
  throw call.refused(fmt::format("{} is {}, {} is {}; they must have one dtype", call.name_of(0),
                                 dtype.name(), call.name_of(2), call.tensor(2).dtype.name()));
}

DType float_or_single(DType dtype) { return is_float(dtype) ? dtype : kFloat32; }

}  // namespace

DType promoted(const TensorType& a, const TensorType& b) {
  if (a.shape.empty() == b.shape.empty()) return wider(a.dtype, b.dtype);
  const TensorType& with_axes = a.shape.empty() ? b : a;
  const TensorType& scalar = a.shape.empty() ? a : b;
  return kind_of(scalar.dtype) > kind_of(with_axes.dtype) ? scalar.dtype : with_axes.dtype;
}

DType result_dtype(DTypeRule rule, const CallTypes& call) {
  for (size_t i = 0; i < call.count(); ++i) {
    if (call.is_tensor(i) && !is_known(call.tensor(i).dtype))
      throw call.refused(
          fmt::format("{} is {}, which no op takes", call.name_of(i), to_string(call.tensor(i))));
  }
  switch (rule) {
    case DTypeRule::kSame:
      return call.tensor(0).dtype;
    case DTypeRule::kSameNumber:
      return not_bool(call, call.tensor(0).dtype);
    case DTypeRule::kFloat:
      return one_float(call);
    case DTypeRule::kFloatOf:
      return float_or_single(call.tensor(0).dtype);
    case DTypeRule::kPromoted:
      return promoted(call.tensor(0), call.tensor(1));
    case DTypeRule::kPromotedNumber:
      return not_bool(call, promoted(call.tensor(0), call.tensor(1)));
    case DTypeRule::kPromotedFloat:
      return float_or_single(promoted(call.tensor(0), call.tensor(1)));
    case DTypeRule::kPromotedList:
      return promoted_of_list(call);
    case DTypeRule::kTable:
      require_index(call, 1);
      return float_argument(call, 0).dtype;
    case DTypeRule::kTruth:
      return kBool;
    case DTypeRule::kBools:
      for (size_t i = 0; i < call.count(); ++i) require_bool(call, i);
      return kBool;
    case DTypeRule::kChosen:
      require_bool(call, 0);
      return promoted(call.tensor(1), call.tensor(2));
    case DTypeRule::kIndexOfNumber:
      return not_bool(call, kInt64);
    case DTypeRule::kCast:
      return cast(call);
    case DTypeRule::kOneHot:
      require_index(call, 0);
      return named(call, 2);
    case DTypeRule::kIndexed:
      require_index(call, 1);
      return call.tensor(0).dtype;
    case DTypeRule::kReplaced:
      return replaced(call);
    case DTypeRule::kInteger:
      return kInt64;
  }
  throw internal_error("a dtype rule has no code");
}

}  // namespace vernier::core
