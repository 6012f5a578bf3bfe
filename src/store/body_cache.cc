#include "store/body_cache.h"

#include <utility>

namespace kubescribe::store {

std::size_t BodyCache::Cost(const Entry& entry) {
  // The nodes of list and map, and what the allocator rounds up.
  constexpr std::size_t kNodes = 160;
  return entry.body.bytes.capacity() + kNodes;
}

const BodyCache::Body* BodyCache::Find(std::int64_t key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->body;
}

BodyCache::Entry& BodyCache::Open(std::int64_t key) {
  const auto [place, added] = by_key_.try_emplace(key, entries_.end());
  if (added) {
    entries_.push_front({key, {}});
    place->second = entries_.begin();
  } else {
    entries_.splice(entries_.begin(), entries_, place->second);
    bytes_ -= Cost(entries_.front());
  }
  return entries_.front();
}

void BodyCache::Counted(const Entry& entry) {
  bytes_ += Cost(entry);
  while (bytes_ > limit_) {
    bytes_ -= Cost(entries_.back());
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void BodyCache::Put(std::int64_t key, Seq seq, int depth,
                    std::string_view bytes) {
  Entry& entry = Open(key);
  entry.body.seq = seq;
  entry.body.depth = depth;
  // A string that grows takes twice its room, and one that shrinks keeps it.
  if (entry.body.bytes.capacity() < bytes.size() ||
      entry.body.bytes.capacity() > 2 * bytes.size()) {
    std::string(bytes).swap(entry.body.bytes);
  } else {
    entry.body.bytes.assign(bytes);
  }
  Counted(entry);
}

void BodyCache::Keep(std::int64_t key, Seq seq, int depth,
                     std::string&& bytes) {
  Entry& entry = Open(key);
  entry.body = {seq, depth, std::move(bytes)};
  if (entry.body.bytes.capacity() > 2 * entry.body.bytes.size()) {
    entry.body.bytes.shrink_to_fit();
  }
  Counted(entry);
}

std::string BodyCache::Take(std::int64_t key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return "";
  bytes_ -= Cost(*found->second);
  std::string bytes = std::move(found->second->body.bytes);
  entries_.erase(found->second);
  by_key_.erase(found);
  return bytes;
}

void BodyCache::Erase(std::int64_t key) { Take(key); }

void BodyCache::EraseIf(std::int64_t key, Seq seq) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && found->second->body.seq == seq) Erase(key);
}

void BodyCache::Clear() {
  by_key_.clear();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace kubescribe::store
