// A folder of exported files with its program.json (docs/program.md, "A folder"), opened and run: behind
// `vernier verify FOLDER` and `vernier generate FOLDER`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/device_factory.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct FolderOptions {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> plugin_files;  // --plugin FILE
  std::string executor;                             // empty: for each file by the end of its name
  const RunControl* control = nullptr;              // must outlive the call; may be null

  [[nodiscard]] const RunControl& run_control() const {
    return control == nullptr ? RunControl::none() : *control;
  }
};

struct VerifyFolderOptions {
  VerifyFolderOptions(FolderOptions of) : folder(std::move(of)) {}

  FolderOptions folder;
  // What a device recorded (docs/program.md, "Recordings"): a .safetensors file, or a folder of .npy and
  // .safetensors files; empty: the folder's own golden run is what its files are held to.
  std::filesystem::path device;
  int64_t within = 0;            // codes so far apart are no difference
  std::filesystem::path record;  // a .safetensors file to write: the same requests as run here; empty: none
  bool records_nodes = false;    // also what executors tell of tensors inside the files
};

// Opens every file in an executor and holds it to program.json: its size and SHA-256, and name, shape, dtype,
// scale and zero point of each input and output against the buffers that are wired to it, and so against all
// other files there. Then the files are run on the requests of `device`, or of the folder's golden run, and
// each recorded tensor is compared; without either none is run. Returns
// {"program", "folder", "bytes", "generates", "units": [{"name", "file", "bytes", "place", "inputs",
// "outputs"}],
//  "tables": [{"name", "file", "bytes"}], "files": [{"file", "bytes"}], "held": null or {"recording",
//  "equal", "requests", "tensors", "lacking", "differ", "tokens", "same_tokens", "files", "differences",
//  "token_differences"}}. Throws Error: kData that names what does not fit, in the folder or in the
//  recording; kUsage where `record` is asked for and there is no golden run, or where it lies in the folder,
//  is `device`, or lies in it.
[[nodiscard]] nlohmann::json verify_folder(const VerifyFolderOptions& options);

// The same for a terminal.
[[nodiscard]] std::string folder_table(const nlohmann::json& folder);

// Whether what was recorded is what the files give; true where nothing was held.
[[nodiscard]] bool folder_holds(const nlohmann::json& folder);

// A prompt in words: a processor makes it into a request, by the tokenizer, chat template and picture
// settings that lie in the folder.
struct WrittenPrompt {
  std::string text;                           // UTF-8
  std::vector<std::filesystem::path> images;  // shown before the text
  bool is_raw =
      false;  // the text is the whole prompt, with special tokens; else it goes through the template
  std::string processor;                 // empty: the only one that there is
  std::string processor_options = "{}";  // a JSON object
};

struct GenerateOptions {
  FolderOptions folder;
  std::filesystem::path
      request;                  // a safetensors file of the request's tensors, by name; empty: `prompt` alone
  std::vector<int32_t> prompt;  // the tokens of the prompt; empty: they are in `request`
  std::optional<WrittenPrompt> written;      // instead of both
  int64_t tokens = 32;                       // at most so many
  std::optional<std::vector<int32_t>> stop;  // not set: the program's
  // Set: the float model answers, too, on this device. Its checkpoint and recipe are those of the run that
  // wrote the folder.
  DeviceFactory compares_float = nullptr;
};

// verify_folder(), then the greedy tokens of one request. Returns {"prompt": COUNT, "tokens": [TOKEN], "end":
// "stop", "limit" or "context"}, of a written prompt also "text": the tokens' words without the one that
// stopped. With compares_float also "float": {"tokens", "end", "same_tokens": how many from the first on are
// those of the files, "text" as above}. Throws Error: kUsage for options that contradict each other; kData
// where the folder or the request does not fit; kPlugin where there is no processor, or several and none is
// named; of the float model, what a run of its recipe throws before it calibrates.
[[nodiscard]] nlohmann::json generate(const GenerateOptions& options);

// The same for each request of a file, or the first `count` of them; the folder is opened once: a
// .safetensors file with NAME.i for each tensor of request i, or a .jsonl file with a line for each
// (docs/program.md, "From a recipe"). `request` and `prompt` are not read. Returns a list of what generate()
// returns. Throws Error as that, naming the request.
[[nodiscard]] nlohmann::json generate_each(const GenerateOptions& options,
                                           const std::filesystem::path& requests,
                                           std::optional<int64_t> count = std::nullopt);

}  // namespace vernier::core
