// Sizes that yesterday's plugins were built with. The slots themselves are frozen in the headers by
// static_assert.
#include <gtest/gtest.h>

#include "abi/sized.h"
#include "vernier/abi/backend.h"
#include "vernier/abi/context.h"
#include "vernier/abi/entry.h"
#include "vernier/abi/executor.h"
#include "vernier/abi/graph.h"
#include "vernier/abi/json.h"
#include "vernier/abi/kernels.h"
#include "vernier/abi/manifest.h"
#include "vernier/abi/module.h"
#include "vernier/abi/observer.h"
#include "vernier/abi/ops.h"
#include "vernier/abi/results.h"
#include "vernier/abi/sink.h"
#include "vernier/abi/tensor.h"
#include "vernier/abi/wrapper.h"

namespace {

// A struct may grow; it never shrinks below what 1.0 had.
TEST(Layout, StructsOfVersionOneZeroKeepTheirSizes) {
  EXPECT_EQ(sizeof(vernier_string), 16u);
  EXPECT_EQ(sizeof(vernier_dtype), 4u);
  EXPECT_EQ(sizeof(vernier_argument), 16u);
  EXPECT_EQ(sizeof(vernier_manifest_header), 64u);
  EXPECT_GE(sizeof(vernier_tensor), 40u);
  EXPECT_GE(sizeof(vernier_host), 56u);
  EXPECT_GE(sizeof(vernier_entry), 32u);
  EXPECT_GE(sizeof(vernier_spec), 48u);
  EXPECT_GE(sizeof(vernier_qparams), 40u);
  EXPECT_GE(sizeof(vernier_site_declaration), 64u);
  EXPECT_GE(sizeof(vernier_parameter_declaration), 64u);
  EXPECT_GE(sizeof(vernier_module_interface), 56u);
  EXPECT_GE(sizeof(vernier_context_interface), 48u);
  EXPECT_GE(sizeof(vernier_ops_interface), 24u);
  EXPECT_GE(sizeof(vernier_kernels_interface), 24u);
  EXPECT_GE(sizeof(vernier_json_interface), 56u);
  EXPECT_GE(sizeof(vernier_graph_value), 88u);
  EXPECT_GE(sizeof(vernier_graph_node), 88u);
  EXPECT_GE(sizeof(vernier_graph_interface), 80u);
  EXPECT_GE(sizeof(vernier_sink_interface), 16u);
  EXPECT_GE(sizeof(vernier_wrapper), 32u);
  EXPECT_GE(sizeof(vernier_observer), 48u);
  EXPECT_GE(sizeof(vernier_backend), 16u);
}

TEST(Layout, WhatOneOneAddedKeepsItsSize) {
  EXPECT_GE(sizeof(vernier_sink_interface), 24u);
  EXPECT_GE(sizeof(vernier_results_interface), 16u);
  EXPECT_GE(sizeof(vernier_executor), 48u);
  EXPECT_GE(sizeof(vernier_kernels_interface), 32u);
  EXPECT_GE(sizeof(vernier_graph_value), 96u);
}

TEST(Layout, WhatOneTwoAdded) {
  EXPECT_EQ(sizeof(vernier_tensor), 56u);
  EXPECT_EQ(VERNIER_SIZE_UP_TO(vernier_tensor, flags), 40u)
      << "the stride of an executor's inputs before 1.2";
  EXPECT_EQ(VERNIER_SIZE_UP_TO(vernier_tensor, range_of), sizeof(vernier_tensor));
  EXPECT_EQ(sizeof(vernier_backend), 24u);
  EXPECT_EQ(sizeof(vernier_observer), 64u);
  EXPECT_EQ(sizeof(vernier_graph_value), 120u);
  EXPECT_EQ(sizeof(vernier_graph_interface), 88u);
  EXPECT_EQ(sizeof(vernier_kernels_interface), 40u);
  EXPECT_EQ(sizeof(vernier_spec), 80u);
  EXPECT_EQ(VERNIER_SIZE_UP_TO(vernier_spec, count), 48u) << "what observers before 1.2 are handed";
  EXPECT_EQ(sizeof(vernier_site_declaration), 104u);
  EXPECT_EQ(sizeof(vernier_parameter_declaration), 120u);
  EXPECT_EQ(sizeof(vernier_module_interface), 64u);
  EXPECT_EQ(sizeof(vernier_context_interface), 64u);
}

struct Old {
  uint64_t size;
  uint64_t first;
};
struct New {
  uint64_t size;
  uint64_t first;
  uint64_t second;
};

TEST(ReadSized, TakesWhatBothSidesKnowAndZeroForTheRest) {
  const New written = {VERNIER_SIZE_UP_TO(New, second), 1, 2};
  const Old cut = vernier::core::read_sized(reinterpret_cast<const Old*>(&written));
  EXPECT_EQ(cut.first, 1u);
  const New honest_about_less = {VERNIER_SIZE_UP_TO(New, first), 1, 99};
  EXPECT_EQ(vernier::core::read_sized(&honest_about_less).second, 0u)
      << "what lies behind the writer's size is no field";
}

}  // namespace
