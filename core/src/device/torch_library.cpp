// Loads the part of the host that links LibTorch, when the first run needs it: commands that compute nothing
// do not wait for it.
#include <fmt/format.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <filesystem>
#include <vector>  // Boost.DLL 1.74 needs it first

#include "device/device.h"
#include "device/torch_library.h"
#include "kernels/thread_pool.h"
#include "tensor/memory_blocks.h"
#include "text/loader_message.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using boost::dll::shared_library;

// Ops are small and many, so OpenMP's threads must not sleep at once between two of them; but threads that
// spin without end take the processor from everything else, themselves included: on a machine where two
// compilers run beside it, MiniLM took 13 s with a spin ten times as long, 6 s with this one (some 0.1 ms),
// and on a quiet one the same. Must be set before LibTorch brings the OpenMP runtime in. The user's own
// setting stands.
void bound_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "10000", 0);
}

std::filesystem::path library_file() {
  const std::filesystem::path program = boost::dll::program_location().parent_path().string();
  return (program / VERNIER_TORCH_LIBRARY).lexically_normal();
}

// Never unloaded: LibTorch does not survive that.
MakeTorchDevice load() {
  const std::filesystem::path file = library_file();
  bound_spinning();
  try {
    static auto& library = *new shared_library(
        file.string(), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    return library.get<std::remove_pointer_t<MakeTorchDevice>>(kMakeTorchDevice);
  } catch (const std::exception& error) {
    throw plugin_error(fmt::format("the part of vernier that links LibTorch does not load: {}",
                                   loader_message(error.what())),
                       file.string(),
                       "LibTorch is looked for in $LD_LIBRARY_PATH and where it was when vernier was built: "
                       "set the former to its "
                       "lib folder, or build or install vernier again");
  }
}

}  // namespace

std::unique_ptr<Device> make_torch_device(ThreadPool& pool) {
  pool.require_threads();  // where threads cannot be started, LibTorch's OpenMP would end the process
  static const MakeTorchDevice make = load();
  return std::unique_ptr<Device>(make(pool, MemoryBlocks::of_process()));
}

}  // namespace vernier::core
