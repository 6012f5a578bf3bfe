// JsonScan: finds where a JSON object or array ends, in bytes that arrive in
// pieces. The inner loop of Framer and ListParser: 64 bytes a step.
//
// Only nesting and strings are looked at; a `]` closes a `{` as well.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kubescribe::kube {

class JsonScan {
 public:
  // Reads on in `size` bytes. Answers how many of them belong to the value: all
  // of them if it goes on (then !done()), else up to and with its last byte.
  // The first byte ever given must be `{` or `[`.
  std::size_t Take(const char* bytes, std::size_t size);

  // The value has ended, or none has begun.
  bool done() const { return depth_ == 0; }
  void Reset() { *this = JsonScan(); }

 private:
  std::uint64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;  // the next byte is escaped by a backslash
};

}  // namespace kubescribe::kube
