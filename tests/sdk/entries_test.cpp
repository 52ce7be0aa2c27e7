// A wrapper's row against the list of its manifest: what VERNIER_PLUGIN asserts when a library is compiled.
#include <gtest/gtest.h>

#include <iterator>

#include "vernier/wrapper.h"

namespace vernier {
namespace {

class Plain : public Wrapper {
 public:
  explicit Plain(Module&) {}
  Value forward(Context&, Value x) { return x; }
  std::vector<Value> decode(Context&, Value x, Value past) { return {x, past}; }
};
class Table : public Wrapper {
 public:
  explicit Table(Module&) {}
  Value embed(Context&, Value ids) { return ids; }
  std::vector<Value> step(Context&, Value x, Value past, Value mask) { return {x, past, mask}; }
};

class Stack : public Wrapper {
 public:
  explicit Stack(Module&) {}
  Value forward(Context&, Value x, const std::vector<Value>&) { return x; }
};

constexpr auto kStack = wrapper<Stack>("Stack");
constexpr auto kPlain = wrapper<Plain>("Plain");
constexpr auto kTable = wrapper<Table>("Table").entry("embed", &Table::embed).entry("step", &Table::step);

template <typename Row, size_t kCount>
constexpr bool fits(const Row& row, const ManifestEntry (&entries)[kCount]) {
  return row.fits(entries, entries + kCount);
}

TEST(Entries, OfAClassAreThoseItHas) {
  constexpr ManifestEntry both[] = {{"Plain", "forward", 1}, {"Plain", "decode", 2}, {"Other", "x", 7}};
  constexpr ManifestEntry one[] = {{"Plain", "decode", 2}};
  constexpr ManifestEntry prefill[] = {{"Plain", "forward", 1}, {"Plain", "prefill", 1}};
  constexpr ManifestEntry inputs[] = {{"Plain", "forward", 2}};
  static_assert(fits(kPlain, both));
  EXPECT_TRUE(fits(kPlain, one)) << "the manifest may offer fewer";
  EXPECT_FALSE(fits(kPlain, prefill)) << "the class has no prefill";
  EXPECT_FALSE(fits(kPlain, inputs));
}

TEST(Entries, OfATableAreThoseOfTheManifestAndNoOther) {
  constexpr ManifestEntry both[] = {{"Table", "step", 3}, {"Table", "embed", 1}};
  constexpr ManifestEntry one[] = {{"Table", "embed", 1}};
  constexpr ManifestEntry more[] = {{"Table", "step", 3}, {"Table", "embed", 1}, {"Table", "forward", 1}};
  constexpr ManifestEntry inputs[] = {{"Table", "step", 2}, {"Table", "embed", 1}};
  static_assert(fits(kTable, both));
  EXPECT_FALSE(fits(kTable, one)) << "the table has an entry that the manifest hides";
  EXPECT_FALSE(fits(kTable, more));
  EXPECT_FALSE(fits(kTable, inputs));
}

TEST(Entries, MayTakeAsManyInputsAsTheConfigSays) {
  constexpr ManifestEntry open[] = {{"Stack", "forward", 1, true}};
  constexpr ManifestEntry fixed[] = {{"Stack", "forward", 1}};
  constexpr ManifestEntry more[] = {{"Stack", "forward", 2, true}};
  constexpr ManifestEntry of_plain[] = {{"Plain", "forward", 1, true}};
  static_assert(fits(kStack, open));
  EXPECT_FALSE(fits(kStack, fixed)) << "the manifest names all of its inputs";
  EXPECT_FALSE(fits(kStack, more));
  EXPECT_FALSE(fits(kPlain, of_plain)) << "the class takes one input";
}

}  // namespace
}  // namespace vernier
