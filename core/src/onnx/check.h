// The rules of the ONNX format that a file of quantized tensors lives by, and those of a consumer.
#pragma once

#include <cstddef>
#include <span>

#include "profile/findings.h"
#include "vernier/core/profiles.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// Findings "onnx" (cannot be read), "opset", "names", "constant", "quantization", and "profile-NAME" unless
// `profile` is null. Sources: README.md. Throws a stop where `control` asks for one.
void check_onnx(std::span<const std::byte> bytes, const Profile* profile, const RunControl& control,
                Findings& found);

// Throws Error (kData) with the profile's file for a type that ONNX does not have, and for a demand about
// scales: in ONNX those are operands of QuantizeLinear and DequantizeLinear, not a part of a tensor.
void require_onnx_names(const Profile& profile);

}  // namespace vernier::core
