// That each buffer is written before it is read, in every run, and that nothing is there in vain.
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "program/document.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class OrderCheck {
 public:
  explicit OrderCheck(const Program& program)
      : program_(program),
        holds_(program.buffers.size()),
        with_pictures_(holds_),
        is_read_(holds_),
        is_written_(holds_),
        is_unit_output_(holds_) {}

  void check() {
    for (size_t i = 0; i < program_.buffers.size(); ++i)
      holds_[i] = program_.buffers[i].fill.has_value() || program_.buffers[i].role == BufferRole::kRequest;
    for (const ProgramPhase& phase : program_.phases) {
      const bool may_be_skipped = runs_for_pictures(phase);
      const std::vector<bool> before = holds_;
      if (may_be_skipped) add(with_pictures_, holds_);
      for (const ProgramStep& step : phase.steps) run(step);
      for (size_t i = 0; i < program_.buffers.size(); ++i) {
        if (program_.buffers[i].role == BufferRole::kScratch) holds_[i] = false;
      }
      if (!may_be_skipped) continue;
      with_pictures_ = holds_;
      holds_ = before;
    }
    check_use();
  }

 private:
  // And so may not run. each_token phases run one after the other or not at all, and nothing comes behind
  // them.
  [[nodiscard]] bool runs_for_pictures(const ProgramPhase& phase) const {
    if (phase.runs != PhaseRuns::kEachPicture) return false;
    const auto pictures = counter_ranges(program_, phase.runs)[static_cast<size_t>(Counter::kPictures)];
    return !pictures || pictures->low == 0;
  }

  static void add(const std::vector<bool>& more, std::vector<bool>& to) {
    for (size_t i = 0; i < to.size(); ++i) to[i] = to[i] || more[i];
  }

  void run(const ProgramStep& step) {
    const DocumentPlace place{program_.source, step.pointer};
    if (step.host == "table_lookup") tables_.insert(std::get<std::string>(step.arguments.at("table")));
    for (const Wire& wire : step.inputs) {
      require_held(wire, place.at("inputs").at(wire.name), "is read here");
      is_read_[wire.buffer] = true;
    }
    for (const Wire& wire : step.outputs) {
      if (step.host == "write_rows")
        require_held(wire, place.at("outputs").at(wire.name), "keeps its other rows here");
      holds_[wire.buffer] = true;
      is_written_[wire.buffer] = true;
      if (step.unit) is_unit_output_[wire.buffer] = true;
    }
  }

  void require_held(const Wire& wire, const DocumentPlace& place, const char* what) const {
    if (holds_[wire.buffer]) return;
    const ProgramBuffer& buffer = program_.buffers[wire.buffer];
    place.refuse(fmt::format("{} {} and may hold nothing: no step before it writes it in every run",
                             buffer.name, what),
                 buffer.role == BufferRole::kScratch
                     ? "a scratch buffer is written and read within one pass of a phase"
                     : "write it before, in a phase that every run has, or give it a fill");
  }

  void check_use() const {
    for (size_t i = 0; i < program_.buffers.size(); ++i) {
      const ProgramBuffer& buffer = program_.buffers[i];
      const DocumentPlace place = DocumentPlace{program_.source, "/buffers"}.at(buffer.name);
      if (!is_read_[i] && !is_written_[i]) place.refuse(fmt::format("no step uses {}", buffer.name));
      // A file has the outputs that it has.
      const bool is_wanted = is_read_[i] || buffer.role == BufferRole::kResult || is_unit_output_[i] ||
                             (program_.generation && program_.generation->token == i);
      if (!is_wanted)
        place.refuse(fmt::format("no step reads {}", buffer.name), "role \"result\" gives it back");
      if (buffer.role == BufferRole::kResult && !is_written_[i])
        place.refuse(fmt::format("no step writes the result {}", buffer.name));
    }
    for (const ProgramTable& table : program_.tables) {
      if (!tables_.contains(table.name))
        DocumentPlace{program_.source, "/tables"}
            .at(table.name)
            .refuse(fmt::format("no step reads {}", table.name));
    }
  }

  const Program& program_;
  std::vector<bool> holds_;          // by buffer: it holds something, in every run
  std::vector<bool> with_pictures_;  // in every run that has pictures
  std::set<std::string> tables_;     // that steps read
  std::vector<bool> is_read_, is_written_, is_unit_output_;
};

}  // namespace

void check_order(const Program& program) { OrderCheck(program).check(); }

}  // namespace vernier::core
