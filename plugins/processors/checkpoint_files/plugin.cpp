// Text, chats and pictures become inputs by the files of a checkpoint, in a Python process.
#include <vernier/draft/processor.h>

#include <array>
#include <cstring>

#include "../../python/script_process.h"
#include "checkpoint_files_script.h"

namespace {

using vernier::python::numbers;
using vernier::python::odd_answer;
using vernier::python::split;

// `text` as a JSON text.
std::string quoted(const std::string& text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char one : text) {
    const auto code = static_cast<unsigned char>(one);
    if (code < 0x20) {
      result += std::string("\\u00") + kDigits[code >> 4] + kDigits[code & 15];
      continue;
    }
    if (one == '"' || one == '\\') result += '\\';
    result += one;
  }
  return result + "\"";
}

// Pixels times a factor in double, rounded once.
std::vector<char> rescaled(const std::vector<char>& pixels, double factor) {
  std::array<float, 256> values{};
  for (size_t code = 0; code < values.size(); ++code)
    values[code] = static_cast<float>(static_cast<double>(code) * factor);
  std::vector<char> bytes(pixels.size() * sizeof(float));
  for (size_t i = 0; i < pixels.size(); ++i)
    std::memcpy(bytes.data() + i * sizeof(float), &values[static_cast<unsigned char>(pixels[i])],
                sizeof(float));
  return bytes;
}

class CheckpointFiles : public vernier::Processor {
 public:
  CheckpointFiles(const vernier::Options& options, const std::string& folder)
      : process_(kCheckpointFilesScript, options, folder) {
    (void)process_.answer();
  }

  vernier::Processed encode(const std::string& request, const std::string& base) override {
    process_.say("encode {\"base\":" + quoted(base) + ",\"request\":" + on_one_line(request) + "}");
    const std::vector<std::string> lines = process_.answer();
    if (lines.empty()) throw odd_answer("nothing");
    vernier::Processed result;
    const std::vector<std::string> counts = split(lines.front(), ' ');
    if (counts.size() != 4) throw odd_answer(lines.front());
    result.prompt_tokens = vernier::python::number(counts[0]);
    result.answer_tokens = vernier::python::number(counts[1]);
    result.removed_tokens = vernier::python::number(counts[2]);
    result.pictures = vernier::python::number(counts[3]);
    for (size_t i = 1; i < lines.size(); ++i) result.tensors.push_back(tensor(lines[i]));
    return result;
  }

  std::string decode(const std::vector<int64_t>& tokens) override {
    std::string wish = "decode ";
    for (size_t i = 0; i < tokens.size(); ++i) wish += (i == 0 ? "" : ",") + std::to_string(tokens[i]);
    process_.say(wish);
    const std::vector<std::string> lines = process_.answer();
    if (lines.size() != 1) throw odd_answer("not one text");
    return vernier::Options(lines.front()).text("");
  }

 private:
  // A request may be written on several lines; the script reads one.
  static std::string on_one_line(const std::string& request) {
    const vernier::Options document(request);
    if (!document.has("")) throw vernier::invalid_argument("the request is not JSON");
    return document.at("").json();
  }

  // A line: name, dtype, extents, file, factor; tabs between.
  [[nodiscard]] vernier::ProcessedTensor tensor(const std::string& line) const {
    const std::vector<std::string> parts = split(line, '\t');
    if (parts.size() != 5) throw odd_answer(line);
    vernier::ProcessedTensor result;
    result.name = parts[0];
    result.dtype = vernier::DType::parse(parts[1]);
    result.shape = numbers<int64_t>(parts[2]);
    result.bytes = process_.read(parts[3]);
    uint64_t elements = 1;
    for (const int64_t extent : result.shape) elements *= static_cast<uint64_t>(extent);
    if (!result.dtype.is_set() || result.bytes.size() != result.dtype.bytes(elements)) throw odd_answer(line);
    if (result.dtype == vernier::DType(VERNIER_DTYPE_UINT, 8)) {
      result.bytes = rescaled(result.bytes, numbers<double>(parts[4]).at(0));
      result.dtype = vernier::kFloat32;
    }
    return result;
  }

  vernier::python::ScriptProcess process_;
};

}  // namespace

VERNIER_PLUGIN(vernier::processor<CheckpointFiles>("checkpoint_files"));
