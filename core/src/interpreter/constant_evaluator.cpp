#include "interpreter/constant_evaluator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "file/mapped_file.h"
#include "file/temporary.h"
#include "interpreter/interpreter.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// An expression reads no codes and has no sites.
class Operands : public GraphData {
 public:
  explicit Operands(const ModuleTree& tree) : tree_(tree) {}
  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    return {tree_.parameters.at(static_cast<size_t>(value.parameter)).source, nullptr, nullptr};
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& node) const override {
    throw internal_error("a constant expression has a site", node.module);
  }

 private:
  const ModuleTree& tree_;
};

// In a file that has no name any more once it is mapped: it goes with the mapping, however the process ends.
Tensor in_scratch(const Tensor& values) {
  std::error_code reason;
  const std::filesystem::path place = std::filesystem::temp_directory_path(reason);
  if (reason)
    throw data_error("there is no place for temporary files: " + reason.message(), "$TMPDIR",
                     "set it to a folder that exists");
  const Temporary file = make_temporary_file(place);
  const auto close_it = [&] {
    ::unlink(file.path.c_str());
    ::close(file.descriptor);
  };
  for (uint64_t done = 0; done < values.bytes();) {
    const ssize_t written = ::write(file.descriptor, values.data + done, values.bytes() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int cause = errno;
      close_it();
      throw data_error(
          fmt::format("{} bytes of a constant cannot be written: {}", values.bytes(), std::strerror(cause)),
          file.path.string(), "set TMPDIR to a folder with more room");
    }
    done += static_cast<uint64_t>(written);
  }
  std::shared_ptr<const MappedFile> mapped;
  try {
    mapped = MappedFile::open(file.path);
  } catch (...) {
    close_it();
    throw;
  }
  close_it();
  return {values.dtype, values.shape, mapped->bytes().data(), mapped, true};
}

}  // namespace

void compute_constant(Parameter& parameter, const ModuleTree& tree, Device& device, const RunControl& control,
                      uint64_t scratch_bytes) {
  if (!parameter.is_computed() || parameter.source.data != nullptr || parameter.source.elements() == 0)
    return;
  const Operands operands(tree);
  Interpreter interpreter(*parameter.expression, operands, device, control);
  Tensor values = interpreter.run(Reading::kFloat, {}).at(0);
  if (values.dtype != parameter.source.dtype || values.shape != parameter.source.shape)
    throw internal_error("constant " + parameter.path + " was traced as another type");
  parameter.source = values.bytes() < scratch_bytes ? std::move(values) : in_scratch(values);
}

}  // namespace vernier::core
