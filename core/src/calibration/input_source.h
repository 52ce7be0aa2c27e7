// The samples that calibration and evaluation run on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "device/op_rules.h"
#include "tensor/tensor.h"

namespace vernier::core {

class Processor;
struct SamplesManifest;

// Any thread may ask for any sample, in any order and as often as it likes; equal indices give equal bytes.
class InputSource {
 public:
  virtual ~InputSource() = default;
  [[nodiscard]] virtual uint64_t samples() const = 0;
  // One tensor per input name, in their order: float32, int32, int64 or bool. Made or read on this call, kept
  // by the caller alone. Throws Error (kData) naming file, tensor and sample. `index` is below samples().
  [[nodiscard]] virtual std::vector<Tensor> sample(uint64_t index) const = 0;
  // Whether some inputs are outputs of another unit, so that a quantized run gets other numbers than a float
  // run.
  [[nodiscard]] virtual bool is_fed() const { return false; }
  // The same sample where what feeds it ran quantized: other numbers than `sample(index)` only if is_fed().
  [[nodiscard]] virtual std::vector<Tensor> quantized_sample(uint64_t index) const { return sample(index); }
  // Who ran sample `index` in float by itself says what came out: a source whose later samples, or those of
  // another source, stand on that need not run it again. By default nothing happens.
  virtual void made(uint64_t /*index*/, std::vector<Tensor> /*outputs*/) const {}
  // Who ran through the samples says so: what was kept to make them may go. They can be had again.
  virtual void release() const {}
  // In memory, of what is kept to make samples: so much from now on, the rest elsewhere.
  virtual void limit(uint64_t /*most_bytes*/) const {}
  // What `sample(index)` would give, without its elements where the source can say it cheaper.
  [[nodiscard]] virtual std::vector<TensorType> types(uint64_t index) const {
    return types_of(sample(index));
  }
  // A text that only sources of the same samples have, where that is cheaper than to read them; else empty.
  [[nodiscard]] virtual std::string identity() const { return {}; }
  // What the samples consist of; null where no processor made them. Lives as long as the source.
  [[nodiscard]] virtual const SamplesManifest* manifest() const { return nullptr; }
};

// The processor of that name with these options (a JSON object), for the recipe's checkpoint. Throws Error.
using ProcessorOpener =
    std::function<std::shared_ptr<const Processor>(const std::string& name, const std::string& options)>;

// The same for every source: of one without a text, SHA-256 of its samples, which are read one by one.
[[nodiscard]] std::string samples_identity(const InputSource& source);

// `description` is one of
//   {"kind": "safetensors", "path": "calibration.safetensors", "tensors": "{input}.{sample}"}
//       A tensor per input and sample; "tensors" is the pattern of their names, this one by default. Without
//       {sample}: one sample.
//   {"kind": "npy", "path": "x_{sample}.npy"}
//       A file per sample (and per {input}, needed with more than one). Without {sample}: samples along axis
//       0, each of which keeps a leading extent of 1.
//   {"kind": "jsonl", "path": "sentences.jsonl"}
//       A line per sample: {"<input>": [[101, 7592, 102]], ...}. Integers give int32, other numbers float32
//       (see jsonl.h).
//   {"kind": "synthetic", "seed": 7, "inputs": {"<input>": {"shape": [1, 264, 768], "dtype": "float32",
//   "distribution": ...}}}
//       Random numbers (see random_description.h); `seed` unless it has its own. As many as are wanted.
//   {"kind": "prompts", "path": "samples.jsonl", "processor": "…", "options": {…}, "lacking": "refuse"}
//       A line per sample, which is a request to a processor (abi/draft/processor.h); in a .txt file a text a
//       line, without empty lines and such that begin with "#"; of a .csv file a text a row, of "column"
//       (also a key of a .jsonl file's objects). "skip": lines at the beginning that are left out. Each line
//       is made into inputs once when the source is opened, and again when it is asked for and is large. A
//       line that lacks an input of the entry is refused, or left out ("skip").
// Samples are counted from 0 as long as every input has one. Float inputs become float32; int8, uint8, int16,
// uint16 become int32, uint32 becomes int64; int32, int64 and bool stay.
//
// Paths are relative to `base`. `wanted` samples are there or it is an error that names their number; none
// takes all there are. Throws Error (kUsage) at `where` for a bad description, Error (kData) for files that
// are missing, broken or too few.
std::unique_ptr<InputSource> open_inputs(const nlohmann::json& description, const std::filesystem::path& base,
                                         const std::vector<std::string>& input_names,
                                         std::optional<uint64_t> wanted, uint64_t seed,
                                         const std::string& where,
                                         const ProcessorOpener& open_processor = {});

}  // namespace vernier::core
