// A script of ours in a Python process: it answers, tensors travel as files of a folder that both know.
//
// The script gets a path, the folder and the options (JSON). It answers each line with "ok <n>" and n lines,
// or with "error <status> <text>". The first answer comes unasked.
#pragma once

#include <vernier/options.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "child_process.h"
#include "temporary_folder.h"

namespace vernier::python {

// The Python of the options, of $VERNIER_PYTHON, or the first one in $PATH.
inline std::string python_of(const Options& options) {
  const char* from_environment = std::getenv("VERNIER_PYTHON");
  return options.text(
      "/python", from_environment != nullptr && *from_environment != '\0' ? from_environment : "python3");
}

inline Error odd_answer(const std::string& text) {
  return Error(VERNIER_DATA_LOSS, "the plugin's script answered something odd: " + text.substr(0, 200));
}

inline std::vector<std::string> split(const std::string& text, char separator,
                                      size_t at_most = static_cast<size_t>(-1)) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; parts.size() + 1 < at_most && (end = text.find(separator, begin)) != std::string::npos;
       begin = end + 1)
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

inline uint64_t number(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    throw odd_answer(text);
  return std::strtoull(text.c_str(), nullptr, 10);
}

// Of a list joined by commas.
template <typename T>
std::vector<T> numbers(const std::string& text) {
  std::vector<T> result;
  if (text.empty()) return result;
  for (const std::string& part : split(text, ',')) {
    std::istringstream in(part);
    T value;
    if (!(in >> value) || in.peek() != std::istringstream::traits_type::eof()) throw odd_answer(text);
    result.push_back(value);
  }
  return result;
}

class ScriptProcess {
 public:
  // Starts the script; its first answer is still to be read. Throws VERNIER_NOT_FOUND where there is no such
  // Python.
  ScriptProcess(const char* script, const Options& options, const std::string& path)
      : limit_(options.integer("/time_limit", 300)),
        child_(argv(script, options, path), folder_.file("errors")) {}

  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  // The bytes of a file that the script named.
  [[nodiscard]] std::vector<char> read(const std::string& name) const {
    if (name.find('/') != std::string::npos) throw odd_answer(name);
    std::ifstream in(folder_.file(name), std::ios::binary | std::ios::ate);
    const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : 0;
    std::vector<char> bytes(static_cast<size_t>(size));
    if (!in.seekg(0) || !in.read(bytes.data(), size)) throw odd_answer("no file " + name);
    return bytes;
  }
  void say(const std::string& line) { child_.say(line); }
  // The lines of one answer. Throws what the script says is wrong.
  std::vector<std::string> answer() {
    const std::string first = child_.hear(limit_);
    const std::vector<std::string> words = split(first, ' ', 3);
    if (words[0] == "error" && words.size() == 3)
      throw Error(static_cast<vernier_status>(number(words[1])), words[2]);
    if (words[0] != "ok" || words.size() != 2) throw odd_answer(first);
    std::vector<std::string> lines;
    for (uint64_t left = number(words[1]); left > 0; --left) lines.push_back(child_.hear(limit_));
    return lines;
  }

 private:
  [[nodiscard]] std::vector<std::string> argv(const char* script, const Options& options,
                                              const std::string& path) const {
    const std::string source = folder_.file("script.py");
    std::ofstream(source) << script;
    return {python_of(options), "-u", source, path, folder_.file(""), options.json()};
  }

  std::chrono::seconds limit_;
  TemporaryFolder folder_;
  ChildProcess child_;
};

}  // namespace vernier::python
