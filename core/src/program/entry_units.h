// The units of a program as entries of a module tree, in float or quantized: what a program is calibrated and
// evaluated with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "interpreter/entry_runner.h"
#include "program/program.h"
#include "program/unit_runner.h"

namespace vernier::core {

class EntryUnits : public UnitRunner {
 public:
  // By module and by entry with the names of what it takes and gives. Who runs several documents of one model
  // keeps them for all: a trace is made once.
  using Runners = std::map<std::pair<int, std::string>, std::shared_ptr<EntryRunner>>;

  // `reading`: kFloat or kQuantize. All must outlive this; `codes` (may be null) keeps the tree's codes.
  // Throws Error (kData) at the unit's place in the document: a module that the tree has not, an entry that
  // its wrapper has not, other names of inputs or outputs than the wrapper's; a table's parameter that is not
  // there or has another shape. `runners` (may be null): used and added to; of the same tree and device.
  EntryUnits(const Program& program, HostServices& services, ModuleTree& tree, Device& device,
             Reading reading, KeptCodes* codes = nullptr, Runners* runners = nullptr);

  [[nodiscard]] std::vector<Tensor> run(size_t unit, std::span<const Tensor> inputs) override;
  // Null: buffers hold values.
  [[nodiscard]] const QParams* grid(size_t) const override { return nullptr; }
  [[nodiscard]] Tensor look_up(size_t table, const Tensor& rows) override;

  // From the next unit on.
  void read_as(Reading reading) { reading_ = reading; }
  // Sees each value that reaches a site while a unit runs, as Interpreter::Observe says; empty: nobody.
  using Observe = std::function<void(size_t unit, int site, const Tensor& x)>;
  void show_to(Observe observe) { observe_ = std::move(observe); }
  // What runs a unit; units of one entry share it.
  [[nodiscard]] EntryRunner& entry(size_t unit) { return *entries_.at(unit); }
  [[nodiscard]] std::shared_ptr<EntryRunner> shared_entry(size_t unit) const { return entries_.at(unit); }

 private:
  const Program& program_;
  ModuleTree& tree_;
  Device& device_;
  Reading reading_;
  Observe observe_;
  std::vector<std::shared_ptr<EntryRunner>> entries_;  // by unit
  std::vector<int> tables_;                            // by table: its parameter
};

}  // namespace vernier::core
