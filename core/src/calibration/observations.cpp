#include "calibration/observations.h"

#include <algorithm>

#include "file/flat_bytes.h"
#include "graph/fingerprint.h"
#include "observations_generated.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

namespace fbs = vernier::journal;

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

// Tables that share their vectors can ask for far more than the file holds.
class Allowance {
 public:
  explicit Allowance(uint64_t file_bytes) : left_((uint64_t{1} << 20) + 8 * file_bytes) {}
  void take(const fbs::Site& site) {
    constexpr uint64_t kTable = sizeof(SiteObservation);
    const auto size = [](const auto* list) { return list == nullptr ? 0 : uint64_t{list->size()}; };
    const uint64_t bytes = kTable + size(site.path()) + size(site.state()) + size(site.library()) +
                           sizeof(int64_t) * size(site.shape()) + size(site.bytes());
    if (bytes > left_) throw data_error("the kept observations are damaged: their tables share too much");
    left_ -= bytes;
  }

 private:
  uint64_t left_;
};

SiteObservation read_site(const fbs::Site& site) {
  SiteObservation result;
  result.site = text_of(site.path());
  result.state = text_of(site.state());
  result.library = text_of(site.library());
  const bool is_channel = site.granularity() == fbs::Granularity::Channel;
  result.granularity = is_channel ? Granularity::kChannel : Granularity::kTensor;
  result.axis = site.axis();
  result.shape = flat_list(site.shape());
  result.collected = site.collected();
  if (site.bytes() != nullptr)
    result.bytes.assign(reinterpret_cast<const char*>(site.bytes()->data()), site.bytes()->size());
  const bool has_shape = result.shape.size() <= kMaxRank &&
                         std::ranges::all_of(result.shape, [](int64_t extent) { return extent > 0; });
  if (result.collected == 0 || !has_shape || site.granularity() > fbs::Granularity::MAX)
    throw data_error("the kept observations of site " + result.site + " are damaged");
  return result;
}

// A state whose bits have flipped may be one all the same, and give other qparams.
std::string checksum_of(const Observations& observations) {
  Fingerprint sum;
  sum.add(std::string_view(observations.identity));
  for (const SiteObservation& one : observations.sites) {
    sum.add(std::string_view(one.site)).add(std::string_view(one.state)).add(std::string_view(one.library));
    sum.add(static_cast<int64_t>(one.granularity)).add(one.axis).add(std::span(one.shape));
    sum.add(static_cast<int64_t>(one.collected)).add(std::string_view(one.bytes));
  }
  return sum.finish();
}

}  // namespace

std::vector<std::byte> write_observations(const Observations& observations) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<fbs::Site>> sites;
  sites.reserve(observations.sites.size());
  for (const SiteObservation& one : observations.sites) {
    const auto path = builder.CreateString(one.site);
    const auto state = builder.CreateString(one.state);
    const auto library = builder.CreateString(one.library);
    const auto shape = builder.CreateVector(one.shape);
    const auto bytes =
        builder.CreateVector(reinterpret_cast<const uint8_t*>(one.bytes.data()), one.bytes.size());
    const auto granularity =
        one.granularity == Granularity::kChannel ? fbs::Granularity::Channel : fbs::Granularity::Tensor;
    sites.push_back(
        fbs::CreateSite(builder, path, state, library, granularity, one.axis, shape, one.collected, bytes));
  }
  const auto identity = builder.CreateString(observations.identity);
  const auto all = builder.CreateVector(sites);
  const auto checksum = builder.CreateString(checksum_of(observations));
  fbs::FinishObservationsBuffer(builder, fbs::CreateObservations(builder, identity, all, checksum));
  const auto* begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {begin, begin + builder.GetSize()};
}

Observations read_observations(std::span<const std::byte> bytes) {
  const FlatBytes aligned(bytes);
  const uint8_t* data = aligned.data();
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!fbs::VerifyObservationsBuffer(verifier)) throw data_error("these are no kept observations");
  const fbs::Observations* root = fbs::GetObservations(data);
  Observations result;
  result.identity = text_of(root->identity());
  if (root->sites() != nullptr) {
    Allowance allowance(bytes.size());
    for (const fbs::Site* site : *root->sites()) {
      allowance.take(*site);
      result.sites.push_back(read_site(*site));
    }
  }
  if (text_of(root->checksum()) != checksum_of(result)) throw data_error("the kept observations are damaged");
  return result;
}

}  // namespace vernier::core
