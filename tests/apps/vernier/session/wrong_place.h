// The folder in which a row of tests/data/wrong_uses is tried: a recipe of one Linear, its checkpoint, four
// samples, and what the row changes.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/npy_bytes.h"
#include "support/temp_folder.h"

namespace vernier::test {

class WrongPlace {
 public:
  // `row`: "recipe", a merge patch (RFC 7396) of the recipe; "files", path to what lies there (see put());
  // "command" becomes command.sh.
  explicit WrongPlace(const nlohmann::json& row) {
    put("checkpoint/config.json", "{}");
    put("checkpoint/model.safetensors",
        {{"tensors", {{"weight", {{"shape", {8, 16}}}}, {"bias", {{"shape", {8}}}}}}});
    for (int i = 0; i < 4; ++i) put("x" + std::to_string(i) + ".npy", {{"npy", {1, 16}}});
    nlohmann::json recipe = nlohmann::json::parse(
        R"({"version": 1, "model": {"checkpoint": "checkpoint", "module": "", "type": "Linear",)"
        R"( "config": {"bias": true}}, "calibration": {"inputs": {"kind": "npy", "path": "x{sample}.npy"}},)"
        R"( "export": [{"backend": "circle", "file": "model.circle"}]})");
    recipe.merge_patch(row.value("recipe", nlohmann::json::object()));
    put("recipe.json", recipe.dump(2));
    put("command.sh", row.at("command"));
    const nlohmann::json files = row.value("files", nlohmann::json::object());
    for (const auto& [path, content] : files.items()) put(path, content);
  }

  [[nodiscard]] std::string path() const { return folder_.path().string(); }
  [[nodiscard]] bool has(const std::string& path) const { return std::filesystem::exists(folder_ / path); }

 private:
  // A text is the file's; null: there is none. {"tensors": {name: {"shape", "dtype", "scale", "first"}}}: a
  // safetensors file; {"npy": shape, "first", "dtype"}: an array; {"copy": file below the build}; {"cut":
  // bytes} of the file that is there; {"folder": true}; {"link": target}; {"mode": octal text}; {"keys": n}:
  // the recipe with so many unknown keys.
  void put(const std::string& path, const nlohmann::json& content) {
    namespace fs = std::filesystem;
    const fs::path file = folder_ / path;
    fs::create_directories(file.parent_path());
    if (content.is_null())
      fs::remove_all(file);
    else if (content.is_string())
      write_file(file, content.get<std::string>());
    else if (content.contains("tensors"))
      write_file(file, safetensors(content["tensors"]));
    else if (content.contains("npy"))
      write_file(file, npy(content));
    else if (content.contains("copy"))
      fs::copy_file(fs::path(VERNIER_BINARY_DIR) / content["copy"].get<std::string>(), file);
    else if (content.contains("cut"))
      fs::resize_file(file, content["cut"].get<uintmax_t>());
    else if (content.contains("folder"))
      fs::create_directories(file);
    else if (content.contains("link"))
      fs::create_symlink(content["link"].get<std::string>(), file);
    else if (content.contains("keys"))
      write_file(file, recipe_with_keys(content["keys"]));
    else
      ADD_FAILURE() << path << ": " << content;
    if (content.is_object() && content.contains("mode"))
      fs::permissions(file,
                      static_cast<fs::perms>(std::stoi(content["mode"].get<std::string>(), nullptr, 8)));
  }

  static size_t elements(const nlohmann::json& shape) {
    size_t count = 1;
    for (const auto& extent : shape) count *= extent.get<size_t>();
    return count;
  }
  // Numbers within `scale` of 0, the first of them `first` (a number, or "nan").
  static std::string floats(size_t count, double scale, const nlohmann::json& first) {
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i)
      values[i] = static_cast<float>(scale * std::sin(3.7 * static_cast<double>(i)));
    if (!first.is_null() && count > 0)
      values[0] = first.is_string() ? std::numeric_limits<float>::quiet_NaN() : first.get<float>();
    return {reinterpret_cast<const char*>(values.data()), count * sizeof(float)};
  }
  static std::string safetensors(const nlohmann::json& tensors) {
    nlohmann::json header = nlohmann::json::object();
    std::string data;
    for (const auto& [name, one] : tensors.items()) {
      const std::string bytes =
          floats(elements(one["shape"]), one.value("scale", 1.0), one.value("first", nlohmann::json()));
      const std::vector<size_t> offsets = {data.size(), data.size() + bytes.size()};
      header[name] = {
          {"dtype", one.value("dtype", "F32")}, {"shape", one["shape"]}, {"data_offsets", offsets}};
      data += bytes;
    }
    const std::string text = header.dump();
    const uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text + data;
  }
  static std::string npy(const nlohmann::json& one) {
    std::string shape;
    for (const auto& extent : one["npy"]) shape += extent.dump() + ", ";
    return npy_bytes(one.value("dtype", std::string("<f4")), "(" + shape + ")",
                     floats(elements(one["npy"]), 1, one.value("first", nlohmann::json())));
  }
  static std::string recipe_with_keys(int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"key" + std::to_string(i) + "\": 1,\n";
    return text + "\"version\": 1}";
  }

  TempFolder folder_;
};

}  // namespace vernier::test
