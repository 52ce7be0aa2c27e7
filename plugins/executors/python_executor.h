// An executor whose runtime is a Python package: a script of ours loads the file and answers, tensors travel
// as files.
//
// The script gets the model file, a folder and its options (JSON). It answers each line with "ok <n>" and n
// tensor lines, or with "error <status> <text>". The first answer comes unasked: the inputs, then the
// outputs. A line "run <intermediates 0 or 1> <extents of in0> <of in1> …" runs the model on the files in<i>
// of the folder. A tensor line has tabs between: place (i<k> input, o<k> output, - other), dtype, extents,
// axis, scales, zero points, file name, name; lists are joined by commas.
#pragma once

#include <vernier/executor.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "child_process.h"
#include "temporary_folder.h"

namespace vernier::executors {

// The Python of the options, of $VERNIER_PYTHON, or the first one in $PATH.
inline std::string python_of(const Options& options) {
  const char* from_environment = std::getenv("VERNIER_PYTHON");
  return options.text(
      "/python", from_environment != nullptr && *from_environment != '\0' ? from_environment : "python3");
}

class PythonExecutor : public Executor {
 public:
  PythonExecutor(const char* script, const Options& options, const std::string& path)
      : limit_(options.integer("/time_limit", 300)) {
    const std::string source = folder_.file("script.py");
    std::ofstream(source) << script;
    child_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{python_of(options), "-u", source, path, folder_.file(""), options.json()},
        folder_.file("errors"));
    for (Line& line : answer()) {
      if (line.place.empty() || (line.place[0] != 'i' && line.place[0] != 'o')) throw bad(line.tensor.name);
      (line.place[0] == 'i' ? inputs_ : outputs_).push_back(std::move(line.tensor));
    }
  }

  [[nodiscard]] const std::vector<FileTensor>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<FileTensor>& outputs() const override { return outputs_; }

  void run(const std::vector<TensorView>& inputs, bool intermediates, Results& results) override {
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::ofstream file(folder_.file("in" + std::to_string(i)), std::ios::binary);
      file.write(
          static_cast<const char*>(inputs[i].bytes()),
          static_cast<std::streamsize>(inputs[i].dtype().bytes(static_cast<uint64_t>(inputs[i].elements()))));
      if (!file.flush()) throw Error(VERNIER_DATA_LOSS, "the temporary folder is full");
    }
    std::string wish = std::string("run ") + (intermediates ? "1" : "0");
    for (const TensorView& input : inputs) wish += " " + joined(input.shape());
    child_->say(wish);
    for (const Line& line : answer()) {
      const std::string data = read(folder_.file(line.file));
      if (line.place == "-")
        results.put_intermediate(line.tensor, data.data(), data.size());
      else
        results.put_output(number(line.place.substr(1)), line.tensor, data.data(), data.size());
    }
  }

 private:
  struct Line {
    std::string place;
    std::string file;
    FileTensor tensor;
  };

  static Error bad(const std::string& text) {
    return Error(VERNIER_DATA_LOSS, "the executor's script answered something odd: " + text.substr(0, 200));
  }

  static std::vector<std::string> split(const std::string& text, char separator,
                                        size_t at_most = static_cast<size_t>(-1)) {
    std::vector<std::string> parts;
    size_t begin = 0;
    for (size_t end; parts.size() + 1 < at_most && (end = text.find(separator, begin)) != std::string::npos;
         begin = end + 1)
      parts.push_back(text.substr(begin, end - begin));
    parts.push_back(text.substr(begin));
    return parts;
  }
  // "1,5"; "-" for a scalar.
  static std::string joined(const std::vector<int64_t>& extents) {
    std::string text;
    for (const int64_t extent : extents) text += (text.empty() ? "" : ",") + std::to_string(extent);
    return text.empty() ? "-" : text;
  }
  static uint64_t number(const std::string& text) {
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
      throw bad(text);
    return std::strtoull(text.c_str(), nullptr, 10);
  }
  template <typename T>
  static std::vector<T> numbers(const std::string& text) {
    std::vector<T> result;
    if (text.empty()) return result;
    for (const std::string& part : split(text, ',')) {
      std::istringstream in(part);
      T value;
      if (!(in >> value) || in.peek() != std::istringstream::traits_type::eof()) throw bad(text);
      result.push_back(value);
    }
    return result;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::vector<Line> answer() {
    const std::string first = child_->hear(limit_);
    const std::vector<std::string> words = split(first, ' ', 3);
    if (words[0] == "error" && words.size() == 3)
      throw Error(static_cast<vernier_status>(number(words[1])), words[2]);
    if (words[0] != "ok" || words.size() != 2) throw bad(first);
    std::vector<Line> lines;
    for (uint64_t left = number(words[1]); left > 0; --left) lines.push_back(parse(child_->hear(limit_)));
    return lines;
  }

  static Line parse(const std::string& text) {
    const std::vector<std::string> parts = split(text, '\t', 8);
    if (parts.size() != 8) throw bad(text);
    Line line;
    line.place = parts[0];
    line.file = parts[6];
    if (line.file.find('/') != std::string::npos) throw bad(text);
    line.tensor.dtype = DType::parse(parts[1]);
    line.tensor.shape = numbers<int64_t>(parts[2]);
    for (size_t axis = 0; axis < line.tensor.shape.size(); ++axis) {
      if (line.tensor.shape[axis] >= 0) continue;
      line.tensor.open_axes.push_back(axis);
      line.tensor.shape[axis] = 1;
    }
    line.tensor.axis = numbers<int64_t>(parts[3]).at(0);
    line.tensor.scale = numbers<float>(parts[4]);
    line.tensor.zero_point = numbers<int32_t>(parts[5]);
    line.tensor.name = parts[7];
    if (!line.tensor.dtype.is_set() || line.tensor.scale.size() != line.tensor.zero_point.size())
      throw bad(text);
    return line;
  }

  std::chrono::seconds limit_;
  TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> child_;
  std::vector<FileTensor> inputs_, outputs_;
};

}  // namespace vernier::executors
