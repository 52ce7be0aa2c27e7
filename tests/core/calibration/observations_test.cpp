// What is kept between runs comes back as it was; bytes that nobody vouches for are refused.
#include "calibration/observations.h"

#include <gtest/gtest.h>

#include <random>

#include "observations_generated.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

Observations two_sites() {
  return {R"({"units": []})",
          {{"model.norm/act_in", "range", "ab12", Granularity::kTensor, -1, {1, 16, 32}, 20, {"\0\1\2\3", 4}},
           {"model/declared", "", "", Granularity::kChannel, 2, {4, 1, 8}, 1, {}}}};
}

TEST(Observations, ComeBackAsTheyWere) {
  const Observations kept = two_sites();
  const std::vector<std::byte> bytes = write_observations(kept);
  const Observations read = read_observations(bytes);
  EXPECT_EQ(read.identity, kept.identity);
  EXPECT_EQ(read.sites, kept.sites);
  EXPECT_EQ(write_observations(read), bytes);
}

TEST(Observations, OtherBytesAreRefused) {
  const auto refuse = [](const std::vector<std::byte>& bytes) {
    test::expect_error(ErrorKind::kData, "these are no kept observations",
                       [&] { (void)read_observations(bytes); });
  };
  refuse({});
  refuse(std::vector<std::byte>(64, std::byte{0x41}));
  std::vector<std::byte> cut = write_observations(two_sites());
  cut.resize(cut.size() / 2);
  refuse(cut);
}

TEST(Observations, NumbersThatNoSiteHasAreRefused) {
  const auto refuse = [](const auto& spoil) {
    Observations kept = two_sites();
    spoil(kept.sites[1]);
    test::expect_error(ErrorKind::kData, "observations of site model/declared are damaged",
                       [&] { (void)read_observations(write_observations(kept)); });
  };
  refuse([](SiteObservation& site) { site.collected = 0; });
  refuse([](SiteObservation& site) { site.shape = {4, 0, 8}; });
  refuse([](SiteObservation& site) { site.shape = {-1}; });
  refuse([](SiteObservation& site) { site.shape.assign(kMaxRank + 1, 1); });
}

// 10,000 sites that all have the same MiB would be 10 GiB.
TEST(Observations, TablesThatShareTooMuchAreRefused) {
  namespace fbs = vernier::journal;
  flatbuffers::FlatBufferBuilder builder;
  const auto bytes = builder.CreateVector(std::vector<uint8_t>(size_t{1} << 20));
  const auto site = fbs::CreateSite(builder, 0, 0, 0, fbs::Granularity::Tensor, -1, 0, 1, bytes);
  const auto sites = builder.CreateVector(std::vector<flatbuffers::Offset<fbs::Site>>(10'000, site));
  fbs::FinishObservationsBuffer(builder, fbs::CreateObservations(builder, 0, sites, 0));
  const auto* begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  test::expect_error(ErrorKind::kData, "their tables share too much", [&] {
    (void)read_observations({begin, builder.GetSize()});
  });
}

TEST(Observations, AnyChangedByteIsWithoutMeaningOrRefused) {
  const std::vector<std::byte> good = write_observations(two_sites());
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes = good;
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = std::byte(random());
    try {
      const Observations read = read_observations(bytes);  // padding, or the bytes as they were
      EXPECT_EQ(read.sites, two_sites().sites);
      EXPECT_EQ(read.identity, two_sites().identity);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
    }
  }
}

}  // namespace
}  // namespace vernier::core
