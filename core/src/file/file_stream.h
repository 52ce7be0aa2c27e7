// A std::ostream into an AtomicFile, for writers that know nothing else: what it writes is in memory in
// pieces of 64 KiB only.
#pragma once

#include <ostream>
#include <streambuf>
#include <string_view>
#include <vector>

#include "file/atomic_file.h"

namespace vernier::core {

// The file outlives the stream. An error of the file is thrown where a piece is written. What was not flushed
// is not in the file.
class FileStream {
 public:
  explicit FileStream(AtomicFile& file) : pieces_(file), stream_(&pieces_) {
    stream_.exceptions(std::ios::badbit | std::ios::failbit);
  }
  [[nodiscard]] std::ostream& get() { return stream_; }

 private:
  class Pieces : public std::streambuf {
   public:
    explicit Pieces(AtomicFile& file) : file_(file), piece_(size_t{1} << 16) { begin(); }

   private:
    void begin() { setp(piece_.data(), piece_.data() + piece_.size()); }
    int sync() override {
      file_.write(std::string_view(pbase(), static_cast<size_t>(pptr() - pbase())));
      begin();
      return 0;
    }
    int_type overflow(int_type next) override {
      sync();
      return traits_type::eq_int_type(next, traits_type::eof()) ? traits_type::not_eof(next)
                                                                : sputc(traits_type::to_char_type(next));
    }

    AtomicFile& file_;
    std::vector<char> piece_;
  };

  Pieces pieces_;
  std::ostream stream_;
};

}  // namespace vernier::core
