// Which keys of a module's config the wrappers read. A wrapper only hands texts to vernier.json/1, so the
// host finds out by the text where in the root module's config a value came from; plugins of every ABI
// version are seen in the same way.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vernier::core {

// All pointers are RFC 6901 and start at the root module's config.
class ConfigReads {
 public:
  // `root` is the root module's config as its wrapper gets it.
  explicit ConfigReads(const std::string& root) { places_[root] = {""}; }

  // A wrapper asked for `pointer` of `document`, whether there is a value or not. Documents that did not come
  // out of the root's config (a child's config that its parent composed, an observer's options) do not
  // matter.
  void read(std::string_view document, std::string_view pointer);
  // A wrapper got the object or array at `pointer` as a text of its own. It may parse that by itself, so
  // everything below counts as read, unless the text turns out to be a document (see `read` and
  // `is_document`): then only what is read of it counts. The text of a whole document always counts.
  void dumped(std::string_view document, std::string_view pointer, std::string_view text);
  // `text` is a child's config.
  void is_document(std::string_view text);
  // A wrapper that serves the module with config `document` declares that it reads `pointer` sometimes; ""
  // stands for the whole config.
  void declare(std::string_view document, const std::string& pointer);

  // All that was read so far as JSON text, for a process that reads for another one.
  [[nodiscard]] std::string state() const;
  // Takes it up in an object with the same root. Throws Error (kPlugin) where `state` is none.
  void restore(const std::string& state);

  // Somebody asked for exactly this pointer.
  [[nodiscard]] bool is_read(const std::string& pointer) const { return read_.count(pointer) != 0; }
  // Somebody asked for something below the pointer.
  [[nodiscard]] bool is_read_below(const std::string& pointer) const;
  // Everything at and below the pointer counts as read.
  [[nodiscard]] bool is_read_whole(const std::string& pointer) const;
  // The members of the object at `pointer` that somebody asked for, escaped as in a pointer; sorted.
  [[nodiscard]] std::vector<std::string> members(const std::string& pointer) const;

  // What vernier.json/1 does on this thread while the object lives is noted in `reads`.
  class Scope {
   public:
    explicit Scope(ConfigReads& reads);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ConfigReads* outer_;
  };
  // Null outside a scope.
  static ConfigReads* current();

 private:
  struct Dump {
    std::string pointer, text;
  };
  [[nodiscard]] const std::set<std::string>* find(std::string_view document) const;

  std::map<std::string, std::set<std::string>, std::less<>>
      places_;  // a document's text to where it came from
  std::set<std::string> read_, declared_;
  std::vector<Dump> dumps_;
  std::set<std::string, std::less<>> documents_;  // texts that were read or became a child's config
};

}  // namespace vernier::core
