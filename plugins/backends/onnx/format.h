// Field numbers and enum values of ONNX's protobuf messages that this backend writes. Source: onnx.proto of
// ONNX 1.16 (IR version 10), https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
#pragma once

#include <vernier/dtype.h>

#include <cstdint>
#include <string>

namespace onnx_backend {

inline constexpr int64_t kIrVersion = 10;
inline constexpr int64_t kOpset = 21;  // int16 and 4-bit QuantizeLinear and DequantizeLinear

namespace model_field {
inline constexpr uint32_t kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kDoc = 6, kGraph = 7,
                          kOpsetImport = 8;
}
namespace opset_field {
inline constexpr uint32_t kDomain = 1, kVersion = 2;
}
namespace graph_field {
inline constexpr uint32_t kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12, kValueInfo = 13;
}
namespace node_field {
inline constexpr uint32_t kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute_field {
inline constexpr uint32_t kName = 1, kFloat = 2, kInt = 3, kString = 4, kInts = 8, kType = 20;
inline constexpr int32_t kTypeFloat = 1, kTypeInt = 2, kTypeString = 3, kTypeInts = 7;
}  // namespace attribute_field
namespace tensor_field {
inline constexpr uint32_t kDims = 1, kDataType = 2, kName = 8, kRawData = 9, kExternalData = 13,
                          kDataLocation = 14;
inline constexpr int32_t kExternal = 1;
}  // namespace tensor_field
namespace entry_field {
inline constexpr uint32_t kKey = 1, kValue = 2;
}
namespace value_info_field {
inline constexpr uint32_t kName = 1, kType = 2;
}
namespace type_field {
inline constexpr uint32_t kTensor = 1, kElementType = 1, kShape = 2, kDim = 1, kDimValue = 1, kDimParam = 2;
}

// TensorProto.DataType; 0 where ONNX has no such type.
inline int32_t data_type(vernier::DType dtype) {
  struct Row {
    vernier::DType dtype;
    int32_t code;
  };
  constexpr Row rows[] = {{vernier::kFloat32, 1},        {vernier::kUInt8, 2},  {vernier::kInt8, 3},
                          {{VERNIER_DTYPE_UINT, 16}, 4}, {vernier::kInt16, 5},  {vernier::kInt32, 6},
                          {vernier::kInt64, 7},          {vernier::kBool, 9},   {vernier::kFloat16, 10},
                          {vernier::kBFloat16, 16},      {vernier::kUInt4, 21}, {vernier::kInt4, 22}};
  for (const Row& row : rows) {
    if (row.dtype == dtype) return row.code;
  }
  return 0;
}

}  // namespace onnx_backend
