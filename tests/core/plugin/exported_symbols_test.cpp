// Every bundled plugin exports its entry and nothing else, and needs neither LibTorch nor the host.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string text;
  std::array<char, 4096> buffer;
  for (size_t got = fread(buffer.data(), 1, buffer.size(), pipe); got > 0;
       got = fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), got);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

std::vector<std::filesystem::path> plugins() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(VERNIER_BINARY_DIR) /
                                                              "lib/vernier/plugins")) {
    if (file.path().extension() == ".so") files.push_back(file.path());
  }
  return files;
}

TEST(ExportedSymbols, ArePreciselyTheEntry) {
  ASSERT_GE(plugins().size(), 6u);
  for (const auto& file : plugins()) {
    std::istringstream lines(output_of("nm -D --defined-only --format=posix " + file.string()));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
    EXPECT_EQ(names, std::vector<std::string>{"vernier_plugin_entry_v1"}) << file;
  }
}

TEST(NeededLibraries, AreOnlyTheLanguageRuntimes) {
  for (const auto& file : plugins()) {
    const std::string needed = output_of("readelf -d " + file.string());
    for (const char* other : {"torch", "c10", "vernier", "boost", "fmt"})
      EXPECT_EQ(needed.find(std::string("lib") + other), std::string::npos) << file << "\n" << needed;
  }
}

}  // namespace
