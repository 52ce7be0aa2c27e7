// An executor whose runtime is a Python package: a script of ours loads the file and runs it.
//
// The script's first answer are the inputs, then the outputs. A line "run <intermediates 0 or 1> <extents of
// in0> <of in1> …" runs the model on the files in<i> of the folder. A line of an answer is a tensor, with
// tabs between: place (i<k> input, o<k> output, - other), dtype, extents, axis, scales, zero points, file
// name, name; lists are joined by commas.
#pragma once

#include <vernier/executor.h>

#include <fstream>
#include <string>
#include <vector>

#include "../python/script_process.h"

namespace vernier::executors {

class PythonExecutor : public Executor {
 public:
  PythonExecutor(const char* script, const Options& options, const std::string& path)
      : process_(script, options, path) {
    for (const std::string& text : process_.answer()) {
      Line line = parse(text);
      if (line.place.empty() || (line.place[0] != 'i' && line.place[0] != 'o'))
        throw python::odd_answer(line.tensor.name);
      (line.place[0] == 'i' ? inputs_ : outputs_).push_back(std::move(line.tensor));
    }
  }

  [[nodiscard]] const std::vector<FileTensor>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<FileTensor>& outputs() const override { return outputs_; }

  void run(const std::vector<TensorView>& inputs, bool intermediates, Results& results) override {
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::ofstream file(process_.file("in" + std::to_string(i)), std::ios::binary);
      file.write(
          static_cast<const char*>(inputs[i].bytes()),
          static_cast<std::streamsize>(inputs[i].dtype().bytes(static_cast<uint64_t>(inputs[i].elements()))));
      if (!file.flush()) throw Error(VERNIER_DATA_LOSS, "the temporary folder is full");
    }
    std::string wish = std::string("run ") + (intermediates ? "1" : "0");
    for (const TensorView& input : inputs) wish += " " + joined(input.shape());
    process_.say(wish);
    for (const std::string& text : process_.answer()) {
      const Line line = parse(text);
      const std::vector<char> data = process_.read(line.file);
      if (line.place == "-")
        results.put_intermediate(line.tensor, data.data(), data.size());
      else
        results.put_output(python::number(line.place.substr(1)), line.tensor, data.data(), data.size());
    }
  }

 private:
  struct Line {
    std::string place;
    std::string file;
    FileTensor tensor;
  };

  // "1,5"; "-" for a scalar.
  static std::string joined(const std::vector<int64_t>& extents) {
    std::string text;
    for (const int64_t extent : extents) text += (text.empty() ? "" : ",") + std::to_string(extent);
    return text.empty() ? "-" : text;
  }

  static Line parse(const std::string& text) {
    const std::vector<std::string> parts = python::split(text, '\t', 8);
    if (parts.size() != 8) throw python::odd_answer(text);
    Line line;
    line.place = parts[0];
    line.file = parts[6];
    line.tensor.dtype = DType::parse(parts[1]);
    line.tensor.shape = python::numbers<int64_t>(parts[2]);
    for (size_t axis = 0; axis < line.tensor.shape.size(); ++axis) {
      if (line.tensor.shape[axis] >= 0) continue;
      line.tensor.open_axes.push_back(axis);
      line.tensor.shape[axis] = 1;
    }
    line.tensor.axis = python::numbers<int64_t>(parts[3]).at(0);
    line.tensor.scale = python::numbers<float>(parts[4]);
    line.tensor.zero_point = python::numbers<int32_t>(parts[5]);
    line.tensor.name = parts[7];
    if (!line.tensor.dtype.is_set() || line.tensor.scale.size() != line.tensor.zero_point.size())
      throw python::odd_answer(text);
    return line;
  }

  python::ScriptProcess process_;
  std::vector<FileTensor> inputs_, outputs_;
};

}  // namespace vernier::executors
