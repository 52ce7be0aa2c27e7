// What is kept of many, those that were asked for last.
#pragma once

#include <cstddef>
#include <list>
#include <utility>

namespace vernier::core {

template <typename Key, typename Value>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(size_t kept) : kept_(kept) {}

  // The value of an equal key, or what `make()` returns for it, at the cost of the one whose last use is
  // longest ago. The reference holds until the next call.
  template <typename OtherKey, typename Make>
  Value& find(const OtherKey& key, Make&& make) {
    for (auto one = entries_.begin(); one != entries_.end(); ++one) {
      if (!(one->first == key)) continue;
      entries_.splice(entries_.begin(), entries_, one);
      return entries_.front().second;
    }
    entries_.emplace_front(Key(key), make());
    if (entries_.size() > kept_) entries_.pop_back();
    return entries_.front().second;
  }

 private:
  const size_t kept_;
  std::list<std::pair<Key, Value>> entries_;  // used last first
};

}  // namespace vernier::core
