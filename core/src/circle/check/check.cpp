// A Circle or TFLite file held to its rules, one kind after the other.
#include <algorithm>
#include <cstring>

#include "circle/check/checked_model.h"
#include "file/flat_bytes.h"

namespace vernier::core {

namespace {

constexpr uint32_t kMaxDepth = 16;
constexpr uint64_t kMaxTables = 4'000'000;

}  // namespace

std::string check_circle(std::span<const std::byte> bytes, const Profile* profile, const RunControl& control,
                         Findings& found) {
  const FlatBytes aligned(bytes);
  CheckedModel model;
  model.control = &control;
  model.bytes = aligned.get();
  model.profile = profile;
  model.is_tflite = std::memcmp(model.bytes.data() + 4, "TFL3", 4) == 0;
  const auto* data = reinterpret_cast<const uint8_t*>(model.bytes.data());
  const size_t head = std::min<uint64_t>(model.bytes.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
  // The verifier's work is bounded by the file: a table takes at least 4 bytes of one that shares nothing.
  flatbuffers::Verifier verifier(
      data, head, kMaxDepth,
      static_cast<flatbuffers::uoffset_t>(std::min<uint64_t>(kMaxTables, head / 4 + 16)));
  if (!verifier.VerifyBuffer<circle::Model>(nullptr)) {
    model.error("flatbuffer", "the file",
                "an offset leads out of the file, a table is damaged, or it nests too deep");
  } else {
    model.table = flatbuffers::GetRoot<circle::Model>(data);
    read_model(model);
    for (const auto check : {check_structure, check_constants, check_operators, check_shapes,
                             check_quantization, check_profile}) {
      control.check();
      check(model);
    }
  }
  found = std::move(static_cast<Findings&>(model));
  return model.is_tflite ? "tflite" : "circle";
}

}  // namespace vernier::core
