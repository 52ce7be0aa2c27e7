#include "quantization/affine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

QParams qparams(DType dtype, Scheme scheme, bool per_tensor, const std::vector<float>& lo,
                const std::vector<float>& hi) {
  QParams q{dtype,
            scheme,
            per_tensor ? -1 : 0,
            false,
            std::vector<float>(lo.size()),
            std::vector<int32_t>(lo.size())};
  affine_qparams(dtype, scheme, per_tensor, lo, hi, q.scale, q.zero_point);
  return q;
}

TEST(Affine, GivesTheNumbersOfTico) {
  const auto table = nlohmann::json::parse(std::ifstream(VERNIER_SOURCE_DIR "/tests/data/affine.json"));
  const auto lo = table["lo"].get<std::vector<float>>();
  const auto hi = table["hi"].get<std::vector<float>>();
  ASSERT_EQ(table["cases"].size(), 16u);
  for (const auto& row : table["cases"]) {
    const DType dtype = DType::parse(row["dtype"].get<std::string>());
    const Scheme scheme = row["scheme"] == "symmetric" ? Scheme::kSymmetric : Scheme::kAsymmetric;
    for (size_t i = 0; i < lo.size(); ++i) {
      const QParams q = qparams(dtype, scheme, row["per_tensor"], {lo[i]}, {hi[i]});
      EXPECT_EQ(std::bit_cast<uint32_t>(q.scale[0]), std::bit_cast<uint32_t>(row["scale"][i].get<float>()))
          << dtype.name() << " " << row["scheme"] << " per_tensor " << row["per_tensor"] << " [" << lo[i]
          << ", " << hi[i] << "]";
      EXPECT_EQ(q.zero_point[0], row["zero_point"][i].get<int32_t>())
          << dtype.name() << " " << row["scheme"] << " per_tensor " << row["per_tensor"] << " [" << lo[i]
          << ", " << hi[i] << "]";
    }
  }
}

TEST(Affine, TreatsEveryChannelAlone) {
  const QParams q = qparams(kUInt8, Scheme::kAsymmetric, false, {-1, 0, 3, 2}, {1, 255, 3, 510});
  EXPECT_THAT(q.scale, testing::ElementsAre(2.0f / 255, 1, 3.0f / 255, 2));
  EXPECT_THAT(q.zero_point, testing::ElementsAre(127, 0, 0, 0));
}

TEST(Affine, AConstantTensorIsExact) {
  for (float value : {1e-5f, 0.1f, 3.3f, 1e30f, -1e-5f, -0.1f, -3.3f, -1e30f}) {
    for (DType dtype : {kUInt8, kInt16, kUInt4}) {
      const QParams q = qparams(dtype, Scheme::kAsymmetric, true, {value}, {value});
      const auto code = std::nearbyint(value / q.scale[0]) + static_cast<float>(q.zero_point[0]);
      EXPECT_GE(code, static_cast<float>(dtype.qmin()));
      EXPECT_LE(code, static_cast<float>(dtype.qmax()));
      EXPECT_EQ((code - static_cast<float>(q.zero_point[0])) * q.scale[0], value);
    }
  }
}

TEST(Affine, NamesWhatIsWrong) {
  struct Case {
    DType dtype;
    Scheme scheme;
    bool per_tensor;
    std::vector<float> lo, hi;
    ErrorKind kind;
    const char* what;
    const char* where;
  };
  const Case cases[] = {
      {kUInt8, Scheme::kAsymmetric, true, {kInf}, {-kInf}, ErrorKind::kData, "nothing was collected", ""},
      {kUInt8,
       Scheme::kAsymmetric,
       false,
       {0, 0, 2},
       {1, 1, 1},
       ErrorKind::kData,
       "nothing was collected",
       "channel 2"},
      {kInt8,
       Scheme::kSymmetric,
       false,
       {0, std::nanf("")},
       {1, 1},
       ErrorKind::kData,
       "not finite",
       "channel 1"},
      {kInt8, Scheme::kSymmetric, true, {0}, {std::nanf("")}, ErrorKind::kData, "not finite", ""},
      {kUInt8, Scheme::kAsymmetric, true, {-kInf}, {0}, ErrorKind::kData, "not finite", ""},
      {kUInt8, Scheme::kAsymmetric, true, {0}, {kInf}, ErrorKind::kData, "not finite", ""},
      {kUInt8, Scheme::kAsymmetric, true, {-3e38f}, {3e38f}, ErrorKind::kData, "not finite", ""},
      {kUInt8, Scheme::kSymmetric, true, {0}, {1}, ErrorKind::kUsage, "uint8 cannot be symmetric", ""},
      {kFloat32, Scheme::kAsymmetric, true, {0}, {1}, ErrorKind::kUsage, "float32 has no qparams", ""},
      {kInt32, Scheme::kSymmetric, true, {0}, {1}, ErrorKind::kUsage, "int32 has no qparams", ""},
      {kUInt8, Scheme::kAsymmetric, true, {0, 0}, {1, 1}, ErrorKind::kInternal, "2 and 2 bounds", ""},
      {kUInt8, Scheme::kAsymmetric, false, {0, 0}, {1}, ErrorKind::kInternal, "2 and 1 bounds", ""},
  };
  for (const Case& c : cases) {
    try {
      qparams(c.dtype, c.scheme, c.per_tensor, c.lo, c.hi);
      FAIL() << c.what;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), c.kind) << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(c.what));
      EXPECT_EQ(error.diagnostics()[0].where, c.where);
    }
  }
}

TEST(Affine, SymmetricRangesMayBeAsWideAsFloat) {
  const QParams q = qparams(kInt8, Scheme::kSymmetric, true, {-3e38f}, {3e38f});
  EXPECT_EQ(q.scale[0], 3e38f / 127);
}

}  // namespace
}  // namespace vernier::core
