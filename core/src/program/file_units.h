// The units of a program as the files of a folder, each in an executor: what a device's runtime does with
// them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"
#include "plugin/plugin_hub.h"
#include "program/program.h"
#include "program/unit_runner.h"
#include "verify/executed_file.h"

namespace vernier::core {

class FileUnits : public UnitRunner {
 public:
  // `program` is one whose units have files, in `folder`. `executor`: its name; empty: by the end of each
  // file's name. `program`, `services` and `hub` must outlive this. Throws Error: kData naming file and
  // buffer where a unit has no file, where a file is missing or has another size or SHA-256, and where one of
  // its inputs or outputs has another name, shape, dtype or grid than its buffer; what an executor says.
  FileUnits(const Program& program, const std::filesystem::path& folder, HostServices& services,
            PluginHub& hub, const std::string& executor = {});

  [[nodiscard]] std::vector<Tensor> run(size_t unit, std::span<const Tensor> inputs) override;
  // The same in two steps, so that what the executor tells besides outputs can be seen.
  [[nodiscard]] RunResults run_file(size_t unit, std::span<const Tensor> inputs, bool intermediates);
  [[nodiscard]] std::vector<Tensor> outputs_of(size_t unit, const RunResults& results) const;
  [[nodiscard]] const QParams* grid(size_t buffer) const override;
  [[nodiscard]] Tensor look_up(size_t table, const Tensor& rows) override;

 private:
  struct OpenFile {
    std::unique_ptr<ExecutedFile> file;
    std::vector<size_t> inputs;   // by input of the file: the unit's
    std::vector<size_t> outputs;  // by output of the unit: the file's
  };
  struct OpenTable {
    Tensor codes, scale, zero_point;
  };

  [[nodiscard]] OpenFile open_unit(size_t unit, const std::filesystem::path& folder, HostServices& services,
                                   PluginHub& hub, const std::string& executor) const;
  void check_wires() const;

  const Program& program_;
  std::vector<OpenFile> files_;  // by unit
  std::vector<OpenTable> tables_;
};

// Throws Error (kData) unless the file is there, with this size and SHA-256.
void require_file(const ProgramFile& file, const std::filesystem::path& folder, const std::string& source);

}  // namespace vernier::core
