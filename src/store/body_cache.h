// BodyCache: decoded bodies that the next one may build on, within a number of
// bytes; what was used longest ago goes first.
//
// The writer keeps by object (the newest body of each), readers by seq. A body
// larger than the whole cache is not kept. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/types.h"

namespace kubescribe::store {

class BodyCache {
 public:
  explicit BodyCache(std::size_t limit) : limit_(limit) {}
  BodyCache(const BodyCache&) = delete;
  BodyCache& operator=(const BodyCache&) = delete;

  struct Body {
    Seq seq = 0;
    // Rows between this one and the keyframe below it.
    int depth = 0;
    std::string bytes;
  };

  // Null: not here. Valid until the next call that is not const.
  const Body* Find(std::int64_t key);
  // Replaces what has this key.
  void Put(std::int64_t key, Seq seq, int depth, std::string_view bytes);
  // The same without a copy.
  void Keep(std::int64_t key, Seq seq, int depth, std::string&& bytes);
  void Erase(std::int64_t key);
  // Erases it and answers its bytes; "" where it is not here.
  std::string Take(std::int64_t key);
  // Where it is the body of this seq.
  void EraseIf(std::int64_t key, Seq seq);
  void Clear();

  // What it holds, with what the holding takes.
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    std::int64_t key = 0;
    Body body;
  };
  static std::size_t Cost(const Entry& entry);
  // The entry of this key, the last used, and not counted until Counted.
  Entry& Open(std::int64_t key);
  void Counted(const Entry& entry);

  const std::size_t limit_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the last used first
  std::unordered_map<std::int64_t, std::list<Entry>::iterator> by_key_;
};

}  // namespace kubescribe::store
