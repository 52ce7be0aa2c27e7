// A file in an executor: opened, described, run.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "abi/host_services.h"
#include "plugin/loaded.h"
#include "verify/run_results.h"

namespace vernier::core {

class ExecutedFile {
 public:
  // `options` is a JSON object, `shown` what messages call the file, where that is not its path. Throws Error
  // with what the executor says about the file.
  ExecutedFile(HostServices& services, LoadedExecutor executor, const std::string& options,
               const std::filesystem::path& file, const std::string& shown = {});

  [[nodiscard]] const std::string& executor() const { return executor_.name; }
  [[nodiscard]] const std::vector<FileTensor>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<FileTensor>& outputs() const { return outputs_; }
  // `inputs` as the file wants them, see inputs(). Throws Error.
  RunResults run(const std::vector<Tensor>& inputs, bool intermediates);

 private:
  // Judges what the plugin said, so that what is wrong with it carries the plugin's name.
  void check(const std::function<void()>& body);
  std::vector<FileTensor> describe(uint32_t direction, uint64_t count);

  HostServices& services_;
  LoadedExecutor executor_;
  std::string where_;
  std::shared_ptr<void> instance_;
  std::vector<FileTensor> inputs_;
  std::vector<FileTensor> outputs_;
};

}  // namespace vernier::core
