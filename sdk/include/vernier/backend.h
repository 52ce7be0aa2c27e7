// Writing an export backend: derive from Backend, read the graph, append bytes to the sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vernier/abi/backend.h"
#include "vernier/abi/sink.h"
#include "vernier/graph.h"
#include "vernier/options.h"
#include "vernier/plugin.h"

namespace vernier {

// The output file. It appears under its name only when the whole run succeeded.
class Sink {
 public:
  explicit Sink(vernier_sink handle) : handle_(handle) {}
  void write(const void* data, uint64_t length) {
    static const auto& table = interface<vernier_sink_interface>(VERNIER_SINK);
    check(table.write(host_context(), handle_, data, length));
  }
  void write(std::string_view text) { write(text.data(), text.size()); }
  // A second file beside this one, "<file><suffix>", and its name; see sink.h. Needs MINIMUM_HOST_MINOR 1.
  std::pair<Sink, std::string> companion(std::string_view suffix) {
    static const auto& table = interface<vernier_sink_interface>(VERNIER_SINK);
    if (!VERNIER_HAS(vernier_sink_interface, &table, companion))
      throw unimplemented("this host writes one file for an export, not two");
    vernier_sink handle = VERNIER_NULL_HANDLE;
    vernier_string name{};
    check(table.companion(host_context(), handle_, to_abi(suffix), &handle, &name));
    return {Sink(handle), std::string(to_view(name))};
  }

 private:
  vernier_sink handle_;
};

// A graph of a set, and what it is called in the file.
struct NamedGraph {
  std::string_view name;  // not empty, unique in the set; valid during the call
  Graph graph;
};

// `T(const Options&)`. The same graph and options must produce the same bytes. A class that also has
// `void write_set(const std::vector<NamedGraph>& graphs, Sink& sink)` writes several graphs, 2 at least, into
// one file; its manifest says `"sets": true` among the capabilities. See abi/backend.h.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual void write(const Graph& graph, Sink& sink) = 0;
};

namespace detail {

template <typename T, typename = void>
struct HasWriteSet : std::false_type {};
template <typename T>
struct HasWriteSet<T, std::void_t<decltype(&T::write_set)>> : std::true_type {};

template <typename T>
struct BackendThunks {
  static vernier_status write(const vernier_host*, vernier_string options, vernier_graph graph,
                              vernier_sink sink) noexcept {
    return guarded([&] {
      T backend{Options(std::string(to_view(options)))};
      Sink out(sink);
      backend.write(Graph(graph), out);
    });
  }
  static vernier_status write_set(const vernier_host*, vernier_string options, const vernier_string* names,
                                  const vernier_graph* graphs, uint64_t count, vernier_sink sink) noexcept {
    return guarded([&] {
      T backend{Options(std::string(to_view(options)))};
      std::vector<NamedGraph> set;
      for (uint64_t i = 0; i < count; ++i) set.push_back({to_view(names[i]), Graph(graphs[i])});
      Sink out(sink);
      backend.write_set(set, out);
    });
  }
  static constexpr vernier_backend make_table() {
    if constexpr (HasWriteSet<T>::value)
      return {VERNIER_SIZE_UP_TO(vernier_backend, write_set), &write, &write_set};
    else
      return {VERNIER_SIZE_UP_TO(vernier_backend, write), &write, nullptr};
  }
  static constexpr vernier_backend table = make_table();
};

}  // namespace detail

template <typename T>
constexpr Component backend(std::string_view name) {
  static_assert(std::is_base_of_v<Backend, T>, "a backend derives from vernier::Backend");
  return {VERNIER_BACKEND, name, &detail::BackendThunks<T>::table};
}

}  // namespace vernier
