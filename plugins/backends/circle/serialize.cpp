#include "serialize.h"

#include <vernier/error.h>

#include <algorithm>
#include <array>
#include <vector>

namespace circle_backend {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

constexpr uint64_t kAlignment = 16;
constexpr uint64_t kChunk = 1 << 20;

uint64_t aligned(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t table_bytes(const Subgraph& subgraph) {
  uint64_t bytes = subgraph.name.size();
  for (const Tensor& tensor : subgraph.tensors)
    bytes += 256 + tensor.name.size() + 8 * tensor.shape.size() + 12 * tensor.element.qparams.scale.size();
  for (const auto* names : {&subgraph.input_names, &subgraph.output_names}) {
    for (const std::string& name : *names) bytes += 64 + name.size();
  }
  for (const Operator& op : subgraph.operators) bytes += 512 + 4 * (op.inputs.size() + op.outputs.size());
  return bytes;
}

// An upper bound of what the tables take; constants not counted.
uint64_t table_bytes(const Model& model) {
  uint64_t bytes = 4096 + 64 * model.buffers.size() + 64 * model.codes.size() + model.description.size();
  for (const Subgraph& subgraph : model.subgraphs) {
    bytes += table_bytes(subgraph);
    if (model.subgraphs.size() > 1) bytes += 256 + subgraph.key.size();
  }
  return bytes;
}

uint64_t constant_bytes(const Model& model) {
  uint64_t bytes = 0;
  for (const Data& data : model.buffers) bytes += aligned(data.length) + kAlignment;
  return bytes;
}

void copy(const Data& data, const ReadConstant& read, uint64_t offset, void* destination, uint64_t length) {
  if (data.source == Data::Source::kGraph) {
    read(data.graph, data.value, offset, destination, length);
    if (data.flip == 0) return;
    auto* bytes = static_cast<uint8_t*>(destination);
    std::transform(bytes, bytes + length, bytes,
                   [&](uint8_t each) { return static_cast<uint8_t>(each ^ data.flip); });
  } else {
    std::copy_n(data.bytes.data() + offset, length, static_cast<std::byte*>(destination));
  }
}

// Where constants stand behind the FlatBuffer; empty: inside it.
using Places = std::vector<uint64_t>;

// A constant inside the FlatBuffer for which the builder has room but no bytes: they go straight into the
// file, so that no second copy of all constants is in memory.
struct Hole {
  uint64_t from_end = 0;  // of its first byte
  const Data* data = nullptr;
};
using Holes = std::vector<Hole>;  // in the order of building, which is from the end to the front

constexpr uint64_t kLeastHole = 4096;

Offset<circle::Buffer> build_buffer(FlatBufferBuilder& b, const Data& data, const ReadConstant& read,
                                    const uint64_t* place, Holes& holes) {
  if (data.source == Data::Source::kNone) return circle::CreateBuffer(b);
  if (place != nullptr && data.length > 0) return circle::CreateBuffer(b, 0, *place, data.length);
  b.ForceVectorAlignment(static_cast<size_t>(data.length), sizeof(uint8_t), kAlignment);
  uint8_t* bytes = nullptr;
  const Offset<flatbuffers::Vector<uint8_t>> vector(
      b.CreateUninitializedVector(static_cast<size_t>(data.length), sizeof(uint8_t), &bytes));
  if (data.length < kLeastHole)
    copy(data, read, 0, bytes, data.length);
  else
    holes.push_back({vector.o - sizeof(flatbuffers::uoffset_t), &data});  // behind the vector's length
  return circle::CreateBuffer(b, vector);
}

Offset<circle::Tensor> build_tensor(FlatBufferBuilder& b, const Tensor& tensor) {
  // As converters and importers have it: 1 where an extent is open, and -1 in the signature.
  const std::vector<int32_t> signature(tensor.shape.begin(), tensor.shape.end());
  std::vector<int32_t> shape = signature;
  std::replace(shape.begin(), shape.end(), static_cast<int32_t>(kOpen), 1);
  Offset<circle::QuantizationParameters> quantization = 0;
  const QParams& q = tensor.element.qparams;
  if (q.is_set()) {
    const std::vector<int64_t> zero_point(q.zero_point.begin(), q.zero_point.end());
    const int32_t axis = q.is_per_tensor() ? 0 : static_cast<int32_t>(q.axis);
    quantization = circle::CreateQuantizationParametersDirect(b, nullptr, nullptr, &q.scale, &zero_point,
                                                              circle::QuantizationDetails::NONE, 0, axis);
  }
  return circle::CreateTensorDirect(b, &shape, tensor_type(tensor.element.dtype, tensor.name), tensor.buffer,
                                    tensor.name.c_str(), quantization, false, 0,
                                    shape == signature ? nullptr : &signature);
}

Offset<circle::Operator> build_operator(FlatBufferBuilder& b, const Operator& op) {
  const Offset<void> options = op.options.write ? op.options.write(b) : Offset<void>(0);
  return circle::CreateOperatorDirect(b, op.code, &op.inputs, &op.outputs, op.options.member, options);
}

// Inputs and outputs by their names in the graph.
Offset<circle::SignatureDef> build_signature(FlatBufferBuilder& b, const Subgraph& subgraph, uint32_t index) {
  const auto maps = [&](const std::vector<TensorIndex>& tensors, const std::vector<std::string>& names) {
    std::vector<Offset<circle::TensorMap>> result;
    for (size_t i = 0; i < tensors.size(); ++i)
      result.push_back(circle::CreateTensorMapDirect(b, names[i].c_str(), static_cast<uint32_t>(tensors[i])));
    return result;
  };
  const std::vector<Offset<circle::TensorMap>> inputs = maps(subgraph.inputs, subgraph.input_names),
                                               outputs = maps(subgraph.outputs, subgraph.output_names);
  return circle::CreateSignatureDefDirect(b, &inputs, &outputs, subgraph.key.c_str(), index);
}

void finish(FlatBufferBuilder& b, const Model& model, const std::vector<Offset<circle::OperatorCode>>& codes,
            const std::vector<Offset<circle::SubGraph>>& subgraphs,
            const std::vector<Offset<circle::Buffer>>& buffers) {
  std::vector<Offset<circle::SignatureDef>> signatures;
  for (size_t i = 0; model.has_signatures && i < model.subgraphs.size(); ++i)
    signatures.push_back(build_signature(b, model.subgraphs[i], static_cast<uint32_t>(i)));
  const bool is_circle = model.dialect == Dialect::kCircle;
  b.Finish(
      circle::CreateModelDirect(b, is_circle ? 0 : 3, &codes, &subgraphs, model.description.c_str(), &buffers,
                                nullptr, nullptr, model.has_signatures ? &signatures : nullptr),
      is_circle ? circle::ModelIdentifier() : "TFL3");
}

struct SubgraphParts {
  std::vector<Offset<circle::Tensor>> tensors;
  std::vector<Offset<circle::Operator>> operators;
};

void build(FlatBufferBuilder& b, const Model& model, const ReadConstant& read, const Places& places,
           Holes& holes) {
  std::vector<Offset<circle::Buffer>> buffers;
  for (size_t i = 0; i < model.buffers.size(); ++i)
    buffers.push_back(build_buffer(b, model.buffers[i], read, places.empty() ? nullptr : &places[i], holes));
  std::vector<SubgraphParts> parts(model.subgraphs.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    for (const Tensor& tensor : model.subgraphs[i].tensors)
      parts[i].tensors.push_back(build_tensor(b, tensor));
    for (const Operator& op : model.subgraphs[i].operators)
      parts[i].operators.push_back(build_operator(b, op));
  }
  std::vector<Offset<circle::OperatorCode>> codes;
  for (circle::BuiltinOperator code : model.codes) {
    const auto for_old_readers = static_cast<int8_t>(std::min(static_cast<int32_t>(code), 127));
    // LiteRT registers BROADCAST_TO from version 2 on.
    const bool is_second = model.dialect == Dialect::kTflite && code == circle::BuiltinOperator::BROADCAST_TO;
    codes.push_back(circle::CreateOperatorCode(b, for_old_readers, 0, is_second ? 2 : 1, code));
  }
  std::vector<Offset<circle::SubGraph>> subgraphs;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Subgraph& one = model.subgraphs[i];
    subgraphs.push_back(circle::CreateSubGraphDirect(b, &parts[i].tensors, &one.inputs, &one.outputs,
                                                     &parts[i].operators, one.name.c_str()));
  }
  finish(b, model, codes, subgraphs, buffers);
  // The limits of a reader that trusts nothing; a model of any size passes.
  flatbuffers::Verifier verifier(b.GetBufferPointer(), b.GetSize(), 16, 100'000'000);
  if (!verifier.VerifyBuffer<circle::Model>(model.dialect == Dialect::kCircle ? circle::ModelIdentifier()
                                                                              : "TFL3"))
    throw vernier::Error(VERNIER_INTERNAL, "the Circle file that was built is not a valid FlatBuffer");
}

void write_zeros(const WriteBytes& write, uint64_t count) {
  constexpr std::array<std::byte, kAlignment> kZeros{};
  write(kZeros.data(), count);
}

// Offsets do not change the tables' size, so a first build tells where they end.
Places find_places(const Model& model, const ReadConstant& read, uint64_t& head) {
  Places places(model.buffers.size(), kAlignment);
  FlatBufferBuilder trial(static_cast<size_t>(table_bytes(model)));
  Holes none;
  build(trial, model, read, places, none);
  head = trial.GetSize();
  uint64_t end = aligned(head);
  for (size_t i = 0; i < places.size(); ++i) {
    places[i] = end;
    end = aligned(end + model.buffers[i].length);
  }
  return places;
}

void write_constant(const Data& data, const ReadConstant& read, const WriteBytes& write,
                    std::vector<std::byte>& chunk) {
  for (uint64_t done = 0; done < data.length; done += kChunk) {
    const uint64_t length = std::min(kChunk, data.length - done);
    chunk.resize(static_cast<size_t>(std::max<uint64_t>(length, chunk.size())));
    copy(data, read, done, chunk.data(), length);
    write(chunk.data(), length);
  }
}

// The FlatBuffer, its holes filled.
void write_inside(const FlatBufferBuilder& b, const Holes& holes, const ReadConstant& read,
                  const WriteBytes& write) {
  std::vector<std::byte> chunk;
  const uint8_t* const begin = b.GetBufferPointer();
  uint64_t done = 0;
  for (size_t i = holes.size(); i-- > 0;) {
    const uint64_t hole = b.GetSize() - holes[i].from_end;
    write(begin + done, hole - done);
    write_constant(*holes[i].data, read, write, chunk);
    done = hole + holes[i].data->length;
  }
  write(begin + done, b.GetSize() - done);
}

void write_behind(const Model& model, const ReadConstant& read, const WriteBytes& write, uint64_t head) {
  write_zeros(write, aligned(head) - head);
  std::vector<std::byte> chunk;
  for (const Data& data : model.buffers) {
    write_constant(data, read, write, chunk);
    write_zeros(write, aligned(data.length) - data.length);
  }
}

}  // namespace

void serialize(const Model& model, const ReadConstant& read, const WriteBytes& write, uint64_t inline_limit) {
  const uint64_t tables = table_bytes(model);
  if (tables > kInlineLimit)
    throw vernier::unimplemented("the model has too many tensors for one Circle file; export a part of it");
  const uint64_t whole = tables + constant_bytes(model);
  Places places;
  uint64_t head = 0;
  if (whole > inline_limit) places = find_places(model, read, head);
  FlatBufferBuilder builder(static_cast<size_t>(places.empty() ? whole : tables));
  Holes holes;
  build(builder, model, read, places, holes);
  write_inside(builder, holes, read, write);
  if (!places.empty()) write_behind(model, read, write, head);
}

}  // namespace circle_backend
