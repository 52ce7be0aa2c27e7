// A plugin of this SDK in a host of ABI 1.1: what that host lacks is said in words, the rest works.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "vernier/module.h"
#include "vernier/observer.h"

namespace vernier {
namespace {

// Tables as 1.1 had them: they end before what 1.2 appended.
const vernier_context_interface kContext = {VERNIER_SIZE_UP_TO(vernier_context_interface, dtype),
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr};

vernier_status config(void*, vernier_module, vernier_string* json) {
  *json = {"{}", 2};
  return VERNIER_OK;
}
vernier_status parameter(void*, vernier_module, const vernier_parameter_declaration* wanted,
                         vernier_parameter* result) {
  *result = wanted->name.length;
  return VERNIER_OK;
}
const vernier_module_interface kModule = {VERNIER_SIZE_UP_TO(vernier_module_interface, scalar),
                                          &config,
                                          nullptr,
                                          &parameter,
                                          nullptr,
                                          nullptr,
                                          nullptr,
                                          nullptr};

const void* get_interface(void*, vernier_string id) {
  const std::string name(id.data, id.length);
  if (name == VERNIER_CONTEXT) return &kContext;
  return name == VERNIER_MODULE ? &kModule : nullptr;
}
const vernier_host kOldHost = {VERNIER_SIZE_UP_TO(vernier_host, get_interface),
                               nullptr,
                               nullptr,
                               nullptr,
                               nullptr,
                               nullptr,
                               &get_interface};

template <typename Body>
void expect_unimplemented(const std::string& text, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), VERNIER_UNIMPLEMENTED);
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    return;
  }
  ADD_FAILURE() << "no error; wanted: " << text;
}

TEST(OlderHost, WhatItLacksIsSaidInWords) {
  host_table() = &kOldHost;
  Module m(1);
  Context c(2);
  EXPECT_FALSE(Context::has_tables());
  expect_unimplemented("this host is older than ABI 1.2 and has no tables", [&] {
    c.table<float>("cos", {2}, {1, 0});
  });
  expect_unimplemented("this host is older than ABI 1.2 and has no ties", [&] { m.tie(Site(3), "act_in"); });
  expect_unimplemented("this host is older than ABI 1.2 and observes all rows",
                       [&] { c.quantize(Site(3), Value(4), Value(5)); });
  expect_unimplemented("this host is older than ABI 1.2 and has no blocks", [&] {
    m.parameter("w", {2, 4}, per_block(4));
  });
  const char* const whole = "this host is older than ABI 1.2: a parameter is one whole tensor of its name";
  expect_unimplemented(whole, [&] { m.constant("q", {2}, Source().tensor("qkv")); });
  expect_unimplemented(whole, [&] { m.parameter("q", {2}, {}, Source().part(0, 0, 2)); });
  expect_unimplemented(whole, [&] { m.bias("q", {2}, Source().alias("qkv")); });
  EXPECT_EQ(m.parameter("weight", {2}, per_tensor()).handle(), 6u);
  host_table() = nullptr;
}

// What it hands to an observer is shorter than what this SDK knows.
TEST(OlderHost, ASpecEndsWhereItsHostEnds) {
  struct Kept : Observer {
    Kept(const vernier_spec& given, const Options&) : Observer(given) {}
    void reset() override {}
    void collect(const TensorView&) override {}
    void qparams(vernier_qparams& result) override {
      result.count = spec().size;
      result.kind = static_cast<uint32_t>(site().size() + block().size());
    }
  };
  vernier_spec spec;
  std::memset(&spec, 0xff, sizeof spec);  // what stands behind it is not the host's
  spec.size = VERNIER_SIZE_UP_TO(vernier_spec, count);
  void* instance = nullptr;
  using Thunks = detail::ObserverThunks<Kept>;
  ASSERT_EQ(Thunks::create(nullptr, &spec, {"{}", 2}, &instance), VERNIER_OK);
  vernier_qparams result{};
  ASSERT_EQ(Thunks::qparams(instance, &result), VERNIER_OK);
  EXPECT_EQ(result.count, VERNIER_SIZE_UP_TO(vernier_spec, count)) << "what it hands to the kernels";
  EXPECT_EQ(result.kind, 0u) << "no site, no block";
  Thunks::destroy(instance);
}

}  // namespace
}  // namespace vernier
