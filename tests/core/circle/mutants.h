// One field of a good file changed, and the rule that must notice. Made through FlatBuffers' object form of
// the schema.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "circle_objects.h"

namespace vernier::core::testing {

using ModelObject = circle::ModelT;

struct Mutant {
  std::string name;  // "scale of tensor 3 is 0"
  const char* rule;
  const char* profile;
  std::function<void(ModelObject&)> change;
};

// Every place of `model` where a rule can be broken by one field, at most `per_kind` of each kind.
std::vector<Mutant> mutants_of(const ModelObject& model, size_t per_kind);

}  // namespace vernier::core::testing
