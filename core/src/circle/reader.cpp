#include "circle/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "circle/options.h"
#include "file/flat_bytes.h"
#include "file/mapped_file.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// A table takes at least 4 bytes of a file that shares nothing; the verifier counts shared ones each time.
constexpr uint32_t kMaxDepth = 16;
constexpr uint64_t kMaxTables = 4'000'000;
// Copies that reading makes, per byte of the file: 1 where nothing is shared.
constexpr uint64_t kMaxCopies = 8;
constexpr uint64_t kFreeCopies = 1 << 20;
constexpr uint64_t kTableBytes = 64;  // what a table costs here, about

[[noreturn]] void malformed(const std::string& what) {
  throw data_error(what, {}, "the file is damaged or was written by a faulty tool; write it anew");
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes)
      : bytes_(bytes), copies_left_(kMaxCopies * bytes.size() + kFreeCopies) {}

  CircleFile read() {
    const circle::Model& model = verified();
    CircleFile file;
    file.bytes = bytes_.size();
    file.is_tflite = is_tflite(reinterpret_cast<const uint8_t*>(bytes_.data()));
    file.version = model.version();
    file.description = text(model.description(), "the description");
    read_codes(model);
    read_buffers(model);
    const bool has_several = model.subgraphs() != nullptr && model.subgraphs()->size() > 1;
    each(model.subgraphs(), "subgraph", [&](const circle::SubGraph& subgraph, size_t i) {
      if (has_several) of_subgraph_ = fmt::format(" of subgraph {}", i);
      file.subgraphs.push_back(read_subgraph(subgraph, i));
    });
    if (file.subgraphs.empty()) malformed("the model has no subgraph");
    each(model.signature_defs(), "signature", [&](const circle::SignatureDef& s, size_t i) {
      file.signatures.push_back(read_signature(s, i, file));
    });
    each(model.metadata(), "metadata entry", [&](const circle::Metadata& entry, size_t i) {
      if (entry.buffer() >= buffers_.size())
        malformed(fmt::format("metadata entry {} names buffer {} of {}", i, entry.buffer(), buffers_.size()));
      file.metadata.push_back(text(entry.name(), "a metadata entry's name"));
    });
    return file;
  }

 private:
  struct Buffer {
    bool present = false;
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  static bool is_tflite(const uint8_t* data) { return flatbuffers::BufferHasIdentifier(data, "TFL3"); }

  [[nodiscard]] const circle::Model& verified() const {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes_.data());
    // Tables end before 2 GiB; external buffers may lie beyond.
    const size_t head = std::min<uint64_t>(bytes_.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
    if (head < 8 || (!circle::ModelBufferHasIdentifier(data) && !is_tflite(data)))
      malformed("this is no Circle and no TFLite file: neither \"CIR0\" nor \"TFL3\" stands at byte 4");
    const auto tables = static_cast<flatbuffers::uoffset_t>(std::min<uint64_t>(kMaxTables, head / 4 + 16));
    flatbuffers::Verifier verifier(data, head, kMaxDepth, tables);
    if (!verifier.VerifyBuffer<circle::Model>(nullptr))
      malformed("the FlatBuffer is broken: an offset leads out of the file, or it nests too deep");
    return *circle::GetModel(data);
  }

  void charge(uint64_t copies) {
    if (copies > copies_left_)
      malformed("the file's tables share so much that reading them would fill the memory");
    copies_left_ -= copies;
  }
  std::string text(const flatbuffers::String* source, const char* what) {
    if (source != nullptr) charge(source->size());
    return utf8_text(source, what);
  }
  template <typename T>
  std::vector<T> list(const flatbuffers::Vector<T>* source) {
    if (source == nullptr) return {};
    charge(uint64_t{source->size()} * sizeof(T));
    return flat_list(source);
  }
  template <typename Table, typename Function>
  void each(const flatbuffers::Vector<flatbuffers::Offset<Table>>* source, const char* what,
            Function function) {
    if (source == nullptr) return;
    for (flatbuffers::uoffset_t i = 0; i < source->size(); ++i) {
      const Table* table = source->Get(i);
      if (table == nullptr) malformed(fmt::format("{} {} is missing", what, i));
      charge(kTableBytes);
      function(*table, size_t{i});
    }
  }

  void read_codes(const circle::Model& model) {
    each(model.operator_codes(), "operator code", [&](const circle::OperatorCode& entry, size_t i) {
      const auto code = static_cast<int32_t>(entry.builtin_code());
      const auto old_code = static_cast<int32_t>(entry.deprecated_builtin_code());
      // Files from before the field `builtin_code` leave it 0.
      if (code != 0 && std::min(code, 127) != old_code)
        malformed(fmt::format("operator code {} contradicts itself: {} and, for old readers, {}", i, code,
                              old_code));
      const int32_t effective = code == 0 ? old_code : code;
      const char* name = circle::EnumNameBuiltinOperator(static_cast<circle::BuiltinOperator>(effective));
      CircleOperator op;
      op.op = name == nullptr || *name == '\0' ? fmt::format("OPERATOR_{}", effective) : name;
      op.custom_code = text(entry.custom_code(), "a custom code");
      codes_.push_back(std::move(op));
    });
  }

  void read_buffers(const circle::Model& model) {
    each(model.buffers(), "buffer", [&](const circle::Buffer& entry, size_t i) {
      Buffer buffer;
      const bool is_external = entry.offset() > 1;
      if (entry.data() != nullptr && is_external)
        malformed(fmt::format("buffer {} has data both inside and outside the FlatBuffer", i));
      if (entry.data() != nullptr) {
        buffer = {
            true,
            static_cast<uint64_t>(entry.data()->Data() - reinterpret_cast<const uint8_t*>(bytes_.data())),
            entry.data()->size()};
      } else if (is_external) {
        buffer = {true, entry.offset(), entry.size()};
        if (buffer.offset > bytes_.size() || buffer.bytes > bytes_.size() - buffer.offset) {
          malformed(fmt::format("buffer {} lies outside the file: {} bytes at {} of {}", i, buffer.bytes,
                                buffer.offset, bytes_.size()));
        }
      }
      if (i == 0 && buffer.present && buffer.bytes > 0)
        malformed("buffer 0, which means \"no data\", has data");
      buffers_.push_back(buffer);
    });
  }

  CircleTensor read_tensor(const circle::Tensor& source, size_t index) {
    CircleTensor tensor;
    tensor.name = text(source.name(), "a tensor's name");
    const auto fail = [&](const std::string& what) {
      malformed(fmt::format("tensor {} ({}){} {}", index, tensor.name, of_subgraph_, what));
    };
    tensor.shape = list(source.shape());
    tensor.shape_signature = list(source.shape_signature());
    if (!tensor.shape_signature.empty() && tensor.shape_signature.size() != tensor.shape.size())
      fail("has a shape signature of another rank");
    const char* type = circle::EnumNameTensorType(source.type());
    tensor.type =
        type == nullptr || *type == '\0' ? fmt::format("TYPE_{}", static_cast<int>(source.type())) : type;
    if (const auto* quantization = source.quantization()) {
      tensor.scale = list(quantization->scale());
      tensor.zero_point = list(quantization->zero_point());
      tensor.axis = quantization->quantized_dimension();
    }
    uint64_t elements = 1;
    for (int32_t extent : tensor.shape) {
      if (extent < 0) fail(fmt::format("has extent {}", extent));
      if (extent > 0 && elements > std::numeric_limits<uint64_t>::max() / 16 / static_cast<uint64_t>(extent))
        fail("has more elements than any memory");
      elements *= static_cast<uint64_t>(extent);
    }
    check_qparams(tensor, fail);
    tensor.buffer = source.buffer();
    if (tensor.buffer >= buffers_.size())
      fail(fmt::format("names buffer {} of {}", tensor.buffer, buffers_.size()));
    const Buffer& buffer = buffers_[tensor.buffer];
    tensor.constant = tensor.buffer != 0 && buffer.present;
    if (!tensor.constant) return tensor;
    tensor.data_offset = buffer.offset;
    tensor.data_bytes = buffer.bytes;
    const uint64_t wanted = circle_bytes(tensor.type, elements);
    const bool is_sized = source.sparsity() == nullptr &&
                          source.compression_type() == circle::CompressionType::NONE &&
                          circle_bytes(tensor.type, 2) > 0;
    if (is_sized && wanted != buffer.bytes)
      fail(fmt::format("needs {} bytes of data and has {}", wanted, buffer.bytes));
    return tensor;
  }

  template <typename Fail>
  static void check_qparams(const CircleTensor& tensor, Fail fail) {
    const size_t scales = tensor.scale.size();
    if (scales != tensor.zero_point.size())
      fail(fmt::format("has {} scales and {} zero points", scales, tensor.zero_point.size()));
    if (scales <= 1) return;
    const bool has_axis = tensor.axis >= 0 && static_cast<size_t>(tensor.axis) < tensor.shape.size();
    if (!has_axis || static_cast<size_t>(tensor.shape[static_cast<size_t>(tensor.axis)]) != scales) {
      fail(fmt::format("has {} scales, which do not fit axis {} of its shape", scales, tensor.axis));
    }
  }

  std::vector<int32_t> indices(const flatbuffers::Vector<int32_t>* source, size_t tensors, bool may_be_absent,
                               const std::string& whose) {
    std::vector<int32_t> result = list(source);
    for (int32_t index : result) {
      if (may_be_absent && index == -1) continue;
      if (index < 0 || static_cast<size_t>(index) >= tensors)
        malformed(fmt::format("{} names tensor {} of {}", whose, index, tensors));
    }
    return result;
  }

  CircleSubgraph read_subgraph(const circle::SubGraph& source, size_t index) {
    CircleSubgraph subgraph;
    subgraph.name = text(source.name(), "a subgraph's name");
    each(source.tensors(), "tensor",
         [&](const circle::Tensor& tensor, size_t i) { subgraph.tensors.push_back(read_tensor(tensor, i)); });
    const size_t tensors = subgraph.tensors.size();
    each(source.operators(), "operator", [&](const circle::Operator& entry, size_t i) {
      if (entry.opcode_index() >= codes_.size())
        malformed(
            fmt::format("operator {} names operator code {} of {}", i, entry.opcode_index(), codes_.size()));
      CircleOperator op = codes_[entry.opcode_index()];
      charge(op.op.size() + op.custom_code.size());
      const std::string whose = fmt::format("operator {} ({}) of subgraph {}", i, op.op, index);
      op.inputs = indices(entry.inputs(), tensors, true, whose);
      op.outputs = indices(entry.outputs(), tensors, false, whose);
      op.options = circle_options(entry, [this](uint64_t bytes) { charge(bytes); });
      subgraph.operators.push_back(std::move(op));
    });
    subgraph.inputs =
        indices(source.inputs(), tensors, false, fmt::format("the inputs of subgraph {}", index));
    subgraph.outputs =
        indices(source.outputs(), tensors, false, fmt::format("the outputs of subgraph {}", index));
    return subgraph;
  }

  CircleSignature read_signature(const circle::SignatureDef& source, size_t index, const CircleFile& file) {
    CircleSignature signature;
    signature.key = text(source.signature_key(), "a signature's key");
    signature.subgraph = source.subgraph_index();
    if (signature.subgraph >= file.subgraphs.size())
      malformed(fmt::format("signature {} names subgraph {} of {}", index, signature.subgraph,
                            file.subgraphs.size()));
    const size_t tensors = file.subgraphs[signature.subgraph].tensors.size();
    const auto read_map = [&](const auto* entries, auto& result) {
      each(entries, "signature entry", [&](const circle::TensorMap& entry, size_t) {
        if (entry.tensor_index() >= tensors)
          malformed(fmt::format("signature {} names tensor {} of {}", index, entry.tensor_index(), tensors));
        result.emplace_back(text(entry.name(), "a signature entry's name"), entry.tensor_index());
      });
    };
    read_map(source.inputs(), signature.inputs);
    read_map(source.outputs(), signature.outputs);
    return signature;
  }

  std::span<const std::byte> bytes_;
  uint64_t copies_left_;
  std::vector<CircleOperator> codes_;
  std::vector<Buffer> buffers_;
  std::string of_subgraph_;  // in messages; empty where there is only one
};

}  // namespace

uint64_t circle_bytes(const std::string& type, uint64_t elements) {
  static const std::map<std::string, uint64_t> kBits = {
      {"FLOAT32", 32}, {"FLOAT16", 16}, {"BFLOAT16", 16}, {"FLOAT64", 64}, {"INT4", 4},
      {"UINT4", 4},    {"INT8", 8},     {"UINT8", 8},     {"INT16", 16},   {"UINT16", 16},
      {"INT32", 32},   {"UINT32", 32},  {"INT64", 64},    {"UINT64", 64},  {"BOOL", 8}};
  const auto found = kBits.find(type);
  return found == kBits.end() ? 0 : (elements * found->second + 7) / 8;
}

CircleFile read_circle(std::span<const std::byte> bytes, const std::string& name) {
  const FlatBytes aligned(bytes);
  try {
    return Reader(aligned.get()).read();
  } catch (const Error& error) {
    Diagnostic diagnostic = error.diagnostics().front();
    diagnostic.where = name;
    throw Error(error.kind(), std::move(diagnostic)).with(error.status());
  }
}

CircleFile read_circle(const std::filesystem::path& file) {
  return read_circle(MappedFile::open(file)->bytes(), file.string());
}

}  // namespace vernier::core
