// A consumer profile's rules, held against one operator after the other, whatever the format of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vernier/core/profiles.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// One operand as rules see it. What the file does not say is not held against it: a `where` with it does not
// hold, a `require` does.
struct RuleTensor {
  std::string type;  // the format's own name; empty: not known
  bool is_constant = false;
  std::span<const float> scale;  // empty: not quantized
  std::span<const int64_t> zero_point;
  std::optional<size_t> rank;
};

// The operands of one operator.
class RuleOperands {
 public:
  virtual ~RuleOperands() = default;
  [[nodiscard]] virtual size_t count(bool is_input) const = 0;
  // Nothing where there is none.
  [[nodiscard]] virtual std::optional<RuleTensor> at(bool is_input, size_t index) const = 0;
};

class ProfileRules {
 public:
  using Tell = std::function<void(bool is_error, const std::string& what)>;

  // `profile` must outlive this.
  explicit ProfileRules(const Profile& profile) : profile_(profile) {}
  // Calls `tell` for each way in which the operator does not fit; whether the profile has it is among them.
  // Throws a stop where `control` asks for one.
  void hold(const std::string& op, const RuleOperands& operands, const RunControl& control, const Tell& tell);

 private:
  const std::vector<const ProfileRule*>& rules_of(const std::string& op);  // found once
  void require(const ProfileRule& rule, const ProfileDemand& demand, const RuleOperands& operands,
               const RunControl& control, const Tell& tell) const;

  const Profile& profile_;
  std::map<std::string, std::vector<const ProfileRule*>> rules_;
};

}  // namespace vernier::core
